"""Expressions in plain English, as a practitioner reads them."""

from __future__ import annotations

import pytest

from engine.feel import explain, explain_unary, parse, parse_unary

from .generate import CONTEXT, expressions, unary_tests

LABELS = {
    "child.legal_status": "the child's legal status",
    "child.age": "the child's age",
    "child.disabled": "the child is disabled",
    "episode.hours_missing": "the time missing",
    "episode.reported_at": "the report",
    "episode.returned_at": "the return",
    "episodes": "the earlier episodes",
}


def label(path: str) -> str:
    return LABELS[path]


SENTENCES = [
    (
        'child.legal_status = "looked_after" and episode.hours_missing >= duration("PT24H")',
        "the child's legal status is looked after and the time missing is 24 hours or more",
    ),
    (
        'child.legal_status in ("looked_after", "care_leaver")',
        "the child's legal status is looked after or care leaver",
    ),
    (
        'not(child.legal_status in ("looked_after", "care_leaver"))',
        "the child's legal status is neither looked after nor care leaver",
    ),
    ("child.age in [10..16)", "the child's age is from 10 to less than 16"),
    ("child.age in ]10..16]", "the child's age is more than 10 and at most 16"),
    ("child.age between 10 and 16", "the child's age is from 10 to 16"),
    ("child.age <= 10", "the child's age is 10 or less"),
    ("10 <= child.age", "the child's age is 10 or more"),
    ("child.age > 10", "the child's age is more than 10"),
    ('episode.reported_at <= @"2026-02-04"', "the report is 4 February 2026 or earlier"),
    ('episode.reported_at > @"2026-02-04"', "the report is after 4 February 2026"),
    ("16 > child.age", "the child's age is less than 16"),
    ("child.age != 3.50", "the child's age is not 3.5"),
    ("not(child.age = 3)", "the child's age is not 3"),
    ("child.disabled = true", "the child is disabled is true"),
    ("child.age = null", "the child's age is not given"),
    ("child.age != null", "the child's age is given"),
    ("is known(episode.returned_at)", "the return is known"),
    ("not(is known(episode.returned_at))", "the return is not yet known"),
    ('episode.reported_at + duration("PT72H")', "72 hours after the report"),
    ('episode.reported_at + duration("P28D")', "28 days after the report"),
    ('episode.reported_at + @"P1Y6M"', "the report plus 1 year and 6 months"),
    (
        'now - episode.reported_at > duration("PT90M")',
        "the time from the report to now is more than 1 hour and 30 minutes",
    ),
    ("working days after(episode.returned_at, 1)", "1 working day after the return"),
    ("working days after(episode.returned_at, child.age)", "the child's age working days after the return"),
    ("end of working day(episode.reported_at)", "the end of the working day of the report"),
    ("end of working day(now)", "the end of the current working day"),
    (
        'episode.reported_at < @"2026-02-04T09:00:00@Europe/London"',
        "the report is before 4 February 2026 at 9:00",
    ),
    ('episode.reported_at >= @"2026-07-04T09:05:00Z"', "the report is 4 July 2026 at 10:05 or later"),
    ('local date(episode.reported_at) = @"2026-02-04"', "the date of the report is 4 February 2026"),
    (
        "if is known(episode.returned_at) then episode.returned_at else now",
        "if the return is known, the return; otherwise now",
    ),
    (
        '(child.age < 10 or child.legal_status = "none") and child.age > 2',
        "either the child's age is less than 10 or the child's legal status is none, and the child's age is more than 2",
    ),
    (
        'child.age < 10 or child.age > 12 and child.legal_status = "none"',
        "the child's age is less than 10, or the child's age is more than 12 and the child's legal status is none",
    ),
    (
        'count(episodes[kind = "missing"]) >= 3',
        "the number of the earlier episodes where its kind is missing is 3 or more",
    ),
    (
        "some e in episodes satisfies e.hours > 24",
        "for at least one of the earlier episodes, its hours is more than 24",
    ),
    ("for e in episodes return e.hours_missing", "for each of the earlier episodes, its hours missing"),
    ("min(episode.reported_at, episode.returned_at)", "the smallest of the report and the return"),
    ('child.legal_status = "Not an enum!"', "the child's legal status is “Not an enum!”"),
    ("(child.age + 1) * 2", "the child's age plus 1 times 2"),
    ('contains(child.legal_status, "care")', "the child's legal status contains care"),
]


@pytest.mark.parametrize(("text", "sentence"), SENTENCES)
def test_an_expression_is_said_in_english(text: str, sentence: str) -> None:
    def known(path: str) -> str:
        return {"kind": "its kind"}.get(path) or label(path)

    assert explain(parse(text), known) == sentence


CELLS = [
    ("-", "the risk may be anything"),
    ('"low", "medium"', "the risk is low or medium"),
    ('not("low", "medium")', "the risk is neither low nor medium"),
    ('not("low")', "the risk is not low"),
    ("< 3", "the risk is less than 3"),
    ("< 3, > 5", "the risk is less than 3 or more than 5"),
    ("[24..72)", "the risk is from 24 to less than 72"),
    ('>= duration("PT24H")', "the risk is 24 hours or more"),
    ("true", "the risk is true"),
    ("not(true)", "the risk is not true"),
    ("null", "the risk is not given"),
    ("not(null)", "the risk is given"),
    ("? > 3 and ? < 5", "the risk is more than 3 and the risk is less than 5"),
    ("not(? > 3)", "it is not so that the risk is more than 3"),
    ('contains(?, "fire")', "the risk contains fire"),
    ('["low", "medium"]', "the risk is low or medium"),
]


@pytest.mark.parametrize(("cell", "sentence"), CELLS)
def test_a_cell_is_said_in_english(cell: str, sentence: str) -> None:
    assert explain_unary(parse_unary(cell), "the risk") == sentence


def test_a_path_without_a_label_is_read_out() -> None:
    assert explain(parse("child.legal_status = 1")) == "child legal status is 1"


def test_only_paths_of_the_context_are_asked_for_a_label() -> None:
    asked: list[str] = []

    def note(path: str) -> str:
        asked.append(path)
        return path

    explain(parse("(for e in list return e.x) = [] and now > start and {a: 1, b: other}.b = 1"), note)
    assert set(asked) <= {"list", "start", "other"}


def test_anything_that_parses_can_be_explained() -> None:
    names = frozenset(CONTEXT)
    for text in expressions(400, 11):
        assert explain(parse(text, names))
    for cell, _ in unary_tests(200, 11):
        assert explain_unary(parse_unary(cell, names), "it")
