"""Managers' notes of oversight, inspection packs, and the indexes that managers' figures are read by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.columns import council_column, guard

revision = "0012"
down_revision = "0011"

TABLES = ("oversight_note", "inspection_pack")
NOTES_STAY = """
CREATE FUNCTION oversight_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a note of oversight is never changed: write another one';
END $$;
CREATE TRIGGER oversight_stays BEFORE UPDATE OR DELETE ON oversight_note
  FOR EACH ROW EXECUTE FUNCTION oversight_stays();
"""
INTERVIEWS = "obligation IN ('hold_return_interview', 'offer_return_interview')"


def upgrade() -> None:
    op.create_table(
        "oversight_note",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("oversight_note"),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("considered", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("action_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_oversight_note_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_oversight_note_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oversight_note")),
    )
    op.create_index("ix_oversight_note_case", "oversight_note", ["case_id", "at"], unique=False)
    op.create_index("ix_oversight_note_review", "oversight_note", ["account_id", "review_on"], unique=False)
    op.create_table(
        "inspection_pack",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("inspection_pack"),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_inspection_pack_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_pack")),
    )
    op.create_index("ix_inspection_pack_case", "inspection_pack", ["case_id", "at"], unique=False)
    op.create_index("ix_episode_returned", "episode", ["council_id", "returned_at"], unique=False)
    op.create_index("ix_episode_reported", "episode", ["council_id", "reported_at"], unique=False)
    op.create_index(
        "ix_ledger_entry_interviews",
        "ledger_entry",
        ["case_id"],
        unique=False,
        postgresql_where=sa.text(INTERVIEWS),
    )
    guard(TABLES)
    op.execute(NOTES_STAY)
