"""No service tasks.

A pack calls no other system by itself; what leaves is a notice, what comes back is an event.
Use a send task with a notice, or a user task with text to copy.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind == "serviceTask":
            yield at(
                node, f"{node.label!r} is a service task", "Use a send task with a notice, or a user task."
            )
