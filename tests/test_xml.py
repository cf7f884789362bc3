"""The one door through which XML comes in."""

from __future__ import annotations

import pytest

from engine.xml import MAX_DEPTH, XmlError, line_of, parse_xml


def refusal(data: bytes) -> XmlError:
    with pytest.raises(XmlError) as caught:
        parse_xml(data, "file.xml")
    assert str(caught.value).startswith("file.xml")
    return caught.value


def test_a_document_is_read_with_its_lines() -> None:
    root = parse_xml(b"<a>\n <b>text</b>\n</a>", "file.xml")
    assert (root[0].text, line_of(root[0])) == ("text", 2)


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a><a/>",
        b'<?xml version="1.0"?>\n<!doctype a [<!ENTITY x "y">]><a>&x;</a>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
    ],
)
def test_a_doctype_is_refused_in_every_encoding(data: bytes) -> None:
    assert "DOCTYPE is not accepted" in refusal(data).reason


def test_an_undeclared_entity_is_refused() -> None:
    assert "not well-formed" in refusal(b"<a>&x;</a>").reason


def test_comments_and_processing_instructions_leave_no_trace() -> None:
    assert parse_xml(b"<a><?x y?>1<!-- z -->2</a>", "file.xml").text == "12"


def nested(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


def test_depth_is_limited() -> None:
    assert parse_xml(nested(MAX_DEPTH), "file.xml").tag == "a"
    for depth in (MAX_DEPTH + 1, 300, 100_000):
        refusal(nested(depth))


def test_size_is_limited() -> None:
    assert "split the file" in refusal(b"<a>" + b" " * 2_000_000 + b"</a>").reason


def test_a_fault_has_its_line() -> None:
    assert refusal(b"<a>\n<b>\n</a>").line == 3


@pytest.mark.parametrize("encoding", ["cp037", "shift_jis", "big5"])
def test_a_strange_encoding_is_refused(encoding: str) -> None:
    refusal(f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_a_common_encoding_is_read(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?><a>é</a>'.encode(encoding)
    assert parse_xml(data, "file.xml").text == "é"


def test_nothing_at_all_is_refused() -> None:
    assert "empty" in refusal(b" \n").reason
