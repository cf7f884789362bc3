"""What goes back to the team when an account is closed, in the transaction that closes it.

Each part says how much of it there is and gives it back; a part of the product that hands people something of their own
adds a line to PARTS. What was typed stays where it is: whoever takes the task can take it over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from engine.clock import local
from engine.services.assignment.handing import hand
from engine.services.desk import Desk, record
from engine.services.outside.requests import revoke_of_account
from engine.store.tables import (
    AllocatedWorker,
    CalendarFeed,
    OutOfOffice,
    OutsideRequest,
    RotaShift,
    Summons,
    Task,
    TaskDraft,
)


@dataclass(frozen=True)
class Part:
    """A kind of thing that an account has: `one` and `many` name it for people, as in "1 open task"."""

    one: str
    many: str
    count: Callable[[Desk, int], int]
    give: Callable[[Desk, int], object]


@dataclass(frozen=True)
class Back:
    """How much of one kind goes back."""

    words: str
    count: int


def counted(desk: Desk, account: int) -> tuple[Back, ...]:
    """Say what an account has that would go back, leaving out what it has none of."""
    found = [(part, part.count(desk, account)) for part in PARTS]
    return tuple(
        Back(f"{count} {part.one if count == 1 else part.many}", count) for part, count in found if count
    )


def give_back(desk: Desk, account: int) -> tuple[Back, ...]:
    """Give everything of an account back to where somebody looks after it; return what it was."""
    found = counted(desk, account)
    for part in PARTS:
        part.give(desk, account)
    return found


def _number(desk: Desk, of: sa.ColumnElement[bool], *more: sa.ColumnElement[bool]) -> int:
    return desk.session.scalar(sa.select(sa.func.count()).where(of, *more)) or 0


def _give_tasks(desk: Desk, account: int) -> None:
    tasks = desk.session.scalars(
        sa.select(Task)
        .where(Task.assignee == account)
        .order_by(Task.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for task in tasks:
        hand(desk, task, None, None, "disabled")
    # the next person is called at once, by the worker
    desk.session.execute(
        sa.update(Summons)
        .where(Summons.account_id == account, Summons.outcome.is_(None))
        .values(answer_by=sa.func.least(Summons.answer_by, desk.now()))
    )


def _no_deputy(desk: Desk, account: int) -> None:
    desk.session.execute(
        sa.update(OutOfOffice)
        .where(OutOfOffice.deputy_id == account, OutOfOffice.ended_at.is_(None))
        .values(deputy_id=None)
    )


def _end_calendar(desk: Desk, account: int) -> None:
    gone = desk.session.scalar(
        sa.delete(CalendarFeed).where(CalendarFeed.account_id == account).returning(CalendarFeed.account_id)
    )
    if gone is not None:
        record(desk, "calendar_feed_ended", {"account": account})


def _stays(desk: Desk, account: int) -> None:
    """What stands under its name on record, and counts for nothing while the account is closed."""


PARTS: tuple[Part, ...] = (
    Part(
        "open task goes back to its team",
        "open tasks go back to their teams",
        lambda desk, account: _number(desk, Task.assignee == account),
        _give_tasks,
    ),
    Part(
        "half-typed form stays with its task, for whoever takes that",
        "half-typed forms stay with their tasks, for whoever takes those",
        lambda desk, account: _number(
            desk, TaskDraft.account_id == account, sa.exists().where(Task.id == TaskDraft.task_id)
        ),
        _stays,
    ),
    Part(
        "colleague loses a deputy",
        "colleagues lose their deputy",
        lambda desk, account: _number(desk, OutOfOffice.deputy_id == account, OutOfOffice.ended_at.is_(None)),
        _no_deputy,
    ),
    Part(
        "shift of a rota is left open",
        "shifts of rotas are left open",
        lambda desk, account: _number(
            desk,
            RotaShift.account_id == account,
            sa.or_(RotaShift.until.is_(None), RotaShift.until >= local(desk.now()).date()),
        ),
        _stays,
    ),
    Part(
        "child has this person as allocated worker: allocate another",
        "children have this person as allocated worker: allocate others",
        lambda desk, account: _number(
            desk, AllocatedWorker.account_id == account, AllocatedWorker.until.is_(None)
        ),
        _stays,
    ),
    Part(
        "calendar address ends",
        "calendar addresses end",
        lambda desk, account: _number(desk, CalendarFeed.account_id == account),
        _end_calendar,
    ),
    Part(
        "link for somebody outside ends",
        "links for people outside end",
        lambda desk, account: _number(
            desk, OutsideRequest.created_by == account, OutsideRequest.state == "open"
        ),
        revoke_of_account,
    ),
)
"""Everything that goes back or is left without somebody, in the order in which people are told."""
