"""Who is away now, which episodes have no return on record though they should, and who goes missing again and again.

An episode without a return whose case is open is a child who is away. One whose case is closed, or that was only loaded,
is a gap in the records: nobody can say from them that the child is back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import Desk
from engine.services.rows import at
from engine.services.written import age_on
from engine.store.packs import in_force
from engine.store.tables import CaseRecord, Child, Episode

MOST = 500
"""So many are listed; a council with more of them is told that there are more."""
USUAL_WINDOWS = (90, 365)
AGAIN = 2
"""From so many episodes within the longest window on a child is listed."""


@dataclass(frozen=True, slots=True)
class Away:
    """A child who is not known to be back. Facts are JSON, None where not known; `child` as the caller may know it."""

    case_id: int | None
    reference: str | None
    child_id: int | None
    child: str
    age: int | None
    category: str
    since: datetime
    risk: str | None
    legal_status: str | None
    placement: str | None
    area: str | None
    authority: str | None
    case_open: bool


@dataclass(frozen=True, slots=True)
class Again:
    """A child who went missing more than once: episodes in each window, in days."""

    child_id: int | None
    child: str
    counts: tuple[int, ...]
    last: datetime
    last_case: int | None
    last_reference: str | None
    away: bool


@dataclass(frozen=True, slots=True)
class Unreturned:
    """`away` by how long, longest first; `gaps` too; `again` by the shortest window, most first.

    `windows` are in days; `of_procedure` those that the council's procedure counts in. `more` says that lists were cut.
    """

    as_at: datetime
    away: tuple[Away, ...]
    gaps: tuple[Away, ...]
    windows: tuple[int, ...]
    of_procedure: tuple[int, ...]
    again: tuple[Again, ...]
    more: bool


def read(desk: Desk) -> Unreturned:
    """Read who is away and who was away repeatedly, and log the read. Raises NoPack."""
    access.require(desk.caller, "oversee")
    now = desk.now()
    _, pack = in_force(desk.session, local(now).date())
    access.log(desk, "figures")
    rows = _without_return(desk)
    own = windows_of(pack)
    windows = tuple(sorted({*own, *USUAL_WINDOWS}))
    again = _again(desk, now, windows)
    return Unreturned(
        local(now),
        tuple(row for row in rows if row.case_open),
        tuple(row for row in rows if not row.case_open),
        windows,
        own,
        again,
        len(rows) >= MOST or len(again) >= MOST,
    )


_WINDOW = re.compile(r"episode\.count_(\d+)_days")


def windows_of(pack: Pack) -> tuple[int, ...]:
    """Return the windows, in days, in which a procedure counts a child's reports."""
    return tuple(sorted(int(found.group(1)) for name in pack.derived if (found := _WINDOW.fullmatch(name))))


def _without_return(desk: Desk) -> list[Away]:
    facts: Any = CaseRecord.facts

    def told(fact: str) -> Any:
        return sa.func.coalesce(facts[fact].astext, Episode.facts[fact].astext)

    found = desk.session.execute(
        sa.select(
            Episode.case_id,
            CaseRecord.reference,
            CaseRecord.status,
            Episode.child_id,
            Child.given_names,
            Child.surname,
            Child.birth_date,
            access.open_to(desk).label("visible"),
            Episode.category,
            Episode.reported_at,
            told("risk.level").label("risk"),
            told("child.legal_status").label("legal_status"),
            told("placement.type").label("placement"),
            told("placement.area").label("area"),
            told("child.responsible_authority").label("authority"),
        )
        .join(Child, Child.id == Episode.child_id)
        .outerjoin(CaseRecord, CaseRecord.id == Episode.case_id)
        .where(Episode.returned_at.is_(None), CaseRecord.voided_at.is_(None))
        .order_by(Episode.reported_at, Episode.id)
        .limit(MOST)
    )
    return [_away(row, desk.now()) for row in found]


def _away(row: Any, now: datetime) -> Away:
    visible = row.visible
    born: date | None = row.birth_date if visible else None
    return Away(
        case_id=row.case_id,
        reference=row.reference,
        child_id=row.child_id if visible else None,
        child=f"{row.given_names} {row.surname}".strip() if visible else access.HIDDEN,
        age=None if born is None else age_on(born, local(now).date()),
        category=row.category,
        since=at(row.reported_at),
        risk=row.risk,
        legal_status=row.legal_status,
        placement=row.placement,
        area=row.area,
        authority=row.authority,
        case_open=row.status is not None and row.status != "closed",
    )


def _again(desk: Desk, now: datetime, windows: tuple[int, ...]) -> tuple[Again, ...]:
    """Return the children with several episodes: each window reaches back so many times 24 hours from now."""
    counted = [
        sa.func.count().filter(Episode.reported_at > now - timedelta(days=days)).label(f"w{days}")
        for days in windows
    ]
    latest = sa.func.max(Episode.reported_at)
    grouped = (
        sa.select(
            Episode.child_id,
            *counted,
            latest.label("latest"),
            sa.func.bool_or(Episode.returned_at.is_(None)).label("away"),
        )
        .outerjoin(CaseRecord, CaseRecord.id == Episode.case_id)
        .where(Episode.reported_at > now - timedelta(days=windows[-1]), CaseRecord.voided_at.is_(None))
        .group_by(Episode.child_id)
        .having(sa.func.count() >= AGAIN)
        .order_by(*(sa.desc(f"w{days}") for days in windows), latest.desc())
        .limit(MOST)
        .subquery()
    )
    last = sa.orm.aliased(CaseRecord)
    last_episode = sa.orm.aliased(Episode)
    found = desk.session.execute(
        sa.select(
            grouped,
            Child.given_names,
            Child.surname,
            access.open_to(desk).label("visible"),
            last.id.label("case_id"),
            last.reference,
        )
        .join(Child, Child.id == grouped.c.child_id)
        .outerjoin(
            last_episode,
            sa.and_(
                last_episode.child_id == grouped.c.child_id,
                last_episode.reported_at == grouped.c.latest,
            ),
        )
        .outerjoin(last, last.id == last_episode.case_id)
        .order_by(
            *(grouped.c[f"w{days}"].desc() for days in windows), grouped.c.latest.desc(), grouped.c.child_id
        )
    ).mappings()
    rows: dict[int, Again] = {}
    for row in found:
        rows.setdefault(row["child_id"], _repeated(row, windows))
    return tuple(rows.values())


def _repeated(row: Mapping[Any, Any], windows: tuple[int, ...]) -> Again:
    visible = row["visible"]
    return Again(
        child_id=row["child_id"] if visible else None,
        child=f"{row['given_names']} {row['surname']}".strip() if visible else access.HIDDEN,
        counts=tuple(row[f"w{days}"] for days in windows),
        last=at(row["latest"]),
        last_case=row["case_id"],
        last_reference=row["reference"],
        away=row["away"],
    )
