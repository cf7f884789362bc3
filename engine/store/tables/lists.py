"""What a person keeps for their own working day: saved filters, a search, a sitting, and what they want to be told.

A search is kept here because it holds a child's name, which may stand in no address.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, council_column, identity


class SavedFilter(Base):
    """A filter of the task list that a person keeps under a name; `wanted` holds what it sets of TaskFilter."""

    __tablename__ = "saved_filter"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    name: Mapped[str]
    wanted: Mapped[dict[str, Any]]
    is_default: Mapped[bool] = mapped_column(server_default=sa.false())
    saved_at: Mapped[datetime]
    __table_args__ = (
        sa.Index("uq_saved_filter_name", "account_id", sa.text("lower(name)"), unique=True),
        sa.Index(
            "uq_saved_filter_default", "account_id", unique=True, postgresql_where=sa.text("is_default")
        ),
    )


class TaskSearch(Base):
    """What a person searched the task list for; cleared away after a day."""

    __tablename__ = "task_search"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    at: Mapped[datetime]
    text: Mapped[str]
    __table_args__ = (sa.Index("ix_task_search_at", "at"),)


class Sitting(Base):
    """Tasks of one child that a person works through one after the other, in the order of `tasks`."""

    __tablename__ = "sitting"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    tasks: Mapped[list[Any]]
    """Id and name of each, in the order in which they are done."""
    left: Mapped[list[Any]] = mapped_column(server_default="[]")
    """Ids of those that the person chose to leave for later."""
    started_at: Mapped[datetime]
    __table_args__ = (sa.Index("ix_sitting_account", "account_id"),)


class ReminderChoice(Base):
    """What a person wants to be told of by e-mail; without a row, nothing.

    `digest_hour` is a local hour, None for no digest; `digest_days` counts from 0 for Monday.
    """

    __tablename__ = "reminder_choice"
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("account.id"), primary_key=True, autoincrement=False
    )
    council_id: Mapped[int] = council_column()
    digest_hour: Mapped[int | None] = mapped_column(sa.SmallInteger)
    digest_days: Mapped[list[int]] = mapped_column(ARRAY(sa.SmallInteger()), server_default="{}")
    when_overdue: Mapped[bool] = mapped_column(server_default=sa.false())
    hours_before: Mapped[int | None] = mapped_column(sa.SmallInteger)
    chosen_at: Mapped[datetime]
    """Nothing that lies before this moment is told of."""


class Reminder(Base):
    """What a person was told of, or what was looked at without anything to tell: each occasion once.

    `kind` is digest, overdue or soon; `occasion` is the digest's local day, or the task with its limit.
    """

    __tablename__ = "reminder"
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("account.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    occasion: Mapped[str] = mapped_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    at: Mapped[datetime]
    told: Mapped[bool]
    __table_args__ = (sa.Index("ix_reminder_at", "at"),)


class CalendarFeed(Base):
    """The secret address under which a person's own calendar shows their limits; only a hash of the secret is kept."""

    __tablename__ = "calendar_feed"
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("account.id"), primary_key=True, autoincrement=False
    )
    council_id: Mapped[int] = council_column()
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    made_at: Mapped[datetime]
