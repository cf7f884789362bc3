"""No signals.

The engine passes over a signal that is thrown at an end. What happens outside is an event of the vocabulary.
Use a message named after the event, or a condition on facts.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.trigger == "signal":
            yield at(node, f"{node.label!r} is a signal", "Use a message named as an event, or a condition.")
