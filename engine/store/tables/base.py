"""What every table shares: the declarative base, and the columns that most of them have."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


OWN_COUNCIL = sa.text("current_council()")
"""The transaction's council: what `council_id` is when a row names none."""


class Base(DeclarativeBase):
    """The declarative base; the web binds it with Flask-SQLAlchemy."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMES),
        type_annotation_map={
            datetime: sa.DateTime(timezone=True),
            str: sa.Text(),
            dict[str, Any]: JSONB(),
            list[Any]: JSONB(),
            list[str]: ARRAY(sa.Text()),
            list[int]: ARRAY(sa.SmallInteger()),
            bytes: sa.LargeBinary(),
        },
    )


def council_column(primary_key: bool = False) -> Any:
    """Return the column that names the row's council, which row-level security goes by."""
    return mapped_column(
        sa.SmallInteger,
        sa.ForeignKey("council.id"),
        primary_key=primary_key,
        autoincrement=False,
        server_default=OWN_COUNCIL,
    )


def identity() -> Any:
    """Return a primary key that the database counts."""
    return mapped_column(sa.Integer, sa.Identity(), primary_key=True)


def case_column(primary_key: bool = False, nullable: bool = False) -> Any:
    """Return a column that names a case."""
    return mapped_column(
        sa.Integer, sa.ForeignKey("case_record.id"), primary_key=primary_key, nullable=nullable
    )


def council_tables() -> list[str]:
    """Return the names of the tables whose rows belong to one council, in alphabetical order."""
    return sorted(name for name, table in Base.metadata.tables.items() if "council_id" in table.columns)
