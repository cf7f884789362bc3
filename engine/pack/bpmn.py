"""Reading a BPMN file into a Diagram.

One process a file, whose id is the file's name, so that a call activity, an address and a picture all name it alike.
Other pools may be drawn, but only as black boxes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from engine.pack.diagram import (
    ACTIVITIES,
    BPMN,
    BPMNDI,
    NODES,
    SPIFF,
    SUBPROCESSES,
    XSI,
    Arrow,
    Diagram,
    EventDefinition,
    LaneDrawn,
    Node,
    Prop,
    Stray,
)
from engine.pack.faults import Faults, FileFaults, an
from engine.xml import XmlError, parse_xml

_B = f"{{{BPMN}}}"
_S = f"{{{SPIFF}}}"
_DRAWN_ONLY = frozenset(
    {"textAnnotation", "association", "group", "dataObject", "dataObjectReference", "dataStoreReference"}
    | {"documentation", "laneSet", "extensionElements"}
)
_IN_NODE = frozenset(
    {"incoming", "outgoing", "documentation", "extensionElements", "laneSet"}
    | {
        "dataInputAssociation",
        "dataOutputAssociation",
        "property",
    }  # how a modeller draws lines to data objects
)
_LOOPS = frozenset({"standardLoopCharacteristics", "multiInstanceLoopCharacteristics"})
MAX_NODES, MAX_ARROWS = 250, 500
"""Elements and flows of one diagram; nobody can read one with a fifth of them."""
_ATTRIBUTES = {
    "startEvent": {"isInterrupting", "parallelMultiple"},
    "intermediateCatchEvent": {"parallelMultiple"},
    "boundaryEvent": {"attachedToRef", "cancelActivity", "parallelMultiple"},
    "callActivity": {"calledElement", "default"},
    "receiveTask": {"messageRef", "default", "instantiate", "implementation"},
    "sendTask": {"default", "implementation"},
    "userTask": {"default", "implementation"},
    "manualTask": {"default"},
    "businessRuleTask": {"default", "implementation"},
    "subProcess": {"default", "triggeredByEvent"},
    "exclusiveGateway": {"default", "gatewayDirection"},
    "inclusiveGateway": {"default", "gatewayDirection"},
    "parallelGateway": {"gatewayDirection"},
    "eventBasedGateway": {"gatewayDirection", "instantiate", "eventGatewayType"},
}
_EVERYWHERE = frozenset({"id", "name"})
_COUNTS = {"startQuantity": "1", "completionQuantity": "1", "isForCompensation": "false"}


def read_bpmn(data: bytes, file: str, faults: Faults) -> Diagram | None:
    """Read one file; None when it holds no process that can be indexed, with the reason among the faults."""
    noted = faults.of(file)
    try:
        root = parse_xml(data, file)
    except XmlError as error:
        noted.add(error.line, "", error.reason, "Save the diagram again from the modeller.")
        return None
    if root.tag != f"{_B}definitions":
        noted.add(_line(root), "", "this is not a BPMN 2.0 file", "Save the diagram as BPMN 2.0.")
        return None
    processes = root.findall(f"{_B}process")
    if len(processes) != 1:
        message = f"the file holds {len(processes)} processes"
        noted.add(_line(root), "", message, "Keep one process a file; draw other parties as empty pools.")
        if not processes:
            return None
    return _Reader(root, processes[0], data, noted).read()


class _Reader:
    """Reads one process; the ids seen so far and what messages are called live here."""

    def __init__(
        self, root: etree._Element, process: etree._Element, data: bytes, faults: FileFaults
    ) -> None:
        self.root, self.process, self.data, self.faults = root, process, data, faults
        self.nodes: dict[str, Node] = {}
        self.arrows: dict[str, Arrow] = {}
        self.names: dict[
            str, tuple[str, str]
        ] = {}  # id of a message, escalation or error → kind, name or code
        self.seen: dict[str, int] = {}

    def read(self) -> Diagram | None:
        self._ids()
        self._definitions()
        process_id = self.process.get("id") or ""
        expected = PurePosixPath(self.faults.file).stem
        if process_id != expected:
            self.faults.add(
                _line(self.process),
                process_id,
                f"the process is called {process_id or 'nothing'}, its file {expected}",
                f"Give the process the id {expected}, or rename the file.",
            )
        self._scope(self.process, process_id)
        if len(self.nodes) > MAX_NODES or len(self.arrows) > MAX_ARROWS:
            self.faults.add(
                _line(self.process),
                process_id,
                f"the diagram has {len(self.nodes)} elements and {len(self.arrows)} flows, more than the {MAX_NODES} "
                f"and {MAX_ARROWS} we read",
                "Split it into several, and call one from the other.",
            )
            return None
        self._connect()
        self._unread()
        return Diagram(
            file=self.faults.file,
            process=process_id,
            name=self.process.get("name") or "",
            line=_line(self.process),
            nodes=self.nodes,
            arrows=self.arrows,
            lanes=tuple(self._lane(lane) for lane in self.process.iter(f"{_B}lane")),
            documentation=_documentation(self.process),
            source=self.data,
        )

    def _unread(self) -> None:
        """Note properties on what carries none, such as the process or a pool: they would be passed over."""
        for properties in self.root.iter(f"{_S}properties"):
            owner: Any = next(properties.iterancestors(f"{_B}extensionElements")).getparent()
            kind, name = _local(owner), owner.get("id") or ""
            if name not in self.nodes and name not in self.arrows and kind != "lane":
                message = f"properties on {an(kind)} are never read"
                self.faults.add(_line(owner), name, message, "Move them to a lane, an element or a flow.")

    def _ids(self) -> None:
        """Note every id that stands twice in the file, the drawing's own ids included."""
        for element in self.root.iter(etree.Element):
            name = element.get("id")
            if name is None:
                continue
            if name in self.seen:
                message = f"the id {name} stands twice (first in line {self.seen[name]})"
                self.faults.add(_line(element), name, message, "Give one of the two another id.")
            self.seen.setdefault(name, _line(element))

    def _definitions(self) -> None:
        """Index the messages, escalations and errors; note what stands beside the process that nobody runs."""
        for child in self.root.iterchildren(etree.Element):
            kind = _local(child)
            if _namespace(child) != BPMN:
                if _namespace(child) != BPMNDI:
                    self.faults.add(
                        _line(child), "", f"the element {child.tag} is not part of BPMN 2.0", "Remove it."
                    )
                continue
            if kind in ("message", "escalation", "error"):
                code = child.get("escalationCode") or child.get("errorCode") or child.get("name") or ""
                self.names[child.get("id") or ""] = (
                    kind,
                    (child.get("name") or "") if kind == "message" else code,
                )
                for stray in _extension_strays(child):
                    self._refuse(stray, child.get("id") or "")
            elif kind not in ("process", "collaboration", "category", "itemDefinition", "extensionElements"):
                message = f"the engine does not run {an(kind)}"
                self.faults.add(_line(child), child.get("id") or "", message, "Remove it.", "unsupported")

    def _refuse(self, stray: Stray, element: str) -> None:
        message = f"the engine does not know {stray.what} and would pass over it"
        self.faults.add(stray.line, element, message, "Remove it.", "unsupported")

    def _scope(self, parent: etree._Element, scope: str) -> None:
        for child in parent.iterchildren(etree.Element):
            kind = _local(child)
            if _namespace(child) != BPMN:
                continue
            if kind in NODES:
                self._node(child, kind, scope)
                if kind in SUBPROCESSES:
                    self._scope(child, child.get("id") or "")
            elif kind == "sequenceFlow":
                self._arrow(child, scope)
            elif kind not in _DRAWN_ONLY and parent is self.process:
                message = f"the engine does not run {an(kind)}"
                self.faults.add(_line(child), child.get("id") or scope, message, "Remove it.", "unsupported")

    def _node(self, element: etree._Element, kind: str, scope: str) -> None:
        name = element.get("id")
        if not name:
            message = f"{an(kind)} has no id"
            self.faults.add(
                _line(element), "", message, "Give it an id: everything else refers to it by that."
            )
            return
        properties, decision, strays = _extensions(element, self.faults)
        loop = next((_local(c) for c in element.iterchildren(etree.Element) if _local(c) in _LOOPS), "")
        self.nodes[name] = Node(
            id=name,
            kind=kind,
            name=element.get("name") or "",
            scope=scope,
            line=_line(element),
            attributes={str(key): str(value) for key, value in element.attrib.items() if "}" not in str(key)},
            definitions=tuple(self._event_definitions(element, name)),
            properties=properties,
            decision=decision,
            message=self._message_name(element, name),
            loop=loop,
            documentation=_documentation(element),
            strays=(*strays, *_stray_attributes(element, kind), *_stray_children(element, kind)),
        )

    def _message_name(self, element: etree._Element, owner: str) -> str:
        ref = element.get("messageRef")
        return self._named(ref, "message", owner, _line(element)) if ref else ""

    def _event_definitions(self, element: etree._Element, owner: str) -> list[EventDefinition]:
        found = []
        for child in element.iterchildren(etree.Element):
            local = _local(child)
            if _namespace(child) != BPMN or not local.endswith("EventDefinition"):
                continue
            kind = local.removesuffix("EventDefinition")
            timer = text = ""
            for part in child.iterchildren(etree.Element):
                if _local(part) in ("timeDate", "timeDuration", "timeCycle", "condition"):
                    timer = _local(part) if kind == "timer" else ""
                    text = self._text(part, owner)
            ref = child.get(f"{kind}Ref") or ""
            name = ""
            if ref and kind in ("message", "escalation", "error"):
                name = self._named(ref, kind, owner, _line(child))
            found.append(EventDefinition(kind, _line(child), text, timer, ref, name))
        return found

    def _text(self, expression: etree._Element, owner: str) -> str:
        """Return the text of an expression; note one that says it is written in another language."""
        language = expression.get("language") or ""
        if language and "feel" not in language.lower() and "dmn" not in language.lower():
            message = f"the expression is said to be written in {language}"
            self.faults.add(_line(expression), owner, message, "Write it in FEEL and remove the language.")
        return (expression.text or "").strip()

    def _named(self, ref: str, kind: str, owner: str, line: int) -> str:
        local = ref.rsplit(":", 1)[-1]
        known = self.names.get(ref) or self.names.get(local)
        if known is None or known[0] != kind:
            message = f"{owner} refers to the {kind} {ref}, which the file does not define"
            self.faults.add(line, owner, message, f"Choose or add {an(kind)} in the modeller.")
            return ""
        return known[1]

    def _arrow(self, element: etree._Element, scope: str) -> None:
        name = element.get("id") or ""
        condition = element.find(f"{_B}conditionExpression")
        properties, _, strays = _extensions(element, self.faults)
        self.arrows[name] = Arrow(
            id=name,
            name=element.get("name") or "",
            source=element.get("sourceRef") or "",
            target=element.get("targetRef") or "",
            scope=scope,
            line=_line(element),
            condition=None if condition is None else self._text(condition, name),
            properties=properties,
            strays=(*strays, *_stray_attributes(element, "sequenceFlow")),
        )

    def _connect(self) -> None:
        """Give each node its flows, and note flows and boundary events that hang in the air or leave their scope."""
        into: dict[str, list[str]] = defaultdict(list)
        out: dict[str, list[str]] = defaultdict(list)
        for arrow in list(self.arrows.values()):
            ends = [self.nodes.get(arrow.source), self.nodes.get(arrow.target)]
            if None in ends or any(end.scope != arrow.scope for end in ends if end):
                missing = arrow.source if ends[0] is None else arrow.target
                message = (
                    f"the flow leads from or to {missing or 'nothing'}, which is no element of the process"
                    if None in ends
                    else "the flow crosses the border of a subprocess"
                )
                self.faults.add(arrow.line, arrow.id, message, "Draw the flow again.")
                del self.arrows[arrow.id]
                continue
            out[arrow.source].append(arrow.id)
            into[arrow.target].append(arrow.id)
        for name, node in self.nodes.items():
            self.nodes[name] = _with_flows(node, tuple(into[name]), tuple(out[name]))
            if node.default is not None and node.default not in out[name]:
                message = f"the default flow {node.default} does not leave {name}"
                self.faults.add(node.line, name, message, "Choose the default flow again.")
            if node.kind == "boundaryEvent":
                host = self.nodes.get(node.attached_to or "")
                if host is None or host.scope != node.scope or host.kind not in ACTIVITIES:
                    message = f"the boundary event is attached to {node.attached_to or 'nothing'}"
                    self.faults.add(node.line, name, message, "Attach it to an activity of the same scope.")

    def _lane(self, element: etree._Element) -> LaneDrawn:
        name = element.get("id") or ""
        nodes = tuple((ref.text or "").strip() for ref in element.findall(f"{_B}flowNodeRef"))
        if element.find(f"{_B}childLaneSet") is not None:
            nodes = ()  # the lanes inside list them again
        for ref in nodes:
            if ref not in self.nodes:
                message = f"the lane lists {ref}, which is no element of the process"
                self.faults.add(_line(element), name, message, "Save the diagram again from the modeller.")
        properties, _, _ = _extensions(element, self.faults)
        return LaneDrawn(name, element.get("name") or "", _line(element), nodes, properties)


def _with_flows(node: Node, incoming: tuple[str, ...], outgoing: tuple[str, ...]) -> Node:
    return replace(node, incoming=incoming, outgoing=outgoing)


def _extensions(
    element: etree._Element, faults: FileFaults
) -> tuple[dict[str, Prop], str, tuple[Stray, ...]]:
    """Return the properties, the called decision, and what else stands in the extension elements."""
    properties: dict[str, Prop] = {}
    owner = element.get("id") or ""
    decision = ""
    holder = element.find(f"{_B}extensionElements")
    for part in () if holder is None else holder.iterchildren(etree.Element):
        if part.tag == f"{_S}calledDecisionId":
            decision = (part.text or "").strip()
        elif part.tag == f"{_S}properties":
            for item in part.iterchildren(etree.Element):
                name, value = (item.get("name") or "").strip(), (item.get("value") or "").strip()
                if name in properties:
                    message = f"the property {name} stands twice (first in line {properties[name].line})"
                    faults.add(_line(item), owner, message, "Keep one of them.")
                    continue
                properties[name] = Prop(name, value, _line(item))
    return properties, decision, tuple(_extension_strays(element))


def _extension_strays(element: etree._Element) -> list[Stray]:
    holder = element.find(f"{_B}extensionElements")
    known = {f"{_S}properties", f"{_S}calledDecisionId"}
    strays = [
        Stray(f"the extension element {_shown(part)}", _line(part))
        for part in (() if holder is None else holder.iterchildren(etree.Element))
        if part.tag not in known
    ]
    for part in () if holder is None else holder.findall(f"{_S}properties"):
        strays += [
            Stray(f"the extension element {_shown(item)}", _line(item))
            for item in part.iterchildren(etree.Element)
            if item.tag != f"{_S}property"
        ]
    return strays


def _stray_attributes(element: etree._Element, kind: str) -> list[Stray]:
    known = _EVERYWHERE | _ATTRIBUTES.get(kind, set())
    if kind == "sequenceFlow":
        known |= {"sourceRef", "targetRef"}
    strays = []
    for key, value in element.attrib.items():
        key = str(key)
        if "}" in key:
            if not key.startswith(f"{{{XSI}}}"):
                strays.append(Stray(f"the attribute {etree.QName(key).localname}={value!r}", _line(element)))
        elif key not in known and _COUNTS.get(key) != value:
            strays.append(Stray(f"the attribute {key}={value!r}", _line(element)))
    return strays


def _stray_children(element: etree._Element, kind: str) -> list[Stray]:
    strays = []
    for child in element.iterchildren(etree.Element):
        local = _local(child)
        known = local in _IN_NODE or local in _LOOPS or local.endswith("EventDefinition")
        if kind in SUBPROCESSES:
            known = known or local in NODES or local in _DRAWN_ONLY or local == "sequenceFlow"
        if _namespace(child) != BPMN or not known:
            strays.append(Stray(f"the element {_shown(child)}", _line(child)))
    return strays


def _documentation(element: etree._Element) -> str:
    return "\n".join((part.text or "").strip() for part in element.findall(f"{_B}documentation"))


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _namespace(element: etree._Element) -> str | None:
    return etree.QName(element).namespace


def _shown(element: etree._Element) -> str:
    return f"{element.prefix}:{_local(element)}" if element.prefix else _local(element)


def _line(element: etree._Element) -> int:
    line: Any = element.sourceline
    return int(line or 0)
