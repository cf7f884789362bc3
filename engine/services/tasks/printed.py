"""A task as it is printed: what it asks and why, its limits, and, once it is done, what was answered, by whom and when.

It is read only and tells no more than the record does: of a task that ended without being done, how it ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.pack import forms
from engine.pack.model import Clause, Element, Form, Pack
from engine.services import access, attachments
from engine.services.attachments import AttachmentRow
from engine.services.caseview.history import detail_of, padded
from engine.services.desk import Conflict, Desk, NotFound
from engine.services.rows import EntryRow, entry_row, people, role_label
from engine.services.tasks.page import view
from engine.store.packs import pack_of
from engine.store.tables import AuditEvent, CaseRecord, Child, EndedTask, LedgerEntry, PackVersion

OPEN, DONE, OVER = "open", "done", "over"


@dataclass(frozen=True)
class PrintedTask:
    """A task for paper. `state` is open, done, or over (no longer needed); `told` says how it ended.

    `answers` are those that were sent (of an open task: what its form is filled with), as JSON by question.
    """

    task_id: int
    state: str
    name: str
    role_label: str
    assignee: str | None
    case_id: int
    reference: str
    child: str | None
    birth_date: Any
    pack: Pack
    form: Form | None
    answers: Mapping[str, Any]
    told: str
    by: str | None
    at: datetime | None
    entries: tuple[EntryRow, ...]
    clauses: tuple[Clause, ...]
    files: tuple[AttachmentRow, ...]


def printed(desk: Desk, task_id: int) -> PrintedTask:
    """Return a task for paper, and log the read. Raises NotFound, NotAllowed for a restricted record."""
    try:
        return _open(desk, task_id)
    except Conflict as conflict:
        return _ended(desk, task_id, conflict)


def _open(desk: Desk, task_id: int) -> PrintedTask:
    shown = view(desk, task_id)
    return PrintedTask(
        task_id=task_id,
        state=OPEN,
        name=shown.task.name,
        role_label=shown.task.role_label,
        assignee=shown.task.assignee,
        case_id=shown.case.id,
        reference=shown.case.reference,
        child=shown.case.child,
        birth_date=shown.case.birth_date,
        pack=shown.pack,
        form=shown.form,
        answers={name: one.value for name, one in shown.prefilled.items() if one.origin == "case"},
        told="",
        by=None,
        at=None,
        entries=shown.entries,
        clauses=shown.clauses,
        files=attachments.of_open_task(desk, shown.case.id, task_id) if shown.case.child_id else (),
    )


def _ended(desk: Desk, task_id: int, conflict: Conflict) -> PrintedTask:
    access.require(desk.caller, "see_case")
    found = desk.session.execute(
        sa.select(AuditEvent, CaseRecord, PackVersion.hash, Child)
        .join(EndedTask, sa.and_(EndedTask.case_id == AuditEvent.chain, EndedTask.seq == AuditEvent.seq))
        .join(CaseRecord, CaseRecord.id == EndedTask.case_id)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(EndedTask.task_id == task_id)
    ).first()
    if found is None:
        raise NotFound("there is no such task")
    event, case, child = found.AuditEvent, found.CaseRecord, found.Child
    if child is not None:
        access.check_child(desk, child)
    access.log(desk, "task", case_id=case.id, child_id=case.child_id)
    pack = pack_of(desk.session, case.pack_id, found.hash)
    detail = detail_of(event.detail)
    asked = detail.get("act", {})
    done = event.action == "task_completed" and event.task_id == task_id
    element = _element(pack, detail) if done else None
    entries = _entries(desk, case.id, pack, str(asked.get("task")), event.at, element) if done else ()
    form = pack.forms.get(element.form) if element is not None and element.form else None
    answers = asked.get("answers", {}) if done else {}
    wanted = [clause for entry in entries for clause in entry.clauses] or list(
        element.clauses if element is not None else ()
    )
    return PrintedTask(
        task_id=task_id,
        state=DONE if done else OVER,
        name=element.name if element is not None else "A task that is no longer needed",
        role_label=role_label(pack, entries[0].role) if entries else "",
        assignee=None,
        case_id=case.id,
        reference=case.reference,
        child=f"{child.given_names} {child.surname}".strip() if child is not None else None,
        birth_date=child.birth_date if child is not None else None,
        pack=pack,
        form=form,
        answers=forms.asked(form, answers) if form is not None else {},
        told=str(conflict),
        by=conflict.who,
        at=conflict.when,
        entries=entries,
        clauses=tuple(pack.clauses[name] for name in dict.fromkeys(wanted) if name in pack.clauses),
        files=attachments.of_open_task(desk, case.id, task_id),
    )


def _element(pack: Pack, detail: Mapping[str, Any]) -> Element | None:
    """Return the element whose task an act completed."""
    core_id = detail.get("act", {}).get("task")
    for row in detail.get("happened", []):
        kind, process, element, more = padded(row, 4)
        if kind == "task_completed" and (more or {}).get("task") == core_id and process in pack.processes:
            return pack.processes[process].elements.get(element)
    return None


def _entries(
    desk: Desk, case_id: int, pack: Pack, core_id: str, done: datetime, element: Element | None
) -> tuple[EntryRow, ...]:
    """Return the duties that a task met: those it performed, and those of its element that ended with it."""
    with_it = LedgerEntry.task == core_id
    if element is not None:
        with_it = sa.or_(with_it, sa.and_(LedgerEntry.element == element.id, LedgerEntry.done == done))
    rows = desk.session.scalars(
        sa.select(LedgerEntry)
        .where(LedgerEntry.case_id == case_id, with_it)
        .order_by(LedgerEntry.due.asc().nulls_last(), LedgerEntry.number)
    ).all()
    names = people(desk.session, (row.by for row in rows))
    return tuple(entry_row(row, pack, names) for row in rows)


def task_of_act(desk: Desk, case_id: int, act: int) -> int:
    """Return the task that an act of a case completed. Raises NotFound for every other act."""
    found = desk.session.scalar(
        sa.select(EndedTask.task_id)
        .join(
            AuditEvent,
            sa.and_(
                AuditEvent.chain == EndedTask.case_id,
                AuditEvent.seq == EndedTask.seq,
                AuditEvent.task_id == EndedTask.task_id,
            ),
        )
        .where(EndedTask.case_id == case_id, EndedTask.seq == act, AuditEvent.action == "task_completed")
    )
    if found is None:
        raise NotFound("no task was completed by this act")
    return found


def done_tasks(desk: Desk, case_id: int, pack: Pack, entries: Sequence[EntryRow]) -> dict[int, int]:
    """Return the tasks that met duties of a case: their numbers by that of the duty, for links to their copies."""
    acts = desk.session.execute(
        sa.select(AuditEvent.task_id, AuditEvent.at, AuditEvent.detail).where(
            AuditEvent.chain == case_id,
            AuditEvent.action == "task_completed",
            AuditEvent.task_id.is_not(None),
        )
    ).all()
    done: dict[datetime, list[tuple[int, str]]] = {}
    for act in acts:
        element = _element(pack, detail_of(act.detail))
        done.setdefault(act.at, []).append((int(act.task_id or 0), element.id if element is not None else ""))
    found = {}
    for entry in entries:
        then = done.get(entry.done, []) if entry.done is not None else []
        fit = [task for task, element in then if element == entry.element] or [task for task, _ in then]
        if len(fit) == 1:
            found[entry.number] = fit[0]
    return found
