"""The outbox, incidents, and what was started by time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, case_column, council_column, identity


class Notice(Base):
    """The outbox. `key` is unique for ever, so that a notice leaves once.

    `state`: pending → sending → sent; failed (tries used up), held (a person decides: a doubtful send), cancelled.
    """

    __tablename__ = "notice"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int | None] = case_column(nullable=True)
    key: Mapped[str]
    notice: Mapped[str]
    element: Mapped[str | None]
    entries: Mapped[list[int]] = mapped_column(server_default="{}")
    recipient: Mapped[str]
    """`role:<id>` or `outside:<name>`, as in DirectoryEntry; `account:<id>` for a person's own address."""
    subject: Mapped[str | None]
    body: Mapped[str | None]
    """The words of a notice that are not a pack's; without them `notice` names the pack's text."""
    channel: Mapped[str | None]
    address: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    created_at: Mapped[datetime]
    next_attempt: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[str | None]
    provider_reference: Mapped[str | None]
    problem: Mapped[str | None]
    outside_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("outside_request.id"))
    """The request whose link it carries: it has an address and words of its own."""
    __table_args__ = (
        sa.UniqueConstraint("council_id", "key"),
        sa.Index("ix_notice_case", "case_id"),
        sa.Index(
            "ix_notice_waiting",
            "council_id",
            "next_attempt",
            postgresql_where=sa.text("state IN ('pending', 'sending', 'held', 'failed')"),
        ),
    )


class Incident(Base):
    """Something that could not go on by itself. `kind` is case, notice, periodic or job.

    For a case, `act` is the act that failed, to be tried again as it was asked for: by the worker at `retry_at`, or
    at once when an administrator says so.
    """

    __tablename__ = "incident"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int | None] = case_column(nullable=True)
    kind: Mapped[str]
    process: Mapped[str | None]
    element: Mapped[str | None]
    expression: Mapped[str | None]
    fact: Mapped[str | None]
    message: Mapped[str]
    act: Mapped[dict[str, Any]]
    account_id: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(sa.SmallInteger, server_default="1")
    opened_at: Mapped[datetime]
    last_at: Mapped[datetime]
    retry_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None]
    resolution: Mapped[str | None]
    __table_args__ = (
        sa.Index("ix_incident_open", "council_id", "id", postgresql_where=sa.text("resolved_at IS NULL")),
        sa.Index("ix_incident_case", "case_id"),
    )


class PeriodicRun(Base):
    """A period for which a periodic process was started: once, whoever tries."""

    __tablename__ = "periodic_run"
    council_id: Mapped[int] = council_column(primary_key=True)
    process: Mapped[str] = mapped_column(primary_key=True)
    period_from: Mapped[datetime] = mapped_column(primary_key=True)
    period_to: Mapped[datetime]
    case_id: Mapped[int | None] = case_column(nullable=True)
