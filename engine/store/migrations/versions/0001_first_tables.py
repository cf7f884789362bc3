"""The first tables, with row-level security and the audit chain (guards_0001.sql)."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# The council that a transaction works for; set with SET LOCAL. Read once a statement by policies and defaults.
CURRENT_COUNCIL = """
CREATE FUNCTION current_council() RETURNS smallint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('homeward.council', true), '')::smallint $$
"""


def upgrade() -> None:
    op.execute(CURRENT_COUNCIL)
    op.create_table(
        "council",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short", sa.Text(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("history_from", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_council")),
        sa.UniqueConstraint("code", name=op.f("uq_council_code")),
        sa.UniqueConstraint("short", name=op.f("uq_council_short")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "job_queue_version",
        sa.Column("version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_job_queue_version")),
    )
    op.create_table(
        "access_log",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column(
            "council_id", sa.SmallInteger(), server_default=sa.text("current_council()"), nullable=False
        ),
        sa.Column("what", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_access_log_council_id")),
    )
    op.create_index("ix_access_log_at", "access_log", ["at"], unique=False, postgresql_using="brin")
    op.create_index("ix_access_log_case", "access_log", ["case_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_sign_in", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_account_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_account_issuer_subject")),
    )
    op.create_index("uq_account_name", "account", [sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "audit_event",
        sa.Column("chain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), server_default=sa.text("0"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_audit_event_council_id")),
        sa.PrimaryKeyConstraint("chain", "seq", name=op.f("pk_audit_event")),
    )
    op.create_table(
        "child",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("surname", sa.Text(), nullable=False),
        sa.Column("given_names", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("restricted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("restricted_reason", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_child_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child")),
    )
    op.create_index("ix_child_birth_date", "child", ["council_id", "birth_date"], unique=False)
    op.create_index(
        "ix_child_name_key",
        "child",
        ["council_id", "name_key"],
        unique=False,
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_contact_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("council_id", "recipient", name=op.f("uq_contact_council_id_recipient")),
    )
    op.create_table(
        "ended_task",
        sa.Column("task_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_ended_task_council_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_ended_task")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_idempotency_key_council_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "intake_file",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_intake_file_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_file")),
    )
    op.create_table(
        "pack_version",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_pack_version_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_version")),
        sa.UniqueConstraint("council_id", "hash", name=op.f("uq_pack_version_council_id_hash")),
    )
    op.create_table(
        "reference_counter",
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_reference_counter_council_id")),
        sa.PrimaryKeyConstraint("council_id", "year", name=op.f("pk_reference_counter")),
    )
    op.create_table(
        "account_role",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_role_account_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_account_role_council_id")),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("pk_account_role")),
    )
    op.create_table(
        "account_team",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_team_account_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_account_team_council_id")),
        sa.PrimaryKeyConstraint("account_id", "team", name=op.f("pk_account_team")),
    )
    op.create_table(
        "allocated_worker",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_allocated_worker_account_id")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_allocated_worker_child_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_allocated_worker_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocated_worker")),
    )
    op.create_index(op.f("ix_allocated_worker_child_id"), "allocated_worker", ["child_id"], unique=False)
    op.create_table(
        "case_record",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_case_record_child_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_case_record_council_id")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack_version.id"], name=op.f("fk_case_record_pack_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_record")),
    )
    op.create_index("ix_case_record_child", "case_record", ["child_id"], unique=False)
    op.create_index(
        "ix_case_record_open",
        "case_record",
        ["council_id", "next_due"],
        unique=False,
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_index(
        "ix_case_record_opened", "case_record", ["opened_at"], unique=False, postgresql_using="brin"
    )
    op.create_index("uq_case_record_reference", "case_record", ["council_id", "reference"], unique=True)
    op.create_table(
        "child_grant",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_child_grant_account_id")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_child_grant_child_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_child_grant_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child_grant")),
    )
    op.create_index("ix_child_grant_account", "child_grant", ["account_id", "child_id"], unique=False)
    op.create_table(
        "child_identifier",
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_child_identifier_child_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_child_identifier_council_id")),
        sa.PrimaryKeyConstraint("council_id", "scheme", "value", name=op.f("pk_child_identifier")),
    )
    op.create_index(op.f("ix_child_identifier_child_id"), "child_identifier", ["child_id"], unique=False)
    op.create_table(
        "legal_status",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("responsible_authority", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_legal_status_child_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_legal_status_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_status")),
    )
    op.create_index(op.f("ix_legal_status_child_id"), "legal_status", ["child_id"], unique=False)
    op.create_table(
        "placement",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_placement_child_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_placement_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement")),
    )
    op.create_index(op.f("ix_placement_child_id"), "placement", ["child_id"], unique=False)
    op.create_table(
        "case_link",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_case_link_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_case_link_council_id")),
        sa.ForeignKeyConstraint(["other_id"], ["case_record.id"], name=op.f("fk_case_link_other_id")),
        sa.PrimaryKeyConstraint("case_id", "other_id", name=op.f("pk_case_link")),
    )
    op.create_table(
        "case_state",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_case_state_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_case_state_council_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_state")),
    )
    op.create_table(
        "episode",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_reference", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_episode_case_id")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_episode_child_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_episode_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episode")),
        sa.UniqueConstraint("case_id", name=op.f("uq_episode_case_id")),
    )
    op.create_index("ix_episode_child", "episode", ["child_id", "reported_at"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=True),
        sa.Column("element", sa.Text(), nullable=True),
        sa.Column("expression", sa.Text(), nullable=True),
        sa.Column("fact", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("act", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_incident_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_incident_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_case", "incident", ["case_id"], unique=False)
    op.create_index(
        "ix_incident_open",
        "incident",
        ["council_id", "id"],
        unique=False,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "intake_row",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("candidates", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_intake_row_case_id")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_intake_row_child_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_intake_row_council_id")),
        sa.ForeignKeyConstraint(["file_id"], ["intake_file.id"], name=op.f("fk_intake_row_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_row")),
    )
    op.create_index(
        "ix_intake_row_case",
        "intake_row",
        ["case_id"],
        unique=False,
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_intake_row_file_id"), "intake_row", ["file_id"], unique=False)
    op.create_index("ix_intake_row_fingerprint", "intake_row", ["council_id", "fingerprint"], unique=False)
    op.create_index(
        "ix_intake_row_waiting",
        "intake_row",
        ["council_id", "id"],
        unique=False,
        postgresql_where=sa.text("outcome IN ('received', 'waiting', 'bad')"),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("whole_day", sa.Boolean(), nullable=False),
        sa.Column("raised", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trigger", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("target", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.DateTime(timezone=True), nullable=True),
        sa.Column("obligation", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("clauses", sa.Text(), nullable=False),
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("working", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_ledger_entry_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_ledger_entry_council_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_ledger_entry")),
    )
    op.create_index(
        "ix_ledger_entry_open",
        "ledger_entry",
        ["council_id", "due"],
        unique=False,
        postgresql_where=sa.text("outcome = 'open'"),
    )
    op.create_index(
        "ix_ledger_entry_raised", "ledger_entry", ["raised"], unique=False, postgresql_using="brin"
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=True),
        sa.Column("entries", postgresql.ARRAY(sa.SmallInteger()), server_default="{}", nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("provider_reference", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_notice_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_notice_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("council_id", "key", name=op.f("uq_notice_council_id_key")),
    )
    op.create_index("ix_notice_case", "notice", ["case_id"], unique=False)
    op.create_index(
        "ix_notice_waiting",
        "notice",
        ["council_id", "next_attempt"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'sending', 'held', 'failed')"),
    )
    op.create_table(
        "periodic_run",
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_periodic_run_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_periodic_run_council_id")),
        sa.PrimaryKeyConstraint("council_id", "process", "period_from", name=op.f("pk_periodic_run")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("core_id", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("detached", sa.Boolean(), nullable=False),
        sa.Column("whole_day", sa.Boolean(), nullable=False),
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("entries", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("obligations", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee", sa.Integer(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["assignee"], ["account.id"], name=op.f("fk_task_assignee")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_task_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_task_council_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("case_id", "core_id", name=op.f("uq_task_case_id_core_id")),
    )
    op.create_index(
        "ix_task_assignee",
        "task",
        ["assignee"],
        unique=False,
        postgresql_where=sa.text("assignee IS NOT NULL"),
    )
    op.create_index("ix_task_due", "task", ["council_id", "due", "id"], unique=False)
    op.create_index("ix_task_role", "task", ["council_id", "role", "due"], unique=False)
    op.create_table(
        "task_draft",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_task_draft_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_task_draft_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_task_draft_council_id")),
        sa.PrimaryKeyConstraint("task_id", "account_id", name=op.f("pk_task_draft")),
    )
    op.create_table(
        "timer",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("core_id", sa.Text(), nullable=False),
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_timer_case_id")),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f("fk_timer_council_id")),
        sa.PrimaryKeyConstraint("case_id", "core_id", name=op.f("pk_timer")),
    )
    op.create_index("ix_timer_due", "timer", [sa.literal_column("coalesce(held_until, due)")], unique=False)

    guards = (Path(__file__).parent / "guards_0001.sql").read_text()
    raw = op.get_bind().connection.driver_connection
    assert raw is not None
    raw.execute(guards)
