"""Who does the work: absences and deputies, rotas, and a dated directory of addresses."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.columns import council_column, guard

revision = "0006"
down_revision = "0005"

TABLES = (
    "out_of_office",
    "rota",
    "rota_shift",
    "rota_change",
    "summons",
    "task_routing",
    "transfer",
    "directory_entry",
)


def upgrade() -> None:
    _people()
    _rotas()
    _work()
    _directory()
    guard(TABLES)
    op.execute("CREATE POLICY owner_reads ON summons FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(DUE_SUMMONS)


DUE_SUMMONS = """
CREATE FUNCTION due_summons(moment timestamptz, most int) RETURNS TABLE (council text, summons_id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT c.code, s.id FROM summons s JOIN council c ON c.id = s.council_id
   WHERE s.outcome IS NULL AND s.answer_by <= moment ORDER BY s.answer_by LIMIT most
$$
"""


def _people() -> None:
    op.create_table(
        "out_of_office",
        _id(),
        *council_column("out_of_office"),
        _number("account_id"),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        _number("deputy_id", nullable=True),
        sa.Column("hand_over", sa.Boolean(), nullable=False),
        _moment("handed_over_at", nullable=True),
        _moment("entered_at"),
        _number("entered_by", nullable=True),
        _moment("ended_at", nullable=True),
        _number("ended_by", nullable=True),
        *_of("out_of_office", account_id="account", deputy_id="account"),
    )
    op.create_index(
        "ix_out_of_office_standing",
        "out_of_office",
        ["account_id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _rotas() -> None:
    op.create_table(
        "rota",
        _id(),
        *council_column("rota"),
        _text("role"),
        _text("team", server_default=""),
        _text("covers"),
        sa.Column("urgent_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("answer_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.UniqueConstraint("council_id", "role", "team", name=op.f("uq_rota_council_id_role_team")),
        *_of("rota"),
    )
    op.create_table(
        "rota_shift",
        _id(),
        *council_column("rota_shift"),
        _number("rota_id"),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        _number("account_id"),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        *_of("rota_shift", rota_id="rota", account_id="account"),
    )
    op.create_index("ix_rota_shift_rota_id", "rota_shift", ["rota_id"])
    op.create_table(
        "rota_change",
        _id(),
        *council_column("rota_change"),
        _number("rota_id"),
        _moment("begins"),
        _moment("ends"),
        _number("account_id", nullable=True),
        _number("instead_of", nullable=True),
        _text("reason"),
        _moment("entered_at"),
        _number("entered_by", nullable=True),
        _moment("withdrawn_at", nullable=True),
        *_of("rota_change", rota_id="rota", account_id="account", instead_of="account"),
    )
    op.create_index("ix_rota_change_rota_id", "rota_change", ["rota_id"])


def _work() -> None:
    op.create_table(
        "summons",
        _id(),
        *council_column("summons"),
        _number("task_id"),
        _number("case_id"),
        _number("rota_id"),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        _number("account_id"),
        _moment("called_at"),
        _moment("answer_by"),
        _text("outcome", nullable=True),
        _moment("ended_at", nullable=True),
        sa.UniqueConstraint("task_id", "step", name=op.f("uq_summons_task_id_step")),
        *_of("summons", case_id="case_record", rota_id="rota", account_id="account"),
    )
    op.create_index(
        "ix_summons_waiting", "summons", ["answer_by"], postgresql_where=sa.text("outcome IS NULL")
    )
    op.create_index("ix_summons_case", "summons", ["case_id"])
    op.create_table(
        "task_routing",
        _id(),
        *council_column("task_routing"),
        _number("task_id"),
        _number("case_id"),
        _moment("at"),
        _number("account_id", nullable=True),
        _number("meant_for", nullable=True),
        _text("because"),
        *_of("task_routing", case_id="case_record"),
    )
    op.create_index("ix_task_routing_case", "task_routing", ["case_id"])
    op.create_table(
        "transfer",
        _id(),
        *council_column("transfer"),
        _number("child_id"),
        _text("from_team"),
        _text("to_team"),
        _moment("since"),
        _text("reason"),
        _moment("entered_at"),
        _number("entered_by", nullable=True),
        _moment("ended_at", nullable=True),
        _number("ended_by", nullable=True),
        _text("end_reason", nullable=True),
        *_of("transfer", child_id="child"),
    )
    op.create_index(
        "uq_transfer_standing",
        "transfer",
        ["child_id", "from_team"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_transfer_child", "transfer", ["child_id"])
    op.add_column("task", _number("meant_for", nullable=True))
    op.add_column("task", _text("routed", nullable=True))
    op.add_column("task", _moment("accepted_at", nullable=True))


def _directory() -> None:
    op.create_table(
        "directory_entry",
        _id(),
        *council_column("directory_entry"),
        _text("recipient"),
        _text("team", server_default=""),
        _text("area", server_default=""),
        _text("channel", server_default="email"),
        _text("address"),
        _text("deputy_address", nullable=True),
        _text("note", nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        _moment("entered_at"),
        _number("entered_by", nullable=True),
        _moment("bounced_at", nullable=True),
        _text("bounced_why", nullable=True),
        _moment("deputy_bounced_at", nullable=True),
        *_of("directory_entry"),
    )
    op.create_index("ix_directory_entry_recipient", "directory_entry", ["council_id", "recipient"])
    # the owner of a table is held to its guard too, and belongs to no council
    op.execute("ALTER TABLE contact NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO directory_entry (council_id, recipient, channel, address, since, entered_at) "
        "SELECT council_id, recipient, channel, address, date '2000-01-01', now() FROM contact"
    )
    op.drop_table("contact")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False)


def _number(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _text(name: str, nullable: bool = False, server_default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable, server_default=server_default)


def _moment(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of(table: str, **columns: str) -> list[Any]:
    """Return the primary key of a table and the foreign keys of its columns, by the table each leads to."""
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, other in columns.items()
        ),
    ]
