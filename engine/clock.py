"""The only place that asks the machine what time it is.

Everything else takes a Clock, so that stories, tests and replays move time instead of waiting for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

LOCAL_ZONE = ZoneInfo("Europe/London")
"""Local time of every procedure; elapsed hours are always computed in UTC."""


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """Return the present moment as an aware datetime."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class VirtualClock:
    """A clock that stands still until it is moved; `moment` is aware."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def move_to(self, moment: datetime) -> None:
        """Move to `moment`; refuse to go back, because nothing in a case can."""
        if moment < self.moment:
            raise ValueError(f"the clock stands at {self.moment}; it cannot go back to {moment}")
        self.moment = moment

    def advance(self, by: timedelta) -> None:
        """Move forward by an elapsed duration."""
        self.move_to(self.moment + by)


def elapsed(since: datetime, until: datetime) -> timedelta:
    """Return the time that passed between two aware moments.

    Python's own subtraction reads the clock on the wall where both are of one zone, and is an hour wrong over the night
    on which clocks change.
    """
    return until.astimezone(UTC) - since.astimezone(UTC)


def local(moment: datetime) -> datetime:
    """Return the same instant in local time; raise ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone cannot be placed on the clock")
    return moment.astimezone(LOCAL_ZONE)
