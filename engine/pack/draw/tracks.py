"""Routes cut into straight stretches, and the bodies that carry them.

A body is what keeps one position along an axis: a column or row, a border, or a group of stretches on one track.
Stretches of one track that do not meet are bodies of their own, so that each can lie in the middle of its own gutter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from engine.pack.draw.doors import DOWN, LEFT, RIGHT, UP
from engine.pack.draw.graph import Graph
from engine.pack.draw.grid import BORDER, CENTRE, SLOT, TRACK, Grid
from engine.pack.draw.measures import EVENT, node_size
from engine.pack.draw.routing import Route
from engine.pack.draw.spacing import Body, groups_of_stretches

SLOT_OFFSET = 36.0
BESIDE, BESIDE_REACH = 9.0, 15.5  # a line this far from an event's middle meets the circle this far down

Anchor = tuple[Body, float]  # a body, and a distance from it


@dataclass(frozen=True)
class Stretch:
    """One straight part of an edge: `line` it runs along, and the lines it starts and ends at."""

    edge: str
    number: int
    upright: bool
    line: int
    start: int
    end: int

    @property
    def low(self) -> int:
        return min(self.start, self.end)

    @property
    def high(self) -> int:
        return max(self.start, self.end)


def stretches_of(edge: str, route: Route) -> list[Stretch]:
    """Cut a route into its straight parts."""
    found = []
    for number, ((x1, y1), (x2, y2)) in enumerate(pairwise(route.points)):
        if y1 == y2:
            found.append(Stretch(edge, number, False, y1, x1, x2))
        else:
            found.append(Stretch(edge, number, True, x1, y1, y2))
    return found


def _way(x1: int, y1: int, x2: int, y2: int) -> int:
    if y1 == y2:
        return RIGHT if x2 > x1 else LEFT
    return DOWN if y2 > y1 else UP


class Tracks:
    """The stretches of all routes of a diagram."""

    def __init__(self, graph: Graph, grid: Grid, routes: dict[str, Route]) -> None:
        self.graph, self.grid, self.routes = graph, grid, routes
        self.stretches = {edge: stretches_of(edge, route) for edge, route in routes.items()}
        self.all = [stretch for listed in self.stretches.values() for stretch in listed]
        self.used = self._sides_used()
        self.body: dict[tuple[str, int], Body] = {}  # by edge and number of the stretch
        self.groups: dict[tuple[bool, int], list[tuple[Body, int, int]]] = {}  # by line: body, from, to
        self._bodies()

    def _sides_used(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for edge_id, route in self.routes.items():
            edge = self.graph.edges[edge_id]
            (x1, y1), (x2, y2) = route.points[0], route.points[1]
            found.setdefault(edge.source, set()).add(_way(x1, y1, x2, y2))
            (x1, y1), (x2, y2) = route.points[-1], route.points[-2]
            found.setdefault(edge.target, set()).add(_way(x1, y1, x2, y2))
        return found

    def _bodies(self) -> None:
        """Join the stretches on tracks into bodies that keep one position."""
        for upright in (True, False):
            axis = self.grid.x if upright else self.grid.y
            mine = [s for s in self.all if s.upright == upright and axis.lines[s.line].kind == TRACK]
            numbers = {edge: n for n, edge in enumerate(self.routes)}
            related = {
                (numbers[one.edge], numbers[other.edge]): True
                for one in mine
                for other in mine
                if self._related(one.edge, other.edge)
            }
            listed = [(s.line, s.low, s.high, numbers[s.edge]) for s in mine]
            for number, group in enumerate(groups_of_stretches(listed, related)):
                body = ("x" if upright else "y", number)
                line = mine[group[0]].line
                low, high = min(mine[n].low for n in group), max(mine[n].high for n in group)
                self.groups.setdefault((upright, line), []).append((body, low, high))
                for n in group:
                    self.body[mine[n].edge, mine[n].number] = body

    def _related(self, one: str, other: str) -> bool:
        first, second = self.graph.edges[one], self.graph.edges[other]
        return first.kind == second.kind and (first.source == second.source or first.target == second.target)

    def is_shared(self, stretch: Stretch) -> bool:
        """Tell whether another edge runs along a part of a stretch."""
        return any(
            other.edge != stretch.edge
            and other.upright == stretch.upright
            and other.line == stretch.line
            and min(other.high, stretch.high) > max(other.low, stretch.low)
            for other in self.all
        )

    def obstacle(self, part: Stretch, *, above: bool) -> int:
        """Find the first line at which an upright stretch stands in the way of a label over a level one."""
        nearest = part.end
        for other in self.all:
            if not other.upright or not part.low <= other.line <= part.high or other.line == part.start:
                continue
            beside = other.low < part.line if above else other.high > part.line
            reaches = other.low <= part.line <= other.high
            if beside and reaches and abs(other.line - part.start) < abs(nearest - part.start):
                nearest = other.line
        return nearest

    def _fixed(self, upright: bool, line: int) -> tuple[Body, float] | None:
        """Give the body that carries a middle, slot or border line, and the line's distance from it."""
        axis = self.grid.x if upright else self.grid.y
        found = axis.lines[line]
        if found.kind == BORDER:
            return found.name, 0.0
        if found.kind == CENTRE:
            return ("cell", found.cell), 0.0
        if found.kind == SLOT:
            slot = next(
                slot for (cell, slot), number in axis.slots.items() if number == line and cell == found.cell
            )
            return ("cell", found.cell), slot * SLOT_OFFSET
        return None

    def anchor(self, part: Stretch) -> tuple[Body, float]:
        """Give the body on which a stretch lies, and its distance from it."""
        found = self._fixed(part.upright, part.line)
        if found is None:
            return self.body[part.edge, part.number], 0.0
        if part.upright and self._meets_boundary(part):
            return found[0], found[1] - BESIDE
        return found

    def _meets_boundary(self, part: Stretch) -> bool:
        """Tell whether a stretch of a message ends at a boundary event, beside the event's own way out."""
        edge = self.graph.edges[part.edge]
        last = len(self.stretches[part.edge]) - 1
        at_source = part.number == 0 and edge.source in self.grid.attachments
        at_target = part.number == last and edge.target in self.grid.attachments
        return edge.kind == "messageFlow" and (at_source or at_target)

    def end_anchor(self, part: Stretch, *, at_start: bool) -> tuple[Body, float]:
        """Give the body at which a stretch starts or ends, outside the shape that stands there."""
        parts = self.stretches[part.edge]
        number = part.number - 1 if at_start else part.number + 1
        if 0 <= number < len(parts):
            return self.anchor(parts[number])
        line = part.start if at_start else part.end
        fixed = self._fixed(not part.upright, line)
        if fixed is None:
            raise ValueError(f"{part.edge} ends on a track")
        edge = self.graph.edges[part.edge]
        node = self.graph.nodes.get(edge.source if at_start else edge.target)
        if node is None or node.id in self.grid.boxes or node.host in self.grid.boxes:
            return fixed
        wide, high = node_size(node) if node.host is None else (EVENT, EVENT)
        half = high / 2 if part.upright else wide / 2
        if node.host is not None:
            half = BESIDE_REACH if edge.kind == "messageFlow" else half
            half += node_size(self.graph.nodes[node.host])[1] / 2
        outwards = 1 if (part.end > part.start) == at_start else -1
        return fixed[0], fixed[1] + outwards * half
