"""Children, and what is known of them over time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, council_column, identity


class Child(Base):
    """A child. `facts` holds those `child.*`, `worker.*` and `placement.*` facts that no other table tells."""

    __tablename__ = "child"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    surname: Mapped[str]
    given_names: Mapped[str]
    name_key: Mapped[str]
    """The names folded for searching: lower case, no accents or punctuation, surname first."""
    aliases: Mapped[list[str]] = mapped_column(server_default="{}")
    birth_date: Mapped[date | None]
    sex: Mapped[str | None]
    address: Mapped[str | None]
    restricted: Mapped[bool] = mapped_column(server_default=sa.false())
    restricted_reason: Mapped[str | None]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    merged_into: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"))
    """The record of the same child that took this one's place: this one is only kept."""
    __table_args__ = (
        sa.Index("ix_child_restricted", "council_id", postgresql_where=sa.text("restricted")),
        sa.Index("ix_child_merged_into", "merged_into", postgresql_where=sa.text("merged_into IS NOT NULL")),
        sa.Index(
            "ix_child_name_key", "council_id", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}
        ),
        sa.Index("ix_child_birth_date", "council_id", "birth_date"),
    )


class ChildIdentifier(Base):
    """A number by which another system knows a child: `scheme` is police, compact, mosaic, nhs, …"""

    __tablename__ = "child_identifier"
    council_id: Mapped[int] = council_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    __table_args__ = (sa.Index("ix_child_identifier_lower", "council_id", sa.text("lower(value)")),)


class ChildGrant(Base):
    """Leave to see a restricted child's record until a moment, with its reason."""

    __tablename__ = "child_grant"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    granted_at: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str]
    __table_args__ = (sa.Index("ix_child_grant_account", "account_id", "child_id"),)


class LegalStatus(Base):
    """A legal status of a child over time, in the vocabulary's words; `until` is None while it stands."""

    __tablename__ = "legal_status"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    status: Mapped[str]
    basis: Mapped[str | None]
    responsible_authority: Mapped[str | None]
    since: Mapped[date]
    until: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None]


class AllocatedWorker(Base):
    """A worker allocated to a child; `account_id` where the worker signs in here."""

    __tablename__ = "allocated_worker"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    name: Mapped[str]
    role: Mapped[str]
    team: Mapped[str | None]
    since: Mapped[date]
    until: Mapped[date | None]
    recorded_at: Mapped[datetime]


class Placement(Base):
    """Where a child lives or lived, in the vocabulary's words."""

    __tablename__ = "placement"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    type: Mapped[str]
    area: Mapped[str | None]
    place: Mapped[str | None]
    placed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    recorded_at: Mapped[datetime]


class Episode(Base):
    """A missing or absent episode of a child: one that a case runs, or one loaded from the council's history."""

    __tablename__ = "episode"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    case_id: Mapped[int | None] = mapped_column(sa.ForeignKey("case_record.id"), unique=True)
    category: Mapped[str]
    reported_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]
    source_reference: Mapped[str | None]
    facts: Mapped[dict[str, Any] | None]
    left_from: Mapped[str | None]
    found_at: Mapped[str | None]
    """Where the child went from and was found, in a practitioner's words."""
    __table_args__ = (
        sa.Index("ix_episode_child", "child_id", "reported_at"),
        sa.Index("ix_episode_reported", "council_id", "reported_at"),
        sa.Index("ix_episode_returned", "council_id", "returned_at"),
    )
