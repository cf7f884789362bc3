"""YAML and JSON that does harm, in every file of a pack that is written in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from tests.pack.building import small_pack
from tests.pack.hostile.case import FORM, NOTICE, PACK, PROCEDURE, REGISTER, STORIES, Case, Traps, with_file

STORY = b"""- scenario: a
  authority: small
  reported: 2026-05-12T09:00+01:00
  until: T0+24h
"""
BESIDE = ("checks.yaml", "meetings.yaml", "lists.yaml", "passages.yaml")


def cases(traps: Traps) -> Iterator[Case]:
    own = {**small_pack(), **dict.fromkeys(BESIDE, b"- a: 1\n"), "scenarios": STORY}
    for path in (PROCEDURE, REGISTER, NOTICE, "vocabulary.yaml", *BESIDE, "scenarios"):
        for name, data in _yaml(own[path], traps):
            if path == "scenarios":
                yield Case(f"yaml/stories/{name}", STORIES, lambda data=data: data)  # type: ignore[misc]
            else:
                yield Case(f"yaml/{path}/{name}", PACK, partial(with_file, path, data))
    for name, data in _json(small_pack()[FORM], traps):
        yield Case(f"json/{name}", PACK, partial(with_file, FORM, data))


def _yaml(own: bytes, traps: Traps) -> Iterator[tuple[str, bytes]]:
    laughs = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))
    merges = "".join(f"m{n}: &m{n}\n  <<: [*m{n - 1}, *m{n - 1}]\n  k{n}: 1\n" for n in range(1, 25))
    row = b"- " if own.lstrip().startswith(b"- ") else b""
    yield "alias bomb", f"l0: &l0 lol\n{laughs}".encode()
    yield "merge bomb", f"m0: &m0 {{a: 1}}\n{merges}".encode()
    yield "alias of itself", b"&a [*a]\n"
    yield "anchor", own + row + b"zz: &x 1\n"
    yield "python call", f"!!python/object/apply:os.system ['touch {traps.made}']\n".encode()
    yield "python object", b"!!python/object/new:subprocess.Popen [[id]]\n"
    yield "python name", own + row + b"zz: !!python/name:os.environ\n"
    yield "a tag of its own", own + row + b"zz: !evil 1\n"
    yield "binary", own + row + b"zz: !!binary aGVsbG8=\n"
    yield "a set", own + row + b"zz: !!set {a, b}\n"
    yield "a key twice", b"id: small\nid: other\n"
    yield "ten thousand brackets", b"[" * 10_000 + b"]" * 10_000
    yield "ten thousand braces", b"a: " + b"{a: " * 10_000 + b"}" * 10_000
    yield "deep mappings", b"".join(b" " * n + b"a:\n" for n in range(500))
    yield "a number of a million digits", own + row + b"zz: " + b"9" * 1_000_000 + b"\n"
    yield "two documents", own + b"---\n" + own
    yield "a NUL", own[:20] + b"\0" + own[20:]
    yield "broken UTF-8", own + b"# \xff\xfe\n"
    yield "tabs", b"a:\n\tb: 1\n"
    yield "more than two million bytes", own + b"#" * 2_000_001
    yield "half a million items", b"- a\n" * 400_000
    yield "a key of a million letters", b"? " + b"a" * 1_000_000 + b"\n: 1\n"
    yield "nothing", b""
    yield "only a text", b"just words\n"
    yield "a directive", b"%TAG ! tag:yaml.org,2002:python/\n---\n!object/apply:os.system [id]\n"


def _json(own: bytes, traps: Traps) -> Iterator[tuple[str, bytes]]:
    form = json.loads(own)

    def having(**more: object) -> bytes:
        return json.dumps({**form, **more}).encode()

    def asking(**more: object) -> bytes:
        known = form["properties"]["interview.accepted"]
        return having(properties={"interview.accepted": {**known, **more}})

    yield "a thousand deep", b'{"a":' * 1000 + b"1" + b"}" * 1000
    yield "a hundred thousand deep", b"[" * 100_000 + b"]" * 100_000
    yield "a key twice", own.replace(b'"type"', b'"type": "string", "type"', 1)
    yield "NaN", own.replace(b"true", b"NaN").replace(b'"boolean"', b"NaN")
    yield "infinity", having(x=1).replace(b'"x": 1', b'"x": Infinity')
    yield "a number without measure", having(x=1).replace(b'"x": 1', b'"x": 1e999')
    yield (
        "a number of four hundred thousand digits",
        having(x=1).replace(b'"x": 1', b'"x": ' + b"9" * 400_000),
    )
    yield "a reference to an address", asking(**{"$ref": f"{traps.address}/schema"})
    yield "a reference to a file", asking(**{"$ref": f"file://{traps.secret_file}"})
    yield "a reference to itself", having(**{"$ref": "#"})
    yield "a dynamic reference", having(**{"$dynamicRef": "#a", "$dynamicAnchor": "a"})
    yield "a schema from an address", having(**{"$schema": f"{traps.address}/meta"})
    yield "an id that is an address", having(**{"$id": f"{traps.address}/form"})
    yield "a pattern without end", asking(type="string", pattern="^(a+)+$")
    yield "all of itself", having(allOf=[{"$ref": "#"}] * 100)
    yield "a prototype", having(__proto__={"admin": True})
    yield (
        "a question named like code",
        having(properties={"__class__.__mro__": {"type": "string", "title": "a"}}),
    )
    yield "a question with a path", having(properties={"../../etc/passwd": {"type": "string", "title": "a"}})
    yield "a remark", b"// no JSON\n" + own
    yield "a list", b"[" + own + b"]"
    yield "a text", b'"form"'
    yield "nothing", b""
    yield "UTF-16", own.decode().encode("utf-16")
    yield "a NUL", own[:20] + b"\0" + own[20:]
    yield "more than half a million bytes", own + b" " * 600_000
    yield (
        "twenty thousand questions",
        having(properties={f"q.a{n}": {"type": "string", "title": "a"} for n in range(9_000)}),
    )
    yield "a required question that is not asked", having(required=["nobody.asks"])
    yield "code as default", asking(default={"$eval": "process.exit()"})
    yield "half a letter", own.replace(b"Did the child", b"\\ud800 \\x")
