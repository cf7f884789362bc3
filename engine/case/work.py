"""The work that stands open: tasks and the duties they perform, from the token's arrival to the last entry's end.

A task that loses its token does not end its duties: each says itself what an interruption does, and what is kept goes on
as a task of the case without a token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.case.evaluate import evaluate
from engine.case.interpreter import Instance, Token, TokenState
from engine.case.model import Entry, NoticeOrder, OpenTask, Outcome
from engine.case.state import State
from engine.pack.model import Act, Element

# --- tasks open


def arrive(case: State) -> bool:
    """Open a task for every token that has come to a person's work, or pass it over; return whether any came."""
    known = set(case.tokens.values())
    moved = False
    for one in list(case.instances.values()):
        for token in one.tokens():
            if token.state is TokenState.WORK and (one.number, token.number) not in known:
                moved = True
                _open(case, one, token)
    return moved


def _open(case: State, one: Instance, token: Token) -> None:
    element = case.plan.element(token.element)
    task_id = f"t{case.next_task}"
    entries = case.duties.take_on(element, token.mark, task_id)
    performing = any(d.act in (Act.RAISES_PERFORMS, Act.PERFORMS) for d in element.duties)
    if performing and not entries:
        one.complete(token.number)  # every duty here was met before, or none arises
        return
    case.next_task += 1
    role = entries[0].role if entries else case.roles.of(None, element)
    task = OpenTask(
        id=task_id,
        process=element.process,
        element=element.id,
        name=element.name,
        role=role,
        form=element.form,
        notice=element.notice,
        entries=tuple(entry.number for entry in entries),
        created=case.now,
        external=case.roles.outside(role),
        automatic=element.kind == "sendTask",
    )
    case.tasks[task_id] = task
    case.tokens[task_id] = (one.number, token.number)
    case.changes.tasks_opened[task_id] = task


# --- tasks are done


def send_automatic(case: State) -> bool:
    """Do the notices that the system sends by itself; return whether there was one."""
    moved = False
    for task in list(case.tasks.values()):
        if not task.automatic or task.id not in case.tasks:
            continue
        due = [
            n
            for n in task.entries
            if case.ledger.is_open(n) and case.ledger.entries[n].obligation not in case.hold
        ]
        if due or not task.entries:
            moved = True
            perform(case, task, due)
    return moved


def answer(case: State, task: OpenTask, answers: Mapping[str, Any]) -> None:
    """Set the facts that a task's form asks."""
    form = case.pack.forms.get(task.form or "")
    allowed = set(form.facts) if form else set()
    for name, value in answers.items():
        if name in allowed:
            case.write_fact(name, value, actual=case.now, origin="form", where=task.element)


def perform(case: State, task: OpenTask, numbers: Iterable[int]) -> None:
    """Do a task's work for some of its entries: each ends as its duty says, or stays open where it is not yet met."""
    for number in numbers:
        if case.ledger.is_open(number):
            meet(case, case.ledger.entries[number], element=task.element)
    if not task.entries:
        finish(case, task)


def meet(case: State, entry: Entry, *, element: str | None = None) -> None:
    """End an entry as its duty says of what was submitted; leave it open where that does not meet the duty."""
    outcome = case.duties.outcome(entry, case.now, element=element)
    if outcome is Outcome.OPEN:
        case.note(
            "left_open",
            process=entry.process,
            element=element or entry.element,
            detail={"entry": entry.number},
        )
        return
    end_entry(case, entry, outcome)


def end_entry(case: State, entry: Entry, outcome: Outcome, *, reason: str | None = None) -> None:
    """End an entry, and its task where it was the last one there."""
    task_id = entry.task
    case.ledger.end(entry.number, outcome, case.now, by=case.by, reason=reason)
    task = case.tasks.get(task_id or "")
    if task is not None and not any(case.ledger.is_open(n) for n in task.entries):
        finish(case, task)


def finish(case: State, task: OpenTask) -> None:
    """End a task whose work is done and let its token go on; one whose token was interrupted is only given up."""
    place = case.tokens.pop(task.id, None)
    token = None
    if place is not None:
        one = case.instances[place[0]]
        token = next((t for t in one.tokens() if t.number == place[1] and t.state is TokenState.WORK), None)
        if token is None:
            _give_up(case, task)
            return
    case.note("task_completed", process=task.process, element=task.element, detail={"task": task.id})
    _end(case, task, "completed")
    element = case.plan.element(task.element)
    if task.automatic and task.notice:
        case.changes.notices.append(
            NoticeOrder(f"{case.number}/{task.id}", task.notice, task.element, task.entries)
        )
    leave(case, element, token.mark if token is not None else ())
    if token is not None:
        one.complete(token.number)


def leave(case: State, element: Element, mark: tuple[str, ...]) -> None:
    """Do what an element does when a token leaves it: set facts, then raise, settle and cite duties."""
    case.passed[element.id] = None
    for fact, expression in element.sets.items():
        value = evaluate(expression, case.facts, process=element.process, element=element.id)
        case.write_fact(fact, value, actual=case.now, origin="element", where=element.id)
    for duty in element.duties:
        if duty.act is Act.RAISES:
            case.duties.raise_duty(duty, element, mark)
        elif duty.act is Act.SETTLES:
            for entry in case.ledger.open_of(duty.obligation):
                end_entry(case, entry, case.duties.settled(duty, element, entry), reason=duty.reason)
        elif duty.act is Act.CITES:
            for entry in case.ledger.open_of(duty.obligation):
                case.duties.cite(entry, duty, element)


def _end(case: State, task: OpenTask, how: str) -> None:
    del case.tasks[task.id]
    case.changes.tasks_changed.pop(task.id, None)
    case.changes.tasks_ended[task.id] = how


# --- tasks change hands


def hand_over(case: State) -> None:
    """Give duties and tasks to the roles that their expressions give now: a task goes with its first open duty."""
    case.roles.follow(case.now, case.by)
    for task in list(case.tasks.values()):
        role = _role_now(case, task)
        if role is None or role == task.role:
            continue
        moved = replace(task, role=role, external=case.roles.outside(role))
        case.tasks[task.id] = case.changes.tasks_changed[task.id] = moved
        if task.id in case.changes.tasks_opened:
            case.changes.tasks_opened[task.id] = moved


def _role_now(case: State, task: OpenTask) -> str | None:
    for number in task.entries:
        if case.ledger.is_open(number):
            return case.ledger.entries[number].role
    element = case.plan.element(task.element)
    if element.role is None or isinstance(element.role, str):
        return None
    return case.roles.answered(element.role, element.id, f"task {task.id}", task.created)


# --- tasks are interrupted


def interrupt(case: State) -> bool:
    """Give up the tasks whose token is gone; what an interruption does to a duty is the duty's to say."""
    moved = False
    hosts, case.interrupted = case.interrupted, []
    live = {
        (one.number, token.number)
        for one in case.instances.values()
        for token in one.tokens()
        if token.state is TokenState.WORK
    }
    for task in list(case.tasks.values()):
        if not task.detached and case.tokens[task.id] not in live:
            _cancel(case, task)
            moved = True
    for host in hosts:
        inside = case.plan.inside(host)
        for entry in case.ledger.open_entries():
            if entry.task is None and entry.element in inside:
                _interrupt_entry(case, entry, entry.element)
                moved = True
    return moved


def _cancel(case: State, task: OpenTask) -> None:
    del case.tokens[task.id]
    kept = []
    for number in task.entries:
        if case.ledger.is_open(number) and _interrupt_entry(case, case.ledger.entries[number], task.element):
            kept.append(number)
    if not kept:
        _give_up(case, task)
        return
    case.note(
        "task_cancelled", process=task.process, element=task.element, detail={"task": task.id, "kept": kept}
    )
    case.tasks[task.id] = replace(task, entries=tuple(kept), detached=True)
    case.changes.tasks_changed[task.id] = case.tasks[task.id]


def _give_up(case: State, task: OpenTask) -> None:
    case.note("task_cancelled", process=task.process, element=task.element, detail={"task": task.id})
    _end(case, task, "cancelled")


def _interrupt_entry(case: State, entry: Entry, element: str) -> bool:
    """Do to an entry what its duty says of an interruption; return whether it is kept.

    What a rule requires again in the very act that interrupts it is kept: it is required on the facts as they now are.
    """
    if entry.number in case.duties.required_again:
        return True
    word, reason = case.duties.on_interrupt(entry, element)
    if word == "keep":
        return True
    outcome = Outcome.WITHDRAWN if word == "withdraw" else Outcome.SUPERSEDED
    case.ledger.end(entry.number, outcome, case.now, by=case.by, reason=reason)
    return False
