"""Ways meet at a gateway.

Several flows into a task are read as a choice or as a join, and only a gateway says which.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import GATEWAYS, Diagram

WARNS = True


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind not in GATEWAYS and node.kind != "endEvent" and len(node.incoming) > 1:
            message = f"{len(node.incoming)} flows lead to {node.label!r} without a gateway"
            yield at(node, message, "Put an exclusive gateway before it.")
