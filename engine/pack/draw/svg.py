"""A BPMN file as an SVG picture, the same to the byte wherever it is drawn.

Nothing in it needs a style sheet, a script, a font file or an id, so that it can stand in a page under a strict
content security policy, beside other drawings, or by itself; states and badges are painted in without JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from lxml import etree

from engine.pack.draw.di import read_picture
from engine.pack.draw.geometry import Picture, Point, Rect, around
from engine.pack.draw.graph import Edge, Graph, Lane, Node, Pool, local, read_graph
from engine.pack.draw.marks import (
    INK,
    PAPER,
    STATE_INK,
    STATE_PAPER,
    STATE_STROKE,
    STATE_WORD,
    event_mark,
    gateway_mark,
    plus_mark,
    state_mark,
    task_mark,
)
from engine.pack.draw.measures import (
    CAPTION_HEIGHT,
    CAPTION_SIZE,
    FLOW_LABEL,
    HEADER,
    TASK_PADDING,
    caption_role,
)
from engine.pack.draw.strokes import (
    TEXT,
    along,
    annotation,
    arrow,
    box,
    data,
    num,
    open_arrow,
    slash,
    text_lines,
    way,
)
from engine.pack.draw.text import BOLD, FONT_FAMILY, FONT_SIZE, LINE_HEIGHT, balanced, width, wrap
from engine.xml import parse_xml

HEADER_PAPER, LANE_RULE = "#eef0f2", "#6f777b"
MARGIN = 16.0
STATES = tuple(STATE_INK)
"""The states that can be painted."""

_STRENGTH = (
    *("moved", "next", "tried", "untried", "done", "waiting", "changed", "added", "removed"),
    *("live", "marked", "broken", "overdue", "failed"),
)
"""The states from the weakest on: an element is painted in the strongest of its own."""

_OF_FLOWS_TOO = frozenset({"added", "changed", "removed", "moved"})
"""The states that a flow bears with pattern and sign as a shape does; of the others it takes the colour."""

Describe = Callable[[str], str | None]


def draw(
    bpmn: bytes | etree._Element,
    states: Mapping[str, Iterable[str]] | None = None,
    badges: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    *,
    title: str = "",
    heading: str = "",
    roles: Mapping[str, str] | None = None,
    describe: Describe | None = None,
) -> str:
    """Draw the diagram of a BPMN file.

    `states` gives element ids the names of STATES, `badges` a short text at the upper left corner, `links` an address
    (relative or http); `describe` may answer an element's tooltip, more than its name. `title` is what assistive
    technology says, `heading` is printed above the picture, `roles` gives role ids the names written in tasks that are
    not their lane's. Elements without diagram interchange are not drawn: see `layout_faults`.
    """
    root = parse_xml(bpmn, "the diagram") if isinstance(bpmn, bytes) else bpmn
    painted = _Painted(states or {}, badges or {}, links or {}, roles or {}, describe)
    return _Drawing(root, painted).document(title or heading, heading)


def _dashed(name: str) -> str:
    """Turn userTask into user-task."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)


def _safe(address: str) -> bool:
    """Refuse addresses that could run something: only http(s), fragments and paths are links."""
    head = address.split(":", 1)[0].strip().lower() if ":" in address.split("/", 1)[0] else ""
    return head in ("", "http", "https")


def _middle(points: tuple[Point, ...]) -> Point:
    """Return the middle of the longest straight part of a way."""
    one, other = max(
        pairwise(points), key=lambda pair: abs(pair[0].x - pair[1].x) + abs(pair[0].y - pair[1].y)
    )
    return Point((one.x + other.x) / 2, (one.y + other.y) / 2)


@dataclass(frozen=True)
class _Painted:
    """What a caller wants painted in."""

    states: Mapping[str, Iterable[str]]
    badges: Mapping[str, str]
    links: Mapping[str, str]
    roles: Mapping[str, str]
    describe: Describe | None


class _Drawing:
    def __init__(self, root: etree._Element, painted: _Painted) -> None:
        self.graph: Graph = read_graph(root)
        self.picture: Picture = read_picture(root)
        self.states, self.badges, self.links = painted.states, painted.badges, painted.links
        self.roles, self.describe = painted.roles, painted.describe
        self.collapsed = {
            shape.get("bpmnElement", "")
            for shape in root.iter()
            if local(shape) == "BPMNShape" and shape.get("isExpanded") == "false"
        }

    def document(self, title: str, heading: str) -> str:
        body = "".join(self.parts())
        area = self.area()
        if heading:
            room = 38.0
            area = Rect(
                area.x,
                area.y - room,
                max(area.width, width(heading, 20) * BOLD + 2 * MARGIN),
                area.height + room,
            )
            body = (
                f'<text x="{num(area.x + MARGIN)}" y="{num(area.y + MARGIN + 18)}" font-size="20" font-weight="bold"'
                f' fill="{TEXT}">{escape(heading)}</text>\n{body}'
            )
        name = title or self.graph.pools[0].name if self.graph.pools else title
        role = "group" if self.links else "img"
        summary = self.summary()
        x, y, wide, high = (num(value) for value in area)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x} {y} {wide} {high}" width="{wide}"'
            f' height="{high}" role="{role}" aria-label="{escape(name or "Process diagram")}"'
            f' font-family="{escape(FONT_FAMILY)}" font-size="{num(FONT_SIZE)}" class="bpmn-diagram">\n'
            f"<title>{escape(name or 'Process diagram')}</title>\n<desc>{escape(summary)}</desc>\n"
            f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" fill="{PAPER}"/>\n{body}</svg>\n'
        )

    def area(self) -> Rect:
        rects = [*self.picture.shapes.values(), *self.picture.labels.values()]
        rects += [Rect(p.x, p.y, 0, 0) for edge in self.picture.edges.values() for p in edge]
        return around(rects).grown(MARGIN) if rects else Rect(0, 0, 100, 100)

    def summary(self) -> str:
        lanes = [lane.name for pool in self.graph.pools for lane in pool.lanes if lane.name]
        steps = [node.name for node in self.graph.nodes.values() if node.name and node.is_flow_node]
        text = f"{len(steps)} named steps"
        if lanes:
            text += f" in the lanes {', '.join(lanes)}"
        now = [
            node.name or node.id
            for node in self.graph.nodes.values()
            if "live" in self.states.get(node.id, ())
        ]
        return f"{text}. Now here: {', '.join(now)}." if now else f"{text}."

    def parts(self) -> Iterable[str]:
        for pool in self.graph.pools:
            if pool.id and pool.id in self.picture.shapes:
                yield self.group(pool.id, "participant", pool.name, self.pool(pool))
            for lane in pool.lanes:
                if lane.id in self.picture.shapes:
                    yield self.group(lane.id, "lane", lane.name, self.lane(lane))
        nodes = [node for node in self.graph.nodes.values() if node.id in self.picture.shapes]
        edges = [edge for edge in self.graph.edges.values() if edge.id in self.picture.edges]
        # Messages lie above the shapes, whose rims their circles touch; boundary events above their hosts.
        yield from (self.node_group(node) for node in nodes if node.is_subprocess)
        yield from (self.edge_group(edge) for edge in edges if edge.kind != "messageFlow")
        plain = [node for node in nodes if not node.is_subprocess]
        yield from (self.node_group(node) for node in sorted(plain, key=lambda node: node.host is not None))
        yield from (self.edge_group(edge) for edge in edges if edge.kind == "messageFlow")
        yield from (self.edge_label(edge) for edge in edges if edge.name)

    # --- groups, states, badges -------------------------------------------------------------------------------------

    def state(self, element: str) -> str | None:
        held = [state for state in _STRENGTH if state in self.states.get(element, ())]
        return held[-1] if held else None

    def group(self, element: str, kinds: str, name: str, content: str) -> str:
        mine = sorted(set(self.states.get(element, ())))
        classes = " ".join(["element", kinds, *(f"is-{state}" for state in mine)])
        told = (self.describe(element) if self.describe else None) or name
        words = [STATE_WORD.get(state, state) for state in mine]
        told = f"{told} ({', '.join(words)})" if words and told else told
        tip = f"<title>{escape(told)}</title>" if told else ""
        inner = tip + content
        address = self.links.get(element)
        if address is not None and _safe(address):
            inner = f'<a href="{escape(address)}">{inner}</a>'
        return f'<g data-element-id="{escape(element)}" class="{escape(classes)}">{inner}</g>\n'

    def edge_group(self, edge: Edge) -> str:
        return self.group(edge.id, _dashed(edge.kind), edge.name, self.edge(edge))

    def node_group(self, node: Node) -> str:
        kinds = _dashed(node.kind)
        if node.is_task or node.is_subprocess:
            kinds = f"activity {kinds}" if not node.is_task else f"task {kinds}"
        elif node.is_event:
            kinds = f"event {kinds}" + (f" {_dashed(node.trigger)}-event" if node.trigger else "")
        elif node.is_gateway:
            kinds = f"gateway {kinds}"
        content = self.node(node) + self.signs(node.id)
        return self.group(node.id, kinds, node.name, content)

    def signs(self, element: str) -> str:
        out = []
        rect = self.picture.shapes[element]
        state, badge = self.state(element), self.badges.get(element)
        if state is not None:
            corner = Point(rect.right - 4, rect.y + 2)
            if self.graph.nodes[element].is_gateway:  # its bounds have a corner where the shape has none
                corner = Point(rect.centre.x + rect.width / 4, rect.centre.y - rect.height / 4)
            out.append(
                f'<g transform="translate({num(corner.x)} {num(corner.y)})" class="state-sign">{state_mark(state)}</g>'
            )
        if badge:
            wide = width(badge, 11) + 10
            out.append(
                f'<g class="badge"><rect x="{num(rect.x - 4)}" y="{num(rect.y - 13)}" width="{num(wide)}" height="16"'
                f' rx="3" fill="#144e81"/><text x="{num(rect.x + 1)}" y="{num(rect.y - 1)}" font-size="11"'
                f' font-weight="bold" fill="{PAPER}">{escape(badge)}</text></g>'
            )
        return "".join(out)

    def outline(self, node: Node, wide: float, dashes: str = "", fill: str = PAPER) -> str:
        """Give the look of a shape's rim; dashes of events keep their meaning in BPMN, not interrupting."""
        state = self.state(node.id)
        colour = INK
        if state is not None:
            colour = STATE_INK[state]
            fill = fill if node.is_subprocess else STATE_PAPER[state]
            thicker, state_dashes = STATE_STROKE[state]
            wide = max(wide, thicker)
            dashes = dashes if node.is_event else state_dashes
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        return f'fill="{fill}" stroke="{colour}" stroke-width="{num(wide)}"{dash}'

    # --- shapes -----------------------------------------------------------------------------------------------------

    def pool(self, pool: Pool) -> str:
        rect = self.picture.shapes[pool.id or ""]
        plain = box(rect, f'fill="{PAPER}" stroke="{INK}" stroke-width="1.8"')
        if pool.process is None:
            lines = wrap(pool.name, max(rect.width - 20, 40))
            top = rect.centre.y - len(lines) * LINE_HEIGHT / 2
            bold = ' font-weight="bold"'
            tinted = box(rect, f'fill="{HEADER_PAPER}" stroke="{INK}" stroke-width="1.8"')
            return tinted + text_lines(lines, rect.centre.x, top, extra=bold)
        return plain + self.header(rect, pool.name, bold=True)

    def lane(self, lane: Lane) -> str:
        rect = self.picture.shapes[lane.id]
        return box(rect, f'fill="none" stroke="{LANE_RULE}" stroke-width="1.2"') + self.header(
            rect, lane.name
        )

    def header(self, rect: Rect, name: str, *, bold: bool = False) -> str:
        strip = Rect(rect.x, rect.y, HEADER, rect.height)
        paper = box(strip, f'fill="{HEADER_PAPER}" stroke="{INK if bold else LANE_RULE}" stroke-width="1.2"')
        room = max(rect.height - 12, 40.0) / (BOLD if bold else 1.0)
        lines = balanced(name, room)[:2]
        middle = strip.centre
        weight = ' font-weight="bold"' if bold else ""
        turned = f' transform="rotate(-90 {num(middle.x)} {num(middle.y)})"{weight}'
        return paper + text_lines(lines, middle.x, middle.y - len(lines) * 6.5 - 0.5, extra=turned, step=13)

    def node(self, node: Node) -> str:
        rect = self.picture.shapes[node.id]
        if node.is_event:
            return self.event(node, rect) + self.label(node)
        if node.is_gateway:
            return self.gateway(node, rect) + self.label(node)
        if node.is_subprocess and node.id not in self.collapsed:
            return self.subprocess(node, rect)
        if node.kind == "textAnnotation":
            return annotation(node, rect)
        if node.kind in ("dataObjectReference", "dataStoreReference"):
            return data(node, rect) + self.label(node)
        return self.activity(node, rect)

    def activity(self, node: Node, rect: Rect) -> str:
        wide = 4.0 if node.kind == "callActivity" else 1.6
        out = [box(rect, self.outline(node, wide), radius=8)]
        mark = task_mark(node.kind)
        if mark:
            out.append(f'<g transform="translate({num(rect.x + 15)} {num(rect.y + 14)})">{mark}</g>')
        holds = node.kind == "callActivity" or node.is_subprocess
        if holds:
            out.append(
                f'<g transform="translate({num(rect.centre.x)} {num(rect.bottom - 10)})">{plus_mark()}</g>'
            )
        lines = wrap(node.name, rect.width - 2 * TASK_PADDING)
        tall = len(lines) * LINE_HEIGHT
        top = rect.centre.y - tall / 2
        foot = 18.0 if node.carries else 4.0  # boundary events reach into the lower rim
        top = min(top, rect.bottom - tall - foot)
        if mark:
            top = max(top, min(rect.y + 25, rect.bottom - tall - foot))
        if holds:
            top = max(rect.y + 4, min(top, rect.bottom - 20 - tall))
        role = caption_role(node)
        if role is not None:
            top = max(rect.y + 6, top - CAPTION_HEIGHT / 2)
            out.append(self.caption(role, rect, top + tall))
        out.append(text_lines(lines, rect.centre.x, top))
        return "".join(out)

    def caption(self, role: str, rect: Rect, top: float) -> str:
        """Write who does a task that stands in another's lane, cut short where the name is too long."""
        name = self.roles.get(role, role.replace("_", " ").capitalize())
        room = rect.width - TASK_PADDING
        if width(f"({name})", CAPTION_SIZE) > room:
            while name and width(f"({name}\u2026)", CAPTION_SIZE) > room:
                name = name[:-1]
            name = f"{name.rstrip()}\u2026"
        return (
            f'<text x="{num(rect.centre.x)}" y="{num(top + 11)}" text-anchor="middle" font-size="{num(CAPTION_SIZE)}"'
            f' fill="#505a5f">{escape(f"({name})")}</text>'
        )

    def subprocess(self, node: Node, rect: Rect) -> str:
        frame = box(rect, self.outline(node, 1.6, fill="#fbfbfc"), radius=8)
        lines = wrap(node.name, max(rect.width - 24, 40))
        return frame + text_lines(lines, rect.x + 12, rect.y + 6, anchor="start", extra=' font-weight="bold"')

    def event(self, node: Node, rect: Rect) -> str:
        middle, radius = rect.centre, rect.width / 2
        ends, starts = node.kind == "endEvent", node.kind == "startEvent"
        dashes = "" if node.interrupting else "5 3.5"
        circle = f'<circle r="{num(radius)}" {self.outline(node, 3.4 if ends else 1.5, dashes)}/>'
        if not ends and not starts:
            dash = f' stroke-dasharray="{dashes}"' if dashes else ""
            circle += f'<circle r="{num(radius - 3.5)}" fill="none" stroke="{INK}" stroke-width="1.3"{dash}/>'
        throws = node.kind in ("endEvent", "intermediateThrowEvent")
        mark = event_mark(node.trigger, throws=throws)
        return f'<g transform="translate({num(middle.x)} {num(middle.y)})">{circle}{mark}</g>'

    def gateway(self, node: Node, rect: Rect) -> str:
        middle, half = rect.centre, rect.width / 2
        h = num(half)
        diamond = f'<path d="M0 -{h}L{h} 0L0 {h}L-{h} 0Z" {self.outline(node, 1.6)} stroke-linejoin="round"/>'
        return f'<g transform="translate({num(middle.x)} {num(middle.y)})">{diamond}{gateway_mark(node.kind)}</g>'

    def label(self, node: Node) -> str:
        if not node.name:
            return ""
        rect = self.picture.labels.get(node.id)
        shape = self.picture.shapes[node.id]
        if rect is None:
            rect = Rect(shape.centre.x - 50, shape.bottom + 5, 100, LINE_HEIGHT)
        lines = wrap(node.name, max(rect.width, 30))
        if rect.right <= shape.x + 8 or (node.host and rect.right <= shape.centre.x):
            return text_lines(lines, rect.right, rect.y, anchor="end")
        if rect.x >= shape.centre.x:
            return text_lines(lines, rect.x, rect.y, anchor="start")
        return text_lines(lines, rect.centre.x, rect.y)

    # --- edges ------------------------------------------------------------------------------------------------------

    def edge(self, edge: Edge) -> str:
        points = self.picture.edges[edge.id]
        state = self.state(edge.id)
        colour = STATE_INK[state] if state else INK
        wide = 3.0 if state else 1.5
        dashes = {"messageFlow": "9 5", "association": "1.5 4", "dataAssociation": "1.5 4"}.get(edge.kind, "")
        if state in _OF_FLOWS_TOO and not dashes:
            dashes = STATE_STROKE[state][1]
        dash = f' stroke-dasharray="{dashes}" stroke-linecap="round"' if dashes else ""
        line = f'<path d="{way(points)}" fill="none" stroke="{colour}" stroke-width="{num(wide)}"{dash}/>'
        out = [line]
        if edge.kind == "sequenceFlow":
            out.append(arrow(points, colour, colour, 10, 5))
            if edge.is_default:
                out.append(slash(self.own_part(edge, points), colour))
        elif edge.kind == "messageFlow":
            start = points[0]
            out.append(
                f'<circle cx="{num(start.x)}" cy="{num(start.y)}" r="4" fill="{PAPER}"'
                f' stroke="{colour}" stroke-width="1.4"/>'
            )
            out.append(arrow(points, PAPER, colour, 10, 5.5))
        elif edge.kind == "dataAssociation" or edge.direction in ("One", "Both"):
            out.append(open_arrow(points, colour))
        if state in _OF_FLOWS_TOO:
            middle = _middle(points)
            out.append(
                f'<g transform="translate({num(middle.x)} {num(middle.y)})" class="state-sign">{state_mark(state)}</g>'
            )
        return "".join(out)

    def own_part(self, edge: Edge, points: tuple[Point, ...]) -> tuple[Point, Point]:
        """Give the first straight part of a flow that no other flow out of the same node runs along."""
        others = [
            part
            for other in self.graph.edges.values()
            if other.source == edge.source and other.id != edge.id and other.id in self.picture.edges
            for part in pairwise(self.picture.edges[other.id])
        ]
        parts = list(pairwise(points))
        return next((part for part in parts if not any(along(part, other) for other in others)), parts[0])

    def edge_label(self, edge: Edge) -> str:
        rect = self.picture.labels.get(edge.id)
        points = self.picture.edges[edge.id]
        if rect is None:
            one, other = max(
                pairwise(points), key=lambda pair: abs(pair[0].x - pair[1].x) + abs(pair[0].y - pair[1].y)
            )
            middle = Point((one.x + other.x) / 2, (one.y + other.y) / 2)
            rect = Rect(middle.x - FLOW_LABEL / 2, middle.y - LINE_HEIGHT - 2, FLOW_LABEL, LINE_HEIGHT)
        lines = wrap(edge.name, max(rect.width, 24))
        anchor, x = "middle", rect.centre.x
        for one, other in pairwise(points):
            if one.x == other.x and abs(rect.x - one.x) <= 8:
                anchor, x = "start", rect.x
            elif one.x == other.x and abs(rect.right - one.x) <= 8:
                anchor, x = "end", rect.right
        return (
            f'<g class="label" data-label-of="{escape(edge.id)}">'
            f"{text_lines(lines, x, rect.y, anchor=anchor, halo=True)}</g>\n"
        )
