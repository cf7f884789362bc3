"""Rectangles and points in pixels: what a layout is made of once it has coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Point(NamedTuple):
    """A place on the canvas; y grows downwards."""

    x: float
    y: float


class Rect(NamedTuple):
    """An upright rectangle by its upper left corner and size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> Point:
        return Point(self.x + self.width / 2, self.y + self.height / 2)

    def overlaps(self, other: Rect, slack: float = 0.0) -> bool:
        """Tell whether two rectangles share more than `slack` pixels in both directions."""
        return (
            min(self.right, other.right) - max(self.x, other.x) > slack
            and min(self.bottom, other.bottom) - max(self.y, other.y) > slack
        )

    def holds(self, other: Rect, slack: float = 0.5) -> bool:
        """Tell whether another rectangle lies wholly inside."""
        return (
            other.x >= self.x - slack
            and other.y >= self.y - slack
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )

    def grown(self, by: float) -> Rect:
        return Rect(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def is_cut_by(self, one: Point, other: Point, slack: float = 0.0) -> bool:
        """Tell whether an upright or level line runs through the inside, more than `slack` from the rim."""
        return (
            max(one.x, other.x) > self.x + slack
            and min(one.x, other.x) < self.right - slack
            and max(one.y, other.y) > self.y + slack
            and min(one.y, other.y) < self.bottom - slack
        )


def around(rects: list[Rect]) -> Rect:
    """Give the smallest rectangle that holds all."""
    x, y = min(r.x for r in rects), min(r.y for r in rects)
    return Rect(x, y, max(r.right for r in rects) - x, max(r.bottom for r in rects) - y)


@dataclass
class Picture:
    """The geometry of a diagram: shapes by element id, edges as corners, labels by the id of what they name."""

    shapes: dict[str, Rect] = field(default_factory=dict)
    edges: dict[str, tuple[Point, ...]] = field(default_factory=dict)
    labels: dict[str, Rect] = field(default_factory=dict)
