"""Holding a meeting: who came, what was said and decided on each item and each child, and when it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.case.deadlines import instant
from engine.case.model import Step
from engine.clock import local
from engine.feel import Environment
from engine.feel.working import working
from engine.pack.meetings import HELD as HELD_NAME
from engine.pack.meetings import MeetingKind
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, once, record
from engine.services.meetings.model import ATTENDANCE, HELD, PLANNED, MinutesLimit
from engine.services.meetings.reading import (
    cases_of,
    invitees_of,
    items_of,
    meeting_pack,
    to_change,
    unchanged_since,
)
from engine.store.tables import CaseRecord, Child

Said = tuple[str, str]
"""What was said, and what was decided."""


@dataclass(frozen=True)
class Record:
    """What is written down of a meeting: by number of the invitee, of the item, and of the case."""

    held_at: datetime
    attendance: Mapping[int, str] = field(default_factory=dict)
    items: Mapping[int, Said] = field(default_factory=dict)
    cases: Mapping[int, Said] = field(default_factory=dict)
    version: int | None = None
    """The meeting's version when writing began: what somebody else wrote since is not replaced in silence."""


def hold(desk: Desk, meeting_id: int, told: Record, key: str | None = None) -> None:
    """Write down what happened at a meeting; again until its minutes are approved.

    What is not named stays as it was. Raises InvalidAnswers for a moment to come, or an attendance that there is not.
    """
    body = [str(told.held_at), told.attendance, told.items, told.cases]
    if not once(desk, key, f"hold {meeting_id}", body).first:
        return
    meeting = to_change(desk, meeting_id, PLANNED, HELD)
    unchanged_since(meeting, told.version)
    if told.held_at > desk.now():
        raise InvalidAnswers({"held_at": "lies in the future"})
    if meeting.approved_at is not None:
        raise InvalidAnswers(
            {"": "The minutes are approved: take the approval back to change what they say."}
        )
    case = desk.session.get_one(CaseRecord, meeting.case_id)
    pack = meeting_pack(desk, case)
    for one in invitees_of(desk, meeting_id):
        came = told.attendance.get(one.id)
        if came is not None:
            if came and came not in ATTENDANCE:
                raise InvalidAnswers({"attendance": "is none of those that can be chosen"})
            one.attendance = came or None
    for item in items_of(desk, meeting_id):
        if item.id in told.items:
            item.discussion, item.decision = (text.strip() for text in told.items[item.id])
    for listed in cases_of(desk, meeting_id):
        if listed.case_id in told.cases and _may_know(desk, listed.case_id):
            listed.discussion, listed.decision = (text.strip() for text in told.cases[listed.case_id])
    first = meeting.state == PLANNED
    meeting.state, meeting.held_at = HELD, told.held_at
    limit = minutes_limit(pack, pack.meetings.get(meeting.kind), told.held_at)
    meeting.minutes_due = limit.due if limit is not None else None
    meeting.version += 1
    desk.session.flush()
    detail = {"meeting": meeting_id, "held": str(told.held_at)}
    record(desk, "meeting_held" if first else "meeting_record_changed", detail)


def _may_know(desk: Desk, case_id: int) -> bool:
    case = desk.session.get_one(CaseRecord, case_id)
    child = desk.session.get(Child, case.child_id) if case.child_id is not None else None
    return child is None or access.may_see_child(desk, child)


def minutes_limit(pack: Pack, kind: MeetingKind | None, held_at: datetime) -> MinutesLimit | None:
    """Work out by when the minutes are with those who came; None where the procedure has no limit."""
    if kind is None or kind.limit is None:
        return None
    start = local(held_at)
    shown = working(kind.limit, {HELD_NAME: start}, Environment(calendar=pack.calendar))
    due, _ = instant(shown.result, process="", element=kind.id, expression=kind.limit)
    steps = [Step(text, _told(value)) for text, value in shown.steps]
    return MinutesLimit(due, (Step("the meeting was held", _told(start)), *steps), kind.limit_clauses)


def _told(value: object) -> str:
    return f"{local(value):%-d %B %Y, %H:%M}" if isinstance(value, datetime) else str(value)
