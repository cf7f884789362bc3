"""How far the things that stand in a column or row reach from its middle, labels included."""

from __future__ import annotations

from engine.pack.draw.answers import EDGE_OF_LABEL, FlowLabel, FlowLabels
from engine.pack.draw.doors import DOWN, UP
from engine.pack.draw.graph import Node
from engine.pack.draw.grid import CENTRE
from engine.pack.draw.measures import BLACK_BOX, EVENT, LABEL_GAP, label_size, node_size
from engine.pack.draw.placement import Placement
from engine.pack.draw.tracks import SLOT_OFFSET, Tracks

LEAST = 30.0
ROW_MARGIN = 6.0


class Extents:
    """The room that columns need left and right of their middles, and rows above and below."""

    def __init__(self, placement: Placement, tracks: Tracks, flow_labels: FlowLabels) -> None:
        self.placement, self.tracks, self.flow_labels = placement, tracks, flow_labels
        self.graph, self.grid = tracks.graph, tracks.grid
        self.left = dict.fromkeys(range(placement.columns), LEAST)
        self.right = dict.fromkeys(range(placement.columns), LEAST)
        self.up = dict.fromkeys(range(placement.rows), LEAST)
        self.down = dict.fromkeys(range(placement.rows), LEAST)
        self.node_labels: dict[
            str, tuple[float, float, float, float]
        ] = {}  # offset from the middle, and size
        self._measure()

    def of(self, upright: bool) -> tuple[dict[int, float], dict[int, float]]:
        """Give the reach before and behind the middle: of columns if `upright`, else of rows."""
        return (self.left, self.right) if upright else (self.up, self.down)

    def _measure(self) -> None:
        for label in self.flow_labels.chosen.values():
            self._measure_flow_label(label)
        for node in self.graph.nodes.values():
            if node.id in self.grid.boxes:
                continue
            if node.host is not None:
                self._measure_boundary(node)
            elif node.id in self.grid.cells:
                self._measure_node(node)
        for pool, first, _ in self.placement.pools:
            if pool.process is None:
                self.up[first] = self.down[first] = BLACK_BOX / 2

    def _grow(self, column: int, row: int, left: float, right: float, up: float, down: float) -> None:
        self.left[column] = max(self.left[column], left)
        self.right[column] = max(self.right[column], right)
        self.up[row] = max(self.up[row], up)
        self.down[row] = max(self.down[row], down)

    def _measure_node(self, node: Node) -> None:
        cell = self.grid.cells[node.id]
        wide, high = node_size(node)
        self._grow(cell.column, cell.row, wide / 2, wide / 2, high / 2 + ROW_MARGIN, high / 2 + ROW_MARGIN)
        size = label_size(node)
        if size is None:
            return
        x, y = self._label_offset(node, size, wide / 2, high / 2)
        self.node_labels[node.id] = (x, y, *size)
        self._grow(cell.column, cell.row, -x, x + size[0], -y + 2, y + size[1] + 2)

    def _label_offset(
        self, node: Node, size: tuple[float, float], half_wide: float, half_high: float
    ) -> tuple[float, float]:
        used = self.tracks.used.get(node.id, set())
        above = (-size[0] / 2, -half_high - LABEL_GAP - size[1])
        below = (-size[0] / 2, half_high + LABEL_GAP)
        first, second = (above, below) if node.is_gateway else (below, above)
        one, other = (UP, DOWN) if node.is_gateway else (DOWN, UP)
        if one not in used:
            return first[0], first[1] - (self._lift(node) if node.is_gateway else 0.0)
        if other not in used:
            return second
        return -size[0] - 8.0, -half_high - size[1] + 6.0

    def _lift(self, node: Node) -> float:
        """Raise a gateway's question above a tall answer on the way out to its right."""
        return max(0.0, self.flow_labels.answer_height(node.id, above=True) + 6 - 30)

    def _measure_boundary(self, node: Node) -> None:
        size = label_size(node)
        attachment = self.grid.attachments[node.id]
        host = node.host or ""
        middle = attachment.slot * SLOT_OFFSET
        half = EVENT / 2
        on_box = host in self.grid.boxes
        base = 0.0 if on_box else node_size(self.graph.nodes[host])[1] / 2
        row = self.grid.cells[host].last_row
        if size is None:
            reach = (-(middle - half), middle + half)
            bottom = base + half
        else:
            left = middle + half + 2 if self._label_right(node) else middle - half - 2 - size[0]
            self.node_labels[node.id] = (left - middle, 3.0, *size)
            reach = (-left, left + size[0])
            bottom = base + max(half, 3 + size[1])
        self.left[attachment.column] = max(self.left[attachment.column], reach[0])
        self.right[attachment.column] = max(self.right[attachment.column], reach[1])
        if not on_box:
            self.down[row] = max(self.down[row], bottom + 4)

    def _label_right(self, event: Node) -> bool:
        """Put a boundary event's label right where it was planned, or where the way out turns left."""
        if self.grid.attachments[event.id].label_right:
            return True
        outgoing = [
            e for e in self.graph.edges.values() if e.source == event.id and e.id in self.tracks.stretches
        ]
        if len(self.graph.attached(event.host or "")) > 1:
            return False
        turns = [
            self.tracks.stretches[edge.id][1] for edge in outgoing if len(self.tracks.stretches[edge.id]) > 1
        ]
        return any(part.end < part.start for part in turns)

    def _measure_flow_label(self, label: FlowLabel) -> None:
        part, (wide, high) = label.stretch, label.size
        lines = self.grid.x.lines if part.upright else self.grid.y.lines
        line = lines[part.line]
        if line.kind != CENTRE:
            return
        if not part.upright:
            side = self.up if label.first else self.down
            side[line.cell] = max(side[line.cell], high + 6)
            return
        if part.number == 0 and self.graph.edges[part.edge].kind == "sequenceFlow":
            node = self.graph.nodes[self.graph.edges[part.edge].source]
            self.right[line.cell] = max(self.right[line.cell], wide + EDGE_OF_LABEL + 2)
            if node.host is None and node.id in self.grid.cells and node.id not in self.grid.boxes:
                row = self.grid.cells[node.id].row
                side = self.down if part.end > part.start else self.up
                side[row] = max(
                    side[row], node_size(node)[1] / 2 + high + self.flow_labels.clearance(part) + 2
                )
