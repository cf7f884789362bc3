"""Answering a task: the form that completes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.pack import forms
from engine.pack.model import Pack
from engine.services import access, figures
from engine.services.acting import act_on, locked, plain
from engine.services.desk import (
    Conflict,
    Desk,
    InvalidAnswers,
    NotAllowed,
    done_before,
    once,
)
from engine.services.rows import at_or_none, people
from engine.services.tasks.drafts import save_draft
from engine.services.tasks.rows import TaskRow, gone, present_pack, task_row, task_rows
from engine.store.casefile import CaseFile
from engine.store.tables import (
    CaseRecord,
    Task,
)


@dataclass(frozen=True)
class Submitted:
    """What became of a submitted form: `next` are the case's tasks that the caller may do, soonest due first.

    `incident` is set when the procedure could not go on: the answers are kept and will be tried again. `left_open` says
    why the task is not done yet, a sentence for each duty that the answers do not meet; what was typed stays in it.
    """

    case_id: int
    closed: bool
    next: tuple[TaskRow, ...]
    incident: int | None = None
    repeated: bool = False
    left_open: tuple[str, ...] = ()


def submit(desk: Desk, task_id: int, answers: Mapping[str, Any], key: str | None = None) -> Submitted:
    """Complete a task with a form's answers (JSON by question); return what follows.

    Raises InvalidAnswers; Conflict when it was ended or is taken by somebody else, saying who; NotAllowed.
    """
    given = plain(answers)
    act = f"submit {task_id}"
    task = desk.session.get(Task, task_id, populate_existing=True)
    if task is None:
        before = done_before(desk, key, act, given)
        if before is None:
            raise gone(desk, task_id)
        return _repeated(desk, int(before.result))
    taken = once(desk, key, act, given, result=task.case_id)
    if not taken.first:
        return _repeated(desk, int(taken.result))
    files = locked(desk, task.case_id)
    file = next(file for file in files if file.id == task.case_id)
    _may_submit(desk, task)
    if file.state and task.core_id not in file.case.tasks:
        raise gone(desk, task_id)
    form = file.pack.forms.get(task.form) if task.form else None
    if form is not None:
        whole, form = form, forms.in_case(form, file.case.facts.stored)
        # What settled a question while its form was open counts, and not the answer given meanwhile.
        settled = whole.schema["properties"].keys() - form.schema["properties"].keys()
        given = {name: value for name, value in given.items() if name not in settled}
    problems = (
        forms.problems(form, given, desk.now())
        if form is not None
        else dict.fromkeys(given, "is not asked here")
    )
    if problems:
        raise InvalidAnswers(problems)
    counted = forms.asked(form, given) if form is not None else {}
    asked = {"do": "complete", "task": task.core_id, "answers": counted}
    done = act_on(desk, files, task.case_id, asked, task=task_id)
    left_open = _left_open(file, task.core_id) if done.incident is None else ()
    if (done.incident is not None or left_open) and desk.caller.account is not None:
        save_draft(desk, task_id, given)
    if not left_open:
        figures.keep(desk, task_id, task.case_id, form, file.pack)
    following = _next(desk, task.case_id, file.pack)
    return Submitted(task.case_id, done.closed, following, done.incident, left_open=left_open)


def _left_open(file: CaseFile, core_id: str) -> tuple[str, ...]:
    case = file.case
    task = case.tasks.get(core_id)
    if task is None:
        return ()
    reasons = []
    for entry in (case.entries[number] for number in task.entries if number in case.entries):
        if entry.open:
            duty = case.plan.duty(task.element, entry.obligation) or case.plan.duty(
                entry.element, entry.obligation
            )
            meaning = file.pack.vocabulary.obligations[entry.obligation].meaning
            reasons.append((duty.reason if duty is not None else None) or f"Still to do: {meaning}")
    return tuple(dict.fromkeys(reasons))


def _repeated(desk: Desk, case_id: int) -> Submitted:
    """Return what a form's first sending led to, as the case now stands."""
    case = desk.session.get_one(CaseRecord, case_id, populate_existing=True)
    following = _next(desk, case_id, present_pack(desk))
    return Submitted(case_id, case.status == "closed", following, repeated=True)


def _may_submit(desk: Desk, task: Task) -> None:
    if task.external:
        raise NotAllowed("this is awaited from outside the council; record on the case page that it happened")
    access.require(desk.caller, "work_task", task)
    if task.assignee is not None and task.assignee != desk.caller.account and not desk.caller.system:
        who = people(desk.session, [task.assignee]).get(str(task.assignee), "Somebody else")
        raise Conflict(f"{who} has taken this task", who=who, when=at_or_none(task.assigned_at))


def _next(desk: Desk, case_id: int, pack: Pack | None) -> tuple[TaskRow, ...]:
    """Return the tasks of a case that the caller may do, soonest due first."""
    rows = desk.session.execute(
        task_rows(desk)
        .where(Task.case_id == case_id, Task.external.is_(False))
        .order_by(Task.due.asc().nulls_last(), Task.id)
    )
    shown = (task_row(desk, row, pack) for row in rows)
    return tuple(row for row in shown if row.can_work)
