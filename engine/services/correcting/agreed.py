"""What people agreed in a case that is voided: meetings to come, its place on lists of others, actions.

Nothing of it is owed any more: the meetings are called off and whoever an invitation has reached is told, the actions
are withdrawn. Where the voiding is undone it stands again, but for what somebody has changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.pack.typedtimes import written
from engine.services.actions import CORE_ID
from engine.services.desk import Desk, record
from engine.services.meetings import CALLED_OFF, PLANNED, telling
from engine.services.meetings.reading import invitees_of
from engine.services.notices import LEFT
from engine.services.rows import at
from engine.store.tables import (
    AgreedAction,
    CaseRecord,
    Meeting,
    MeetingCase,
    MeetingInvitee,
    Notice,
    Task,
    TaskDraft,
)

OFF = "{} on {} is called off, and whoever the invitation has reached is told."
WITHDRAWN = "{} agreed at a meeting or given by a person {} withdrawn."
PEOPLE_ASKED = "{} on {} stays planned. Look whether the right people are asked."
_OF_TASK = ("process", "element", "name", "role", "team", "whole_day", "force", "assignee")
"""What stands in an action's task alone."""


def remarks(desk: Desk, case_id: int) -> tuple[str, ...]:
    """Return what a voiding ends, in sentences."""
    told = [_said(OFF, meeting) for meeting in _planned(desk, case_id)]
    count = len(_open(desk, case_id))
    if count:
        named = ("1 action", "is") if count == 1 else (f"{count} actions", "are")
        told.append(WITHDRAWN.format(*named))
    return tuple(told)


def remarks_on_moving(desk: Desk, case_id: int) -> tuple[str, ...]:
    """Return what stays as it is agreed where a case goes to another child, in sentences."""
    return tuple(_said(PEOPLE_ASKED, meeting) for meeting in _planned(desk, case_id))


def end(desk: Desk, case_id: int, reason: str) -> dict[str, Any]:
    """End what was agreed in a case; return what lets it stand again."""
    return {
        "meetings": [_call_off(desk, meeting, reason) for meeting in _planned(desk, case_id)],
        "lists": [_off_list(desk, row) for row in _listed(desk, case_id)],
        "actions": [_withdraw(desk, action, reason) for action in _open(desk, case_id)],
    }


def stand_again(desk: Desk, case_id: int, kept: Mapping[str, Any], reason: str) -> None:
    """Let what a voiding ended stand again; who was invited to a meeting that is still to come is told."""
    for number, version in kept.get("meetings", ()):
        meeting = desk.session.get(Meeting, number, populate_existing=True, with_for_update=True)
        if meeting is None or (meeting.state, meeting.version) != (CALLED_OFF, version):
            continue
        meeting.state, meeting.ended_reason = PLANNED, None
        meeting.version += 1
        desk.session.flush()
        if meeting.starts_at > desk.now():
            invited = _invited(desk, meeting)
            telling.tell(desk, meeting, [one for one, reached in invited if reached], "changed")
            telling.tell(desk, meeting, [one for one, reached in invited if not reached], "invited")
        record(desk, "meeting_stands_again", {"meeting": number, "reason": reason})
    for number, why in kept.get("lists", ()):
        meeting = desk.session.get(Meeting, number)
        listed = desk.session.get(MeetingCase, (number, case_id))
        if meeting is not None and meeting.state == PLANNED and listed is None:
            desk.session.add(MeetingCase(meeting_id=number, case_id=case_id, reason=why))
    for own in kept.get("actions", ()):
        _give_again(desk, own)
    desk.session.flush()


def _said(sentence: str, meeting: Meeting) -> str:
    return sentence.format(meeting.label, written(at(meeting.starts_at)))


def _planned(desk: Desk, case_id: int) -> list[Meeting]:
    return list(
        desk.session.scalars(
            sa.select(Meeting)
            .where(Meeting.case_id == case_id, Meeting.state == PLANNED)
            .order_by(Meeting.starts_at, Meeting.id)
            .execution_options(populate_existing=True)
        )
    )


def _call_off(desk: Desk, meeting: Meeting, reason: str) -> list[int]:
    meeting.state, meeting.ended_reason = CALLED_OFF, reason
    meeting.version += 1
    desk.session.flush()
    telling.tell(desk, meeting, [one for one, reached in _invited(desk, meeting) if reached], "called_off")
    record(desk, "meeting_called_off", {"meeting": meeting.id, "reason": reason})
    return [meeting.id, meeting.version]


def _invited(desk: Desk, meeting: Meeting) -> list[tuple[MeetingInvitee, bool]]:
    """Return who was invited to a meeting, with whether any word of it has left for them."""
    left = desk.session.scalars(
        sa.select(Notice.key).where(
            Notice.case_id == meeting.case_id,
            Notice.key.like(f"meeting/{meeting.id}/%"),
            Notice.state.in_(LEFT),
        )
    )
    reached = {int(key.split("/")[3]) for key in left}
    invited = [one for one in invitees_of(desk, meeting.id) if one.invited_at and one.left_out is None]
    return [(one, one.id in reached) for one in invited]


def _listed(desk: Desk, case_id: int) -> list[MeetingCase]:
    """Return the case's places on the lists of meetings that are still to be held."""
    return list(
        desk.session.scalars(
            sa.select(MeetingCase)
            .join(Meeting, Meeting.id == MeetingCase.meeting_id)
            .where(MeetingCase.case_id == case_id, Meeting.state == PLANNED)
            .order_by(MeetingCase.meeting_id)
        )
    )


def _off_list(desk: Desk, row: MeetingCase) -> list[Any]:
    kept = [row.meeting_id, row.reason]
    desk.session.delete(row)
    desk.session.flush()
    return kept


def _open(desk: Desk, case_id: int) -> list[AgreedAction]:
    return list(
        desk.session.scalars(
            sa.select(AgreedAction)
            .where(AgreedAction.case_id == case_id, AgreedAction.state == "open")
            .order_by(AgreedAction.id)
            .execution_options(populate_existing=True)
        )
    )


def _withdraw(desk: Desk, action: AgreedAction, reason: str) -> dict[str, Any]:
    task = desk.session.get(Task, action.task_id) if action.task_id is not None else None
    kept: dict[str, Any] = {"id": action.id}
    if task is not None:
        kept["task"] = {name: getattr(task, name) for name in _OF_TASK}
        desk.session.execute(sa.delete(TaskDraft).where(TaskDraft.task_id == task.id))
        desk.session.delete(task)
    action.state, action.note = "withdrawn", reason
    action.ended_at, action.ended_by = desk.now(), desk.caller.account
    desk.session.flush()
    record(desk, "action_withdrawn", {"case": action.case_id, "action": action.id}, task=action.task_id)
    return kept


def _give_again(desk: Desk, kept: Mapping[str, Any]) -> None:
    action = desk.session.get(AgreedAction, kept["id"], populate_existing=True, with_for_update=True)
    if action is None or action.state != "withdrawn" or "task" not in kept:
        return
    case = desk.session.get_one(CaseRecord, action.case_id)
    holder = kept["task"]["assignee"]
    task = Task(
        **kept["task"],
        case_id=case.id,
        child_id=case.child_id,
        reference=case.reference,
        core_id=CORE_ID.format(action.id),
        external=False,
        automatic=False,
        detached=True,
        entries=[],
        obligations=[],
        created=desk.now(),
        due=action.due,
        assigned_at=desk.now() if holder is not None else None,
    )
    desk.session.add(task)
    desk.session.flush()
    action.state, action.note, action.task_id = "open", "", task.id
    action.ended_at = action.ended_by = None
    record(desk, "action_agreed", {"case": case.id, "action": action.id}, task=task.id)
