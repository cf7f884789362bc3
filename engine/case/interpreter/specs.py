"""SpiffWorkflow specs built from a pack's processes.

Built once per pack and shared by all its cases: nothing in them changes while a case runs. Timers, messages and
conditions are all `Awaited`: they fire when the case fires them, never by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    CallActivity,
    EndEvent,
    EventBasedGateway,
    ExclusiveGateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    ManualTask,
    ParallelGateway,
    StartEvent,
    SubWorkflowTask,
)
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition, TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.operators import Operator
from SpiffWorkflow.util.task import TaskState

from engine.pack.model import Element, Flow, Pack, Process

WORK = frozenset({"userTask", "manualTask", "sendTask", "receiveTask"})
"""Elements that stop a token until the case completes them."""

AWAITED = frozenset({"timer", "message", "conditional"})
"""Event definitions that fire when the case says so."""


class Awaited(EventDefinition):  # type: ignore[misc]
    """A timer, message or condition; two are equal when they stand on the same element."""

    def __init__(self, element: str) -> None:
        super().__init__(name=element)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Awaited) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


class DecisionTask(BpmnSpecMixin):  # type: ignore[misc]
    """A business rule task; the case decides just before the token passes."""


class InclusiveGateway(defaults.InclusiveGateway):  # type: ignore[misc]
    """An inclusive gateway that waits for every token that may still come to it.

    SpiffWorkflow follows only the first flow back from each merge, so that a join fires early when a branch holds a
    loop or another merge; this one looks along all of them (BPMN 2.0.2, table 13.3).
    """

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        held = my_task.workflow.tasks.values()
        came = {
            task.parent.task_spec.name
            for task in held
            if task.task_spec is self and task.parent.has_state(TaskState.COMPLETED)
        }
        sources = self._sources(frozenset(spec.name for spec in self.inputs if spec.name not in came))
        live = TaskState.READY | TaskState.WAITING | TaskState.STARTED
        return not any(task.has_state(live) and task.task_spec.name in sources for task in held)

    def _sources(self, inputs: frozenset[str]) -> frozenset[str]:
        """Return every node from which a token may come to these inputs without passing the gateway."""
        cache: dict[frozenset[str], frozenset[str]] = self.__dict__.setdefault("_found_sources", {})
        if inputs not in cache:
            found, todo = set(), list(inputs)
            while todo:
                name = todo.pop()
                if name in found or name == self.name:
                    continue
                found.add(name)
                todo += self._wf_spec.task_specs[name]._inputs
            cache[inputs] = frozenset(found)
        return cache[inputs]


class Condition(Operator):  # type: ignore[misc]
    """A flow's condition, answered by the case (set as the workflow's script engine)."""

    def __init__(self, flow: Flow) -> None:
        super().__init__(flow.id)
        self.flow = flow

    def _matches(self, task: object) -> bool:
        answer: bool = task.workflow.script_engine.condition(self.flow)  # type: ignore[attr-defined]
        return answer


@dataclass(frozen=True, slots=True)
class Specs:
    """What SpiffWorkflow needs to run a pack: a spec for every process and embedded subprocess, by id."""

    processes: Mapping[str, BpmnProcessSpec]


def build_specs(pack: Pack) -> Specs:
    """Build the specs of every process of the pack."""
    return Specs({name: spec for process in pack.processes.values() for name, spec in _scopes(process)})


def rebuild_specs(specs: Specs, process: Process) -> Specs:
    """Return specs with those of one process built anew, the rest shared."""
    return Specs({**specs.processes, **dict(_scopes(process))})


def _scopes(process: Process) -> Iterator[tuple[str, BpmnProcessSpec]]:
    """Yield the spec of a process and those of its embedded subprocesses."""
    scopes: dict[str, list[Element]] = {process.id: []}
    for element in process.elements.values():
        if element.kind == "subProcess":
            scopes[element.id] = []
    for element in process.elements.values():
        scopes[element.scope].append(element)
    for scope, elements in scopes.items():
        yield scope, _build_scope(scope, elements, process)


def _build_scope(scope: str, elements: list[Element], process: Process) -> BpmnProcessSpec:
    spec = BpmnProcessSpec(name=scope, description=process.title)
    attached: dict[str, list[Element]] = {}
    for element in elements:
        if element.kind == "boundaryEvent" and element.attached_to:
            attached.setdefault(element.attached_to, []).append(element)
    heads: dict[str, object] = {}  # what a flow into the element leads to
    tasks: dict[str, object] = {}
    for element in elements:
        tasks[element.id] = heads[element.id] = _task_spec(spec, element)
    for host, events in attached.items():
        heads[host] = _attach(spec, tasks, host, events)
    for element in elements:
        task = tasks[element.id]
        if element.kind == "startEvent":
            spec.start.connect(task)
        for flow_id in element.outgoing:
            _connect(task, heads, process.flows[flow_id], element)
        if element.kind == "endEvent":
            task.connect(spec.end)  # type: ignore[attr-defined]
    return spec


def _connect(task: object, heads: Mapping[str, object], flow: Flow, source: Element) -> None:
    target = heads[flow.target]
    deciding = source.kind in ("exclusiveGateway", "inclusiveGateway")
    if deciding and flow.condition is not None and flow.id != source.default_flow:
        task.connect_if(Condition(flow), target)  # type: ignore[attr-defined]
    else:
        task.connect(target)  # type: ignore[attr-defined]


def _attach(spec: BpmnProcessSpec, tasks: Mapping[str, object], host: str, events: list[Element]) -> object:
    """Put boundary events on their host, as SpiffWorkflow wants them: a split before and a join behind."""
    split = BoundaryEventSplit(spec, f"{host}.BoundaryEventSplit")
    join = BoundaryEventJoin(spec, f"{host}.BoundaryEventJoin", split_task=split.name, cancel=True)
    split.connect(tasks[host])
    tasks[host].connect(join)  # type: ignore[attr-defined]
    for event in events:
        split.connect(tasks[event.id])
        tasks[event.id].connect(join)  # type: ignore[attr-defined]
    return split


def _event_definition(element: Element) -> EventDefinition:
    if element.trigger in AWAITED:
        return Awaited(element.id)
    if element.trigger == "terminate":
        return TerminateEventDefinition()
    if element.trigger == "escalation":
        return EscalationEventDefinition(element.event or "escalation", element.event)
    if element.trigger == "error":
        return ErrorEventDefinition(element.event or "error", element.event)
    return NoneEventDefinition()


def _task_spec(spec: BpmnProcessSpec, element: Element) -> object:
    kind, name = element.kind, element.id
    if kind in WORK:
        return ManualTask(spec, name)
    if kind == "startEvent":
        # However the process was started, by then it has started.
        return StartEvent(spec, name, event_definition=NoneEventDefinition())
    if kind == "boundaryEvent":
        return BoundaryEvent(
            spec, name, event_definition=_event_definition(element), cancel_activity=element.interrupting
        )
    if kind == "eventBasedGateway":
        return EventBasedGateway(spec, name, event_definition=MultipleEventDefinition())
    if kind == "callActivity":
        return CallActivity(spec, name, subworkflow_spec=element.calls)
    if kind == "subProcess":
        return SubWorkflowTask(spec, name, subworkflow_spec=name)
    events = {
        "endEvent": EndEvent,
        "intermediateCatchEvent": IntermediateCatchEvent,
        "intermediateThrowEvent": IntermediateThrowEvent,
    }
    if kind in events:
        return events[kind](spec, name, event_definition=_event_definition(element))
    plain = {
        "exclusiveGateway": ExclusiveGateway,
        "inclusiveGateway": InclusiveGateway,
        "parallelGateway": ParallelGateway,
        "businessRuleTask": DecisionTask,
    }
    if kind in plain:
        return plain[kind](spec, name)
    raise ValueError(f"{element.id}: the engine does not run a {kind}")
