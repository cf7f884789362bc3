"""No events with several triggers.

Which of them happened could not be told afterwards.
Draw one event for each.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.trigger == "multiple" or node.attributes.get("parallelMultiple") == "true":
            yield at(node, f"{node.label!r} has several triggers", "Draw one event for each trigger.")
