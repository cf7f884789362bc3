"""Dates, times and durations: reading, writing, and elapsed time over the changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.feel import YearsMonths, parse
from engine.feel.temporal import add_elapsed, parse_any, parse_duration, write_duration

from .asking import same, value

LONDON = ZoneInfo("Europe/London")

READ = [
    ("2026-02-04", date(2026, 2, 4)),
    ("2026-02-30", None),
    ("2026-2-4", None),
    ("26-02-04", None),
    ("10:30:00", time(10, 30)),
    ("10:30:00.5", time(10, 30, 0, 500_000)),
    ("10:30:00Z", time(10, 30, tzinfo=UTC)),
    ("10:30:00@Europe/London", time(10, 30, tzinfo=LONDON)),
    ("10:30", None),
    ("24:00:00", None),
    ("10:30:00@Nowhere/Land", None),
    ("10:30:00@../../etc/passwd", None),
    ("10:30:00+19:00", None),
    ("2026-02-04T10:30:00", datetime(2026, 2, 4, 10, 30)),  # noqa: DTZ001 - FEEL knows moments without a zone
    ("2026-02-04T10:30:00Z", datetime(2026, 2, 4, 10, 30, tzinfo=UTC)),
    ("2026-02-04T10:30:00@Europe/London", datetime(2026, 2, 4, 10, 30, tzinfo=LONDON)),
    ("2026-02-04T24:00:00Z", datetime(2026, 2, 5, tzinfo=UTC)),
    ("2026-02-04T10:30Z", None),
    ("PT72H", timedelta(hours=72)),
    ("P1DT2H3M4.5S", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
    ("-PT1M", timedelta(minutes=-1)),
    ("P1Y2M", YearsMonths(14)),
    ("-P1M", YearsMonths(-1)),
    ("P", None),
    ("PT", None),
    ("P1DT", None),
    ("P1Y1D", None),
    ("", None),
    ("P99999999999999D", None),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_a_temporal_literal_is_read_or_is_null(text: str, expected: object) -> None:
    found = parse_any(text)
    assert found == expected
    assert type(found) is type(expected)


WRITTEN = [
    ("PT36H", "P1DT12H"),
    ("PT0S", "PT0S"),
    ("-PT90M", "-PT1H30M"),
    ("PT0.5S", "PT0.5S"),
    ("P14M", "P1Y2M"),
    ("P0M", "P0M"),
    ("-P24M", "-P2Y"),
]


@pytest.mark.parametrize(("text", "expected"), WRITTEN)
def test_a_duration_is_written_in_its_shortest_form(text: str, expected: str) -> None:
    duration = parse_duration(text)
    assert duration is not None
    assert write_duration(duration) == expected


def test_a_moment_is_written_with_the_zone_it_was_given() -> None:
    for text in (
        "2026-02-04T10:30:00",
        "2026-02-04T10:30:00Z",
        "2026-02-04T10:30:00-05:00",
        "2026-02-04T10:30:00@Europe/London",
        "2026-02-04T10:30:00.25@Europe/London",
    ):
        assert value(f'string(@"{text}")') == text


# The clocks go forward on 29 March 2026 at 1:00 and back on 25 October 2026 at 2:00.
ELAPSED = [
    ('@"2026-03-28T20:00:00@Europe/London" + duration("PT24H")', '@"2026-03-29T21:00:00@Europe/London"'),
    ('@"2026-03-28T20:00:00@Europe/London" + duration("P1D")', '@"2026-03-29T21:00:00@Europe/London"'),
    ('@"2026-03-29T00:30:00@Europe/London" + duration("PT1H")', '@"2026-03-29T02:30:00@Europe/London"'),
    ('@"2026-03-29T02:30:00@Europe/London" - duration("PT1H")', '@"2026-03-29T00:30:00@Europe/London"'),
    ('@"2026-10-24T20:00:00@Europe/London" + duration("PT24H")', '@"2026-10-25T19:00:00@Europe/London"'),
    ('@"2026-10-24T20:00:00@Europe/London" + duration("PT72H")', '@"2026-10-27T19:00:00@Europe/London"'),
    ('@"2026-03-29T12:00:00@Europe/London" - @"2026-03-28T12:00:00@Europe/London"', '@"PT23H"'),
    ('@"2026-10-25T12:00:00@Europe/London" - @"2026-10-24T12:00:00@Europe/London"', '@"PT25H"'),
    ('@"2026-03-28T12:00:00Z" + duration("PT24H")', '@"2026-03-29T12:00:00Z"'),
    ('@"2026-01-31" + @"P1M"', '@"2026-02-28"'),
    ('@"2024-02-29" + @"P1Y"', '@"2025-02-28"'),
    ('@"2026-03-31T10:00:00@Europe/London" - @"P1M"', '@"2026-02-28T10:00:00@Europe/London"'),
    ('@"23:00:00" + @"PT2H"', '@"01:00:00"'),
    ('@"01:00:00" - @"PT2H"', '@"23:00:00"'),
    ('@"10:00:00+01:00" - @"10:00:00Z"', '@"-PT1H"'),
    ('@"2026-02-04" - @"2026-02-01"', '@"P3D"'),
    ('@"2026-02-04T10:00:00Z" - @"2026-02-04"', '@"PT10H"'),
    ('@"2026-02-04T10:00:00" - @"2026-02-04"', "null"),
    ('@"9999-12-31" + @"P1D"', "null"),
    ('@"2026-01-01" + @"P99999Y"', "null"),
]


@pytest.mark.parametrize(("text", "expected"), ELAPSED)
def test_time_is_added_as_it_elapses(text: str, expected: str) -> None:
    assert same(text, expected), value(text)


def test_the_hour_that_comes_twice_is_reckoned_by_its_instant() -> None:
    """Python compares two moments of one zone by their clock faces; FEEL must not."""
    first = datetime(2026, 10, 25, 1, 30, tzinfo=LONDON)
    second = first.replace(fold=1)
    facts = {"first": first, "second": second}
    assert value("first < second", facts) is True
    assert value("first = second", facts) is False
    assert value("second - first", facts) == timedelta(hours=1)
    later = add_elapsed(first, timedelta(hours=1))
    assert later is not None
    assert later.utcoffset() == timedelta(0)
    assert value("max(first, second)", facts).fold == 1


def test_hours_between_any_two_moments_are_exact_over_a_year_of_clock_changes() -> None:
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    sum_of = parse("moment + duration(limit)")
    for hours in range(0, 24 * 365, 7):
        moment = (start + timedelta(hours=hours)).astimezone(LONDON)
        due = sum_of.evaluate({"moment": moment, "limit": "PT72H"})
        assert (due.astimezone(UTC) - moment.astimezone(UTC)) == timedelta(hours=72)


def test_the_edges_of_the_calendar_are_null_and_no_error() -> None:
    assert value('@"0001-01-01T00:00:00+14:00" < @"2020-01-01T00:00:00Z"') is True
    assert value('@"9999-12-31T23:59:59-14:00" = @"2020-01-01T00:00:00Z"') is False
    assert value('local date(@"0001-01-01T00:00:00+14:00")') is None
    assert value('days after(@"9999-12-31", 1)') is None
    assert value('months after(@"9999-12-31", 1)') is None
