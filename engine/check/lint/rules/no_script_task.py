"""No script tasks.

A pack is data and never code.
Set facts with the property `set.<fact>`, or decide with a table.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind == "scriptTask":
            yield at(
                node,
                f"{node.label!r} is a script task",
                "Use a business rule task, or the property set.<fact>.",
            )
