"""A way splits only at a gateway.

Several flows out of a task all run at once; drawn so, readers take it for a choice.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import GATEWAYS, Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind not in GATEWAYS and len(node.outgoing) > 1:
            message = f"{len(node.outgoing)} flows leave {node.label!r} at once"
            yield at(node, message, "Put a parallel gateway after it, or a question.")
