"""How good it is for nodes to stand in given rows of their lanes, and rows to begin with.

The picture is judged by a sketch of its lines (straight, or with one upright part between two columns): bends, length,
shapes in the way and crossings. Sketching is far cheaper than routing, so that thousands of arrangements can be tried
(see `search`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

LANE = 100  # rows of different lanes are this far apart in a sketch: more than any lane has rows

BEND, ROW_STEP, LANE_STEP, COLUMN_STEP = 4.0, 2.0, 3.0, 0.4
BLOCKED, CROSSING, UPWARDS_FROM_BOUNDARY, LEAVES_MAIN_LINE, ROW_COST = 10.0, 9.0, 30.0, 4.0, 2.5
CROWDED, OUT_OF_ORDER, SHUT_IN = 1.0, 4.0, 8.0


@dataclass(frozen=True)
class Link:
    """A line to be sketched between two nodes with cells."""

    source: str
    target: str
    from_boundary: bool = False
    is_back: bool = False
    is_main: bool = False  # the way that should run straight on
    splits: bool = False  # leaves a gateway: turns early
    joins: bool = False  # enters a gateway: turns late
    is_loose: bool = False  # an association: no order from left to right
    keeps_above: bool = False  # an annotation of a node that carries boundary events


@dataclass
class Board:
    """Where the nodes of one scope stand; `row` counts from the top of a lane."""

    lane: Mapping[str, int]
    column: dict[str, int]
    wide: Mapping[str, int]
    high: Mapping[str, int]
    door: Mapping[str, int]  # the row of a tall node, from its top, at which lines enter and leave
    links: Sequence[Link]
    fixed_rows: Mapping[str, int]
    row: dict[str, int] = field(default_factory=dict)
    stack: dict[int, list[int]] = field(
        default_factory=dict
    )  # the sketch rows taken in each column, as last judged

    def cells(self, node: str) -> Iterator[tuple[int, int]]:
        """List a node's cells as (sketch row, column)."""
        top = self.lane[node] * LANE + self.row[node]
        for down in range(self.high[node]):
            for across in range(self.wide[node]):
                yield top + down, self.column[node] + across

    def y(self, node: str) -> int:
        """Give the sketch row at which lines enter and leave a node."""
        return self.lane[node] * LANE + self.row[node] + self.door[node]

    def occupied(self) -> dict[tuple[int, int], str] | None:
        """Map cells to nodes; None if two nodes claim one cell."""
        taken: dict[tuple[int, int], str] = {}
        size = 0
        for node, row in self.row.items():
            wide, high = self.wide[node], self.high[node]
            if wide == high == 1:
                taken[self.lane[node] * LANE + row, self.column[node]] = node
            else:
                taken.update(dict.fromkeys(self.cells(node), node))
            size += wide * high
        return taken if len(taken) == size else None


def first_rows(board: Board, order: Sequence[str]) -> None:
    """Fill `board.row` for the nodes in `order` (from left to right): each beside the first that leads to it."""
    before: dict[str, list[Link]] = {}
    for link in board.links:
        if not link.is_back:
            before.setdefault(link.target, []).append(link)
    taken: set[tuple[int, int]] = set()
    board.row.update(board.fixed_rows)
    for node in board.fixed_rows:
        taken.update(board.cells(node))
    for node in sorted(order, key=lambda item: (board.column[item], order.index(item))):
        if node in board.row:
            continue
        wanted = [
            board.row[link.source] + board.door[link.source] + (1 if link.from_boundary else 0)
            for link in before.get(node, ())
            if link.source in board.row and board.lane[link.source] == board.lane[node]
        ]
        row = max(0, min(wanted, default=0) - board.door[node])
        while True:
            board.row[node] = row
            if taken.isdisjoint(board.cells(node)):
                break
            row += 1
        taken.update(board.cells(node))


class _Sketch(NamedTuple):
    """A line in outline: level at one row, then perhaps at another from the gutter after column `turn` on."""

    cost: float
    first: int = 0
    last: int = -1  # the columns between which it runs; none for lines that are only measured
    turn: int = -1
    before: float = 0.0
    after: float = 0.0


def _in_the_way(taken: Mapping[tuple[int, int], str], row: int, first: int, last: int, link: Link) -> int:
    return sum(
        1
        for column in range(first, last + 1)
        if taken.get((row, column)) not in (None, link.source, link.target)
    )


def _distance(board: Board, depth: Mapping[int, int], link: Link, y1: int, y2: int) -> float:
    lane1, lane2 = y1 // LANE, y2 // LANE
    if lane1 == lane2:
        return ROW_STEP * abs(y1 - y2)
    upper, lower = (y1, y2) if y1 < y2 else (y2, y1)
    beneath = depth.get(upper // LANE, 0) - upper % LANE
    between = sum(depth.get(lane, 0) + 1 for lane in range(upper // LANE + 1, lower // LANE))
    return LANE_STEP * abs(lane1 - lane2) + 0.8 * (beneath + lower % LANE + between)


def _sketch(
    board: Board, taken: Mapping[tuple[int, int], str], depth: Mapping[int, int], link: Link
) -> _Sketch:
    start, end = link.source, link.target
    left = board.column[start] + board.wide[start] - 1
    right = board.column[end]
    y1, y2 = board.y(start), board.y(end)
    if link.from_boundary:
        return _sketch_from_boundary(board, taken, depth, link)
    if link.is_loose:
        across = abs(board.column[start] - right)
        bend = 0.0 if (across == 0 or y1 == y2) else BEND
        hidden = 0
        if across == 0:
            low, high = min(y1, y2), max(y1, y2)
            if low // LANE == high // LANE:
                hidden = sum(low < row < high for row in board.stack.get(right, ()))
        below = SHUT_IN if link.keeps_above and y2 > y1 else 0.0
        return _Sketch(
            5 * across + 1.5 * _distance(board, depth, link, y1, y2) + bend + BLOCKED * hidden + below
        )
    if link.is_back or right <= left:
        return _Sketch(BEND + COLUMN_STEP * abs(left - right) + 0.5 * _distance(board, depth, link, y1, y2))
    length = COLUMN_STEP * (right - left)
    if y1 == y2:
        blocked = _in_the_way(taken, y1, left + 1, right - 1, link)
        return _Sketch(length + BLOCKED * blocked, left, right, left, y1, y1)
    cost = length + BEND + _distance(board, depth, link, y1, y2) + (LEAVES_MAIN_LINE if link.is_main else 0.0)
    early = _in_the_way(taken, y2, left + 1, right - 1, link)
    late = _in_the_way(taken, y1, left + 1, right - 1, link)
    low, high = min(y1, y2), max(y1, y2)
    if early < late or (early == late and link.splits):
        turn, blocked = left, early
        if link.splits and any(low <= row <= high and row != y1 for row in board.stack.get(left, ())):
            cost += SHUT_IN  # something stands straight above or below the gateway
    else:
        turn, blocked = right - 1, late
        if link.joins and any(low <= row <= high and row != y2 for row in board.stack.get(right, ())):
            cost += SHUT_IN
    return _Sketch(cost + BLOCKED * blocked, left, right, turn, y1, y2)


def _sketch_from_boundary(
    board: Board, taken: Mapping[tuple[int, int], str], depth: Mapping[int, int], link: Link
) -> _Sketch:
    left = board.column[link.source] + board.wide[link.source] - 1
    right = board.column[link.target]
    bottom = board.lane[link.source] * LANE + board.row[link.source] + board.high[link.source] - 1
    y2 = board.y(link.target)
    if y2 <= bottom:
        return _Sketch(UPWARDS_FROM_BOUNDARY + ROW_STEP * (bottom - y2) + COLUMN_STEP * abs(right - left))
    blocked = _in_the_way(taken, y2, left, right - 1, link)
    if bottom // LANE == y2 // LANE:
        blocked += sum(bottom < row < y2 for row in board.stack.get(left, ()))
    cost = BEND / 2 + _distance(board, depth, link, bottom, y2) + COLUMN_STEP * abs(right - left)
    return _Sketch(cost + BLOCKED * blocked, left, right, left, bottom + 0.5, y2)


def _crossings(links: Sequence[Link], sketches: Sequence[_Sketch]) -> int:
    """Count the pairs of lines that change places in a gutter, where they cannot but cross."""
    gutters: dict[int, list[tuple[float, float, Link]]] = {}
    count = 0
    for link, sketch in zip(links, sketches, strict=True):
        for gutter in range(sketch.first, sketch.last):
            left = sketch.before if gutter <= sketch.turn else sketch.after
            right = sketch.after if gutter >= sketch.turn else sketch.before
            passing = gutters.setdefault(gutter, [])
            for other_left, other_right, other in passing:
                if (left - other_left) * (right - other_right) < 0:
                    count += link.source != other.source and link.target != other.target
            passing.append((left, right, link))
    return count


def cost(board: Board, limit: float = float("inf")) -> float:
    """Judge an arrangement: lower is better, infinite if two nodes share a cell or the cost passes `limit`."""
    taken = board.occupied()
    if taken is None:
        return float("inf")
    depth: dict[int, int] = {}
    board.stack = {}
    for row, column in taken:
        depth[row // LANE] = max(depth.get(row // LANE, 0), row % LANE)
        board.stack.setdefault(column, []).append(row)
    total = ROW_COST * sum(depth.values()) + _disorder(board)
    sketches = []
    for link in board.links:
        sketch = _sketch(board, taken, depth, link)
        total += sketch.cost
        if total >= limit:
            return float("inf")
        sketches.append(sketch)
    total += _crowding(board, sketches)
    if total >= limit:
        return float("inf")
    return total + CROSSING * _crossings(board.links, sketches)


def _crowding(board: Board, sketches: Sequence[_Sketch]) -> float:
    """Judge ways out of one node that leave towards the same side, and lines on top of each other."""
    sides: dict[tuple[str, int], int] = {}
    spans: dict[float, list[tuple[float, float, Link]]] = {}
    total = 0.0
    for link, sketch in zip(board.links, sketches, strict=True):
        if link.is_loose:
            continue
        y1, y2 = board.y(link.source), board.y(link.target)
        side = (link.source, (y2 > y1) - (y2 < y1))
        if not link.from_boundary:
            sides[side] = sides.get(side, 0) + 1
        for y, first, last in _levels(sketch):
            for low, high, other in spans.get(y, ()):
                apart = other.source != link.source and other.target != link.target
                if apart and low < last and first < high:
                    total += BLOCKED
            spans.setdefault(y, []).append((first, last, link))
    return total + sum(CROWDED * (count - 1) for count in sides.values() if count > 1)


def _levels(sketch: _Sketch) -> list[tuple[float, float, float]]:
    """List the level parts of a line: row, from and to."""
    if sketch.last <= sketch.first:
        return []
    if sketch.before == sketch.after:
        return [(sketch.after, sketch.first, sketch.last)]
    turn = sketch.turn + 0.5
    return [(sketch.before, sketch.first, turn), (sketch.after, turn, sketch.last)]


def _disorder(board: Board) -> float:
    """Judge the ways out of one node: those named first in the file should lie higher."""
    earlier: dict[str, list[int]] = {}
    total = 0.0
    for link in board.links:
        if not link.is_loose and not link.is_back and not link.from_boundary:
            y = board.y(link.target)
            ways = earlier.setdefault(link.source, [])
            total += OUT_OF_ORDER * sum(other > y for other in ways)
            ways.append(y)
    return total
