"""Every way ends at an end event.

Where a way just stops nobody can tell whether something was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind == "endEvent":
            if node.outgoing:
                yield at(node, f"flows leave the end event {node.label!r}", "Draw them from elsewhere.")
        elif not node.outgoing:
            yield at(node, f"nothing follows {node.label!r}", "Lead it to an end event.")
