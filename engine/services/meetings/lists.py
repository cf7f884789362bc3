"""Lists of meetings: mine, my roles', the council's; those to come, those held, those whose minutes wait."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import Desk
from engine.services.meetings.model import HELD, PLANNED, MeetingRow
from engine.services.rows import Page, at, at_or_none
from engine.store.tables import AgreedAction, CaseRecord, Child, Meeting, MeetingInvitee

WHOSE = ("mine", "team", "all")
WHICH = ("upcoming", "minutes", "held")
"""To come (with those whose day has passed and of which nothing is written down), minutes not sent, and over."""
LARGEST_PAGE = 100


def list(
    desk: Desk, *, whose: str = "mine", which: str = "upcoming", page: int = 1, size: int = 25
) -> Page[MeetingRow]:
    """List meetings, the next one first; those that were held, the newest first."""
    access.require(desk.caller, "see_case")
    size, page = max(1, min(size, LARGEST_PAGE)), max(1, page)
    wanted = [*_whose(desk, whose), *_which(which)]
    order = {
        "upcoming": (Meeting.starts_at, Meeting.id),
        "minutes": (Meeting.minutes_due.asc().nulls_last(), Meeting.held_at, Meeting.id),
        "held": (Meeting.held_at.desc(), Meeting.id.desc()),
    }[which]
    statement = _statement(desk).where(*wanted).order_by(*order).limit(size).offset((page - 1) * size)
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(Meeting).where(*wanted)) or 0
    rows = tuple(_row(desk, row) for row in desk.session.execute(statement))
    return Page(rows, total, page, size)


def counts(desk: Desk, whose: str) -> dict[str, int]:
    """Count somebody's meetings of each kind of list; `late` counts minutes whose limit has passed."""
    held = sa.and_(Meeting.state == HELD, Meeting.sent_at.is_(None))
    row = desk.session.execute(
        sa.select(
            sa.func.count().filter(Meeting.state == PLANNED),
            sa.func.count().filter(held),
            sa.func.count().filter(Meeting.state == HELD),
            sa.func.count().filter(held, Meeting.minutes_due < desk.now()),
        ).where(*_whose(desk, whose))
    ).one()
    return dict(zip((*WHICH, "late"), row, strict=True))


def of_case(desk: Desk, case_id: int) -> tuple[MeetingRow, ...]:
    """Return the meetings of a case and those whose list it is on, newest first; the caller has checked the read."""
    on_list = sa.text(
        "EXISTS (SELECT FROM meeting_case AS m WHERE m.meeting_id = meeting.id AND m.case_id = :case)"
    )
    statement = (
        _statement(desk)
        .where(sa.or_(Meeting.case_id == case_id, on_list.bindparams(case=case_id)))
        .order_by(Meeting.starts_at.desc(), Meeting.id.desc())
    )
    return tuple(_row(desk, row) for row in desk.session.execute(statement))


def _statement(desk: Desk) -> Any:
    waiting = (
        sa.select(sa.func.count())
        .select_from(AgreedAction)
        .where(AgreedAction.meeting_id == Meeting.id, AgreedAction.state == "open")
        .scalar_subquery()
    )
    return (
        sa.select(
            Meeting,
            CaseRecord.reference,
            Child.given_names,
            Child.surname,
            access.open_to(desk).label("visible"),
            waiting.label("waiting"),
        )
        .join(CaseRecord, CaseRecord.id == Meeting.case_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
    )


def _row(desk: Desk, row: Any) -> MeetingRow:
    meeting: Meeting = row.Meeting
    child = None
    if row.surname is not None:
        child = f"{row.given_names} {row.surname}".strip() if row.visible else access.HIDDEN
    now = desk.now()
    waits = meeting.state == HELD and meeting.sent_at is None
    return MeetingRow(
        id=meeting.id,
        case_id=meeting.case_id,
        reference=row.reference,
        child=child,
        label=meeting.label,
        state=meeting.state,
        starts_at=at(meeting.starts_at),
        place=meeting.place or meeting.online,
        chair=meeting.chair,
        minutes_due=at_or_none(meeting.minutes_due),
        minutes_sent=at_or_none(meeting.sent_at),
        late=(waits and meeting.minutes_due is not None and meeting.minutes_due < now)
        or (meeting.state == PLANNED and meeting.starts_at < now),
        open_actions=row.waiting,
    )


def _whose(desk: Desk, whose: str) -> tuple[sa.ColumnElement[bool], ...]:
    if whose == "all":
        return ()
    me = desk.caller.account
    of_mine = MeetingInvitee.account_id == me
    if whose == "team":
        of_mine = sa.or_(of_mine, MeetingInvitee.role.in_(sorted(desk.caller.roles)))
    asked = sa.exists().where(
        MeetingInvitee.meeting_id == Meeting.id, MeetingInvitee.left_out.is_(None), of_mine
    )
    return (sa.or_(asked, Meeting.chair_id == me, Meeting.created_by == me),)


def _which(which: str) -> tuple[sa.ColumnElement[bool], ...]:
    if which == "upcoming":
        return (Meeting.state == PLANNED,)
    if which == "minutes":
        return (Meeting.state == HELD, Meeting.sent_at.is_(None))
    return (Meeting.state == HELD,)
