"""Give a BPMN file the diagram interchange it lacks.

What its author has placed by hand stays where it is unless everything is to be laid out anew.
"""

from __future__ import annotations

from collections.abc import Collection

from engine.pack.draw.di import read_picture, write_picture
from engine.pack.draw.fill import fill_in
from engine.pack.draw.geometry import Picture
from engine.pack.draw.graph import read_graph
from engine.pack.draw.layout import lay_out
from engine.xml import parse_xml


def tidy(data: bytes, name: str = "the file", *, everything: bool = False) -> bytes:
    """Return a file's bytes with the missing diagram interchange added, or all of it anew with `everything`.

    A file that lacks nothing comes back unchanged. Raises XmlError for unreadable files and UntidyFile where new
    elements find no room among those already placed.
    """
    root = parse_xml(data, name)
    graph = read_graph(root)
    held = read_picture(root)
    if everything or not held.shapes:
        return write_picture(data, graph, lay_out(graph), replace=True, name=name)
    added = fill_in(graph, held, name)
    if not added.shapes and not added.edges:
        return data
    return write_picture(data, graph, added, replace=False, name=name)


def tidied(data: bytes, elements: Collection[str] | None = None, name: str = "the file") -> Picture:
    """Return new places for some elements of a file and for the lines that meet them, for all of it where left out.

    Pools, lanes and subprocesses among the elements keep their places, as does everything else. Raises as `tidy` does.
    """
    root = parse_xml(data, name)
    graph = read_graph(root)
    held = read_picture(root)
    if elements is None or not held.shapes:
        return lay_out(graph)
    loose = {
        node.id
        for node in graph.nodes.values()
        if not node.is_subprocess and (node.id in elements or node.host in elements)
    }
    lines = {
        edge.id
        for edge in graph.edges.values()
        if edge.id in elements or edge.source in loose or edge.target in loose
    }
    kept = Picture(
        {key: rect for key, rect in held.shapes.items() if key not in loose},
        {key: points for key, points in held.edges.items() if key not in lines},
        {key: rect for key, rect in held.labels.items() if key not in loose | lines},
    )
    return fill_in(graph, kept, name)
