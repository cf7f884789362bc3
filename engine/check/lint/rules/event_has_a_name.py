"""Every event is named by what has happened.

The names are what people read in a case's history.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import EVENTS, Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind in EVENTS and not node.name.strip():
            yield at(
                node, f"the event {node.id} has no name", "Name it by what has happened, in the past tense."
            )
