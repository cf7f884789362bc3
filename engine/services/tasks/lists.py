"""Lists of the work that stands open, and how much of it there is.

A list grouped by child is paged by children: a page shows each of its children whole, and brothers and sisters, or
whoever else is linked, stand next to each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import (
    OWN_ROLES,
    Caller,
    Desk,
)
from engine.services.matching import name_key
from engine.services.rows import Page
from engine.services.tasks.filters import AHEAD, NOBODY, TaskFilter, bounds
from engine.services.tasks.rows import TaskRow, gone, present_pack, put_off, task_row, task_rows
from engine.store.tables import Account, Child, ChildIdentifier, ChildLink, Task

LARGEST_PAGE = 200
MOST_CHILDREN = 500
"""A search that fits more children than these shows the tasks of so many: it has to be narrowed."""
CHILDREN = 10
"""So many children stand on a page of a list that is grouped by child."""
EACH = 20
"""So many tasks of each of them are shown there; the rest is counted."""


@dataclass(frozen=True)
class TaskPage(Page[TaskRow]):
    """A page of tasks. `limits` counts the whole list by the groups of its limits; `size` and `total` count children
    where it is grouped by child, and `tasks` always counts tasks.

    `own` holds, for the children of the page, how many of their tasks the caller could do in one sitting; `groups`,
    where it is grouped, how many tasks each of the page's groups has in all.
    """

    tasks: int = 0
    limits: Mapping[str, int] = field(default_factory=dict)
    own: Mapping[int, int] = field(default_factory=dict)
    groups: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Counts:
    """How many tasks there are, and how many of them are overdue; `waiting` are the caller's that are put off."""

    mine: int
    mine_overdue: int
    team: int
    team_overdue: int
    unassigned: int
    unassigned_overdue: int
    all: int
    all_overdue: int
    waiting: int


def list(desk: Desk, filter: TaskFilter | None = None, page: int = 1, size: int = 25) -> TaskPage:
    """List open tasks, soonest due first, those without a limit last.

    A page beyond the last shows the last: tasks end while somebody reads.
    """
    access.require(desk.caller, "see_task_list")
    filter = filter or TaskFilter()
    size = max(1, min(size, LARGEST_PAGE))
    wanted = _wanted(desk, filter)
    if filter.by_child:
        return _by_child(desk, wanted, max(1, page))
    limits = _limits(desk, wanted)
    total = sum(limits.values())
    page = max(1, min(page, -(-total // size)))
    order: Any = [Task.due.asc().nulls_last(), Task.id]
    if filter.sort == "created":
        order = [Task.created.desc(), Task.id]
    shown = (
        sa.select(Task.id).where(*wanted).order_by(*order).limit(size).offset((page - 1) * size).subquery()
    )
    rows = _rows(desk, task_rows(desk).join(shown, shown.c.id == Task.id).order_by(*order))
    return TaskPage(rows, total, page, size, total, limits, _own(desk, rows))


def one(desk: Desk, task_id: int) -> TaskRow:
    """Return an open task as a list shows it; raises NotFound, or Conflict saying who ended it, and how."""
    access.require(desk.caller, "see_task_list")
    found = desk.session.execute(task_rows(desk).where(Task.id == task_id)).first()
    if found is None:
        raise gone(desk, task_id)
    return task_row(desk, found, present_pack(desk))


def counts(desk: Desk) -> Counts:
    """Count the tasks that the caller has, could do, or could take, and those of the council."""
    now = desk.now()
    late = Task.due < now
    held = Task.assignee == desk.caller.account if desk.caller.account is not None else sa.false()
    away = put_off(now)
    mine, team, free = sa.and_(held, ~away), _of_team(desk.caller), _unassigned(desk.caller)
    row = desk.session.execute(
        sa.select(
            *(
                sa.func.count().filter(*conditions)
                for view in ((mine,), (team,), (free,), (sa.true(),))
                for conditions in (view, (*view, late))
            ),
            sa.func.count().filter(held, away),
        ).where(Task.external.is_(False))
    ).one()
    return Counts(*(int(number) for number in row))


def people_with_tasks(desk: Desk) -> tuple[tuple[int, str], ...]:
    """Return the accounts that have open tasks, as (id, name) by name."""
    has = sa.select(Task.assignee).where(Task.assignee.is_not(None)).distinct()
    rows = desk.session.execute(
        sa.select(Account.id, Account.display_name)
        .where(Account.id.in_(has))
        .order_by(sa.func.lower(Account.display_name))
    )
    return tuple((row.id, row.display_name) for row in rows)


# --- pages


def _rows(desk: Desk, statement: Any) -> tuple[TaskRow, ...]:
    pack = present_pack(desk)
    return tuple(task_row(desk, row, pack) for row in desk.session.execute(statement))


def _limits(desk: Desk, wanted: Sequence[sa.ColumnElement[bool]]) -> dict[str, int]:
    """Count a list's tasks by the groups of their limits."""
    groups = _groups(desk)
    row = desk.session.execute(
        sa.select(*(sa.func.count().filter(condition) for condition in groups.values())).where(*wanted)
    ).one()
    return dict(zip(groups, row, strict=True))


def _groups(desk: Desk) -> dict[str, sa.ColumnElement[bool]]:
    edge = bounds(desk.now())
    return {
        "overdue": Task.due < edge.now,
        "today": sa.and_(Task.due >= edge.now, Task.due < edge.tomorrow),
        "week": sa.and_(Task.due >= edge.tomorrow, Task.due < edge.after),
        "later": Task.due >= edge.after,
        "none": Task.due.is_(None),
    }


def _by_child(desk: Desk, wanted: Sequence[sa.ColumnElement[bool]], page: int) -> TaskPage:
    # whose record is restricted is grouped by case, or the list would tell which cases are of one child
    key = sa.case(
        (sa.and_(Task.child_id.is_not(None), access.open_to(desk)), Task.child_id), else_=-Task.case_id
    )
    found = desk.session.execute(
        sa.select(key.label("key"), sa.func.min(Task.due).label("due"), sa.func.count().label("tasks"))
        .outerjoin(Child, Child.id == Task.child_id)
        .where(*wanted)
        .group_by(sa.text("1"))
        .order_by(sa.text("2 NULLS LAST"), sa.text("1"))
    ).all()
    ordered = _families(desk, [row.key for row in found])
    page = min(page, max(1, -(-len(ordered) // CHILDREN)))
    shown = ordered[(page - 1) * CHILDREN : page * CHILDREN]
    children, cases = [k for k in shown if k > 0], [-k for k in shown if k < 0]
    soonest = (Task.due.asc().nulls_last(), Task.id)
    ranked = (
        sa.select(Task.id, sa.func.row_number().over(partition_by=key, order_by=soonest).label("place"))
        .outerjoin(Child, Child.id == Task.child_id)
        .where(*wanted, sa.or_(Task.child_id.in_(children), Task.case_id.in_(cases)))
        .subquery()
    )
    statement = task_rows(desk).join(ranked, sa.and_(ranked.c.id == Task.id, ranked.c.place <= EACH))
    rows = _rows(desk, statement.order_by(*soonest))
    places = {key: place for place, key in enumerate(shown)}
    rows = tuple(sorted(rows, key=lambda row: places.get(group_of(row), len(places))))
    tasks = sum(row.tasks for row in found)
    groups = {row.key: row.tasks for row in found if row.key in places}
    return TaskPage(rows, len(ordered), page, CHILDREN, tasks, {}, _own(desk, rows), groups)


def group_of(row: TaskRow) -> int:
    """Return what a row is grouped by: its child, or (negative) its case where there is none that may be known."""
    return row.child_id if row.child_id is not None else -row.case_id


def _families(desk: Desk, keys: Sequence[int]) -> Sequence[int]:
    """Move linked children next to the one of them whose task is due first; `keys` stand in that order."""
    there = {key for key in keys if key > 0}
    if len(there) < 2:
        return keys
    first = Task.__table__.alias("first")
    second = Task.__table__.alias("second")
    links = desk.session.execute(
        sa.select(ChildLink.child_id, ChildLink.other_id).where(
            ChildLink.ended_at.is_(None),
            sa.exists().where(first.c.child_id == ChildLink.child_id),
            sa.exists().where(second.c.child_id == ChildLink.other_id),
        )
    ).all()
    linked: dict[int, set[int]] = {}
    for one_id, other in links:
        if one_id in there and other in there:
            linked.setdefault(one_id, set()).add(other)
            linked.setdefault(other, set()).add(one_id)
    if not linked:
        return keys
    ordered: dict[int, None] = {}
    for key in keys:
        if key not in ordered:
            family = _reached(key, linked)
            ordered |= dict.fromkeys(one for one in keys if one in family) if len(family) > 1 else {key: None}
    return [*ordered]


def _reached(start: int, linked: Mapping[int, Iterable[int]]) -> set[int]:
    reached, todo = {start}, [start]
    while todo:
        for other in linked.get(todo.pop(), ()):
            if other not in reached:
                reached.add(other)
                todo.append(other)
    return reached


def _own(desk: Desk, rows: Iterable[TaskRow]) -> dict[int, int]:
    """Count, for the children of a page, the open tasks that the caller could do in one sitting."""
    children = {row.child_id for row in rows if row.child_id is not None}
    if not children or desk.caller.account is None:
        return {}
    found = desk.session.execute(
        sa.select(Task.child_id, sa.func.count())
        .where(Task.child_id.in_(sorted(children)), workable(desk.caller))
        .group_by(Task.child_id)
    )
    return {child: count for child, count in found if child is not None}


def workable(caller: Caller) -> sa.ColumnElement[bool]:
    """Return the condition under which the caller may do a task: it is theirs, or nobody's and of one of their roles."""
    free = sa.and_(Task.assignee.is_(None), Task.role.in_(sorted(caller.roles)))
    return sa.and_(Task.external.is_(False), sa.or_(Task.assignee == caller.account, free))


# --- conditions


def _wanted(desk: Desk, filter: TaskFilter) -> tuple[sa.ColumnElement[bool], ...]:
    conditions: Any = [Task.external.is_(filter.external), *_view(desk, filter.whose)]
    if filter.role:
        conditions.append(Task.role == filter.role)
    if filter.obligation:
        conditions.append(Task.obligations.contains([filter.obligation]))
    if filter.case_id is not None:
        conditions.append(Task.case_id == filter.case_id)
    if filter.child_id is not None:
        conditions.append(Task.child_id == filter.child_id)
    if filter.person is not None:
        conditions.append(
            Task.assignee.is_(None) if filter.person == NOBODY else Task.assignee == filter.person
        )
    if filter.limit == AHEAD:
        conditions.append(sa.func.coalesce(Task.due >= desk.now(), sa.true()))
    elif filter.limit:
        conditions.append(_groups(desk).get(filter.limit, sa.true()))
    if filter.text and filter.text.strip():
        conditions.append(_found(desk, filter.text.strip()))
    return tuple(conditions)


def _view(desk: Desk, whose: str) -> tuple[sa.ColumnElement[bool], ...]:
    held, away = Task.assignee == desk.caller.account, put_off(desk.now())
    return {
        "mine": (held, ~away),
        "waiting": (held, away),
        "team": (_of_team(desk.caller),),
        "unassigned": (_unassigned(desk.caller),),
    }.get(whose, ())


def _found(desk: Desk, text: str) -> sa.ColumnElement[bool]:
    """Return the condition under which a task is found: by its reference, its child's names, or a child's number.

    The children are looked up first, once: the list asks its condition twice.
    """
    at_work = sa.select(Task.child_id).where(Task.child_id.is_not(None))
    by_name = sa.select(Child.id).where(*named(text), Child.id.in_(at_work), access.open_to(desk))
    numbered = sa.select(ChildIdentifier.child_id).where(sa.func.lower(ChildIdentifier.value) == text.lower())
    by_number = sa.select(Child.id).where(Child.id.in_(numbered), access.open_to(desk))
    children = desk.session.scalars(sa.union(by_name, by_number).limit(MOST_CHILDREN)).all()
    part = "%" + like(text) + "%"
    return sa.or_(Task.reference.ilike(part, escape="\\"), Task.child_id.in_(children))


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


def _unassigned(caller: Caller) -> sa.ColumnElement[bool]:
    """Return the condition for what nobody has: of the caller's teams and roles, for others of the whole council."""
    free = Task.assignee.is_(None)
    return sa.and_(free, _of_team(caller)) if caller.roles - OWN_ROLES else free
