"""Councils, the editions of their packs, and the people who sign in."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, council_column, identity


class Council(Base):
    """A council that works here. `code` is its pack's id; `short` begins its case references."""

    __tablename__ = "council"
    id: Mapped[int] = mapped_column(sa.SmallInteger, sa.Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    short: Mapped[str] = mapped_column(unique=True)
    demonstration: Mapped[bool] = mapped_column(server_default=sa.false())
    history_from: Mapped[date | None]
    """Episodes are known from this day on: until the council's history is loaded, every count says so."""


class ReferenceCounter(Base):
    """The last case number given in a council's year."""

    __tablename__ = "reference_counter"
    council_id: Mapped[int] = council_column(primary_key=True)
    year: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    last: Mapped[int]


class PackVersion(Base):
    """One edition of a council's pack, named by the hash of its files; `files` holds them, packed, for ever."""

    __tablename__ = "pack_version"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    hash: Mapped[str]
    title: Mapped[str]
    edition: Mapped[str]
    effective: Mapped[date]
    stored_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    files: Mapped[bytes]
    __table_args__ = (sa.UniqueConstraint("council_id", "hash"),)


class Account(Base):
    """Someone who signs in: by password (argon2) or by the council's identity provider (issuer and subject)."""

    __tablename__ = "account"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    name: Mapped[str]
    """What is typed at sign-in; unique in every spelling of its case."""
    display_name: Mapped[str]
    email: Mapped[str | None]
    password_hash: Mapped[str | None]
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    session_epoch: Mapped[int] = mapped_column(server_default="0")
    """Raised to end every session of the account."""
    failures: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_sign_in: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    __table_args__ = (
        sa.Index("uq_account_name", sa.text("lower(name)"), unique=True),
        sa.UniqueConstraint("issuer", "subject"),
    )


class AccountRole(Base):
    """A role of the vocabulary, or one of the product's own (`OWN_ROLES`), that an account holds."""

    __tablename__ = "account_role"
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    council_id: Mapped[int] = council_column()


class AccountTeam(Base):
    """A team whose queue an account works from; named as in the pack's roles."""

    __tablename__ = "account_team"
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    council_id: Mapped[int] = council_column()
