"""The cases that a preview found, a page at a time: a restricted child's case is counted and never named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from engine.check.change.outcome import CaseDifference
from engine.services import access
from engine.services.desk import Desk
from engine.services.previewing.previews import one
from engine.services.tabular import write_csv
from engine.store.packed import unpack
from engine.store.tables import CaseRecord, Child, PreviewedCase

PAGE = 50
MOST = 20_000
"""Cases that one CSV file holds at most."""


@dataclass(frozen=True)
class FoundCase:
    """A case with its differences; `case_id` is None where the reader may not open it."""

    case_id: int | None
    reference: str
    differences: tuple[CaseDifference, ...]


@dataclass(frozen=True)
class FoundCases:
    """A page of cases: how many there are in all, how many of them are restricted and not among the rows."""

    rows: tuple[FoundCase, ...]
    all: int
    restricted: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-(self.all - self.restricted) // PAGE))


def cases(desk: Desk, preview: int, *, group: str = "", page: int = 1) -> FoundCases:
    """Return a page of a preview's cases, of one group where given, and log the read. Raises NotFound."""
    one(desk, preview)
    wanted = _wanted(preview, group)
    everything = (
        desk.session.scalar(sa.select(sa.func.count()).select_from(PreviewedCase).where(*wanted)) or 0
    )
    return FoundCases(
        rows=tuple(_rows(desk, preview, group, PAGE, (page - 1) * PAGE)),
        all=everything,
        restricted=everything - _readable(desk, wanted),
        page=page,
    )


def _wanted(preview: int, group: str) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = [PreviewedCase.preview_id == preview]
    if group:
        wanted.append(PreviewedCase.groups.contains([group]))
    return wanted


def _open(desk: Desk) -> sa.ColumnElement[bool]:
    return sa.or_(CaseRecord.child_id.is_(None), access.open_to(desk))


def _readable(desk: Desk, wanted: list[sa.ColumnElement[bool]]) -> int:
    found: int | None = desk.session.scalar(
        sa.select(sa.func.count())
        .select_from(PreviewedCase)
        .join(CaseRecord, CaseRecord.id == PreviewedCase.case_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(*wanted, _open(desk))
    )
    return found or 0


def _rows(desk: Desk, preview: int, group: str, most: int, skipped: int) -> Iterator[FoundCase]:
    may_open = access.may(desk.caller, "see_case")
    found = desk.session.execute(
        sa.select(PreviewedCase.case_id, PreviewedCase.differences, CaseRecord.reference)
        .join(CaseRecord, CaseRecord.id == PreviewedCase.case_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(*_wanted(preview, group), _open(desk))
        .order_by(PreviewedCase.case_id.desc())
        .limit(most)
        .offset(skipped)
    ).all()
    access.log_cases(desk, "preview", [row.case_id for row in found])
    for row in found:
        differences = tuple(CaseDifference.of_json(told) for told in unpack(row.differences))
        if group and any(one.group == group for one in differences):
            differences = tuple(one for one in differences if one.group == group)
        yield FoundCase(row.case_id if may_open else None, row.reference, differences)


def as_csv(desk: Desk, preview: int, say: Callable[[CaseDifference], str], *, group: str = "") -> str:
    """Return a preview's cases as CSV, a difference a line; `say` puts one into words. Raises NotFound."""
    one(desk, preview)
    rows = [
        (case.reference, say(difference), _plain(difference.before), _plain(difference.after))
        for case in _rows(desk, preview, group, MOST, 0)
        for difference in case.differences
    ]
    return write_csv(("Case", "Difference", "Before", "Under the draft"), rows)


def _plain(value: object) -> str:
    return "" if value is None else str(value)
