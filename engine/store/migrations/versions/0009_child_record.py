"""What a practitioner needs to know of a child, and what was done about one: contacts, notes, orders, warnings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from engine.store.migrations.columns import council_column, guard

revision = "0009"
down_revision = "0008"

TABLES = ("child_entry", "child_link", "contact_attempt", "case_note", "covered_interview")
NOTES_STAY = """
CREATE FUNCTION case_note_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a note is never changed (%): a further note corrects it', tg_op USING errcode = '42501';
END $$;
CREATE TRIGGER case_note_kept BEFORE UPDATE OR DELETE ON case_note
  FOR EACH ROW EXECUTE FUNCTION case_note_refuse();
CREATE TRIGGER case_note_whole BEFORE TRUNCATE ON case_note
  FOR EACH STATEMENT EXECUTE FUNCTION case_note_refuse();
"""


def upgrade() -> None:
    op.create_table(
        "child_entry",
        _identity(),
        *council_column("child_entry"),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("more", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("replaces", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        _child("child_entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child_entry")),
    )
    op.create_index("ix_child_entry_child", "child_entry", ["child_id", "kind"], unique=False)
    op.create_table(
        "child_link",
        _identity(),
        *council_column("child_link"),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        _child("child_link"),
        sa.ForeignKeyConstraint(["other_id"], ["child.id"], name=op.f("fk_child_link_other_id")),
        sa.CheckConstraint("child_id <> other_id", name=op.f("ck_child_link_two_children")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child_link")),
    )
    op.create_index("ix_child_link_child_id", "child_link", ["child_id"], unique=False)
    op.create_index("ix_child_link_other_id", "child_link", ["other_id"], unique=False)
    op.create_index(
        "uq_child_link_standing",
        "child_link",
        [sa.text("(LEAST(child_id, other_id))"), sa.text("(GREATEST(child_id, other_id))"), "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "contact_attempt",
        _identity(),
        *council_column("contact_attempt"),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        _child("contact_attempt"),
        _case("contact_attempt"),
        sa.CheckConstraint("num_nonnulls(case_id, child_id) = 1", name=op.f("ck_contact_attempt_one_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_attempt")),
    )
    op.create_index("ix_contact_attempt_case", "contact_attempt", ["case_id", "at"], unique=False)
    op.create_index("ix_contact_attempt_child_id", "contact_attempt", ["child_id"], unique=False)
    op.create_table(
        "case_note",
        _identity(),
        *council_column("case_note"),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("corrects", sa.Integer(), nullable=True),
        _case("case_note"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    op.create_index("ix_case_note_case", "case_note", ["case_id", "at"], unique=False)
    op.create_table(
        "covered_interview",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("by_case_id", sa.Integer(), nullable=False),
        *council_column("covered_interview"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        _case("covered_interview"),
        sa.ForeignKeyConstraint(
            ["by_case_id"], ["case_record.id"], name=op.f("fk_covered_interview_by_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "by_case_id", name=op.f("pk_covered_interview")),
    )
    op.add_column("episode", sa.Column("left_from", sa.Text(), nullable=True))
    op.add_column("episode", sa.Column("found_at", sa.Text(), nullable=True))
    guard(TABLES)
    op.execute(NOTES_STAY)


def _identity() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False)


def _child(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f(f"fk_{table}_child_id"))


def _case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f(f"fk_{table}_case_id"))
