"""No complex gateways.

The engine does not run them, and nobody can read when they let a token pass.
Say it with exclusive, inclusive and parallel gateways.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind == "complexGateway":
            yield at(
                node, f"{node.label!r} is a complex gateway", "Use exclusive, inclusive or parallel gateways."
            )
