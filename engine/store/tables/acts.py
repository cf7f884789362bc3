"""What was done and seen: the record, and what keeps an act from being done twice."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import OWN_COUNCIL, Base, council_column


class AuditEvent(Base):
    """An act, never changed again: who did what, when, with its details packed.

    Chains: one per case (`chain` = the case's id) and one per council for everything else (`chain` = minus its id).
    A trigger gives `seq` and `hash`, which covers the event before it; update, delete and truncate are refused.
    """

    __tablename__ = "audit_event"
    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, server_default=sa.text("0")
    )  # the trigger's
    at: Mapped[datetime]
    account_id: Mapped[int | None]
    task_id: Mapped[int | None]
    council_id: Mapped[int] = council_column()
    action: Mapped[str]
    hash: Mapped[bytes] = mapped_column(server_default=sa.text("''::bytea"))  # the trigger's
    detail: Mapped[bytes | None]


access_log = sa.Table(
    "access_log",
    Base.metadata,
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("account_id", sa.Integer),
    sa.Column("case_id", sa.Integer),
    sa.Column("child_id", sa.Integer),
    sa.Column(
        "council_id",
        sa.SmallInteger,
        sa.ForeignKey("council.id"),
        nullable=False,
        server_default=OWN_COUNCIL,
    ),
    sa.Column("what", sa.Text, nullable=False),
    sa.Index("ix_access_log_case", "case_id"),
    sa.Index("ix_access_log_at", "at", postgresql_using="brin"),
)
"""Who read what: written in the same transaction as the page, without a chain."""


class IdempotencyKey(Base):
    """A form that was posted: the same key again gets the first result. Cleared after a week."""

    __tablename__ = "idempotency_key"
    key: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None]
    council_id: Mapped[int] = council_column()
    body: Mapped[bytes]
    """A digest of the act and everything in the post."""
    result: Mapped[dict[str, Any] | None]


class Heartbeat(Base):
    """When a worker last swept: pages warn when nothing has, because then no timer fires."""

    __tablename__ = "heartbeat"
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class JobQueueVersion(Base):
    """The newest schema file of the job queue's library that has been applied."""

    __tablename__ = "job_queue_version"
    version: Mapped[str] = mapped_column(primary_key=True)
