"""Ways for the edges along the lines of a grid: few bends, few crossings, never two edges on one line.

Every edge is found as a cheapest way by A*, then taken up and laid again among the others until nothing improves.
Edges that leave one node or enter one node may share their first or last stretch, as printed diagrams do.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.pack.draw.graph import Edge, Graph, Node
from engine.pack.draw.grid import BORDER, NOTE_SLOT, SLOT, Grid

RIGHT, DOWN, LEFT, UP = 0, 1, 2, 3
_STEP = ((1, 0), (0, 1), (-1, 0), (0, -1))

BEND, CROSSING, OVERLAP, LENGTH = 10.0, 26.0, 200.0, 0.06
SAME_NET_CROSSING, SAME_NET = 4.0, 0.3
PORT_SHARED, LANE_HUG = 14.0, 0.0

Point = tuple[int, int]  # a line across, a line down
Port = tuple[Point, int, float]  # where, in which direction, at what extra cost


@dataclass(frozen=True)
class Route:
    """The corners of one edge, from line to line, ends included."""

    points: tuple[Point, ...]
    cost: float = 0.0


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
    source: str = ""
    target: str = ""

    def shares(self, other: Request) -> bool:
        return self.edge.kind == other.edge.kind and (
            self.source == other.source or self.target == other.target
        )


@dataclass
class Router:
    """The state of the grid while edges are laid."""

    grid: Grid
    width: int
    height: int
    owner: list[int]
    region: list[int]
    rim: list[int]  # the subprocess whose border runs through a point, or 0
    xs: list[float]
    ys: list[float]
    x_fixed: list[int]  # 0 free, 1 border, 2 slot
    y_fixed: list[int]
    flat: dict[int, list[int]] = field(default_factory=dict)
    upright: dict[int, list[int]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    routes: dict[int, Route] = field(default_factory=dict)
    ports: dict[tuple[int, int], list[int]] = field(default_factory=dict)


def route_all(graph: Graph, grid: Grid, back: set[str], numbers: Mapping[str, int]) -> dict[str, Route]:
    """Find a way for every edge; `numbers` gives each node and scope a number greater than 0."""
    router = _router(grid, numbers)
    router.requests = [
        request
        for edge in graph.edges.values()
        if (request := _request(graph, grid, edge, back, numbers)) is not None
    ]
    order = sorted(range(len(router.requests)), key=lambda n: (_urgency(router, n), n))
    for number in order:
        _lay(router, number)
    for _ in range(3):
        changed = False
        for number in order:
            old = router.routes.get(number)
            _take_up(router, number)
            _lay(router, number)
            new = router.routes.get(number)
            changed = changed or (old is not None and new is not None and old.points != new.points)
        if not changed:
            break
    return {router.requests[number].edge.id: route for number, route in router.routes.items()}


def _router(grid: Grid, numbers: Mapping[str, int]) -> Router:
    width, height = len(grid.x.lines), len(grid.y.lines)
    owner, region, rim = [0] * (width * height), [0] * (width * height), [0] * (width * height)
    nested = sorted(grid.boxes.items(), key=lambda item: item[1][0] - item[1][1])
    for node, (left, right, top, bottom) in nested:  # from the widest to the narrowest
        for x in range(left, right + 1):
            for y in range(top, bottom + 1):
                region[x * height + y] = numbers[node]
                if x in (left, right) or y in (top, bottom):
                    rim[x * height + y] = numbers[node]
    for node, cell in grid.cells.items():
        if node in grid.boxes:
            continue
        for x, line in enumerate(grid.x.lines):
            if line.cell == cell.column:
                owner[x * height + grid.y.centres[cell.row]] = numbers[node]
    code = {BORDER: 1, SLOT: 2}
    return Router(
        grid,
        width,
        height,
        owner,
        region,
        rim,
        [line.place for line in grid.x.lines],
        [line.place for line in grid.y.lines],
        [code.get(line.kind, 0) for line in grid.x.lines],
        [code.get(line.kind, 0) for line in grid.y.lines],
    )


def _urgency(router: Router, number: int) -> tuple[int, float]:
    request = router.requests[number]
    (x1, y1), (x2, y2) = request.starts[0][0], request.ends[0][0]
    across, down = abs(router.xs[x1] - router.xs[x2]), abs(router.ys[y1] - router.ys[y2])
    rank = {"sequenceFlow": 0, "messageFlow": 1}.get(request.edge.kind, 2)
    return rank, across + 2 * down


# --- where an edge may leave and arrive -----------------------------------------------------------------------------


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


def _request(
    graph: Graph, grid: Grid, edge: Edge, back: set[str], numbers: Mapping[str, int]
) -> Request | None:
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
    return replace(request, region=region, top=top, bottom=bottom)


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
    way = DOWN if below == arriving else UP
    return [
        ((x, y), way, 0.0)
        for x, line in enumerate(grid.x.lines)
        if line.kind not in (BORDER, SLOT) and 0 < x < len(grid.x.lines) - 1
    ]


# --- the search -----------------------------------------------------------------------------------------------------


def _lay(router: Router, number: int) -> None:
    route = _search(router, number)
    if route is None:
        return
    router.routes[number] = route
    for orientation, point in _points_of(router, route):
        table = router.flat if orientation == 0 else router.upright
        table.setdefault(point, []).append(number)


def _take_up(router: Router, number: int) -> None:
    route = router.routes.pop(number, None)
    if route is None:
        return
    for orientation, point in _points_of(router, route):
        (router.flat if orientation == 0 else router.upright)[point].remove(number)


def _points_of(router: Router, route: Route) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for (x1, y1), (x2, y2) in zip(route.points, route.points[1:], strict=False):
        if y1 == y2:
            found += [(0, x * router.height + y1) for x in range(min(x1, x2), max(x1, x2) + 1)]
        else:
            found += [(1, x1 * router.height + y) for y in range(min(y1, y2), max(y1, y2) + 1)]
    # Ends lie inside shapes, where an edge in and an edge out may meet.
    ends = {x * router.height + y for x, y in (route.points[0], route.points[-1])}
    return [item for item in found if item[1] not in ends]


def _ends(router: Router, request: Request) -> tuple[dict[int, list[tuple[int, float]]], tuple[float, ...]]:
    ends: dict[int, list[tuple[int, float]]] = {}
    for (x, y), way, cost in request.ends:
        ends.setdefault(x * router.height + y, []).append((way, cost))
    xs = [router.xs[x] for (x, _), _, _ in request.ends]
    ys = [router.ys[y] for (_, y), _, _ in request.ends]
    return ends, (min(xs), max(xs), min(ys), max(ys))


def _search(router: Router, number: int) -> Route | None:  # noqa: C901  one hot loop, kept in one place for speed
    request = router.requests[number]
    height, width, xs, ys = router.height, router.width, router.xs, router.ys
    ends, (x_low, x_high, y_low, y_high) = _ends(router, request)
    top, bottom = request.top, min(request.bottom, height)
    starts = {x * height + y for (x, y), _, _ in request.starts}
    tables = (router.flat, router.upright)
    owner, region, rim, own, home = router.owner, router.region, router.rim, request.own, request.region
    shares = [request.shares(other) for other in router.requests]
    best: dict[int, float] = {}
    came: dict[int, int] = {}
    heap: list[tuple[float, int, float, int]] = []
    tick = 0

    def rest(x: int, y: int) -> float:
        px, py = xs[x], ys[y]
        far = (x_low - px if px < x_low else px - x_high if px > x_high else 0.0) + (
            y_low - py if py < y_low else py - y_high if py > y_high else 0.0
        )
        return far * LENGTH

    def toll(point: int, orientation: int) -> float:
        total = 0.0
        along = tables[orientation].get(point)
        if along:
            for other in along:
                total += SAME_NET if shares[other] else OVERLAP
        across = tables[1 - orientation].get(point)
        if across:
            for other in across:
                if not along or other not in along:
                    total += SAME_NET_CROSSING if shares[other] else CROSSING
        return total

    for (x, y), way, cost in request.starts:
        state = (x * height + y) * 4 + way
        cost += toll(x * height + y, way & 1)
        if cost < best.get(state, 1e18):
            best[state] = cost
            heapq.heappush(heap, (cost + rest(x, y), tick, cost, state))
            tick += 1
    goal = -1
    while heap:
        _, _, cost, state = heapq.heappop(heap)
        if state == goal:
            return _walk_back(came, goal, height, cost)
        if cost > best[state]:
            continue
        point, way = state >> 2, state & 3
        x, y = divmod(point, height)
        if point in ends:
            for arrival, extra in ends[point]:
                if arrival == way and cost + extra < best.get(goal, 1e18):
                    best[goal] = cost + extra
                    came[goal] = state
                    heapq.heappush(heap, (cost + extra, tick, cost + extra, goal))
                    tick += 1
        held = owner[point] != 0 or point in starts or rim[point] != 0
        for turn in (0,) if held else (0, 1, 3):
            onward = (way + turn) & 3
            if turn and not _may_run(router, request, x, y, onward):
                continue
            dx, dy = _STEP[onward]
            nx, ny = x + dx, y + dy
            if not (0 <= nx < width and top < ny < bottom):
                continue
            after = nx * height + ny
            if owner[after] and owner[after] not in own:
                continue
            if home >= 0 and (region[after] != home or rim[after]) and after not in ends:
                continue
            price = cost + LENGTH * (abs(xs[nx] - xs[x]) + abs(ys[ny] - ys[y])) + toll(after, onward & 1)
            if turn:
                price += BEND + toll(point, onward & 1) * 0.5
            key = after * 4 + onward
            if price < best.get(key, 1e18):
                best[key] = price
                came[key] = state
                heapq.heappush(heap, (price + rest(nx, ny), tick, price, key))
                tick += 1
    return None


def _may_run(router: Router, request: Request, x: int, y: int, way: int) -> bool:
    """Tell whether an edge may turn here into a direction: never along a border, along a slot only its own."""
    if way & 1:
        fixed = router.x_fixed[x]
        return fixed == 0 or (fixed == 2 and x == request.slot)
    return router.y_fixed[y] == 0


def _walk_back(came: Mapping[int, int], goal: int, height: int, cost: float) -> Route:
    points: list[Point] = []
    state = came[goal]
    while True:
        x, y = divmod(state >> 2, height)
        if not points or points[-1] != (x, y):
            points.append((x, y))
        if state not in came:
            break
        state = came[state]
    points.reverse()
    corners = points[:1]
    for before, point, after in zip(points, points[1:], points[2:], strict=False):
        if not (before[0] == point[0] == after[0] or before[1] == point[1] == after[1]):
            corners.append(point)
    if len(points) > 1:
        corners.append(points[-1])
    return Route(tuple(corners), cost)
