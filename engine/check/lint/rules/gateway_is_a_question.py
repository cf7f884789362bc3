"""A gateway that decides is named by its question.

Whoever reads the diagram must see what is decided; the question also explains a case's way to people.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.check.lint.graph import asks
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if asks(node) and not node.name.strip().endswith("?"):
            shown = f"{node.name.strip()!r}" if node.name.strip() else node.id
            yield at(node, f"the gateway {shown} is no question", "Name it as a question that ends with ?.")
