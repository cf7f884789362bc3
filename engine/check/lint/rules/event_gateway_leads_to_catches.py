"""An event-based gateway is followed by catching events and receive tasks only.

It waits for what happens first; anything else would happen at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind != "eventBasedGateway":
            continue
        for following in diagram.successors(node):
            if following.kind not in ("intermediateCatchEvent", "receiveTask"):
                message = f"{following.label!r} follows the gateway {node.label!r} and waits for nothing"
                yield at(following, message, "Put the event that is waited for before it.")
            elif len(following.incoming) > 1:
                message = (
                    f"{following.label!r} follows the gateway {node.label!r} and is reached otherwise too"
                )
                yield at(following, message, "Draw the event once for each way.")
        if len(node.outgoing) < 2:
            yield at(node, f"the gateway {node.label!r} waits for one thing only", "Use the event alone.")
