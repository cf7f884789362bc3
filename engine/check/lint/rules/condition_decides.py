"""Every flow out of a deciding gateway has its condition or is the default.

A flow without either is taken always or never; a gateway of which no condition holds stops the case, unless there
is a default flow or the two conditions are each other's opposite.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine import feel
from engine.check.lint.finding import Finding, at
from engine.check.lint.graph import asks
from engine.feel import tree
from engine.pack.diagram import Arrow, Diagram

_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if not asks(node):
            continue
        flows = [diagram.arrows[name] for name in node.outgoing]
        for arrow in flows:
            target = diagram.nodes[arrow.target].label
            if arrow.id == node.default and arrow.condition is not None:
                message = f"the default flow to {target!r} has a condition, which is never looked at"
                yield at(arrow, message, "Remove the condition, or choose another default.")
            elif arrow.id != node.default and arrow.condition is None:
                message = f"nothing decides whether the flow to {target!r} is taken"
                yield at(arrow, message, "Give it a condition, or make it the default flow.")
        if node.default is None and all(a.condition is not None for a in flows) and not _opposites(flows):
            message = f"the gateway {node.label!r} has no way to go when no condition holds"
            yield at(node, message, "Make one of its flows the default.")


def _opposites(flows: list[Arrow]) -> bool:
    if len(flows) != 2:
        return False
    try:
        one, other = (feel.parse(flow.condition or "").tree for flow in flows)
    except feel.FeelSyntaxError:
        return True  # the reader says what is wrong
    return _negates(one, other) or _negates(other, one)


def _negates(one: tree.Node, other: tree.Node) -> bool:
    """Tell whether one condition is plainly true where the other is false."""
    match one:
        case tree.Call(function=tree.Name(name="not"), arguments=(inner,)):
            return inner == other
        case tree.Compare(operator="=", left=left, right=tree.Boolean(value=False)):
            return other in (left, tree.Compare("=", left, tree.Boolean(True)))
        case tree.Compare(operator=operator, left=left, right=right):
            return other == tree.Compare(_OPPOSITE.get(operator, ""), left, right)
    return False
