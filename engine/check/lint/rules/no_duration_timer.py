"""No timers that count from now.

A case may start long after its clock did; a duration would count from when the token came.
Say the moment itself: `= episode.reported_at + duration("PT24H")` as timeDate.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        for definition in node.definitions:
            if definition.timer == "timeDuration":
                message = f"the timer {node.label!r} counts from the moment it is reached"
                yield at(node, message, "Use timeDate with the moment the limit ends.")
