"""Two runs of one case held against each other: duties paired by what they are, and each difference of its own kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.case.model import Entry, Outcome
from engine.check.change.again import Doubt, Played
from engine.check.change.outcome import CaseDifference, between
from engine.pack.library import Library

PACK = Library(Path(__file__).resolve().parents[2] / "pack" / "files").get("small")
THEN = datetime(2026, 5, 12, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def entry(number: int = 1, obligation: str = "hold_return_interview", **more: Any) -> Entry:
    given: dict[str, Any] = {
        "role": "social_worker", "external": False, "clauses": ("2.2",), "force": "must", "process": "p",
        "element": "hold_interview", "occasion": "", "raised": THEN, "trigger": None, "clock": THEN,
        "due": THEN + 72 * HOUR, "whole_day": False, "working": (), "target": None, "task": None,
    }  # fmt: skip
    return Entry(number=number, obligation=obligation, **{**given, **more})


def run(*entries: Entry, **more: Any) -> Played:
    return Played(PACK, {one.number: one for one in entries}, **more)


def kinds(old: Played, new: Played) -> list[tuple[str, str]]:
    return [(one.kind, one.what) for one in between(old, new)]


def test_equal_runs_differ_in_nothing_and_numbers_alone_are_no_difference() -> None:
    told = entry(2, "notify_director", element="tell", role="director")
    assert between(run(entry(1), told), run(replace(told, number=1), replace(entry(1), number=2))) == []


def test_a_limit_a_role_an_outcome_an_answer_and_an_end_are_each_told() -> None:
    was, now = entry(outcome=Outcome.DONE_LATE), entry(outcome=Outcome.DONE, role="director")
    old = run(was, answers={"interview.required": True}, closed=True)
    new = run(replace(now, due=THEN + 96 * HOUR), answers={"interview.required": False})
    assert [one.kind for one in between(old, new)] == ["due", "outcome", "role", "answer", "closed"]
    assert [one.group for one in between(old, new)] == [
        "due|hold_return_interview|86400",
        "outcome|hold_return_interview|done_late|done",
        "role|hold_return_interview|social_worker|director",
        "answer|interview.required|True|False",
        "closed|case|True|False",
    ]


def test_duties_of_several_occasions_are_paired_by_their_occasion() -> None:
    first, second = entry(1, occasion="1"), entry(2, occasion="2", due=THEN + 80 * HOUR)
    again = replace(second, number=1), replace(entry(2, occasion="3", due=THEN + 90 * HOUR))
    found = between(run(first, second), run(*again))
    # the second round is the same; the first is told beside the third, as the one round that became the other
    assert [(one.kind, one.by) for one in found] == [("due", 18 * 3600.0)]
    assert kinds(run(first), run()) == [("vanishes", "hold_return_interview")]
    assert kinds(run(), run(first)) == [("appears", "hold_return_interview")]


@pytest.mark.parametrize(
    ("before", "after", "group"),
    [
        (THEN, None, "due|hold_return_interview|gone"),
        (None, THEN, "due|hold_return_interview|new"),
        (THEN, THEN + 1.02 * HOUR, "due|hold_return_interview|3600"),
        (THEN, THEN - 49.9 * HOUR, "due|hold_return_interview|-180000"),
    ],
)
def test_limits_are_counted_together_by_how_far_they_move(
    before: datetime | None, after: datetime | None, group: str
) -> None:
    assert [one.group for one in between(run(entry(due=before)), run(entry(due=after)))] == [group]


def test_a_run_that_ended_early_is_told_by_its_reason_alone() -> None:
    stopped = run(whole=False, doubts=[Doubt("stopped", "hold_interview", "nobody has answered it")])
    assert kinds(run(entry()), stopped) == [("cannot", "hold_interview")]
    assert [one.before for one in between(stopped, run(entry()))] == ["unplayable"]
    both = Doubt("not_asked", "somewhere", "it was answered, and is not asked then")
    assert between(run(entry(), doubts=[both]), run(entry(), doubts=[both])) == []


def test_a_difference_is_the_same_after_it_was_kept() -> None:
    old, new = run(entry()), run(entry(due=None, outcome=Outcome.REFUSED), closed=True)
    for one in between(old, new):
        assert CaseDifference.of_json(one.to_json()) == one
