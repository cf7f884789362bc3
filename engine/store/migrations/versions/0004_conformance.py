"""Conformance of real cases: which were judged, what was found in them, and the clauses' figures by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

TABLES = ("examined_case", "case_breach", "clause_month")


def upgrade() -> None:
    op.create_table(
        "examined_case",
        sa.Column("case_id", sa.Integer(), nullable=False),
        _council(),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("differences", sa.SmallInteger(), nullable=False),
        sa.Column("tallies", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_examined_case_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_examined_case_council_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_examined_case")),
    )
    op.create_table(
        "case_breach",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        _council(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("clauses", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("check_id", sa.Text(), nullable=True),
        sa.Column("obligation", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry", sa.SmallInteger(), nullable=True),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("because", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_case_breach_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_case_breach_council_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_case_breach")),
    )
    op.create_index("ix_case_breach_at", "case_breach", ["council_id", "at"], unique=False)
    op.create_index(
        "ix_case_breach_clauses", "case_breach", ["clauses"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "clause_month",
        _council(),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("came_up", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_clause_month_council_id")),
        sa.PrimaryKeyConstraint("council_id", "month", "clause", name=op.f("pk_clause_month")),
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_council ON {table} USING (council_id = (SELECT current_council()))")


def _council() -> sa.Column[int]:
    return sa.Column(
        "council_id",
        sa.SmallInteger(),
        server_default=sa.text("current_council()"),
        autoincrement=False,
        nullable=False,
    )
