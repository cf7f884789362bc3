"""Rows that go from one child's record to another's, in whatever table they stand, and back again.

The tables are found by their columns, so that what is kept with a child in a table of tomorrow goes along too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.services.desk import Desk
from engine.store.tables import Base, Child

STAY = frozenset({"access_log", "audit_event", "correction", "child", "case_record"})
"""What was read and done stays where it was; cases are moved by name."""
Moved = dict[str, list[list[Any]]]
"""The keys of the rows that were moved, by table and column: `table.column`."""


def of_case(desk: Desk, case_id: int, child: int, other: int) -> Moved:
    """Move the rows of one case from a child to another; return which."""
    return _move(desk, child, other, case_id=case_id)


def of_child(desk: Desk, child: int, other: int) -> Moved:
    """Move every row of a child to another record, its cases too; return which."""
    moved = _move(desk, child, other)
    cases = _turn(desk, Base.metadata.tables["case_record"], "child_id", child, other)
    return {**moved, "case_record.child_id": cases} if cases else moved


def back(desk: Desk, moved: Mapping[str, Sequence[Sequence[Any]]], child: int, other: int) -> int:
    """Move rows back from `other` to `child`, as far as they still stand there; return how many do not."""
    gone = 0
    for place, keys in moved.items():
        name, column = place.rsplit(".", 1)
        table = Base.metadata.tables.get(name)
        if table is None or not keys:
            continue
        done = _turn(desk, table, column, other, child, only=keys)
        gone += len(keys) - len(done)
    return gone


def _move(desk: Desk, child: int, other: int, case_id: int | None = None) -> Moved:
    moved: Moved = {}
    for table, column in _places():
        if table.name in STAY:
            continue
        if case_id is not None and "case_id" not in table.columns:
            continue
        done = _turn(desk, table, column, child, other, case_id=case_id)
        if done:
            moved[f"{table.name}.{column}"] = done
    return moved


def _places() -> list[tuple[sa.Table, str]]:
    """Return every column that names a child, with its table."""
    found = []
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            named = column.name == "child_id" or any(
                key.column.table.name == Child.__tablename__ for key in column.foreign_keys
            )
            if named and not column.primary_key:
                found.append((table, column.name))
    return found


def _turn(
    desk: Desk,
    table: sa.Table,
    column: str,
    child: int,
    other: int,
    *,
    case_id: int | None = None,
    only: Sequence[Sequence[Any]] | None = None,
) -> list[list[Any]]:
    """Let a column of rows name another child; return the rows' keys. Rows that the table refuses stay."""
    key = list(table.primary_key.columns)
    where = [table.c[column] == child]
    if case_id is not None:
        where.append(table.c.case_id == case_id)
    if only is not None:
        where.append(
            sa.tuple_(*(sa.cast(part, sa.Text) for part in key)).in_([tuple(map(str, k)) for k in only])
        )
    statement = sa.update(table).where(*where).values({column: other}).returning(*key)
    try:
        with desk.session.begin_nested():
            return [[_plain(value) for value in row] for row in desk.session.execute(statement)]
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in REFUSED:
            raise
    return _one_by_one(desk, table, column, other, key, where)


REFUSED = frozenset({"23505", "23514", "42501"})
"""A row of the same kind is there already; a rule of the table forbids it; the table is never changed."""


def _one_by_one(
    desk: Desk, table: sa.Table, column: str, other: int, key: list[Any], where: list[Any]
) -> list[list[Any]]:
    done = []
    for row in desk.session.execute(sa.select(*key).where(*where)).all():
        one = sa.and_(*(part == value for part, value in zip(key, row, strict=True)))
        try:
            with desk.session.begin_nested():
                desk.session.execute(sa.update(table).where(one).values({column: other}))
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in REFUSED:
                raise
            continue
        done.append([_plain(value) for value in row])
    return done


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)
