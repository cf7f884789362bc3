"""The list of what was set right as a whole, for those who manage and for the data protection officer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from engine.pack.values import parse_moment
from engine.services import access
from engine.services.correcting.undoing import correction
from engine.services.desk import Desk
from engine.services.rows import Page, at, at_or_none, people
from engine.store.tables import CaseRecord, Child, Correction

_one, _other = aliased(Child), aliased(Child)


@dataclass(frozen=True)
class Reader:
    """Who read the record while it was wrong: how often, first and last."""

    name: str
    times: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class CorrectionRow:
    """A correction; names only where the caller may know them, else None. `rows` counts what went along, by table."""

    id: int
    kind: str
    at: datetime
    by: str
    reason: str
    case_id: int | None
    reference: str | None
    child_id: int | None
    child: str | None
    other_id: int | None
    other: str | None
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None
    rows: tuple[tuple[str, int], ...] = ()
    readers: tuple[Reader, ...] = ()


def listed(desk: Desk, page: int = 1, size: int = 25) -> Page[CorrectionRow]:
    """List corrections, newest first, and log the read. Raises NotAllowed."""
    access.require(desk.caller, "correct_records")
    access.log(desk, "corrections")
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(Correction)) or 0
    number = max(1, page)
    found = desk.session.execute(
        _select(desk)
        .order_by(Correction.at.desc(), Correction.id.desc())
        .limit(size)
        .offset((number - 1) * size)
    ).all()
    return Page(_rows(desk, found), total, number, size)


def one(desk: Desk, number: int) -> CorrectionRow:
    """Return a correction with what went along and who had read it, and log the read. Raises NotFound, NotAllowed."""
    access.require(desk.caller, "correct_records")
    found = correction(desk, number)
    access.log(desk, "correction", case_id=found.case_id, child_id=found.child_id)
    (row,) = _rows(desk, desk.session.execute(_select(desk).where(Correction.id == number)).all())
    return row


def of_case(desk: Desk, case_id: int) -> tuple[CorrectionRow, ...]:
    """Return the corrections of a case that stand, newest first, for a page that has checked and logged the read."""
    found = desk.session.execute(
        _select(desk)
        .where(Correction.case_id == case_id, Correction.undone_at.is_(None))
        .order_by(Correction.id.desc())
    ).all()
    return _rows(desk, found)


def of_child(desk: Desk, child_id: int) -> tuple[CorrectionRow, ...]:
    """Return the corrections of a child's record that stand, newest first, for a page that has logged the read."""
    found = desk.session.execute(
        _select(desk)
        .where(
            sa.or_(Correction.child_id == child_id, Correction.other_id == child_id),
            Correction.undone_at.is_(None),
        )
        .order_by(Correction.id.desc())
    ).all()
    return _rows(desk, found)


def _select(desk: Desk) -> Any:
    def visible(child: Any) -> Any:
        return sa.select(sa.exists().where(Child.id == child.id, access.open_to(desk))).scalar_subquery()

    return (
        sa.select(
            Correction,
            CaseRecord.reference,
            _one.given_names.label("given"),
            _one.surname.label("surname"),
            visible(_one).label("shows"),
            _other.given_names.label("other_given"),
            _other.surname.label("other_surname"),
            visible(_other).label("shows_other"),
        )
        .outerjoin(CaseRecord, CaseRecord.id == Correction.case_id)
        .outerjoin(_one, _one.id == Correction.child_id)
        .outerjoin(_other, _other.id == Correction.other_id)
        .execution_options(populate_existing=True)
    )


def _rows(desk: Desk, found: Any) -> tuple[CorrectionRow, ...]:
    accounts = {number for row in found for number in (row.Correction.account_id, row.Correction.undone_by)}
    names = people(desk.session, accounts)
    return tuple(_row(row, names) for row in found)


def _row(row: Any, names: dict[str, str]) -> CorrectionRow:
    made: Correction = row.Correction
    moved = made.detail.get("rows", {})
    return CorrectionRow(
        id=made.id,
        kind=made.kind,
        at=at(made.at),
        by=names.get(str(made.account_id), "system"),
        reason=made.reason,
        case_id=made.case_id,
        reference=row.reference,
        child_id=made.child_id if row.shows else None,
        child=_name(row.given, row.surname, row.shows),
        other_id=made.other_id if row.shows_other else None,
        other=_name(row.other_given, row.other_surname, row.shows_other),
        undone_at=at_or_none(made.undone_at),
        undone_by=names.get(str(made.undone_by), "system") if made.undone_at is not None else None,
        undone_reason=made.undone_reason,
        rows=tuple(sorted((place.partition(".")[0], len(keys)) for place, keys in moved.items())),
        readers=tuple(
            Reader(name, times, parse_moment(first), parse_moment(last))
            for name, times, first, last in made.detail.get("read_by", [])
        ),
    )


def _name(given: str | None, surname: str | None, visible: bool) -> str | None:
    if surname is None:
        return None
    return f"{given} {surname}".strip() if visible else access.HIDDEN
