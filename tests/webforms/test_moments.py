"""How moments, spans and limits read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.clock import LOCAL_ZONE
from webforms.render import moments


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL_ZONE)


NOW = at("2026-05-12T13:30")


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-05-12T16:30", "4:30pm"),
        ("2026-05-12T09:00", "9am"),
        ("2026-05-12T00:05", "12:05am"),
        ("2026-05-12T12:00", "midday"),
        ("2026-05-12T00:00", "midnight"),
        ("2026-05-12T12:05", "12:05pm"),
    ],
)
def test_a_time_reads_as_people_say_it(moment: str, words: str) -> None:
    assert moments.time_words(at(moment)) == words


def test_an_hour_that_the_clocks_repeat_is_named_with_its_zone() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert moments.time_words(first) == "1:30am BST"
    assert moments.time_words(second) == "1:30am GMT"


def test_a_moment_is_told_in_local_time() -> None:
    assert moments.moment_words(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == "Thursday 2 July 2026 at 12:30am"


def test_midnight_is_said_to_begin_its_day() -> None:
    assert moments.moment_words(at("2026-05-15T00:00")) == "midnight at the start of Friday 15 May 2026"
    assert moments.short_moment_words(at("2026-05-13T00:00"), NOW) == "midnight at the start of tomorrow"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=45), "45 minutes"),
        (timedelta(minutes=61), "1 hour 1 minute"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(days=2, hours=4, minutes=59), "2 days 4 hours"),
        (timedelta(seconds=20), "less than a minute"),
    ],
)
def test_a_span_reads_with_two_units_at_most(span: timedelta, words: str) -> None:
    assert moments.span_words(span) == words


@pytest.mark.parametrize(
    ("due", "whole_day", "state", "words"),
    [
        ("2026-05-12T16:30", False, "soon", "Due in 3 hours"),
        ("2026-05-12T13:30", False, "soon", "Due now"),
        ("2026-05-12T13:29", False, "late", "Overdue by 1 minute"),
        ("2026-05-14T13:30", False, "later", "Due in 2 days"),
        ("2026-05-12T23:59", True, "soon", "Due today"),
        ("2026-05-13T23:59", True, "later", "Due tomorrow"),
        ("2026-05-15T23:59", True, "later", "Due in 3 days"),
        ("2026-05-11T23:59", True, "late", "Overdue since yesterday"),
        ("2026-05-09T23:59", True, "late", "Overdue by 3 days"),
    ],
)
def test_a_limit_says_how_long_there_is(due: str, whole_day: bool, state: str, words: str) -> None:
    found = moments.countdown(at(due), NOW, whole_day=whole_day)
    assert (found.state, found.words) == (state, words)


def test_a_duty_without_a_limit_shows_none() -> None:
    assert moments.countdown(None, NOW).words == "No time limit stated"


def test_days_near_by_are_named() -> None:
    today = date(2026, 5, 12)
    assert [moments.short_day_words(today + timedelta(days=n), today) for n in (-1, 0, 1, 2, 300)] == [
        "yesterday",
        "today",
        "tomorrow",
        "Thu 14 May",
        "Mon 8 Mar 2027",
    ]


def test_limits_read_in_the_unit_people_use() -> None:
    lengths = (timedelta(hours=72), timedelta(days=28), timedelta(minutes=90), timedelta(hours=1))
    assert [moments.hours_words(length) for length in lengths] == [
        "72 hours",
        "28 days",
        "90 minutes",
        "1 hour",
    ]


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        ("2026-05-01T00:00", "2026-06-01T00:00", "1 May to 31 May 2026"),
        ("2026-12-01T00:00", "2027-01-01T00:00", "1 December to 31 December 2026"),
        ("2026-10-01T00:00", "2027-04-01T00:00", "1 October 2026 to 31 March 2027"),
        ("2026-05-12T00:00", "2026-05-13T00:00", "12 May 2026"),
        (
            "2026-05-12T09:30",
            "2026-06-01T00:00",
            "12 May 2026 at 9:30am to midnight at the start of 1 June 2026",
        ),
    ],
)
def test_a_period_reads_with_its_last_day(since: str, until: str, words: str) -> None:
    assert moments.period_words(at(since), at(until)) == words


def test_a_countdown_over_the_change_tells_the_hours_that_are_left() -> None:
    evening = datetime(2026, 3, 28, 18, tzinfo=LOCAL_ZONE)
    assert "23 hours" in moments.countdown(evening + timedelta(days=1), evening).words
