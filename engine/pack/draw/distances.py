"""Distances between all that lies in a diagram, and the coordinates that follow from them.

Labels are given their room before anything has a place, as least distances between what stands on either side of them;
so no label needs to be squeezed in afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.pack.draw.answers import FlowLabel, FlowLabels
from engine.pack.draw.extents import Extents
from engine.pack.draw.graph import Graph, Node
from engine.pack.draw.grid import BORDER, Grid
from engine.pack.draw.measures import EVENT, HEADER, SUBPROCESS_TITLE, label_size
from engine.pack.draw.placement import Placement
from engine.pack.draw.routing import Route
from engine.pack.draw.spacing import Body, Spacing
from engine.pack.draw.text import balanced, width
from engine.pack.draw.tracks import Tracks

TRACK_GAP, TO_TRACK, TO_BORDER, BORDER_TO_TRACK, BORDER_GAP = 12.0, 20.0, 24.0, 14.0, 20.0
ARROW_ROOM, CELL_GAP = 24.0, 44.0
ROW_TO_TRACK, ROW_TO_BORDER, ROW_ARROW_ROOM, ROW_GAP = 10.0, 18.0, 14.0, 24.0
POOL_GAP = 50.0


@dataclass(frozen=True)
class _Member:
    """A border or a stretch of track in a gutter, and the lines of the other axis between which it runs."""

    body: Body
    is_border: bool
    low: int
    high: int


class Distances:
    """One layout on its way to coordinates."""

    def __init__(self, graph: Graph, placement: Placement, grid: Grid, routes: dict[str, Route]) -> None:
        self.graph, self.placement, self.grid = graph, placement, grid
        self.tracks = Tracks(graph, grid, routes)
        self.flow_labels = FlowLabels(self.tracks)
        self.extents = Extents(placement, self.tracks, self.flow_labels)
        self.across, self.downwards = Spacing(), Spacing()
        self._order()
        self._distances(True)
        self._distances(False)

    def solve(self) -> tuple[dict[Body, float], dict[Body, float]]:
        """Work out the positions of all bodies, across and downwards."""
        x = self.across.solve()
        self._centre_lanes()
        return x, self.downwards.solve()

    def _order(self) -> None:
        self.across.add("edge", firm=True)
        for upright, spacing, axis, count in (
            (True, self.across, self.grid.x, self.placement.columns),
            (False, self.downwards, self.grid.y, self.placement.rows),
        ):
            for cell in range(count + 1):
                for line in axis.before[cell]:
                    if axis.lines[line].kind == BORDER:
                        spacing.add(axis.lines[line].name, firm=True)
                    for body, _, _ in self.tracks.groups.get((upright, line), ()):
                        spacing.add(body, firm=False)
                if cell < count:
                    spacing.add(("cell", cell), firm=True)
        self.across.add("end", firm=True)

    def _members(self, upright: bool, cell: int) -> list[_Member]:
        """List what lies in the gutter before a column or row, in order."""
        axis = self.grid.x if upright else self.grid.y
        found: list[_Member] = []
        for line in axis.before[cell]:
            if axis.lines[line].kind == BORDER:
                found.append(_Member(axis.lines[line].name, True, 0, 1_000_000))
            for body, low, high in self.tracks.groups.get((upright, line), ()):
                found.append(_Member(body, False, low, high))
        return found

    def _distances(self, upright: bool) -> None:
        spacing = self.across if upright else self.downwards
        count = self.placement.columns if upright else self.placement.rows
        ahead, behind = self.extents.of(upright)
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
        ahead, behind = self.extents.of(upright)
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
        return [
            v for key, v in self.flow_labels.chosen.items() if self.graph.edges[key].kind == "messageFlow"
        ]

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
                upper, lower = self.lane_border(index, top), self.lane_border(index, bottom + 1)
                lacking = lane_height(name) - (y[lower] - y[upper])
                if lacking > 0:
                    self._push(upper, ("cell", top), y, lacking / 2)
                    self._push(("cell", bottom), lower, y, lacking / 2)
            lacking = lane_height(pool.name) - (y[f"pool end {index}"] - y[f"pool {index}"])
            if lacking > 0:
                self._push(("cell", last), f"pool end {index}", y, lacking)

    def _push(self, one: Body, other: Body, y: dict[Body, float], more: float) -> None:
        self.downwards.keep(one, other, y[other] - y[one] + round(more))

    def lane_border(self, pool: int, row: int) -> str:
        """Name the border above a row at which a lane, or its pool, begins or ends."""
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
