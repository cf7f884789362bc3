"""Lists of the work that stands open, and how much of it there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import (
    Caller,
    Desk,
)
from engine.services.matching import name_key
from engine.services.rows import Page
from engine.services.tasks.rows import TaskRow, gone, present_pack, task_row, task_rows
from engine.store.tables import (
    Child,
    Task,
)

LARGEST_PAGE = 200


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks: `whose` is mine, team (my roles and teams) or all; `text` is part of a child's name or a reference.

    `overdue` True only those, False only the others. `sort` is due or created.
    """

    whose: str = "team"
    role: str | None = None
    overdue: bool | None = None
    text: str | None = None
    obligation: str | None = None
    case_id: int | None = None
    external: bool = False
    sort: str = "due"


@dataclass(frozen=True)
class Counts:
    """How many tasks there are, and how many of them are overdue."""

    mine: int
    mine_overdue: int
    team: int
    team_overdue: int
    all: int
    all_overdue: int


def list(desk: Desk, filter: TaskFilter | None = None, page: int = 1, size: int = 25) -> Page[TaskRow]:
    """List open tasks, soonest due first, those without a limit last."""
    access.require(desk.caller, "see_task_list")
    filter = filter or TaskFilter()
    size = max(1, min(size, LARGEST_PAGE))
    page = max(1, page)
    wanted = _wanted(desk, filter)
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(Task).where(*wanted)) or 0
    order = [Task.due.asc().nulls_last(), Task.id]
    if filter.sort == "created":
        order = [Task.created.desc(), Task.id]
    shown = (
        sa.select(Task.id).where(*wanted).order_by(*order).limit(size).offset((page - 1) * size).subquery()
    )
    statement = task_rows(desk).join(shown, shown.c.id == Task.id).order_by(*order)
    pack = present_pack(desk)
    rows = tuple(task_row(desk, row, pack) for row in desk.session.execute(statement))
    return Page(rows, total, page, size)


def one(desk: Desk, task_id: int) -> TaskRow:
    """Return an open task as a list shows it; raises NotFound, or Conflict saying who ended it, and how."""
    access.require(desk.caller, "see_task_list")
    found = desk.session.execute(task_rows(desk).where(Task.id == task_id)).first()
    if found is None:
        raise gone(desk, task_id)
    return task_row(desk, found, present_pack(desk))


def counts(desk: Desk) -> Counts:
    """Count the tasks that the caller has, could do, and those of the council."""
    now = desk.now()
    late = Task.due < now
    mine = Task.assignee == desk.caller.account if desk.caller.account is not None else sa.false()
    team = _of_team(desk.caller)
    row = desk.session.execute(
        sa.select(
            sa.func.count().filter(mine),
            sa.func.count().filter(mine, late),
            sa.func.count().filter(team),
            sa.func.count().filter(team, late),
            sa.func.count(),
            sa.func.count().filter(late),
        ).where(Task.external.is_(False))
    ).one()
    return Counts(*row)


def _wanted(desk: Desk, filter: TaskFilter) -> tuple[sa.ColumnElement[bool], ...]:
    conditions: Any = [Task.external.is_(filter.external)]
    if filter.whose == "mine":
        conditions.append(Task.assignee == desk.caller.account)
    elif filter.whose == "team":
        conditions.append(_of_team(desk.caller))
    if filter.role:
        conditions.append(Task.role == filter.role)
    if filter.obligation:
        conditions.append(sa.literal(filter.obligation) == sa.func.any(Task.obligations))
    if filter.case_id is not None:
        conditions.append(Task.case_id == filter.case_id)
    if filter.overdue is not None:
        late = sa.func.coalesce(Task.due < desk.now(), sa.false())
        conditions.append(late if filter.overdue else sa.not_(late))
    if filter.text and filter.text.strip():
        part = "%" + like(filter.text.strip()) + "%"
        of_child = sa.exists().where(Child.id == Task.child_id, *named(filter.text), access.open_to(desk))
        conditions.append(sa.or_(Task.reference.ilike(part, escape="\\"), of_child))
    return tuple(conditions)


def like(text: str) -> str:
    """Return a text in which LIKE sees only itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def named(text: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions under which a Child row has every word of a text at the beginning of one of its names."""
    words = [word for part in text.split() if (word := name_key(part))]
    if not words:
        return (sa.false(),)
    return tuple(sa.or_(Child.name_key.like(f"{word}%"), Child.name_key.like(f"% {word}%")) for word in words)


def _of_team(caller: Caller) -> sa.ColumnElement[bool]:
    return sa.or_(Task.role.in_(sorted(caller.roles)), Task.team.in_(sorted(caller.teams)))
