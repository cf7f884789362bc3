"""Changing a notice touches what is meant, and nothing that tells of a child gets into one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.pack.edit import notice
from engine.pack.faults import Faults
from engine.pack.library import Library
from engine.pack.model import Pack
from engine.pack.notices import read_notice

PACKS = Path(__file__).parents[3] / "processes"
NOTICES = sorted(PACKS.glob("*/notices/*.yaml"))


@pytest.fixture(scope="module")
def camden() -> Pack:
    return Library(PACKS).get("camden")


@pytest.mark.parametrize("path", NOTICES, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_a_notice_is_saved_as_it_was_and_changed_as_meant(path: Path) -> None:
    data = path.read_bytes()
    known = notice.fields(data)
    assert notice.changed(data, known["to"], known["subject"], known["body"]) == data
    body = "First: “so”.\n\nSecond, with {link}\n"
    made = notice.changed(data, {"outside": "police"}, "Another # subject: x", body)
    assert notice.fields(made) == {
        **known,
        "to": {"outside": "police"},
        "subject": "Another # subject: x",
        "body": body,
    }
    only = notice.changed(data, known["to"], "Only this", known["body"])
    before, after = data.split(b"\n"), only.split(b"\n")
    assert len(before) == len(after) and sum(a != b for a, b in zip(before, after, strict=True)) == 1
    back = notice.changed(made, known["to"], known["subject"], known["body"])
    assert notice.fields(back) == known


@pytest.mark.parametrize("path", NOTICES, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_no_notice_of_a_pack_is_refused(path: Path) -> None:
    known = notice.fields(path.read_bytes())
    assert notice.refusals(known["subject"]) == notice.refusals(known["body"]) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{child.name} is missing", "{child.name} could hold something about a child"),
        ("See {child}", "{child} could hold something about a child"),
        ("{ link }", "{ link } could hold something about a child"),
        ("NHS 943 476 5919", "looks like an NHS number"),
        ("943-476-5919", "looks like an NHS number"),
        ("Born 3.4.2011", "is a date written out"),
        ("Born 2011-04-03", "is a date written out"),
        ("Born 3rd April 2011", "is a date written out"),
        ("Last seen at NG1 5DT", "looks like a postcode"),
        ("A 14-year-old is away", "tells an age"),
        ("A child aged 14", "tells an age"),
        ("AB 12 34 56 C", "looks like a National Insurance number"),
        ("Open https://example.org/case/3", "is an address typed in"),
        ("See {link", "A curly bracket stands alone"),
    ],
)
def test_what_could_tell_of_a_child_is_refused_with_the_reason(text: str, why: str) -> None:
    assert any(why in reason for reason in notice.refusals(text)), notice.refusals(text)


@pytest.mark.parametrize(
    "text",
    [
        "{link} {council} {obligation} {due} {reference}",
        "Within 72 hours, by 10am on a working day; ring 999.",
        "Call 01629 532600 between 9 and 5.",
        "Standard 4.10, form 12",
    ],
)
def test_what_tells_of_nobody_is_let_through(text: str) -> None:
    assert notice.refusals(text) == []


@pytest.mark.parametrize(
    "subject", ["A plain subject", "True", "no", "With: colon", "# not a remark", "‘Quoted’", "10"]
)
@pytest.mark.parametrize(
    "body", ["One line {link}\n", "  Indented first\nthen not\n", "a\n\n\nb\n", "trailing \nspace\n", "\t"]
)
def test_a_new_notice_reads_as_it_was_meant(camden: Pack, subject: str, body: str) -> None:
    made = notice.new("told-again", {"outside": "police"}, subject, body)
    assert notice.fields(made) == {
        "id": "told-again",
        "to": {"outside": "police"},
        "subject": subject,
        "body": body.strip("\n") + "\n",
    }
    faults = Faults()
    read = read_notice(made, "notices/told-again.yaml", camden.vocabulary, camden.roles, faults)
    assert read is not None and read.subject == subject and faults.problems == []
