"""One running process: its tokens, moved by SpiffWorkflow one step at a time.

An instance that was loaded and that no act touches stays as it was stored: what its tokens are and what they wait for is
written beside its tasks, so that a case with many processes costs what its moving ones cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.case.interpreter.specs import Awaited, Specs
from engine.case.interpreter.tree import LIVE, Answers, Tree
from engine.case.model import Incident
from engine.pack.model import Flow

CROWDED = 120
"""More tasks than this in memory and finished rounds are cut out, as storing would."""

STEPS_AT_REST = 10_000
"""More automatic steps than this without coming to rest is a loop that never ends."""

Passing = Callable[["Instance", str, tuple[str, ...]], None]


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


class Instance:
    """A running process of a case."""

    def __init__(self, number: int, process: str, specs: Specs, stored: dict[str, Any] | None = None) -> None:
        self.number = number
        self.process = process
        self._specs = specs
        self._stored = stored
        self._held: Tree | None = None if stored else Tree.start(process, specs)
        self._at_rest = stored is not None
        self._tokens: list[Token] | None = None
        self._awaited: list[tuple[int, str]] | None = None

    @classmethod
    def start(cls, number: int, process: str, specs: Specs) -> Instance:
        """Put a token on the process's start event; nothing moves before `advance`."""
        return cls(number, process, specs)

    @classmethod
    def load(cls, state: dict[str, Any], specs: Specs) -> Instance:
        """Bring an instance back from what `dump` returned."""
        return cls(state["n"], state["p"], specs, state)

    @classmethod
    def rebuilt(cls, number: int, process: str, specs: Specs, tree: Tree) -> Instance:
        """Return an instance that holds a tree which was put together elsewhere."""
        one = cls(number, process, specs)
        one._held, one._at_rest = tree, True
        return one

    def look_again(self) -> None:
        """Let what waits at joins look whether it may go on: what they wait for may have changed."""
        self._tree.look_again()
        self._changed()

    def dump(self) -> dict[str, Any]:
        """Return the state as plain JSON values."""
        if self._stored is None:
            tasks = self._tree.dump()
            self._stored = {
                "n": self.number,
                "p": self.process,
                "k": [[t.number, t.element, t.state.value, list(t.mark)] for t in self.tokens()],
                "w": [list(one) for one in self.awaited()],
                **tasks,
            }
        return self._stored

    @property
    def completed(self) -> bool:
        return bool(self._stored["c"] if self._stored is not None else self._tree.workflow.completed)

    @property
    def _tree(self) -> Tree:
        if self._held is None:
            if self._stored is None:
                raise RuntimeError("an instance holds its tasks or their stored form")
            self._held = Tree.load(self.process, self._stored, self._specs)
        return self._held

    # --- moving

    def advance(self, before: Passing, after: Passing, condition: Callable[[Flow], bool]) -> bool:
        """Move every token that needs nobody until it comes to rest; return whether anything moved.

        `before` and `after` are called with the element that a token passes and the timer mark that it carries.
        """
        if self._at_rest:
            return False
        workflow = self._tree.workflow
        workflow.script_engine = Answers(condition)
        moved = False
        for steps in range(STEPS_AT_REST):
            task = self._tree.ready()
            if task is None:
                self._come_to_rest()
                return moved
            moved = True
            self._pass(task, before, after)
            if steps % 200 == 199:
                self._tree.compact()
        raise Incident(
            f"the process {self.process} does not come to rest: a loop in it waits for nobody",
            process=self.process,
        )

    def _pass(self, task: Task, before: Passing, after: Passing) -> None:
        element = _element(task)
        if "mark" in task.internal_data:
            task.data["mark"] = task.internal_data["mark"]
        mark = tuple(task.data.get("mark", ()))
        if element:
            before(self, element, mark)
        self._run(task, element)
        if element:
            after(self, element, mark)

    def _come_to_rest(self) -> None:
        for event in self._tree.workflow.get_events():
            if isinstance(event.event_definition, ErrorEventDefinition):
                raise Incident(
                    f"the error {event.event_definition.name} was thrown and nothing catches it",
                    process=self.process,
                )
        if self._tree.held() > CROWDED:
            self._tree.compact()
            self._changed()
        self._at_rest = True

    def complete(self, token: int) -> str:
        """Complete the work a token stands at and return its element; the token moves on at the next `advance`."""
        task = self._tree.task(token)
        if task is None or task._state != TaskState.READY:
            raise KeyError(token)
        element = _element(task) or ""
        self._run(task, element)
        return element

    def fire(self, token: int, element: str, mark: tuple[str, ...] = ()) -> bool:
        """Let the event that a token waits for happen; return False when it no longer waits."""
        task = self._tree.task(token)
        if task is None or task._state != TaskState.WAITING:
            return False
        self._changed()
        definition = task.task_spec.event_definition
        definition.catch(task, BpmnEvent(Awaited(element)))
        if mark:
            task.internal_data["mark"] = list(mark)
        task.task_spec._update(task)
        return True

    def _run(self, task: Task, element: str | None) -> None:
        self._changed()
        try:
            task.run()
        except SpiffWorkflowException as error:
            raise Incident(
                f"the token cannot go on: {error}", process=self.process, element=element
            ) from error

    def _changed(self) -> None:
        """Forget what was seen and stored: a token moves."""
        self._at_rest = False
        self._tokens = self._awaited = self._stored = None

    # --- looking

    def tokens(self) -> list[Token]:
        """Return the live tokens in the order of the diagram's file."""
        if self._tokens is None:
            if self._stored is not None:
                self._tokens = [
                    Token(number, element, TokenState(state), tuple(mark))
                    for number, element, state, mark in self._stored["k"]
                ]
            else:
                self._tokens = list(self._find_tokens())
        return self._tokens

    def _find_tokens(self) -> list[Token]:
        found = []
        for task in self._tree.walk():
            element = _element(task)
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
            found.append(Token(self._tree.number(task), element, state, tuple(task.data.get("mark", ()))))
        return found

    def awaited(self) -> list[tuple[int, str]]:
        """Return what tokens wait for, as (token, element of the event); behind an event gateway there are several."""
        if self._awaited is None:
            if self._stored is not None:
                self._awaited = [(number, element) for number, element in self._stored["w"]]
            else:
                self._awaited = self._find_awaited()
        return self._awaited

    def _find_awaited(self) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for task in self._tree.walk():
            if task._state != TaskState.WAITING or not isinstance(task.task_spec, CatchingEvent):
                continue
            definition = task.task_spec.event_definition
            several = isinstance(definition, MultipleEventDefinition)
            for one in definition.event_definitions if several else [definition]:
                if isinstance(one, Awaited):
                    found.append((self._tree.number(task), one.name))
        return found

    def check(self) -> None:
        """Refuse a silent close: what says that it is completed holds no live token, and the other way round.

        Raises Incident. SpiffWorkflow's iterators stop at a depth of 1,000 and then report an end that never was.
        """
        if self._stored is not None:
            return  # checked before it was stored, and untouched since
        live = [task for task in self._tree.walk() if task._state & LIVE]
        if self.completed and live:
            raise Incident(
                "the process says that it has ended but work in it is still open", process=self.process
            )
        if not self.completed and not any(
            _element(task) or task._state != TaskState.WAITING for task in live
        ):
            raise Incident("the process has not ended but nothing in it can go on", process=self.process)


def _element(task: Task) -> str | None:
    element: str | None = getattr(task.task_spec, "bpmn_id", None)
    return element
