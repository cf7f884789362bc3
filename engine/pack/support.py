"""What the engine runs, as a list of what is allowed.

Everything that is not on the list is refused, whether or not the lint knows a reason: a construct that SpiffWorkflow
passes over in silence would drop a duty in silence. The lint's rules explain the usual ones better.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.pack.diagram import EVENTS, SUBPROCESSES, Arrow, Diagram, Node
from engine.pack.faults import FileFaults, an

RULE = "unsupported"
KINDS = (
    frozenset(
        {
            "userTask",
            "manualTask",
            "sendTask",
            "receiveTask",
            "businessRuleTask",
            "callActivity",
            "subProcess",
            "exclusiveGateway",
            "inclusiveGateway",
            "parallelGateway",
            "eventBasedGateway",
        }
    )
    | EVENTS
)
TRIGGERS = {
    "startEvent": frozenset({"none", "message", "conditional", "timer"}),
    "endEvent": frozenset({"none", "terminate", "escalation", "error"}),
    "intermediateCatchEvent": frozenset({"timer", "message", "conditional"}),
    "intermediateThrowEvent": frozenset({"none", "escalation"}),
    "boundaryEvent": frozenset({"timer", "message", "conditional", "escalation", "error"}),
}
_REMEDY = "Draw it with the constructs that processes/README.md lists."


def note_unsupported(diagram: Diagram, faults: FileFaults) -> None:
    """Note every construct, attribute and extension of a diagram that the engine does not run."""
    for node in diagram.nodes.values():
        for message in _of_node(node):
            faults.add(node.line, node.id, message, _REMEDY, RULE)
        _strays(node, faults)
    for arrow in diagram.arrows.values():
        source = diagram.nodes[arrow.source]
        if arrow.condition is not None and source.kind not in ("exclusiveGateway", "inclusiveGateway"):
            message = f"a flow out of {an(source.kind)} cannot have a condition"
            faults.add(arrow.line, arrow.id, message, "Put a gateway with the question before it.", RULE)
        _strays(arrow, faults)
    for scope in diagram.scopes():
        for node in diagram.start_events(scope):
            if scope != diagram.process and node.trigger != "none":
                message = f"a subprocess cannot start by {node.trigger}"
                faults.add(node.line, node.id, message, "Use a start event without a trigger.", RULE)


def _of_node(node: Node) -> Iterator[str]:
    if node.kind not in KINDS:
        yield f"the engine does not run {an(node.kind)}"
        return
    if node.loop:
        yield f"the engine does not run {node.loop} on {an(node.kind)}"
    if node.kind in EVENTS and node.trigger not in TRIGGERS[node.kind]:
        yield f"the engine does not run {an(node.kind)} with the trigger {node.trigger}"
    if node.kind in SUBPROCESSES and node.attributes.get("triggeredByEvent") == "true":
        yield "the engine does not run event subprocesses"
    for definition in node.definitions:
        if definition.kind == "timer" and definition.timer not in ("timeDate", ""):
            yield f"the engine does not run a timer with {definition.timer}, only timeDate"
    if node.kind == "boundaryEvent" and node.trigger == "error" and not node.interrupting:
        yield "an error always interrupts"
    for name in ("instantiate", "parallelMultiple"):
        if node.attributes.get(name) == "true":
            yield f"the engine does not run {name} on {an(node.kind)}"
    if node.kind == "startEvent" and not node.interrupting:
        yield "the engine does not run a start event that does not interrupt"
    if node.attributes.get("eventGatewayType", "Exclusive") != "Exclusive":
        yield "the engine does not run a parallel event-based gateway"


def _strays(part: Node | Arrow, faults: FileFaults) -> None:
    for stray in part.strays:
        message = f"the engine does not know {stray.what} and would pass over it"
        faults.add(stray.line, part.id, message, "Remove it.", RULE)
