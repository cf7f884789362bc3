"""At most one timer after an event-based gateway.

The engine keeps one moment for all of them, so that the second timer fires at the time of the first.
Wait for the earlier moment first and ask again after it.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind == "eventBasedGateway":
            timers = [n for n in diagram.successors(node) if n.trigger == "timer"]
            if len(timers) > 1:
                message = f"{len(timers)} timers follow the gateway {node.label!r}"
                yield at(node, message, "Keep the earliest; wait for the next one after it.")
