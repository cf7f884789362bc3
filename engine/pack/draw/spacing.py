"""Coordinates along one axis: everything as close as its neighbours allow, tracks in the middle of what is left.

Positions follow from least distances between bodies (a column with all that stands in it, a border, a stretch of a
track). Packing to the left and packing to the right are both valid, and so is every mean of the two: the mean is used,
which centres tracks in their gutters.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Body = Hashable


@dataclass
class Spacing:
    """Bodies in order along an axis, and the least distances between them in pixels."""

    order: dict[Body, int] = field(default_factory=dict)
    firm: set[Body] = field(default_factory=set)  # placed as far left as can be; the others float between
    least: list[tuple[Body, Body, float]] = field(default_factory=list)

    def add(self, body: Body, *, firm: bool) -> None:
        """Add the next body to the right of all before."""
        self.order.setdefault(body, len(self.order))
        if firm:
            self.firm.add(body)

    def keep(self, one: Body, other: Body, distance: float) -> None:
        """Demand that `other` lies at least `distance` to the right of `one`."""
        if self.order[one] >= self.order[other]:
            raise ValueError(f"{one!r} does not stand before {other!r}")
        self.least.append((one, other, distance))

    def solve(self) -> dict[Body, float]:
        """Give each body its position in whole pixels, the first at 0."""
        into: dict[Body, list[tuple[Body, float]]] = {}
        out: dict[Body, list[tuple[Body, float]]] = {}
        for one, other, distance in self.least:
            into.setdefault(other, []).append((one, distance))
            out.setdefault(one, []).append((other, distance))
        early: dict[Body, float] = {}
        for body in self.order:
            early[body] = max((early[one] + far for one, far in into.get(body, ())), default=0.0)
        late = dict(early)
        for body in reversed(list(self.order)):
            if body not in self.firm and body in out:
                late[body] = min(late[other] - far for other, far in out[body])
        return {body: float(round((early[body] + late[body]) / 2)) for body in self.order}


def merged(spans: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Give the span that holds all of some spans."""
    listed = list(spans)
    return min(low for low, _ in listed), max(high for _, high in listed)


def groups_of_stretches(
    stretches: Sequence[tuple[int, int, int, int]], related: Mapping[tuple[int, int], bool]
) -> list[list[int]]:
    """Join stretches of one line that belong together: those of related edges that touch.

    Each stretch is (line, from, to, edge); the answer lists the numbers of the stretches in each group.
    """
    parent = list(range(len(stretches)))

    def find(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for one, (line1, low1, high1, edge1) in enumerate(stretches):
        for other in range(one + 1, len(stretches)):
            line2, low2, high2, edge2 = stretches[other]
            if line1 != line2 or high1 < low2 or high2 < low1:
                continue
            if edge1 == edge2 or related.get((edge1, edge2), False):
                parent[find(other)] = find(one)
    found: dict[int, list[int]] = {}
    for item in range(len(stretches)):
        found.setdefault(find(item), []).append(item)
    return list(found.values())
