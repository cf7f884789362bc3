"""What a timeline is made of: its scope, its sources, its items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.pack.model import Pack
from engine.services.desk import Desk

KINDS = {
    "recorded": "What was recorded",
    "tasks": "Tasks done",
    "facts": "Facts changed",
    "corrections": "Corrections",
    "duties": "Duties",
    "notices": "Notices",
    "requests": "Requests to others",
    "contacts": "Contact attempts",
    "notes": "Notes",
    "meetings": "Meetings",
    "documents": "Documents",
    "episodes": "Absences",
    "record": "The child’s record",
    "clock": "What came by itself",
}
"""The kinds that a reader chooses from, in the order in which they are offered."""
ACTIONS = {
    "tasks": ("task_completed",),
    "facts": ("facts_changed", "child_facts_changed"),
    "corrections": ("corrected", "child_facts_corrected", "taken_back", "voided", "unvoided"),
    "clock": ("timers_fired", "earlier_episodes_changed"),
}
"""Which acts of a case are of which kind; all others are what was recorded."""


@dataclass(frozen=True)
class Scope:
    """What a timeline is about: cases, and the child where its whole record is meant."""

    cases: tuple[int, ...]
    child: int | None
    whole: bool
    """Whether it is the child's own timeline and not one case's."""


@dataclass(frozen=True)
class Case:
    """A case that something on the timeline belongs to."""

    id: int
    reference: str
    pack: Pack


@dataclass(frozen=True)
class Item:
    """Something on the timeline. `what` is its source's name; `value` is what that source reads."""

    at: datetime
    kind: str
    what: str
    case: Case | None
    value: Any


@dataclass(frozen=True)
class Row:
    """Where something stands, before it is read: `first` and `second` name it to its source."""

    at: datetime
    first: int
    second: int


@dataclass
class Reading:
    """What the sources of one page share: the cases, and the people who will be named."""

    desk: Desk
    cases: Mapping[int, Case]
    people: set[Any]
    names: Mapping[str, str]


Values = Mapping[tuple[int, int], tuple[int | None, Any]]
Read = Callable[[Reading, Sequence[Row]], Callable[[], Values]]
"""Reads rows at once, notes whose names are wanted, and returns what makes values of them once names are known.

Values are by the row's numbers, each with its case, None where it belongs to none.
"""


@dataclass(frozen=True)
class Source:
    """A kind of row: where its rows stand and how they are read.

    `select` is a SELECT of the moment and two numbers, None where such rows stand on no timeline of that scope. Of what
    happens at the same moment, the higher `rank` stands later.
    """

    what: str
    kind: str
    rank: int
    select: Callable[[Scope], Any]
    read: Read
