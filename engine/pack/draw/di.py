"""Diagram interchange: the part of a BPMN file that says where everything lies (BPMN 2.0, chapter 12).

Writing splices text into the file instead of serialising it anew, so that comments, white space and the order of
attributes stay as their author left them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from lxml import etree

from engine.errors import HomewardError
from engine.pack.draw.geometry import Picture, Point, Rect
from engine.pack.draw.graph import BPMNDI, DC, DI, Graph


class UntidyFile(HomewardError):
    """Diagram interchange cannot be written into a file."""


def read_picture(root: etree._Element) -> Picture:
    """Read the geometry that a file already holds; elements it does not place are left out."""
    picture = Picture()
    for shape in root.iter(f"{{{BPMNDI}}}BPMNShape"):
        rect = _rect(shape)
        element = shape.get("bpmnElement", "")
        if rect is not None:
            picture.shapes[element] = rect
        _label(shape, element, picture)
    for edge in root.iter(f"{{{BPMNDI}}}BPMNEdge"):
        element = edge.get("bpmnElement", "")
        points = tuple(
            Point(float(point.get("x", "0")), float(point.get("y", "0")))
            for point in edge.iterchildren(f"{{{DI}}}waypoint")
        )
        if len(points) > 1:
            picture.edges[element] = points
        _label(edge, element, picture)
    return picture


def _label(item: etree._Element, element: str, picture: Picture) -> None:
    label = item.find(f"{{{BPMNDI}}}BPMNLabel")
    rect = _rect(label) if label is not None else None
    if rect is not None:
        picture.labels[element] = rect


def _rect(item: etree._Element) -> Rect | None:
    bounds = item.find(f"{{{DC}}}Bounds")
    if bounds is None:
        return None
    x, y, wide, high = (float(bounds.get(name, "0")) for name in ("x", "y", "width", "height"))
    return Rect(x, y, wide, high)


# --- writing --------------------------------------------------------------------------------------------------------


@dataclass
class _Span:
    start: int
    inner_end: int = 0
    end: int = 0
    empty: bool = False


@dataclass
class _Source:
    """Where in the bytes of a file its diagrams lie."""

    root: _Span | None = None
    diagrams: list[_Span] = field(default_factory=list)
    planes: list[_Span] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


def _locate(data: bytes, name: str) -> _Source:
    found = _Source()
    parser = expat.ParserCreate(namespace_separator=" ")
    stack: list[_Span] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        span = _Span(parser.CurrentByteIndex)
        stack.append(span)
        found.ids.add(attributes.get("id", ""))
        if found.root is None:
            found.root = span
        if tag == f"{BPMNDI} BPMNDiagram":
            found.diagrams.append(span)
        elif tag == f"{BPMNDI} BPMNPlane":
            found.planes.append(span)

    def end(_: str) -> None:
        span = stack.pop()
        at = parser.CurrentByteIndex
        if data[at : at + 2] == b"</":
            span.inner_end = at
            span.end = data.index(b">", at) + 1
        else:  # an empty element: expat reports its end where it starts, or just behind it
            span.empty = True
            span.end = at if data[at - 2 : at] == b"/>" else data.index(b"/>", span.start) + 2
            span.inner_end = span.end

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UntidyFile(f"{name}: not well-formed XML: {error}") from None
    return found


def write_picture(
    data: bytes, graph: Graph, picture: Picture, *, replace: bool, name: str = "the file"
) -> bytes:
    """Write geometry into the bytes of a file.

    With `replace` every diagram of the file gives way to one new one; otherwise only shapes and edges that the file
    does not place yet are added to its first plane. Raises UntidyFile where the text cannot be spliced.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UntidyFile(f"{name}: is UTF-16; save it as UTF-8")
    source = _locate(data, name)
    newline = "\r\n" if b"\r\n" in data else "\n"
    if not replace and source.planes:
        plane = source.planes[0]
        if plane.empty:
            raise UntidyFile(f"{name}: its BPMNPlane is empty; run tidy with --all")
        text = _plane_content(graph, picture, source.ids, "      ", prefixes=False)
        return _insert(data, plane.inner_end, text, newline, "    ")
    if replace:
        for span in reversed(source.diagrams):
            start = len(data[: span.start].rstrip(b" \t\r\n"))
            data = data[:start] + data[span.end :]
        source = _locate(data, name)
    if source.root is None or source.root.empty:
        raise UntidyFile(f"{name}: holds no process to draw")
    text = _diagram(graph, picture, source.ids)
    return _insert(data, source.root.inner_end, text, newline, "")


def _insert(data: bytes, at: int, text: str, newline: str, indent: str) -> bytes:
    start = len(data[:at].rstrip(b" \t\r\n"))
    body = newline + text.rstrip("\n").replace("\n", newline) + newline + indent
    return data[:start] + body.encode("ascii", "xmlcharrefreplace") + data[at:]


def _fresh(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    return name


def _diagram(graph: Graph, picture: Picture, taken: set[str]) -> str:
    spaces = f'xmlns:bpmndi="{BPMNDI}" xmlns:dc="{DC}" xmlns:di="{DI}"'
    diagram, plane = _fresh("diagram", taken), _fresh("plane", taken)
    content = _plane_content(graph, picture, taken, "      ", prefixes=True)
    return (
        f'  <bpmndi:BPMNDiagram {spaces} id="{diagram}">\n'
        f'    <bpmndi:BPMNPlane id="{plane}" bpmnElement={quoteattr(graph.plane)}>\n'
        f"{content}"
        "    </bpmndi:BPMNPlane>\n"
        "  </bpmndi:BPMNDiagram>\n"
    )


def _number(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e5 else str(round(value))


def _bounds(rect: Rect, indent: str, spaces: str) -> str:
    return (
        f'{indent}<dc:Bounds{spaces} x="{_number(rect.x)}" y="{_number(rect.y)}"'
        f' width="{_number(rect.width)}" height="{_number(rect.height)}" />\n'
    )


def _plane_content(graph: Graph, picture: Picture, taken: set[str], indent: str, *, prefixes: bool) -> str:
    """Write shapes, then edges, in document order; without `prefixes` each declares its own namespaces."""
    outer = "" if prefixes else f' xmlns:bpmndi="{BPMNDI}" xmlns:dc="{DC}" xmlns:di="{DI}"'
    out: list[str] = []

    def label(element: str) -> None:
        if element in picture.labels:
            out.append(f"{indent}  <bpmndi:BPMNLabel>\n")
            out.append(_bounds(picture.labels[element], indent + "    ", ""))
            out.append(f"{indent}  </bpmndi:BPMNLabel>\n")

    def shape(element: str, flags: str = "") -> None:
        if element not in picture.shapes:
            return
        head = f"id={quoteattr(_fresh(element + '_di', taken))} bpmnElement={quoteattr(element)}"
        out.append(f"{indent}<bpmndi:BPMNShape{outer} {head}{flags}>\n")
        out.append(_bounds(picture.shapes[element], indent + "  ", ""))
        label(element)
        out.append(f"{indent}</bpmndi:BPMNShape>\n")

    for pool in graph.pools:
        if pool.id:
            shape(pool.id, ' isHorizontal="true"')
        for lane in pool.lanes:
            shape(lane.id, ' isHorizontal="true"')
    for node in graph.nodes.values():
        flag = ' isExpanded="true"' if node.is_subprocess else ""
        flag += ' isMarkerVisible="true"' if node.kind == "exclusiveGateway" else ""
        shape(node.id, flag)
    for edge in graph.edges.values():
        points = picture.edges.get(edge.id)
        if points is None:
            continue
        head = f"id={quoteattr(_fresh(edge.id + '_di', taken))} bpmnElement={quoteattr(edge.id)}"
        out.append(f"{indent}<bpmndi:BPMNEdge{outer} {head}>\n")
        out += [f'{indent}  <di:waypoint x="{_number(p.x)}" y="{_number(p.y)}" />\n' for p in points]
        label(edge.id)
        out.append(f"{indent}</bpmndi:BPMNEdge>\n")
    return "".join(out)
