"""The lines on which routes run: tracks in the gutters between cells, and the middles of rows and columns.

Routes are found on these lines before anything has coordinates; only the tracks that are used then get room, so that
gutters are just as wide as what runs in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.pack.draw.graph import Graph, Pool
from engine.pack.draw.placement import Cell, Placement

TRACK, CENTRE, SLOT, BORDER = "track", "centre", "slot", "border"

# Nominal distances, in pixels, by which routes are compared before the true ones are known.
_PITCH, _MARGIN, _HALF_COLUMN, _HALF_ROW, _SLOT = 10.0, 14.0, 60.0, 42.0, 36.0


NOTE_SLOT = -1  # where a line to an annotation may leave, aside from the flows


@dataclass(frozen=True)
class Line:
    """One line across the whole grid.

    `cell` is the column or row of a middle or slot; `name` tells borders apart: a lane's, a pool's or the depth of a
    subprocess; `place` is the nominal position.
    """

    kind: str
    place: float
    cell: int = -1
    name: str = ""


@dataclass
class Axis:
    """The lines in one direction, in order."""

    lines: list[Line] = field(default_factory=list)
    centres: dict[int, int] = field(default_factory=dict)  # column or row -> line
    slots: dict[tuple[int, int], int] = field(default_factory=dict)  # (column, slot number) -> line
    before: dict[int, list[int]] = field(
        default_factory=dict
    )  # column or row -> lines of the gutter before it
    borders: dict[str, int] = field(default_factory=dict)
    _at: float = 0.0

    def gutter(self, cell: int, names: Iterable[str], tracks: int) -> None:
        """Add the gutter before a column or row: tracks, with a border between two bundles for each name."""
        members = self.before.setdefault(cell, [])
        first = True
        for name in ["", *names]:
            if not first:
                self._add(Line(BORDER, self._at, name=name), members)
                self.borders[name] = len(self.lines) - 1
            first = False
            self._at += _MARGIN
            for _ in range(tracks):
                self._add(Line(TRACK, self._at), members)
                self._at += _PITCH
            self._at += _MARGIN - _PITCH

    def _add(self, line: Line, members: list[int]) -> None:
        self.lines.append(line)
        members.append(len(self.lines) - 1)

    def cell(self, cell: int, half: float, slots: Iterable[int] = ()) -> None:
        """Add the lines of a column or row: its middle, and slots left (negative) and right of it."""
        middle = self._at + half
        offsets = sorted({0, *slots})
        for slot in offsets:
            kind = SLOT if slot else CENTRE
            self.lines.append(Line(kind, middle + slot * _SLOT, cell))
            if slot:
                self.slots[cell, slot] = len(self.lines) - 1
            else:
                self.centres[cell] = len(self.lines) - 1
        self._at = middle + half


@dataclass(frozen=True)
class Attachment:
    """Where on its host a boundary event sits: a column, a slot in it, and the side its label goes to."""

    column: int
    slot: int
    label_right: bool


@dataclass
class Grid:
    """Lines, and what stands between them."""

    x: Axis
    y: Axis
    attachments: dict[str, Attachment]
    cells: dict[str, Cell]
    boxes: dict[str, tuple[int, int, int, int]]  # subprocess -> its border lines: left, right, top, bottom
    pools: list[tuple[Pool, int, int]]

    def middle(self, node: str) -> tuple[int, int]:
        """Give the lines that cross in the middle of a node of one cell."""
        cell = self.cells[node]
        return self.x.centres[cell.column], self.y.centres[cell.row]


def attachments(graph: Graph, placement: Placement) -> dict[str, Attachment]:
    """Set boundary events along the lower edge of their hosts, those with the nearest targets rightmost.

    The order keeps their ways down and to the right from crossing.
    """

    def depth(event: str) -> tuple[int, int]:
        targets = [
            placement.cells[edge.target]
            for edge in graph.edges.values()
            if edge.source == event and edge.target in placement.cells
        ]
        if not targets:
            return 1_000, 0
        return min((cell.row, -cell.column) for cell in targets)

    found: dict[str, Attachment] = {}
    for host, cell in placement.cells.items():
        events = sorted((event.id for event in graph.attached(host)), key=depth)
        for number, event in enumerate(events):
            if graph.nodes[host].is_subprocess and cell.columns > 1:
                column = max(cell.column, cell.last_column - number)
                found[event] = Attachment(column, 1 if number < cell.columns else -1, False)
            else:
                slot = {0: 1, 1: -1}.get(number, 0)
                found[event] = Attachment(cell.column, slot, slot == 1 and len(events) > 1)
    return found


def build(graph: Graph, placement: Placement, tracks: int = 4) -> Grid:
    """Lay the lines for a placement, `tracks` to a bundle."""
    attached = attachments(graph, placement)
    level = _levels(graph)
    boxes = {node: cell for node, cell in placement.cells.items() if graph.nodes[node].is_subprocess}
    x = Axis()
    slots: dict[int, set[int]] = {}
    for attachment in attached.values():
        slots.setdefault(attachment.column, set()).add(attachment.slot)
    for node in graph.nodes.values():
        if node.kind == "textAnnotation" and node.id in placement.cells:
            slots.setdefault(placement.cells[node.id].column, set()).add(NOTE_SLOT)
    for column in range(placement.columns + 1):
        closing = {level[n] for n, cell in boxes.items() if cell.last_column == column - 1}
        opening = {level[n] for n, cell in boxes.items() if cell.column == column}
        names = [f"right {column - 1} {depth}" for depth in sorted(closing, reverse=True)]
        names += [f"left {column} {depth}" for depth in sorted(opening)]
        x.gutter(column, names, tracks)
        if column < placement.columns:
            x.cell(column, _HALF_COLUMN, slots.get(column, ()))
    y = Axis()
    starts = {first: lane for lane, (first, _) in placement.lanes.items()}
    pool_first = {first: number for number, (_, first, _) in enumerate(placement.pools)}
    for row in range(placement.rows + 1):
        closing = {level[n] for n, cell in boxes.items() if cell.last_row == row - 1}
        opening = {level[n] for n, cell in boxes.items() if cell.row == row}
        names = [f"bottom {row - 1} {depth}" for depth in sorted(closing, reverse=True)]
        if row == placement.rows:
            names.append(f"pool end {len(placement.pools) - 1}")
        elif row in pool_first:
            if row > 0:
                names.append(f"pool end {pool_first[row] - 1}")
            names.append(f"pool {pool_first[row]}")
        elif row in starts:
            names.append(f"lane {starts[row]}")
        names += [f"top {row} {depth}" for depth in sorted(opening)]
        y.gutter(row, names, tracks)
        if row < placement.rows:
            y.cell(row, _HALF_ROW)
    lines = {
        node: (
            x.borders[f"left {cell.column} {level[node]}"],
            x.borders[f"right {cell.last_column} {level[node]}"],
            y.borders[f"top {cell.row} {level[node]}"],
            y.borders[f"bottom {cell.last_row} {level[node]}"],
        )
        for node, cell in boxes.items()
    }
    return Grid(x, y, attached, dict(placement.cells), lines, placement.pools)


def _levels(graph: Graph) -> dict[str, int]:
    """Count how many subprocesses stand around each subprocess."""
    found: dict[str, int] = {}
    for node in graph.nodes.values():
        if node.is_subprocess:
            depth, scope = 0, node.scope
            while scope in graph.nodes:
                depth, scope = depth + 1, graph.nodes[scope].scope
            found[node.id] = depth
    return found
