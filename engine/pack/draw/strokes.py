"""Pieces of SVG: lines of text, boxes, ways with rounded corners, arrowheads, annotations and data."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from engine.pack.draw.geometry import Point, Rect
from engine.pack.draw.graph import Node
from engine.pack.draw.marks import INK, PAPER
from engine.pack.draw.text import LINE_HEIGHT, wrap

TEXT = "#0b0c0c"
CORNER = 6.0


def num(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def text_lines(
    lines: Iterable[str],
    x: float,
    y: float,
    *,
    anchor: str = "middle",
    halo: bool = False,
    extra: str = "",
    step: float = LINE_HEIGHT,
) -> str:
    """Set lines of text beneath each other; `y` is the top of the first."""
    behind = (
        f' stroke="{PAPER}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"' if halo else ""
    )
    spans = "".join(
        f'<tspan x="{num(x)}" y="{num(y + number * step + 11)}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    return f'<text text-anchor="{anchor}" fill="{TEXT}"{behind}{extra}>{spans}</text>'


def box(rect: Rect, style: str, radius: float = 0.0) -> str:
    rounded = f' rx="{num(radius)}"' if radius else ""
    return (
        f'<rect x="{num(rect.x)}" y="{num(rect.y)}" width="{num(rect.width)}" height="{num(rect.height)}"'
        f"{rounded} {style}/>"
    )


def way(points: tuple[Point, ...]) -> str:
    """Write a path with its corners rounded."""
    out = [f"M{num(points[0].x)} {num(points[0].y)}"]
    for before, point, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(CORNER, _length(before, point) / 2, _length(point, after) / 2)
        one, other = _towards(point, before, radius), _towards(point, after, radius)
        out.append(f"L{num(one.x)} {num(one.y)}Q{num(point.x)} {num(point.y)} {num(other.x)} {num(other.y)}")
    out.append(f"L{num(points[-1].x)} {num(points[-1].y)}")
    return "".join(out)


def _length(one: Point, other: Point) -> float:
    return float(((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5)


def _towards(one: Point, other: Point, far: float) -> Point:
    length = _length(one, other)
    if length == 0:
        return one
    return Point(one.x + (other.x - one.x) * far / length, one.y + (other.y - one.y) * far / length)


def _head(points: tuple[Point, ...], long: float, half: float) -> tuple[Point, Point, Point]:
    tip, before = points[-1], points[-2]
    foot = _towards(tip, before, long)
    length = _length(tip, before) or 1.0
    dx, dy = -(tip.y - before.y) / length * half, (tip.x - before.x) / length * half
    return tip, Point(foot.x + dx, foot.y + dy), Point(foot.x - dx, foot.y - dy)


def arrow(points: tuple[Point, ...], fill: str, colour: str, long: float, half: float) -> str:
    a, b, c = _head(points, long, half)
    path = f"M{num(a.x)} {num(a.y)}L{num(b.x)} {num(b.y)}L{num(c.x)} {num(c.y)}Z"
    return f'<path d="{path}" fill="{fill}" stroke="{colour}" stroke-width="1.2" stroke-linejoin="round"/>'


def open_arrow(points: tuple[Point, ...], colour: str) -> str:
    a, b, c = _head(points, 9, 5)
    path = f"M{num(b.x)} {num(b.y)}L{num(a.x)} {num(a.y)}L{num(c.x)} {num(c.y)}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>'


def along(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Tell whether two level or upright lines run along each other for more than a pixel."""
    for same, across in ((0, 1), (1, 0)):
        if one[0][same] == one[1][same] == other[0][same] == other[1][same]:
            low = max(min(p[across] for p in one), min(p[across] for p in other))
            high = min(max(p[across] for p in one), max(p[across] for p in other))
            return high - low > 1
    return False


def slash(points: tuple[Point, ...], colour: str) -> str:
    """Draw the stroke across the start of a default flow."""
    middle = _towards(points[0], points[1], 10)
    level = points[0].y == points[1].y
    dx, dy = (3.0, 5.5) if level else (5.5, 3.0)
    path = f"M{num(middle.x - dx)} {num(middle.y + dy)}L{num(middle.x + dx)} {num(middle.y - dy)}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def annotation(node: Node, rect: Rect) -> str:
    bracket = f"M{num(rect.x + 10)} {num(rect.y)}H{num(rect.x)}V{num(rect.bottom)}H{num(rect.x + 10)}"
    lines = wrap(node.name, max(rect.width - 12, 30))
    top = rect.centre.y - len(lines) * LINE_HEIGHT / 2
    return (
        box(rect, f'fill="{PAPER}" fill-opacity="0"')
        + f'<path d="{bracket}" fill="none" stroke="{INK}" stroke-width="1.4"/>'
        + text_lines(lines, rect.x + 8, top, anchor="start")
    )


def data(node: Node, rect: Rect) -> str:
    style = f'fill="{PAPER}" stroke="{INK}" stroke-width="1.5" stroke-linejoin="round"'
    x, y, right, bottom = num(rect.x), num(rect.y), num(rect.right), num(rect.bottom)
    if node.kind == "dataObjectReference":
        fold = 10.0
        sheet = f"M{x} {y}H{num(rect.right - fold)}L{right} {num(rect.y + fold)}V{bottom}H{x}Z"
        corner = f"M{num(rect.right - fold)} {y}V{num(rect.y + fold)}H{right}"
        return (
            f'<path d="{sheet}" {style}/><path d="{corner}" fill="none" stroke="{INK}" stroke-width="1.5"/>'
        )
    half, lid = num(rect.width / 2), 6.0
    top, low = num(rect.y + lid), num(rect.bottom - lid)
    arc = f"a{half} {num(lid)} 0 0 0 {num(rect.width)} 0"
    drum = f"M{x} {top}V{low}{arc}V{top}a{half} {num(lid)} 0 0 0 -{num(rect.width)} 0Z"
    rings = "".join(f"M{x} {num(rect.y + lid + step)}{arc}" for step in (0.0, 5.0, 10.0))
    return f'<path d="{drum}" {style}/><path d="{rings}" fill="none" stroke="{INK}" stroke-width="1.5"/>'
