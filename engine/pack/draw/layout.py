"""Lay out a whole BPMN file: from its graph to shapes, corners and labels in pixels.

In order: cells (columns, then rows), lines, routes, coordinates. Nothing in it depends on chance, on the machine or on
the order of a hash, so the same file always gives the same picture.
"""

from __future__ import annotations

from engine.pack.draw.distances import Distances
from engine.pack.draw.geometry import Picture, Point, Rect
from engine.pack.draw.graph import Graph
from engine.pack.draw.grid import build
from engine.pack.draw.labelroom import keep_label_room
from engine.pack.draw.painter import picture_of
from engine.pack.draw.placement import place
from engine.pack.draw.routing import route_all

ORIGIN = Point(160.0, 80.0)


def lay_out(graph: Graph) -> Picture:
    """Work out the geometry of everything on the canvas."""
    placement = place(graph)
    grid = build(graph, placement)
    numbers = {node: number for number, node in enumerate(graph.nodes, start=1)}
    routes = route_all(graph, grid, placement.back, numbers)
    distances = Distances(graph, placement, grid, routes)
    keep_label_room(distances)
    return _moved(picture_of(distances))


def _moved(picture: Picture) -> Picture:
    left = min((shape.x for shape in picture.shapes.values()), default=0.0)
    top = min((shape.y for shape in picture.shapes.values()), default=0.0)
    dx, dy = ORIGIN.x - left, ORIGIN.y - top

    def rect(old: Rect) -> Rect:
        return Rect(old.x + dx, old.y + dy, old.width, old.height)

    return Picture(
        {key: rect(shape) for key, shape in picture.shapes.items()},
        {key: tuple(Point(p.x + dx, p.y + dy) for p in edge) for key, edge in picture.edges.items()},
        {key: rect(label) for key, label in picture.labels.items()},
    )
