"""What a scenario file says, as values; moments stay as written until the story is played."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from engine.clock import local
from engine.errors import HomewardError

_OFFSET = re.compile(
    r"(?P<name>[A-Za-z_][\w.]*)?\s*(?:(?P<sign>[+-])\s*(?P<length>(?:\d+(?:\.\d+)?[wdhms]\s*)+))?$"
)
_PART = re.compile(r"(\d+(?:\.\d+)?)([wdhms])")


class UnknownMoment(HomewardError):
    """A moment names something that has not happened in the story."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, or an offset from T0 or a named moment.

    Days are calendar days at the same local clock time; hours, minutes and seconds are elapsed time.
    """

    text: str
    instant: datetime | None = None
    name: str | None = None
    days: int = 0
    elapsed: timedelta = timedelta(0)

    @classmethod
    def parse(cls, text: str) -> Moment:
        """Read an instant with an offset from UTC, or an offset such as +26h, ret+72h, ret. Raises ValueError."""
        text = str(text).strip()
        if re.match(r"\d{4}-", text):
            instant = datetime.fromisoformat(text)
            if instant.tzinfo is None:
                raise ValueError(f"the moment {text} has no offset from UTC, such as +01:00")
            return cls(text, local(instant))
        match = _OFFSET.match(text)
        if match is None or not text:
            raise ValueError(f"{text!r} is no moment: write an instant, +26h, +3d, +90m or name+72h")
        sign = -1 if match["sign"] == "-" else 1
        days, seconds = 0, 0.0
        for number, unit in _PART.findall(match["length"] or ""):
            if unit in "dw":
                if "." in number:
                    raise ValueError(f"{text!r} has a part of a day; write hours")
                days += int(number) * (7 if unit == "w" else 1)
            else:
                seconds += float(number) * {"h": 3600, "m": 60, "s": 1}[unit]
        return cls(text, None, match["name"], sign * days, timedelta(seconds=sign * seconds))

    def resolve(self, moments: Mapping[str, datetime]) -> datetime:
        """Return the instant; `moments` holds T0 and the named ones. Raises UnknownMoment."""
        if self.instant is not None:
            return self.instant
        start = moments.get(self.name or "T0")
        if start is None:
            raise UnknownMoment(f"{self.text}: nothing in the story so far is called {self.name}")
        shifted = local(start)
        if self.days:
            shifted = shifted + timedelta(days=self.days)  # same local clock time
        return local((shifted.astimezone(_UTC)) + self.elapsed)


_UTC = datetime.fromisoformat("2000-01-01T00:00+00:00").tzinfo


@dataclass(frozen=True, slots=True)
class Happens:
    """A line of the timeline: exactly one of `event`, `done`, `task` or only `facts`.

    `task` is the element of work that no duty stands for, which a file cannot name: people who try a procedure do it.
    """

    at: Moment
    line: int
    event: str | None = None
    actual: Moment | None = None
    done: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    case: int | None = None
    role: str | None = None
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """A line of `expect` or `forbid`; a field left out is not judged."""

    obligation: str
    line: int
    roles: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    raised: Moment | None = None
    due: Moment | None = None
    no_due: bool = False
    due_date: date | None = None
    times: int | None = None
    outcomes: tuple[str, ...] = ()
    before: Moment | None = None
    after: Moment | None = None
    case: int | None = None
    hard: bool = True


@dataclass(frozen=True, slots=True)
class EarlierEpisode:
    """A line of `earlier_episodes`."""

    category: str
    reported: datetime
    returned: datetime | None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story. `facts` are what is true and what people will answer, as FEEL values."""

    id: str
    title: str
    authority: str
    file: str
    line: int
    reported: datetime
    received: datetime
    started_by: str
    facts: Mapping[str, Any]
    earlier: tuple[EarlierEpisode, ...]
    timeline: tuple[Happens, ...]
    hold: frozenset[str]
    until: Moment
    expect: tuple[Expectation, ...]
    forbid: tuple[Expectation, ...]
    expect_facts: Mapping[str, Any]
    closed: bool | None

    @property
    def waits(self) -> frozenset[str]:
        """The obligations that nobody carries out unless the timeline says so."""
        return self.hold | {line.done for line in self.timeline if line.done}
