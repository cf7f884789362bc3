"""Who has a task: claiming, accepting, giving back, assigning.

Claiming tells the others that somebody is at it. Somebody else's task is taken over openly (assign), never by submitting
its form. A task that came by itself is accepted in the same way as one that lies in the queue is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from engine.clock import local
from engine.services import access
from engine.services.assignment.calls import NOBODY
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotAllowed, record
from engine.services.rows import at_or_none, people
from engine.services.tasks.rows import gone
from engine.store.tables import Account, AccountRole, AccountTeam, Incident, OutOfOffice, Summons, Task


@dataclass(frozen=True)
class Candidate:
    """Somebody who may do a task, with the work that person has now; `away_until` is the last day out of the office."""

    id: int
    name: str
    open: int
    overdue: int
    in_team: bool
    away_until: date | None


def _get(desk: Desk, task_id: int) -> Task:
    task = desk.session.get(Task, task_id, populate_existing=True, with_for_update=True)
    if task is None:
        raise gone(desk, task_id)
    return task


def claim(desk: Desk, task_id: int) -> None:
    """Take a task, or accept one that has come to the caller by itself.

    Raises Conflict when somebody else was first, NotAllowed for another role's.
    """
    task = _get(desk, task_id)
    access.require(desk.caller, "claim_task", task)
    if task.assignee == desk.caller.account:
        _accept(desk, task)
        return
    if task.assignee is not None:
        who = people(desk.session, [task.assignee])[str(task.assignee)]
        raise Conflict(f"{who} has taken this task", who=who, when=at_or_none(task.assigned_at))
    give(desk, task, desk.caller.account, "task_claimed", None)


def _accept(desk: Desk, task: Task) -> None:
    if task.routed is None or task.accepted_at is not None:
        return
    task.accepted_at = desk.now()
    task.version += 1
    desk.session.flush()
    _end_calls(desk, task.id, desk.caller.account)
    record(desk, "task_accepted", {"case": task.case_id, "because": task.routed}, task=task.id)


def release(desk: Desk, task_id: int) -> None:
    """Give a task back to its team."""
    task = _get(desk, task_id)
    if task.assignee is None:
        return
    if task.assignee != desk.caller.account and not access.may(desk.caller, "assign_task", task):
        raise NotAllowed("this task is somebody else's; a manager of the team may take it back")
    give(desk, task, None, "task_released", None)


def assign(desk: Desk, task_id: int, account: int, reason: str) -> None:
    """Give a task to an account that may do it; the reason is kept."""
    task = _get(desk, task_id)
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why this task changes hands"})
    if account != desk.caller.account or not access.may(desk.caller, "claim_task", task):
        access.require(desk.caller, "assign_task", task)
    if not may_do(desk, account, task.role):
        raise InvalidAnswers({"account": "does not hold the role that does this task"})
    give(desk, task, account, "task_assigned", reason.strip())


def may_do(desk: Desk, account: int, role: str) -> bool:
    """Say whether an account is open and holds a role."""
    found = desk.session.scalar(
        sa.select(Account.id)
        .where(Account.id == account, Account.disabled_at.is_(None))
        .where(sa.exists().where(AccountRole.account_id == Account.id, AccountRole.role == role))
    )
    return found is not None


def candidates(desk: Desk, task_id: int) -> tuple[Candidate, ...]:
    """Return the accounts that may do a task with what they have to do now, the team's own first."""
    task = desk.session.get(Task, task_id)
    if task is None:
        raise gone(desk, task_id)
    return with_load(desk, {task.role}, {task.team})


def with_load(desk: Desk, roles: set[str], teams: set[str]) -> tuple[Candidate, ...]:
    """Return the open accounts that hold one of some roles with their present load, those of some teams first."""
    in_team = sa.exists().where(AccountTeam.account_id == Account.id, AccountTeam.team.in_(sorted(teams)))
    holds = sa.exists().where(AccountRole.account_id == Account.id, AccountRole.role.in_(sorted(roles)))
    today = local(desk.now()).date()
    away = (
        sa.select(sa.func.max(OutOfOffice.until))
        .where(
            OutOfOffice.account_id == Account.id,
            OutOfOffice.ended_at.is_(None),
            OutOfOffice.since <= today,
            OutOfOffice.until >= today,
        )
        .scalar_subquery()
    )
    load = (
        sa.select(
            Task.assignee,
            sa.func.count().label("open"),
            sa.func.count().filter(Task.due < desk.now()).label("overdue"),
        )
        .where(Task.assignee.is_not(None))
        .group_by(Task.assignee)
        .subquery()
    )
    rows = desk.session.execute(
        sa.select(
            Account.id,
            Account.display_name,
            sa.func.coalesce(load.c.open, 0),
            sa.func.coalesce(load.c.overdue, 0),
            in_team.label("in_team"),
            away.label("away"),
        )
        .outerjoin(load, load.c.assignee == Account.id)
        .where(Account.disabled_at.is_(None), holds)
        .order_by(sa.desc("in_team"), Account.display_name, Account.id)
    )
    return tuple(Candidate(*row) for row in rows)


def give(desk: Desk, task: Task, account: int | None, action: str, reason: str | None) -> None:
    """Write who has a locked task from now on, and record it; None is the team's queue."""
    before = task.assignee
    task.assignee = account
    task.assigned_at = desk.now() if account is not None else None
    task.routed = task.meant_for = task.accepted_at = None
    task.version += 1
    desk.session.flush()
    _end_calls(desk, task.id, account)
    detail = {"case": task.case_id, "from": before, "to": account, "reason": reason}
    record(desk, action, {name: value for name, value in detail.items() if value is not None}, task=task.id)


def _end_calls(desk: Desk, task_id: int, account: int | None) -> None:
    """End the call that waits for an answer: accepted by whoever was called, needless where somebody else has it.

    Who gives an urgent task back has answered it with a no: the next person is called at once, by the worker.
    """
    waiting = sa.update(Summons).where(Summons.task_id == task_id, Summons.outcome.is_(None))
    now = desk.now()
    if account is None:
        desk.session.execute(waiting.values(answer_by=sa.func.least(Summons.answer_by, now)))
        return
    accepted = sa.case((Summons.account_id == account, "accepted"), else_="needless")
    desk.session.execute(waiting.values(outcome=accepted, ended_at=now))
    desk.session.execute(
        sa.update(Incident)
        .where(
            Incident.kind == NOBODY,
            Incident.resolved_at.is_(None),
            Incident.act["task"].as_integer() == task_id,
        )
        .values(resolved_at=now, resolved_by=desk.caller.account, resolution="somebody has the task")
    )
