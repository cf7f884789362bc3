"""What judging a real case finds, as values that can be stored and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

KINDS: Mapping[str, str] = {
    "late": "done after its limit",
    "overdue": "open after its limit",
    "raised late": "arose later than it must",
    "never raised": "never arose",
    "wrong limit": "has another limit than the clause gives",
    "ended otherwise": "ended in another way than the clause allows",
    "not withdrawn": "stayed open where it must be withdrawn",
    "forbidden": "arose where it may not",
    "order": "arose before what must come first",
    "fact": "a fact stands otherwise than it must",
    "closing": "the case is open or closed where it must not be",
}
CAUSES: Mapping[str, str] = {
    "own": "whoever owed it",
    "earlier": "an earlier duty stood open",
    "heard late": "the council heard of it, or entered it, too late",
    "outside": "a body outside the council",
    "system": "this software stood still or was late",
    "procedure": "the diagrams, as they are drawn",
}


@dataclass(frozen=True, slots=True)
class Because:
    """The earlier duty that kept another from arising: its limit, and when it was done (None: it is still open)."""

    obligation: str
    role: str
    raised: datetime
    due: datetime | None
    done: datetime | None

    @property
    def cause(self) -> str:
        """Whose fault that was: nobody could be in time with what arose after its limit."""
        return "heard late" if self.due is not None and self.raised > self.due else "earlier"


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which a case did not go as a clause demands.

    `kind` is one of KINDS, `cause` one of CAUSES. `check` is None for a limit that the ledger itself shows. `at` is when
    it was due to be otherwise: the limit, or the moment that sets the check off. `entry` is the number of the duty in
    the ledger.
    """

    kind: str
    cause: str
    clauses: tuple[str, ...]
    check: str | None
    obligation: str | None
    role: str | None
    at: datetime
    due: datetime | None
    done: datetime | None
    says: str
    entry: int | None = None
    because: Because | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values, moments as text."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
            if name != "because"
        } | {
            "because": self.because
            and {
                name: value.isoformat() if isinstance(value, datetime) else value
                for name, value in asdict(self.because).items()
            }
        }


@dataclass(slots=True)
class Tally:
    """How often a clause came up in a case, and how that went.

    A clause comes up each time that one of its checks does, and once for each limit of a duty citing it that was met
    or has passed. `waiting` times it could not be said yet, or was overtaken while work stood open that was in time.
    """

    came_up: int = 0
    held: int = 0
    broken: int = 0
    waiting: int = 0

    def add(self, other: Tally) -> None:
        self.came_up += other.came_up
        self.held += other.held
        self.broken += other.broken
        self.waiting += other.waiting


@dataclass(slots=True)
class Tallies:
    """The tallies of a case by month (its first day, in local time) and clause."""

    months: dict[str, dict[str, Tally]] = field(default_factory=dict)

    def of(self, at: datetime, clause: str) -> Tally:
        return self.months.setdefault(f"{at.year:04}-{at.month:02}-01", {}).setdefault(clause, Tally())

    def by_clause(self) -> dict[str, Tally]:
        """Return the tallies of all months together."""
        found: dict[str, Tally] = {}
        for clauses in self.months.values():
            for clause, tally in clauses.items():
                found.setdefault(clause, Tally()).add(tally)
        return found

    def to_json(self) -> dict[str, dict[str, list[int]]]:
        return {
            month: {clause: [t.came_up, t.held, t.broken, t.waiting] for clause, t in clauses.items()}
            for month, clauses in self.months.items()
        }
