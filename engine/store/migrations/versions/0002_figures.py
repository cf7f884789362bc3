"""Figures: an index over the limits that were or may be missed, and the figures kept with a completed task."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

GUARDS = """
ALTER TABLE kept_figures ENABLE ROW LEVEL SECURITY;
ALTER TABLE kept_figures FORCE ROW LEVEL SECURITY;
CREATE POLICY own_council ON kept_figures USING (council_id = (SELECT current_council()));
"""


def upgrade() -> None:
    op.create_index(
        "ix_ledger_entry_missed",
        "ledger_entry",
        ["council_id", sa.literal_column("(GREATEST(due, raised))")],
        unique=False,
        postgresql_where=sa.text(
            "due IS NOT NULL AND (done IS NULL OR done > due) AND NOT external "
            "AND outcome <> ALL (ARRAY['withdrawn'::text, 'superseded'::text])"
        ),
    )
    op.create_table(
        "kept_figures",
        sa.Column("task_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_kept_figures_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_kept_figures_council_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_kept_figures")),
    )
    op.create_index("ix_kept_figures_case", "kept_figures", ["case_id"], unique=False)
    op.execute(GUARDS)
