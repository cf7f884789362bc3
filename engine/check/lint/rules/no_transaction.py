"""No transactions and no ad-hoc subprocesses.

Work of people is not rolled back, and a subprocess without order hides what has to be done.
Use an ordinary subprocess.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind in ("transaction", "adHocSubProcess") or node.trigger == "cancel":
            yield at(
                node,
                f"{node.label!r} is a {node.kind}"
                if node.trigger != "cancel"
                else f"{node.label!r} cancels a transaction",
                "Use a subprocess with flows.",
            )
