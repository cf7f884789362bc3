"""The values a case is made of and the changes an act leaves behind.

The core never writes: each act collects its changes, and whoever called it (the live system, a scenario, a preview)
stores, shows or drops them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.errors import HomewardError


class Outcome(StrEnum):
    """How an entry of the ledger stands."""

    OPEN = "open"
    DONE = "done"
    DONE_LATE = "done_late"
    REFUSED = "refused"
    NOT_ENGAGED = "not_engaged"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Episode:
    """An earlier episode of the child. `returned` is None while it is open; moments are aware."""

    reported: datetime
    returned: datetime | None
    category: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FactChange:
    """One change of one fact.

    `recorded` is when it was written, `actual` since when it was true (the same, or earlier for what is learnt
    late). `origin` is record, event, form, decision, element, override, child (a change made in another case of
    the same child), correction, taken_back (as it stood before what was taken back) or forgotten (unknown again);
    `where` is the event, form, decision or element id.
    """

    fact: str
    value: Any
    recorded: datetime
    actual: datetime
    by: str
    origin: str
    where: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a deadline's working: words and the value reached."""

    text: str
    value: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A duty in the ledger.

    `number` counts from 1 within the case. `raised` is when it was written; `trigger` the moment of the timer behind it,
    if one stood behind it; `clock` where the limit's clock started. `due` is an instant; with `whole_day` only its
    local date counts and `due` is the last instant of that day. `working` shows how it was reached.
    """

    number: int
    obligation: str
    role: str
    external: bool
    clauses: tuple[str, ...]
    force: str
    process: str
    element: str
    occasion: str
    raised: datetime
    trigger: datetime | None
    clock: datetime
    due: datetime | None
    whole_day: bool
    working: tuple[Step, ...]
    target: datetime | None
    task: str | None
    outcome: Outcome = Outcome.OPEN
    done: datetime | None = None
    reason: str | None = None
    by: str | None = None

    @property
    def open(self) -> bool:
        return self.outcome is Outcome.OPEN


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Work that stands open: a live element of a process, or a duty that outlived its task (`detached`).

    `entries` are the numbers of the ledger entries it performs. `external` work is awaited, not done. `automatic`
    work is a notice that the system sends by itself.
    """

    id: str
    process: str
    element: str
    name: str
    role: str
    form: str | None
    notice: str | None
    entries: tuple[int, ...]
    created: datetime
    external: bool = False
    automatic: bool = False
    detached: bool = False


@dataclass(frozen=True, slots=True)
class WaitingTimer:
    """A timer that will fire: the id of its token, its element and the instant."""

    id: str
    process: str
    element: str
    due: datetime


@dataclass(frozen=True, slots=True)
class NoticeOrder:
    """A notice that has to leave; `key` is unique for ever, so that it leaves once."""

    key: str
    notice: str
    element: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the case's history; `detail` holds ids and moments, never free text.

    `kind` is started, event, task_completed, task_cancelled, left_open (what was submitted does not meet the duty),
    cited (a further rule requires an open duty), moved (an open duty went to another role), timer_fired, decision,
    process_started, process_ended, closed, reopened, taken_back, voided, migrated or migration_reversed.
    """

    at: datetime
    kind: str
    process: str | None
    element: str | None
    by: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    """What one act changed, for the caller to store. Entries and tasks are given as they now stand."""

    facts: list[FactChange] = field(default_factory=list)
    entries: dict[int, Entry] = field(default_factory=dict)
    tasks_opened: dict[str, OpenTask] = field(default_factory=dict)
    tasks_changed: dict[str, OpenTask] = field(default_factory=dict)
    tasks_ended: dict[str, str] = field(default_factory=dict)
    """id of the task → "completed" or "cancelled"."""
    notices: list[NoticeOrder] = field(default_factory=list)
    history: list[Happening] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    """Timers whose moment can no longer be worked out: the act went through without them."""


class CaseError(HomewardError):
    """An act was asked for that the case cannot do (no such open task, an answer that is missing): nothing changed."""


class Incident(HomewardError):
    """The procedure itself could not go on: an unknown fact was read, no rule matched, a gateway got no boolean.

    Where it was raised the live case must be thrown away and loaded again. `element`, `expression` and `fact` say where;
    `timer` is the id of the timer that cannot be worked out, or behind which the procedure could not go on.
    """

    def __init__(
        self,
        message: str,
        *,
        process: str | None = None,
        element: str | None = None,
        expression: str | None = None,
        fact: str | None = None,
    ) -> None:
        super().__init__(message)
        self.process = process
        self.element = element
        self.expression = expression
        self.fact = fact
        self.timer: str | None = None
