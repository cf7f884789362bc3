"""Meetings: who is invited, what is decided, who does what by when."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from engine.store.migrations.columns import council_column, guard

revision = "0010"
down_revision = "0009"

TABLES = ("meeting", "meeting_invitee", "meeting_item", "meeting_case", "agreed_action")


def upgrade() -> None:
    op.create_table(
        "meeting",
        _id(),
        *council_column("meeting"),
        sa.Column("case_id", sa.Integer(), nullable=False),
        _text("kind"),
        _text("label"),
        _text("state", "planned"),
        _moment("starts_at", nullable=False),
        _text("place"),
        _text("online", ""),
        _account("chair_id"),
        _text("chair"),
        _text("purpose", ""),
        _moment("created_at", nullable=False),
        _account("created_by"),
        _moment("held_at"),
        _text("ended_reason", nullable=True),
        _text("minutes", ""),
        _moment("minutes_due"),
        _moment("approved_at"),
        _account("approved_by"),
        _moment("sent_at"),
        _account("sent_by"),
        _text("sent_how", nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _points("meeting", "case_id", "case_record"),
        _points("meeting", "chair_id", "account"),
        _points("meeting", "created_by", "account"),
        _points("meeting", "approved_by", "account"),
        _points("meeting", "sent_by", "account"),
        _key("meeting", "id"),
    )
    op.create_index("ix_meeting_case", "meeting", ["case_id"])
    op.create_index("ix_meeting_starts", "meeting", ["council_id", "starts_at"])
    op.create_index(
        "ix_meeting_minutes",
        "meeting",
        ["council_id", "minutes_due"],
        postgresql_where=sa.text("state = 'held' AND sent_at IS NULL"),
    )
    op.create_table(
        "meeting_invitee",
        _id(),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        *council_column("meeting_invitee"),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        _text("key", nullable=True),
        _text("role", nullable=True),
        _text("label"),
        _account("account_id"),
        _text("email", nullable=True),
        _text("force"),
        sa.Column("needed", sa.Boolean(), nullable=False),
        _texts("clauses"),
        _moment("invited_at"),
        _text("attendance", nullable=True),
        _text("left_out", nullable=True),
        _points("meeting_invitee", "meeting_id", "meeting"),
        _points("meeting_invitee", "account_id", "account"),
        _key("meeting_invitee", "id"),
    )
    op.create_index(op.f("ix_meeting_invitee_meeting_id"), "meeting_invitee", ["meeting_id"])
    op.create_table(
        "meeting_item",
        _id(),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        *council_column("meeting_item"),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        _text("key", nullable=True),
        _text("title"),
        _text("force"),
        _texts("clauses"),
        _text("left_out", nullable=True),
        _text("discussion", ""),
        _text("decision", ""),
        _points("meeting_item", "meeting_id", "meeting"),
        _key("meeting_item", "id"),
    )
    op.create_index(op.f("ix_meeting_item_meeting_id"), "meeting_item", ["meeting_id"])
    op.create_table(
        "meeting_case",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        *council_column("meeting_case"),
        _text("reason"),
        _text("discussion", ""),
        _text("decision", ""),
        _points("meeting_case", "meeting_id", "meeting"),
        _points("meeting_case", "case_id", "case_record"),
        _key("meeting_case", "meeting_id", "case_id"),
    )
    op.create_index("ix_meeting_case_case", "meeting_case", ["case_id"])
    op.create_table(
        "agreed_action",
        _id(),
        *council_column("agreed_action"),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        _text("what"),
        _text("why", ""),
        _text("owner"),
        _moment("due"),
        _moment("created_at", nullable=False),
        _account("created_by"),
        _text("state", "open"),
        _moment("ended_at"),
        _account("ended_by"),
        _text("note", ""),
        _points("agreed_action", "case_id", "case_record"),
        _points("agreed_action", "meeting_id", "meeting"),
        _points("agreed_action", "created_by", "account"),
        _points("agreed_action", "ended_by", "account"),
        _key("agreed_action", "id"),
    )
    op.create_index("ix_agreed_action_case", "agreed_action", ["case_id"])
    op.create_index("ix_agreed_action_meeting", "agreed_action", ["meeting_id"])
    op.create_index("ix_agreed_action_task", "agreed_action", ["task_id"])
    guard(TABLES)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), sa.Identity(), nullable=False)


def _text(name: str, default: str | None = None, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=nullable)


def _texts(name: str) -> sa.Column[Any]:
    return sa.Column(name, postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _account(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=True)


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))
