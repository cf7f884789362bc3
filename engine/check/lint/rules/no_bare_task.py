"""No tasks without a type.

A bare task says neither that a person acts nor that a notice leaves, so nobody would be asked to do anything.
Give it its type: user, manual, send, receive or business rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind == "task":
            yield at(
                node,
                f"the task {node.label!r} has no type",
                "Give it a type: user, manual, send, receive or business rule.",
            )
