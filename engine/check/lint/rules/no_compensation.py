"""No compensation.

What was done for a child is not undone; the engine does not run compensation either.
Draw what has to be done instead as ordinary tasks.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.trigger == "compensate" or node.attributes.get("isForCompensation") == "true":
            yield at(node, f"{node.label!r} compensates", "Draw the work as ordinary tasks.")
