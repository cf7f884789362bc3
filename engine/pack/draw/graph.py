"""What a BPMN file asks to be drawn: pools, lanes, nodes and the edges between them, without any geometry.

Everything that stands on the canvas is a Node, annotations and data objects included, because the layout must find
room for all of them; `scope` says which process or subprocess a node stands in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from lxml import etree

from engine.xml import line_of

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"

_TASKS = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "sendTask",
        "receiveTask",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "callActivity",
    }
)
_SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
_EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
_GATEWAYS = frozenset(
    {"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway"}
)
_DATA = frozenset({"dataObjectReference", "dataStoreReference"})
FLOW_NODES = _TASKS | _SUBPROCESSES | _EVENTS | _GATEWAYS


@dataclass(frozen=True)
class Node:
    """Something with a place of its own: activity, event, gateway, annotation, data object or data store."""

    id: str
    kind: str
    name: str
    scope: str
    lane: str | None = None
    host: str | None = None
    trigger: str | None = None
    interrupting: bool = True
    carries: bool = False  # whether boundary events sit on it
    column: int | None = None
    row: int | None = None
    line: int = 0
    properties: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_event(self) -> bool:
        return self.kind in _EVENTS

    @property
    def is_gateway(self) -> bool:
        return self.kind in _GATEWAYS

    @property
    def is_task(self) -> bool:
        return self.kind in _TASKS

    @property
    def is_subprocess(self) -> bool:
        """Whether it is an embedded subprocess, which is always drawn expanded."""
        return self.kind in _SUBPROCESSES

    @property
    def is_flow_node(self) -> bool:
        return self.kind in FLOW_NODES

    @property
    def is_artifact(self) -> bool:
        """Whether it stands beside the flow: an annotation, a data object or a data store."""
        return not self.is_flow_node


@dataclass(frozen=True)
class Edge:
    """A line between two nodes; `kind` is sequenceFlow, messageFlow, association or dataAssociation."""

    id: str
    kind: str
    source: str
    target: str
    scope: str = ""
    name: str = ""
    is_default: bool = False
    direction: str = "None"
    line: int = 0


@dataclass(frozen=True)
class Lane:
    """A lane without lanes inside it."""

    id: str
    name: str
    line: int = 0


@dataclass(frozen=True)
class Pool:
    """A participant; `process` is None for a black box. `id` is None where a process stands without a pool."""

    id: str | None
    name: str
    process: str | None
    lanes: tuple[Lane, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Graph:
    """Everything of one BPMN file that has a place on the canvas, in document order."""

    plane: str  # the element the diagram is of: a collaboration or a process
    pools: tuple[Pool, ...]
    nodes: dict[str, Node]
    edges: dict[str, Edge]

    def inside(self, scope: str) -> list[Node]:
        """List the nodes that stand directly in a process or subprocess."""
        return self._by_scope.get(scope, [])

    def attached(self, host: str) -> list[Node]:
        """List the boundary events of an activity."""
        return self._by_host.get(host, [])

    def host_of(self, node: str) -> str:
        """Give the activity that a boundary event sits on; any other node is its own host."""
        found = self.nodes.get(node)
        return found.host if found is not None and found.host is not None else node

    @cached_property
    def _by_scope(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            found.setdefault(node.scope, []).append(node)
        return found

    @cached_property
    def _by_host(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            if node.host is not None:
                found.setdefault(node.host, []).append(node)
        return found


def local(element: etree._Element) -> str:
    """Give an element's name without its namespace; comments and the like have none."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _is_bpmn(element: etree._Element) -> bool:
    return isinstance(element.tag, str) and etree.QName(element).namespace == BPMN


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iterchildren(f"{{{BPMN}}}{name}")


def properties(element: etree._Element) -> dict[str, str]:
    """Read the name/value pairs that we keep on an element."""
    pairs = element.iterfind(
        f"{{{BPMN}}}extensionElements/{{{SPIFF}}}properties/{{{SPIFF}}}property",
    )
    return {pair.get("name", ""): pair.get("value", "") for pair in pairs}


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().lstrip("-").isdigit() else None


def _trigger(element: etree._Element) -> str | None:
    for child in element:
        name = local(child)
        if name.endswith("EventDefinition"):
            return name[: -len("EventDefinition")]
    return None


class _Reader:
    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.nodes: dict[str, Node] = {}
        self.edges: dict[str, Edge] = {}
        self.lane_of: dict[str, str] = {}

    def read(self) -> Graph:
        collaboration = next(_children(self.root, "collaboration"), None)
        processes = {process.get("id", ""): process for process in _children(self.root, "process")}
        pools: list[Pool] = []
        drawn: set[str] = set()
        if collaboration is not None:
            for participant in _children(collaboration, "participant"):
                process = participant.get("processRef")
                if process in processes:
                    drawn.add(process)
                pools.append(self.pool(participant, processes.get(process or "")))
        if not drawn:
            for process_id, process_element in processes.items():
                pools.append(Pool(None, "", process_id, self.lanes(process_element)))
                drawn.add(process_id)
                break
        for process_id in processes:
            if process_id in drawn:
                self.scope(processes[process_id], None)
        if collaboration is not None:
            for flow in _children(collaboration, "messageFlow"):
                self.edge(flow, "")
            self.artifacts(collaboration, pools[0].process or "", None)
            plane = collaboration.get("id", "")
        else:
            plane = pools[0].process or "" if pools else ""
        return Graph(plane, tuple(pools), self.nodes, self.known_edges(pools))

    def known_edges(self, pools: list[Pool]) -> dict[str, Edge]:
        """Leave out edges whose ends are not on the canvas; the reader of packs reports those."""
        ends = set(self.nodes) | {pool.id for pool in pools if pool.id}
        return {key: edge for key, edge in self.edges.items() if edge.source in ends and edge.target in ends}

    def pool(self, participant: etree._Element, process: etree._Element | None) -> Pool:
        return Pool(
            participant.get("id", ""),
            participant.get("name", ""),
            process.get("id", "") if process is not None else None,
            self.lanes(process) if process is not None else (),
            line_of(participant),
        )

    def lanes(self, process: etree._Element) -> tuple[Lane, ...]:
        found: list[Lane] = []
        for lane in process.iter(f"{{{BPMN}}}lane"):
            if lane.find(f"{{{BPMN}}}childLaneSet") is not None:
                continue
            lane_id = lane.get("id", "")
            found.append(Lane(lane_id, lane.get("name", ""), line_of(lane)))
            for reference in _children(lane, "flowNodeRef"):
                self.lane_of[(reference.text or "").strip()] = lane_id
        return tuple(found)

    def scope(self, container: etree._Element, lane: str | None) -> None:
        scope = container.get("id", "")
        defaults = {child.get("default") for child in container if isinstance(child.tag, str)} - {None}
        for child in container:
            if not _is_bpmn(child):
                continue
            kind = local(child)
            if kind in FLOW_NODES or kind in _DATA:
                self.node(child, scope, lane)
            elif kind == "sequenceFlow":
                self.edge(child, scope, is_default=child.get("id") in defaults)
        self.artifacts(container, scope, lane)

    def artifacts(self, container: etree._Element, scope: str, lane: str | None) -> None:
        for child in _children(container, "textAnnotation"):
            self.node(child, scope, lane)
        for child in _children(container, "association"):
            self.edge(child, scope)

    def node(self, element: etree._Element, scope: str, lane: str | None) -> None:
        kind, node_id = local(element), element.get("id", "")
        ours = properties(element)
        name = element.get("name", "")
        if kind == "textAnnotation":
            name = (element.findtext(f"{{{BPMN}}}text") or "").strip()
        in_lane = lane if lane is not None else self.lane_of.get(node_id)
        quiet = element.get("cancelActivity") == "false" or element.get("isInterrupting") == "false"
        self.nodes[node_id] = Node(
            node_id,
            kind,
            " ".join(name.split()) if kind != "textAnnotation" else name,
            scope,
            lane=in_lane,
            host=element.get("attachedToRef") if kind == "boundaryEvent" else None,
            trigger=_trigger(element) if kind in _EVENTS else None,
            interrupting=not quiet,
            column=_whole(ours.get("layout.column")),
            row=_whole(ours.get("layout.row")),
            line=line_of(element),
            properties=ours,
        )
        if kind in _SUBPROCESSES:
            self.scope(element, in_lane)
        self.data_associations(element, node_id, scope)

    def data_associations(self, element: etree._Element, node_id: str, scope: str) -> None:
        for kind, end in (("dataInputAssociation", "sourceRef"), ("dataOutputAssociation", "targetRef")):
            for association in _children(element, kind):
                other = (association.findtext(f"{{{BPMN}}}{end}") or "").strip()
                source, target = (other, node_id) if end == "sourceRef" else (node_id, other)
                edge_id = association.get("id", "")
                self.edges[edge_id] = Edge(
                    edge_id, "dataAssociation", source, target, scope, line=line_of(association)
                )

    def edge(self, element: etree._Element, scope: str, *, is_default: bool = False) -> None:
        edge_id = element.get("id", "")
        self.edges[edge_id] = Edge(
            edge_id,
            local(element),
            element.get("sourceRef", ""),
            element.get("targetRef", ""),
            scope,
            " ".join(element.get("name", "").split()),
            is_default,
            element.get("associationDirection", "None"),
            line_of(element),
        )


def read_graph(root: etree._Element) -> Graph:
    """Read what a BPMN file asks to be drawn; event subprocesses, which packs do not use, are drawn like others."""
    graph = _with_artifact_lanes(_Reader(root).read())
    hosts = {node.host for node in graph.nodes.values()}
    nodes = {key: replace(node, carries=key in hosts) for key, node in graph.nodes.items()}
    return replace(graph, nodes=nodes)


def _with_artifact_lanes(graph: Graph) -> Graph:
    """Put each annotation and data object into the lane of the node it belongs to."""
    nodes = dict(graph.nodes)
    for edge in graph.edges.values():
        for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
            mine, theirs = nodes.get(one), nodes.get(other)
            if mine is None or theirs is None or not mine.is_artifact or theirs.is_artifact:
                continue
            base = nodes.get(theirs.host) if theirs.host else theirs
            if base is not None and (mine.lane is None or mine.scope != base.scope):
                nodes[one] = replace(mine, lane=base.lane, scope=base.scope)
    return replace(graph, nodes=nodes)
