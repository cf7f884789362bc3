"""Questions about the shape of a diagram that several rules ask.

Everything is asked within one scope: a subprocess counts as one node of the scope around it, since no flow crosses its
border.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from engine.pack.diagram import ACTIVITIES, SUBPROCESSES, Diagram, Node

_WAITING = frozenset({"userTask", "manualTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway"})
_CONDITIONAL = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})


def diverges(node: Node) -> bool:
    """Tell whether several flows leave a node."""
    return len(node.outgoing) > 1


def joins(node: Node) -> bool:
    """Tell whether several flows lead to a node."""
    return len(node.incoming) > 1


def asks(node: Node) -> bool:
    """Tell whether a node is a gateway at which conditions decide."""
    return node.kind in _CONDITIONAL and diverges(node)


def waits(diagram: Diagram, node: Node) -> bool:
    """Tell whether a token rests at a node until somebody acts or time passes; a called process is taken to wait."""
    if node.kind in SUBPROCESSES:
        return any(waits(diagram, inner) for inner in diagram.inside(node.id))
    return node.kind in _WAITING or node.kind == "callActivity"


def loops(diagram: Diagram, scope: str, keep: Callable[[Node], bool] = lambda node: True) -> list[list[Node]]:
    """Return the groups of nodes of a scope that lie on a common circle of flows, using only nodes to keep."""
    nodes = [node for node in diagram.inside(scope) if keep(node)]
    kept = {node.id for node in nodes}
    following = {node.id: [n.id for n in diagram.next_of(node) if n.id in kept] for node in nodes}
    groups = [
        group for group in _strong_components(following) if len(group) > 1 or group[0] in following[group[0]]
    ]
    return [
        [diagram.nodes[name] for name in sorted(group, key=lambda n: diagram.nodes[n].line)]
        for group in groups
    ]


def _strong_components(following: dict[str, list[str]]) -> Iterator[list[str]]:
    """Yield the strongly connected components of a graph (Tarjan), without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    held: set[str] = set()
    for root in following:
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(following[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        held.add(root)
        while work:
            name, rest = work[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    held.add(other)
                    work.append((other, iter(following[other])))
                    break
                if other in held:
                    low[name] = min(low[name], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    component: list[str] = []
                    while not component or component[-1] != name:
                        component.append(stack.pop())
                        held.discard(component[-1])
                    yield component


def reached(diagram: Diagram, scope: str) -> set[str]:
    """Return the ids of a scope's nodes that a token can come to from its start."""
    found: set[str] = set()
    waiting = [node for node in diagram.inside(scope) if node.kind == "startEvent"]
    while waiting:
        node = waiting.pop()
        if node.id not in found:
            found.add(node.id)
            waiting.extend(diagram.next_of(node))
    return found


class Concurrency:
    """Which flows of a scope can hold a token at the same time.

    Computed as the concurrency relation of free-choice nets (Kovalyov): the branches of a fork are concurrent, and
    whatever follows a flow is concurrent with what the flow is concurrent with; a join passes this on only from all of
    its flows. Exact for diagrams without other faults of shape.
    """

    def __init__(self, diagram: Diagram, scope: str) -> None:
        self.diagram = diagram
        self.nodes = diagram.inside(scope)
        self.after: dict[str, set[str]] = {}
        self.pairs: set[frozenset[str]] = set()
        self._work: list[tuple[str, str]] = []
        for node in self.nodes:
            for one, other in self._forked(node):
                self._add(one, other)
        while self._work:
            one, other = self._work.pop()
            self._pass_on(one, other)
            self._pass_on(other, one)

    def together(self, one: str, other: str) -> bool:
        """Tell whether two flows can hold a token at once."""
        return frozenset((one, other)) in self.pairs

    def _add(self, one: str, other: str) -> None:
        pair = frozenset((one, other))
        if pair not in self.pairs:
            self.pairs.add(pair)
            self._work.append((one, other))

    def _forked(self, node: Node) -> Iterable[tuple[str, str]]:
        """Yield the pairs of flows that a node can give a token at once."""
        if node.kind not in ("exclusiveGateway", "eventBasedGateway", "complexGateway"):
            yield from combinations(node.outgoing, 2)
        if node.kind in ACTIVITIES:
            for boundary in self.diagram.boundaries(node):
                if not boundary.interrupting:
                    for out in boundary.outgoing:
                        yield from ((out, other) for other in self._left(node) if other != out)

    def _left(self, node: Node) -> list[str]:
        """Return the flows by which a token can leave a node, over its boundary events too."""
        found = list(node.outgoing)
        for boundary in self.diagram.boundaries(node):
            found.extend(boundary.outgoing)
        return found

    def _pass_on(self, flow: str, other: str) -> None:
        """Carry the relation over the node that a flow leads to."""
        node = self.diagram.nodes[self.diagram.arrows[flow].target]
        if node.kind == "parallelGateway" and joins(node):
            if not all(self.together(arrow, other) for arrow in node.incoming):
                return
        elif node.kind == "inclusiveGateway" and joins(node) and self._leads_to(other, node):
            return
        for out in self._left(node):
            if out != other:
                self._add(out, other)

    def _leads_to(self, flow: str, node: Node) -> bool:
        start = self.diagram.arrows[flow].target
        if start not in self.after:
            found: set[str] = {start}
            waiting = [start]
            while waiting:
                for following in self.diagram.next_of(self.diagram.nodes[waiting.pop()]):
                    if following.id not in found:
                        found.add(following.id)
                        waiting.append(following.id)
            self.after[start] = found
        return node.id in self.after[start]
