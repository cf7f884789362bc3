"""Finding children: by name, date of birth or number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from engine.services import access
from engine.services.children.model import ChildRow, full_name
from engine.services.desk import Desk
from engine.services.matching import name_key
from engine.services.written import read_date
from engine.store.tables import CaseRecord, Child, ChildIdentifier


def search(desk: Desk, text: str, *, most: int = 50) -> tuple[ChildRow, ...]:
    """Find children by the beginning of a surname, by any name, date of birth or number.

    Restricted children are found only by those who may see them. A record that was merged into another leads to that.
    """
    told = text.strip()
    if not told:
        return ()
    wanted: list[sa.ColumnElement[bool]] = [
        Child.id.in_(sa.select(ChildIdentifier.child_id).where(ChildIdentifier.value == told))
    ]
    words = [key for word in told.split() if (key := name_key(word))]
    if words:
        wanted.append(sa.and_(*(_has_word(word) for word in words)))
    if (born := _as_date(told)) is not None:
        wanted.append(Child.birth_date == born)
    meant = sa.select(sa.func.coalesce(Child.merged_into, Child.id)).where(sa.or_(*wanted))
    found = desk.session.scalars(
        sa.select(Child)
        .where(Child.id.in_(meant), Child.merged_into.is_(None), *access.visible_children(desk))
        .order_by(Child.name_key, Child.id)
        .limit(most)
    ).all()
    return rows(desk, found)


def by_number(desk: Desk, child_id: int) -> tuple[ChildRow, ...]:
    """Find one child by the number of its record; nothing where the caller may not see who it is."""
    found = desk.session.scalars(
        sa.select(Child).where(Child.id == child_id, *access.visible_children(desk))
    ).all()
    return rows(desk, found)


def _has_word(word: str) -> sa.ColumnElement[bool]:
    return sa.or_(Child.name_key.like(f"{word}%"), Child.name_key.like(f"% {word}%"))


def _as_date(text: str) -> date | None:
    try:
        return read_date(text)
    except ValueError:
        return None


def rows(desk: Desk, found: Sequence[Child]) -> tuple[ChildRow, ...]:
    """Return children as a list shows them, in the order given."""
    ids = [child.id for child in found]
    numbers: dict[int, list[tuple[str, str]]] = {}
    for scheme, value, child in desk.session.execute(
        sa.select(ChildIdentifier.scheme, ChildIdentifier.value, ChildIdentifier.child_id)
        .where(ChildIdentifier.child_id.in_(ids))
        .order_by(ChildIdentifier.scheme, ChildIdentifier.value)
    ):
        numbers.setdefault(child, []).append((scheme, value))
    open_cases = dict(
        desk.session.execute(
            sa.select(CaseRecord.child_id, sa.func.max(CaseRecord.id))
            .where(CaseRecord.child_id.in_(ids), CaseRecord.status != "closed")
            .group_by(CaseRecord.child_id)
        ).all()
    )
    return tuple(
        ChildRow(
            child.id,
            full_name(child),
            child.birth_date,
            child.restricted,
            tuple(numbers.get(child.id, ())),
            open_cases.get(child.id),
        )
        for child in found
    )
