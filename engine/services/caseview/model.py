"""What a case's pages show, as values: facts with their origins, history, timers, diagrams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.dmn.model import DecisionTable
from engine.feel import Expression


@dataclass(frozen=True)
class FactValue:
    """A value that a fact had. `origin` and `where` are those of engine.case.model.FactChange; `value` is JSON."""

    value: Any
    origin: str
    where: str
    by: str
    recorded: datetime
    actual: datetime
    reason: str | None


@dataclass(frozen=True)
class FactRow:
    """A fact as it stands; `history` holds earlier values, newest first."""

    fact: str
    meaning: str
    now: FactValue
    history: tuple[FactValue, ...]


@dataclass(frozen=True)
class UsedTable:
    """A decision table as it answers by the facts of this moment: its rules that apply, by number."""

    table: DecisionTable
    rules: tuple[int, ...]


@dataclass(frozen=True)
class Derivation:
    """How a fact comes about by a rule of the procedure: by an expression or by a decision of tables.

    `value` is JSON as the rule gives it at this moment, None with `known` False where something it hangs on is not
    known. `problem` says why it cannot be worked out. `used` are the facts it reads, in the order of the rule.
    """

    fact: str
    meaning: str
    value: Any
    known: bool
    expression: Expression | None
    decision: str | None
    tables: tuple[UsedTable, ...]
    used: tuple[str, ...]
    clauses: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True)
class HistoryLine:
    """A line of the case's history: an act (`kind` is its name) or what the core did in it (Happening's kinds).

    `name` is the element's or process's name; `act` is the act's number, the same for all that happened in it.
    """

    act: int
    at: datetime
    kind: str
    by: str
    process: str | None = None
    element: str | None = None
    name: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TimerRow:
    """A timer that waits."""

    process: str
    element: str
    name: str
    due: datetime


@dataclass(frozen=True)
class NoticeRow:
    """A notice of the case and how it stands."""

    id: int
    notice: str
    recipient: str
    state: str
    created: datetime
    sent: datetime | None
    problem: str | None


@dataclass(frozen=True)
class DiagramRow:
    """A diagram of the case's procedure with the states of each element: done, waiting, live, overdue, failed."""

    process: str
    title: str
    states: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class LinkedCase:
    """A case that belongs together with this one."""

    id: int
    reference: str
    kind: str


@dataclass(frozen=True)
class OtherAbsence:
    """Another open case of the same child: since when away, back when, whether and until when it owes an interview."""

    id: int
    reference: str
    since: datetime | None
    returned: datetime | None
    interview_due: datetime | None
    interview_owed: bool


@dataclass(frozen=True)
class Pressing:
    """A warning for visits, or a court order that has expired or soon will; `order` is the order's kind."""

    kind: str
    says: str
    until: date | None
    order: str | None
    by: str
    recorded: datetime


@dataclass(frozen=True)
class CaseRow:
    """A case in a list of results; `child` is "Restricted record" where it may not be known."""

    id: int
    reference: str
    status: str
    child: str | None
    child_id: int | None
    opened: datetime
    closed: datetime | None
    next_due: datetime | None
