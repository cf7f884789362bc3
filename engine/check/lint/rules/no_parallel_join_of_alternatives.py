"""A parallel join waits only for branches that run at the same time.

Where a choice leads to one of its flows, the others never come and the case stands still for ever.
Join alternatives with an exclusive gateway.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.check.lint.finding import Finding, at
from engine.check.lint.graph import Concurrency, joins, reached
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        relation = Concurrency(diagram, scope)
        known = reached(diagram, scope)
        for node in diagram.inside(scope):
            if node.kind != "parallelGateway" or not joins(node) or node.id not in known:
                continue
            apart = [pair for pair in combinations(node.incoming, 2) if not relation.together(*pair)]
            if apart:
                sources = [diagram.nodes[diagram.arrows[flow].source].label for flow in apart[0]]
                message = (
                    f"the join {node.label!r} waits for {' and for '.join(sources)}, and only one can come"
                )
                yield at(node, message, "Join alternatives with an exclusive gateway.")
