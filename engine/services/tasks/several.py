"""Giving several tasks to somebody at once, as when a colleague falls ill.

The tasks are chosen on one page and given on the next; what has happened to one of them in between is looked at again,
and a task that somebody took, ended or began to answer meanwhile is named and left where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import ADMINISTRATOR, Desk, InvalidAnswers, once, remember
from engine.services.rows import Page, people
from engine.services.tasks.half_done import Begun, begun
from engine.services.tasks.holding import Candidate, give, may_do, with_load
from engine.services.tasks.rows import TaskRow, present_pack, task_row, task_rows
from engine.store.tables import Account, CaseRecord, EndedTask, Task

MOST = 100
"""So many tasks change hands at once."""


@dataclass(frozen=True)
class Seen:
    """A task as whoever chose it saw it: who had it, and when somebody last typed into it."""

    task_id: int
    holder: int | None
    typed: datetime | None


@dataclass(frozen=True)
class Chosen:
    """A task that was chosen, and who has begun to answer it."""

    row: TaskRow
    begun: tuple[Begun, ...]
    seen: Seen


@dataclass(frozen=True)
class Left:
    """A task that did not change hands, and why."""

    task_id: int
    name: str
    why: str


@dataclass(frozen=True)
class Given:
    """What became of giving several tasks: how many changed hands, to whom, and which stayed."""

    to: str
    given: tuple[str, ...]
    left: tuple[Left, ...]


def assignable(
    desk: Desk,
    *,
    role: str | None = None,
    holder: int | None = None,
    unclaimed: bool = False,
    overdue: bool = False,
    page: int = 1,
    size: int = 50,
) -> Page[TaskRow]:
    """List the open tasks that the caller may give to others, soonest due first; `holder` is who has them now."""
    access.require(desk.caller, "assign_task")
    caller = desk.caller
    wanted: list[sa.ColumnElement[bool]] = [Task.external.is_(False)]
    if ADMINISTRATOR not in caller.roles:
        wanted.append(sa.or_(Task.team.in_(sorted(caller.teams)), Task.role.in_(sorted(caller.roles))))
    if role:
        wanted.append(Task.role == role)
    if holder is not None:
        wanted.append(Task.assignee == holder)
    if unclaimed:
        wanted.append(Task.assignee.is_(None))
    if overdue:
        wanted.append(Task.due < desk.now())
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(Task).where(*wanted)) or 0
    page = max(1, page)
    order = (Task.due.asc().nulls_last(), Task.id)
    found = desk.session.execute(
        task_rows(desk).where(*wanted).order_by(*order).limit(size).offset((page - 1) * size)
    )
    pack = present_pack(desk)
    return Page(tuple(task_row(desk, row, pack) for row in found), total, page, size)


def chosen(desk: Desk, task_ids: Sequence[int]) -> tuple[tuple[Chosen, ...], tuple[Candidate, ...]]:
    """Return the tasks that were chosen as they stand, and who may do at least one of them, with their load."""
    access.require(desk.caller, "assign_task")
    _few(task_ids)
    found = desk.session.execute(
        task_rows(desk).where(Task.id.in_(task_ids)).order_by(Task.due.asc().nulls_last(), Task.id)
    ).all()
    pack = present_pack(desk)
    allowed = [row for row in found if access.may(desk.caller, "assign_task", row) and not row.external]
    typed = begun(desk, [row.id for row in allowed])
    tasks = tuple(
        Chosen(
            task_row(desk, row, pack),
            typed.get(row.id, ()),
            Seen(row.id, row.assignee, typed[row.id][0].saved if row.id in typed else None),
        )
        for row in allowed
    )
    roles, teams = {row.role for row in allowed}, {row.team for row in allowed}
    return tasks, with_load(desk, roles, teams) if roles else ()


def assign_many(desk: Desk, seen: Sequence[Seen], account: int, reason: str, key: str | None = None) -> Given:
    """Give tasks to an account, as they were seen; return what changed hands and what did not, and why.

    One transaction; the same form sent twice gives the first result. Raises InvalidAnswers without reason, account or
    task.
    """
    access.require(desk.caller, "assign_task")
    _few([one.task_id for one in seen])
    to = desk.session.scalar(
        sa.select(Account.display_name).where(Account.id == account, Account.disabled_at.is_(None))
    )
    problems = {}
    if to is None:
        problems["account"] = "is missing: choose who takes the tasks"
    if not reason.strip():
        problems["reason"] = "is missing: say why the tasks change hands"
    if problems or to is None:
        raise InvalidAnswers(problems)
    asked = [[[one.task_id, one.holder, str(one.typed)] for one in seen], account, reason.strip()]
    taken = once(desk, key, "assign_many", asked)
    if not taken.first:
        return _remembered(taken.result)
    wanted = {one.task_id: one for one in seen}
    # a task that somebody works on at this very moment is left alone: waiting for one while holding others could be
    # waiting for somebody who waits for us
    tasks = desk.session.scalars(
        sa.select(Task)
        .where(Task.id.in_(wanted))
        .order_by(Task.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    typed = begun(desk, list(wanted))
    fit = {role: may_do(desk, account, role) for role in {task.role for task in tasks}}
    names = people(desk.session, [task.assignee for task in tasks])
    given: list[str] = []
    left = _not_there(desk, set(wanted) - {task.id for task in tasks})
    for task in tasks:
        why = _stays(desk, task, wanted[task.id], typed.get(task.id, ()), names, account, fit[task.role])
        if why is not None:
            left.append(Left(task.id, f"{task.name}, case {task.reference}", why))
        else:
            give(desk, task, account, "task_assigned", reason.strip())
            given.append(f"{task.name}, case {task.reference}")
    done = Given(to, tuple(given), tuple(left))
    remember(desk, key, asdict(done))
    return done


def _stays(
    desk: Desk,
    task: Task,
    seen: Seen,
    typed: Sequence[Begun],
    names: dict[str, str],
    account: int,
    fit: bool,
) -> str | None:
    """Say why a task does not change hands, None where it does."""
    if not access.may(desk.caller, "assign_task", task) or task.external:
        return "You may not give this task to others."
    if task.assignee != seen.holder:
        if task.assignee is None:
            return "It went back to the team meanwhile."
        return f"{names.get(str(task.assignee), 'Somebody')} has it now."
    if typed and (seen.typed is None or typed[0].saved > seen.typed):
        return f"{typed[0].name} has typed answers meanwhile."
    if not fit:
        return "The person you chose does not hold the role that does it."
    if task.assignee == account:
        return "The person you chose has it already."
    return None


def _not_there(desk: Desk, missing: set[int]) -> list[Left]:
    """Name the tasks that could not be had: ended meanwhile, or held by an act that runs just now."""
    if not missing:
        return []
    ended = desk.session.execute(
        sa.select(EndedTask.task_id, CaseRecord.reference)
        .join(CaseRecord, CaseRecord.id == EndedTask.case_id)
        .where(EndedTask.task_id.in_(sorted(missing)))
    )
    busy = desk.session.execute(
        sa.select(Task.id, Task.name, Task.reference).where(Task.id.in_(sorted(missing)))
    )
    left = [
        Left(number, f"A task of case {case}", "It was done or is no longer needed.")
        for number, case in ended
    ]
    return left + [
        Left(number, f"{name}, case {case}", "Somebody is working on it at this very moment.")
        for number, name, case in busy
    ]


def _few(task_ids: Sequence[int]) -> None:
    if not task_ids:
        raise InvalidAnswers({"tasks": "are missing: tick at least one task"})
    if len(task_ids) > MOST:
        raise InvalidAnswers({"tasks": f"are more than {MOST}: give them in several goes"})


def _remembered(result: Any) -> Given:
    return Given(result["to"], tuple(result["given"]), tuple(Left(**one) for one in result["left"]))
