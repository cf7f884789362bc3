"""From cells and routes to coordinates: how much room columns, rows, tracks and labels need, and where they then lie.

Labels are given their room before anything has a place, as least distances between what stands on either side of them;
so no label needs to be squeezed in afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from engine.pack.draw.geometry import Picture, Point, Rect
from engine.pack.draw.graph import Edge, Graph, Node
from engine.pack.draw.grid import BORDER, CENTRE, SLOT, TRACK, Grid
from engine.pack.draw.measures import (
    BLACK_BOX,
    EVENT,
    HEADER,
    LABEL_GAP,
    SUBPROCESS_TITLE,
    label_size,
    node_size,
)
from engine.pack.draw.placement import Placement
from engine.pack.draw.routing import DOWN, LEFT, RIGHT, UP, Route
from engine.pack.draw.spacing import Body, Spacing, groups_of_stretches
from engine.pack.draw.text import balanced, width

TRACK_GAP, TO_TRACK, TO_BORDER, BORDER_TO_TRACK, BORDER_GAP = 12.0, 20.0, 24.0, 14.0, 20.0
ARROW_ROOM, CELL_GAP = 24.0, 44.0
ROW_TO_TRACK, ROW_TO_BORDER, ROW_ARROW_ROOM, ROW_GAP = 10.0, 18.0, 14.0, 24.0
POOL_GAP = 50.0
SLOT_OFFSET = 36.0
EDGE_OF_LABEL, SLASH = 5.0, 17.0


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


@dataclass(frozen=True)
class _Member:
    """A border or a stretch of track in a gutter, and the lines of the other axis between which it runs."""

    body: Body
    is_border: bool
    low: int
    high: int


@dataclass(frozen=True)
class FlowLabel:
    """Where the label of an edge goes: beside one of its stretches, at the stretch's start."""

    stretch: Stretch
    size: tuple[float, float]
    first: bool  # above a level stretch, right of an upright one; else below, left
    at_end: bool = False


def stretches_of(edge: str, route: Route) -> list[Stretch]:
    """Cut a route into its straight parts."""
    found = []
    for number, ((x1, y1), (x2, y2)) in enumerate(pairwise(route.points)):
        if y1 == y2:
            found.append(Stretch(edge, number, False, y1, x1, x2))
        else:
            found.append(Stretch(edge, number, True, x1, y1, y2))
    return found


class Arrangement:
    """One layout on its way to coordinates."""

    def __init__(self, graph: Graph, placement: Placement, grid: Grid, routes: dict[str, Route]) -> None:
        self.graph, self.placement, self.grid, self.routes = graph, placement, grid, routes
        self.stretches = {edge: stretches_of(edge, route) for edge, route in routes.items()}
        self.all = [stretch for listed in self.stretches.values() for stretch in listed]
        self.used = self._sides_used()
        self.left = dict.fromkeys(range(placement.columns), 30.0)
        self.right = dict.fromkeys(range(placement.columns), 30.0)
        self.up = dict.fromkeys(range(placement.rows), 30.0)
        self.down = dict.fromkeys(range(placement.rows), 30.0)
        self.flow_labels = {
            edge.id: label
            for edge in graph.edges.values()
            if edge.id in routes and (label := self._choose(edge)) is not None
        }
        self.node_labels: dict[str, tuple[float, float, float, float]] = {}  # offsets from the node's middle
        self._bodies()
        self._measure()
        self._order()

    # --- what is used -----------------------------------------------------------------------------------------------

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
        self.body: dict[tuple[str, int], Body] = {}
        self.groups: dict[tuple[bool, int], list[tuple[Body, int, int]]] = {}
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

    # --- labels of flows --------------------------------------------------------------------------------------------

    def _shared(self, stretch: Stretch) -> bool:
        return any(
            other.edge != stretch.edge
            and other.upright == stretch.upright
            and other.line == stretch.line
            and min(other.high, stretch.high) > max(other.low, stretch.low)
            for other in self.all
        )

    def _choose(self, edge: Edge) -> FlowLabel | None:
        size = label_size(edge)
        if size is None:
            return None
        parts = self.stretches[edge.id]
        if edge.kind == "messageFlow":
            return self._choose_message(edge, parts, size)
        alone = [part for part in parts if not self._shared(part)] or parts[-1:]
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
        obstacle = self._obstacle(part, above=above)
        return abs(lines[obstacle].place - lines[part.start].place) - (30 if part.number == 0 else 0)

    def _obstacle(self, part: Stretch, *, above: bool) -> int:
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

    # --- room -------------------------------------------------------------------------------------------------------

    def _measure(self) -> None:
        for label in self.flow_labels.values():
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
        margin = 6.0
        self._grow(cell.column, cell.row, wide / 2, wide / 2, high / 2 + margin, high / 2 + margin)
        size = label_size(node)
        if size is None:
            return
        x, y = self._label_offset(node, size, wide / 2, high / 2)
        self.node_labels[node.id] = (x, y, *size)
        self._grow(cell.column, cell.row, -x, x + size[0], -y + 2, y + size[1] + 2)

    def _label_offset(
        self, node: Node, size: tuple[float, float], half_wide: float, half_high: float
    ) -> tuple[float, float]:
        used = self.used.get(node.id, set())
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
        return max(0.0, self._answer_height(node.id, above=True) + 6 - 30)

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
        outgoing = [e for e in self.graph.edges.values() if e.source == event.id and e.id in self.stretches]
        turns = [self.stretches[edge.id][1] for edge in outgoing if len(self.stretches[edge.id]) > 1]
        return any(part.end < part.start for part in turns)

    def _answer_height(self, node: str, *, above: bool) -> float:
        """Give the height of the label beside the way out to the right of a gateway."""
        heights = [
            label.size[1]
            for edge, label in self.flow_labels.items()
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
        answer = self._answer_height(self.graph.edges[part.edge].source, above=part.end < part.start)
        return max(14.0 if self.starts_with_slash(part) else 4.0, answer - 20.0)

    def starts_with_slash(self, part: Stretch) -> bool:
        """Tell whether the stroke of a default flow stands at a stretch's start."""
        return part.number == 0 and self.graph.edges[part.edge].is_default

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
                side[row] = max(side[row], node_size(node)[1] / 2 + high + self.clearance(part) + 2)

    # --- order and distances ----------------------------------------------------------------------------------------

    def _order(self) -> None:
        self.across, self.downwards = Spacing(), Spacing()
        self.across.add("edge", firm=True)
        for upright, spacing, axis, count in (
            (True, self.across, self.grid.x, self.placement.columns),
            (False, self.downwards, self.grid.y, self.placement.rows),
        ):
            for cell in range(count + 1):
                for line in axis.before[cell]:
                    if axis.lines[line].kind == BORDER:
                        spacing.add(axis.lines[line].name, firm=True)
                    for body, _, _ in self.groups.get((upright, line), ()):
                        spacing.add(body, firm=False)
                if cell < count:
                    spacing.add(("cell", cell), firm=True)
        self.across.add("end", firm=True)
        self._distances(True)
        self._distances(False)
        for label in self.flow_labels.values():
            self._keep_label(label)

    def _members(self, upright: bool, cell: int) -> list[_Member]:
        """List what lies in the gutter before a column or row, in order."""
        axis = self.grid.x if upright else self.grid.y
        found: list[_Member] = []
        for line in axis.before[cell]:
            if axis.lines[line].kind == BORDER:
                found.append(_Member(axis.lines[line].name, True, 0, 1_000_000))
            for body, low, high in self.groups.get((upright, line), ()):
                found.append(_Member(body, False, low, high))
        return found

    def _distances(self, upright: bool) -> None:
        spacing = self.across if upright else self.downwards
        count = self.placement.columns if upright else self.placement.rows
        ahead, behind = (self.left, self.right) if upright else (self.up, self.down)
        for cell in range(count + 1):
            members = self._members(upright, cell)
            for number, member in enumerate(members):
                self._keep_from_cells(spacing, member, cell, count, upright=upright)
                for before in members[:number]:
                    self._keep_apart(spacing, before, member)
            if 0 < cell < count:
                gap = CELL_GAP if upright else ROW_GAP
                spacing.keep(("cell", cell - 1), ("cell", cell), behind[cell - 1] + ahead[cell] + gap)
        if upright:
            spacing.keep("edge", ("cell", 0), self._left_margin() + 14 + ahead[0])
            spacing.keep(("cell", count - 1), "end", behind[count - 1] + TO_BORDER)

    def _keep_from_cells(
        self, spacing: Spacing, member: _Member, cell: int, count: int, *, upright: bool
    ) -> None:
        """Keep a border or track away from the column or row on either side of it."""
        ahead, behind = (self.left, self.right) if upright else (self.up, self.down)
        to_border = TO_BORDER if upright else ROW_TO_BORDER
        if cell > 0:
            far = to_border if member.is_border else TO_TRACK if upright else ROW_TO_TRACK
            if member.is_border and self._carries_events(str(member.body)):
                far = max(far, EVENT / 2 + 8)
            far = self._behind(cell - 1, member.body, far, upright=upright)
            spacing.keep(("cell", cell - 1), member.body, behind[cell - 1] + far)
        elif upright:
            spacing.keep("edge", member.body, self._left_margin() + (6.0 if member.is_border else 0.0))
        if cell < count:
            far = to_border if member.is_border else ARROW_ROOM if upright else ROW_ARROW_ROOM
            far = self._before(cell, member.body, far, member.is_border, upright=upright)
            spacing.keep(member.body, ("cell", cell), ahead[cell] + far)
        elif upright:
            spacing.keep(member.body, "end", TO_BORDER)

    def _keep_apart(self, spacing: Spacing, one: _Member, other: _Member) -> None:
        """Keep two borders or tracks of one gutter apart; tracks that do not run side by side need not be."""
        if one.is_border and other.is_border:
            spacing.keep(one.body, other.body, self._between(str(one.body), str(other.body)))
        elif one.is_border:
            spacing.keep(one.body, other.body, max(BORDER_TO_TRACK, self._beneath(str(one.body))))
        elif other.is_border:
            carries = self._carries_events(str(other.body))
            spacing.keep(one.body, other.body, EVENT / 2 + 6 if carries else BORDER_TO_TRACK)
        elif one.low <= other.high and other.low <= one.high:
            spacing.keep(one.body, other.body, TRACK_GAP)

    def _left_margin(self) -> float:
        has_lanes = any(pool.lanes for pool, _, _ in self.placement.pools)
        has_pools = any(pool.id for pool, _, _ in self.placement.pools)
        return HEADER * (has_lanes + has_pools) + 16

    def _is_black_box(self, row: int) -> bool:
        return any(pool.process is None and first == row for pool, first, _ in self.placement.pools)

    def _behind(self, cell: int, body: Body, far: float, *, upright: bool) -> float:
        return 0.0 if not upright and self._is_black_box(cell) and str(body).startswith("pool") else far

    def _before(self, cell: int, body: Body, far: float, is_border: bool, *, upright: bool) -> float:
        if upright or not is_border:
            return far
        if self._is_black_box(cell) and str(body).startswith("pool"):
            return 0.0
        return SUBPROCESS_TITLE if str(body).startswith("top") else far

    def _between(self, before: str, after: str) -> float:
        if before.startswith("pool end"):
            return max([POOL_GAP, *(label.size[1] + 34 for label in self._message_labels())])
        if after.startswith("bottom") or before.startswith("top"):
            return SUBPROCESS_TITLE
        return max(BORDER_GAP, self._beneath(before))

    def _events_on(self, border: str) -> list[Node]:
        """List the boundary events on the lower border of a subprocess."""
        return [
            event
            for host, (_, _, _, line) in self.grid.boxes.items()
            if self.grid.y.lines[line].name == border
            for event in self.graph.attached(host)
        ]

    def _carries_events(self, border: str) -> bool:
        return border.startswith("bottom") and bool(self._events_on(border))

    def _beneath(self, border: str) -> float:
        """Give the room that boundary events need under the lower border of a subprocess."""
        heights = [0.0]
        for event in self._events_on(border) if border.startswith("bottom") else ():
            size = label_size(event)
            heights.append(max(EVENT / 2 + 8, (size[1] if size else 0) + 10))
        return max(heights)

    def _message_labels(self) -> list[FlowLabel]:
        return [v for key, v in self.flow_labels.items() if self.graph.edges[key].kind == "messageFlow"]

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

    def _anchor(self, part: Stretch) -> tuple[Body, float]:
        """Give the body on which a stretch lies, and its distance from it."""
        return self._fixed(part.upright, part.line) or (self.body[part.edge, part.number], 0.0)

    def _end_anchor(self, part: Stretch, *, at_start: bool) -> tuple[Body, float]:
        """Give the body at which a stretch starts or ends, outside the shape that stands there."""
        parts = self.stretches[part.edge]
        number = part.number - 1 if at_start else part.number + 1
        if 0 <= number < len(parts):
            return self._anchor(parts[number])
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
            half += node_size(self.graph.nodes[node.host])[1] / 2
        outwards = 1 if (part.end > part.start) == at_start else -1
        return fixed[0], fixed[1] + outwards * half

    def _keep_label(self, label: FlowLabel) -> None:
        part, (wide, high) = label.stretch, label.size
        if self.graph.edges[part.edge].kind == "messageFlow":
            self._keep_message_label(part, wide)
        elif part.upright:
            self._keep_upright_label(part, wide, high)
        else:
            self._keep_level_label(label, part, wide, high)

    def _keep(self, spacing: Spacing, one: tuple[Body, float], other: tuple[Body, float], far: float) -> None:
        if spacing.order[one[0]] > spacing.order[other[0]]:
            one, other = (other[0], other[1]), (one[0], one[1])
        if one[0] != other[0]:
            spacing.keep(one[0], other[0], far + one[1] - other[1])

    def _keep_level_label(self, label: FlowLabel, part: Stretch, wide: float, high: float) -> None:
        start = self._end_anchor(part, at_start=True)
        line = self._obstacle(part, above=label.first)
        ends = [self._end_anchor(part, at_start=False)] if line == part.end else []
        ends += [
            self._anchor(other)
            for other in self.all
            if other.upright and other.line == line and other.low <= part.line <= other.high
        ]
        into_node = line == part.end and part.number == len(self.stretches[part.edge]) - 1
        gap = SLASH if self.starts_with_slash(part) else EDGE_OF_LABEL
        for end in ends:
            self._keep(self.across, start, end, wide + gap + EDGE_OF_LABEL + (8 if into_node else 0))
        axis = self.grid.y
        if axis.lines[part.line].kind != TRACK:
            return
        body = self._anchor(part)[0]
        low, high_line = min(part.start, line), max(part.start, line)
        bundle = next(cell for cell, lines in axis.before.items() if part.line in lines)
        for other in axis.before[bundle]:
            for near, first, last in self.groups.get((False, other), ()):
                if near != body and first <= high_line and low <= last:
                    if other < part.line and label.first:
                        self.downwards.keep(near, body, high + 6)
                    elif other > part.line and not label.first:
                        self.downwards.keep(body, near, high + 6)
            if axis.lines[other].kind == BORDER and (other < part.line) == label.first:
                one, two = (axis.lines[other].name, body) if label.first else (body, axis.lines[other].name)
                self.downwards.keep(one, two, high + 8)
        if label.first and bundle > 0:
            self.downwards.keep(("cell", bundle - 1), body, self.down[bundle - 1] + high + 4)
        if not label.first and bundle < self.placement.rows:
            self.downwards.keep(body, ("cell", bundle), self.up[bundle] + high + 4)

    def _keep_upright_label(self, part: Stretch, wide: float, high: float) -> None:
        start, end = self._end_anchor(part, at_start=True), self._end_anchor(part, at_start=False)
        last = part.number == len(self.stretches[part.edge]) - 1
        self._keep(self.downwards, start, end, high + 4 + self.clearance(part) + (10 if last else 0))
        axis = self.grid.x
        if axis.lines[part.line].kind != TRACK:
            return
        body = self._anchor(part)[0]
        bundle = next(cell for cell, lines in axis.before.items() if part.line in lines)
        for other in axis.before[bundle]:
            if other <= part.line:
                continue
            if axis.lines[other].kind == BORDER:
                self.across.keep(body, axis.lines[other].name, wide + 10)
            for near, low, high_line in self.groups.get((True, other), ()):
                if low <= part.high and part.low <= high_line:
                    self.across.keep(body, near, wide + 10)
        if bundle < self.placement.columns:
            self.across.keep(body, ("cell", bundle), self.left[bundle] + wide + 10)

    def _keep_message_label(self, part: Stretch, wide: float) -> None:
        mine = self._anchor(part)
        for other in self.all:
            if other.upright and other.line > part.line and other.edge != part.edge:
                near = self._anchor(other)
                if self.graph.edges[other.edge].kind == "messageFlow" and near[0] != mine[0]:
                    self._keep(self.across, mine, near, wide + 12)

    # --- the picture ------------------------------------------------------------------------------------------------

    def solve(self) -> Picture:
        """Work out all coordinates."""
        x = self.across.solve()
        self._centre_lanes()
        y = self.downwards.solve()
        return _Painter(self, x, y).picture()

    def _centre_lanes(self) -> None:
        """Make each lane as tall as its name asks, with what stands in it in the middle."""
        y = self.downwards.solve()
        for index, (pool, first, last) in enumerate(self.placement.pools):
            if pool.process is None:
                continue
            names: list[tuple[str, int, int]] = [
                (lane.name, *self.placement.lanes[lane.id]) for lane in pool.lanes
            ] or [(pool.name, first, last)]
            for name, top, bottom in names:
                upper, lower = self._lane_borders(index, top), self._lane_borders(index, bottom + 1)
                lacking = lane_height(name) - (y[lower] - y[upper])
                if lacking > 0:
                    self._push(upper, ("cell", top), y, lacking / 2)
                    self._push(("cell", bottom), lower, y, lacking / 2)
            lacking = lane_height(pool.name) - (y[f"pool end {index}"] - y[f"pool {index}"])
            if lacking > 0:
                self._push(("cell", last), f"pool end {index}", y, lacking)

    def _push(self, one: Body, other: Body, y: dict[Body, float], more: float) -> None:
        self.downwards.keep(one, other, y[other] - y[one] + round(more))

    def _lane_borders(self, pool: int, row: int) -> str:
        names = [
            self.grid.y.lines[line].name
            for line in self.grid.y.before[row]
            if self.grid.y.lines[line].kind == BORDER
        ]
        _, first, last = self.placement.pools[pool]
        if row == first:
            return f"pool {pool}"
        if row == last + 1:
            return f"pool end {pool}"
        return next(name for name in names if name.startswith("lane "))


def lane_height(name: str) -> float:
    """Give the least height of a lane whose name, turned upwards, must fit in two lines."""
    if not name:
        return 0.0
    whole = width(name)
    if whole <= 130:
        return whole + 24
    limit = max(whole / 2, 110.0)
    while len(balanced(name, limit)) > 2:
        limit += 10
    return limit + 24


def _way(x1: int, y1: int, x2: int, y2: int) -> int:
    if y1 == y2:
        return RIGHT if x2 > x1 else LEFT
    return DOWN if y2 > y1 else UP


class _Painter:
    """Turns positions of bodies into shapes, corners and label boxes."""

    def __init__(self, plan: Arrangement, x: dict[Body, float], y: dict[Body, float]) -> None:
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
        for node_id, (left, top, wide, high) in plan.node_labels.items():
            if plan.graph.nodes[node_id].host is not None:
                rect = self.out.shapes[node_id]
                self.out.labels[node_id] = _whole(Rect(rect.centre.x + left, rect.centre.y + top, wide, high))
            else:
                middle = self.out.shapes[node_id].centre
                self.out.labels[node_id] = _whole(Rect(middle.x + left, middle.y + top, wide, high))
        for edge, route in plan.routes.items():
            self.out.edges[edge] = self.corners(edge, route)
        for edge, label in plan.flow_labels.items():
            self.out.labels[edge] = _whole(self.label(label))
        return self.out

    def place(self, anchor: tuple[Body, float], *, across: bool) -> float:
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
            tops = [plan._lane_borders(index, plan.placement.lanes[lane.id][0]) for lane in pool.lanes]
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

    def corners(self, edge: str, route: Route) -> tuple[Point, ...]:
        parts = self.plan.stretches[edge]
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
        mine = self.place(self.plan._anchor(part), across=part.upright)
        if before is not None and after is not None:
            other = self.place(self.plan._anchor(before), across=before.upright)
        else:
            other = self.place(self.plan._end_anchor(part, at_start=before is None), across=not part.upright)
        return Point(mine, other) if part.upright else Point(other, mine)

    def label(self, label: FlowLabel) -> Rect:
        part, (wide, high) = label.stretch, label.size
        line = self.place(self.plan._anchor(part), across=part.upright)
        start = self.place(self.plan._end_anchor(part, at_start=not label.at_end), across=not part.upright)
        forward = (part.end > part.start) != label.at_end
        if part.upright:
            x = line + EDGE_OF_LABEL if label.first else line - EDGE_OF_LABEL - wide
            gap = 14 if label.at_end else self.plan.clearance(part)
            return Rect(x, start + gap if forward else start - gap - high, wide, high)
        gap = SLASH if self.plan.starts_with_slash(part) else EDGE_OF_LABEL
        x = start + gap if forward else start - gap - wide
        return Rect(x, line - high - 2 if label.first else line + 3, wide, high)


def _whole(rect: Rect) -> Rect:
    return Rect(float(round(rect.x)), float(round(rect.y)), rect.width, rect.height)
