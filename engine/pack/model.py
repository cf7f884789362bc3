"""What a pack is once it has been read: frozen values that every other part works on.

Our properties are kept beside the element they stand on (by element id), not in SpiffWorkflow's specs, because its
parser drops them on gateways and flows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from engine.calendar import WorkingCalendar
from engine.dmn import Model as DecisionModel
from engine.feel import Expression

if TYPE_CHECKING:
    from engine.pack.checks.model import Check
    from engine.pack.meetings import MeetingKind
    from engine.pack.passages import Passages

__all__ = [
    "Act",
    "Clause",
    "Derived",
    "Duty",
    "Element",
    "Event",
    "Fact",
    "Flow",
    "Form",
    "ListColumn",
    "ListRule",
    "Notice",
    "Obligation",
    "Pack",
    "Process",
    "ReceivedList",
    "Role",
    "RoleInPack",
    "Start",
    "Vocabulary",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the vocabulary. `source` is record, asked, decided or derived.

    `graver` tells which values are graver for the child: levels of values, the least grave first, or "more" or "less".
    `with_report`: it comes with the report that begins the case, and stays as it is.
    """

    id: str
    type: str
    source: str
    meaning: str
    values: tuple[str, ...] = ()
    default: Any = None
    has_default: bool = False
    graver: tuple[tuple[Any, ...], ...] | str = ()
    with_report: bool = False

    @property
    def with_child(self) -> bool:
        """Whether the fact belongs to the child's record rather than to one episode."""
        return self.source == "record" and not self.id.startswith(_OF_AN_EPISODE)


_OF_AN_EPISODE = ("notification.", "episode.", "return.", "interview.", "meeting.", "case.", "dispute.")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that can happen from outside; `sets` maps facts to "actual", "recorded" or a constant.

    `opens_episode`: it tells that a child is away, so that a case which it starts is an episode of the child.
    `tells`: another event that comes to light with it in a case that has not heard of that one (a return that is
    verified), as true since the moment of the fact `tells_since`, where that lies earlier.
    """

    id: str
    meaning: str
    sets: Mapping[str, Any] = field(default_factory=dict)
    opens_episode: bool = False
    tells: str | None = None
    tells_since: str | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """Who acts. An external role is outside the council."""

    id: str
    meaning: str
    external: bool = False


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty a procedure can require; `kind` is task, notification, meeting, record or decision."""

    id: str
    kind: str
    meaning: str
    external: bool = False
    periodic: bool = False
    joint: bool = False
    """Done once for all children missing together."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words all packs share."""

    facts: Mapping[str, Fact]
    events: Mapping[str, Event]
    roles: Mapping[str, Role]
    obligations: Mapping[str, Obligation]


@dataclass(frozen=True, slots=True)
class RoleInPack:
    """A role as the council names it."""

    id: str
    label: str
    short: str
    team: str
    external: bool


@dataclass(frozen=True, slots=True)
class Derived:
    """How a derived fact is computed: by an expression or by a decision of a table."""

    fact: str
    expression: Expression | None
    decision: str | None
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the written procedure as the register holds it; see processes/README.md for the fields."""

    id: str
    place: str
    paraphrase: str
    kind: str
    force: str
    actor: str | None
    scope: str
    obligations: tuple[str, ...]
    reason: str | None = None
    reading: Mapping[str, str] | None = None
    carried_by: tuple[str, ...] = ()
    how: str | None = None
    line: int = 0


class Act(StrEnum):
    """What an element does to a duty."""

    RAISES_PERFORMS = "raises performs"
    RAISES = "raises"
    PERFORMS = "performs"
    SETTLES = "settles"
    CITES = "cites"


@dataclass(frozen=True, slots=True)
class Duty:
    """One obligation as one element carries it; expressions are None where left out."""

    obligation: str
    act: Act
    clauses: tuple[str, ...]
    force: str
    due: Expression | None = None
    target: Expression | None = None
    clock: Expression | None = None
    when: Expression | None = None
    occasion: Expression | None = None
    outcome: Expression | None = None
    reason: str | None = None
    on_interrupt: str | Expression = "keep"
    on_interrupt_reason: str | None = None
    role: str | Expression | None = None
    keeps_role: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """A BPMN element and what it carries.

    `kind` is the BPMN local name (userTask, exclusiveGateway, boundaryEvent, …). `trigger` is the event definition of
    an event: none, timer, message, conditional, escalation, error, terminate. `expression` is a timer's, a condition's.
    `event` is the vocabulary's event that a message names, `code` that of an escalation or error.
    `role` is the element's own or its lane's: a role id or an expression; None where it stands in no lane.
    `scope` is the id of the process or subprocess it stands in.
    """

    id: str
    kind: str
    name: str
    process: str
    scope: str
    line: int
    trigger: str | None = None
    expression: Expression | None = None
    event: str | None = None
    code: str | None = None
    interrupting: bool = True
    attached_to: str | None = None
    calls: str | None = None
    decision: str | None = None
    lane: str | None = None
    role: str | Expression | None = None
    form: str | None = None
    notice: str | None = None
    duties: tuple[Duty, ...] = ()
    clauses: tuple[str, ...] = ()
    sets: Mapping[str, Expression] = field(default_factory=dict)
    watch: bool = False
    default_flow: str | None = None
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Every expression the element evaluates: its own, its role's, what it sets, and those of its duties."""
        found: list[object] = [self.expression, self.role, *self.sets.values()]
        for duty in self.duties:
            found += [duty.due, duty.target, duty.clock, duty.when, duty.occasion, duty.outcome]
            found += [duty.on_interrupt, duty.role]
        return tuple(item for item in found if isinstance(item, Expression))


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; `condition` is None where it has none."""

    id: str
    name: str
    source: str
    target: str
    process: str
    scope: str
    line: int
    condition: Expression | None = None
    clauses: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


class Start(StrEnum):
    """How a process starts."""

    CALLED = "called"
    MESSAGE = "message"
    CONDITION = "condition"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class Process:
    """One BPMN process: its file, how it starts, its elements and flows by id, in document order."""

    id: str
    title: str
    file: str
    order: int
    start: Start
    start_element: str
    start_event: str | None
    start_expression: Expression | None
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    lanes: Mapping[str, str | Expression]
    source: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A form: JSON Schema with our keywords; `facts` are the properties that set facts."""

    id: str
    title: str
    schema: Mapping[str, Any]
    facts: tuple[str, ...]
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that leaves the council; `to_role` or `to_outside` names the recipient."""

    id: str
    to_role: str | None
    to_outside: str | None
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of a list: a report's column, a fact, or one that only a rule reads; and what it is headed."""

    name: str
    headings: tuple[str, ...]
    required: bool
    line: int = 0


@dataclass(frozen=True, slots=True)
class ListRule:
    """What a row of a list tells, where `when` holds: by column the words it may hold, True for any, False for none.

    `tells` is missing, absent, returned or listed (nothing about being away). `event` is recorded in the open case that
    the row joins; None: as a notification does, "none": nothing. `facts` come with it. `without_case` is start, wait or
    note, for a child without an open case. `settle` says whether a return waits for a person or is recorded.
    """

    tells: str
    when: Mapping[str, tuple[str, ...] | bool]
    event: str | None
    facts: Mapping[str, Any]
    without_case: str
    settle: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class ReceivedList:
    """A list that somebody sends regularly.

    `complete` are the categories of absence of which it names every child who is away. `unlisted` are facts of each
    child that an earlier list named and the newest does not.
    """

    id: str
    title: str
    sent_by: str
    every: str
    clauses: tuple[str, ...]
    columns: Mapping[str, ListColumn]
    rules: tuple[ListRule, ...]
    complete: tuple[str, ...] = ()
    unlisted: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pack:
    """A council's procedure, whole. `hash` names it: the SHA-256 of its files and of the vocabulary."""

    id: str
    name: str
    title: str
    edition: str
    effective: date
    hash: str
    calendar: WorkingCalendar
    vocabulary: Vocabulary
    systems: Mapping[str, str]
    roles: Mapping[str, RoleInPack]
    derived: Mapping[str, Derived]
    clauses: Mapping[str, Clause]
    processes: Mapping[str, Process]
    decisions: Mapping[str, DecisionModel]  # by decision id
    forms: Mapping[str, Form]
    notices: Mapping[str, Notice]
    files: Mapping[str, bytes]
    impossible: tuple[Expression, ...] = ()
    accepted: Mapping[str, str] = field(default_factory=dict)  # findings of the analyses, with the reason
    lists: Mapping[str, ReceivedList] = field(default_factory=dict)
    meetings: Mapping[str, MeetingKind] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)
    passages: Passages | None = None

    @property
    def elements(self) -> Iterator[Element]:
        """The elements of all processes, in their order; ids are unique within a pack."""
        return (element for process in self.processes.values() for element in process.elements.values())
