"""The messages of a meeting: invitations, changes, minutes. They say which meeting, when and where, and name no child.

Somebody with an account gets a link; somebody outside is told whom to ask, because nothing here opens to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from engine.clock import local
from engine.pack.model import RoleInPack
from engine.services import notices
from engine.services.desk import Desk, InvalidAnswers
from engine.services.rows import at, people
from engine.store.packs import in_force
from engine.store.tables import Account, CaseRecord, Meeting, MeetingInvitee

SUBJECTS = {
    "invited": "Invitation: {label}, {day}",
    "changed": "Changed: {label}, now {day}",
    "called_off": "Called off: {label}, {day}",
    "not_needed": "You are not needed: {label}, {day}",
    "minutes": "Minutes: {label}, {day}",
}
OPENING = {
    "invited": "You are asked to a meeting.",
    "changed": "A meeting to which you are asked has changed. It now is:",
    "called_off": "This meeting does not take place:",
    "not_needed": "You are no longer asked to this meeting:",
    "minutes": "The minutes of this meeting are ready, with the actions that were agreed:",
}
INSIDE = ("account:", "role:")
"""Who is written to in the council, and can open the link."""


def tell(desk: Desk, meeting: Meeting, invitees: Iterable[MeetingInvitee], what: str) -> list[MeetingInvitee]:
    """Order a message to each of these people whom one can reach; return those to whom one was ordered."""
    told = []
    roles = in_force(desk.session, local(desk.now()).date())[1].roles
    case = desk.session.get_one(CaseRecord, meeting.case_id)
    for one in invitees:
        recipient = recipient_of(one, roles)
        if recipient is None:
            continue
        subject, body = _words(desk, meeting, case, what, signs_in=recipient.startswith(INSIDE))
        key = f"meeting/{meeting.id}/{what}/{one.id}/{meeting.version}"
        notices.order(desk, key, recipient, f"meeting_{what}", subject, body, case=case.id)
        told.append(one)
    return told


def recipient_of(one: MeetingInvitee, roles: Mapping[str, RoleInPack]) -> str | None:
    """Return to whom the outbox writes for an invitee; None where nobody can be written to."""
    if one.account_id is not None:
        return f"{notices.PERSON}:{one.account_id}"
    if one.email:
        return f"{notices.TYPED}:{one.email}"
    if one.role is None:
        return None
    role = roles.get(one.role)
    return f"{'outside' if role is not None and role.external else 'role'}:{one.role}"


def role_words(desk: Desk, role: str) -> str:
    """Return a role's title; raises InvalidAnswers for one that the procedure does not use."""
    known = in_force(desk.session, local(desk.now()).date())[1].roles.get(role)
    if known is None:
        raise InvalidAnswers({"who": "is no role of this procedure"})
    return known.label


def _words(desk: Desk, meeting: Meeting, case: CaseRecord, what: str, *, signs_in: bool) -> tuple[str, str]:
    starts = at(meeting.starts_at)
    day = f"{starts:%A %-d %B %Y} at {starts:%H:%M}"
    lines = [OPENING[what], "", meeting.label, day]
    if what != "minutes":
        lines += [f"Where: {meeting.place}"] if meeting.place else []
        lines += [f"Joining from elsewhere: {meeting.online}"] if meeting.online else []
    lines += [f"Chair: {meeting.chair}", f"Case: {case.reference}", ""]
    asking = people(desk.session, [desk.caller.account]).get(str(desk.caller.account), desk.council.name)
    if signs_in:
        lines += [f"{desk.settings.base_url}/meetings/{meeting.id}"]
    elif what == "minutes":
        lines += [f"They reach you by a secure way. If they have not, ask {asking}, {desk.council.name}."]
    else:
        lines += [
            f"This message names no child. {asking}, {desk.council.name}, tells you whom the meeting is about."
        ]
    return SUBJECTS[what].format(label=meeting.label, day=day), "\n".join(lines)


def names_of(desk: Desk, invitees: Iterable[MeetingInvitee]) -> dict[int, tuple[str, str | None]]:
    """Return name and e-mail address of the accounts that stand behind invitees."""
    numbers = {one.account_id for one in invitees if one.account_id is not None}
    if not numbers:
        return {}
    rows = desk.session.execute(
        sa.select(Account.id, Account.display_name, Account.email).where(Account.id.in_(numbers))
    )
    return {number: (name, email) for number, name, email in rows}
