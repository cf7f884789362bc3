"""Quality assurance: verifications, sign-offs, audits of case files, conformance of real cases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.background import BackgroundWork
from engine.store.tables.base import Base, case_column, council_column, identity


class Verification(BackgroundWork, Base):
    """A verification of one version of the procedure: its checks explored, or its mutants tried.

    `kind` is explore or mutate. `state`: asked, running, done or failed.
    `document` is what was found, packed, in the shape that `homeward verify --json` prints; `summary` its counts. Of
    each version and kind only the newest that is done keeps its document.
    """

    __tablename__ = "verification"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    pack_id: Mapped[int] = mapped_column(sa.ForeignKey("pack_version.id"))
    kind: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None]
    document: Mapped[bytes | None]
    __table_args__ = (sa.Index("ix_verification_pack", "pack_id", "kind", "id"),)


class SignOff(Base):
    """A person of quality assurance stands for a version of the procedure, or takes that back; never changed again.

    `summary` is what its newest verification had found by then.
    """

    __tablename__ = "sign_off"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    pack_id: Mapped[int] = mapped_column(sa.ForeignKey("pack_version.id"), index=True)
    verification_id: Mapped[int | None] = mapped_column(sa.ForeignKey("verification.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    name: Mapped[str]
    at: Mapped[datetime]
    kind: Mapped[str]
    """signed or taken_back."""
    note: Mapped[str]
    summary: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class ReadingDecision(Base):
    """A person of quality assurance confirms or disputes the reading chosen for a clause; never changed again.

    `digest` is that of the reading's words: a reading that says something else has not been decided on.
    """

    __tablename__ = "reading_decision"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    clause: Mapped[str]
    digest: Mapped[str]
    verdict: Mapped[str]
    """confirmed or disputed."""
    note: Mapped[str]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    name: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (sa.Index("ix_reading_decision_clause", "council_id", "clause"),)


class CaseAudit(Base):
    """An audit of case files. `rule` says which cases could be drawn, `fitted` how many did, `seed` which were."""

    __tablename__ = "case_audit"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    title: Mapped[str]
    kind: Mapped[str]
    """sample or thematic (the yearly one)."""
    theme: Mapped[str]
    clauses: Mapped[list[str]] = mapped_column(server_default="{}")
    """The clauses that it grades; none: those that each case's ledger cites."""
    rule: Mapped[dict[str, Any]]
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    fitted: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    conclusion: Mapped[str] = mapped_column(server_default="")
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class AuditedCase(Base):
    """A case that an audit drew, in the order of the drawing."""

    __tablename__ = "audited_case"
    audit_id: Mapped[int] = mapped_column(sa.ForeignKey("case_audit.id"), primary_key=True)
    case_id: Mapped[int] = case_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    position: Mapped[int] = mapped_column(sa.SmallInteger)


class AuditGrade(Base):
    """How well a case met a clause: met, partly, not_met, not_applicable, cannot_tell; None until somebody says."""

    __tablename__ = "audit_grade"
    audit_id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(primary_key=True)
    clause: Mapped[str] = mapped_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    grade: Mapped[str | None]
    finding: Mapped[str] = mapped_column(server_default="")
    graded_at: Mapped[datetime | None]
    graded_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    __table_args__ = (
        sa.ForeignKeyConstraint(["audit_id", "case_id"], ["audited_case.audit_id", "audited_case.case_id"]),
    )


class AuditPoint(Base):
    """What follows from an audit: an action or a training need (`kind`), with its owner and the day it is due."""

    __tablename__ = "audit_point"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    audit_id: Mapped[int] = mapped_column(sa.ForeignKey("case_audit.id"), index=True)
    case_id: Mapped[int | None] = case_column(nullable=True)
    kind: Mapped[str]
    text: Mapped[str]
    owner: Mapped[str] = mapped_column(server_default="")
    due: Mapped[date | None]
    added_at: Mapped[datetime]
    added_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class ExaminedCase(Base):
    """A case that was run again and judged, as it stood after so many acts.

    `whole`: all its acts could be repeated. `differences` counts where what is stored is not what they lead to.
    `tallies`, packed, are what it adds to the months: by month and clause how often it came up, held, was broken, waits.
    """

    __tablename__ = "examined_case"
    case_id: Mapped[int] = case_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    acts: Mapped[int]
    judged_at: Mapped[datetime]
    whole: Mapped[bool]
    differences: Mapped[int] = mapped_column(sa.SmallInteger)
    tallies: Mapped[bytes]


class CaseBreach(Base):
    """A way in which a case did not go as a clause demands; the fields are those of engine.check.conformance.Breach."""

    __tablename__ = "case_breach"
    case_id: Mapped[int] = case_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    council_id: Mapped[int] = council_column()
    kind: Mapped[str]
    cause: Mapped[str]
    clauses: Mapped[list[str]]
    check_id: Mapped[str | None]
    obligation: Mapped[str | None]
    role: Mapped[str | None]
    at: Mapped[datetime]
    due: Mapped[datetime | None]
    done: Mapped[datetime | None]
    entry: Mapped[int | None] = mapped_column(sa.SmallInteger)
    says: Mapped[str]
    because: Mapped[dict[str, Any] | None]
    __table_args__ = (
        sa.Index("ix_case_breach_at", "council_id", "at"),
        sa.Index("ix_case_breach_clauses", "clauses", postgresql_using="gin"),
    )


class ClauseMonth(Base):
    """How often a clause came up in real cases of a month, held, was broken, or waits: the sum of the cases' tallies."""

    __tablename__ = "clause_month"
    council_id: Mapped[int] = council_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    clause: Mapped[str] = mapped_column(primary_key=True)
    came_up: Mapped[int]
    held: Mapped[int]
    broken: Mapped[int]
    waiting: Mapped[int]
