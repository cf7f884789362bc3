"""Links by which somebody outside the council answers one request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from engine.store.migrations.columns import council_column, guard

revision = "0011"
down_revision = "0010"

LIVE = "state IN ('open', 'received')"


def upgrade() -> None:
    op.create_table(
        "outside_request",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        *council_column("outside_request"),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entry", sa.SmallInteger(), nullable=True),
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("wrong_codes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("draft", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("draft_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("teller", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_key", sa.Uuid(), nullable=True),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_outside_request_case_id")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_outside_request_created_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_outside_request_decided_by")),
        sa.ForeignKeyConstraint(["follows"], ["outside_request.id"], name=op.f("fk_outside_request_follows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_request")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_outside_request_case_id_number")),
    )
    op.create_index(
        "ix_outside_request_live",
        "outside_request",
        ["council_id", "state", "id"],
        postgresql_where=sa.text(LIVE),
    )
    op.create_index(
        "ix_outside_request_asker", "outside_request", ["created_by"], postgresql_where=sa.text(LIVE)
    )
    op.create_table(
        "outside_token",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        *council_column("outside_token"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["outside_request.id"], name=op.f("fk_outside_token_request_id")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_outside_token")),
    )
    op.create_index(op.f("ix_outside_token_request_id"), "outside_token", ["request_id"])
    op.create_table(
        "outside_try",
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("who", "since", name=op.f("pk_outside_try")),
    )
    op.add_column("notice", sa.Column("outside_request_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_notice_outside_request_id"), "notice", "outside_request", ["outside_request_id"], ["id"]
    )
    guard(("outside_request", "outside_token"))
    op.execute("CREATE POLICY owner_reads ON outside_token FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(OPENED)


OPENED = """
-- Whose link a digest belongs to, asked before a council is known; the tries from the address are counted with it.
-- `allowed` is false where too many wrong links, or too many at all, came from there in these ten minutes.
CREATE FUNCTION outside_opened(token bytea, address text, moment timestamptz, most_wrong int, most int)
RETURNS TABLE (council text, request_id int, digest bytea, allowed boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  bucket timestamptz := to_timestamp(floor(extract(epoch FROM moment) / 600) * 600);
  known record;
  wrong int;
  every int;
BEGIN
  SELECT c.code, t.request_id, t.digest INTO known
    FROM outside_token t JOIN council c ON c.id = t.council_id WHERE t.digest = token;
  INSERT INTO outside_try AS o (who, since, tries) VALUES ('wrong ' || address, bucket, (NOT FOUND)::int)
    ON CONFLICT (who, since) DO UPDATE SET tries = o.tries + excluded.tries RETURNING tries INTO wrong;
  INSERT INTO outside_try AS o (who, since, tries) VALUES ('every ' || address, bucket, 1)
    ON CONFLICT (who, since) DO UPDATE SET tries = o.tries + excluded.tries RETURNING tries INTO every;
  RETURN QUERY SELECT known.code, known.request_id, known.digest, wrong <= most_wrong AND every <= most;
END $$;
"""
