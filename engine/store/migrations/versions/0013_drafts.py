"""Drafts of the procedure, publications, previews, migrations of running cases; voided cases are found quickly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from engine.store.migrations.columns import council_column, guard

revision = "0013"
down_revision = "0012"

TABLES = (
    "draft",
    "draft_revision",
    "draft_file",
    "draft_comment",
    "draft_check",
    "draft_trial",
    "pack_beside",
    "publication",
    "preview",
    "previewed_case",
    "migration_plan",
    "planned_case",
)
STORED_ARE_PUBLISHED = """
INSERT INTO publication (council_id, pack_id, effective, at, name, note)
SELECT council_id, id, effective, stored_at, 'system', 'Stored before drafts' FROM pack_version
"""
"""Until now every version that was stored was in force from its day on."""


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("draft"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("base_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=True),
        sa.Column("forward_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forward_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["base_id"], ["pack_version.id"], name=op.f("fk_draft_base_id")),
        sa.ForeignKeyConstraint(["candidate_id"], ["pack_version.id"], name=op.f("fk_draft_candidate_id")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_draft_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_table(
        "draft_revision",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *council_column("draft_revision"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_draft_revision_account_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_revision_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "number", name=op.f("pk_draft_revision")),
    )
    op.create_table(
        "draft_file",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        *council_column("draft_file"),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["draft_id", "revision"],
            ["draft_revision.draft_id", "draft_revision.number"],
            name=op.f("fk_draft_file_draft_id_revision"),
        ),
        sa.PrimaryKeyConstraint("draft_id", "path", "revision", name=op.f("pk_draft_file")),
    )
    op.create_table(
        "draft_comment",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("draft_comment"),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("element", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_draft_comment_account_id")),
        sa.ForeignKeyConstraint(["answers"], ["draft_comment.id"], name=op.f("fk_draft_comment_answers")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_comment_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_comment")),
    )
    op.create_index("ix_draft_comment_draft_id", "draft_comment", ["draft_id"], unique=False)
    op.create_table(
        "draft_check",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        *council_column("draft_check"),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("percent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("says", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("summary", JSONB(), server_default="{}", nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_check_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_draft_check")),
    )
    op.create_table(
        "draft_trial",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        *council_column("draft_trial"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start", JSONB(), nullable=False),
        sa.Column("steps", JSONB(), nullable=False),
        sa.Column("seen", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_draft_trial_account_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_trial_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "account_id", name=op.f("pk_draft_trial")),
    )
    op.create_table(
        "pack_beside",
        sa.Column("pack_id", sa.Integer(), nullable=False),
        *council_column("pack_beside"),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pack_id"], ["pack_version.id"], name=op.f("fk_pack_beside_pack_id")),
        sa.PrimaryKeyConstraint("pack_id", name=op.f("pk_pack_beside")),
    )
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("publication"),
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("override", sa.Text(), nullable=True),
        sa.Column("lacked", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_publication_account_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_publication_draft_id")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack_version.id"], name=op.f("fk_publication_pack_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )
    op.create_index("ix_publication_pack_id", "publication", ["pack_id"], unique=False)
    op.create_table(
        "preview",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("preview"),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("percent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("says", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("summary", JSONB(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_preview_asked_by")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_preview_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preview")),
    )
    op.create_index("ix_preview_draft_id", "preview", ["draft_id"], unique=False)
    op.create_table(
        "previewed_case",
        sa.Column("preview_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        *council_column("previewed_case"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("groups", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("differences", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_previewed_case_case_id")),
        sa.ForeignKeyConstraint(["preview_id"], ["preview.id"], name=op.f("fk_previewed_case_preview_id")),
        sa.PrimaryKeyConstraint("preview_id", "case_id", name=op.f("pk_previewed_case")),
    )
    op.create_table(
        "migration_plan",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("migration_plan"),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("mapping", JSONB(), server_default="{}", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("percent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("says", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("summary", JSONB(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_migration_plan_made_by")),
        sa.ForeignKeyConstraint(["source_id"], ["pack_version.id"], name=op.f("fk_migration_plan_source_id")),
        sa.ForeignKeyConstraint(["target_id"], ["pack_version.id"], name=op.f("fk_migration_plan_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration_plan")),
    )
    op.create_table(
        "planned_case",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        *council_column("planned_case"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reasons", JSONB(), server_default="[]", nullable=False),
        sa.Column("act", sa.Integer(), nullable=True),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_planned_case_case_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["migration_plan.id"], name=op.f("fk_planned_case_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "case_id", name=op.f("pk_planned_case")),
    )
    op.create_index(
        "ix_case_record_voided",
        "case_record",
        ["id"],
        unique=False,
        postgresql_where=sa.text("voided_at IS NOT NULL"),
    )
    guard(TABLES)
    op.execute("ALTER TABLE publication NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE pack_version NO FORCE ROW LEVEL SECURITY")
    op.execute(STORED_ARE_PUBLISHED)
    op.execute("ALTER TABLE publication FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE pack_version FORCE ROW LEVEL SECURITY")
