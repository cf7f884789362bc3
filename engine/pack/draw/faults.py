"""What is wrong with the picture of a diagram: a lint over shapes, lines and labels.

Only geometry is judged; crossings are tolerated up to a few, because some procedures cannot be drawn without.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from lxml import etree

from engine.pack.draw.di import read_picture
from engine.pack.draw.geometry import Picture, Point, Rect
from engine.pack.draw.graph import Graph, Node, read_graph
from engine.pack.draw.strokes import along
from engine.problems import Problem
from engine.xml import parse_xml

MAX_NODES = 40
MAX_CROSSINGS = 8
SLACK = 1.0


def layout_faults(bpmn: bytes | etree._Element, file: str = "the diagram") -> list[Problem]:
    """List the faults of a diagram's picture; the rule of each problem names the kind of fault."""
    root = parse_xml(bpmn, file) if isinstance(bpmn, bytes) else bpmn
    return sorted(_Judge(read_graph(root), read_picture(root), file).all())


def crossings(bpmn: bytes | etree._Element) -> int:
    """Count the places where two edges of a diagram cross; edges from or to one node may meet."""
    root = parse_xml(bpmn, "the diagram") if isinstance(bpmn, bytes) else bpmn
    judge = _Judge(read_graph(root), read_picture(root), "the diagram")
    return len(judge.crossings())


class _Judge:
    def __init__(self, graph: Graph, picture: Picture, file: str) -> None:
        self.graph, self.picture, self.file = graph, picture, file
        self.nodes = [node for node in graph.nodes.values() if node.id in picture.shapes]
        self.lines: dict[str, int] = {node.id: node.line for node in graph.nodes.values()}
        self.lines |= {edge.id: edge.line for edge in graph.edges.values()}
        for pool in graph.pools:
            self.lines |= {pool.id or "": pool.line, **{lane.id: lane.line for lane in pool.lanes}}

    def problem(self, element: str, message: str, remedy: str, rule: str) -> Problem:
        return Problem(self.file, self.lines.get(element, 0), element, message, remedy, rule)

    def all(self) -> Iterator[Problem]:
        yield from self.undrawn()
        yield from self.overlapping()
        yield from self.outside()
        yield from self.edges()
        yield from self.merged()
        yield from self.labels()
        yield from self.size()

    def undrawn(self) -> Iterator[Problem]:
        rule, remedy = "everything is drawn", "Run `homeward pack tidy` on the file"
        if not self.picture.shapes and self.graph.nodes:
            yield self.problem(self.graph.plane, "is not laid out: it has no diagram", remedy, rule)
            return
        names = [
            name for pool in self.graph.pools for name in (pool.id, *(lane.id for lane in pool.lanes)) if name
        ]
        for element in [*names, *self.graph.nodes]:
            if element not in self.picture.shapes:
                yield self.problem(element, "has no place in the diagram", remedy, rule)
        for edge in self.graph.edges:
            if edge not in self.picture.edges:
                yield self.problem(edge, "has no line in the diagram", remedy, rule)

    def overlapping(self) -> Iterator[Problem]:
        for one, other in combinations(self.nodes, 2):
            if (
                other.host == one.id
                or one.host == other.id
                or self.stands_in(one, other)
                or self.stands_in(other, one)
            ):
                continue
            a, b = self.picture.shapes[one.id], self.picture.shapes[other.id]
            if a.overlaps(b, SLACK):
                yield self.problem(
                    other.id, f"lies over {one.name or one.id}", "Move one of them", "shapes do not overlap"
                )

    def stands_in(self, node: Node, box: Node) -> bool:
        scope = node.scope
        while scope in self.graph.nodes:
            if scope == box.id:
                return True
            scope = self.graph.nodes[scope].scope
        return False

    def outside(self) -> Iterator[Problem]:
        rule = "nodes lie within their lane"
        pool_of = {pool.process: pool for pool in self.graph.pools if pool.process}
        for node in self.nodes:
            if node.host is not None:
                continue
            shape = self.picture.shapes[node.id]
            pool = pool_of.get(node.scope)
            for holder in (node.scope, node.lane, pool.id if pool else None):
                around = self.picture.shapes.get(holder or "")
                if around is not None and not around.holds(shape):
                    yield self.problem(node.id, f"lies outside {holder}", "Move it inside", rule)
                    break
        for node in self.nodes:
            host = self.picture.shapes.get(node.host or "")
            if host is not None and not _on_rim(host, self.picture.shapes[node.id].centre):
                yield self.problem(node.id, "does not sit on the rim of its activity", "Move it there", rule)

    def edges(self) -> Iterator[Problem]:
        for edge_id, points in self.picture.edges.items():
            edge = self.graph.edges.get(edge_id)
            if edge is None:
                continue
            for one, other in pairwise(points):
                if (
                    edge.kind == "sequenceFlow"
                    and abs(one.x - other.x) > SLACK
                    and abs(one.y - other.y) > SLACK
                ):
                    yield self.problem(
                        edge_id, "runs aslant", "Draw it level or upright", "flows are not diagonal"
                    )
                    break
            for node in self.in_the_way(edge_id, points):
                yield self.problem(
                    edge_id, f"runs through {node.name or node.id}", "Lead it round", "flows avoid shapes"
                )
            for end, point in ((edge.source, points[0]), (edge.target, points[-1])):
                shape = self.picture.shapes.get(end)
                if shape is not None and not shape.grown(2).holds(Rect(point.x, point.y, 0, 0)):
                    yield self.problem(
                        edge_id, f"does not touch {end}", "Join them", "flows touch their ends"
                    )

    def in_the_way(self, edge_id: str, points: tuple[Point, ...]) -> list[Node]:
        edge = self.graph.edges[edge_id]
        found = []
        for node in self.nodes:
            if node.id in (edge.source, edge.target, self.graph.host_of(edge.source)):
                continue
            if node.is_subprocess and self.passes_into(edge_id, node):
                continue
            shape = self.picture.shapes[node.id]
            if any(shape.is_cut_by(one, other, SLACK) for one, other in pairwise(points)):
                found.append(node)
        return found

    def passes_into(self, edge_id: str, box: Node) -> bool:
        """Tell whether an edge may be seen inside a subprocess: it belongs there, or is a message to something in it."""
        edge = self.graph.edges[edge_id]
        if edge.kind == "messageFlow":
            return True
        ends = [self.graph.nodes[end] for end in (edge.source, edge.target) if end in self.graph.nodes]
        return any(self.stands_in(end, box) for end in ends)

    def merged(self) -> Iterator[Problem]:
        """Find lines on top of each other that share neither source nor target: nobody can tell them apart."""
        for (one, first), (other, second) in combinations(self.picture.edges.items(), 2):
            a, b = self.graph.edges.get(one), self.graph.edges.get(other)
            if (
                a is None
                or b is None
                or (a.kind == b.kind and (a.source == b.source or a.target == b.target))
            ):
                continue
            if any(along(p, q) for p in pairwise(first) for q in pairwise(second)):
                yield self.problem(other, f"lies on the line {one}", "Move one of them", "flows keep apart")

    def crossings(self) -> list[tuple[str, str]]:
        found = []
        for (one, first), (other, second) in combinations(self.picture.edges.items(), 2):
            a, b = self.graph.edges.get(one), self.graph.edges.get(other)
            if a is None or b is None or a.source == b.source or a.target == b.target:
                continue
            for p, q in pairwise(first):
                found += [(one, other) for r, s in pairwise(second) if _cross(p, q, r, s)]
        return found

    def labels(self) -> Iterator[Problem]:
        wanted = [node.id for node in self.nodes if node.name and (node.is_event or node.is_gateway)]
        wanted += [e.id for e in self.graph.edges.values() if e.name and e.id in self.picture.edges]
        for element in wanted:
            if element not in self.picture.labels:
                yield self.problem(
                    element,
                    "has a name without a place",
                    "Run `homeward pack tidy --all`",
                    "labels have a place",
                )
        placed = {element: rect for element, rect in self.picture.labels.items() if element in wanted}
        rule = "labels are clear of shapes and lines"
        for element, rect in placed.items():
            for node in self.nodes:
                shape = self.picture.shapes[node.id]
                if node.is_subprocess and (shape.holds(rect) or not _cuts_rim(shape, rect)):
                    continue
                if node.id != element and shape.overlaps(rect, 2.0):
                    yield self.problem(
                        element, f"has its label over {node.name or node.id}", "Move the label", rule
                    )
            for edge, points in self.picture.edges.items():
                if any(rect.is_cut_by(one, other, 2.0) for one, other in pairwise(points)):
                    yield self.problem(element, f"has its label over the line {edge}", "Move the label", rule)
        for (one, a), (other, b) in combinations(placed.items(), 2):
            if a.overlaps(b, 2.0):
                yield self.problem(one, f"has its label over that of {other}", "Move the label", rule)

    def size(self) -> Iterator[Problem]:
        count = sum(node.is_flow_node for node in self.graph.nodes.values())
        if count > MAX_NODES:
            yield self.problem(
                self.graph.plane,
                f"has {count} nodes, more than the {MAX_NODES} that a page can show",
                "Move a part into a process of its own and call it",
                "diagrams are small",
            )
        crossed = len(self.crossings())
        if crossed > MAX_CROSSINGS:
            yield self.problem(
                self.graph.plane,
                f"has {crossed} crossings of lines, more than {MAX_CROSSINGS}",
                "Move nodes, or move a part into a process of its own",
                "flows seldom cross",
            )


def _on_rim(host: Rect, point: Point) -> bool:
    inside, outside = host.grown(-4), host.grown(4)
    spot = Rect(point.x, point.y, 0, 0)
    return outside.holds(spot) and not (
        inside.x < point.x < inside.right and inside.y < point.y < inside.bottom
    )


def _cuts_rim(shape: Rect, rect: Rect) -> bool:
    return shape.overlaps(rect, 2.0) and not shape.holds(rect)


def _cross(p: Point, q: Point, r: Point, s: Point) -> bool:
    if p.y == q.y and r.x == s.x:
        return min(p.x, q.x) < r.x < max(p.x, q.x) and min(r.y, s.y) < p.y < max(r.y, s.y)
    if p.x == q.x and r.y == s.y:
        return min(r.x, s.x) < p.x < max(r.x, s.x) and min(p.y, q.y) < r.y < max(p.y, q.y)
    return False
