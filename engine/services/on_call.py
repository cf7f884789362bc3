"""What somebody needs who looks after the council's children out of hours: one page of what cannot wait.

It reads and decides nothing: who is on duty comes from the rotas, what is open from the tasks, who is away from the
cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from engine.calendar import WorkingCalendar
from engine.clock import LOCAL_ZONE, local
from engine.pack.model import Pack
from engine.services import access, tasks
from engine.services.assignment import rotas, summons
from engine.services.assignment.rotas import RotaRow
from engine.services.assignment.summons import Call
from engine.services.desk import Desk
from engine.services.tasks import TaskFilter, TaskRow
from engine.services.tasks.rows import present_pack, task_row, task_rows
from engine.store.packs import in_force
from engine.store.tables import CaseRecord, Child, Task

MOST = 100
"""So many tasks, and so many children, are shown of each kind; the rest is counted."""
RETURNED = "return.returned_at"
SINCE = ("episode.missing_from", "episode.reported_at", "episode.absence_started_at")
"""The facts that say since when a child is away, the best first."""


@dataclass(frozen=True)
class MissingChild:
    """A child whose return nobody has recorded. `child` is "Restricted record" where it may not be known."""

    case_id: int
    reference: str
    child: str
    child_id: int | None
    since: datetime | None
    facts: Mapping[str, Any]
    """What the case knows (JSON by fact); nothing of a record that may not be read."""


@dataclass(frozen=True)
class OnCall:
    """What cannot wait. `morning` is when the office opens next; `soon` are the tasks due before then."""

    pack: Pack
    morning: datetime
    missing: tuple[MissingChild, ...]
    missing_total: int
    overdue: tuple[TaskRow, ...]
    overdue_total: int
    soon: tuple[TaskRow, ...]
    soon_total: int
    calls: tuple[tuple[Call, TaskRow | None], ...]
    rotas: tuple[RotaRow, ...]


def view(desk: Desk) -> OnCall:
    """Show what is overdue or due before the office opens, who is missing, which calls wait, and who is on duty.

    The read is logged. A restricted child stands here without a name for whoever may not know it.
    """
    access.require(desk.caller, "see_case")
    access.log(desk, "on_call")
    now = desk.now()
    _, pack = in_force(desk.session, local(now).date())
    morning = next_morning(now, pack.calendar)
    missing, missing_total = _missing(desk)
    late = tasks.list(desk, TaskFilter(whose="all", limit="overdue"), size=MOST)
    soon, soon_total = _before(desk, morning)
    calls = summons.waiting(desk)
    called = _called(desk, [call.task_id for call in calls])
    return OnCall(
        pack,
        morning,
        missing,
        missing_total,
        late.rows,
        late.tasks,
        soon,
        soon_total,
        tuple((call, called.get(call.task_id)) for call in calls),
        rotas.rows(desk),
    )


def next_morning(now: datetime, calendar: WorkingCalendar) -> datetime:
    """Return when the office opens next after a moment: today, where it has not opened yet on a working day."""
    there = local(now)
    day = there.date()
    opening = datetime.combine(day, calendar.opens, LOCAL_ZONE)
    if not calendar.is_working_day(day) or there.time() >= calendar.opens:
        day = calendar.working_days_after(day, 1)
        opening = datetime.combine(day, calendar.opens, LOCAL_ZONE)
    return opening


def _before(desk: Desk, morning: datetime) -> tuple[tuple[TaskRow, ...], int]:
    """Return the open tasks that are due from now until the office opens; a day's end belongs to that day."""
    end = datetime.combine(morning.date(), time(), LOCAL_ZONE)
    due = sa.and_(
        Task.external.is_(False),
        Task.due >= desk.now(),
        sa.or_(Task.due < end, sa.and_(Task.due <= morning, Task.whole_day.is_(False))),
    )
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(Task).where(due)) or 0
    if not total:
        return (), 0
    pack = present_pack(desk)
    rows = desk.session.execute(task_rows(desk).where(due).order_by(Task.due, Task.id).limit(MOST))
    return tuple(task_row(desk, row, pack) for row in rows), total


def _called(desk: Desk, numbers: list[int]) -> dict[int, TaskRow]:
    if not numbers:
        return {}
    pack = present_pack(desk)
    rows = desk.session.execute(task_rows(desk).where(Task.id.in_(numbers)))
    return {row.id: task_row(desk, row, pack) for row in rows}


def _missing(desk: Desk) -> tuple[tuple[MissingChild, ...], int]:
    away = sa.and_(
        CaseRecord.status != "closed",
        CaseRecord.child_id.is_not(None),
        CaseRecord.facts[RETURNED].astext.is_(None),
    )
    since = sa.func.coalesce(*(CaseRecord.facts[fact].astext for fact in SINCE))
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(CaseRecord).where(away)) or 0
    rows = desk.session.execute(
        sa.select(
            CaseRecord.id,
            CaseRecord.reference,
            CaseRecord.facts,
            Child.id.label("child_id"),
            Child.given_names,
            Child.surname,
            access.open_to(desk).label("visible"),
            since.label("since"),
        )
        .join(Child, Child.id == CaseRecord.child_id)
        .where(away)
        .order_by(sa.text("since NULLS LAST"), CaseRecord.id)
        .limit(MOST)
    )
    found = [
        MissingChild(
            row.id,
            row.reference,
            f"{row.given_names} {row.surname}".strip() if row.visible else access.HIDDEN,
            row.child_id if row.visible else None,
            _moment(row.since),
            row.facts if row.visible else {},
        )
        for row in rows
    ]
    long_ago = datetime.max.replace(tzinfo=LOCAL_ZONE) - timedelta(days=1)
    return tuple(sorted(found, key=lambda one: one.since or long_ago)), total


def _moment(text: str | None) -> datetime | None:
    return None if text is None else local(datetime.fromisoformat(text.partition("@")[0]))
