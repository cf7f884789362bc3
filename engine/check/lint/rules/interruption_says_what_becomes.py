"""A duty that can be interrupted says what an interruption does.

Left out, the duty stays open after the interruption; that may be meant, but should be said.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding, at
from engine.pack.diagram import SUBPROCESSES, Diagram

WARNS = True


def check(diagram: Diagram) -> Iterator[Finding]:
    for boundary in diagram.nodes.values():
        host = diagram.nodes.get(boundary.attached_to or "")
        if host is None or not boundary.interrupting or host.kind not in SUBPROCESSES:
            continue
        for node in diagram.within(host.id):
            for duty in node.properties["duty"].value.split() if "duty" in node.properties else ():
                known = {"on_interrupt", f"duty.{duty}.on_interrupt"}
                if not known & node.properties.keys():
                    message = f"{node.label!r} does not say what becomes of {duty} when {boundary.label!r}"
                    yield at(node, message, "Add `on_interrupt`: keep, withdraw or supersede.")
