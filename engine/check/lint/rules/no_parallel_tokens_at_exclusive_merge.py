"""Branches that run at the same time meet at a parallel or inclusive join.

Where they meet elsewhere, everything after is done once for each branch; the engine's tokens are not BPMN's then.
Join them with the kind of gateway that split them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.check.lint.finding import Finding, at
from engine.check.lint.graph import Concurrency, joins
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        relation = Concurrency(diagram, scope)
        for node in diagram.inside(scope):
            if node.kind in ("parallelGateway", "inclusiveGateway", "endEvent") or not joins(node):
                continue
            meeting = [pair for pair in combinations(node.incoming, 2) if relation.together(*pair)]
            if meeting:
                sources = [diagram.nodes[diagram.arrows[flow].source].label for flow in meeting[0]]
                message = f"branches that run at once meet at {node.label!r}, from {' and '.join(sources)}"
                yield at(node, message, "Join them with a parallel or inclusive gateway first.")
