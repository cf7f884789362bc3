"""No two flows between the same nodes.

The second adds nothing, or runs everything after it twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for arrow in diagram.arrows.values():
        ends = (arrow.source, arrow.target)
        if ends in seen:
            source, target = (diagram.nodes[end].label for end in ends)
            message = f"a second flow leads from {source!r} to {target!r}"
            yield at(arrow, message, "Keep one, with both conditions joined by `or`.")
        seen.add(ends)
