"""Give a BPMN file the diagram interchange it lacks.

What its author has placed by hand stays where it is unless everything is to be laid out anew.
"""

from __future__ import annotations

from engine.pack.draw.di import read_picture, write_picture
from engine.pack.draw.fill import fill_in
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
