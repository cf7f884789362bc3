"""passages.yaml: read with the pack, part of its name, and every fault named with its line."""

from __future__ import annotations

import pytest

from engine.pack.faults import BrokenPack
from engine.pack.passages import FILE
from engine.pack.read import read_files
from tests.pack.building import line_of, small_pack

HASHES = 'hash: "0123456789abcdef", weight: "0123456789abcdef", hard: "0123456789abcdef"'
PASSAGES = f"""\
made: 1
edition: "1.0"
passages:
- {{place: "1 #1", number: "1", kind: heading, {HASHES}}}
- {{place: "1.1 #1", number: "1.1", kind: item, under: "1 #1", clauses: ["1.1", "2.1"], says: ["must", "24 hours"],
   {HASHES}, roles: "0a1", words: "0a1ffe"}}
"""


def with_passages(old: str = "", new: str = "") -> dict[str, bytes]:
    assert PASSAGES.count(old) == 1 or not old
    return small_pack() | {FILE: PASSAGES.replace(old, new).encode() if old else PASSAGES.encode()}


def test_passages_are_read_in_their_order_with_what_rests_on_them() -> None:
    pack = read_files(with_passages())
    assert pack.passages is not None and (pack.passages.made, pack.passages.edition) == (1, "1.0")
    heading, item = pack.passages.passages
    assert (heading.place, heading.kind, heading.under, heading.clauses) == ("1 #1", "heading", None, ())
    assert (item.clauses, item.says, item.words) == (("1.1", "2.1"), ("must", "24 hours"), "0a1ffe")


def test_a_pack_needs_none_and_is_named_by_them_where_it_has_some() -> None:
    assert read_files(small_pack()).passages is None
    names = {
        read_files(files).hash
        for files in (small_pack(), with_passages(), with_passages('"24 hours"', '"25 hours"'))
    }
    assert len(names) == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"2.1"]', '"2.9"]', "there is no clause 2.9"),
        ('"2.1"]', '"1.1"]', "the clause 1.1 stands twice"),
        ('"1.1 #1"', '"1 #1"', "the passage 1 #1 stands twice (first in line 4)"),
        ('under: "1 #1"', 'under: "9 #1"', "no passage 9 #1 stands before it"),
        ("kind: item", "kind: thing", "kind cannot be thing"),
        ('words: "0a1ffe"', 'words: "0a1ff"', "words is not made of three hexadecimal digits each"),
        ('roles: "0a1"', 'role: "0a1"', "role is not a key that is known here"),
    ],
)
def test_what_is_wrong_with_a_passage_is_named_with_its_line(old: str, new: str, message: str) -> None:
    files = with_passages(old, new)
    with pytest.raises(BrokenPack) as raised:
        read_files(files)
    found = [problem for problem in raised.value.problems if problem.file == FILE]
    assert [problem.message for problem in found] == [message]
    assert line_of(files[FILE], new) <= found[0].line + 1 and found[0].line in (5, 6)


def test_a_hash_that_is_none_is_a_fault() -> None:
    files = with_passages('kind: heading, hash: "0123456789abcdef"', 'kind: heading, hash: "0123"')
    with pytest.raises(BrokenPack, match="hash is not 16 hexadecimal digits"):
        read_files(files)


def test_passages_of_another_edition_are_a_fault_and_the_remedy_is_told() -> None:
    with pytest.raises(BrokenPack, match=r"edition 0\.9, the procedure's is 1\.0\. .*homeward drift index"):
        read_files(with_passages('edition: "1.0"', 'edition: "0.9"'))


@pytest.mark.parametrize(
    "text", [b"- a", b"made: 1\nedition: 1\npassages: 7", b"made: x\npassages: [1]\n", b"\xff"]
)
def test_a_file_of_another_shape_is_a_fault_and_never_an_error_of_ours(text: bytes) -> None:
    with pytest.raises(BrokenPack):
        read_files(small_pack() | {FILE: text})
