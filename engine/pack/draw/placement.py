"""Which cell of one common grid each node of a file stands in.

A subprocess is placed first by itself and then takes as many rows and columns of the scope around it as it needs, so
that what it holds stands in line with what surrounds it and lines can pass its border.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.pack.draw.columns import Links, assign_columns, back_pairs
from engine.pack.draw.graph import Edge, Graph, Node, Pool
from engine.pack.draw.rows import Board, Link
from engine.pack.draw.search import assign_rows


@dataclass(frozen=True)
class Cell:
    """A block of the grid; `door` is the row, counted from its top, at which lines enter and leave."""

    column: int
    row: int
    columns: int = 1
    rows: int = 1
    door: int = 0

    def moved(self, columns: int, rows: int) -> Cell:
        return Cell(self.column + columns, self.row + rows, self.columns, self.rows, self.door)

    @property
    def last_column(self) -> int:
        return self.column + self.columns - 1

    @property
    def last_row(self) -> int:
        return self.row + self.rows - 1


@dataclass
class Placement:
    """The cells of all nodes but boundary events, and the rows that lanes and pools take, first and last."""

    cells: dict[str, Cell] = field(default_factory=dict)
    lanes: dict[str, tuple[int, int]] = field(default_factory=dict)
    pools: list[tuple[Pool, int, int]] = field(default_factory=list)
    back: set[str] = field(default_factory=set)
    columns: int = 1
    rows: int = 0


@dataclass
class _Scope:
    cells: dict[str, Cell]
    inner: dict[str, _Scope]
    lane_rows: list[int]
    columns: int
    door: int
    back: set[str]


def place(graph: Graph) -> Placement:
    """Give every node its cell, pool beneath pool and lane beneath lane."""
    found = Placement()
    for pool in graph.pools:
        first = found.rows
        if pool.process is None:
            found.rows += 1
            found.pools.append((pool, first, first))
            continue
        lanes: list[str | None] = [lane.id for lane in pool.lanes] or [None]
        scope = _place_scope(graph, pool.process, lanes)
        for lane, rows in zip(lanes, scope.lane_rows, strict=True):
            if lane is not None:
                found.lanes[lane] = (found.rows, found.rows + rows - 1)
            found.rows += rows
        _flatten(scope, 0, first, found)
        found.columns = max(found.columns, scope.columns)
        found.pools.append((pool, first, found.rows - 1))
    return found


def _flatten(scope: _Scope, columns: int, rows: int, found: Placement) -> None:
    found.back |= scope.back
    for node, cell in scope.cells.items():
        placed = cell.moved(columns, rows)
        found.cells[node] = placed
        if node in scope.inner:
            _flatten(scope.inner[node], placed.column, placed.row, found)


def _artifact_column(graph: Graph, node: Node, column: dict[str, int]) -> int:
    for edge in graph.edges.values():
        if node.id in (edge.source, edge.target):
            other = graph.host_of(edge.target if edge.source == node.id else edge.source)
            if other in column:
                return column[other]
    return 0


def _flows(graph: Graph, scope: str) -> list[Edge]:
    return [edge for edge in graph.edges.values() if edge.kind == "sequenceFlow" and edge.scope == scope]


def _place_scope(graph: Graph, scope: str, lanes: list[str | None]) -> _Scope:
    standing = [node for node in graph.inside(scope) if node.host is None]
    inner = {node.id: _place_scope(graph, node.id, [None]) for node in standing if node.is_subprocess}
    wide = {node.id: inner[node.id].columns if node.id in inner else 1 for node in standing}
    high = {node.id: inner[node.id].lane_rows[0] if node.id in inner else 1 for node in standing}
    door = {node.id: inner[node.id].door if node.id in inner else 0 for node in standing}
    steps = [node for node in standing if node.is_flow_node]
    ids = {node.id for node in steps}
    flows = [
        flow for flow in _flows(graph, scope) if graph.host_of(flow.source) in ids and flow.target in ids
    ]
    links = Links(
        order=[node.id for node in steps],
        pairs=[(graph.host_of(flow.source), flow.target) for flow in flows],
        starts=[node.id for node in steps if node.kind == "startEvent"],
        span=wide,
        fixed={node.id: node.column for node in steps if node.column is not None},
    )
    back = back_pairs(links)
    column = assign_columns(links, back)
    for node in standing:
        if node.is_artifact:
            column[node.id] = (
                node.column if node.column is not None else _artifact_column(graph, node, column)
            )
    numbers = {lane: number for number, lane in enumerate(lanes)}
    board = Board(
        lane={node.id: numbers.get(node.lane, 0) for node in standing},
        column=column,
        wide=wide,
        high=high,
        door=door,
        links=_links(graph, flows, back) + _loose(graph, scope, set(column)),
        fixed_rows={node.id: node.row for node in standing if node.row is not None},
    )
    order = sorted(column, key=lambda item: (column[item], list(column).index(item)))
    row = assign_rows(board, order)
    lane_rows = [1] * len(lanes)
    for node in standing:
        lane = board.lane[node.id]
        lane_rows[lane] = max(lane_rows[lane], row[node.id] + high[node.id])
    above = [sum(lane_rows[:number]) for number in range(len(lanes))]
    cells = {
        node.id: Cell(
            board.column[node.id],
            above[board.lane[node.id]] + row[node.id],
            wide[node.id],
            high[node.id],
            door[node.id],
        )
        for node in standing
    }
    columns = max((cell.last_column + 1 for cell in cells.values()), default=1)
    starts = [cells[node.id] for node in steps if node.kind == "startEvent"]
    entry = starts[0].row + starts[0].door if starts else 0
    backward = {flow.id for flow in flows if (graph.host_of(flow.source), flow.target) in back}
    return _Scope(cells, inner, lane_rows, columns, entry, backward)


def _links(graph: Graph, flows: list[Edge], back: frozenset[tuple[str, str]]) -> list[Link]:
    seen: set[str] = set()
    links = []
    for flow in flows:
        source = graph.nodes[flow.source]
        is_back = (graph.host_of(flow.source), flow.target) in back
        first = flow.source not in seen and source.host is None and not is_back
        if first:
            seen.add(flow.source)
        links.append(
            Link(
                graph.host_of(flow.source),
                flow.target,
                from_boundary=source.host is not None,
                is_back=is_back,
                is_main=first,
                splits=source.is_gateway,
                joins=graph.nodes[flow.target].is_gateway,
            )
        )
    return links


def _loose(graph: Graph, scope: str, known: set[str]) -> list[Link]:
    found = []
    for edge in graph.edges.values():
        if edge.kind in ("association", "dataAssociation"):
            one, other = graph.host_of(edge.source), graph.host_of(edge.target)
            if one in known and other in known:
                if graph.nodes[one].is_artifact:
                    one, other = other, one
                found.append(Link(one, other, is_loose=True, keeps_above=graph.nodes[one].carries))
    return found
