"""One sitting: a child's open tasks that somebody does one after the other.

Which tasks belong to it is settled when it begins, so that "2 of 5" stays true; what has ended meanwhile, or was taken
by somebody else, is passed over and told at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import Conflict, Desk, NotAllowed, NotFound, once, remember
from engine.services.tasks.lists import workable
from engine.services.tasks.rows import TaskRow, gone, present_pack, task_row, task_rows
from engine.store.tables import AuditEvent, Child, EndedTask, Sitting, Task

MOST = 50
"""So many tasks belong to one sitting; nobody does more."""


@dataclass(frozen=True)
class Step:
    """A task of a sitting. `state` is open, done (by the caller), over (ended otherwise), left or taken.

    `row` is there while the task is open; `told` says how one ended that the caller did not do.
    """

    task: int
    name: str
    state: str
    row: TaskRow | None = None
    told: str = ""


@dataclass(frozen=True)
class SittingView:
    """A sitting as it stands. `next` is the task to do now; `more` counts tasks of the child that came up since."""

    id: int
    child_id: int
    child: str
    steps: tuple[Step, ...]
    more: int

    @property
    def next(self) -> int | None:
        """The task to do now, None at the end."""
        return next((step.task for step in self.steps if step.state == "open"), None)

    def place(self, task: int) -> int | None:
        """Return the place of a task in the sitting, counted from 1; None where it does not belong to it."""
        return next((n for n, step in enumerate(self.steps, start=1) if step.task == task), None)

    def count(self, state: str) -> int:
        """Count the tasks in a state."""
        return sum(step.state == state for step in self.steps)


def begin(desk: Desk, child_id: int, first: int | None = None, key: str | None = None) -> int:
    """Begin a sitting over the tasks of a child that the caller could do now; return its id.

    `first` is the task to begin with; the others follow, soonest due first. Raises NotFound where there is none.
    """
    access.require(desk.caller, "work_task")
    if desk.caller.account is None:
        raise NotAllowed("only a person works through tasks")
    before = once(desk, key, "begin_sitting", [child_id, first])
    if not before.first:
        return int(before.result)
    child = desk.session.get(Child, child_id)
    if child is None:
        raise NotFound("there is no such child")
    access.check_child(desk, child)
    tasks = desk.session.execute(
        sa.select(Task.id, Task.name)
        .where(Task.child_id == child_id, workable(desk.caller))
        .order_by((Task.id == first).desc(), Task.due.asc().nulls_last(), Task.id)
        .limit(MOST)
    ).all()
    if not tasks:
        raise NotFound("this child has no task that you could do")
    row = Sitting(
        account_id=desk.caller.account,
        child_id=child_id,
        tasks=[[task.id, task.name] for task in tasks],
        left=[],
        started_at=desk.now(),
    )
    desk.session.add(row)
    desk.session.flush()
    remember(desk, key, row.id)
    return row.id


def view(desk: Desk, sitting_id: int) -> SittingView:
    """Return the caller's sitting as it stands; raises NotFound for another person's."""
    row = _own(desk, sitting_id)
    child = desk.session.get_one(Child, row.child_id)
    shown = access.may_see_child(desk, child)
    steps = _steps(desk, row)
    more = desk.session.scalar(
        sa.select(sa.func.count()).where(
            Task.child_id == row.child_id,
            Task.id.not_in([task for task, _ in row.tasks]),
            workable(desk.caller),
        )
    )
    name = f"{child.given_names} {child.surname}".strip() if shown else access.HIDDEN
    return SittingView(row.id, row.child_id, name, steps, more or 0)


def leave(desk: Desk, sitting_id: int, task_id: int) -> None:
    """Leave a task of the sitting for later; it stays open, with its draft."""
    row = _own(desk, sitting_id, lock=True)
    if task_id not in row.left and any(task == task_id for task, _ in row.tasks):
        row.left = [*row.left, task_id]
        desk.session.flush()


def _steps(desk: Desk, row: Sitting) -> tuple[Step, ...]:
    pack = present_pack(desk)
    numbers = [task for task, _ in row.tasks]
    found = desk.session.execute(task_rows(desk).where(Task.id.in_(numbers)))
    there = {shown.id: task_row(desk, shown, pack) for shown in found}
    ended = _ended(desk, [task for task in numbers if task not in there])
    return tuple(
        _open_step(there[task], task in row.left)
        if task in there
        else _ended_step(desk, task, name, ended.get(task))
        for task, name in row.tasks
    )


def _open_step(row: TaskRow, left: bool) -> Step:
    if left:
        return Step(row.id, row.name, "left", row)
    if row.can_work:
        return Step(row.id, row.name, "open", row)
    return Step(row.id, row.name, "taken", row, f"{row.assignee} has it" if row.assignee else "")


def _ended_step(desk: Desk, task: int, name: str, by: int | None) -> Step:
    if by == desk.caller.account:
        return Step(task, name, "done")
    told = gone(desk, task)
    return Step(task, name, "over", told=str(told) if isinstance(told, Conflict) else "")


def _ended(desk: Desk, tasks: Sequence[int]) -> dict[int, int | None]:
    """Return who completed each of these tasks; what ended otherwise is left out."""
    if not tasks:
        return {}
    rows = desk.session.execute(
        sa.select(EndedTask.task_id, AuditEvent.account_id)
        .join(AuditEvent, sa.and_(AuditEvent.chain == EndedTask.case_id, AuditEvent.seq == EndedTask.seq))
        .where(EndedTask.task_id.in_(tasks), AuditEvent.task_id == EndedTask.task_id)
    )
    return {row.task_id: row.account_id for row in rows}


def _own(desk: Desk, sitting_id: int, *, lock: bool = False) -> Sitting:
    wanted = sa.select(Sitting).where(Sitting.id == sitting_id, Sitting.account_id == desk.caller.account)
    row = desk.session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound("there is no such sitting")
    return row
