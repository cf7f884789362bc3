"""One timeline of everything: of a case, or of a child with all its cases.

Each kind of row says in SQL where it stands in time; the pages of the whole are cut by one statement, and only what
stands on a page is read. So a long history asks no more than a short one. Whoever keeps something else of a case or a
child adds a `Source`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.services.desk import Desk
from engine.services.rows import Page, at, people
from engine.services.timeline import others, rows
from engine.services.timeline.model import ACTIONS, KINDS, Case, Item, Read, Reading, Row, Scope
from engine.services.timeline.rows import Absence, Line, NoticeLine
from engine.store.packs import pack_of
from engine.store.tables import CaseRecord, PackVersion

__all__ = ["KINDS", "Absence", "Case", "Item", "Line", "NoticeLine", "kinds_of", "of_case", "of_child"]

SOURCES = (*rows.SOURCES, *others.SOURCES)
"""What stands on a timeline; of what happens at the same moment, the higher rank stands later."""


def of_case(
    desk: Desk, case_id: int, child_id: int | None, kinds: Collection[str], page: int = 1, size: int = 50
) -> Page[Item]:
    """Return a page of a case's timeline, newest first; `kinds` empty means all.

    For a page whose own service has checked and logged the read.
    """
    cases = _cases(desk, CaseRecord.id == case_id)
    return _page(desk, Scope((case_id,), child_id, False), cases, kinds, page, size)


def of_child(desk: Desk, child_id: int, kinds: Collection[str], page: int = 1, size: int = 50) -> Page[Item]:
    """Return a page of a child's timeline over all its cases, likewise."""
    cases = _cases(desk, CaseRecord.child_id == child_id)
    return _page(desk, Scope(tuple(cases), child_id, True), cases, kinds, page, size)


def kinds_of(scope_is_child: bool) -> Mapping[str, str]:
    """Return the kinds that a case's or a child's timeline can hold, with their labels."""
    scope = Scope((0,), 0, scope_is_child)
    held = {source.kind for source in SOURCES if source.select(scope) is not None}
    return {kind: label for kind, label in KINDS.items() if kind in held}


def _page(
    desk: Desk, scope: Scope, cases: Mapping[int, Case], kinds: Collection[str], page: int, size: int
) -> Page[Item]:
    parts = []
    for number, source in enumerate(SOURCES):
        if kinds and source.kind not in kinds:
            continue
        stands = source.select(scope)
        if stands is not None:
            there = stands.subquery()
            moment, first, second = there.c
            parts.append(
                sa.select(
                    moment.label("at"),
                    sa.literal(source.rank).label("rank"),
                    sa.literal(number).label("source"),
                    first.label("first"),
                    second.label("second"),
                )
            )
    number = max(1, page)
    if not parts:
        return Page((), 0, number, size)
    every = sa.union_all(*parts).subquery()
    found = desk.session.execute(
        sa.select(every, sa.func.count().over().label("total"))
        .order_by(every.c.at.desc(), every.c.rank.desc(), every.c.first.desc(), every.c.second.desc())
        .limit(size)
        .offset((number - 1) * size)
    ).all()
    return Page(_items(desk, cases, found), found[0].total if found else 0, number, size)


def _items(desk: Desk, cases: Mapping[int, Case], found: Sequence[Any]) -> tuple[Item, ...]:
    reading = Reading(desk, cases, set(), {})
    shared: dict[Read, list[Row]] = {}
    for row in found:  # sources that are read alike are read at once
        shared.setdefault(SOURCES[row.source].read, []).append(Row(row.at, row.first, row.second))
    pending = {read: read(reading, rows) for read, rows in shared.items()}
    reading.names = people(desk.session, reading.people)
    values = {read: finish() for read, finish in pending.items()}
    items = []
    for row in found:
        source = SOURCES[row.source]
        case, value = values[source.read][row.first, row.second]
        kind = _kind_of_act(value) if source.what.startswith("act") else source.kind
        items.append(
            Item(at(row.at), kind, source.what, reading.cases.get(case) if case is not None else None, value)
        )
    return tuple(items)


def _kind_of_act(value: Sequence[Any]) -> str:
    action = value[-1].kind if value else ""
    return next((kind for kind, actions in ACTIONS.items() if action in actions), "recorded")


def _cases(desk: Desk, wanted: sa.ColumnElement[bool]) -> dict[int, Case]:
    rows = desk.session.execute(
        sa.select(CaseRecord.id, CaseRecord.reference, CaseRecord.pack_id, PackVersion.hash)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(wanted)
    )
    return {row.id: Case(row.id, row.reference, pack_of(desk.session, row.pack_id, row.hash)) for row in rows}
