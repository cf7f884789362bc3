"""A send task sends a notice.

It is done by itself; without a notice nothing would leave and the duty would count as done.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind == "sendTask" and "notice" not in node.properties:
            message = f"the send task {node.label!r} sends nothing"
            yield at(
                node, message, "Choose its notice (property `notice`), or make it a user or manual task."
            )
