"""No loop and multi-instance markers.

Their rounds end in silence after some hundreds, and which round a duty belongs to cannot be told.
Draw the loop, or start a process for each round.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if bool(node.loop):
            yield at(
                node,
                f"{node.label!r} repeats by a marker",
                "Draw the loop with a gateway, or start a process for each round.",
            )
