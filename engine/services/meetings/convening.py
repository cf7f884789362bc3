"""Convening a meeting: when and where, who is asked, what is talked about, and the invitations.

What the procedure wants is there from the start. It can be left out, but not in silence: what must be invited or talked
about goes only with a reason, and stays to be read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.pack.meetings import MeetingKind
from engine.pack.model import Pack
from engine.services import access
from engine.services.actions import case_to_read
from engine.services.desk import Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.meetings import telling
from engine.services.meetings.listed import put_on_list
from engine.services.meetings.model import CALLED_OFF, PLANNED
from engine.services.meetings.reading import CHANGE, invitees_of, items_of, meeting_pack, to_change
from engine.services.notices import checked_address
from engine.services.rows import role_label
from engine.store.tables import (
    Account,
    AccountRole,
    AllocatedWorker,
    CaseRecord,
    Meeting,
    MeetingInvitee,
    MeetingItem,
)

OTHER = "other"
"""The kind of a meeting that the procedure does not know."""


def convene(
    desk: Desk,
    case_id: int,
    kind_id: str,
    *,
    starts_at: datetime,
    place: str,
    chair: str,
    online: str = "",
    label: str = "",
    purpose: str = "",
    key: str | None = None,
) -> int:
    """Convene a meeting in a case; return its number. Nobody is told yet.

    `kind_id` is the pack's, or "other" with a `label`; `chair` is `account:<id>` or a name. Those whom the procedure
    wants there are put down, by name where only one person can be meant, and what it wants talked about.
    """
    access.require(desk.caller, CHANGE)
    case = case_to_read(desk, case_id)
    pack = meeting_pack(desk, case)
    body = [kind_id, str(starts_at), place, chair, online, label, purpose]
    taken = once(desk, key, f"convene {case_id}", body)
    if not taken.first:
        return int(taken.result)
    kind = pack.meetings.get(kind_id)
    if kind is None and kind_id != OTHER:
        raise InvalidAnswers({"kind": "is no meeting of this procedure"})
    if kind is None and not label.strip():
        raise InvalidAnswers({"label": "is missing: say what meeting it is"})
    chair_id, chair_name = _chair(desk, chair)
    _check_place(place, online)
    meeting = Meeting(
        case_id=case.id,
        kind=kind.id if kind is not None else "",
        label=kind.label if kind is not None else label.strip(),
        starts_at=starts_at,
        place=place.strip(),
        online=online.strip(),
        chair_id=chair_id,
        chair=chair_name,
        purpose=purpose.strip(),
        created_at=desk.now(),
        created_by=desk.caller.account,
    )
    desk.session.add(meeting)
    desk.session.flush()
    if kind is not None:
        _from_procedure(desk, meeting, kind, pack, case)
    detail = {"case": case.id, "meeting": meeting.id, "kind": kind_id, "at": str(starts_at)}
    record(desk, "meeting_convened", detail)
    remember(desk, key, meeting.id)
    return meeting.id


def _from_procedure(desk: Desk, meeting: Meeting, kind: MeetingKind, pack: Pack, case: CaseRecord) -> None:
    for position, one in enumerate(kind.invitees):
        external = one.role is not None and one.role in pack.roles and pack.roles[one.role].external
        account = None
        if one.role is not None and not external:
            account = _only_holder(desk, one.role, case.child_id)
        desk.session.add(
            MeetingInvitee(
                meeting_id=meeting.id,
                position=position,
                key=one.id,
                role=one.role,
                label=one.label or (role_label(pack, one.role) if one.role else one.id),
                account_id=account,
                force=one.force,
                needed=one.needed,
                clauses=list(one.clauses),
            )
        )
    for position, item in enumerate(kind.agenda):
        desk.session.add(
            MeetingItem(
                meeting_id=meeting.id,
                position=position,
                key=item.id,
                title=item.title,
                force=item.force,
                clauses=list(item.clauses),
            )
        )
    desk.session.flush()
    if kind.several:
        put_on_list(desk, meeting, kind, pack, case)


def _only_holder(desk: Desk, role: str, child_id: int | None) -> int | None:
    """Return the child's worker in a role, else the only account that holds it; None where a person must choose."""
    holds = sa.exists().where(AccountRole.account_id == Account.id, AccountRole.role == role)
    able = sa.select(Account.id).where(Account.disabled_at.is_(None), holds)
    if child_id is not None:
        worker = desk.session.scalar(
            able.join(AllocatedWorker, AllocatedWorker.account_id == Account.id)
            .where(AllocatedWorker.child_id == child_id, AllocatedWorker.until.is_(None))
            .order_by(AllocatedWorker.since.desc())
            .limit(1)
        )
        if worker is not None:
            return worker
    holders = desk.session.scalars(able.limit(2)).all()
    return holders[0] if len(holders) == 1 else None


def _chair(desk: Desk, chair: str) -> tuple[int | None, str]:
    kind, _, name = chair.partition(":")
    if kind == "account" and name.isdigit():
        account = desk.session.get(Account, int(name))
        if account is None or account.disabled_at is not None:
            raise InvalidAnswers({"chair": "is nobody with an account here"})
        return account.id, account.display_name
    if not chair.strip():
        raise InvalidAnswers({"chair": "is missing: say who chairs"})
    return None, chair.strip()


def _check_place(place: str, online: str) -> None:
    if not place.strip() and not online.strip():
        raise InvalidAnswers({"place": "is missing: say where it is, or how people join"})


def change(
    desk: Desk,
    meeting_id: int,
    *,
    starts_at: datetime,
    place: str,
    online: str,
    chair: str,
    purpose: str,
    key: str | None = None,
) -> None:
    """Move a planned meeting; whoever was invited hears of a new time, place or chair."""
    body = [str(starts_at), place, online, chair, purpose]
    if not once(desk, key, f"change_meeting {meeting_id}", body).first:
        return
    meeting = to_change(desk, meeting_id, PLANNED)
    chair_id, chair_name = _chair(desk, chair)
    _check_place(place, online)
    before = (meeting.starts_at, meeting.place, meeting.online, meeting.chair)
    meeting.starts_at, meeting.place, meeting.online = starts_at, place.strip(), online.strip()
    meeting.chair_id, meeting.chair, meeting.purpose = chair_id, chair_name, purpose.strip()
    meeting.version += 1
    desk.session.flush()
    if before != (meeting.starts_at, meeting.place, meeting.online, meeting.chair):
        told = [one for one in invitees_of(desk, meeting_id) if one.invited_at and one.left_out is None]
        telling.tell(desk, meeting, told, "changed")
    detail = {"meeting": meeting_id, "from": str(before[0]), "to": str(starts_at)}
    record(desk, "meeting_changed", detail)


def call_off(desk: Desk, meeting_id: int, reason: str, key: str | None = None) -> None:
    """Call a planned meeting off, with a reason; whoever was invited is told. The procedure's duties stay."""
    if not once(desk, key, f"call_off {meeting_id}", reason).first:
        return
    meeting = to_change(desk, meeting_id, PLANNED, CALLED_OFF)
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why it is called off"})
    if meeting.state == CALLED_OFF:
        raise InvalidAnswers({"reason": "was not kept: the meeting was called off already"})
    meeting.state, meeting.ended_reason = CALLED_OFF, reason.strip()
    meeting.version += 1
    desk.session.flush()
    told = [one for one in invitees_of(desk, meeting_id) if one.invited_at and one.left_out is None]
    telling.tell(desk, meeting, told, "called_off")
    record(desk, "meeting_called_off", {"meeting": meeting_id, "reason": reason.strip()})


# --- who is asked


def add_invitee(
    desk: Desk, meeting_id: int, who: str, email: str | None = None, key: str | None = None
) -> None:
    """Ask somebody whom the procedure does not name: `account:<id>`, `role:<id>`, or a name, with an e-mail address."""
    if not once(desk, key, f"add_invitee {meeting_id}", [who, email]).first:
        return
    meeting = to_change(desk, meeting_id, PLANNED)
    address = checked_address(email) if email and email.strip() else None
    kind, _, name = who.partition(":")
    account, role, label = None, None, who.strip()
    if kind == "account" and name.isdigit():
        found = desk.session.get(Account, int(name))
        if found is None or found.disabled_at is not None:
            raise InvalidAnswers({"who": "is nobody with an account here"})
        account, label = found.id, found.display_name
    elif kind == "role":
        role = name
        label = telling.role_words(desk, name)
    if not label:
        raise InvalidAnswers({"who": "is missing: say who is asked"})
    there = invitees_of(desk, meeting_id)
    if any((one.account_id == account) if account else (one.label == label) for one in there):
        raise InvalidAnswers({"who": "is on the list already"})
    desk.session.add(
        MeetingInvitee(
            meeting_id=meeting_id,
            position=1 + max((one.position for one in there), default=0),
            role=role,
            label=label,
            account_id=account,
            email=address,
            force="may",
            needed=False,
            clauses=[],
        )
    )
    desk.session.flush()
    record(desk, "meeting_invitee_added", {"meeting": meeting.id, "who": label})


def name_invitee(
    desk: Desk, invitee_id: int, *, account: int | None, email: str, key: str | None = None
) -> None:
    """Say which person stands for a role, or under which address somebody outside is written to."""
    one = _invitee(desk, invitee_id)
    if not once(desk, key, f"name_invitee {invitee_id}", [account, email]).first:
        return
    meeting = to_change(desk, one.meeting_id, PLANNED)
    if account is not None:
        found = desk.session.get(Account, account)
        if found is None or found.disabled_at is not None:
            raise InvalidAnswers({"account": "is nobody with an account here"})
    address = checked_address(email) if email.strip() else None
    if (account, address) != (one.account_id, one.email):
        one.invited_at = None
        meeting.version += 1
    one.account_id, one.email = account, address
    desk.session.flush()
    record(desk, "meeting_invitee_named", {"meeting": one.meeting_id, "invitee": one.id, "account": account})


def leave_out(desk: Desk, invitee_id: int, reason: str, key: str | None = None) -> None:
    """Do not ask somebody whom the procedure names; a reason is needed where it says must or should."""
    one = _invitee(desk, invitee_id)
    if not once(desk, key, f"leave_out {invitee_id}", reason).first:
        return
    meeting = to_change(desk, one.meeting_id, PLANNED)
    _reason_for(one, reason)
    invited = one.invited_at is not None
    one.left_out = reason.strip() or "Not asked"
    desk.session.flush()
    if invited:
        telling.tell(desk, meeting, [one], "not_needed")
    detail = {"meeting": one.meeting_id, "who": one.label, "reason": reason.strip()}
    record(desk, "meeting_invitee_left_out", detail)


def ask_again(desk: Desk, invitee_id: int, key: str | None = None) -> None:
    """Ask somebody after all who had been left out."""
    one = _invitee(desk, invitee_id)
    if not once(desk, key, f"ask_again {invitee_id}", "").first:
        return
    meeting = to_change(desk, one.meeting_id, PLANNED)
    one.left_out, one.invited_at = None, None
    meeting.version += 1
    desk.session.flush()
    record(desk, "meeting_invitee_asked_again", {"meeting": one.meeting_id, "who": one.label})


def told_otherwise(desk: Desk, invitee_id: int, key: str | None = None) -> None:
    """Record that somebody to whom no message can be sent was told of the meeting by other means."""
    one = _invitee(desk, invitee_id)
    to_change(desk, one.meeting_id, PLANNED)
    if once(desk, key, f"told_otherwise {invitee_id}", "").first and one.invited_at is None:
        one.invited_at = desk.now()
        desk.session.flush()
        record(desk, "meeting_invitee_told", {"meeting": one.meeting_id, "who": one.label})


def invite(desk: Desk, meeting_id: int, key: str | None = None) -> int:
    """Send the invitations that have not been sent; return how many leave."""
    taken = once(desk, key, f"invite {meeting_id}", "")
    if not taken.first:
        return int(taken.result or 0)
    meeting = to_change(desk, meeting_id, PLANNED)
    waiting = [
        one for one in invitees_of(desk, meeting_id) if one.left_out is None and one.invited_at is None
    ]
    told = telling.tell(desk, meeting, waiting, "invited")
    for one in told:
        one.invited_at = desk.now()
    desk.session.flush()
    record(desk, "meeting_invitations_sent", {"meeting": meeting_id, "to": [one.label for one in told]})
    remember(desk, key, len(told))
    return len(told)


def _invitee(desk: Desk, invitee_id: int) -> MeetingInvitee:
    found: MeetingInvitee = _own(
        desk, MeetingInvitee, invitee_id, "nobody of that number is on the list of a meeting"
    )
    return found


def _own(desk: Desk, table: Any, number: int, otherwise: str) -> Any:
    found = desk.session.get(table, number, populate_existing=True)
    if found is None:
        raise NotFound(otherwise)
    return found


def _reason_for(one: MeetingInvitee | MeetingItem, reason: str) -> None:
    if one.key is not None and one.force in ("must", "should") and not reason.strip():
        raise InvalidAnswers({"reason": f"is missing: the procedure says {one.force}, so say why not"})


# --- what is talked about


def add_item(desk: Desk, meeting_id: int, title: str, key: str | None = None) -> None:
    """Put something more on the agenda."""
    if not once(desk, key, f"add_item {meeting_id}", title).first:
        return
    to_change(desk, meeting_id, PLANNED, "held")
    if not title.strip():
        raise InvalidAnswers({"title": "is missing: say what is to be talked about"})
    there = items_of(desk, meeting_id)
    desk.session.add(
        MeetingItem(
            meeting_id=meeting_id,
            position=1 + max((item.position for item in there), default=0),
            title=title.strip(),
            force="may",
            clauses=[],
        )
    )
    desk.session.flush()
    record(desk, "meeting_item_added", {"meeting": meeting_id, "title": title.strip()})


def drop_item(desk: Desk, item_id: int, reason: str, key: str | None = None) -> None:
    """Take an item off the agenda; a reason is needed where the procedure says must or should."""
    item = _item(desk, item_id)
    if not once(desk, key, f"drop_item {item_id}", reason).first:
        return
    to_change(desk, item.meeting_id, PLANNED, "held")
    _reason_for(item, reason)
    item.left_out = reason.strip() or "Not talked about"
    desk.session.flush()
    detail = {"meeting": item.meeting_id, "title": item.title, "reason": reason.strip()}
    record(desk, "meeting_item_left_out", detail)


def restore_item(desk: Desk, item_id: int, key: str | None = None) -> None:
    """Put an item back on the agenda."""
    item = _item(desk, item_id)
    to_change(desk, item.meeting_id, PLANNED, "held")
    if once(desk, key, f"restore_item {item_id}", "").first:
        item.left_out = None
        desk.session.flush()
        record(desk, "meeting_item_restored", {"meeting": item.meeting_id, "title": item.title})


def _item(desk: Desk, item_id: int) -> MeetingItem:
    found: MeetingItem = _own(desk, MeetingItem, item_id, "no agenda has an item of that number")
    return found
