"""Making a process out of its diagram: what each element does, waits for and carries.

Nodes inside a subprocess take the lane of the subprocess when they are in none themselves, because modellers list
only the outermost nodes in a lane.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.feel import Expression
from engine.pack.diagram import Arrow, Diagram, LaneDrawn, Node
from engine.pack.duties import CarriedReader
from engine.pack.expressions import CONDITION, LIMIT, PERIOD_NAMES, Language, Place
from engine.pack.faults import Faults, suggest
from engine.pack.model import Clause, Element, Flow, Process, Start
from engine.pack.procedure import Listed
from engine.pack.support import note_unsupported

_STARTS = {
    "none": Start.CALLED,
    "message": Start.MESSAGE,
    "conditional": Start.CONDITION,
    "timer": Start.TIMER,
}
_FLOW_PROPERTIES = frozenset({"clauses", "layout.column", "layout.row"})
_LANE_PROPERTIES = frozenset({"role"})
_PERFORMED = frozenset({"userTask", "manualTask", "sendTask", "receiveTask"})


def read_process(
    diagram: Diagram, listed: Listed | None, language: Language, clauses: Mapping[str, Clause], faults: Faults
) -> Process | None:
    """Read one process; None when it has no start that the engine knows."""
    return _ProcessReader(diagram, language, clauses, faults).read(listed)


class _ProcessReader:
    def __init__(
        self, diagram: Diagram, language: Language, clauses: Mapping[str, Clause], faults: Faults
    ) -> None:
        self.diagram, self.language = diagram, language
        self.faults = faults.of(diagram.file)
        starts = diagram.start_events()
        periodic = any(start.trigger == "timer" for start in starts)
        self.extra = PERIOD_NAMES if periodic else frozenset()
        self.carried = CarriedReader(language, clauses, self.faults, self.extra)
        self.lane_of: dict[str, str] = {}
        self.roles: dict[str, str | Expression] = {}

    def read(self, listed: Listed | None) -> Process | None:
        note_unsupported(self.diagram, self.faults)
        for lane in self.diagram.lanes:
            self._lane(lane)
        elements = {node.id: self._element(node) for node in self.diagram.nodes.values()}
        flows = {arrow.id: self._flow(arrow) for arrow in self.diagram.arrows.values()}
        starts = self.diagram.start_events()
        if len(starts) != 1:
            message = f"the process has {len(starts)} start events"
            self.faults.add(
                self.diagram.line, self.diagram.process, message, "Keep exactly one.", "one-start-event"
            )
        if not starts or starts[0].trigger not in _STARTS:
            return None
        first = elements[starts[0].id]
        return Process(
            id=self.diagram.process,
            title=listed.title if listed else self.diagram.name or self.diagram.process,
            file=self.diagram.file,
            order=listed.order if listed else 0,
            start=_STARTS[starts[0].trigger],
            start_element=first.id,
            start_event=first.event,
            start_expression=first.expression,
            elements=elements,
            flows=flows,
            lanes=dict(self.roles),
            source=self.diagram.source,
        )

    def _lane(self, lane: LaneDrawn) -> None:
        for node in lane.nodes:
            if (other := self.lane_of.get(node)) is not None and other != lane.id:
                message = f"{node} stands in the lanes {other} and {lane.id}"
                self.faults.add(lane.line, lane.id, message, "Save the diagram again from the modeller.")
            self.lane_of[node] = lane.id
        self.carried.only(lane.id, lane.properties, _LANE_PROPERTIES)
        prop = lane.properties.get("role")
        if prop is None:
            if lane.nodes:
                message = f"the lane {lane.name or lane.id} says no role"
                self.faults.add(lane.line, lane.id, message, "Choose who works in it (property `role`).")
            return
        role = self.carried.role(prop, lane.id)
        if role is not None:
            self.roles[lane.id] = role

    def _lane_id(self, node: Node) -> str | None:
        """Return the lane a node stands in, its own or that of the nearest subprocess around it."""
        at: Node | None = node
        while at is not None:
            if at.id in self.lane_of:
                return self.lane_of[at.id]
            at = self.diagram.nodes.get(at.attached_to or "") or self.diagram.nodes.get(at.scope)
        return None

    def _element(self, node: Node) -> Element:
        lane = self._lane_id(node)
        carried = self.carried.read(node, self.roles.get(lane or ""))
        if node.kind in _PERFORMED and carried.role is None and "role" not in node.properties:
            remedy = "Put it in a lane that has a role, or choose who does it (property `role`)."
            self.faults.add(node.line, node.id, f"nobody does {node.label!r}", remedy)
        definition = node.definitions[0] if node.definitions else None
        event = node.message or None
        code = None
        if definition is not None:
            event = definition.name or None if definition.kind == "message" else None
            code = definition.name or None if definition.kind in ("escalation", "error") else None
            if definition.kind == "message" and not definition.ref:
                message = f"the event {node.label!r} has no message"
                self.faults.add(node.line, node.id, message, "Choose the message it waits for.")
        if event is not None and event not in self.language.vocabulary.events:
            events = self.language.vocabulary.events
            remedy = suggest(event, events, "Name the message as an event of the vocabulary.")
            self.faults.add(node.line, node.id, f"there is no event {event}", remedy)
        return Element(
            id=node.id,
            kind=node.kind,
            name=" ".join(node.name.split()),
            process=self.diagram.process,
            scope=node.scope,
            line=node.line,
            trigger=node.trigger,
            expression=self._expression(node),
            event=event,
            code=code,
            interrupting=node.interrupting,
            attached_to=node.attached_to,
            calls=node.attributes.get("calledElement") or None,
            decision=node.decision or None,
            lane=lane,
            role=carried.role,
            form=carried.form,
            notice=carried.notice,
            duties=carried.duties,
            clauses=carried.clauses,
            sets=carried.sets,
            watch=carried.watch,
            default_flow=node.default,
            incoming=node.incoming,
            outgoing=node.outgoing,
            documentation=node.documentation,
            properties={name: prop.value for name, prop in node.properties.items()},
        )

    def _expression(self, node: Node) -> Expression | None:
        """Read the expression of a timer or a condition."""
        for definition in node.definitions:
            if definition.kind not in ("timer", "conditional"):
                continue
            what = "the timer" if definition.kind == "timer" else "the condition"
            place = Place(self.faults, definition.line, node.id, what)
            if not definition.text:
                place.fault("the expression is missing", "Write it in FEEL, beginning with =.")
                return None
            expression = self.language.parse(definition.text, place, self.extra)
            if expression is not None:
                wanted = LIMIT if definition.kind == "timer" else CONDITION
                self.language.expect(expression.tree, wanted, place)
            return expression
        return None

    def _flow(self, arrow: Arrow) -> Flow:
        self.carried.only(arrow.id, arrow.properties, _FLOW_PROPERTIES)
        condition = None
        if arrow.condition is not None:
            place = Place(self.faults, arrow.line, arrow.id, "the condition")
            if arrow.condition:
                condition = self.language.parse(arrow.condition, place, self.extra)
                if condition is not None:
                    self.language.expect(condition.tree, CONDITION, place)
            else:
                place.fault("the expression is missing", "Write it in FEEL, beginning with =.")
        return Flow(
            id=arrow.id,
            name=" ".join(arrow.name.split()),
            source=arrow.source,
            target=arrow.target,
            process=self.diagram.process,
            scope=arrow.scope,
            line=arrow.line,
            condition=condition,
            clauses=self.carried.cited(arrow.id, arrow.properties),
            properties={name: prop.value for name, prop in arrow.properties.items()},
        )
