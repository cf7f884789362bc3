"""Ways for the edges along the lines of a grid: few bends, few crossings, never two edges on one line.

Every edge is found as a cheapest way by A*, then taken up and laid again among the others until nothing improves.
Edges that leave one node or enter one node may share their first or last stretch, as printed diagrams do.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.pack.draw.doors import DOWN, LEFT, RIGHT, UP, Point, Request, request_for
from engine.pack.draw.graph import Graph
from engine.pack.draw.grid import BORDER, SLOT, Grid

_STEP = ((1, 0), (0, 1), (-1, 0), (0, -1))

BEND, CROSSING, OVERLAP, LENGTH = 10.0, 26.0, 200.0, 0.06
SAME_NET_CROSSING, SAME_NET = 4.0, 0.05
SIDE_TAKEN = 9.0  # another way out leaves a gateway through the same corner


@dataclass(frozen=True)
class Route:
    """The corners of one edge, from line to line, ends included."""

    points: tuple[Point, ...]
    cost: float = 0.0


@dataclass
class Router:
    """The state of the grid while edges are laid."""

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

    def sides_taken(self, request: Request) -> set[int]:
        """List the directions in which other edges leave the source of a request."""
        return {
            way_out(route)
            for number, route in self.routes.items()
            if self.requests[number].source == request.source and self.requests[number] is not request
        }


def way_out(route: Route) -> int:
    """Give the direction in which a route leaves its source."""
    (x1, y1), (x2, y2) = route.points[0], route.points[1]
    if y1 == y2:
        return RIGHT if x2 > x1 else LEFT
    return DOWN if y2 > y1 else UP


def route_all(graph: Graph, grid: Grid, back: set[str], numbers: Mapping[str, int]) -> dict[str, Route]:
    """Find a way for every edge; `numbers` gives each node and scope a number greater than 0."""
    router = _router(grid, numbers)
    router.requests = [
        request
        for edge in graph.edges.values()
        if (request := request_for(graph, grid, edge, back, numbers)) is not None
    ]
    return find_ways(router)


def find_ways(router: Router, rounds: int = 3, count: int | None = None) -> dict[str, Route]:
    """Lay the first `count` requests of a router, or all, the most urgent first; then each again in some rounds."""
    number_of = len(router.requests) if count is None else count
    order = sorted(range(number_of), key=lambda n: (_urgency(router, n), n))
    for number in order:
        _lay(router, number)
    for _ in range(rounds):
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


def _lay(router: Router, number: int) -> None:
    route = _search(router, number) or _plain(router.requests[number])
    router.routes[number] = route
    occupy(router, number, _points_of(router, route))


def _plain(request: Request) -> Route:
    """Give a way of one corner where there is no better; the lint will show what it runs through."""
    (x1, y1), (x2, y2) = request.starts[0][0], request.ends[0][0]
    corners = [(x1, y1), (x2, y1), (x2, y2)]
    return Route(tuple(dict.fromkeys(corners)))


def occupy(router: Router, number: int, points: list[tuple[int, int]]) -> None:
    """Enter a line that lies already, for the request of that number, as (0 level or 1 upright, point)."""
    for orientation, point in points:
        (router.flat if orientation == 0 else router.upright).setdefault(point, []).append(number)


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
            total += SAME_NET  # once, however many share the stretch, so that bundles stay together
            for other in along:
                total += 0.0 if shares[other] else OVERLAP
        across = tables[1 - orientation].get(point)
        if across:
            for other in across:
                if not along or other not in along:
                    total += SAME_NET_CROSSING if shares[other] else CROSSING
        return total

    taken = router.sides_taken(request) if request.spreads else set()
    for (x, y), way, cost in request.starts:
        cost += SIDE_TAKEN if way in taken else 0.0
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
