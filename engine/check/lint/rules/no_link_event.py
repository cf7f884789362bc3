"""No link events.

The engine ends the process at one in silence.
Draw the flow, or call another process.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.trigger == "link":
            yield at(node, f"{node.label!r} is a link", "Draw the flow, or use a call activity.")
