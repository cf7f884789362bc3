"""Meetings: convened from a case or a task, held, minuted, and followed by actions that are tasks."""

from engine.services.meetings.convening import (
    OTHER,
    add_invitee,
    add_item,
    ask_again,
    call_off,
    change,
    convene,
    drop_item,
    invite,
    leave_out,
    name_invitee,
    restore_item,
    told_otherwise,
)
from engine.services.meetings.holding import Record, hold
from engine.services.meetings.listed import add_case, bring_up_to_date
from engine.services.meetings.lists import WHICH, WHOSE, counts, list, of_case
from engine.services.meetings.minutes import approve, compose, save, send, take_back
from engine.services.meetings.model import (
    ATTENDANCE,
    CALLED_OFF,
    HELD,
    PLANNED,
    InviteeRow,
    MeetingRow,
    MeetingView,
    StepTask,
)
from engine.services.meetings.reading import Offer, kind_of_form, kinds_for, meeting_pack, offer
from engine.services.meetings.view import answers_for, view

__all__ = [
    "ATTENDANCE",
    "CALLED_OFF",
    "HELD",
    "OTHER",
    "PLANNED",
    "WHICH",
    "WHOSE",
    "InviteeRow",
    "Offer",
    "MeetingRow",
    "MeetingView",
    "Record",
    "StepTask",
    "add_case",
    "add_invitee",
    "add_item",
    "answers_for",
    "approve",
    "ask_again",
    "bring_up_to_date",
    "call_off",
    "change",
    "compose",
    "convene",
    "counts",
    "drop_item",
    "hold",
    "invite",
    "kind_of_form",
    "kinds_for",
    "leave_out",
    "list",
    "meeting_pack",
    "name_invitee",
    "of_case",
    "offer",
    "restore_item",
    "save",
    "send",
    "take_back",
    "told_otherwise",
    "view",
]
