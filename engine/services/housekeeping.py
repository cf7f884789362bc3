"""What is cleared away so that the database holds cases and not their scaffolding.

Only what nothing can ask for any more goes: keys of forms a week old, drafts of tasks that ended a season
ago, the marks of workers that are gone. Cases, ledgers and the audit chain are never touched here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine.services.desk import Desk
from engine.store.tables import (
    EndedTask,
    Heartbeat,
    IdempotencyKey,
    OutsideTry,
    Reminder,
    Sitting,
    TaskDraft,
    TaskSearch,
)

KEYS_KEPT = timedelta(days=7)
DRAFTS_KEPT = timedelta(days=90)
SEARCHES_KEPT = timedelta(days=1)
SITTINGS_KEPT = timedelta(days=30)
REMINDERS_KEPT = timedelta(days=400)
TRIES_KEPT = timedelta(days=1)
MARKS_KEPT = timedelta(days=1)


def tidy(desk: Desk) -> dict[str, int]:
    """Clear away a council's leftovers; return how many rows went from each table."""
    now = desk.now()
    session = desk.session
    ended = sa.exists().where(EndedTask.task_id == TaskDraft.task_id)
    gone = {
        "idempotency_key": session.execute(
            sa.delete(IdempotencyKey).where(IdempotencyKey.at < now - KEYS_KEPT).returning(IdempotencyKey.key)
        ),
        "task_draft": session.execute(
            sa.delete(TaskDraft)
            .where(TaskDraft.saved_at < now - DRAFTS_KEPT, ended)
            .returning(TaskDraft.task_id)
        ),
        "task_search": session.execute(
            sa.delete(TaskSearch).where(TaskSearch.at < now - SEARCHES_KEPT).returning(TaskSearch.id)
        ),
        "sitting": session.execute(
            sa.delete(Sitting).where(Sitting.started_at < now - SITTINGS_KEPT).returning(Sitting.id)
        ),
        "outside_try": session.execute(
            sa.delete(OutsideTry).where(OutsideTry.since < now - TRIES_KEPT).returning(OutsideTry.who)
        ),
        "reminder": session.execute(
            sa.delete(Reminder).where(Reminder.at < now - REMINDERS_KEPT).returning(Reminder.account_id)
        ),
    }
    return {table: len(rows.all()) for table, rows in gone.items()}


def beat(session: Session, name: str, at: datetime, detail: dict[str, int]) -> None:
    """Mark that a worker swept at a moment; forget those that have not for a day."""
    mark = insert(Heartbeat).values(name=name, at=at, detail=detail)
    session.execute(
        mark.on_conflict_do_update(
            index_elements=[Heartbeat.name], set_={"at": mark.excluded.at, "detail": mark.excluded.detail}
        )
    )
    session.execute(sa.delete(Heartbeat).where(Heartbeat.at < at - MARKS_KEPT))


def last_sweep(session: Session) -> datetime | None:
    """Return when any worker last swept: None, or long ago, means that no timer fires and no notice leaves."""
    return session.scalar(sa.select(sa.func.max(Heartbeat.at)))
