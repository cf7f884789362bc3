"""Days and moments as people type them: what is understood, what is asked about, and that nothing is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import LOCAL_ZONE, local
from engine.pack.typeddays import MONTHS, NotUnderstood, read_day
from engine.pack.typedtimes import at_local, read_moment, written

NOW = datetime(2026, 5, 13, 9, 40, tzinfo=UTC)  # a Wednesday, 10:40 by English clocks
DAYS = st.dates(date(1950, 1, 1), date(2060, 12, 31))
MOMENTS = st.integers(10 * 365 * 1440, 90 * 365 * 1440).map(
    lambda minutes: local(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12.5.26 9:15", "12 May 2026 at 9:15am"),
        ("12/05/2026 0915", "12 May 2026 at 9:15am"),
        ("12 May 9am", "12 May 2026 at 9:00am"),
        ("12th of May 2026, 9.15 a.m.", "12 May 2026 at 9:15am"),
        ("Tue 12 May at 21:15", "12 May 2026 at 9:15pm"),
        ("May 12, 9.15pm", "12 May 2026 at 9:15pm"),
        ("today 9:15", "13 May 2026 at 9:15am"),
        ("yesterday 23.40", "12 May 2026 at 11:40pm"),
        ("tomorrow 2pm", "14 May 2026 at 2:00pm"),
        ("0915", "13 May 2026 at 9:15am"),
        ("2015 today", "13 May 2026 at 8:15pm"),
        ("0915hrs yesterday", "12 May 2026 at 9:15am"),
        ("9.15pm", "13 May 2026 at 9:15pm"),
        ("noon", "13 May 2026 at midday"),
        ("12 May midnight", "12 May 2026 at midnight"),
        ("last night 23:40", "12 May 2026 at 11:40pm"),
        ("last night 2am", "13 May 2026 at 2:00am"),
        ("this evening 9.15", "13 May 2026 at 9:15pm"),
        ("last friday 9am", "8 May 2026 at 9:00am"),
        ("next Wednesday at 9am", "20 May 2026 at 9:00am"),
        ("3 days ago 14:00", "10 May 2026 at 2:00pm"),
        ("20 minutes ago", "13 May 2026 at 10:20am"),
        ("an hour ago", "13 May 2026 at 9:40am"),
        ("now", "13 May 2026 at 10:40am"),
        ("2026-05-12T09:15", "12 May 2026 at 9:15am"),
        ("2026-05-12 09:15+00:00", "12 May 2026 at 10:15am"),
        ("12 May 2026 2140", "12 May 2026 at 9:40pm"),
    ],
)
def test_a_moment_is_read_as_people_write_it(typed: str, meant: str) -> None:
    assert written(read_moment(typed, NOW).value) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12.5.26", date(2026, 5, 12)),
        ("12/5", date(2026, 5, 12)),
        ("27 3 2011", date(2011, 3, 27)),
        ("27-3-11", date(2011, 3, 27)),
        ("1.2.75", date(1975, 2, 1)),
        ("12 May", date(2026, 5, 12)),
        ("30 December", date(2025, 12, 30)),
        ("yesterday", date(2026, 5, 12)),
        ("the day before yesterday", date(2026, 5, 11)),
        ("2 weeks ago", date(2026, 4, 29)),
        ("in 3 days", date(2026, 5, 16)),
        ("2026-05-12", date(2026, 5, 12)),
        ("12-May-26", date(2026, 5, 12)),
    ],
)
def test_a_day_is_read_as_people_write_it(typed: str, meant: date) -> None:
    assert read_day(typed, NOW).value == meant


def test_a_day_without_a_year_is_the_nearest_and_of_what_happened_the_last() -> None:
    january = datetime(2027, 1, 3, 12, tzinfo=UTC)
    assert read_day("28 December", january).value == date(2026, 12, 28)
    assert read_day("20 May", NOW).value == date(2026, 5, 20)
    assert read_day("20 May", NOW, past=True).value == date(2025, 5, 20)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("12 May", "must include a time"),
        ("12 May 2015", "must include a time"),  # no quarter past eight of this year
        ("12.05", "must include a time"),
        ("5/13/26 9:00", "day first"),
        ("friday 9am", "could be last friday or the next"),
        ("Mon 12 May 9am", "is a Tuesday"),
        ("tonight midnight", "could be another day"),
        ("this morning 3pm", "could be another day"),
        ("25 October 2026 1:30", "comes twice"),
        ("29 March 2026 1:30", "must be a time that exists"),
        ("12 May 2026 9am GMT", "was not on GMT"),
        ("30 February 9am", "must be a real date"),
        ("9", "is not understood"),
        ("24:00 today", "is not understood"),
        ("13pm today", "is not understood"),
        ("9am 9pm", "is not understood"),
        ("12 mai 9am", "is not understood"),
        ("sometime yesterday", "is not understood"),
        ("9am " * 40, "too long"),
    ],
)
def test_what_could_mean_two_things_or_none_is_asked_about(typed: str, told: str) -> None:
    with pytest.raises(NotUnderstood, match=told):
        read_moment(typed, NOW)


def test_each_of_two_equal_clock_times_can_be_named() -> None:
    first = read_moment("25 October 2026 1:30am BST", NOW).value
    second = read_moment("25 October 2026 1:30am GMT", NOW).value
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    assert written(first) == "25 October 2026 at 1:30am BST"


def test_what_happened_cannot_lie_ahead() -> None:
    with pytest.raises(NotUnderstood, match="future: it would be 13 May 2026 at 9:15pm"):
        read_moment("9.15pm", NOW, past=True)
    with pytest.raises(NotUnderstood, match="future"):
        read_day("tomorrow", NOW, past=True)
    assert read_moment("friday 9am", NOW, past=True).value.date() == date(2026, 5, 8)


def test_only_a_text_that_says_everything_itself_is_plain() -> None:
    assert read_moment("12 May 2026 at 9:15am", NOW).plain
    for shortened in ("12 May 9:15am", "12/5/2026 9:15am", "12 May 26 9:15am", "yesterday 9:15am"):
        assert not read_moment(shortened, NOW).plain, shortened
    assert not read_moment("12 May 2026 at 3:15", NOW).plain, "a quarter past three may be of the afternoon"


def test_without_a_present_moment_only_whole_dates_are_understood() -> None:
    assert read_day("12 May 2026", None).value == date(2026, 5, 12)
    for typed in ("12 May", "yesterday", "12.5.26"):
        with pytest.raises(NotUnderstood):
            read_day(typed, None)


@given(DAYS)
def test_a_written_day_reads_back_as_itself(day: date) -> None:
    read = read_day(written(day), NOW)
    assert read.value == day and read.plain


@given(MOMENTS)
def test_a_written_moment_reads_back_as_the_same_instant(moment: datetime) -> None:
    read = read_moment(written(moment), NOW)
    assert read.value.astimezone(UTC) == moment.astimezone(UTC) and read.plain


@given(DAYS, st.times().map(lambda t: t.replace(second=0, microsecond=0)), st.sampled_from("./- "), st.data())
def test_the_day_comes_before_the_month_in_every_spelling(
    day: date, clock: time, mark: str, data: st.DataObject
) -> None:
    month = data.draw(
        st.sampled_from([f"{mark}{day.month}{mark}", f" {MONTHS[day.month - 1]} ", f" {day:%b} "])
    )
    typed = f"{day.day}{month}{day.year} {clock:%H:%M}"
    try:
        expected = at_local(day, clock)
    except NotUnderstood:
        with pytest.raises(NotUnderstood):
            read_moment(typed, NOW)
    else:
        assert read_moment(typed, NOW).value == expected


@pytest.mark.parametrize("fold", [0, 1])
def test_a_clock_says_nothing_about_which_of_two_such_hours_is_meant(fold: int) -> None:
    with pytest.raises(NotUnderstood, match="comes twice"):
        at_local(date(1987, 10, 25), time(1, 0, fold=fold))


@given(st.text(alphabet="0123456789 .:/-apmtodyesrw", max_size=24))
def test_any_text_is_a_moment_or_a_question_and_never_a_failure(typed: str) -> None:
    try:
        read = read_moment(typed, NOW, past=True)
    except NotUnderstood as told:
        assert str(told)
    else:
        assert read.value <= NOW and read.value.tzinfo is LOCAL_ZONE
