"""Working days, bank holidays and office hours, reckoned on local dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version

import pytest

from engine.calendar import WorkingCalendar, local_date
from engine.clock import LOCAL_ZONE

CALENDAR = WorkingCalendar()
FRIDAY, SATURDAY, MONDAY = date(2026, 2, 6), date(2026, 2, 7), date(2026, 2, 9)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), LOCAL_ZONE)


def test_weekends_are_no_working_days() -> None:
    assert CALENDAR.is_working_day(FRIDAY)
    assert not CALENDAR.is_working_day(SATURDAY)
    assert not CALENDAR.is_working_day(SATURDAY + timedelta(days=1))


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 4),
        date(2026, 5, 25),
        date(2026, 8, 31),
        date(2026, 12, 25),
        date(2026, 12, 28),
        date(2022, 9, 19),
        date(2023, 5, 8),
        date(2027, 12, 27),
        date(2027, 12, 28),
    ],
)
def test_englands_bank_holidays_are_no_working_days(day: date) -> None:
    assert not CALENDAR.is_working_day(day)
    assert CALENDAR.holiday(day)


def test_scotlands_bank_holidays_are_working_days_in_england() -> None:
    assert CALENDAR.is_working_day(date(2026, 1, 2))
    assert CALENDAR.is_working_day(date(2026, 11, 30))
    assert not WorkingCalendar(region="scotland").is_working_day(date(2026, 1, 2))


def test_a_council_may_close_on_further_days() -> None:
    closed = WorkingCalendar(extra_holidays=(date(2026, 12, 29), date(2026, 12, 29)))
    assert not closed.is_working_day(date(2026, 12, 29))
    assert closed.holiday(date(2026, 12, 29)) == "Council closed"
    assert closed.working_days_after(date(2026, 12, 24), 1) == date(2026, 12, 30)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (FRIDAY, 0, FRIDAY),
        (SATURDAY, 0, SATURDAY),
        (FRIDAY, 1, MONDAY),
        (SATURDAY, 1, MONDAY),
        (MONDAY, 5, date(2026, 2, 16)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),
        (date(2026, 4, 2), 3, date(2026, 4, 9)),
        (date(2026, 12, 24), 1, date(2026, 12, 29)),
        (MONDAY, -1, FRIDAY),
    ],
)
def test_working_days_are_counted_after_the_starting_date(start: date, days: int, expected: date) -> None:
    assert CALENDAR.working_days_after(start, days) == expected


def test_counting_starts_from_the_local_date_of_a_moment() -> None:
    """23:30 UTC on a summer Monday is Tuesday in London."""
    moment = datetime(2026, 7, 6, 23, 30, tzinfo=UTC)
    assert local_date(moment) == date(2026, 7, 7)
    assert CALENDAR.working_days_after(moment, 1) == date(2026, 7, 8)


def test_counting_forward_and_between_agree() -> None:
    start = date(2026, 3, 1)
    for offset in range(120):
        day = start + timedelta(days=offset)
        for count in (1, 2, 7, 20):
            assert CALENDAR.working_days_between(day, CALENDAR.working_days_after(day, count)) == count
    assert CALENDAR.working_days_between(MONDAY, FRIDAY) == -1
    assert CALENDAR.working_days_between(FRIDAY, SATURDAY) == 0


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(FRIDAY, 9), FRIDAY),
        (at(FRIDAY, 0), FRIDAY),
        (at(FRIDAY, 16, 59), FRIDAY),
        (at(FRIDAY, 17), MONDAY),
        (at(FRIDAY, 23), MONDAY),
        (at(SATURDAY, 10), MONDAY),
        (FRIDAY, FRIDAY),
        (SATURDAY, MONDAY),
        (at(date(2026, 4, 2), 18), date(2026, 4, 7)),
    ],
)
def test_a_moment_belongs_to_the_working_day_on_which_it_can_still_be_dealt_with(
    moment: date, expected: date
) -> None:
    assert CALENDAR.working_day_of(moment) == expected


def test_the_working_day_ends_when_the_office_closes_in_local_time() -> None:
    assert CALENDAR.end_of_working_day(at(FRIDAY, 9)) == at(FRIDAY, 17)
    summer = CALENDAR.end_of_working_day(date(2026, 7, 6))
    assert summer.astimezone(UTC) == datetime(2026, 7, 6, 16, tzinfo=UTC)
    early = WorkingCalendar(closes=time(16, 30))
    assert early.end_of_working_day(at(FRIDAY, 16, 30)) == at(MONDAY, 16, 30)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(FRIDAY, 9), True),
        (at(FRIDAY, 8, 59), False),
        (at(FRIDAY, 16, 59), True),
        (at(FRIDAY, 17), False),
        (at(SATURDAY, 12), False),
        (datetime(2026, 7, 6, 8, 30, tzinfo=UTC), True),
    ],
)
def test_office_hours_are_local_and_end_at_closing_time(moment: datetime, expected: bool) -> None:
    assert CALENDAR.in_office_hours(moment) is expected


def test_the_days_passed_over_are_named() -> None:
    assert CALENDAR.skipped(date(2026, 4, 2), date(2026, 4, 7)) == [
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 4, 4), "Saturday"),
        (date(2026, 4, 5), "Sunday"),
        (date(2026, 4, 6), "Easter Monday"),
    ]
    assert CALENDAR.skipped(MONDAY, MONDAY) == []


def test_the_version_names_everything_the_reckoning_rests_on() -> None:
    assert CALENDAR.version == f"holidays {version('holidays')} england 09:00-17:00"
    longer = WorkingCalendar(extra_holidays=(date(2026, 12, 29),))
    assert longer.version == f"holidays {version('holidays')} england 09:00-17:00+2026-12-29"
    assert WorkingCalendar(closes=time(16)).version != CALENDAR.version


def test_a_calendar_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="no bank holidays are known for france"):
        WorkingCalendar(region="france")
    with pytest.raises(ValueError, match="before it opens"):
        WorkingCalendar(opens=time(17), closes=time(9))
    with pytest.raises(ValueError, match="before it opens"):
        WorkingCalendar(opens=time(9), closes=time(9))
    with pytest.raises(ValueError, match="more than any limit"):
        CALENDAR.working_days_after(MONDAY, 10**9)


def test_equal_calendars_are_one_value() -> None:
    assert WorkingCalendar() == CALENDAR
    assert hash(WorkingCalendar()) == hash(CALENDAR)
