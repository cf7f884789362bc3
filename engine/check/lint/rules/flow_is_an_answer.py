"""Each flow out of a deciding gateway is named by its answer.

Without the answers a question tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.check.lint.graph import asks
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        for flow in node.outgoing if asks(node) else ():
            arrow = diagram.arrows[flow]
            if not arrow.name.strip():
                target = diagram.nodes[arrow.target].label
                message = f"the flow from {node.label!r} to {target!r} has no answer"
                yield at(arrow, message, "Name the flow by its answer.")
