"""Calls that nobody answered: the next person on duty is called, and after the last whoever leads.

Each call is a row with its moment; the worker looks for those that have passed. A call ends and the next begins in one
transaction under the task's lock, so that a crash at any point leaves the call as it was, to be found again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.services import notices
from engine.services.assignment import rotas
from engine.services.assignment.calls import NOBODY, calling, nobody_there
from engine.services.assignment.handing import hand
from engine.services.desk import Desk, record
from engine.services.rows import at
from engine.store.tables import Account, Incident, Rota, Summons, Task

if TYPE_CHECKING:
    from engine.services.timers import Worker

MOST = 50


@dataclass(frozen=True)
class Call:
    """A call to one person: `outcome` is None while it waits."""

    task_id: int
    case_id: int
    step: int
    name: str
    account: int
    called_at: datetime
    answer_by: datetime
    outcome: str | None


def sweep(worker: Worker) -> int:
    """Go on from every call whose time has passed; return how many. Each has a transaction of its own."""
    with worker.sessions() as session:
        due = session.execute(
            sa.text("SELECT council, summons_id FROM due_summons(:moment, :most)"),
            {"moment": worker.clock.now(), "most": MOST},
        ).all()
        session.commit()
    gone_on = 0
    for council, number in due:
        with worker.sessions() as session:
            gone_on += go_on(worker.desk(session, council), number)
            session.commit()
    return gone_on


def go_on(desk: Desk, summons_id: int) -> bool:
    """End a call whose time has passed and call the next person; say whether there was anything to do.

    The task is locked before the call, as accepting it does, and neither is waited for: what is held is found again.
    """
    task_id = desk.session.scalar(sa.select(Summons.task_id).where(Summons.id == summons_id))
    if task_id is None:
        return False
    task = desk.session.scalar(
        sa.select(Task)
        .where(Task.id == task_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    call = desk.session.scalar(
        sa.select(Summons)
        .where(Summons.id == summons_id, Summons.outcome.is_(None), Summons.answer_by <= desk.now())
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if call is None:
        return False
    if task is None and desk.session.scalar(sa.select(Task.id).where(Task.id == task_id)) is not None:
        return False
    call.ended_at = desk.now()
    if task is None or task.assignee not in {None, call.account_id} or task.accepted_at is not None:
        call.outcome = "needless"
        return True
    following = _next(desk, call)
    if following is None:
        _end_of_rota(desk, task, call)
    else:
        _call(desk, task, call, following)
    return True


def _next(desk: Desk, call: Summons) -> int | None:
    """Return who is on duty now and was not yet called to this task."""
    called = set(desk.session.scalars(sa.select(Summons.account_id).where(Summons.task_id == call.task_id)))
    pattern = rotas.patterns(desk, call.rota_id)[call.rota_id]
    able = rotas.holders(desk, {pattern.role})[pattern.role]
    days, away = rotas.calendar(desk), rotas.absences(desk)
    return next(
        (who for who, _ in rotas.to_call(pattern, desk.now(), days, away, able) if who not in called), None
    )


def _call(desk: Desk, task: Task, before: Summons, account: int) -> None:
    now = desk.now()
    minutes = desk.session.scalar(sa.select(Rota.answer_minutes).where(Rota.id == before.rota_id)) or 0
    answer_by = now + timedelta(minutes=minutes)
    before.outcome = "passed_on"
    desk.session.add(
        Summons(
            council_id=task.council_id,
            task_id=task.id,
            case_id=task.case_id,
            rota_id=before.rota_id,
            step=before.step + 1,
            account_id=account,
            called_at=now,
            answer_by=answer_by,
        )
    )
    hand(desk, task, account, None, "escalated")
    subject, body = calling(desk, task.id, task.reference, task.due, answer_by)
    notices.order(
        desk,
        f"summons/{task.id}/{account}/{now.isoformat()}",
        f"account:{account}",
        "summons",
        subject,
        body,
        case=task.case_id,
    )
    detail = {"case": task.case_id, "from": before.account_id, "to": account, "step": before.step + 1}
    record(desk, "call_passed_on", detail, task=task.id)


def _end_of_rota(desk: Desk, task: Task, call: Summons) -> None:
    """Nobody is left on the rota: the task is open to the whole team, and whoever leads is told."""
    call.outcome = "unanswered"
    role, team = task.role, task.team
    hand(desk, task, None, None, "unanswered")
    nobody_there(desk, task.id, task.case_id, task.reference, role, team, asked=call.step)
    record(desk, "call_unanswered", {"case": task.case_id, "asked": call.step}, task=task.id)


def close_settled(desk: Desk) -> int:
    """Close the incidents about urgent tasks that have ended; return how many. The worker asks every minute."""
    rows = desk.session.scalars(
        sa.update(Incident)
        .where(
            Incident.kind == NOBODY,
            Incident.resolved_at.is_(None),
            sa.not_(sa.exists().where(Task.id == Incident.act["task"].as_integer())),
        )
        .values(resolved_at=desk.now(), resolution="the task was done or is no longer needed")
        .returning(Incident.id)
    )
    return len(rows.all())


def waiting(desk: Desk) -> tuple[Call, ...]:
    """Return the calls that wait for an answer, the most pressing first."""
    return _calls(desk, Summons.outcome.is_(None))


def of_task(desk: Desk, task_id: int) -> tuple[Call, ...]:
    """Return the calls to a task, the first first."""
    return _calls(desk, Summons.task_id == task_id)


def _calls(desk: Desk, *wanted: sa.ColumnElement[bool]) -> tuple[Call, ...]:
    rows = desk.session.execute(
        sa.select(Summons, Account.display_name)
        .join(Account, Account.id == Summons.account_id)
        .where(*wanted)
        .order_by(Summons.answer_by, Summons.task_id, Summons.step)
    )
    return tuple(
        Call(
            call.task_id,
            call.case_id,
            call.step,
            name,
            call.account_id,
            at(call.called_at),
            at(call.answer_by),
            call.outcome,
        )
        for call, name in rows
    )
