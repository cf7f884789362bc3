"""The period that managers' figures are about, in local days and months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from engine.clock import LOCAL_ZONE, local
from engine.errors import HomewardError


class NoSpan(HomewardError):
    """The two days are no period."""


@dataclass(frozen=True, slots=True)
class Span:
    """Local days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        return midnight(self.first)

    @property
    def until(self) -> datetime:
        return midnight(self.last + timedelta(days=1))

    @property
    def months(self) -> tuple[str, ...]:
        """The local months in which the span lies, as 2026-05, oldest first."""
        found, day = [], self.first.replace(day=1)
        while day <= self.last:
            found.append(f"{day:%Y-%m}")
            day = (day + timedelta(days=32)).replace(day=1)
        return tuple(found)


LONGEST = 120
"""Months that a page shows at most."""


def span(first: date, last: date) -> Span:
    """Return the span of two days; raises NoSpan where the last lies before the first or more than ten years later."""
    if last < first:
        raise NoSpan("the last day must not be before the first")
    if last.year >= date.max.year:
        raise NoSpan("choose a day that a calendar has")
    if (last.year - first.year) * 12 + last.month - first.month >= LONGEST:
        raise NoSpan("choose ten years at most")
    return Span(first, last)


def twelve_months(now: datetime) -> Span:
    """Return the local month of a moment up to its last day, and the eleven before it."""
    today = local(now).date()
    beyond = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return Span(date(beyond.year - 1, beyond.month, 1), beyond - timedelta(days=1))


def this_month(now: datetime) -> Span:
    """Return the local month of a moment."""
    first = local(now).date().replace(day=1)
    return Span(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def week_end(now: datetime) -> datetime:
    """Return the end of the local week: the midnight after its Sunday."""
    today = local(now).date()
    return midnight(today + timedelta(days=7 - today.weekday()))


def midnight(day: date) -> datetime:
    """Return the beginning of a local day."""
    return datetime.combine(day, time(), LOCAL_ZONE)
