"""What is unusual but right: other encodings, layouts, names and sizes than our own editors write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial

import yaml

from tests.pack.building import small_pack
from tests.pack.hostile.case import BPMN, DMN, FORM, NOTICE, PACK, PROCEDURE, REGISTER, Case, with_file
from tests.pack.hostile.writing import FIELDS, filled

NAMES = {
    "an apostrophe": "O’Brien's visit",
    "accents": "Zoë Beyoncé Łukasz",
    "Welsh": "Tŷ Bach Llanfairpwllgwyngyll",
    "Arabic": "مقابلة العودة",
    "Chinese": "回访面谈",
    "emoji": "Call 👩‍👧 now",
    "combining letters": "e\u0301a\u0300",
    "two hundred letters": "Very long " * 20,
    "one letter": "X",
    "an ampersand": 'Home & away <24 h> "quoted"',
    "a number": "42",
    "code in words": "__import__('os')",
}


def cases() -> Iterator[Case]:
    for field, (path, old, new) in FIELDS.items():
        for name, text in NAMES.items():
            files = partial(_edited, path, old, filled(path, new, text.strip()))
            yield Case(f"names/{field}/{name}", PACK, files)
    for path in (BPMN, DMN):
        for name, data in _markup(small_pack()[path]):
            yield Case(f"xml/{path}/{name}", PACK, partial(with_file, path, data))
    for path in (PROCEDURE, REGISTER, NOTICE):
        for name, data in _yaml(small_pack()[path]):
            yield Case(f"yaml/{path}/{name}", PACK, partial(with_file, path, data))
    for name, data in _json(small_pack()[FORM]):
        yield Case(f"json/{name}", PACK, partial(with_file, FORM, data))
    for count in (1, 10, 100, 500, 1_000):
        yield Case(f"tables/{count} more rules", PACK, partial(_rules, count))


def _edited(path: str, old: str, new: str) -> dict[str, bytes]:
    files = small_pack()
    text = files[path].decode()
    assert old in text
    files[path] = text.replace(old, new, 1).encode()
    return files


def _markup(own: bytes) -> Iterator[tuple[str, bytes]]:
    text = own.decode()
    head, _, body = text.partition("?>")
    yield "line ends of Windows", text.replace("\n", "\r\n").encode()
    yield "a mark of byte order", b"\xef\xbb\xbf" + own
    yield "UTF-16", (head.replace("UTF-8", "UTF-16") + "?>" + body).encode("utf-16")
    yield "ISO-8859-1", (head.replace("UTF-8", "ISO-8859-1") + "?>" + body).encode("latin-1")
    yield "no declaration", body.lstrip().encode()
    yield "standalone", (head + ' standalone="yes"?>' + body).encode()
    yield "remarks everywhere", re.sub(r">\n", "><!-- a remark -->\n", text.replace("?>", "?>\n", 1)).encode()
    yield "an instruction", (head + "?><?editor keep?>" + body).encode()
    yield "one line", re.sub(r">\s+<", "><", text).encode()
    yield "tabs", re.sub(r"\n( +)", lambda found: "\n" + "\t" * (len(found[1]) // 2), text).encode()
    yield (
        "attributes on lines of their own",
        re.sub(r' (id|name)="', r'\n      \1="', body).join((head + "?>", "")).encode(),
    )
    yield "references instead of letters", text.replace("interview", "inter&#118;iew").encode()
    yield "spaces at the end", (text + "\n" * 5_000).encode()
    if "bpmn:" in text:
        yield "another prefix", text.replace("bpmn:", "b:").replace("xmlns:bpmn=", "xmlns:b=").encode()
        yield (
            "no prefix",
            (text.replace("<bpmn:", "<").replace("</bpmn:", "</").replace("xmlns:bpmn=", "xmlns="))
            .replace('xsi:type="bpmn:', 'xsi:type="')
            .encode(),
        )
        yield (
            "who made it",
            text.replace(
                ' id="definitions', ' exporter="Camunda Modeler" exporterVersion="5.0" id="definitions', 1
            ).encode(),
        )
        yield "other ids of flows", re.sub(r"flow_(\w+)", r"Flow_0\1", text).encode()
        yield (
            "other ids of nodes",
            text.replace("while_missing", "Activity_1ab").replace("search_", "Event_9").encode(),
        )


def _yaml(own: bytes) -> Iterator[tuple[str, bytes]]:
    text = own.decode()
    yield "line ends of Windows", text.replace("\n", "\r\n").encode()
    yield "a mark of byte order", b"\xef\xbb\xbf" + own
    yield "a start of the document", b"---\n" + own
    yield "remarks", re.sub(r"\n(?=\S)", "\n# a remark\n", text).encode()
    yield "no end of the last line", text.rstrip("\n").encode()
    if b"order: 1" in own:  # a number must stay one, and the loader below knows texts alone
        return
    value = yaml.load(own, Loader=yaml.BaseLoader)
    yield "as JSON", json.dumps(value).encode()
    yield "as JSON with other letters", json.dumps(value, ensure_ascii=False, indent=1).encode()
    yield "in blocks", yaml.safe_dump(value, allow_unicode=True, sort_keys=True, default_style='"').encode()


def _json(own: bytes) -> Iterator[tuple[str, bytes]]:
    value = json.loads(own)
    yield "one line", json.dumps(value).encode()
    yield "wide", json.dumps(value, indent=12).encode()
    yield "other order", json.dumps(value, sort_keys=True).encode()
    yield "a mark of byte order", b"\xef\xbb\xbf" + own
    yield "line ends of Windows", own.replace(b"\n", b"\r\n")
    yield "references instead of letters", own.replace(b"Hold", b"\\u0048old")


def _rules(count: int) -> dict[str, bytes]:
    own = small_pack()[DMN].decode()
    rule = own[own.index('      <rule id="rule_again">') : own.index('      <rule id="rule_otherwise">')]
    more = "".join(rule.replace("rule_again", f"r{n}").replace("&gt;= 2", f"{n + 3}") for n in range(count))
    return with_file(DMN, own.replace(rule, rule + more).encode())
