"""What migrations have in common: the column of a row's council, and the guard that goes with it."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op


def council_column(table: str) -> list[sa.Column[int] | sa.ForeignKeyConstraint]:
    """Return the column that names a row's council, with its foreign key."""
    return [
        sa.Column(
            "council_id",
            sa.SmallInteger(),
            server_default=sa.text("current_council()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["council_id"], ["council.id"], name=op.f(f"fk_{table}_council_id")),
    ]


def guard(tables: Iterable[str]) -> None:
    """Show the rows of tables to their own council alone."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_council ON {table} USING (council_id = (SELECT current_council()))")
