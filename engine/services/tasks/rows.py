"""A task as lists and pages show it, and why somebody may not work on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from engine.clock import LOCAL_ZONE, local
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import (
    Caller,
    Conflict,
    Desk,
    NotFound,
)
from engine.services.rows import at, at_or_none, people, role_label
from engine.store.packed import unpack
from engine.store.packs import NoPack, in_force
from engine.store.tables import (
    Account,
    AuditEvent,
    Child,
    EndedTask,
    Task,
)

AGREED = "An action that was agreed"
"""What a message says of a task that somebody gave in words of their own, which may tell of a child."""


@dataclass(frozen=True)
class TaskRow:
    """A task in a list. `child` is None for a case without a child, "Restricted record" where it may not be known.

    `child_id` is None where the child may not be known. `follow_up` is the moment until which somebody has put it off,
    None once that has passed; `waiting` says that it is out of that person's list until then.
    """

    id: int
    case_id: int
    reference: str
    child: str | None
    child_id: int | None
    name: str
    role: str
    role_label: str
    team: str
    due: datetime | None
    whole_day: bool
    overdue: bool
    assignee: str | None
    assignee_id: int | None
    mine: bool
    created: datetime
    force: str
    obligations: tuple[str, ...]
    external: bool
    can_claim: bool
    can_work: bool
    follow_up: datetime | None = None
    follow_up_by: str | None = None
    follow_up_reason: str | None = None
    waiting: bool = False
    agreed: bool = False
    """Somebody gave it in words of their own: no message repeats them."""


NEAR = timedelta(hours=4)
"""A task that was put off comes back so long before its limit, and on the day of its limit, whatever was chosen."""


def wakes(now: datetime) -> datetime:
    """Return the moment up to which a limit is near: no task with such a limit is out of anybody's list."""
    tomorrow = datetime.combine(local(now).date() + timedelta(days=1), time(), LOCAL_ZONE)
    return max(now + NEAR, tomorrow)


def put_off(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition under which a task is out of the list of whoever has it, until the day that they chose."""
    return sa.func.coalesce(
        sa.and_(
            Task.follow_up > now,
            Task.follow_up_by == Task.assignee,
            sa.or_(Task.due.is_(None), Task.due > wakes(now)),
        ),
        sa.false(),
    )


_BY = aliased(Account)


def task_rows(desk: Desk) -> Any:
    """Select tasks as plain rows, which cost half of what objects do, with what a list shows beside them."""
    return (
        sa.select(
            *Task.__table__.columns,
            Child.given_names,
            Child.surname,
            access.open_to(desk).label("visible"),
            Account.display_name,
            _BY.display_name.label("put_off_by"),
            put_off(desk.now()).label("waiting"),
        )
        .outerjoin(Child, Child.id == Task.child_id)
        .outerjoin(Account, Account.id == Task.assignee)
        .outerjoin(_BY, _BY.id == Task.follow_up_by)
    )


def present_pack(desk: Desk) -> Pack | None:
    """Return the council's present pack, whose titles a list shows."""
    try:
        return in_force(desk.session, local(desk.now()).date())[1]
    except NoPack:
        return None


def task_row(desk: Desk, task: Any, pack: Pack | None) -> TaskRow:
    """Return a row of `task_rows` as a list shows it to the caller."""
    name = None
    if task.child_id is not None:
        name = f"{task.given_names} {task.surname}".strip() if task.visible else access.HIDDEN
    return TaskRow(
        id=task.id,
        case_id=task.case_id,
        reference=task.reference,
        child=name,
        child_id=task.child_id if task.child_id is not None and task.visible else None,
        name=task.name,
        role=task.role,
        role_label=role_label(pack, task.role) if pack is not None else task.role,
        team=task.team,
        due=at_or_none(task.due),
        whole_day=task.whole_day,
        overdue=task.due is not None and task.due < desk.now(),
        assignee=task.display_name,
        assignee_id=task.assignee,
        mine=task.assignee is not None and task.assignee == desk.caller.account,
        created=at(task.created),
        force=task.force,
        obligations=tuple(task.obligations),
        external=task.external,
        can_claim=task.assignee is None and not task.external and access.may(desk.caller, "claim_task", task),
        can_work=obstacle(desk.caller, task, task.display_name) is None,
        follow_up=at(task.follow_up) if task.follow_up is not None and task.follow_up > desk.now() else None,
        follow_up_by=task.put_off_by,
        follow_up_reason=task.follow_up_reason,
        waiting=task.waiting,
        agreed=task.process == "",
    )


def obstacle(caller: Caller, task: Any, assignee: str | None) -> str | None:
    """Say why the caller may not work on a task, None where nothing stands in the way."""
    if task.external:
        return "This is awaited from outside the council; record on the case page that it happened."
    if not access.may(caller, "work_task", task):
        return "This task belongs to another role."
    if task.assignee is not None and task.assignee != caller.account and not caller.system:
        return f"{assignee or 'Somebody else'} has this task."
    return None


def gone(desk: Desk, task_id: int) -> Conflict | NotFound:
    """Return what to raise for a task that is not open: who ended it and how, if there ever was one."""
    ended = desk.session.get(EndedTask, task_id)
    if ended is None:
        return NotFound("there is no such task")
    event = desk.session.get(AuditEvent, (ended.case_id, ended.seq))
    if event is None:
        return NotFound("there is no such task")
    names = people(desk.session, [event.account_id or "system"])
    who = names.get(str(event.account_id), "system")
    detail = (unpack(event.detail) if event.detail else None) or {}
    asked = detail.get("act", {})
    mine = event.action == "task_completed" and event.task_id == task_id
    told = (
        f"{who} completed this task"
        if mine
        else f"this task is no longer needed: {_what(event.action, asked)} by {who}"
    )
    return Conflict(
        f"{told}, at {at(event.at):%H:%M on %-d %B %Y}",
        who=who,
        when=at(event.at),
        what={
            "case_id": ended.case_id,
            "action": event.action,
            **({"answers": asked.get("answers", {})} if mine else {}),
        },
    )


def _what(action: str, asked: Mapping[str, Any]) -> str:
    if action == "event_recorded":
        return f"“{str(asked.get('event', '')).replace('_', ' ')}” was recorded"
    return action.replace("_", " ")
