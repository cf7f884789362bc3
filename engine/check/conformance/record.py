"""A case as its record tells it: the acts of its audit chain, and what is stored of where they led."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.case.asked import ACTS
from engine.pack.model import Pack

Row = Mapping[str, Any]
OVER = frozenset({"migrate", "return"})
"""Acts by which a case goes over to another version, or back."""


@dataclass(frozen=True, slots=True)
class RecordedAct:
    """One act of a case's chain.

    `asked` is what was asked for, in JSON; None where it is no longer kept. `facts`, `happened` and `entries` are what
    the act is recorded to have done: [fact, value, origin, where, actual, reason], [kind, process, element, detail], and
    outcomes by number of the entry; what stood empty at the end of a row is left off. `pack` is the number of the
    version and `calendar` that of the calendar on which it ran.
    """

    seq: int
    at: datetime
    by: str
    action: str
    asked: Mapping[str, Any] | None
    facts: tuple[tuple[Any, ...], ...] = ()
    happened: tuple[tuple[Any, ...], ...] = ()
    entries: Mapping[str, str] | None = None
    pack: int | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a case beside its chain; rows by the names of their columns, moments aware."""

    closed: bool
    acts: int
    facts: Mapping[str, Any]
    entries: tuple[Row, ...] = ()
    tasks: tuple[Row, ...] = ()
    timers: tuple[Row, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedCase:
    """A case with its acts, what is stored of it, and when it stood still (`incidents`: from, until or None)."""

    id: int
    reference: str
    pack: Pack
    version: int
    acts: tuple[RecordedAct, ...]
    stored: Stored
    incidents: tuple[tuple[datetime, datetime | None], ...] = ()
    packs: Mapping[int, Pack] = field(default_factory=dict)
    """Other versions on which it ran before it went over to `pack`, by number."""

    def pack_at(self, act: RecordedAct) -> Pack | None:
        """Return the version on which an act ran, or to which it brought the case; None where it is not known."""
        if act.pack is None or act.pack == self.version:
            return self.pack
        return self.packs.get(act.pack)

    @property
    def went_over(self) -> bool:
        """Whether its acts ran on several versions, so that it can be held against the clauses of none as a whole."""
        return any(
            act.pack not in (None, self.version) and ACTS.get(act.action) not in OVER for act in self.acts
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """Where what is stored is not what its acts lead to: `act` is the number in the chain, None for the end.

    `field` says what differs; `kept` is what is stored, `again` what the acts give when they are repeated.
    """

    case: str
    act: int | None
    field: str
    kept: str
    again: str

    def __str__(self) -> str:
        where = f"act {self.act}" if self.act is not None else "as it stands"
        return f"{self.case}, {where}: {self.field} is kept as {self.kept}; repeated, it is {self.again}"
