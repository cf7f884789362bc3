"""The moments that a check names, worked out in a case as things stood after one of its acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.case.deadlines import END_OF_DAY
from engine.check.trace import CaseTrace
from engine.clock import LOCAL_ZONE, local
from engine.feel import UNKNOWN
from engine.pack.checks.moments import (
    Chosen,
    Computed,
    DayOfNextMonth,
    EndOfDay,
    Length,
    Moment,
    OfDuty,
    OfEvent,
    OfFact,
    Received,
    Shifted,
    Then,
    WorkingDays,
)

DONE = frozenset({"done", "done_late"})


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment worked out; of a whole day only the local date counts."""

    at: datetime
    whole_day: bool = False

    def is_that_of(self, other: datetime, tolerance: timedelta) -> bool:
        """Whether another moment is this one."""
        if self.whole_day:
            return local(other).date() == local(self.at).date()
        return abs(other - self.at) <= tolerance


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a case a moment is read: after which act, at which instant, and what set the check off.

    `event` and `actual`: the event's real moment, for a check that an event sets off.
    """

    case: CaseTrace
    after: int
    at: datetime
    event: str | None = None
    actual: datetime | None = None


def resolve(moment: Moment, place: Place) -> Instant | None:
    """Return a moment as things stood; None where it has not come or nobody knows it."""
    match moment:
        case Received():
            return Instant(place.case.heard)
        case Then():
            return Instant(place.at)
        case OfFact(fact):
            return _instant(place.case.value(fact, place.after, place.at))
        case OfEvent(event, heard):
            return _of_event(event, heard, place)
        case OfDuty(obligation, state):
            found = [i for i in reached(place.case, obligation, state) if i <= place.after]
            return Instant(place.case.acts[found[-1]].at) if found else None
        case Computed(expression):
            return _instant(place.case.computed(expression, place.after, place.at))
        case Chosen(several, sooner):
            return _chosen(several, sooner, place)
    inner = resolve(moment.of, place)
    return None if inner is None else _moved(moment, inner, place)


def _moved(
    moment: Shifted | WorkingDays | EndOfDay | DayOfNextMonth, inner: Instant, place: Place
) -> Instant:
    day = local(inner.at).date()
    calendar = place.case.pack.calendar
    match moment:
        case Shifted(_, length, sign):
            return Instant(_shift(inner.at, length, sign), inner.whole_day)
        case WorkingDays(_, number):
            return _whole(calendar.working_days_after(day, number))
        case EndOfDay(_, working):
            return _whole(calendar.working_day_of(inner.at) if working else day)
        case DayOfNextMonth(_, number):
            first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            return _whole(first + timedelta(days=number - 1))
    raise TypeError(moment)


def reached(case: CaseTrace, obligation: str, state: str) -> list[int]:
    """Return the acts by which a duty of an obligation came to stand so, in order."""
    turns = case.turns(obligation)
    if state == "raised":
        return [turn.act for turn in turns if turn.was is None]
    return [
        turn.act for turn in turns if turn.was in (None, "open") and stands(turn.entry.outcome.value, state)
    ]


def stands(outcome: str, state: str) -> bool:
    """Whether an entry's outcome is the state that a check names."""
    if state == "ended":
        return outcome != "open"
    if state == "done":
        return outcome in DONE
    return outcome == state.replace(" ", "_")


def _of_event(event: str, heard: bool, place: Place) -> Instant | None:
    if event == place.event and place.actual is not None:
        return Instant(place.at if heard else place.actual)
    found = [(index, actual) for index, actual in place.case.happened(event) if index <= place.after]
    if not found:
        return None
    index, actual = found[-1]
    return Instant(place.case.acts[index].at if heard else actual)


def _chosen(several: tuple[Moment, ...], sooner: bool, place: Place) -> Instant | None:
    found = [one for one in (resolve(moment, place) for moment in several) if one is not None]
    if not found:
        return None
    return min(found, key=lambda one: one.at) if sooner else max(found, key=lambda one: one.at)


def _instant(value: Any) -> Instant | None:
    if value is UNKNOWN or value is None:
        return None
    if isinstance(value, datetime):
        return Instant(local(value) if value.tzinfo else value.replace(tzinfo=LOCAL_ZONE))
    return _whole(value) if isinstance(value, date) else None


def _whole(day: date) -> Instant:
    return Instant(datetime.combine(day, END_OF_DAY, LOCAL_ZONE), whole_day=True)


def _shift(at: datetime, length: Length, sign: int) -> datetime:
    there = local(at)
    if length.months:
        month = there.month - 1 + sign * length.months
        year, month = there.year + month // 12, month % 12 + 1
        last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        there = datetime.combine(
            date(year, month, min(there.day, last)), time(there.hour, there.minute, there.second), LOCAL_ZONE
        )
    if length.days:  # arithmetic by the clock forgets which of two equal clock times it was
        there = there + timedelta(days=sign * length.days)
    elapsed = timedelta(minutes=sign * length.minutes)
    return local(there.astimezone(_UTC) + elapsed)


_UTC = datetime.fromisoformat("2000-01-01T00:00+00:00").tzinfo
