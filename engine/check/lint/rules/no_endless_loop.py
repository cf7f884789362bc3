"""No loop without a place to wait.

Between gateways, tables and notices alone a token would run round for ever in one instant.
Put a person's task, a timer or an event into the loop.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.check.lint.graph import loops, waits
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        for group in loops(diagram, scope, lambda node: not waits(diagram, node)):
            names = ", ".join(node.label for node in group)
            message = f"nothing in this loop waits: {names}"
            yield at(group[0], message, "Put a task, a timer or an event into it.")
