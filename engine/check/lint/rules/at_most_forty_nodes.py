"""A diagram has at most about forty nodes.

More do not fit on a page that anybody reads. Move a part into a process of its own and call it.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram

WARNS = True


LIMIT = 40


def check(diagram: Diagram) -> Iterator[Finding]:
    if len(diagram.nodes) > LIMIT:
        message = f"the diagram has {len(diagram.nodes)} nodes, more than {LIMIT}"
        yield at(diagram, message, "Move a part into a process of its own and call it.")
