"""Lists of one's own: saved filters, the day on which a task comes back, and what each person wants to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from engine.store.migrations.columns import council_column, guard

revision = "0005"
down_revision = "0004"

TABLES = ("saved_filter", "task_search", "sitting", "reminder_choice", "reminder", "calendar_feed")
FEED = """
-- Whose calendar a secret address shows: asked before a council is known, and only of accounts that are open.
CREATE POLICY owner_reads ON calendar_feed FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION calendar_feed_of(secret bytea) RETURNS TABLE (council text, account_id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT c.code, f.account_id FROM calendar_feed f
    JOIN account a ON a.id = f.account_id AND a.disabled_at IS NULL
    JOIN council c ON c.id = f.council_id
   WHERE f.secret_hash = calendar_feed_of.secret
$$;
"""


def upgrade() -> None:
    _tables()
    guard(TABLES)
    op.execute(FEED)
    op.add_column("task", sa.Column("follow_up", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("follow_up_by", sa.Integer(), nullable=True))
    op.add_column("task", sa.Column("follow_up_reason", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("fk_task_follow_up_by"), "task", "account", ["follow_up_by"], ["id"])
    op.create_index("ix_task_child", "task", ["child_id"], unique=False)
    op.create_index(
        "ix_child_identifier_lower", "child_identifier", ["council_id", sa.literal_column("lower(value)")]
    )
    op.add_column("notice", sa.Column("subject", sa.Text(), nullable=True))
    op.add_column("notice", sa.Column("body", sa.Text(), nullable=True))


def _tables() -> None:
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("saved_filter"),
        *_account("saved_filter"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wanted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
    )
    op.create_index(
        "uq_saved_filter_name", "saved_filter", ["account_id", sa.literal_column("lower(name)")], unique=True
    )
    op.create_index(
        "uq_saved_filter_default",
        "saved_filter",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "task_search",
        sa.Column("id", sa.Uuid(), nullable=False),
        *council_column("task_search"),
        *_account("task_search"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_search")),
    )
    op.create_index("ix_task_search_at", "task_search", ["at"], unique=False)
    op.create_table(
        "sitting",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("sitting"),
        *_account("sitting"),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("tasks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("left", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_sitting_child_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting")),
    )
    op.create_index("ix_sitting_account", "sitting", ["account_id"], unique=False)
    op.create_table(
        "reminder_choice",
        *_account("reminder_choice"),
        *council_column("reminder_choice"),
        sa.Column("digest_hour", sa.SmallInteger(), nullable=True),
        sa.Column("digest_days", postgresql.ARRAY(sa.SmallInteger()), server_default="{}", nullable=False),
        sa.Column("when_overdue", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("hours_before", sa.SmallInteger(), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_reminder_choice")),
    )
    op.create_table(
        "reminder",
        *_account("reminder"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        *council_column("reminder"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "kind", "occasion", name=op.f("pk_reminder")),
    )
    op.create_index("ix_reminder_at", "reminder", ["at"], unique=False)
    op.create_table(
        "calendar_feed",
        *_account("calendar_feed"),
        *council_column("calendar_feed"),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_calendar_feed_secret_hash")),
    )


def _account(table: str) -> list[sa.Column[int] | sa.ForeignKeyConstraint]:
    """Return the column that names whose row it is, with its foreign key."""
    return [
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f(f"fk_{table}_account_id")),
    ]
