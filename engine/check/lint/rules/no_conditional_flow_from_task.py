"""Conditions stand only on flows out of gateways.

The engine refuses them elsewhere, and a question without its diamond is overlooked.
Put a gateway with the question after the task.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import GATEWAYS, Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for arrow in diagram.arrows.values():
        source = diagram.nodes[arrow.source]
        if arrow.condition is not None and source.kind not in GATEWAYS:
            message = f"the flow out of {source.label!r} has a condition"
            yield at(arrow, message, "Put a gateway with the question after it.")
