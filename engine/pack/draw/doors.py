"""Where an edge may leave one shape and arrive at another, and what each side costs.

The costs are the manners of a printed diagram: out to the right and in from the left, gateways by their other corners
as well, nothing through a side on which a boundary event sits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.pack.draw.graph import Edge, Graph, Node
from engine.pack.draw.grid import BORDER, NOTE_SLOT, SLOT, Grid

RIGHT, DOWN, LEFT, UP = 0, 1, 2, 3

Point = tuple[int, int]  # a line across, a line down
Port = tuple[Point, int, float]  # where, in which direction, at what extra cost


@dataclass(frozen=True)
class Request:
    """One edge to be routed: where it may leave and arrive, and what it may pass."""

    edge: Edge
    starts: Sequence[Port]
    ends: Sequence[Port]
    region: int  # the scope it stays in; -1 passes every border
    own: frozenset[int]  # the nodes it may touch
    slot: int = -1  # the slot line it may run along
    top: int = -1  # the lines between which it must stay
    bottom: int = 1_000_000
    spreads: bool = False  # leaves a gateway, whose ways out should part at once
    source: str = ""
    target: str = ""

    def shares(self, other: Request) -> bool:
        if self.edge.kind != other.edge.kind:
            # A message to a boundary event comes along beside the event's own way out.
            return self.slot >= 0 and self.slot == other.slot
        return self.source == other.source or self.target == other.target


def _out_costs(node: Node, *, back: bool, hosts: bool) -> dict[int, float]:
    if node.is_gateway:
        return (
            {RIGHT: 4.0, DOWN: 0.0, UP: 0.0, LEFT: 60.0}
            if back
            else {RIGHT: 0.0, DOWN: 0.5, UP: 1.0, LEFT: 60.0}
        )
    if back:
        return {RIGHT: 5.0, DOWN: 2.0 + (60.0 if hosts else 0.0), UP: 0.0, LEFT: 60.0}
    if node.is_event:
        return {RIGHT: 0.0, DOWN: 24.0, UP: 15.0, LEFT: 60.0}
    return {RIGHT: 0.0, DOWN: 12.0 + (60.0 if hosts else 0.0), UP: 14.0, LEFT: 60.0}


def _in_costs(node: Node, *, back: bool, hosts: bool) -> dict[int, float]:
    """Give the cost of arriving in each direction: RIGHT is through the left side."""
    if node.is_gateway:
        return {RIGHT: 0.0, DOWN: 1.0, UP: 1.0, LEFT: 40.0}
    if node.is_event:
        return {RIGHT: 0.0, DOWN: 8.0, UP: 24.0, LEFT: 40.0}
    below = 60.0 if hosts else 0.0
    if back:
        return {RIGHT: 5.0, DOWN: 0.0, UP: 2.0 + below, LEFT: 60.0}
    return {RIGHT: 0.0, DOWN: 10.0, UP: 12.0 + below, LEFT: 60.0}


_LOOSE = {RIGHT: 3.0, DOWN: 0.0, LEFT: 3.0, UP: 0.0}
_MESSAGE = {RIGHT: 50.0, DOWN: 0.0, LEFT: 50.0, UP: 0.0}


def _doors(graph: Graph, grid: Grid, node: Node, costs: Mapping[int, float], *, arriving: bool) -> list[Port]:
    if node.host is not None:
        return _boundary_doors(grid, node, arriving=arriving)
    if node.id in grid.boxes:
        left, right, top, bottom = grid.boxes[node.id]
        cell = grid.cells[node.id]
        door = grid.y.centres[cell.row + cell.door]
        middle = grid.x.centres[cell.column + cell.columns // 2]
        sides = {RIGHT: (right, door), LEFT: (left, door), UP: (middle, top), DOWN: (middle, bottom)}
        if arriving:
            sides = {RIGHT: sides[LEFT], LEFT: sides[RIGHT], DOWN: sides[UP], UP: sides[DOWN]}
        return [(sides[way], way, cost) for way, cost in costs.items()]
    return [(grid.middle(node.id), way, cost) for way, cost in costs.items()]


def _boundary_doors(grid: Grid, node: Node, *, arriving: bool) -> list[Port]:
    attachment = grid.attachments[node.id]
    host = node.host or ""
    key = (attachment.column, attachment.slot)
    x = grid.x.slots[key] if attachment.slot else grid.x.centres[attachment.column]
    y = grid.boxes[host][3] if host in grid.boxes else grid.middle(host)[1]
    return [((x, y), UP if arriving else DOWN, 0.0)]


def request_for(
    graph: Graph, grid: Grid, edge: Edge, back: set[str], numbers: Mapping[str, int]
) -> Request | None:
    """Say how an edge may run; None if an end of it has no place on the grid."""
    ends: list[list[Port]] = []
    own: set[int] = set()
    slot = -1
    for end, arriving in ((edge.source, False), (edge.target, True)):
        node = graph.nodes.get(end)
        if node is None:
            other = edge.target if end == edge.source else edge.source
            ends.append(_pool_doors(graph, grid, end, other, arriving=arriving))
            continue
        if node.id not in grid.cells and node.id not in grid.attachments:
            return None
        costs = _costs(edge, node, edge.id in back, arriving=arriving)
        ends.append(_doors(graph, grid, node, costs, arriving=arriving))
        own |= {numbers[node.id], numbers.get(node.host or "", 0)} - {0}
        if node.host is not None:
            slot = ends[-1][0][0][0]
    aside = _aside(graph, grid, edge)
    if aside is not None:
        slot = aside
        for doors in ends:
            y = doors[0][0][1]
            doors += [((aside, y), way, 1.5) for way in (UP, DOWN)]
    request = Request(
        edge, ends[0], ends[1], -1, frozenset(own), slot, source=edge.source, target=edge.target
    )
    if edge.kind == "messageFlow" or edge.source not in graph.nodes:
        return request
    scope = graph.nodes[edge.source].scope
    region = numbers[scope] if scope in grid.boxes else 0
    row = grid.cells[graph.host_of(edge.source)].row
    pool = next(n for n, (_, first, last) in enumerate(grid.pools) if first <= row <= last)
    top, bottom = grid.y.borders[f"pool {pool}"], grid.y.borders[f"pool end {pool}"]
    spreads = edge.kind == "sequenceFlow" and graph.nodes[edge.source].is_gateway
    return replace(request, region=region, top=top, bottom=bottom, spreads=spreads)


def _aside(graph: Graph, grid: Grid, edge: Edge) -> int | None:
    """Find the line beside the middle on which an annotation can be tied to a task above or below it."""
    one, other = graph.nodes.get(edge.source), graph.nodes.get(edge.target)
    if edge.kind != "association" or one is None or other is None:
        return None
    columns = {grid.cells[node.id].column for node in (one, other) if node.id in grid.cells}
    suits = all(node.is_task or node.kind == "textAnnotation" for node in (one, other))
    return grid.x.slots.get((columns.pop(), NOTE_SLOT)) if suits and len(columns) == 1 else None


def _costs(edge: Edge, node: Node, back: bool, *, arriving: bool) -> Mapping[int, float]:
    if edge.kind == "messageFlow":
        return {**_MESSAGE, (UP if arriving else DOWN): 60.0} if node.carries else _MESSAGE
    if edge.kind != "sequenceFlow":
        return {**_LOOSE, (UP if arriving else DOWN): 60.0} if node.carries else _LOOSE
    hosts = node.carries
    return _in_costs(node, back=back, hosts=hosts) if arriving else _out_costs(node, back=back, hosts=hosts)


def _pool_doors(graph: Graph, grid: Grid, pool: str, other: str, *, arriving: bool) -> list[Port]:
    number = next(n for n, found in enumerate(graph.pools) if found.id == pool)
    host = graph.host_of(other)
    top, bottom = grid.y.borders[f"pool {number}"], grid.y.borders[f"pool end {number}"]
    own_line = grid.y.centres[grid.cells[host].row] if host in grid.cells else 0
    below = own_line < top  # the pool lies below the other end
    y = top if below else bottom
    node = graph.nodes.get(other)
    own_slot = (
        _boundary_doors(grid, node, arriving=False)[0][0][0] if node and node.host in grid.cells else -1
    )
    way = DOWN if below == arriving else UP
    return [
        ((x, y), way, 0.0)
        for x, line in enumerate(grid.x.lines)
        if line.kind not in (BORDER, SLOT) or x == own_slot
    ]
