"""No event subprocesses.

The engine ignores whether one interrupts, and one that never starts keeps its case from ending.
Draw a boundary event on a subprocess, or a process of its own that starts by the event.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.attributes.get("triggeredByEvent") == "true":
            yield at(
                node,
                f"{node.label!r} is an event subprocess",
                "Draw a boundary event, or a process that starts by the event.",
            )
