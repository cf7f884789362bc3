"""Every node is led to.

A node without a flow to it would start by itself, or never.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind in ("startEvent", "boundaryEvent"):
            if node.incoming:
                yield at(
                    node, f"flows lead to the {node.kind} {node.label!r}", "Lead them to what follows it."
                )
        elif not node.incoming:
            yield at(
                node, f"nothing leads to {node.label!r}", "Draw the flow that leads to it, or remove it."
            )
