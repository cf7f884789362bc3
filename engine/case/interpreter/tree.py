"""SpiffWorkflow's tree of tasks: walked, numbered, written down as rows and built again from them.

Tasks are known by small numbers that survive storing and loading. The stored form is our own, task by task: specs
are never stored, and a state of SpiffWorkflow's own serialiser is never read, because its migration evaluates strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.case.interpreter import lean
from engine.case.interpreter.compaction import compact
from engine.case.interpreter.specs import Specs
from engine.case.model import Incident
from engine.pack.model import Flow

LIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED
lean.apply()


class Answers:
    """What SpiffWorkflow calls its script engine: here it only answers conditions of flows."""

    def __init__(self, condition: Callable[[Flow], bool]) -> None:
        self.condition = condition


def unanswered(flow: Flow) -> bool:
    """Refuse to answer: conditions are only read while a case advances."""
    raise Incident("a condition was read outside an act", process=flow.process, element=flow.id)


class Tree:
    """The tasks of one running process and of the subprocesses inside it."""

    def __init__(self, workflow: BpmnWorkflow, next_number: int = 1) -> None:
        self.workflow = workflow
        self._numbers: dict[int, int] = {}
        self._next = next_number

    @classmethod
    def start(cls, process: str, specs: Specs) -> Tree:
        """Put a token on the process's start event."""
        return cls(BpmnWorkflow(specs.processes[process], specs.processes, script_engine=Answers(unanswered)))

    def walk(self) -> Iterator[Task]:
        """Walk every task held, parents first, subprocesses right after the task that holds them."""
        workflow = self.workflow
        stack: list[tuple[Any, Task]] = [(workflow, workflow.task_tree)]
        while stack:
            owner, task = stack.pop()
            yield task
            held = owner.tasks
            for child in reversed(task._children):
                found = held.get(child)
                if found is not None:
                    stack.append((owner, found))
            sub = workflow.subprocesses.get(task.id)
            if sub is not None and not sub.completed:
                stack.append((sub, sub.task_tree))

    def ready(self) -> Task | None:
        """Return the next task that needs nobody; where several could go, the first of the walk."""
        running = [self.workflow, *(sub for sub in self.workflow.subprocesses.values() if not sub.completed)]
        found = [
            task
            for one in running
            for task in one.tasks.values()
            if task._state == TaskState.READY and not task.task_spec.manual
        ]
        if len(found) < 2:
            return found[0] if found else None
        return next(task for task in self.walk() if task in found)

    def number(self, task: Task) -> int:
        """Return the task's number."""
        number = self._numbers.get(task.id)
        if number is None:
            number = self._numbers[task.id] = self._next
            self._next += 1
        return number

    def task(self, number: int) -> Task | None:
        """Return the task of a number, None when it is gone."""
        return next((task for task in self.walk() if self._numbers.get(task.id) == number), None)

    def look_again(self) -> None:
        """Let every join that waits look whether everything that it waits for has come."""
        for task in list(self.walk()):
            if task._state == TaskState.WAITING and isinstance(task.task_spec, UnstructuredJoin):
                task.task_spec._update(task)

    def held(self) -> int:
        """Return how many tasks are held, those of called processes and subprocesses included."""
        return len(self.workflow.tasks) + sum(len(sub.tasks) for sub in self.workflow.subprocesses.values())

    def compact(self) -> None:
        """Cut finished rounds out."""
        compact(self.workflow)

    # --- storing

    def dump(self) -> dict[str, Any]:
        """Return the tasks as plain JSON values, finished rounds left out."""
        self.compact()
        owned = [
            (self.number(self.workflow.get_task_from_id(owner)), sub)
            for owner, sub in self.workflow.subprocesses.items()
        ]
        owned.sort(key=lambda pair: pair[0])  # the same bytes whether it was loaded or not
        subs = {str(number): [sub.spec.name, self._rows(sub)] for number, sub in owned}
        return {"t": self._rows(self.workflow), "s": subs, "x": self._next, "c": self.workflow.completed}

    def _rows(self, workflow: Any) -> list[list[Any]]:
        rows: list[list[Any]] = []
        stack = [workflow.task_tree]
        while stack:
            task = stack.pop()
            parent = workflow.tasks.get(task._parent)
            internal = {k: v for k, v in task.internal_data.items() if k != "seen_events"}
            rows.append(
                [
                    self.number(task),
                    0 if parent is None else self.number(parent),
                    task._state,
                    task.task_spec.name,
                    int(task.triggered),
                    internal or 0,
                    dict(task.data) if task.data else 0,
                ]
            )
            stack.extend(workflow.tasks[child] for child in reversed(task._children))
        return rows

    @classmethod
    def load(cls, process: str, state: dict[str, Any], specs: Specs) -> Tree:
        """Build the tasks again from what `dump` returned."""
        workflow = BpmnWorkflow(
            specs.processes[process], specs.processes, script_engine=Answers(unanswered), deserializing=True
        )
        tree = cls(workflow, state["x"])
        tree._build(workflow, state["t"])
        workflow.completed = state["c"]
        tree._attach(workflow, state["s"], specs)
        return tree

    def _attach(self, workflow: Any, subs: dict[str, Any], specs: Specs) -> None:
        for task in list(workflow.tasks.values()):
            held = (
                subs.get(str(self._numbers[task.id])) if isinstance(task.task_spec, SubWorkflowTask) else None
            )
            if held is None:
                continue
            name, rows = held
            sub = BpmnSubWorkflow(specs.processes[name], task.id, self.workflow, deserializing=True)
            self._build(sub, rows)
            self.workflow.subprocesses[task.id] = sub
            sub.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
            self._attach(sub, subs, specs)

    def _build(self, workflow: Any, rows: list[list[Any]]) -> None:
        specs, tasks = workflow.spec.task_specs, workflow.tasks
        for number, parent, state, spec, triggered, internal, data in rows:
            task = Task.__new__(Task)
            task.id = number
            task.workflow = workflow
            task._parent = parent or None
            task._children = []
            task._state = state
            task.task_spec = specs[spec]
            task.thread_id = 0
            task.triggered = bool(triggered)
            task.internal_data = dict(internal) if internal else {}
            task.data = dict(data) if data else {}
            task.last_state_change = float(number)
            tasks[number] = task
            self._numbers[number] = number
            if parent:
                tasks[parent]._children.append(number)
            if state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
                self.workflow.event_manager.add_task(task)
        workflow.task_tree = tasks[rows[0][0]]
