"""Tasks that waited in their team's queue until their limit came near: somebody is called to them like to new ones.

A task is looked at once it lies within the time that its role's rota calls urgent, and as long as nobody was ever called
to it; one that somebody was called to in vain is an incident already.
"""

from __future__ import annotations

from itertools import groupby

import sqlalchemy as sa

from engine.services.assignment import rotas
from engine.services.assignment.calls import NOBODY
from engine.services.assignment.routing import SHORT_LIMIT, Opened, give, is_urgent
from engine.services.desk import Desk
from engine.services.rows import at, at_or_none
from engine.store.tables import Incident, Rota, Summons, Task

MOST = 50
"""Tasks looked at in one transaction; the worker asks every minute."""


def call_to_urgent(desk: Desk) -> int:
    """Call somebody to each unassigned task that has become urgent; return how many were looked at.

    A task that somebody is just working on is passed over: it is found again a minute later.
    """
    now = desk.now()
    horizon = sa.func.greatest(sa.func.make_interval(0, 0, 0, 0, 0, Rota.urgent_minutes), SHORT_LIMIT)
    tasks = desk.session.scalars(
        sa.select(Task)
        .where(
            Task.assignee.is_(None),
            sa.not_(Task.external),
            sa.not_(Task.automatic),
            sa.exists().where(Rota.role == Task.role, Task.due <= now + horizon),
            sa.not_(sa.exists().where(Summons.task_id == Task.id)),
            sa.not_(
                sa.exists().where(
                    Incident.kind == NOBODY,
                    Incident.case_id == Task.case_id,
                    Incident.act["task"].as_integer() == Task.id,
                )
            ),
        )
        .order_by(Task.case_id, Task.id)
        .limit(MOST)
        .with_for_update(skip_locked=True, of=Task)
        .execution_options(populate_existing=True)
    ).all()
    if not tasks:
        return 0
    known, days = rotas.patterns(desk).values(), rotas.calendar(desk)
    looked_at = 0
    for case_id, rows in groupby(tasks, key=lambda task: task.case_id):
        own = list(rows)
        opened = [_opened(task) for task in own]
        urgent = [
            one
            for one in opened
            if (rota := rotas.of_role(known, one.role, one.team)) is not None
            and is_urgent(one, rota, now, days)
        ]
        if urgent:
            give(desk, case_id, own[0].child_id, own[0].reference, urgent, days)
            looked_at += len(urgent)
    return looked_at


def _opened(task: Task) -> Opened:
    return Opened(task.id, task.role, task.team, at_or_none(task.due), task.force, at(task.created))
