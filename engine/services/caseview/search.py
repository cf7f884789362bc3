"""Finding cases: by reference, and by the beginnings of a child's names."""

from __future__ import annotations

import sqlalchemy as sa

from engine.services import access
from engine.services.caseview.model import CaseRow
from engine.services.desk import Desk
from engine.services.rows import Page, at, at_or_none
from engine.services.tasks import named
from engine.store.tables import CaseRecord, Child

MOST_CHILDREN = 500
"""A search that fits more children than these shows the cases of so many: it has to be narrowed."""


def search(
    desk: Desk, text: str, *, status: str | None = None, page: int = 1, size: int = 25
) -> Page[CaseRow]:
    """Find cases by reference or by the beginnings of a child's names, open ones first, newest first.

    A restricted child's cases are found by reference alone. Voided ones stand in no list and are found by a search.
    """
    access.require(desk.caller, "see_case")
    wanted: list[sa.ColumnElement[bool]] = []
    if text.strip():
        children = sa.select(Child.id).where(*named(text), access.open_to(desk)).limit(MOST_CHILDREN)
        of_child = sa.select(CaseRecord.id).where(CaseRecord.child_id.in_(children.scalar_subquery()))
        by_number = sa.select(CaseRecord.id).where(CaseRecord.reference == text.strip().upper())
        wanted.append(CaseRecord.id.in_(sa.union(of_child, by_number)))
    if status is not None:
        wanted += [CaseRecord.status == status, CaseRecord.voided_at.is_(None)]
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(CaseRecord).where(*wanted)) or 0
    found = desk.session.execute(
        sa.select(CaseRecord, Child, access.open_to(desk).label("visible"))
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(*wanted)
        .order_by(CaseRecord.status == "closed", CaseRecord.id.desc())
        .limit(size)
        .offset((max(1, page) - 1) * size)
    )
    rows = tuple(_case_row(row.CaseRecord, row.Child, row.visible) for row in found)
    return Page(rows, total, max(1, page), size)


def _case_row(case: CaseRecord, child: Child | None, visible: bool) -> CaseRow:
    name = None
    if child is not None:
        name = f"{child.given_names} {child.surname}".strip() if visible else access.HIDDEN
    return CaseRow(
        id=case.id,
        reference=case.reference,
        status="voided" if case.voided_at is not None else case.status,
        child=name,
        child_id=child.id if child is not None and visible else None,
        opened=at(case.opened_at),
        closed=at_or_none(case.closed_at),
        next_due=at_or_none(case.next_due),
    )
