"""No timers that repeat.

A cycle timer loses firings after a stop and keeps its host from ending.
Draw a loop with an absolute timer, or a process that starts by time.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        for definition in node.definitions:
            if definition.timer == "timeCycle":
                message = f"the timer {node.label!r} repeats by itself"
                yield at(node, message, "Draw a loop with timeDate, or a process that starts by time.")
