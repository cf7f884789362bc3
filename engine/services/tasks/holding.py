"""Who has a task: claiming, giving back, assigning.

Claiming tells the others that somebody is at it. Somebody else's task is taken over openly (assign), never by submitting
its form.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import (
    Conflict,
    Desk,
    InvalidAnswers,
    NotAllowed,
    record,
)
from engine.services.rows import at_or_none, people
from engine.services.tasks.rows import gone
from engine.store.tables import (
    Account,
    AccountRole,
    AccountTeam,
    Task,
)


def _get(desk: Desk, task_id: int) -> Task:
    task = desk.session.get(Task, task_id, populate_existing=True, with_for_update=True)
    if task is None:
        raise gone(desk, task_id)
    return task


def claim(desk: Desk, task_id: int) -> None:
    """Take a task. Raises Conflict when somebody else was first, NotAllowed for another role's."""
    task = _get(desk, task_id)
    access.require(desk.caller, "claim_task", task)
    if task.assignee == desk.caller.account:
        return
    if task.assignee is not None:
        who = people(desk.session, [task.assignee])[str(task.assignee)]
        raise Conflict(f"{who} has taken this task", who=who, when=at_or_none(task.assigned_at))
    _give(desk, task, desk.caller.account, "task_claimed", None)


def release(desk: Desk, task_id: int) -> None:
    """Give a task back to its team."""
    task = _get(desk, task_id)
    if task.assignee is None:
        return
    if task.assignee != desk.caller.account and not access.may(desk.caller, "assign_task", task):
        raise NotAllowed("this task is somebody else's; a manager of the team may take it back")
    _give(desk, task, None, "task_released", None)


def assign(desk: Desk, task_id: int, account: int, reason: str) -> None:
    """Give a task to an account that may do it; the reason is kept."""
    task = _get(desk, task_id)
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why this task changes hands"})
    if account != desk.caller.account or not access.may(desk.caller, "claim_task", task):
        access.require(desk.caller, "assign_task", task)
    fit = desk.session.scalar(
        sa.select(Account.id)
        .where(Account.id == account, Account.disabled_at.is_(None))
        .where(sa.exists().where(AccountRole.account_id == Account.id, AccountRole.role == task.role))
    )
    if fit is None:
        raise InvalidAnswers({"account": "does not hold the role that does this task"})
    _give(desk, task, account, "task_assigned", reason.strip())


def candidates(desk: Desk, task_id: int) -> tuple[tuple[int, str], ...]:
    """Return the accounts that may do a task, as (id, name), the team's own first."""
    task = _get(desk, task_id)
    in_team = sa.exists().where(AccountTeam.account_id == Account.id, AccountTeam.team == task.team)
    rows = desk.session.execute(
        sa.select(Account.id, Account.display_name)
        .join(AccountRole, sa.and_(AccountRole.account_id == Account.id, AccountRole.role == task.role))
        .where(Account.disabled_at.is_(None))
        .order_by(in_team.desc(), Account.display_name)
    )
    return tuple(rows)


def _give(desk: Desk, task: Task, account: int | None, action: str, reason: str | None) -> None:
    before = task.assignee
    task.assignee = account
    task.assigned_at = desk.now() if account is not None else None
    task.version += 1
    desk.session.flush()
    detail = {"case": task.case_id, "from": before, "to": account, "reason": reason}
    record(desk, action, {name: value for name, value in detail.items() if value is not None}, task=task.id)
