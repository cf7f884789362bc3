"""A user task shows a form.

Without one nothing is asked and nothing can be answered; work that is only ticked off is a manual task.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        if node.kind == "userTask" and "form" not in node.properties:
            message = f"the user task {node.label!r} shows no form"
            yield at(node, message, "Choose or build its form (property `form`), or make it a manual task.")
