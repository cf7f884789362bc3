"""Where the labels of flows go: the answers beside the ways out of a gateway, the messages between pools."""

from __future__ import annotations

from dataclasses import dataclass

from engine.pack.draw.graph import Edge
from engine.pack.draw.measures import label_size
from engine.pack.draw.tracks import Stretch, Tracks

EDGE_OF_LABEL, SLASH = 5.0, 17.0


@dataclass(frozen=True)
class FlowLabel:
    """Where the label of an edge goes: beside one of its stretches, at the stretch's start."""

    stretch: Stretch
    size: tuple[float, float]
    first: bool  # above a level stretch, right of an upright one; else below, left
    at_end: bool = False


class FlowLabels:
    """The chosen places of all flow labels of a diagram."""

    def __init__(self, tracks: Tracks) -> None:
        self.tracks, self.graph, self.grid = tracks, tracks.graph, tracks.grid
        self.chosen = {
            edge.id: label
            for edge in self.graph.edges.values()
            if edge.id in tracks.routes and (label := self._choose(edge)) is not None
        }

    def _choose(self, edge: Edge) -> FlowLabel | None:
        size = label_size(edge)
        if size is None:
            return None
        parts = self.tracks.stretches[edge.id]
        if edge.kind == "messageFlow":
            return self._choose_message(edge, parts, size)
        alone = [part for part in parts if not self.tracks.is_shared(part)] or parts[-1:]
        part = alone[0]
        if part.upright and part.number > 0 and len(alone) > 1 and not alone[1].upright:
            part = alone[1]
        if part.upright:
            return FlowLabel(part, size, True)
        above = self._room(part, above=True)
        below = self._room(part, above=False)
        return FlowLabel(part, size, above >= size[0] or above >= below)

    def _choose_message(
        self, edge: Edge, parts: list[Stretch], size: tuple[float, float]
    ) -> FlowLabel | None:
        if edge.target in self.graph.nodes:
            return FlowLabel(parts[0], size, True)
        return FlowLabel(parts[-1], size, True, at_end=True)

    def _room(self, part: Stretch, *, above: bool) -> float:
        lines = self.grid.x.lines
        obstacle = self.tracks.obstacle(part, above=above)
        return abs(lines[obstacle].place - lines[part.start].place) - (30 if part.number == 0 else 0)

    def answer_height(self, node: str, *, above: bool) -> float:
        """Give the height of the label beside the way out to the right of a gateway."""
        heights = [
            label.size[1]
            for edge, label in self.chosen.items()
            if self.graph.edges[edge].source == node
            and label.stretch.number == 0
            and not label.stretch.upright
            and label.first == above
        ]
        return max(heights, default=0.0)

    def clearance(self, part: Stretch) -> float:
        """Give how far a label beside an upright way out keeps from the gateway: past the stroke, past the answer."""
        if part.number > 0:
            return 4.0
        answer = self.answer_height(self.graph.edges[part.edge].source, above=part.end < part.start)
        return max(14.0 if self.starts_with_slash(part) else 4.0, answer - 20.0)

    def starts_with_slash(self, part: Stretch) -> bool:
        """Tell whether the stroke of a default flow stands at a stretch's start: at the first it has to itself."""
        if not self.graph.edges[part.edge].is_default:
            return False
        parts = self.tracks.stretches[part.edge]
        alone = next((other for other in parts if not self.tracks.is_shared(other)), parts[0])
        return part == alone
