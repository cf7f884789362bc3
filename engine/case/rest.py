"""Coming to rest: after every act the case moves until nothing more can, then works its limits and timers out again.

The order of a round is fixed, so that a replay gives the same: tokens, interrupted tasks, new tasks, notices, watches.
"""

from __future__ import annotations

from typing import Any

from engine.case import work
from engine.case.evaluate import decide, truth
from engine.case.interpreter import Instance, TokenState
from engine.case.model import Incident, WaitingTimer
from engine.case.state import State
from engine.pack.model import Flow, Process, Start

ROUNDS = 1_000
"""An act that has not come to rest after so many rounds never will."""


def come_to_rest(case: State) -> None:
    """Move everything that needs nobody. Raises Incident."""
    tokens = _Tokens(case)
    for _ in range(ROUNDS):
        moved = False
        for one in list(case.instances.values()):
            moved |= one.advance(tokens.before, tokens.after, tokens.condition)
        moved |= work.interrupt(case)
        moved |= work.arrive(case)
        moved |= work.send_automatic(case)
        moved |= _watch(case)
        if not moved:
            break
    else:
        raise Incident(f"the case does not come to rest after {ROUNDS} rounds")
    _end_instances(case)
    work.hand_over(case)
    case.duties.rework()
    case.changes.incidents += case.timetable.rework(case.instances.values(), case.now)
    _close(case)


# --- what moves a case


def start_process(case: State, process: Process, detail: dict[str, Any]) -> None:
    """Put a token on a process's start."""
    number = case.next_instance
    case.next_instance += 1
    case.instances[number] = Instance.start(number, process.id, case.plan.specs)
    case.note("process_started", process=process.id, detail=detail)


def deliver(case: State, event: str) -> None:
    """Let everything that waits for an event of the vocabulary go on."""
    for one in list(case.instances.values()):
        for token, element in one.awaited():
            awaited = case.plan.element(element)
            if awaited.trigger == "message" and awaited.event == event:
                one.fire(token, element)
    for task in list(case.tasks.values()):
        if not task.detached and case.plan.element(task.element).event == event and task.id in case.tasks:
            work.perform(case, task, task.entries)


def fire(case: State, timer: WaitingTimer) -> None:
    """Let a timer fire; what is raised behind it remembers its moment and the events that make it groundless."""
    number, token = (int(part) for part in timer.id.split(".")[:2])
    element = case.plan.element(timer.element)
    mark = (timer.due.isoformat(), *sorted(case.plan.ended_by(element)))
    case.note(
        "timer_fired", process=element.process, element=element.id, detail={"due": timer.due.isoformat()}
    )
    case.instances[number].fire(token, timer.element, mark)


# --- a round


class _Tokens:
    """What the interpreter asks of the case while tokens move."""

    def __init__(self, case: State) -> None:
        self._case = case
        self._chosen = False

    def condition(self, flow: Flow) -> bool:
        """Answer a flow's condition."""
        if flow.condition is None:
            return True
        holds = truth(flow.condition, self._case.facts, process=flow.process, element=flow.id)
        if holds:
            self._chosen = True
            self._case.flows[flow.id] = None
        return holds

    def before(self, one: Instance, element_id: str, mark: tuple[str, ...]) -> None:
        """Decide where the token stands at a decision."""
        case, element = self._case, self._case.plan.element(element_id)
        if element.kind != "businessRuleTask" or element.decision is None:
            return
        outputs = decide(case.facts, element.decision, process=element.process, element=element.id)
        for fact, value in outputs.items():
            case.write_fact(fact, value, actual=case.now, origin="decision", where=element.decision)
        case.note(
            "decision", process=element.process, element=element.id, detail={"decision": element.decision}
        )

    def after(self, one: Instance, element_id: str, mark: tuple[str, ...]) -> None:
        """Let the element do what it does, and remember the scope that it has interrupted."""
        case, element = self._case, self._case.plan.element(element_id)
        if element.default_flow is not None and not self._chosen:
            case.flows[element.default_flow] = None
        self._chosen = False
        work.leave(case, element, mark)
        if element.kind == "boundaryEvent" and element.interrupting and element.attached_to:
            case.interrupted.append(case.plan.element(element.attached_to))


def _watch(case: State) -> bool:
    """Let conditions that have become true start their process or wake what waits for them.

    Only conditions are read that hang on something changed since they were read last.
    """
    moved = False
    for process in case.plan.starts(Start.CONDITION):
        condition = process.start_expression
        if condition is None or not case.fresh(process.start_element, condition):
            continue
        holds = truth(condition, case.facts, process=process.id, element=process.start_element)
        if holds and not case.conditions.get(process.id, False):
            start_process(case, process, {"condition": process.start_element})
            moved = True
        case.conditions[process.id] = holds
    for one in list(case.instances.values()):
        for token, element_id in one.awaited():
            element = case.plan.element(element_id)
            if element.trigger != "conditional" or element.expression is None:
                continue
            if case.fresh(f"{one.number}.{token}.{element_id}", element.expression) and truth(
                element.expression, case.facts, process=element.process, element=element.id
            ):
                moved |= one.fire(token, element_id)
    return moved


def _end_instances(case: State) -> None:
    for number, one in list(case.instances.items()):
        if one.completed:
            one.check()
            del case.instances[number]
            case.note("process_ended", process=one.process)


def _close(case: State) -> None:
    live = any(
        not case.plan.element(token.element).watch
        for one in case.instances.values()
        for token in one.tokens()
        if token.state is not TokenState.INSIDE
    )
    owed = any(not entry.external for entry in case.ledger.open_entries())
    closed = not live and not owed
    if closed != case.closed:
        case.closed = closed
        case.note("closed" if closed else "reopened")
