"""The list of a meeting about several children: which cases are on it by the pack's rule, and which people add."""

from __future__ import annotations

import sqlalchemy as sa

from engine.pack.meetings import MeetingKind
from engine.pack.model import Pack
from engine.pack.values import parse_moment
from engine.services.actions import case_to_read
from engine.services.desk import Desk, InvalidAnswers, once, record, remember
from engine.services.meetings.model import PLANNED
from engine.services.meetings.reading import meeting_pack, to_change
from engine.store.tables import CaseRecord, Episode, LedgerEntry, Meeting, MeetingCase

STILL_MISSING = "Missing now"


def put_on_list(desk: Desk, meeting: Meeting, kind: MeetingKind, pack: Pack, case: CaseRecord) -> int:
    """Put the cases on a meeting's list that the pack's rule names and that are not on it; return how many came."""
    there = set(
        desk.session.scalars(sa.select(MeetingCase.case_id).where(MeetingCase.meeting_id == meeting.id))
    )
    found: dict[int, list[str]] = {}
    for number, reason in (*_flagged(desk, kind, pack, case), *_missing(desk, kind)):
        reasons = found.setdefault(number, [])
        if reason not in reasons:
            reasons.append(reason)
    for number, reasons in found.items():
        if number not in there:
            desk.session.add(MeetingCase(meeting_id=meeting.id, case_id=number, reason="; ".join(reasons)))
    desk.session.flush()
    return len(found.keys() - there)


def bring_up_to_date(desk: Desk, meeting_id: int, key: str | None = None) -> int:
    """Put the cases on a planned meeting's list that came under the pack's rule since; return how many came.

    None is taken off: that a child is discussed stays a matter of record.
    """
    taken = once(desk, key, f"list_up_to_date {meeting_id}", "")
    if not taken.first:
        return int(taken.result or 0)
    meeting = to_change(desk, meeting_id, PLANNED)
    case = desk.session.get_one(CaseRecord, meeting.case_id)
    pack = meeting_pack(desk, case)
    kind = pack.meetings.get(meeting.kind)
    came = put_on_list(desk, meeting, kind, pack, case) if kind is not None and kind.several else 0
    record(desk, "meeting_list_brought_up_to_date", {"meeting": meeting_id, "came": came})
    remember(desk, key, came)
    return came


def _flagged(desk: Desk, kind: MeetingKind, pack: Pack, case: CaseRecord) -> list[tuple[int, str]]:
    """Return the cases in which a duty that the rule names arose in the period, or is still to be done."""
    if not kind.flagged:
        return []
    still = sa.and_(LedgerEntry.outcome == "open", CaseRecord.status != "closed")
    since, until = case.facts.get("period.from"), case.facts.get("period.to")
    in_period = (
        sa.and_(LedgerEntry.raised >= parse_moment(since), LedgerEntry.raised < parse_moment(until))
        if since and until
        else sa.false()
    )
    rows = desk.session.execute(
        sa.select(LedgerEntry.case_id, LedgerEntry.obligation)
        .join(CaseRecord, CaseRecord.id == LedgerEntry.case_id)
        .where(
            LedgerEntry.obligation.in_(kind.flagged),
            LedgerEntry.outcome.not_in(("superseded", "withdrawn")),
            CaseRecord.child_id.is_not(None),
            CaseRecord.voided_at.is_(None),
            sa.or_(still, in_period),
        )
        .order_by(LedgerEntry.raised, LedgerEntry.case_id)
    )
    return [(number, pack.vocabulary.obligations[obligation].meaning) for number, obligation in rows]


def _missing(desk: Desk, kind: MeetingKind) -> list[tuple[int, str]]:
    """Return the open cases of the children who are not known to be back."""
    if not kind.missing:
        return []
    rows = desk.session.scalars(
        sa.select(CaseRecord.id)
        .join(Episode, Episode.case_id == CaseRecord.id)
        .where(CaseRecord.status != "closed", Episode.returned_at.is_(None))
        .order_by(Episode.reported_at, CaseRecord.id)
    )
    return [(number, STILL_MISSING) for number in rows]


def add_case(desk: Desk, meeting_id: int, reference: str, reason: str, key: str | None = None) -> None:
    """Put a case on the list that the rule does not name: whoever does so may open it, and says why."""
    if not once(desk, key, f"list_case {meeting_id}", [reference, reason]).first:
        return
    to_change(desk, meeting_id, PLANNED, "held")
    wanted = reference.strip().upper()
    case = desk.session.scalar(sa.select(CaseRecord).where(sa.func.upper(CaseRecord.reference) == wanted))
    if case is None or case.child_id is None:
        raise InvalidAnswers({"reference": "is no case of a child: check the number"})
    case_to_read(desk, case.id)
    if desk.session.get(MeetingCase, (meeting_id, case.id)) is not None:
        raise InvalidAnswers({"reference": "is on the list already"})
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why this child is discussed"})
    desk.session.add(MeetingCase(meeting_id=meeting_id, case_id=case.id, reason=reason.strip()))
    desk.session.flush()
    record(desk, "meeting_case_listed", {"meeting": meeting_id, "case": case.id, "reason": reason.strip()})
