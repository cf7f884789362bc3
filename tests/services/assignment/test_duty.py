"""Who is on duty at a moment: patterns over midnight, clock changes, bank holidays, changes for one stretch of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import WorkingCalendar
from engine.clock import LOCAL_ZONE
from engine.services.assignment.duty import (
    ALWAYS,
    BANK_HOLIDAY,
    OFFICE_HOURS,
    OUT_OF_HOURS,
    Change,
    Pattern,
    Shift,
    gaps,
    is_out_of_hours,
    on_duty,
    spans,
    to_cover,
    without,
)
from engine.services.assignment.standing_in import Absence, present

CALENDAR = WorkingCalendar()
START = date(2026, 1, 1)
ANN, BOB, CID = 1, 2, 3


def at(day: int, month: int, hour: int, minute: int = 0, *, year: int = 2026, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LOCAL_ZONE, fold=fold).astimezone(UTC)


def shift(weekday: int, begins: str, ends: str, account: int, place: int = 1) -> Shift:
    return Shift(0, weekday, time.fromisoformat(begins), time.fromisoformat(ends), place, account, START)


def rota(*shifts: Shift, covers: str = ALWAYS, changes: tuple[Change, ...] = ()) -> Pattern:
    return Pattern(
        1,
        "emergency_duty_team",
        "",
        covers,
        timedelta(hours=2),
        timedelta(minutes=15),
        shifts,
        changes,
    )


def every_night(account: int) -> list[Shift]:
    return [shift(day, "17:00", "09:00", account) for day in (*range(7), BANK_HOLIDAY)]


def test_a_shift_over_midnight_lasts_into_the_next_day() -> None:
    tuesday = rota(shift(1, "17:00", "09:00", ANN))
    assert on_duty(tuesday, at(12, 5, 16, 59), CALENDAR) == ()
    assert on_duty(tuesday, at(12, 5, 17), CALENDAR) == (ANN,)
    assert on_duty(tuesday, at(13, 5, 8, 59), CALENDAR) == (ANN,)
    assert on_duty(tuesday, at(13, 5, 9), CALENDAR) == ()


def test_a_shift_that_ends_when_it_begins_lasts_the_whole_day_round() -> None:
    whole = rota(shift(1, "00:00", "00:00", ANN))
    assert on_duty(whole, at(12, 5, 0), CALENDAR) == on_duty(whole, at(12, 5, 23, 59), CALENDAR) == (ANN,)
    assert on_duty(whole, at(13, 5, 0), CALENDAR) == ()


def test_who_is_called_first_comes_first() -> None:
    both = rota(shift(1, "09:00", "17:00", ANN, place=2), shift(1, "08:00", "17:00", BOB, place=1))
    assert on_duty(both, at(12, 5, 10), CALENDAR) == (BOB, ANN)


def test_the_night_in_which_the_clocks_go_back_is_an_hour_longer_for_whoever_is_on_duty() -> None:
    saturday = rota(shift(5, "17:00", "09:00", ANN))  # 24 to 25 October 2026
    (span,) = spans(saturday, at(24, 10, 17), at(25, 10, 9), CALENDAR)
    assert span.ends - span.begins == timedelta(hours=17)
    assert on_duty(saturday, at(25, 10, 1, 30, fold=1), CALENDAR) == (ANN,)


def test_the_night_in_which_the_clocks_go_forward_is_an_hour_shorter() -> None:
    saturday = rota(shift(5, "17:00", "09:00", ANN))  # 28 to 29 March 2026
    (span,) = spans(saturday, at(28, 3, 17), at(29, 3, 9), CALENDAR)
    assert span.ends - span.begins == timedelta(hours=15)


def test_shifts_that_change_in_the_repeated_hour_leave_no_moment_without_anybody_and_none_with_two() -> None:
    night = rota(
        *(shift(day, "17:00", "01:30", ANN) for day in range(7)),
        *(shift(day, "01:30", "17:00", BOB) for day in range(7)),
    )
    moment = at(24, 10, 12)
    while moment < at(25, 10, 12):
        assert len(on_duty(night, moment, CALENDAR)) == 1, moment
        moment += timedelta(minutes=15)


@given(
    st.integers(0, 23 * 60),
    st.integers(1, 24 * 60 - 1),
    st.integers(0, 728 * 24 * 60),
)
def test_two_shifts_that_share_the_day_always_leave_exactly_one_person_on_duty(
    begins: int, length: int, minutes: int
) -> None:
    first = time(begins // 60, begins % 60)
    turn = (begins + length) % (24 * 60)
    second = time(turn // 60, turn % 60)
    shared = rota(
        *(Shift(0, day, first, second, 1, ANN, START) for day in (*range(7), BANK_HOLIDAY)),
        *(Shift(0, day, second, first, 1, BOB, START) for day in (*range(7), BANK_HOLIDAY)),
    )
    instant = at(2, 1, 0) + timedelta(minutes=minutes)
    assert len(on_duty(shared, instant, CALENDAR)) == 1
    assert gaps(shared, instant, instant + timedelta(days=3), CALENDAR) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.times(), st.times(), st.sampled_from((ANN, BOB)), st.integers(1, 2)),
        max_size=6,
    ),
    st.integers(0, 21 * 24 * 60),
    st.sampled_from((ALWAYS, OFFICE_HOURS, OUT_OF_HOURS)),
)
def test_a_moment_that_has_to_be_covered_is_a_gap_exactly_when_nobody_is_on_duty(
    drawn: list[tuple[int, time, time, int, int]], minutes: int, covers: str
) -> None:
    pattern = rota(
        *(
            Shift(0, day, begins.replace(fold=0), ends.replace(fold=0), place, account, START)
            for day, begins, ends, account, place in drawn
        ),
        covers=covers,
    )
    since = at(20, 3, 0) + timedelta(minutes=minutes)
    until = since + timedelta(days=10)
    open_ = gaps(pattern, since, until, CALENDAR)
    needed = to_cover(pattern, since, until, CALENDAR)
    for step in range(0, 240, 7):
        instant = since + timedelta(hours=step)
        inside = any(begins <= instant < ends for begins, ends in open_)
        wanted = any(begins <= instant < ends for begins, ends in needed)
        assert inside == (wanted and not on_duty(pattern, instant, CALENDAR))


def test_a_bank_holiday_goes_by_its_own_line() -> None:
    office = [shift(day, "09:00", "17:00", ANN) for day in range(5)]
    closed = rota(*office)
    assert on_duty(closed, at(4, 5, 10), CALENDAR) == ()  # the first Monday of May
    manned = rota(*office, shift(BANK_HOLIDAY, "09:00", "17:00", BOB))
    assert on_duty(manned, at(4, 5, 10), CALENDAR) == (BOB,)
    assert on_duty(manned, at(5, 5, 10), CALENDAR) == (ANN,)


def test_a_swap_holds_for_its_stretch_of_time_alone() -> None:
    change = Change(1, at(12, 5, 20), at(12, 5, 23), BOB, ANN)
    pattern = rota(*every_night(ANN), changes=(change,))
    assert on_duty(pattern, at(12, 5, 19, 59), CALENDAR) == (ANN,)
    assert on_duty(pattern, at(12, 5, 20), CALENDAR) == (BOB,)
    assert on_duty(pattern, at(12, 5, 23), CALENDAR) == (ANN,)


def test_a_swap_of_a_swap_goes_to_the_third_person() -> None:
    first = Change(1, at(12, 5, 17), at(13, 5, 9), BOB, ANN)
    second = Change(2, at(12, 5, 22), at(13, 5, 9), CID, BOB)
    pattern = rota(*every_night(ANN), changes=(first, second))
    assert on_duty(pattern, at(12, 5, 21), CALENDAR) == (BOB,)
    assert on_duty(pattern, at(13, 5, 3), CALENDAR) == (CID,)


def test_whoever_drops_out_without_anybody_instead_leaves_a_gap_and_an_addition_comes_first() -> None:
    out = Change(1, at(12, 5, 20), at(12, 5, 23), None, ANN)
    pattern = rota(*every_night(ANN), changes=(out,), covers=OUT_OF_HOURS)
    assert gaps(pattern, at(12, 5, 12), at(13, 5, 12), CALENDAR) == [(at(12, 5, 20), at(12, 5, 23))]
    more = Change(2, at(12, 5, 18), at(12, 5, 19), CID, None)
    assert on_duty(rota(*every_night(ANN), changes=(more,)), at(12, 5, 18), CALENDAR) == (CID, ANN)


def test_gaps_are_counted_only_where_somebody_has_to_be_on_duty() -> None:
    office = rota(*(shift(day, "09:00", "12:00", ANN) for day in range(5)), covers=OFFICE_HOURS)
    assert gaps(office, at(15, 5, 0), at(18, 5, 0), CALENDAR) == [(at(15, 5, 12), at(15, 5, 17))]
    assert is_out_of_hours(at(16, 5, 12), CALENDAR) and not is_out_of_hours(at(15, 5, 12), CALENDAR)


def test_somebody_who_is_absent_covers_nothing() -> None:
    pattern = rota(*every_night(ANN), covers=OUT_OF_HOURS)
    away = {ANN: [(at(12, 5, 0), at(13, 5, 0))]}
    assert gaps(pattern, at(12, 5, 12), at(13, 5, 12), CALENDAR, away) == [(at(12, 5, 17), at(13, 5, 0))]


def test_without_takes_stretches_out_of_stretches() -> None:
    hour = [at(12, 5, hour) for hour in range(6)]
    assert without([(hour[0], hour[5])], [(hour[1], hour[2]), (hour[4], hour[5])]) == [
        (hour[0], hour[1]),
        (hour[2], hour[4]),
    ]


def test_deputies_are_followed_to_whoever_is_here_and_a_circle_ends_with_nobody() -> None:
    until = date(2026, 5, 20)
    chain = {ANN: Absence(BOB, until), BOB: Absence(CID, until)}
    assert present(ANN, chain, {ANN, BOB, CID}) == CID
    assert present(CID, chain, {CID}) == CID
    assert present(ANN, chain | {CID: Absence(ANN, until)}, {ANN, BOB, CID}) is None
    assert present(ANN, chain | {CID: Absence(None, until)}, {ANN, BOB, CID}) is None
    assert present(ANN, {ANN: Absence(BOB, until)}, {ANN}) is None


@given(
    st.dictionaries(st.integers(1, 6), st.one_of(st.none(), st.integers(1, 6))),
    st.integers(1, 6),
    st.sets(st.integers(1, 6)),
)
def test_whoever_stands_in_is_here_and_able(
    deputies: dict[int, int | None], account: int, able: set[int]
) -> None:
    absences = {number: Absence(deputy, date(2026, 5, 20)) for number, deputy in deputies.items()}
    found = present(account, absences, able)
    assert found is None or (found in able and found not in absences)
