"""One task with all that its page shows: the form and what fills it, the duties, the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.pack import forms
from engine.pack.model import Clause, Form, Notice, Pack
from engine.reports.figures import Figures
from engine.services import access, figures
from engine.services.acting import plain
from engine.services.desk import (
    Desk,
    NotFound,
)
from engine.services.figures import ListedCase
from engine.services.rows import EntryRow, at, entry_row, people
from engine.services.tasks.rows import TaskRow, gone, obstacle, task_row, task_rows
from engine.store.packs import pack_of
from engine.store.tables import (
    CaseRecord,
    Child,
    LedgerEntry,
    PackVersion,
    Task,
    TaskDraft,
)


@dataclass(frozen=True)
class Prefilled:
    """What stands in a question before it is answered: `origin` is draft, case or default."""

    value: Any
    origin: str


@dataclass(frozen=True)
class CaseSummary:
    """The case a task belongs to; `facts` are JSON by id. `child_id` is None where the child may not be known."""

    id: int
    reference: str
    status: str
    opened: datetime
    child: str | None
    child_id: int | None
    birth_date: Any
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class TaskView:
    """A task with everything its page shows. `version` changes whenever the task does."""

    task: TaskRow
    version: int
    pack: Pack
    form: Form | None
    notice: Notice | None
    prefilled: Mapping[str, Prefilled]
    draft: Mapping[str, Any] | None
    draft_saved: datetime | None
    entries: tuple[EntryRow, ...]
    clauses: tuple[Clause, ...]
    case: CaseSummary
    can_assign: bool
    why_not: str | None
    """Why the caller cannot submit it; None where the caller can."""
    figures: Figures | None = None
    """The figures of the period that the task is about, where its form shows them."""
    listed: tuple[ListedCase, ...] = ()
    """The cases that the task takes up, where its form lists them."""


def view(desk: Desk, task_id: int) -> TaskView:
    """Show a task, with its form and what fills it, its duties with their workings, and its case; logs the read.

    Raises NotFound, or Conflict saying who ended it, and how.
    """
    access.require(desk.caller, "see_case")
    found = desk.session.execute(
        task_rows(desk)
        .add_columns(CaseRecord, PackVersion.hash, Child.birth_date)
        .join(CaseRecord, CaseRecord.id == Task.case_id)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(Task.id == task_id)
    ).first()
    if found is None:
        raise gone(desk, task_id)
    task = found
    case: CaseRecord = found.CaseRecord
    pack = pack_of(desk.session, case.pack_id, found.hash)
    visible = case.child_id is None or found.visible
    if not visible and not access.may(desk.caller, "work_task", task):
        raise NotFound("there is no such task")
    access.log(desk, "task", case_id=case.id, child_id=case.child_id)
    entries = desk.session.scalars(
        sa.select(LedgerEntry)
        .where(LedgerEntry.case_id == case.id, LedgerEntry.number.in_(task.entries))
        .order_by(LedgerEntry.due.asc().nulls_last(), LedgerEntry.number)
    ).all()
    names = people(desk.session, (entry.by for entry in entries))
    rows = tuple(entry_row(entry, pack, names) for entry in entries)
    form = pack.forms.get(task.form) if task.form else None
    form = forms.in_case(form, case.facts) if form is not None else None
    draft = desk.session.get(TaskDraft, (task_id, desk.caller.account)) if desk.caller.account else None
    shown = task_row(desk, found, pack)
    why_not = obstacle(desk.caller, task, found.display_name)
    if why_not is None and not visible:
        why_not = "This record is restricted: take the task, or open the record with a reason, to see who it is about."
    return TaskView(
        task=shown,
        version=task.version,
        pack=pack,
        form=form if visible else None,
        notice=pack.notices.get(task.notice) if task.notice else None,
        prefilled=_prefilled(form, pack, case.facts, draft) if form is not None and visible else {},
        draft=dict(draft.answers) if draft is not None else None,
        draft_saved=at(draft.saved_at) if draft is not None else None,
        entries=rows,
        clauses=_clauses(pack, task, rows),
        case=CaseSummary(
            id=case.id,
            reference=case.reference,
            status=case.status,
            opened=at(case.opened_at),
            child=shown.child,
            child_id=case.child_id if visible else None,
            birth_date=found.birth_date if visible else None,
            facts=dict(case.facts) if visible else {},
        ),
        can_assign=access.may(desk.caller, "assign_task", task),
        why_not=why_not,
        figures=figures.of_task(desk, form, pack, case.facts),
        listed=figures.list_of_task(desk, form, pack, case.facts),
    )


def _prefilled(
    form: Form, pack: Pack, facts: Mapping[str, Any], draft: TaskDraft | None
) -> dict[str, Prefilled]:
    filled: dict[str, Prefilled] = {}
    for name, question in form.schema["properties"].items():
        fact = pack.vocabulary.facts.get(name)
        if draft is not None and name in draft.answers:
            filled[name] = Prefilled(draft.answers[name], "draft")
        elif fact is not None and name in facts:
            filled[name] = Prefilled(facts[name], "case")
        elif "default" in question:
            filled[name] = Prefilled(question["default"], "default")
        elif fact is not None and fact.has_default:
            filled[name] = Prefilled(plain({name: fact.default})[name], "default")
    return filled


def _clauses(pack: Pack, task: Any, entries: tuple[EntryRow, ...]) -> tuple[Clause, ...]:
    wanted = [clause for entry in entries for clause in entry.clauses]
    if not wanted and task.process in pack.processes:
        element = pack.processes[task.process].elements.get(task.element)
        wanted = [*element.clauses] if element is not None else []
    return tuple(pack.clauses[name] for name in dict.fromkeys(wanted) if name in pack.clauses)
