"""Every task, call and subprocess has a name.

It is what people read in their list of tasks.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import ACTIVITIES, Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind in ACTIVITIES and not node.name.strip():
            yield at(node, f"the {node.kind} {node.id} has no name", "Name it: what is done, and to what.")
