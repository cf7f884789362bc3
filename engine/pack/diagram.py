"""A BPMN file as it is drawn: every node, flow and lane with its line, whether or not the engine can run it.

This index stands before all judgement, so that the reader, the lint and the drawing see the same thing, and so that a
diagram which cannot run can still be explained. SpiffWorkflow's own parser is no substitute: it drops our properties
on gateways and flows and has no lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

TASKS = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "serviceTask",
        "scriptTask",
    }
)
SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
GATEWAYS = frozenset(
    {"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway"}
)
ACTIVITIES = TASKS | SUBPROCESSES | {"callActivity"}
NODES = ACTIVITIES | EVENTS | GATEWAYS


@dataclass(frozen=True, slots=True)
class Prop:
    """A name/value pair of ours."""

    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """What an event waits for or throws.

    `kind` is timer, message, conditional, escalation, error, terminate, signal, link, compensate, cancel. `text` is a
    timer's or a condition's expression; `timer` its element (timeDate, timeDuration, timeCycle); `ref` the id it refers
    to and `name` what that id is called (a message's name, an escalation's or error's code).
    """

    kind: str
    line: int
    text: str = ""
    timer: str = ""
    ref: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Stray:
    """Something in an element that is not ours to execute: an attribute or a child, with where it stands."""

    what: str
    line: int


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node. `scope` is the id of the process or subprocess it stands in."""

    id: str
    kind: str
    name: str
    scope: str
    line: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    definitions: tuple[EventDefinition, ...] = ()
    properties: Mapping[str, Prop] = field(default_factory=dict)
    decision: str = ""
    message: str = ""
    loop: str = ""
    documentation: str = ""
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    strays: tuple[Stray, ...] = ()

    @property
    def trigger(self) -> str | None:
        """The kind of an event's definition; none without one, multiple with several; None for no event."""
        if self.kind not in EVENTS:
            return None
        if len(self.definitions) > 1:
            return "multiple"
        return self.definitions[0].kind if self.definitions else "none"

    @property
    def attached_to(self) -> str | None:
        return self.attributes.get("attachedToRef")

    @property
    def interrupting(self) -> bool:
        key = "cancelActivity" if self.kind == "boundaryEvent" else "isInterrupting"
        return self.attributes.get(key, "true") != "false"

    @property
    def default(self) -> str | None:
        return self.attributes.get("default")

    @property
    def label(self) -> str:
        """What a person calls the node: its name, or its id where it has none."""
        return " ".join(self.name.split()) or self.id


@dataclass(frozen=True, slots=True)
class Arrow:
    """A sequence flow; `condition` is the text of its condition expression, None without one."""

    id: str
    name: str
    source: str
    target: str
    scope: str
    line: int
    condition: str | None = None
    properties: Mapping[str, Prop] = field(default_factory=dict)
    strays: tuple[Stray, ...] = ()


@dataclass(frozen=True, slots=True)
class LaneDrawn:
    """A lane and the nodes it lists."""

    id: str
    name: str
    line: int
    nodes: tuple[str, ...]
    properties: Mapping[str, Prop] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagram:
    """One BPMN file: its process with all that stands in it, in document order."""

    file: str
    process: str
    name: str
    line: int
    nodes: Mapping[str, Node]
    arrows: Mapping[str, Arrow]
    lanes: tuple[LaneDrawn, ...]
    documentation: str
    source: bytes

    def start_events(self, scope: str | None = None) -> list[Node]:
        """Return the start events of the process, or of one of its subprocesses."""
        inside = self.process if scope is None else scope
        return [n for n in self.nodes.values() if n.kind == "startEvent" and n.scope == inside]

    def scopes(self) -> Iterator[str]:
        """Yield the process's id and the id of every subprocess."""
        yield self.process
        yield from (n.id for n in self.nodes.values() if n.kind in SUBPROCESSES)

    def inside(self, scope: str) -> list[Node]:
        """Return the nodes that stand directly in a scope."""
        return [n for n in self.nodes.values() if n.scope == scope]

    def within(self, scope: str) -> list[Node]:
        """Return the nodes that stand in a scope at any depth."""
        found: list[Node] = []
        for node in self.inside(scope):
            found.append(node)
            if node.kind in SUBPROCESSES:
                found.extend(self.within(node.id))
        return found

    def successors(self, node: Node) -> list[Node]:
        """Return the nodes that a node's flows lead to."""
        return [self.nodes[self.arrows[a].target] for a in node.outgoing]

    def predecessors(self, node: Node) -> list[Node]:
        """Return the nodes whose flows lead to a node."""
        return [self.nodes[self.arrows[a].source] for a in node.incoming]

    def boundaries(self, host: Node) -> list[Node]:
        """Return the boundary events of an activity."""
        return self._attached.get(host.id, [])

    @cached_property
    def _attached(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            if node.attached_to is not None:
                found.setdefault(node.attached_to, []).append(node)
        return found

    def next_of(self, node: Node) -> list[Node]:
        """Return what can follow a node in its own scope: along flows, and over its boundary events."""
        return self.successors(node) + self.boundaries(node)
