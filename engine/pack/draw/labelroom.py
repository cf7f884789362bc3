"""Room for the labels of flows, as least distances between what stands on either side of them."""

from __future__ import annotations

from engine.pack.draw.answers import EDGE_OF_LABEL, SLASH, FlowLabel
from engine.pack.draw.distances import Distances
from engine.pack.draw.grid import BORDER, TRACK
from engine.pack.draw.measures import GATEWAY
from engine.pack.draw.spacing import Spacing
from engine.pack.draw.tracks import Anchor, Stretch


def keep_label_room(distances: Distances) -> None:
    """Add to the distances of a diagram those that its flow labels ask for."""
    room = _LabelRoom(distances)
    for label in distances.flow_labels.chosen.values():
        room.keep_label(label)


class _LabelRoom:
    def __init__(self, distances: Distances) -> None:
        self.across, self.downwards = distances.across, distances.downwards
        self.graph, self.grid, self.tracks = distances.graph, distances.grid, distances.tracks
        self.placement, self.extents = distances.placement, distances.extents
        self.flow_labels = distances.flow_labels

    def keep_label(self, label: FlowLabel) -> None:
        part, (wide, high) = label.stretch, label.size
        if self.graph.edges[part.edge].kind == "messageFlow":
            self._keep_message(part, wide)
        elif part.upright:
            self._keep_upright(part, wide, high)
        else:
            self._keep_level(label, part, wide, high)

    def _keep(self, spacing: Spacing, one: Anchor, other: Anchor, far: float) -> None:
        if spacing.order[one[0]] > spacing.order[other[0]]:
            one, other = (other[0], other[1]), (one[0], one[1])
        if one[0] != other[0]:
            spacing.keep(one[0], other[0], far + one[1] - other[1])

    def _keep_level(self, label: FlowLabel, part: Stretch, wide: float, high: float) -> None:
        start = self.tracks.end_anchor(part, at_start=True)
        line = self.tracks.obstacle(part, above=label.first)
        ends = [self.tracks.end_anchor(part, at_start=False)] if line == part.end else []
        ends += [
            self.tracks.anchor(other)
            for other in self.tracks.all
            if other.upright and other.line == line and other.low <= part.line <= other.high
        ]
        into_node = line == part.end and part.number == len(self.tracks.stretches[part.edge]) - 1
        beside = self._question_beside(part) if into_node and label.first else 0.0
        gap = beside + (SLASH if self.flow_labels.starts_with_slash(part) else EDGE_OF_LABEL)
        for end in ends:
            self._keep(self.across, start, end, wide + gap + EDGE_OF_LABEL + (8 if into_node else 0))
        axis = self.grid.y
        if axis.lines[part.line].kind != TRACK:
            return
        body = self.tracks.anchor(part)[0]
        low, high_line = min(part.start, line), max(part.start, line)
        bundle = next(cell for cell, lines in axis.before.items() if part.line in lines)
        for other in axis.before[bundle]:
            for near, first, last in self.tracks.groups.get((False, other), ()):
                if near != body and first <= high_line and low <= last:
                    if other < part.line and label.first:
                        self.downwards.keep(near, body, high + 6)
                    elif other > part.line and not label.first:
                        self.downwards.keep(body, near, high + 6)
            if axis.lines[other].kind == BORDER and (other < part.line) == label.first:
                one, two = (axis.lines[other].name, body) if label.first else (body, axis.lines[other].name)
                self.downwards.keep(one, two, high + 8)
        if label.first and bundle > 0:
            self.downwards.keep(("cell", bundle - 1), body, self.extents.down[bundle - 1] + high + 4)
        if not label.first and bundle < self.placement.rows:
            self.downwards.keep(body, ("cell", bundle), self.extents.up[bundle] + high + 4)

    def _question_beside(self, part: Stretch) -> float:
        """Give how far the question of the gateway at a stretch's end reaches out over the stretch."""
        target = self.graph.edges[part.edge].target
        left, _, wide, _ = self.extents.node_labels.get(target, (0.0, 0.0, 0.0, 0.0))
        return -left - GATEWAY / 2 if left + wide < 0 else 0.0

    def _keep_upright(self, part: Stretch, wide: float, high: float) -> None:
        start, end = self.tracks.end_anchor(part, at_start=True), self.tracks.end_anchor(part, at_start=False)
        last = part.number == len(self.tracks.stretches[part.edge]) - 1
        self._keep(
            self.downwards, start, end, high + 4 + self.flow_labels.clearance(part) + (10 if last else 0)
        )
        axis = self.grid.x
        if axis.lines[part.line].kind != TRACK:
            return
        body = self.tracks.anchor(part)[0]
        bundle = next(cell for cell, lines in axis.before.items() if part.line in lines)
        for other in axis.before[bundle]:
            if other <= part.line:
                continue
            if axis.lines[other].kind == BORDER:
                self.across.keep(body, axis.lines[other].name, wide + 10)
            for near, low, high_line in self.tracks.groups.get((True, other), ()):
                if low <= part.high and part.low <= high_line:
                    self.across.keep(body, near, wide + 10)
        if bundle < self.placement.columns:
            self.across.keep(body, ("cell", bundle), self.extents.left[bundle] + wide + 10)

    def _keep_message(self, part: Stretch, wide: float) -> None:
        mine = self.tracks.anchor(part)
        for other in self.tracks.all:
            if other.upright and other.line > part.line and other.edge != part.edge:
                near = self.tracks.anchor(other)
                if self.graph.edges[other.edge].kind == "messageFlow" and near[0] != mine[0]:
                    self._keep(self.across, mine, near, wide + 12)
