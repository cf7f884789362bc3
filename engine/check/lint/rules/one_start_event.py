"""Every process and subprocess has exactly one start event.

With several it is not clear where it begins, with none it does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram, Node


def check(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        starts = diagram.start_events(scope)
        if len(starts) != 1:
            part = diagram.nodes.get(scope, diagram)
            name = part.label if isinstance(part, Node) else part.process
            yield at(part, f"{name!r} has {len(starts)} start events", "Keep exactly one.")
