"""No parallel joins in loops.

In the second round the engine lets the first branch through that comes, without waiting for the others.
Put fork and join into a subprocess inside the loop.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.check.lint.graph import joins, loops
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        for group in loops(diagram, scope):
            for node in group:
                if node.kind == "parallelGateway" and joins(node):
                    message = f"the parallel join {node.label!r} lies in a loop"
                    yield at(node, message, "Put fork and join into a subprocess inside the loop.")
