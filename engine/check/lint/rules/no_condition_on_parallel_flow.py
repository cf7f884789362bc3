"""No conditions on flows out of parallel and event-based gateways.

They are never looked at: every branch of a parallel gateway is taken.
Use an exclusive or inclusive gateway where a condition decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for arrow in diagram.arrows.values():
        source = diagram.nodes[arrow.source]
        if arrow.condition is not None and source.kind in ("parallelGateway", "eventBasedGateway"):
            message = f"the condition on a flow out of {source.label!r} is never looked at"
            yield at(arrow, message, "Remove it, or use an exclusive or inclusive gateway.")
