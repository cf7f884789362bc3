"""Files that belong to a task, a case or a child."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.columns import council_column, guard

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "attachment_content",
        *council_column("attachment_content"),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("council_id", "hash", name=op.f("pk_attachment_content")),
    )
    # what is kept is compressed already
    op.execute("ALTER TABLE attachment_content ALTER COLUMN data SET STORAGE EXTERNAL")
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        *council_column("attachment"),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        sa.Column("removed_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(case_id IS NULL) <> (child_id IS NULL)", name=op.f("ck_attachment_belongs_to_one")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_attachment_case_id")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_attachment_child_id")),
        sa.ForeignKeyConstraint(["added_by"], ["account.id"], name=op.f("fk_attachment_added_by")),
        sa.ForeignKeyConstraint(["removed_by"], ["account.id"], name=op.f("fk_attachment_removed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    for column in ("case_id", "child_id"):
        op.create_index(
            f"ix_attachment_{column.removesuffix('_id')}",
            "attachment",
            [column],
            unique=False,
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_index(
        "ix_attachment_hash",
        "attachment",
        ["council_id", "hash"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    guard(("attachment_content", "attachment"))
