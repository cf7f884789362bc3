"""A gateway splits or merges, and does not do both or neither.

One that does both hides a join behind a question; one that does neither says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.check.lint.graph import diverges, joins
from engine.pack.diagram import GATEWAYS, Diagram

WARNS = True


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind not in GATEWAYS or not node.incoming or not node.outgoing:
            continue
        if joins(node) and diverges(node):
            yield at(node, f"the gateway {node.label!r} merges and splits", "Draw two gateways.")
        elif not joins(node) and not diverges(node):
            yield at(node, f"the gateway {node.label!r} neither merges nor splits", "Remove it.")
