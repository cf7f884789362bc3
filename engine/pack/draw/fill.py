"""Find room for what was added to a diagram that is otherwise placed already.

What has a place keeps it: new nodes go beside the node that leads to them, new lines round everything that stands. If
there is no room, the file is refused rather than squeezed, since its author can make room or have all laid out anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from engine.pack.draw.di import UntidyFile
from engine.pack.draw.doors import DOWN, LEFT, RIGHT, UP, Port, Request
from engine.pack.draw.geometry import Picture, Point, Rect
from engine.pack.draw.graph import Edge, Graph, Node
from engine.pack.draw.measures import EVENT, HEADER, LABEL_GAP, label_size, node_size
from engine.pack.draw.routing import Router, find_ways, occupy

STEP, CLEAR, GAP = 10.0, 14.0, 50.0
TRIES = 60


def fill_in(graph: Graph, held: Picture, name: str) -> Picture:
    """Return the geometry of what `held` does not place; raises UntidyFile where there is no room."""
    return _Filler(graph, held, name).fill()


class _Filler:
    def __init__(self, graph: Graph, held: Picture, name: str) -> None:
        self.graph, self.name = graph, name
        self.shapes = dict(held.shapes)
        self.held = held
        self.labels = dict(held.labels)
        self.new = Picture()

    def fill(self) -> Picture:
        self._refuse_new_containers()
        for node in self._missing():
            rect = self._attached(node) if node.host else self._place(node)
            self.shapes[node.id] = self.new.shapes[node.id] = rect
            label = self._label_of(node, rect)
            if label is not None:
                self.labels[node.id] = self.new.labels[node.id] = label
        edges = [edge for edge in self.graph.edges.values() if edge.id not in self.held.edges]
        if edges:
            self._route(edges)
        return self.new

    def _refuse_new_containers(self) -> None:
        wanted = [
            item for pool in self.graph.pools for item in (pool.id, *(lane.id for lane in pool.lanes)) if item
        ]
        wanted += [node.id for node in self.graph.nodes.values() if node.is_subprocess]
        for element in wanted:
            if element not in self.shapes:
                raise UntidyFile(
                    f"{self.name}: {element} is a pool, lane or subprocess without a place in the diagram;"
                    " run tidy with --all, or place it in a modeller"
                )

    def _missing(self) -> Iterator[Node]:
        """Give the nodes without a place, each after those that lead to it where that can be."""
        waiting = [node for node in self.graph.nodes.values() if node.id not in self.shapes]
        while waiting:
            ready = next((node for node in waiting if self._neighbour(node) is not None), waiting[0])
            waiting.remove(ready)
            yield ready

    def _neighbour(self, node: Node) -> tuple[Rect, int] | None:
        """Find a placed node next to a node, and the side on which to stand: 1 after it, -1 before, 0 above."""
        if node.host is not None:
            return (self.shapes[node.host], 1) if node.host in self.shapes else None
        for edge in self.graph.edges.values():
            if edge.target == node.id and self.graph.host_of(edge.source) in self.shapes:
                return self.shapes[self.graph.host_of(edge.source)], 0 if node.is_artifact else 1
        for edge in self.graph.edges.values():
            if edge.source == node.id and edge.target in self.shapes:
                return self.shapes[edge.target], 0 if node.is_artifact else -1
        return None

    def _container(self, node: Node) -> Rect | None:
        if node.scope in self.graph.nodes:
            box = self.shapes[node.scope]
            return Rect(box.x + 10, box.y + 26, box.width - 20, box.height - 36)
        pool = next((pool for pool in self.graph.pools if pool.process == node.scope), None)
        element = node.lane or (pool.id if pool else None)
        if element is None or element not in self.shapes:
            return None
        box = self.shapes[element]
        return Rect(box.x + HEADER + 10, box.y + 10, box.width - HEADER - 20, box.height - 20)

    def _place(self, node: Node) -> Rect:
        wide, high = node_size(node)
        inside = self._container(node)
        found = self._neighbour(node)
        if found is None:
            around = inside or Rect(160.0, 80.0, 0.0, 0.0)
            found = Rect(around.x - GAP + 20, around.y + 20, 0.0, high), 1
        near, side = found
        x = near.right + GAP if side > 0 else near.x - GAP - wide if side < 0 else near.x
        y = near.centre.y - high / 2 if side else near.y - high - GAP
        if inside is not None:
            x = min(max(x, inside.x), max(inside.x, inside.right - wide))
            y = min(max(y, inside.y), max(inside.y, inside.bottom - high))
        for across in range(2 * TRIES):
            for down in range(2 * TRIES):
                rect = Rect(float(round(x + _aside(across))), float(round(y + _aside(down))), wide, high)
                if side > 0 and rect.x < near.x:
                    continue  # a step never stands before the one that leads to it
                if self._is_free(node, rect, inside):
                    return rect
        raise UntidyFile(
            f"{self.name}: no room for {node.name or node.id} beside what is placed;"
            " make its lane or subprocess larger, or run tidy with --all"
        )

    def _is_free(self, node: Node, rect: Rect, inside: Rect | None) -> bool:
        size = label_size(node)
        reach = max(0.0, size[0] / 2 - rect.width / 2) if size is not None else 0.0
        if inside is not None and not inside.holds(
            Rect(rect.x - reach, rect.y, rect.width + 2 * reach, rect.height)
        ):
            return False
        taken = rect.grown(CLEAR)
        if size is not None:
            taken = Rect(taken.x - reach, taken.y, taken.width + 2 * reach, taken.height + size[1])
        for other in self.graph.nodes.values():
            if other.id in self.shapes and other.id != node.scope and not self._holds(other, node):
                if self.shapes[other.id].overlaps(taken):
                    return False
        if any(label.overlaps(taken) for label in self.labels.values()):
            return False
        return not any(
            rect.grown(4).is_cut_by(one, other)
            for points in self.held.edges.values()
            for one, other in pairwise(points)
        )

    def _holds(self, box: Node, node: Node) -> bool:
        scope = node.scope
        while scope in self.graph.nodes:
            if scope == box.id:
                return True
            scope = self.graph.nodes[scope].scope
        return False

    def _attached(self, node: Node) -> Rect:
        host = self.shapes[node.host or ""]
        x = host.right - 54.0
        while x > host.x:
            rect = Rect(x, host.bottom - EVENT / 2, EVENT, EVENT)
            others = (self.shapes[o.id] for o in self.graph.attached(node.host or "") if o.id in self.shapes)
            if not any(rect.grown(6).overlaps(other) for other in others):
                return rect
            x -= STEP
        raise UntidyFile(
            f"{self.name}: no room for {node.name or node.id} on the rim of its activity; widen it"
        )

    def _label_of(self, node: Node, rect: Rect) -> Rect | None:
        size = label_size(node)
        if size is None:
            return None
        wide, high = size
        below = Rect(rect.centre.x - wide / 2, rect.bottom + LABEL_GAP, wide, high)
        above = Rect(rect.centre.x - wide / 2, rect.y - LABEL_GAP - high, wide, high)
        left = Rect(rect.x - 2 - wide, rect.centre.y + 3, wide, high)
        choices = [left, below] if node.host else [above, below] if node.is_gateway else [below, above]
        return self._clearest(choices, node.id)

    def _clearest(self, choices: Iterable[Rect], owner: str) -> Rect:
        def trouble(rect: Rect) -> float:
            hits = sum(
                rect.overlaps(s) for key, s in self.shapes.items() if key != owner and key in self.graph.nodes
            )
            hits += sum(rect.overlaps(label) for key, label in self.labels.items() if key != owner)
            lines = [*self.held.edges.values(), *self.new.edges.values()]
            hits += sum(rect.is_cut_by(a, b) for points in lines for a, b in pairwise(points))
            return float(hits)

        best = min(choices, key=trouble)
        return Rect(float(round(best.x)), float(round(best.y)), best.width, best.height)

    # --- lines ------------------------------------------------------------------------------------------------------

    def _route(self, edges: list[Edge]) -> None:
        solid = {key: self.shapes[key] for key in self.graph.nodes if key in self.shapes}
        xs = _lines(value for rect in solid.values() for value in (rect.x, rect.centre.x, rect.right))
        ys = _lines(value for rect in solid.values() for value in (rect.y, rect.centre.y, rect.bottom))
        numbers = {node: number for number, node in enumerate(self.graph.nodes, start=1)}
        owner = [0] * (len(xs) * len(ys))
        region = [0] * (len(xs) * len(ys))
        boxes = sorted(
            (n for n in self.graph.nodes.values() if n.is_subprocess), key=lambda n: -solid[n.id].width
        )
        for node in [
            *boxes,
            *(n for n in self.graph.nodes.values() if not n.is_subprocess and n.id in solid),
        ]:
            rect = solid[node.id]
            for i, x in enumerate(xs):
                for j, y in enumerate(ys):
                    if rect.x <= x <= rect.right and rect.y <= y <= rect.bottom:
                        (region if node.is_subprocess else owner)[i * len(ys) + j] = numbers[node.id]
        free = [0] * len(xs)
        router = Router(len(xs), len(ys), owner, region, [0] * len(owner), xs, ys, free, [0] * len(ys))
        router.requests = [self._request(edge, xs, ys, numbers) for edge in edges]
        fixed = [edge for edge in self.graph.edges.values() if edge.id in self.held.edges]
        for edge in fixed:
            router.requests.append(
                Request(edge, (), (), 0, frozenset(), source=edge.source, target=edge.target)
            )
            occupy(router, len(router.requests) - 1, list(self._points(edge.id, xs, ys)))
        laid = find_ways(router, count=len(edges))
        for edge in edges:
            points = [Point(xs[x], ys[y]) for x, y in laid[edge.id].points]
            self.new.edges[edge.id] = self._clipped(edge, points)
        for edge in edges:
            size = label_size(edge)
            if size is not None:
                self.labels[edge.id] = self.new.labels[edge.id] = self._flow_label(
                    self.new.edges[edge.id], size
                )

    def _points(self, edge: str, xs: list[float], ys: list[float]) -> Iterator[tuple[int, int]]:
        for one, other in pairwise(self.held.edges[edge]):
            low, high = (
                Point(min(one.x, other.x), min(one.y, other.y)),
                Point(max(one.x, other.x), max(one.y, other.y)),
            )
            for i, x in enumerate(xs):
                for j, y in enumerate(ys):
                    if high.y - low.y < 1 and abs(y - one.y) < 6 and low.x <= x <= high.x:
                        yield 0, i * len(ys) + j
                    if high.x - low.x < 1 and abs(x - one.x) < 6 and low.y <= y <= high.y:
                        yield 1, i * len(ys) + j

    def _request(self, edge: Edge, xs: list[float], ys: list[float], numbers: dict[str, int]) -> Request:
        own = {numbers[self.graph.host_of(end)] for end in (edge.source, edge.target) if end in numbers}
        own |= {numbers[end] for end in (edge.source, edge.target) if end in numbers}
        scope = self.graph.nodes[edge.source].scope if edge.source in self.graph.nodes else ""
        region = numbers.get(scope, 0) if edge.kind != "messageFlow" else -1
        starts = self._doors(edge, edge.source, edge.target, xs, ys, arriving=False)
        ends = self._doors(edge, edge.target, edge.source, xs, ys, arriving=True)
        return Request(edge, starts, ends, region, frozenset(own), source=edge.source, target=edge.target)

    def _doors(
        self, edge: Edge, end: str, other: str, xs: list[float], ys: list[float], *, arriving: bool
    ) -> list[Port]:
        rect = self.shapes[end]
        node = self.graph.nodes.get(end)
        if node is None:
            far = self.shapes[self.graph.host_of(other)]
            below = rect.y > far.y
            y = _nearest(ys, far.bottom if below else far.y)
            return [((x, y), DOWN if below == arriving else UP, 0.0) for x in range(len(xs))]
        x, y = _nearest(xs, rect.centre.x), _nearest(ys, rect.centre.y)
        if node.host is not None:
            return [((x, y), UP if arriving else DOWN, 0.0)]
        sides = {RIGHT: 0.0, DOWN: 12.0, UP: 14.0, LEFT: 60.0}
        if node.is_gateway:
            sides = {RIGHT: 0.0, DOWN: 1.0, UP: 1.0, LEFT: 40.0}
        if edge.kind != "sequenceFlow":
            sides = {UP: 0.0, DOWN: 0.0, LEFT: 20.0, RIGHT: 20.0}
        if node.is_subprocess:
            spots = {
                RIGHT: (_nearest(xs, rect.x if arriving else rect.right), y),
                LEFT: (_nearest(xs, rect.right if arriving else rect.x), y),
                DOWN: (x, _nearest(ys, rect.y if arriving else rect.bottom)),
                UP: (x, _nearest(ys, rect.bottom if arriving else rect.y)),
            }
            return [(spots[way], way, cost) for way, cost in sides.items()]
        return [((x, y), way, cost) for way, cost in sides.items()]

    def _clipped(self, edge: Edge, points: list[Point]) -> tuple[Point, ...]:
        points = list(points)
        for index, inner, end, other in (
            (0, 1, edge.source, edge.target),
            (-1, -2, edge.target, edge.source),
        ):
            rect = self.shapes[end]
            at, towards = points[index], points[inner]
            if end not in self.graph.nodes:
                points[index] = Point(
                    at.x, rect.y if rect.y > self.shapes[self.graph.host_of(other)].y else rect.bottom
                )
            elif at.y == towards.y:
                points[index] = Point(rect.right if towards.x > at.x else rect.x, at.y)
            else:
                points[index] = Point(at.x, rect.bottom if towards.y > at.y else rect.y)
        return tuple(points)

    def _flow_label(self, points: tuple[Point, ...], size: tuple[float, float]) -> Rect:
        wide, high = size
        choices = []
        for one, other in pairwise(points):
            if one.y == other.y:
                x = one.x + 8 if other.x > one.x else one.x - 8 - wide
                choices += [Rect(x, one.y - high - 2, wide, high), Rect(x, one.y + 3, wide, high)]
            else:
                y = one.y + 8 if other.y > one.y else one.y - 8 - high
                choices += [Rect(one.x + 5, y, wide, high), Rect(one.x - 5 - wide, y, wide, high)]
        return self._clearest(choices, "")


def _aside(number: int) -> float:
    """Count outwards from 0 by turns: a step further, a step back, two steps further …"""
    return (number + 1) // 2 * STEP * (1 if number % 2 else -1)


def _lines(values: Iterable[float]) -> list[float]:
    """Give the places of lines: through all values, and at some distances from them."""
    return sorted({float(value + far) for value in values for far in (-24.0, -12.0, 0.0, 12.0, 24.0)})


def _nearest(lines: list[float], value: float) -> int:
    return min(range(len(lines)), key=lambda n: abs(lines[n] - value))
