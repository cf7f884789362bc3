"""A token can come to every node.

What no way leads to from the start is never done, though the diagram says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.check.lint.graph import reached
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        known = reached(diagram, scope)
        for node in diagram.inside(scope):
            led_to = node.incoming or node.kind == "boundaryEvent"
            if node.id not in known and led_to and diagram.start_events(scope):
                yield at(node, f"no way from the start leads to {node.label!r}", "Connect it, or remove it.")
