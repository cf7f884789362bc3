"""Which column each node stands in: the longest way from a start, so that time runs from left to right.

A flow that leads back to an earlier node takes no part; nodes with room to spare move towards what follows them, which
shortens the lines of late starts and side branches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Links:
    """The flows of one scope between nodes that have cells of their own (boundary events stand for their host)."""

    order: Sequence[str]  # the nodes, in document order
    pairs: Sequence[tuple[str, str]]
    starts: Sequence[str]
    span: Mapping[str, int]
    fixed: Mapping[str, int] = field(default_factory=dict)


def back_pairs(links: Links) -> frozenset[tuple[str, str]]:
    """Find the flows that close a loop, searching depth first from the starts in document order."""
    following: dict[str, list[str]] = {}
    for one, other in links.pairs:
        following.setdefault(one, []).append(other)
    entered = {other for _, other in links.pairs}
    roots = [*links.starts, *(node for node in links.order if node not in entered), *links.order]
    state: dict[str, int] = {}
    back: set[tuple[str, str]] = set()
    for root in roots:
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(following.get(root, ())))]
        while stack:
            node, rest = stack[-1]
            for after in rest:
                if after not in state:
                    state[after] = 1
                    stack.append((after, iter(following.get(after, ()))))
                    break
                if state[after] == 1:
                    back.add((node, after))
            else:
                state[node] = 2
                stack.pop()
    return frozenset(back)


def assign_columns(links: Links, back: frozenset[tuple[str, str]]) -> dict[str, int]:
    """Give each node its column, counted from 0."""
    forward = [pair for pair in links.pairs if pair not in back]
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for one, other in forward:
        before.setdefault(other, []).append(one)
        after.setdefault(one, []).append(other)
    order = _topological(links.order, before, after)
    column: dict[str, int] = {}
    for node in order:
        least = max((column[one] + links.span[one] for one in before.get(node, ())), default=0)
        column[node] = links.fixed.get(node, least)
    _move_right(list(reversed(order)), links, before, after, column)
    lowest = min(column.values(), default=0)
    return {node: value - lowest for node, value in column.items()}


def _topological(
    nodes: Sequence[str], before: Mapping[str, list[str]], after: Mapping[str, list[str]]
) -> list[str]:
    waiting = {node: len(before.get(node, ())) for node in nodes}
    ready = [node for node in nodes if waiting[node] == 0]
    order: list[str] = []
    while ready:
        node = ready.pop(0)
        order.append(node)
        for other in after.get(node, ()):
            waiting[other] -= 1
            if waiting[other] == 0:
                ready.append(other)
    return order


def _move_right(
    order: Sequence[str],
    links: Links,
    before: Mapping[str, list[str]],
    after: Mapping[str, list[str]],
    column: dict[str, int],
) -> None:
    for _ in range(4):
        for node in order:
            followers = after.get(node, ())
            if node in links.fixed or not followers or len(before.get(node, ())) >= len(followers):
                continue
            column[node] = max(column[node], min(column[other] for other in followers) - links.span[node])
