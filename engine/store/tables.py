"""The tables. Rows of every table with a `council_id` are visible to that council alone (row-level security).

What grows with every episode is kept narrow: an act's details, a deadline's working and a case's state are
packed (see packed.py), tasks are rows only while they stand open, and the provenance of a fact is read off
the acts.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


OWN_COUNCIL = sa.text("current_council()")
"""The transaction's council: what `council_id` is when a row names none."""


class Base(DeclarativeBase):
    """The declarative base; the web binds it with Flask-SQLAlchemy."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMES),
        type_annotation_map={
            datetime: sa.DateTime(timezone=True),
            str: sa.Text(),
            dict[str, Any]: JSONB(),
            list[Any]: JSONB(),
            list[str]: ARRAY(sa.Text()),
            list[int]: ARRAY(sa.SmallInteger()),
            bytes: sa.LargeBinary(),
        },
    )


def _council(primary_key: bool = False) -> Any:
    return mapped_column(
        sa.SmallInteger,
        sa.ForeignKey("council.id"),
        primary_key=primary_key,
        autoincrement=False,
        server_default=OWN_COUNCIL,
    )


def _identity() -> Any:
    return mapped_column(sa.Integer, sa.Identity(), primary_key=True)


def _case(primary_key: bool = False, nullable: bool = False) -> Any:
    return mapped_column(
        sa.Integer, sa.ForeignKey("case_record.id"), primary_key=primary_key, nullable=nullable
    )


# --- councils, packs, people who sign in


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
    council_id: Mapped[int] = _council(primary_key=True)
    year: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    last: Mapped[int]


class PackVersion(Base):
    """One edition of a council's pack, named by the hash of its files; `files` holds them, packed, for ever."""

    __tablename__ = "pack_version"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
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
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
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
    """A role of the vocabulary, or administrator, quality_assurance, process_owner, that an account holds."""

    __tablename__ = "account_role"
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    council_id: Mapped[int] = _council()


class AccountTeam(Base):
    """A team whose queue an account works from; named as in the pack's roles."""

    __tablename__ = "account_team"
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    council_id: Mapped[int] = _council()


class Contact(Base):
    """Where a notice to a role or an outside body goes: `recipient` is `role:<id>` or `outside:<name>`."""

    __tablename__ = "contact"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    recipient: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str]
    __table_args__ = (sa.UniqueConstraint("council_id", "recipient"),)


# --- children


class Child(Base):
    """A child. `facts` holds those `child.*`, `worker.*` and `placement.*` facts that no other table tells."""

    __tablename__ = "child"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
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
    __table_args__ = (
        sa.Index(
            "ix_child_name_key", "council_id", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}
        ),
        sa.Index("ix_child_birth_date", "council_id", "birth_date"),
    )


class ChildIdentifier(Base):
    """A number by which another system knows a child: `scheme` is police, compact, mosaic, nhs, …"""

    __tablename__ = "child_identifier"
    council_id: Mapped[int] = _council(primary_key=True)
    scheme: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)


class ChildGrant(Base):
    """Leave to see a restricted child's record until a moment, with its reason."""

    __tablename__ = "child_grant"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    granted_at: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str]
    __table_args__ = (sa.Index("ix_child_grant_account", "account_id", "child_id"),)


class LegalStatus(Base):
    """A legal status of a child over time, in the vocabulary's words; `until` is None while it stands."""

    __tablename__ = "legal_status"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
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
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
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
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
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
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    case_id: Mapped[int | None] = mapped_column(sa.ForeignKey("case_record.id"), unique=True)
    category: Mapped[str]
    reported_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]
    source_reference: Mapped[str | None]
    facts: Mapped[dict[str, Any] | None]
    __table_args__ = (sa.Index("ix_episode_child", "child_id", "reported_at"),)


# --- cases


class CaseRecord(Base):
    """A case. `facts` are the stored facts as they stand, by id, in the JSON of engine.pack.values.

    `acts` counts the acts done (the length of its audit chain); `updated_at` is the moment of the last one,
    and no act may lie before it. `status` is open, quarantined (an incident waits) or closed.
    """

    __tablename__ = "case_record"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"))
    pack_id: Mapped[int] = mapped_column(sa.ForeignKey("pack_version.id"))
    reference: Mapped[str]
    status: Mapped[str]
    started_by: Mapped[str]
    """The event that started it, or the id of the periodic process."""
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    next_due: Mapped[datetime | None]
    acts: Mapped[int] = mapped_column(server_default="0")
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    __table_args__ = (
        sa.Index("uq_case_record_reference", "council_id", "reference", unique=True),
        sa.Index("ix_case_record_child", "child_id"),
        sa.Index(
            "ix_case_record_open",
            "council_id",
            "next_due",
            postgresql_where=sa.text("status <> 'closed'"),
        ),
        sa.Index("ix_case_record_opened", "opened_at", postgresql_using="brin"),
    )


class CaseState(Base):
    """The core's state of a case, packed; `version` is the net under the row lock.

    A closed case keeps its small state, because what is learnt later may open it again.
    """

    __tablename__ = "case_state"
    case_id: Mapped[int] = _case(primary_key=True)
    council_id: Mapped[int] = _council()
    version: Mapped[int]
    state: Mapped[bytes]


class CaseLink(Base):
    """Two cases that belong together: `kind` is missing_together or missing_again."""

    __tablename__ = "case_link"
    case_id: Mapped[int] = _case(primary_key=True)
    other_id: Mapped[int] = _case(primary_key=True)
    council_id: Mapped[int] = _council()
    kind: Mapped[str]


COULD_BE_MISSED = (
    "due IS NOT NULL AND (done IS NULL OR done > due) AND NOT external "
    "AND outcome <> ALL (ARRAY['withdrawn'::text, 'superseded'::text])"
)
"""The entries of the council's own duties whose limit was missed, or may yet be: few beside those met in time.

One that was withdrawn was found groundless, one superseded goes on as another entry: neither missed its limit.
"""


class LedgerEntry(Base):
    """A duty in a case's ledger; the fields are those of engine.case.model.Entry.

    `clauses` are separated by spaces. `working` is packed. `task_id` is the open task that performs it.
    """

    __tablename__ = "ledger_entry"
    case_id: Mapped[int] = _case(primary_key=True)
    number: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    council_id: Mapped[int] = _council()
    external: Mapped[bool]
    whole_day: Mapped[bool]
    raised: Mapped[datetime]
    trigger: Mapped[datetime | None]
    clock: Mapped[datetime]
    due: Mapped[datetime | None]
    target: Mapped[datetime | None]
    done: Mapped[datetime | None]
    obligation: Mapped[str]
    role: Mapped[str]
    clauses: Mapped[str]
    force: Mapped[str]
    process: Mapped[str]
    element: Mapped[str]
    occasion: Mapped[str]
    outcome: Mapped[str]
    by: Mapped[str | None]
    task: Mapped[str | None]
    reason: Mapped[str | None]
    working: Mapped[bytes | None]
    __table_args__ = (
        sa.Index("ix_ledger_entry_open", "council_id", "due", postgresql_where=sa.text("outcome = 'open'")),
        sa.Index("ix_ledger_entry_raised", "raised", postgresql_using="brin"),
        sa.Index(
            "ix_ledger_entry_missed",
            "council_id",
            sa.text("(GREATEST(due, raised))"),
            postgresql_where=sa.text(COULD_BE_MISSED),
        ),
    )


class Task(Base):
    """An open task. `core_id` is its id in the core; ended tasks are gone from here and stand in the audit
    events.

    `due` is the earliest of its entries'. `obligations` and `force` are those of its entries.
    """

    __tablename__ = "task"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    case_id: Mapped[int] = _case()
    child_id: Mapped[int | None]
    """The case's child and reference stand here too, so that a list reads open tasks alone."""
    reference: Mapped[str]
    core_id: Mapped[str]
    process: Mapped[str]
    element: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    team: Mapped[str]
    form: Mapped[str | None]
    notice: Mapped[str | None]
    external: Mapped[bool]
    automatic: Mapped[bool]
    detached: Mapped[bool]
    whole_day: Mapped[bool]
    force: Mapped[str]
    entries: Mapped[list[int]]
    obligations: Mapped[list[str]]
    created: Mapped[datetime]
    due: Mapped[datetime | None]
    assignee: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    assigned_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")
    __table_args__ = (
        sa.UniqueConstraint("case_id", "core_id"),
        sa.Index("ix_task_due", "council_id", "due", "id"),
        sa.Index("ix_task_role", "council_id", "role", "due"),
        sa.Index("ix_task_assignee", "assignee", postgresql_where=sa.text("assignee IS NOT NULL")),
    )


class EndedTask(Base):
    """Which act of its case ended a task: whoever still has its form open is told who was first, and how."""

    __tablename__ = "ended_task"
    task_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[int]
    seq: Mapped[int]
    council_id: Mapped[int] = _council()


class KeptFigures(Base):
    """The figures that a task showed when it was completed, packed: a report stays as it was handed on."""

    __tablename__ = "kept_figures"
    task_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    council_id: Mapped[int] = _council()
    case_id: Mapped[int] = _case()
    kept_at: Mapped[datetime]
    figures: Mapped[bytes]
    __table_args__ = (sa.Index("ix_kept_figures_case", "case_id"),)


class TaskDraft(Base):
    """What a person has typed into a task's form so far; it outlives the task, so that nothing typed is lost."""

    __tablename__ = "task_draft"
    task_id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    council_id: Mapped[int] = _council()
    case_id: Mapped[int] = _case()
    saved_at: Mapped[datetime]
    answers: Mapped[dict[str, Any]]


class Timer(Base):
    """A timer that waits; gone when it has fired or was cancelled."""

    __tablename__ = "timer"
    case_id: Mapped[int] = _case(primary_key=True)
    core_id: Mapped[str] = mapped_column(primary_key=True)
    council_id: Mapped[int] = _council()
    process: Mapped[str]
    element: Mapped[str]
    due: Mapped[datetime]
    held_until: Mapped[datetime | None]
    """Not before this moment: the case is quarantined and waits for its next try."""
    __table_args__ = (sa.Index("ix_timer_due", sa.text("coalesce(held_until, due)")),)


class Notice(Base):
    """The outbox. `key` is unique for ever, so that a notice leaves once.

    `state`: pending → sending → sent; failed (tries used up), held (a person decides: a doubtful send), cancelled.
    """

    __tablename__ = "notice"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    case_id: Mapped[int | None] = _case(nullable=True)
    key: Mapped[str]
    notice: Mapped[str]
    element: Mapped[str | None]
    entries: Mapped[list[int]] = mapped_column(server_default="{}")
    recipient: Mapped[str]
    """`role:<id>` or `outside:<name>`, as in Contact."""
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
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    case_id: Mapped[int | None] = _case(nullable=True)
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
    council_id: Mapped[int] = _council(primary_key=True)
    process: Mapped[str] = mapped_column(primary_key=True)
    period_from: Mapped[datetime] = mapped_column(primary_key=True)
    period_to: Mapped[datetime]
    case_id: Mapped[int | None] = _case(nullable=True)


# --- intake


class IntakeFile(Base):
    """A file that was received: police notifications, or a part of the council's records. `kind` says which."""

    __tablename__ = "intake_file"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    kind: Mapped[str]
    name: Mapped[str]
    digest: Mapped[bytes]
    received_at: Mapped[datetime]
    received_by: Mapped[int | None]
    finished_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(server_default="0")
    summary: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class IntakeRow(Base):
    """One row of a file, or one report taken by hand (`file_id` None), and what became of it.

    `outcome`: received (not looked at yet), started, recorded, waiting (a person has to match it), bad (a person has to
    mend it), repeated, discarded; of the council's own records: loaded, unchanged, refused.
    """

    __tablename__ = "intake_row"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("intake_file.id"), index=True)
    line: Mapped[int | None]
    kind: Mapped[str]
    fingerprint: Mapped[bytes]
    received_at: Mapped[datetime]
    outcome: Mapped[str]
    problem: Mapped[str | None]
    data: Mapped[dict[str, Any]]
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"))
    case_id: Mapped[int | None] = _case(nullable=True)
    candidates: Mapped[list[Any] | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None]
    resolution: Mapped[str | None]
    __table_args__ = (
        sa.Index("ix_intake_row_fingerprint", "council_id", "fingerprint"),
        sa.Index(
            "ix_intake_row_waiting",
            "council_id",
            "id",
            postgresql_where=sa.text("outcome IN ('received', 'waiting', 'bad')"),
        ),
        sa.Index("ix_intake_row_case", "case_id", postgresql_where=sa.text("case_id IS NOT NULL")),
    )


# --- what was done and seen


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
    council_id: Mapped[int] = _council()
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
    council_id: Mapped[int] = _council()
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


# --- quality assurance


class Verification(Base):
    """A verification of one version of the procedure: its checks explored, or its mutants tried.

    `kind` is explore or mutate. `state`: asked, running, done or failed; `percent` and `says` tell how far it is.
    `document` is what was found, packed, in the shape that `homeward verify --json` prints; `summary` its counts. Of
    each version and kind only the newest that is done keeps its document.
    """

    __tablename__ = "verification"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    pack_id: Mapped[int] = mapped_column(sa.ForeignKey("pack_version.id"))
    kind: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None]
    heard_at: Mapped[datetime]
    """When it last told how far it was: one that was not heard of for minutes has lost its worker."""
    finished_at: Mapped[datetime | None]
    percent: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    says: Mapped[str | None]
    problem: Mapped[str | None]
    summary: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    document: Mapped[bytes | None]
    __table_args__ = (sa.Index("ix_verification_pack", "pack_id", "kind", "id"),)


class SignOff(Base):
    """A person of quality assurance stands for a version of the procedure, or takes that back; never changed again.

    `summary` is what its newest verification had found by then.
    """

    __tablename__ = "sign_off"
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
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
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
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
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
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
    case_id: Mapped[int] = _case(primary_key=True)
    council_id: Mapped[int] = _council()
    position: Mapped[int] = mapped_column(sa.SmallInteger)


class AuditGrade(Base):
    """How well a case met a clause: met, partly, not_met, not_applicable, cannot_tell; None until somebody says."""

    __tablename__ = "audit_grade"
    audit_id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(primary_key=True)
    clause: Mapped[str] = mapped_column(primary_key=True)
    council_id: Mapped[int] = _council()
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
    id: Mapped[int] = _identity()
    council_id: Mapped[int] = _council()
    audit_id: Mapped[int] = mapped_column(sa.ForeignKey("case_audit.id"), index=True)
    case_id: Mapped[int | None] = _case(nullable=True)
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
    case_id: Mapped[int] = _case(primary_key=True)
    council_id: Mapped[int] = _council()
    acts: Mapped[int]
    judged_at: Mapped[datetime]
    whole: Mapped[bool]
    differences: Mapped[int] = mapped_column(sa.SmallInteger)
    tallies: Mapped[bytes]


class CaseBreach(Base):
    """A way in which a case did not go as a clause demands; the fields are those of engine.check.conformance.Breach."""

    __tablename__ = "case_breach"
    case_id: Mapped[int] = _case(primary_key=True)
    number: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    council_id: Mapped[int] = _council()
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
    council_id: Mapped[int] = _council(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    clause: Mapped[str] = mapped_column(primary_key=True)
    came_up: Mapped[int]
    held: Mapped[int]
    broken: Mapped[int]
    waiting: Mapped[int]


def council_tables() -> list[str]:
    """Return the names of the tables whose rows belong to one council, in alphabetical order."""
    return sorted(name for name, table in Base.metadata.tables.items() if "council_id" in table.columns)
