"""Lists of children for the meetings that look at several: who is on each by the procedure's rule, with what is needed.

The rule is the pack's (`children` of a meeting in meetings.yaml): cases in which a duty arose that puts them on the
list, and where the procedure says so every child who is missing. The meeting itself is convened elsewhere; this is its
paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.pack.meetings import MeetingKind
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import Desk
from engine.services.managing.period import Span
from engine.services.rows import at, at_or_none
from engine.services.written import age_on
from engine.store.packs import in_force
from engine.store.tables import AllocatedWorker, CaseRecord, Child, Episode, LedgerEntry

MOST = 300
FACTS = (
    "child.legal_status",
    "child.responsible_authority",
    "placement.type",
    "placement.area",
    "risk.level",
    "exploitation.concern",
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A child on a list; nothing but the reference and why where the caller may not know who it is about.

    `episodes` are those of the last 90 days. `facts` are JSON by id. `interview` is the state of the latest return
    interview that became due, None where there was none.
    """

    case_id: int
    reference: str
    child_id: int | None
    child: str
    age: int | None
    reasons: tuple[tuple[str, tuple[str, ...]], ...]
    category: str | None
    reported: datetime | None
    returned: datetime | None
    episodes: int
    interview: str | None
    worker: str | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MeetingList:
    """The list of one kind of meeting."""

    kind: str
    label: str
    clauses: tuple[str, ...]
    says: str
    rows: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of every kind of meeting that looks at several children."""

    as_at: datetime
    period: Span
    lists: tuple[MeetingList, ...]


def read(desk: Desk, period: Span) -> Lists:
    """Read the lists: cases put on them in the period or with that duty still open, and log the read. Raises NoPack."""
    access.require(desk.caller, "oversee")
    now = desk.now()
    _, pack = in_force(desk.session, local(now).date())
    access.log(desk, "lists")
    kinds = [kind for kind in pack.meetings.values() if kind.flagged or kind.missing]
    return Lists(local(now), period, tuple(_list(desk, kind, pack, period) for kind in kinds))


def _list(desk: Desk, kind: MeetingKind, pack: Pack, period: Span) -> MeetingList:
    reasons: dict[int, list[tuple[str, tuple[str, ...]]]] = {}
    for row in _flagged(desk, kind, period):
        meaning = pack.vocabulary.obligations[row.obligation].meaning
        reason = (meaning, tuple(row.clauses.split()))
        if reason not in reasons.setdefault(row.case_id, []):
            reasons[row.case_id].append(reason)
    if kind.missing:
        for case in desk.session.scalars(
            sa.select(Episode.case_id)
            .join(CaseRecord, CaseRecord.id == Episode.case_id)
            .where(
                Episode.returned_at.is_(None), CaseRecord.status != "closed", CaseRecord.voided_at.is_(None)
            )
            .order_by(Episode.reported_at)
            .limit(MOST)
        ):
            reasons.setdefault(case or 0, []).append(("Missing now", ()))
    said = [pack.vocabulary.obligations[name].meaning for name in kind.flagged]
    said += ["Every child who is missing"] if kind.missing else []
    return MeetingList(kind.id, kind.label, kind.clauses, "; ".join(said), _rows(desk, reasons))


def _flagged(desk: Desk, kind: MeetingKind, period: Span) -> Sequence[Any]:
    if not kind.flagged:
        return ()
    return desk.session.execute(
        sa.select(LedgerEntry.case_id, LedgerEntry.obligation, LedgerEntry.clauses)
        .join(CaseRecord, CaseRecord.id == LedgerEntry.case_id)
        .where(
            LedgerEntry.obligation.in_(kind.flagged),
            LedgerEntry.outcome.not_in(("superseded", "withdrawn")),
            CaseRecord.child_id.is_not(None),
            CaseRecord.voided_at.is_(None),
            sa.or_(
                sa.and_(LedgerEntry.raised >= period.since, LedgerEntry.raised < period.until),
                sa.and_(LedgerEntry.outcome == "open", CaseRecord.status != "closed"),
            ),
        )
        .order_by(LedgerEntry.raised, LedgerEntry.case_id, LedgerEntry.number)
        .limit(MOST)
    ).all()


def _rows(desk: Desk, reasons: dict[int, list[tuple[str, tuple[str, ...]]]]) -> tuple[Listed, ...]:
    now = desk.now()
    lately = (
        sa.select(sa.func.count())
        .select_from(Episode)
        .where(Episode.child_id == CaseRecord.child_id, Episode.reported_at > now - timedelta(days=90))
        .correlate(CaseRecord)
        .scalar_subquery()
    )
    interview = (
        sa.select(LedgerEntry.outcome)
        .where(
            LedgerEntry.case_id == CaseRecord.id,
            LedgerEntry.obligation == "hold_return_interview",
            LedgerEntry.outcome.not_in(("superseded", "withdrawn")),
        )
        .order_by(LedgerEntry.number.desc())
        .limit(1)
        .correlate(CaseRecord)
        .scalar_subquery()
    )
    worker = (
        sa.select(AllocatedWorker.name)
        .where(
            AllocatedWorker.child_id == CaseRecord.child_id,
            AllocatedWorker.role == "social_worker",
            AllocatedWorker.until.is_(None),
        )
        .order_by(AllocatedWorker.since.desc())
        .limit(1)
        .correlate(CaseRecord)
        .scalar_subquery()
    )
    rows = desk.session.execute(
        sa.select(
            CaseRecord.id,
            CaseRecord.reference,
            CaseRecord.child_id,
            CaseRecord.facts,
            Child.given_names,
            Child.surname,
            Child.birth_date,
            access.open_to(desk).label("visible"),
            Episode.category,
            Episode.reported_at,
            Episode.returned_at,
            lately.label("episodes"),
            interview.label("interview"),
            worker.label("worker"),
        )
        .join(Child, Child.id == CaseRecord.child_id)
        .outerjoin(Episode, Episode.case_id == CaseRecord.id)
        .where(CaseRecord.id.in_(reasons))
    ).all()
    by_case = {row.id: _listed(row, tuple(reasons[row.id]), local(now).date()) for row in rows}
    return tuple(by_case[case] for case in reasons if case in by_case)


def _listed(row: Any, reasons: tuple[tuple[str, tuple[str, ...]], ...], today: date) -> Listed:
    if not row.visible:
        return Listed(
            row.id, row.reference, None, access.HIDDEN, None, reasons, None, None, None, 0, None, None, {}
        )
    return Listed(
        case_id=row.id,
        reference=row.reference,
        child_id=row.child_id,
        child=f"{row.given_names} {row.surname}".strip(),
        age=age_on(row.birth_date, today) if row.birth_date else None,
        reasons=reasons,
        category=row.category,
        reported=at(row.reported_at) if row.reported_at else None,
        returned=at_or_none(row.returned_at),
        episodes=row.episodes,
        interview=row.interview,
        worker=row.worker,
        facts={name: row.facts[name] for name in FACTS if row.facts.get(name) is not None},
    )
