"""Quality assurance: verifications of a version, sign-offs, decisions on readings, and audits of case files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

TABLES = (
    "verification",
    "sign_off",
    "reading_decision",
    "case_audit",
    "audited_case",
    "audit_grade",
    "audit_point",
)


def upgrade() -> None:
    op.create_table(
        "case_audit",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("clauses", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("fitted", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("conclusion", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name=op.f("fk_case_audit_closed_by")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_case_audit_council_id")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_case_audit_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_audit")),
    )
    op.create_table(
        "reading_decision",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_reading_decision_account_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_reading_decision_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_decision")),
    )
    op.create_index("ix_reading_decision_clause", "reading_decision", ["council_id", "clause"], unique=False)
    op.create_table(
        "verification",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("percent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("says", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_verification_council_id")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack_version.id"], name=op.f("fk_verification_pack_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    op.create_index("ix_verification_pack", "verification", ["pack_id", "kind", "id"], unique=False)
    op.create_table(
        "audit_point",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["account.id"], name=op.f("fk_audit_point_added_by")),
        sa.ForeignKeyConstraint(["audit_id"], ["case_audit.id"], name=op.f("fk_audit_point_audit_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_audit_point_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_audit_point_council_id")),
        sa.ForeignKeyConstraint(["done_by"], ["account.id"], name=op.f("fk_audit_point_done_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_point")),
    )
    op.create_index(op.f("ix_audit_point_audit_id"), "audit_point", ["audit_id"], unique=False)
    op.create_table(
        "audited_case",
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["case_audit.id"], name=op.f("fk_audited_case_audit_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_audited_case_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_audited_case_council_id")),
        sa.PrimaryKeyConstraint("audit_id", "case_id", name=op.f("pk_audited_case")),
    )
    op.create_table(
        "sign_off",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.Column("verification_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_off_account_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_sign_off_council_id")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack_version.id"], name=op.f("fk_sign_off_pack_id")),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verification.id"], name=op.f("fk_sign_off_verification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off")),
    )
    op.create_index(op.f("ix_sign_off_pack_id"), "sign_off", ["pack_id"], unique=False)
    op.create_table(
        "audit_grade",
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("finding", sa.Text(), server_default="", nullable=False),
        sa.Column("graded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("graded_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["audit_id", "case_id"],
            ["audited_case.audit_id", "audited_case.case_id"],
            name=op.f("fk_audit_grade_audit_id_case_id"),
        ),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_audit_grade_council_id")),
        sa.ForeignKeyConstraint(["graded_by"], ["account.id"], name=op.f("fk_audit_grade_graded_by")),
        sa.PrimaryKeyConstraint("audit_id", "case_id", "clause", name=op.f("pk_audit_grade")),
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_council ON {table} USING (council_id = (SELECT current_council()))")
