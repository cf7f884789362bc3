"""A limit cites the clause that states it.

A limit that the written procedure does not state must never be shown as the procedure's.
A local target is the property `target`.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import Diagram


def check(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes.values():
        for duty in node.properties["duty"].value.split() if "duty" in node.properties else ():
            own, plain = node.properties.get(f"duty.{duty}.due"), node.properties.get("due")
            cites = node.properties.get(f"duty.{duty}.clauses") or node.properties.get("clauses")
            if (own or plain) and cites is None:
                message = f"the limit of {duty} at {node.label!r} cites no clause"
                yield at(node, message, "Add `clauses`, or make it a `target`.")
