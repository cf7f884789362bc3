"""How a deadline shows its working."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.feel import UNKNOWN, Environment, UnknownFact, Working, parse, working

LONDON = ZoneInfo("Europe/London")


def at(month: int, day: int, hour: int) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=LONDON)


FACTS: dict[str, Any] = {
    "episode": {"reported_at": at(3, 28, 20), "returned_at": at(4, 2, 18), "level": "high"},
    "other": {"at": UNKNOWN},
}
ENVIRONMENT = Environment(now=at(4, 1, 9))


def shown(text: str) -> Working:
    return working(parse(text), FACTS, ENVIRONMENT)


def test_an_elapsed_limit_shows_its_clock_and_what_was_added() -> None:
    found = shown('episode.reported_at + duration("PT24H")')
    assert found.clock_path == "episode.reported_at"
    assert found.clock_value == at(3, 28, 20)
    assert found.steps == (("plus 24 hours", at(3, 29, 21)),)
    assert found.skipped == ()
    assert found.result == at(3, 29, 21)


def test_a_limit_in_working_days_shows_the_days_it_passed_over() -> None:
    found = shown("working days after(episode.returned_at, 3)")
    assert found.clock_path == "episode.returned_at"
    assert found.steps == (("plus 3 working days", date(2026, 4, 9)),)
    assert [name for _, name in found.skipped] == ["Good Friday", "Saturday", "Sunday", "Easter Monday"]
    assert found.result == date(2026, 4, 9)


def test_steps_inside_each_other_are_shown_from_the_clock_outwards() -> None:
    found = shown("end of working day(working days after(date(episode.reported_at), 2))")
    assert found.steps == (
        ("the date of it", date(2026, 3, 28)),
        ("plus 2 working days", date(2026, 3, 31)),
        ("the office closes on that working day", at(3, 31, 17)),
    )
    assert found.skipped == ((date(2026, 3, 29), "Sunday"),)


def test_the_branch_taken_is_followed_and_says_why() -> None:
    text = 'if episode.level = "high" then episode.reported_at + @"PT1H" else episode.returned_at + @"P1D"'
    found = shown(text)
    assert found.clock_path == "episode.reported_at"
    assert found.steps[0] == ("because episode level is high", True)
    assert found.result == at(3, 28, 21)
    other = shown(text.replace('"high"', '"low"'))
    assert other.clock_path == "episode.returned_at"
    assert other.steps[0] == ("because it is not so that episode level is low", False)


def test_the_date_that_min_or_max_chose_is_followed() -> None:
    limits = 'episode.reported_at + @"PT72H", end of working day(episode.returned_at)'
    early = shown(f"min({limits})")
    assert early.clock_path == "episode.reported_at"
    assert early.result == at(3, 31, 21)
    assert early.steps[-1] == (
        "the earliest of 31 March 2026 at 21:00 and 7 April 2026 at 17:00",
        at(3, 31, 21),
    )
    late = shown(f"max([{limits}])")
    assert late.clock_path == "episode.returned_at"
    assert late.result == at(4, 7, 17)
    assert (date(2026, 4, 3), "Good Friday") in late.skipped


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("days after(episode.reported_at, 1)", "plus 1 day"),
        ("months after(episode.reported_at, 6)", "plus 6 months"),
        ('episode.reported_at - duration("PT2H")', "minus 2 hours"),
        ('duration("PT2H") + episode.reported_at', "plus 2 hours"),
        ('date and time(local date(episode.reported_at), @"17:00:00@Europe/London")', "at 17:00"),
        ("working day of(episode.returned_at)", "the working day it belongs to"),
    ],
)
def test_each_kind_of_step_is_told(text: str, step: str) -> None:
    found = shown(text)
    assert found.clock_path in ("episode.reported_at", "episode.returned_at")
    assert found.steps[-1] == (step, found.result)


def test_a_bare_fact_needs_no_step_and_a_constant_has_no_clock() -> None:
    assert shown("episode.reported_at") == Working(
        "episode.reported_at", at(3, 28, 20), (), (), at(3, 28, 20)
    )
    assert shown('@"2026-02-04"') == Working(None, None, (), (), date(2026, 2, 4))
    assert shown("now").clock_path == "now"


def test_labels_are_used_in_the_steps() -> None:
    text = 'if is known(episode.reported_at) then episode.reported_at + @"PT1H" else now'
    found = working(parse(text), FACTS, ENVIRONMENT, lambda path: "the report")
    assert found.steps[0][0] == "because the report is known"


def test_an_unanswered_fact_stops_the_working_as_it_stops_the_deadline() -> None:
    with pytest.raises(UnknownFact):
        shown('other.at + duration("PT24H")')


def test_a_branch_not_taken_is_not_read() -> None:
    assert shown("if is known(other.at) then other.at else episode.reported_at").result == at(3, 28, 20)
