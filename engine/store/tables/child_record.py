"""What a practitioner has to know of a child, and what was done about one: entries, links, attempts, notes.

Language, orders, warnings and people stand in one table of entries, because each is recorded, put right and ended in
the same way, and every change has to leave what stood before. An attempt or a note of a case names the case alone: a
case that is moved to another child takes them along.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, case_column, council_column, identity


class ChildEntry(Base):
    """One thing on a child's record; it stands until `ended_at`. `replaces` is the entry that it put right.

    `kind` is one of services.child_entries. `until` is the day on which an order expires or a warning is looked at
    again. `more` holds what only some kinds have: a person's telephone, who may be told.
    """

    __tablename__ = "child_entry"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    kind: Mapped[str]
    says: Mapped[str]
    since: Mapped[date | None]
    until: Mapped[date | None]
    more: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None]
    replaces: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    reason: Mapped[str | None]
    """Why it ended; None where another entry took its place."""
    __table_args__ = (sa.Index("ix_child_entry_child", "child_id", "kind"),)


class ChildLink(Base):
    """Two children who belong together, told once for both, in either order; it stands until `ended_at`."""

    __tablename__ = "child_link"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    other_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    ended_reason: Mapped[str | None]
    __table_args__ = (
        sa.CheckConstraint("child_id <> other_id", name="two_children"),
        sa.Index(
            "uq_child_link_standing",
            sa.text("(LEAST(child_id, other_id))"),
            sa.text("(GREATEST(child_id, other_id))"),
            "kind",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )


class ContactAttempt(Base):
    """A call, visit or message that was tried; of a case, or of the child where it belongs to none.

    One that was entered in error stays, with `withdrawn_at` and the reason, and counts no more.
    """

    __tablename__ = "contact_attempt"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int | None] = case_column(nullable=True)
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"), index=True)
    about: Mapped[str]
    tried: Mapped[str]
    name: Mapped[str | None]
    how: Mapped[str]
    outcome: Mapped[str]
    note: Mapped[str | None]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None]
    withdrawn_reason: Mapped[str | None]
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(case_id, child_id) = 1", name="one_owner"),
        sa.Index("ix_contact_attempt_case", "case_id", "at"),
    )


class CaseNote(Base):
    """A note on a case, never changed (a trigger refuses it): `corrects` names the note that this one puts right."""

    __tablename__ = "case_note"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int] = case_column()
    kind: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]
    account_id: Mapped[int | None]
    corrects: Mapped[int | None]
    __table_args__ = (sa.Index("ix_case_note_case", "case_id", "at"),)


class CoveredInterview(Base):
    """An interview of one case that answered for another of the same child: whose answers were entered, by whom."""

    __tablename__ = "covered_interview"
    case_id: Mapped[int] = case_column(primary_key=True)
    by_case_id: Mapped[int] = case_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    at: Mapped[datetime]
    account_id: Mapped[int | None]
