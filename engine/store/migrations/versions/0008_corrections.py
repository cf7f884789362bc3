"""Records that were moved, merged or voided, and how to undo that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from engine.store.migrations.columns import council_column, guard

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("case_record", sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("child", sa.Column("merged_into", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_child_merged_into"), "child", "child", ["merged_into"], ["id"])
    op.create_index(
        "ix_child_merged_into",
        "child",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("correction"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_correction_case_id")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_correction_child_id")),
        sa.ForeignKeyConstraint(["other_id"], ["child.id"], name=op.f("fk_correction_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index("ix_correction_at", "correction", ["council_id", "at"], unique=False)
    op.create_index("ix_correction_case", "correction", ["case_id"], unique=False)
    op.create_index("ix_correction_child", "correction", ["child_id"], unique=False)
    op.create_index("ix_correction_other", "correction", ["other_id"], unique=False)
    guard(["correction"])
