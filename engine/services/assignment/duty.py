"""Who is on duty by a rota at a moment, and when nobody is: pure reckoning, with no database.

A pattern speaks in local times, so every shift is first placed on the calendar and turned into a span of instants; only
spans are compared. A time that the clocks skip or repeat is its first reading for the end of one shift and the beginning
of the next alike, so that a change of the clocks tears no hole into a rota and doubles nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from engine.calendar import WorkingCalendar
from engine.clock import LOCAL_ZONE, local

BANK_HOLIDAY = 7
"""The `weekday` of a shift that holds on bank holidays, in place of whatever day of the week that is."""
ALWAYS, OFFICE_HOURS, OUT_OF_HOURS = COVERS = ("always", "office_hours", "out_of_hours")
_DAY = timedelta(days=1)
Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Shift:
    """A shift of the weekly pattern, in local time; one that ends no later than it begins ends the next day."""

    id: int
    weekday: int
    begins: time
    ends: time
    place: int
    account: int
    since: date
    until: date | None = None


@dataclass(frozen=True)
class Change:
    """A change for one stretch of time; see engine.store.tables.RotaChange."""

    id: int
    begins: datetime
    ends: datetime
    account: int | None
    instead_of: int | None


@dataclass(frozen=True)
class Pattern:
    """A rota: when somebody has to be on duty, the weekly pattern, and the changes in the order they were entered."""

    id: int
    role: str
    team: str
    covers: str
    urgent: timedelta
    answer: timedelta
    shifts: Sequence[Shift] = ()
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Span:
    """Somebody is on duty from `begins` until before `ends` (instants in UTC); the lower `place` is called first."""

    begins: datetime
    ends: datetime
    account: int
    place: int
    changed: bool = False
    """Whether this comes from a change rather than from the weekly pattern."""


def placed(day: date, at: time) -> datetime:
    """Return the instant (UTC) of a local time on a day, the first of the two where the clocks repeat it."""
    return datetime.combine(day, at.replace(fold=0), LOCAL_ZONE).astimezone(UTC)


def shift_span(shift: Shift, day: date) -> Interval:
    """Return when a shift that begins on a day lasts."""
    last = day if shift.ends > shift.begins else day + _DAY
    return placed(day, shift.begins), placed(last, shift.ends)


def spans(pattern: Pattern, since: datetime, until: datetime, calendar: WorkingCalendar) -> tuple[Span, ...]:
    """Return who is on duty in a stretch of time: every span that reaches into it, whole, in order of time and place."""
    found: list[Span] = []
    day = local(since).date() - _DAY  # a shift of the day before may last into this one
    while day <= local(until).date():
        weekday = BANK_HOLIDAY if calendar.holiday(day) is not None else day.weekday()
        for shift in pattern.shifts:
            if (
                shift.weekday == weekday
                and shift.since <= day
                and (shift.until is None or day <= shift.until)
            ):
                begins, ends = shift_span(shift, day)
                if begins < ends:
                    found.append(Span(begins, ends, shift.account, shift.place))
        day += _DAY
    for change in pattern.changes:
        found = list(_changed(found, change))
    inside = {span for span in found if span.begins < until and span.ends > since}
    return tuple(sorted(inside, key=lambda span: (span.begins, span.place, span.ends, span.account)))


def _changed(found: Iterable[Span], change: Change) -> Iterator[Span]:
    if change.instead_of is None:
        yield from found
        if change.account is not None:
            yield Span(change.begins, change.ends, change.account, 0, changed=True)
        return
    for span in found:
        begins, ends = max(span.begins, change.begins), min(span.ends, change.ends)
        if span.account != change.instead_of or begins >= ends:
            yield span
            continue
        if span.begins < begins:
            yield replace(span, ends=begins)
        if change.account is not None:
            yield Span(begins, ends, change.account, span.place, changed=True)
        if ends < span.ends:
            yield replace(span, begins=ends)


def on_duty(pattern: Pattern, moment: datetime, calendar: WorkingCalendar) -> tuple[int, ...]:
    """Return the accounts on duty at a moment, who is called first coming first."""
    there = [
        span
        for span in spans(pattern, moment, moment + timedelta(seconds=1), calendar)
        if span.begins <= moment < span.ends
    ]
    return tuple(
        dict.fromkeys(span.account for span in sorted(there, key=lambda span: (span.place, span.begins)))
    )


def is_out_of_hours(moment: datetime, calendar: WorkingCalendar) -> bool:
    """Say whether the council's office is closed at a moment."""
    there = local(moment)
    return not (calendar.is_working_day(there.date()) and calendar.opens <= there.time() < calendar.closes)


def to_cover(pattern: Pattern, since: datetime, until: datetime, calendar: WorkingCalendar) -> list[Interval]:
    """Return when somebody has to be on duty in a stretch of time."""
    if pattern.covers == ALWAYS:
        return [(since, until)]
    office: list[Interval] = []
    day = local(since).date()
    while day <= local(until).date():
        if calendar.is_working_day(day):
            office.append((placed(day, calendar.opens), placed(day, calendar.closes)))
        day += _DAY
    if pattern.covers == OFFICE_HOURS:
        return without([(since, until)], without([(since, until)], office))
    return without([(since, until)], office)


def gaps(
    pattern: Pattern,
    since: datetime,
    until: datetime,
    calendar: WorkingCalendar,
    absent: Mapping[int, Sequence[Interval]] | None = None,
) -> list[Interval]:
    """Return when nobody is on duty although somebody has to be; `absent`: when an account is not to be had."""
    manned: list[Interval] = []
    for span in spans(pattern, since, until, calendar):
        manned += without([(span.begins, span.ends)], (absent or {}).get(span.account, ()))
    return without(to_cover(pattern, since, until, calendar), manned)


def without(intervals: Iterable[Interval], cuts: Iterable[Interval]) -> list[Interval]:
    """Return what is left of some stretches of time when others are taken out of them."""
    left = [(begins, ends) for begins, ends in intervals if begins < ends]
    for cut_from, cut_to in cuts:
        left = [
            part
            for begins, ends in left
            for part in ((begins, min(ends, cut_from)), (max(begins, cut_to), ends))
            if part[0] < part[1]
        ]
    return left
