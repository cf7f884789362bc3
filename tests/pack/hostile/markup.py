"""XML that does harm, as a diagram and as decision tables."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from functools import partial

from tests.pack.building import small_pack
from tests.pack.hostile.case import BPMN, DMN, PACK, Case, Traps, with_file

HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'


def cases(traps: Traps) -> Iterator[Case]:
    for path in (BPMN, DMN):
        for name, data in _files(small_pack()[path], traps):
            yield Case(f"xml/{path.split('.')[1]}/{name}", PACK, partial(with_file, path, data))


def _files(own: bytes, traps: Traps) -> Iterator[tuple[str, bytes]]:
    body = own.removeprefix(HEAD)
    root = body.lstrip()[1:].split(None, 1)[0].decode()  # bpmn:definitions or definitions
    close = f"</{root}>".encode()

    def doctype(inside: str, used: str = "") -> bytes:
        text = used.encode()
        return HEAD + f"<!DOCTYPE {root} [{inside}]>".encode() + body.replace(close, text + close)

    def documentation(text: str) -> str:
        prefix = "bpmn:" if ":" in root else ""
        return f"<{prefix}documentation>{text}</{prefix}documentation>"

    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    yield "doctype", doctype("")
    yield "doctype in small letters", HEAD + f"<!doctype {root}>".encode() + body
    yield "doctype with a space", HEAD + f"<! DOCTYPE {root}>".encode() + body
    yield "billion laughs", doctype(f'<!ENTITY l0 "lol">{lol}', documentation("&l9;"))
    yield "quadratic blow-up", doctype(f'<!ENTITY a "{"a" * 50_000}">', documentation("&a;" * 20_000))
    yield (
        "external entity of a file",
        doctype(f'<!ENTITY x SYSTEM "file://{traps.secret_file}">', documentation("&x;")),
    )
    yield (
        "external entity of an address",
        doctype(f'<!ENTITY x SYSTEM "{traps.address}/x">', documentation("&x;")),
    )
    yield "parameter entity", doctype(f'<!ENTITY % x SYSTEM "{traps.address}/p.dtd"> %x;')
    yield (
        "external subset",
        HEAD + f'<!DOCTYPE {root} SYSTEM "{traps.address}/e.dtd">'.encode() + body,
    )
    yield "public identifier", HEAD + f'<!DOCTYPE {root} PUBLIC "-//x" "{traps.address}/e">'.encode() + body
    yield "default attribute", doctype(f'<!ATTLIST {root} onload CDATA "alert(1)">')
    yield "doctype in UTF-16", doctype("").decode().replace("UTF-8", "UTF-16").encode("utf-16")
    yield "UTF-7", HEAD.replace(b"UTF-8", b"UTF-7") + b"+ADw-a+AD4-"
    yield "UTF-32", body.decode().encode("utf-32")
    yield "another encoding than it says", HEAD.replace(b"UTF-8", b"UTF-16") + body
    yield "EBCDIC", body.decode("ascii", "replace").encode("cp500", "replace")
    yield "undefined entity", body.replace(close, documentation("&xxe;").encode() + close)
    yield "a character that XML has not", body.replace(close, documentation("&#0;").encode() + close)
    yield "a NUL", own[:200] + b"\0" + own[200:]
    yield "broken UTF-8", own.replace(b"small", b"sm\xff\xfell", 1)
    yield "an overlong slash", own.replace(b"small", b"sm\xc0\xafll", 1)
    yield "unclosed", own[: len(own) // 2]
    yield "nothing", b""
    yield "only spaces", b" " * 1000
    yield "two roots", own + b"<a/>"
    yield "text after the root", own + b"more"
    yield "no XML", b"\x89PNG\r\n\x1a\n" + bytes(1000)
    yield "packed with gzip", gzip.compress(own)
    yield "HTML", b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
    yield "SVG with a script", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "101 deep", own.replace(close, b"<a>" * 101 + b"</a>" * 101 + close)
    yield "a hundred thousand deep", HEAD + b"<a>" * 100_000 + b"</a>" * 100_000
    yield "more than two million bytes", own + b" " * 2_000_001
    yield "an attribute twice", own.replace(b' id="', b' id="x" id="', 1)
    yield (
        "fifty thousand attributes",
        own.replace(b" id=", b"".join(b' a%d="1"' % n for n in range(50_000)) + b" id=", 1),
    )
    yield (
        "fifty thousand namespaces",
        own.replace(b" id=", b"".join(b' xmlns:n%d="u:%d"' % (n, n) for n in range(50_000)) + b" id=", 1),
    )
    yield "three hundred thousand elements", own.replace(close, b"<a/>" * 300_000 + close)
    yield "an undeclared prefix", own.replace(close, b"<evil:thing/>" + close)
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{traps.secret_file}"/>'
    yield "inclusion of a file", HEAD + include.encode()
    yield "a stylesheet and nothing else", HEAD + f'<?xml-stylesheet href="{traps.address}/s.xsl"?>'.encode()
    yield (
        "a schema from an address",
        HEAD
        + b'<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        + f'xsi:schemaLocation="x {traps.address}/x"/>'.encode(),
    )
    yield "another namespace", own.replace(b"www.omg.org", b"www.omg.example")
