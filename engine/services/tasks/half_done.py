"""Half-typed work: who has begun to answer a task, and taking over what somebody left behind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import Conflict, Desk, NotAllowed, NotFound, once, record
from engine.services.rows import at
from engine.services.tasks.rows import gone
from engine.store.tables import Account, Child, Task, TaskDraft


@dataclass(frozen=True)
class Begun:
    """Somebody has begun to answer a task; `saved` is when they last typed. `left`: they do not have it any more."""

    task_id: int
    account: int
    name: str
    saved: datetime
    left: bool


def begun(
    desk: Desk, task_ids: Collection[int], *, but_for: int | None = None
) -> dict[int, tuple[Begun, ...]]:
    """Return who has begun to answer some tasks, the latest first, leaving one account out."""
    if not task_ids:
        return {}
    rows = desk.session.execute(
        sa.select(
            TaskDraft.task_id,
            TaskDraft.account_id,
            Account.display_name,
            TaskDraft.saved_at,
            sa.or_(Task.assignee.is_(None), Task.assignee != TaskDraft.account_id).label("left"),
        )
        .join(Account, Account.id == TaskDraft.account_id)
        .join(Task, Task.id == TaskDraft.task_id)
        .where(TaskDraft.task_id.in_(sorted(task_ids)))
        .order_by(TaskDraft.saved_at.desc(), TaskDraft.account_id)
    )
    found: dict[int, tuple[Begun, ...]] = {}
    for row in rows:
        if row.account_id != but_for:
            one = Begun(row.task_id, row.account_id, row.display_name, at(row.saved_at), row.left)
            found[row.task_id] = (*found.get(row.task_id, ()), one)
    return found


def take_over(desk: Desk, task_id: int, account: int, key: str | None = None) -> None:
    """Copy what somebody typed and left into the caller's own draft of a task that the caller has.

    Theirs stays. Raises NotAllowed where the caller has not taken the task, Conflict where the caller has typed
    something as well.
    """
    task = desk.session.get(Task, task_id, populate_existing=True, with_for_update=True)
    if task is None:
        raise gone(desk, task_id)
    access.require(desk.caller, "work_task", task)
    if task.assignee != desk.caller.account or account == desk.caller.account:
        raise NotAllowed("take the task first: then you can take over what was typed")
    child = desk.session.get(Child, task.child_id) if task.child_id is not None else None
    if child is not None:
        access.check_child(desk, child)
    if not once(desk, key, f"take_over_draft_{task_id}", account).first:
        return
    theirs = desk.session.get(TaskDraft, (task_id, account))
    if theirs is None:
        raise NotFound("there is nothing to take over: nothing was typed, or it was cleared away")
    if desk.session.get(TaskDraft, (task_id, desk.caller.account)) is not None:
        raise Conflict(
            "you have typed answers of your own in this task, which would be lost: send or clear them first"
        )
    answers: dict[str, Any] = dict(theirs.answers)
    desk.session.add(
        TaskDraft(
            task_id=task_id,
            account_id=desk.caller.account,
            council_id=task.council_id,
            case_id=task.case_id,
            saved_at=desk.now(),
            answers=answers,
        )
    )
    desk.session.flush()
    record(desk, "draft_taken_over", {"case": task.case_id, "from": account}, task=task_id)
