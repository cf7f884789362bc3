"""What people have typed into tasks and not sent: saving it, and where each person's unfinished drafts are.

Two windows of one person may both be open on a task. What one of them saves over words that it never showed is not
thrown away: those words are kept beside it until the person has looked at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.services import access
from engine.services.acting import plain
from engine.services.desk import Desk, NotAllowed, NotFound
from engine.services.rows import at
from engine.store.tables import CaseRecord, Child, EndedTask, Task, TaskDraft

OTHER = "_other"
"""Where a draft keeps what another window had saved: its moment and its words."""


@dataclass(frozen=True)
class DraftRow:
    """A draft of the caller's: `name` is its task's, None where the task has ended without the draft being sent."""

    task_id: int
    case_id: int
    reference: str
    child: str | None
    name: str | None
    saved: datetime
    due: datetime | None
    whole_day: bool


@dataclass(frozen=True)
class OtherWords:
    """What another window of the same person had saved: when, and the answers."""

    saved: datetime
    answers: Mapping[str, Any]


def save_draft(desk: Desk, task_id: int, answers: Mapping[str, Any], *, base: str | None = None) -> datetime:
    """Keep what the caller has typed so far; return when. An ended task's draft is kept too.

    `base` is the moment (ISO, "" for none) of the draft that the caller's page began with: a newer one is kept beside.
    """
    if desk.caller.account is None:
        raise NotAllowed("only a person has drafts")
    case_id = desk.session.scalar(sa.select(Task.case_id).where(Task.id == task_id))
    if case_id is None:
        case_id = desk.session.scalar(sa.select(EndedTask.case_id).where(EndedTask.task_id == task_id))
    if case_id is None:
        raise NotFound("there is no such task")
    key = (task_id, desk.caller.account)
    draft = desk.session.get(TaskDraft, key, populate_existing=True, with_for_update=True)
    kept, now = plain(answers), desk.now()
    if draft is None:
        draft = TaskDraft(task_id=task_id, account_id=desk.caller.account, case_id=case_id)
        desk.session.add(draft)
    else:
        before = {name: value for name, value in draft.answers.items() if name != OTHER}
        if base is not None and base != draft_mark(draft.saved_at) and before != kept:
            kept[OTHER] = {"saved": draft.saved_at.isoformat(), "answers": before}
        elif OTHER in draft.answers:
            kept[OTHER] = draft.answers[OTHER]
    draft.answers, draft.saved_at = kept, now
    desk.session.flush()
    return at(now)


def draft_mark(saved: datetime | None) -> str:
    """Return how a page names the draft that it began with."""
    return "" if saved is None else at(saved).isoformat()


def other_words(draft: Mapping[str, Any] | None) -> OtherWords | None:
    """Return what another window had saved, where a draft keeps it."""
    other = (draft or {}).get(OTHER)
    return None if other is None else OtherWords(at(datetime.fromisoformat(other["saved"])), other["answers"])


def forget_other(desk: Desk, task_id: int) -> None:
    """Forget what another window had saved, once the caller has looked at it."""
    if desk.caller.account is None:
        return
    draft = desk.session.get(TaskDraft, (task_id, desk.caller.account), with_for_update=True)
    if draft is not None and OTHER in draft.answers:
        draft.answers = {name: value for name, value in draft.answers.items() if name != OTHER}
        desk.session.flush()


def draft_of(desk: Desk, task_id: int) -> Mapping[str, Any] | None:
    """Return the caller's draft of a task, also of one that has ended."""
    if desk.caller.account is None:
        return None
    draft = desk.session.get(TaskDraft, (task_id, desk.caller.account))
    return dict(draft.answers) if draft is not None else None


def my_drafts(desk: Desk) -> tuple[DraftRow, ...]:
    """List the caller's drafts, the latest first; those of tasks that ended meanwhile are among them."""
    rows = desk.session.execute(
        sa.select(
            TaskDraft.task_id,
            TaskDraft.case_id,
            TaskDraft.saved_at,
            CaseRecord.reference,
            Task.name,
            Task.due,
            Task.whole_day,
            Child.id.label("child"),
            Child.given_names,
            Child.surname,
            access.open_to(desk).label("visible"),
        )
        .join(CaseRecord, CaseRecord.id == TaskDraft.case_id)
        .outerjoin(Task, Task.id == TaskDraft.task_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(TaskDraft.account_id == desk.caller.account)
        .order_by(TaskDraft.saved_at.desc(), TaskDraft.task_id)
    )
    return tuple(
        DraftRow(
            row.task_id,
            row.case_id,
            row.reference,
            None
            if row.child is None
            else f"{row.given_names} {row.surname}".strip()
            if row.visible
            else access.HIDDEN,
            row.name,
            at(row.saved_at),
            None if row.due is None else at(row.due),
            bool(row.whole_day),
        )
        for row in rows
    )
