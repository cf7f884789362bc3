"""Cases: their state, ledger, open tasks and timers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, case_column, council_column, identity


class CaseRecord(Base):
    """A case. `facts` are the stored facts as they stand, by id, in the JSON of engine.pack.values.

    `acts` counts the acts done (the length of its audit chain); `updated_at` is the moment of the last one,
    and no act may lie before it. `status` is open, quarantined (an incident waits) or closed.
    """

    __tablename__ = "case_record"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
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
    voided_at: Mapped[datetime | None]
    """When it was found to have been opened in error. It is closed too, so that it counts as open nowhere."""
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
        sa.Index("ix_case_record_voided", "id", postgresql_where=sa.text("voided_at IS NOT NULL")),
    )


class CaseState(Base):
    """The core's state of a case, packed; `version` is the net under the row lock.

    A closed case keeps its small state, because what is learnt later may open it again.
    """

    __tablename__ = "case_state"
    case_id: Mapped[int] = case_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    version: Mapped[int]
    state: Mapped[bytes]


class CaseLink(Base):
    """Two cases that belong together: `kind` is missing_together or missing_again."""

    __tablename__ = "case_link"
    case_id: Mapped[int] = case_column(primary_key=True)
    other_id: Mapped[int] = case_column(primary_key=True)
    council_id: Mapped[int] = council_column()
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
    case_id: Mapped[int] = case_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    council_id: Mapped[int] = council_column()
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
            "ix_ledger_entry_interviews",
            "case_id",
            postgresql_where=sa.text("obligation IN ('hold_return_interview', 'offer_return_interview')"),
        ),
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
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int] = case_column()
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
    routed: Mapped[str | None]
    """Why the product gave it to its assignee by itself (as in TaskRouting); None where a person did."""
    meant_for: Mapped[int | None]
    """Whose it would be, if somebody else stands in for that person."""
    accepted_at: Mapped[datetime | None]
    """When the assignee said yes to a task that was routed: until then it opens no restricted record."""
    follow_up: Mapped[datetime | None]
    """Until when it is out of the list of `follow_up_by`, while that person has it and its limit is not near."""
    follow_up_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    follow_up_reason: Mapped[str | None]
    __table_args__ = (
        sa.UniqueConstraint("case_id", "core_id"),
        sa.Index("ix_task_child", "child_id"),
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
    council_id: Mapped[int] = council_column()


class KeptFigures(Base):
    """The figures that a task showed when it was completed, packed: a report stays as it was handed on."""

    __tablename__ = "kept_figures"
    task_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int] = case_column()
    kept_at: Mapped[datetime]
    figures: Mapped[bytes]
    __table_args__ = (sa.Index("ix_kept_figures_case", "case_id"),)


class TaskDraft(Base):
    """What a person has typed into a task's form so far; it outlives the task, so that nothing typed is lost."""

    __tablename__ = "task_draft"
    task_id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int] = case_column()
    saved_at: Mapped[datetime]
    answers: Mapped[dict[str, Any]]


class Timer(Base):
    """A timer that waits; gone when it has fired or was cancelled."""

    __tablename__ = "timer"
    case_id: Mapped[int] = case_column(primary_key=True)
    core_id: Mapped[str] = mapped_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    process: Mapped[str]
    element: Mapped[str]
    due: Mapped[datetime]
    held_until: Mapped[datetime | None]
    """Not before this moment: the case is quarantined and waits for its next try."""
    __table_args__ = (sa.Index("ix_timer_due", sa.text("coalesce(held_until, due)")),)
