"""How a task came to whoever has it: for whom somebody stands in, what has to be accepted, who has begun it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from engine.clock import local
from engine.services import access
from engine.services.desk import Desk
from engine.services.rows import at_or_none
from engine.services.tasks.half_done import Begun, begun
from engine.store.tables import Account, Child, OutOfOffice, Summons, Task


@dataclass(frozen=True)
class Held:
    """How a task is held. `because` is as in TaskRouting, None where a person chose.

    `meant_for` is whose it would be, `away_until` that person's last day out of the office; both None where the child's
    record is shut to the caller. `to_accept`: it came to the caller by itself. `answer_by`: then the next is called.
    """

    task_id: int
    because: str | None
    meant_for: str | None
    away_until: date | None
    to_accept: bool
    answer_by: datetime | None
    begun: tuple[Begun, ...]
    can_take_over: bool


def of_task(desk: Desk, task_id: int) -> Held | None:
    """Say how an open task came to whoever has it; None for one that has ended."""
    meant = aliased(Account)
    today = local(desk.now()).date()
    away = (
        sa.select(sa.func.max(OutOfOffice.until))
        .where(
            OutOfOffice.account_id == Task.meant_for,
            OutOfOffice.ended_at.is_(None),
            OutOfOffice.since <= today,
            OutOfOffice.until >= today,
        )
        .scalar_subquery()
    )
    answer_by = (
        sa.select(Summons.answer_by)
        .where(Summons.task_id == Task.id, Summons.outcome.is_(None))
        .scalar_subquery()
    )
    row = desk.session.execute(
        sa.select(
            Task.assignee,
            Task.routed,
            Task.accepted_at,
            meant.display_name,
            away.label("away"),
            answer_by.label("answer_by"),
            sa.or_(Task.child_id.is_(None), access.open_to(desk)).label("visible"),
        )
        .outerjoin(meant, meant.id == Task.meant_for)
        .outerjoin(Child, Child.id == Task.child_id)
        .where(Task.id == task_id)
    ).first()
    if row is None:
        return None
    mine = row.assignee is not None and row.assignee == desk.caller.account
    others = begun(desk, [task_id], but_for=desk.caller.account).get(task_id, ())
    return Held(
        task_id,
        row.routed,
        row.display_name if row.visible else None,
        row.away if row.visible else None,
        mine and row.routed is not None and row.accepted_at is None,
        at_or_none(row.answer_by),
        others if row.visible else (),
        mine and bool(row.visible),
    )
