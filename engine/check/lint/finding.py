"""What a rule says about one element."""

from __future__ import annotations

from dataclasses import dataclass

from engine.pack.diagram import Arrow, Diagram, LaneDrawn, Node


@dataclass(frozen=True)
class Finding:
    """One element that breaks a rule: what is wrong with it and what to do."""

    element: str
    line: int
    message: str
    remedy: str
    file: str = ""


def at(part: Node | Arrow | LaneDrawn | Diagram, message: str, remedy: str) -> Finding:
    """Make a finding about a part of a diagram."""
    element = part.process if isinstance(part, Diagram) else part.id
    return Finding(element, part.line, message, remedy)
