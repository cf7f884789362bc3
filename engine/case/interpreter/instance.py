"""One running process: its tokens, moved by SpiffWorkflow one step at a time.

Tokens are known by small numbers that survive storing and loading. The stored form is our own, task by task: specs
are never stored, and a state of SpiffWorkflow's own serialiser is never read, because its migration evaluates strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.case.interpreter import lean
from engine.case.interpreter.compaction import compact
from engine.case.interpreter.specs import Awaited, Specs
from engine.case.model import Incident
from engine.pack.model import Flow

LIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED
CROWDED = 120
"""More tasks than this in memory and finished rounds are cut out, as storing would."""

STEPS_AT_REST = 10_000
"""More automatic steps than this without coming to rest is a loop that never ends."""


lean.apply()


class TokenState(StrEnum):
    """Where a token stands: at work for the case to complete, waiting for an event, or inside a subprocess."""

    WORK = "work"
    WAITING = "waiting"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Token:
    """A live token: its number within the instance, its element, and the timer mark it carries, if any."""

    number: int
    element: str
    state: TokenState
    mark: tuple[str, ...] = ()


class _Answers:
    """What SpiffWorkflow calls its script engine: here it only answers conditions of flows."""

    def __init__(self, condition: Callable[[Flow], bool]) -> None:
        self.condition = condition


class Instance:
    """A running process of a case."""

    def __init__(self, number: int, process: str, workflow: BpmnWorkflow) -> None:
        self.number = number
        self.process = process
        self._workflow = workflow
        self._numbers: dict[int, int] = {}
        self._next = 1
        self._at_rest = False
        self._tokens: list[Token] | None = None
        self._awaited: list[tuple[int, str]] | None = None

    @classmethod
    def start(cls, number: int, process: str, specs: Specs) -> Instance:
        """Put a token on the process's start event; nothing moves before `advance`."""
        workflow = BpmnWorkflow(
            specs.processes[process], specs.processes, script_engine=_Answers(_unanswered)
        )
        return cls(number, process, workflow)

    @property
    def completed(self) -> bool:
        return bool(self._workflow.completed)

    # --- moving

    def advance(
        self,
        before: Callable[[Instance, str, tuple[str, ...]], None],
        after: Callable[[Instance, str, tuple[str, ...]], None],
        condition: Callable[[Flow], bool],
    ) -> bool:
        """Move every token that needs nobody until it comes to rest; return whether anything moved.

        `before` and `after` are called with the element that a token passes and the timer mark that it carries.
        """
        if self._at_rest:
            return False
        self._workflow.script_engine = _Answers(condition)
        moved = False
        for steps in range(STEPS_AT_REST):
            task = self._next_automatic()
            if task is None:
                self._check_events()
                if len(self._workflow.tasks) > CROWDED:
                    compact(self._workflow)
                    self._changed()
                self._at_rest = True
                return moved
            moved = True
            element = self._element(task)
            if "mark" in task.internal_data:
                task.data["mark"] = task.internal_data["mark"]
            mark = tuple(task.data.get("mark", ()))
            if element:
                before(self, element, mark)
            self._run(task, element)
            if element:
                after(self, element, mark)
            if steps % 200 == 199:
                compact(self._workflow)
        raise Incident(
            f"the process {self.process} does not come to rest: a loop in it waits for nobody",
            process=self.process,
        )

    def _changed(self) -> None:
        """Forget what was seen: a token has moved."""
        self._at_rest = False
        self._tokens = self._awaited = None

    def _run(self, task: Task, element: str | None) -> None:
        self._changed()
        try:
            task.run()
        except SpiffWorkflowException as error:
            raise Incident(
                f"the token cannot go on: {error}", process=self.process, element=element
            ) from error

    def complete(self, token: int) -> str:
        """Complete the work a token stands at and return its element; the token moves on at the next `advance`."""
        task = self._task(token)
        if task is None or task._state != TaskState.READY:
            raise KeyError(token)
        element = self._element(task) or ""
        self._run(task, element)
        return element

    def fire(self, token: int, element: str, mark: tuple[str, ...] = ()) -> bool:
        """Let the event that a token waits for happen; return False when it no longer waits."""
        task = self._task(token)
        if task is None or task._state != TaskState.WAITING:
            return False
        self._changed()
        definition = task.task_spec.event_definition
        definition.catch(task, BpmnEvent(Awaited(element)))
        if mark:
            task.internal_data["mark"] = list(mark)
        task.task_spec._update(task)
        return True

    def _next_automatic(self) -> Task | None:
        for task in self._walk():
            if task._state == TaskState.READY and not task.task_spec.manual:
                return task
        return None

    def _check_events(self) -> None:
        for event in self._workflow.get_events():
            if isinstance(event.event_definition, ErrorEventDefinition):
                raise Incident(
                    f"the error {event.event_definition.name} was thrown and nothing catches it",
                    process=self.process,
                )

    # --- looking

    def tokens(self) -> list[Token]:
        """Return the live tokens in the order of the diagram's file."""
        if self._tokens is None:
            self._tokens = self._find_tokens()
        return self._tokens

    def _find_tokens(self) -> list[Token]:
        found = []
        for task in self._walk():
            element = self._element(task)
            if element is None or not task._state & LIVE:
                continue
            if task._state == TaskState.READY and task.task_spec.manual:
                state = TokenState.WORK
            elif task._state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
                state = TokenState.WAITING
            elif task._state == TaskState.STARTED:
                state = TokenState.INSIDE
            else:
                continue
            found.append(Token(self._number(task), element, state, tuple(task.data.get("mark", ()))))
        return found

    def awaited(self) -> list[tuple[int, str]]:
        """Return what tokens wait for, as (token, element of the event); behind an event gateway there are several."""
        if self._awaited is None:
            self._awaited = self._find_awaited()
        return self._awaited

    def _find_awaited(self) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for task in self._walk():
            if task._state != TaskState.WAITING or not isinstance(task.task_spec, CatchingEvent):
                continue
            definition = task.task_spec.event_definition
            several = isinstance(definition, MultipleEventDefinition)
            for one in definition.event_definitions if several else [definition]:
                if isinstance(one, Awaited):
                    found.append((self._number(task), one.name))
        return found

    def check(self) -> None:
        """Refuse a silent close: what says that it is completed holds no live token, and the other way round.

        Raises Incident. SpiffWorkflow's iterators stop at a depth of 1,000 and then report an end that never was.
        """
        live = any(task._state & LIVE for task in self._walk())
        if self.completed and live:
            raise Incident(
                "the process says that it has ended but work in it is still open", process=self.process
            )
        if not self.completed and not any(
            task._state & LIVE and (self._element(task) or task._state != TaskState.WAITING)
            for task in self._walk()
        ):
            raise Incident("the process has not ended but nothing in it can go on", process=self.process)

    def _walk(self) -> Iterator[Task]:
        """Walk every task held, parents first, subprocesses after the task that holds them."""
        workflow = self._workflow
        stack: list[tuple[Any, Task]] = [(workflow, workflow.task_tree)]
        while stack:
            owner, task = stack.pop()
            yield task
            children = [owner.tasks.get(child) for child in task._children]
            stack.extend((owner, child) for child in reversed(children) if child is not None)
            sub = workflow.subprocesses.get(task.id)
            if sub is not None and not sub.completed:
                stack.append((sub, sub.task_tree))

    @staticmethod
    def _element(task: Task) -> str | None:
        element: str | None = getattr(task.task_spec, "bpmn_id", None)
        return element

    def _number(self, task: Task) -> int:
        number = self._numbers.get(task.id)
        if number is None:
            number = self._numbers[task.id] = self._next
            self._next += 1
        return number

    def _task(self, number: int) -> Task | None:
        for task in self._walk():
            if self._numbers.get(task.id) == number:
                return task
        return None

    # --- storing

    def dump(self) -> dict[str, Any]:
        """Return the state as plain JSON values; finished rounds are cut out first."""
        compact(self._workflow)
        self._changed()
        subs = {
            str(self._number(self._workflow.get_task_from_id(owner))): [sub.spec.name, self._rows(sub)]
            for owner, sub in self._workflow.subprocesses.items()
        }
        return {
            "n": self.number,
            "p": self.process,
            "t": self._rows(self._workflow),
            "s": subs,
            "x": self._next,
            "c": self._workflow.completed,
        }

    def _rows(self, workflow: Any) -> list[list[Any]]:
        rows: list[list[Any]] = []
        stack = [workflow.task_tree]
        while stack:
            task = stack.pop()
            parent = workflow.tasks.get(task._parent)
            rows.append(
                [
                    self._number(task),
                    0 if parent is None else self._number(parent),
                    task._state,
                    task.task_spec.name,
                    int(task.triggered),
                    {k: v for k, v in task.internal_data.items() if k != "seen_events"} or 0,
                    task.data or 0,
                ]
            )
            stack.extend(reversed([workflow.tasks[child] for child in task._children]))
        return rows

    @classmethod
    def load(cls, state: dict[str, Any], specs: Specs) -> Instance:
        """Bring an instance back from what `dump` returned."""
        workflow = BpmnWorkflow(
            specs.processes[state["p"]],
            specs.processes,
            script_engine=_Answers(_unanswered),
            deserializing=True,
        )
        instance = cls(state["n"], state["p"], workflow)
        instance._next = state["x"]
        instance._load_rows(workflow, state["t"])
        workflow.completed = state["c"]
        instance._attach(workflow, state["s"], specs)
        return instance

    def _attach(self, workflow: Any, subs: dict[str, Any], specs: Specs) -> None:
        for task in list(workflow.tasks.values()):
            held = (
                subs.get(str(self._numbers[task.id])) if isinstance(task.task_spec, SubWorkflowTask) else None
            )
            if held is None:
                continue
            name, rows = held
            sub = BpmnSubWorkflow(specs.processes[name], task.id, self._workflow, deserializing=True)
            self._load_rows(sub, rows)
            self._workflow.subprocesses[task.id] = sub
            sub.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
            self._attach(sub, subs, specs)

    def _load_rows(self, workflow: Any, rows: list[list[Any]]) -> None:
        by_number: dict[int, Task] = {}
        for number, parent, state, spec, triggered, internal, data in rows:
            task = Task.__new__(Task)
            task.id = number
            task.workflow = workflow
            task._parent = by_number[parent].id if parent else None
            task._children = []
            task._state = state
            task.task_spec = workflow.spec.task_specs[spec]
            task.thread_id = 0
            task.triggered = bool(triggered)
            task.internal_data = internal or {}
            task.data = data or {}
            task.last_state_change = float(number)
            workflow.tasks[task.id] = by_number[number] = task
            self._numbers[task.id] = number
            if parent:
                by_number[parent]._children.append(task.id)
            if state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
                self._workflow.event_manager.add_task(task)
        workflow.task_tree = by_number[rows[0][0]]


def _unanswered(flow: Flow) -> bool:
    raise Incident("a condition was read outside an act", process=flow.process, element=flow.id)


def moment_mark(due: datetime, until: frozenset[str]) -> tuple[str, ...]:
    """Return the mark of a token behind a timer: the timer's moment and the events that end its scope."""
    return (due.isoformat(), *sorted(until))
