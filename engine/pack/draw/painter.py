"""From positions to the picture: shapes, corners of edges and label boxes in pixels."""

from __future__ import annotations

from engine.pack.draw.answers import EDGE_OF_LABEL, SLASH, FlowLabel
from engine.pack.draw.distances import Distances
from engine.pack.draw.geometry import Picture, Point, Rect
from engine.pack.draw.graph import Node
from engine.pack.draw.measures import EVENT, HEADER, node_size
from engine.pack.draw.spacing import Body
from engine.pack.draw.tracks import SLOT_OFFSET, Anchor, Stretch


def picture_of(distances: Distances) -> Picture:
    """Work out the geometry of a diagram from its distances."""
    x, y = distances.solve()
    return _Painter(distances, x, y).picture()


class _Painter:
    """Turns positions of bodies into shapes, corners and label boxes."""

    def __init__(self, plan: Distances, x: dict[Body, float], y: dict[Body, float]) -> None:
        self.plan, self.x, self.y = plan, x, y
        self.out = Picture()

    def picture(self) -> Picture:
        plan = self.plan
        self.containers()
        for node in plan.graph.nodes.values():
            if node.host is None and node.id in plan.grid.cells:
                self.out.shapes[node.id] = self.shape(node)
        for node in plan.graph.nodes.values():
            if node.id in plan.grid.attachments:
                self.out.shapes[node.id] = self.attached(node)
        for node_id, (left, top, wide, high) in plan.extents.node_labels.items():
            middle = self.out.shapes[node_id].centre
            self.out.labels[node_id] = _whole(Rect(middle.x + left, middle.y + top, wide, high))
        for edge in plan.tracks.routes:
            self.out.edges[edge] = self.corners(edge)
        for edge, label in plan.flow_labels.chosen.items():
            self.out.labels[edge] = _whole(self.label(label))
        return self.out

    def place(self, anchor: Anchor, *, across: bool) -> float:
        return (self.x if across else self.y)[anchor[0]] + anchor[1]

    def containers(self) -> None:
        plan, margin = self.plan, HEADER
        right = self.x["end"]
        for index, (pool, _, _) in enumerate(plan.placement.pools):
            top, bottom = self.y[f"pool {index}"], self.y[f"pool end {index}"]
            left = 0.0
            if pool.id:
                self.out.shapes[pool.id] = Rect(left, top, right - left, bottom - top)
                left += margin
            tops = [plan.lane_border(index, plan.placement.lanes[lane.id][0]) for lane in pool.lanes]
            ends = [*tops[1:], f"pool end {index}"]
            for lane, upper, lower in zip(pool.lanes, tops, ends, strict=False):
                self.out.shapes[lane.id] = Rect(
                    left, self.y[upper], right - left, self.y[lower] - self.y[upper]
                )

    def shape(self, node: Node) -> Rect:
        grid = self.plan.grid
        if node.id in grid.boxes:
            left, right, top, bottom = grid.boxes[node.id]
            x1, x2 = self.x[grid.x.lines[left].name], self.x[grid.x.lines[right].name]
            y1, y2 = self.y[grid.y.lines[top].name], self.y[grid.y.lines[bottom].name]
            return Rect(x1, y1, x2 - x1, y2 - y1)
        cell = grid.cells[node.id]
        wide, high = node_size(node)
        x, y = self.x["cell", cell.column], self.y["cell", cell.row]
        return Rect(x - wide / 2, y - high / 2, wide, high)

    def attached(self, node: Node) -> Rect:
        attachment = self.plan.grid.attachments[node.id]
        host = self.out.shapes[node.host or ""]
        x = self.x["cell", attachment.column] + attachment.slot * SLOT_OFFSET
        return Rect(x - EVENT / 2, host.bottom - EVENT / 2, EVENT, EVENT)

    def corners(self, edge: str) -> tuple[Point, ...]:
        parts = self.plan.tracks.stretches[edge]
        points: list[Point] = []
        for number in range(len(parts) + 1):
            before = parts[number - 1] if number > 0 else None
            after = parts[number] if number < len(parts) else None
            points.append(self.corner(before, after))
        return tuple(points)

    def corner(self, before: Stretch | None, after: Stretch | None) -> Point:
        part = after or before
        if part is None:
            raise ValueError("an edge without parts")
        mine = self.place(self.plan.tracks.anchor(part), across=part.upright)
        if before is not None and after is not None:
            other = self.place(self.plan.tracks.anchor(before), across=before.upright)
        else:
            other = self.place(
                self.plan.tracks.end_anchor(part, at_start=before is None), across=not part.upright
            )
        return Point(mine, other) if part.upright else Point(other, mine)

    def label(self, label: FlowLabel) -> Rect:
        part, (wide, high) = label.stretch, label.size
        line = self.place(self.plan.tracks.anchor(part), across=part.upright)
        start = self.place(
            self.plan.tracks.end_anchor(part, at_start=not label.at_end), across=not part.upright
        )
        forward = (part.end > part.start) != label.at_end
        if part.upright:
            x = line + EDGE_OF_LABEL if label.first else line - EDGE_OF_LABEL - wide
            gap = 14 if label.at_end else self.plan.flow_labels.clearance(part)
            return Rect(x, start + gap if forward else start - gap - high, wide, high)
        gap = SLASH if self.plan.flow_labels.starts_with_slash(part) else EDGE_OF_LABEL
        x = start + gap if forward else start - gap - wide
        return Rect(x, line - high - 2 if label.first else line + 3, wide, high)


def _whole(rect: Rect) -> Rect:
    return Rect(float(round(rect.x)), float(round(rect.y)), rect.width, rect.height)
