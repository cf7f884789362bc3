"""A duty that comes round again says on which occasion.

Without `occasion` a duty is raised once an episode; in the second round its task would be passed over, and the
loop would run on without anybody.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.check.lint.graph import loops, waits
from engine.pack.diagram import Diagram, Node


def check(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        for group in loops(diagram, scope):
            if any(waits(diagram, node) and not _only_once(node) for node in group):
                continue
            for node in group:
                if waits(diagram, node):
                    message = f"{node.label!r} lies in a loop and its duty is raised only once"
                    yield at(node, message, "Say with `occasion` what makes each round a new one.")


def _only_once(node: Node) -> bool:
    """Tell whether a task is passed over when it is reached again."""
    if "duty" not in node.properties:
        return False
    return not any(name.split(".")[-1] == "occasion" for name in node.properties)
