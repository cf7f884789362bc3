"""What every act on a meeting begins with: the meeting, its case and the procedure that it follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from engine.clock import local
from engine.pack.meetings import MeetingKind
from engine.pack.model import Pack
from engine.services import access
from engine.services.actions import case_to_read, pack_of_case
from engine.services.desk import Desk, InvalidAnswers, NotFound
from engine.services.meetings.model import CALLED_OFF, PLANNED
from engine.store.packs import in_force
from engine.store.tables import CaseRecord, Meeting, MeetingCase, MeetingInvitee, MeetingItem, Task

CHANGE = "work_task"
"""Who may convene and keep a meeting: whoever works on cases and may open this one."""

CHANGED_MEANWHILE = (
    "Somebody changed this meeting while you were writing. Look at its page in another window first: what you save now"
    " replaces what they wrote."
)


def meeting_pack(desk: Desk, case: CaseRecord) -> Pack:
    """Return the procedure whose meetings a case has: its own edition, or the present one where that names none."""
    own = pack_of_case(desk, case)
    return own if own.meetings else in_force(desk.session, local(desk.now()).date())[1]


def to_read(desk: Desk, meeting_id: int) -> tuple[Meeting, CaseRecord]:
    """Return a meeting that the caller may open, with its case; raises NotFound, NotAllowed."""
    meeting = desk.session.get(Meeting, meeting_id, populate_existing=True)
    if meeting is None:
        raise NotFound("there is no such meeting")
    return meeting, case_to_read(desk, meeting.case_id)


def to_change(desk: Desk, meeting_id: int, *states: str) -> Meeting:
    """Return a meeting to change, locked; raises InvalidAnswers where it is in none of these states."""
    access.require(desk.caller, CHANGE)
    meeting = desk.session.get(Meeting, meeting_id, populate_existing=True, with_for_update=True)
    if meeting is None:
        raise NotFound("there is no such meeting")
    case_to_read(desk, meeting.case_id)
    if meeting.state not in (states or (PLANNED,)):
        words = "was called off" if meeting.state == CALLED_OFF else "has been held"
        raise InvalidAnswers({"": f"This meeting {words}: it cannot be changed like this any more."})
    if meeting.sent_at is not None:
        raise InvalidAnswers({"": "The minutes have been sent: what they say stands."})
    return meeting


def unchanged_since(meeting: Meeting, version: int | None) -> None:
    """Raise InvalidAnswers where somebody changed a meeting since a form about it was opened (None: no form was)."""
    if version is not None and version != meeting.version:
        raise InvalidAnswers({"": CHANGED_MEANWHILE})


def invitees_of(desk: Desk, meeting_id: int) -> list[MeetingInvitee]:
    """Return who is asked to a meeting, in the order of the procedure."""
    return _of_meeting(desk, MeetingInvitee, meeting_id, MeetingInvitee.position, MeetingInvitee.id)


def items_of(desk: Desk, meeting_id: int) -> list[MeetingItem]:
    """Return a meeting's agenda in its order."""
    return _of_meeting(desk, MeetingItem, meeting_id, MeetingItem.position, MeetingItem.id)


def cases_of(desk: Desk, meeting_id: int) -> list[MeetingCase]:
    """Return the cases that a meeting about several children is about, oldest first."""
    return _of_meeting(desk, MeetingCase, meeting_id, MeetingCase.case_id)


Part = TypeVar("Part", MeetingInvitee, MeetingItem, MeetingCase)


def _of_meeting(desk: Desk, part: type[Part], meeting_id: int, *order: Any) -> list[Part]:
    wanted = sa.select(part).where(part.meeting_id == meeting_id).order_by(*order)
    return list(desk.session.scalars(wanted.execution_options(populate_existing=True)))


def kinds_for(desk: Desk, case: CaseRecord) -> tuple[tuple[MeetingKind, bool], ...]:
    """Return the kinds of meeting that can be convened in a case, with whether the procedure asks for one now.

    A child's case has meetings about a child. A periodic process' case has those that its own tasks hold.
    """
    pack = meeting_pack(desk, case)
    waiting = set(
        desk.session.scalars(sa.select(Task.element).where(Task.case_id == case.id, Task.element != ""))
    )
    started = pack.processes.get(case.started_by)
    own = set(started.elements) if started is not None else set()
    found = [
        (kind, bool(waiting & set(kind.elements)))
        for kind in pack.meetings.values()
        if (kind.about == "child" if case.child_id is not None else bool(own & set(kind.elements)))
    ]
    return tuple(sorted(found, key=lambda one: not one[1]))


def kind_of_form(pack: Pack, form_id: str | None) -> MeetingKind | None:
    """Return the kind of meeting that a task with this form serves; None for one that serves none."""
    if form_id is None:
        return None
    elements = {element.id: element for element in pack.elements} if pack.meetings else {}
    for kind in pack.meetings.values():
        if any(elements[name].form == form_id for name in kind.elements if name in elements):
            return kind
    return None


@dataclass(frozen=True)
class Offer:
    """The meeting that a task asks for: its kind, and the newest of that kind in the case that was not called off."""

    kind: MeetingKind
    case_id: int
    meeting: int | None


def offer(desk: Desk, pack: Pack, form_id: str | None, case_id: int) -> Offer | None:
    """Return the meeting that a task with this form serves; the caller has checked and logged the read."""
    kind = kind_of_form(pack, form_id)
    if kind is None:
        return None
    known = desk.session.scalar(
        sa.select(Meeting.id)
        .where(Meeting.case_id == case_id, Meeting.kind == kind.id, Meeting.state != CALLED_OFF)
        .order_by(Meeting.id.desc())
        .limit(1)
    )
    return Offer(kind, case_id, known)
