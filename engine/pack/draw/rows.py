"""Which row of its lane each node stands in, found by moving nodes and branches until no move makes the picture better.

The picture is judged by a sketch of its lines (straight, or with one upright part between two columns): bends, length,
shapes in the way and crossings. Sketching is far cheaper than routing, so that thousands of arrangements can be tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

LANE = 100  # rows of different lanes are this far apart in a sketch: more than any lane has rows

BEND, ROW_STEP, LANE_STEP, COLUMN_STEP = 4.0, 2.0, 3.0, 0.4
BLOCKED, CROSSING, UPWARDS_FROM_BOUNDARY, LEAVES_MAIN_LINE, ROW_COST = 10.0, 9.0, 30.0, 3.0, 2.5


@dataclass(frozen=True)
class Link:
    """A line to be sketched between two nodes with cells."""

    source: str
    target: str
    from_boundary: bool = False
    is_back: bool = False
    is_main: bool = False  # the way that should run straight on
    splits: bool = False  # leaves a gateway: turns early
    is_loose: bool = False  # an association: no order from left to right


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
        for node in self.row:
            for cell in self.cells(node):
                if cell in taken:
                    return None
                taken[cell] = node
        return taken


def assign_rows(board: Board, order: Sequence[str]) -> dict[str, int]:
    """Fill `board.row` for the nodes in `order` (from left to right) and return it."""
    _first_rows(board, order)
    _improve(board, order)
    return board.row


def _first_rows(board: Board, order: Sequence[str]) -> None:
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


type_Segment = tuple[float, float, float]


@dataclass(frozen=True)
class _Sketch:
    cost: float
    flat: tuple[tuple[float, float, float], ...] = ()  # y, from x, to x
    upright: tuple[tuple[float, float, float], ...] = ()  # x, from y, to y


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
                hidden = sum((row, right) in taken for row in range(low + 1, high))
        return _Sketch(5 * across + 1.5 * _distance(board, depth, link, y1, y2) + bend + BLOCKED * hidden)
    if link.is_back or right <= left:
        return _Sketch(BEND + COLUMN_STEP * abs(left - right) + 0.5 * _distance(board, depth, link, y1, y2))
    length = COLUMN_STEP * (right - left)
    if y1 == y2:
        blocked = _in_the_way(taken, y1, left + 1, right - 1, link)
        return _Sketch(length + BLOCKED * blocked, flat=((y1, left, right),))
    cost = length + BEND + _distance(board, depth, link, y1, y2) + (LEAVES_MAIN_LINE if link.is_main else 0.0)
    early = _in_the_way(taken, y2, left + 1, right - 1, link)
    late = _in_the_way(taken, y1, left + 1, right - 1, link)
    if early < late or (early == late and link.splits):
        turn, blocked = left + 0.4, early
    else:
        turn, blocked = right - 0.4, late
    low, high = min(y1, y2), max(y1, y2)
    flat = ((y1, left, turn), (y2, turn, right))
    return _Sketch(cost + BLOCKED * blocked, flat, ((turn, low, high),))


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
        blocked += sum((row, left) in taken for row in range(bottom + 1, y2))
    cost = BEND / 2 + _distance(board, depth, link, bottom, y2) + COLUMN_STEP * abs(right - left)
    flat = ((y2, left, right),) if right > left else ()
    return _Sketch(cost + BLOCKED * blocked, flat, ((left, bottom, y2),))


def _crossings(links: Sequence[Link], sketches: Sequence[_Sketch]) -> int:
    count = 0
    uprights = [(x, low, high, n) for n, sketch in enumerate(sketches) for x, low, high in sketch.upright]
    for n, sketch in enumerate(sketches):
        for y, first, last in sketch.flat:
            for x, low, high, other in uprights:
                if first < x < last and low < y < high and n != other:
                    one, two = links[n], links[other]
                    if one.source != two.source and one.target != two.target:
                        count += 1
    return count


def cost(board: Board) -> float:
    """Judge an arrangement; infinite if two nodes share a cell. Lower is better."""
    taken = board.occupied()
    if taken is None:
        return float("inf")
    depth: dict[int, int] = {}
    for row, _ in taken:
        depth[row // LANE] = max(depth.get(row // LANE, 0), row % LANE)
    sketches = [_sketch(board, taken, depth, link) for link in board.links]
    total = sum(sketch.cost for sketch in sketches) + ROW_COST * sum(depth.values())
    return total + CROSSING * _crossings(board.links, sketches) + _crowding(board, sketches)


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
        for y, first, last in sketch.flat:
            for low, high, other in spans.get(y, ()):
                apart = other.source != link.source and other.target != link.target
                if apart and low < last and first < high:
                    total += BLOCKED
            spans.setdefault(y, []).append((first, last, link))
    return total + sum(1.5 * (count - 1) for count in sides.values() if count > 1)


def _improve(board: Board, order: Sequence[str]) -> None:
    best = cost(board)
    for _ in range(12):
        before = best
        for group in [*([node] for node in order), *_branches(board, order)]:
            best = _try_group(board, group, best)
        if best >= before - 1e-9:
            break
    _close_gaps(board)


def _branches(board: Board, order: Sequence[str]) -> list[list[str]]:
    """List the runs of nodes in one lane that follow each other without a choice."""
    out: dict[str, list[str]] = {}
    into: dict[str, int] = {}
    for link in board.links:
        if link.is_back or link.is_loose:
            continue
        out.setdefault(link.source, []).append(link.target)
        into[link.target] = into.get(link.target, 0) + 1
    found = []
    for node in order:
        run = [node]
        while len(out.get(run[-1], ())) >= 1:
            after = next(
                (n for n in out[run[-1]] if board.lane[n] == board.lane[node] and n not in run), None
            )
            if after is None or board.column[after] <= board.column[run[-1]]:
                break
            run.append(after)
        for length in {2, 3, len(run)}:
            if 1 < length <= len(run):
                found.append(run[:length])
    return sorted(found, key=len)


def _try_group(board: Board, group: Sequence[str], best: float) -> float:
    if any(node in board.fixed_rows for node in group):
        return best
    lane = board.lane[group[0]]
    deepest = max(board.row[n] + board.high[n] for n in board.row if board.lane[n] == lane)
    saved = dict(board.row)
    kept = saved
    held = any(board.lane[node] == lane for node in board.fixed_rows)
    for row in range(deepest + 1):
        for way in ("move", "swap", "insert") if not held else ("move", "swap"):
            board.row = dict(saved)
            if not _shift(board, group, row, lane, way):
                continue
            found = cost(board)
            if found < best - 1e-9:
                if not held:
                    _close_gaps(board, lane)
                    found = cost(board)
                if found < best - 1e-9:
                    best, kept = found, dict(board.row)
    board.row = dict(kept)
    return best


def _shift(board: Board, group: Sequence[str], row: int, lane: int, way: str) -> bool:
    moving = set(group)
    if way == "insert":
        for node in board.row:
            if board.lane[node] == lane and node not in moving and board.row[node] >= row:
                board.row[node] += max(board.high[n] for n in group)
    elif way == "swap":
        if len(group) != 1 or board.row[group[0]] == row:
            return False
        node = group[0]
        others = [
            other
            for other in board.row
            if board.lane[other] == lane
            and board.column[other] == board.column[node]
            and board.row[other] == row
        ]
        if len(others) != 1 or others[0] in board.fixed_rows:
            return False
        board.row[others[0]] = board.row[node]
    for node in group:
        board.row[node] = max(0, row - board.door[node])
    return True


def _close_gaps(board: Board, only: int | None = None) -> None:
    """Drop the rows that nothing stands in."""
    held = {board.lane[node] for node in board.fixed_rows}
    for lane in {board.lane[node] for node in board.row}:
        if lane in held or (only is not None and lane != only):
            continue
        mine = [node for node in board.row if board.lane[node] == lane]
        used = sorted({board.row[n] + down for n in mine for down in range(board.high[n])})
        place = {row: number for number, row in enumerate(used)}
        for node in mine:
            board.row[node] = place[board.row[node]]
