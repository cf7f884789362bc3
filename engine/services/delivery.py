"""Sending the outbox: from the row that an act left behind to a message that has left, once.

A send has two transactions: the first marks the notice as being sent, the second writes what came of it.
Whoever dies in between leaves the mark behind; when its time has run out the channel is asked, and where it
cannot be asked the notice is held for a person, because a doubled message is better decided by somebody than
by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import local
from engine.services import directory
from engine.services.assignment import rotas
from engine.services.assignment.standing_in import present
from engine.services.channels import PERMANENT_FAILURE, Channel, Doubtful, Message, NotAccepted, Refused
from engine.services.desk import Desk, NotFound
from engine.services.notices import (
    MISSING_ADDRESS,
    NO_CHANNEL,
    PERSON,
    TRIES,
    TYPED,
    incident,
    order,
    recipient_label,
    wording,
)
from engine.store.packs import in_force
from engine.store.tables import Account, CaseRecord, Notice, OutsideRequest, Transfer

LEASE = timedelta(minutes=5)
"""How long a sender has before another one takes its notice for abandoned; longer than every time-out of a
channel."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)

Desks = Callable[[str], Desk]
"""Makes a desk with a session of its own for the system at a council."""


@dataclass(frozen=True)
class Prepared:
    """A notice marked as being sent, with its message."""

    notice: int
    message: Message


def deliver_due(
    desks: Desks, session: Session, channel: Channel | None, now: datetime, most: int = 100
) -> int:
    """Send what is due, oldest first, and return how many notices were handled.

    `session` only reads which notices are due. Each notice has its own transactions; one that fails stops no
    other.
    """
    due = session.execute(
        sa.text("SELECT council, notice_id FROM due_notices(:now, :most)"), {"now": now, "most": most}
    ).all()
    session.rollback()
    for council, notice in due:
        deliver(desks, council, notice, channel)
    return len(due)


def deliver(desks: Desks, council: str, notice: int, channel: Channel | None) -> None:
    """Send one notice, unless somebody else is sending it or it needs no sending any more."""
    desk = desks(council)
    try:
        with desk.session.begin():
            prepared = _prepare(desk, notice, channel)
        if prepared is None or channel is None:
            return
        outcome = _send(channel, prepared.message)
        with desk.session.begin():
            _conclude(desk, prepared.notice, outcome, channel)
    finally:
        desk.session.close()


def take_back(desk: Desk, undelivered: Mapping[str, str]) -> int:
    """Hold the notices of a council that their provider could not deliver; return how many.

    `undelivered` is what `Channel.came_back` tells. An address that does not exist is marked, so that nothing else
    leaves for it; after another failure only the notice waits for a person.
    """
    rows = desk.session.scalars(
        sa.select(Notice)
        .where(Notice.state == "sent", Notice.provider_reference.in_(sorted(undelivered)))
        .order_by(Notice.id)
        .with_for_update(skip_locked=True)
    ).all()
    for notice in rows:
        why = undelivered[notice.provider_reference or ""]
        if why == PERMANENT_FAILURE and notice.address:
            directory.bounced(desk, notice.address, f"the provider says: {why}", [notice.id])
        else:
            notice.state, notice.problem = "held", f"the provider says: {why}"
            incident(
                desk, notice, f"a notice was not delivered ({why}): release it to send it again, or cancel it"
            )
    return len(rows)


def _prepare(desk: Desk, number: int, channel: Channel | None) -> Prepared | None:
    now = desk.now()
    notice = desk.session.scalar(
        sa.select(Notice)
        .where(Notice.id == number, Notice.state.in_(("pending", "sending")), Notice.next_attempt <= now)
        .with_for_update(skip_locked=True)
    )
    if notice is None:
        return None
    if channel is None:
        notice.next_attempt = now + FIRST_WAIT
        incident(desk, None, NO_CHANNEL)
        return None
    if notice.state == "sending" and not _settle_doubt(desk, notice, channel):
        return None
    if notice.outside_request_id is not None:
        return _prepare_link(desk, notice)
    if notice.recipient.startswith(f"{PERSON}:"):
        return _prepare_for_person(desk, notice)
    if notice.recipient.startswith(f"{TYPED}:"):
        return _mark(desk, notice, "email", notice.recipient.partition(":")[2])
    return _prepare_for_recipient(desk, notice)


def _prepare_for_recipient(desk: Desk, notice: Notice) -> Prepared | None:
    """Mark a notice to a role or an outside body as being sent, and tell whoever is on duty for the role as well.

    As well, not instead: a role's address is what all its people read, and a rota may be out of date.
    """
    team, area = _where(desk, notice)
    if notice.attempts == 0 and notice.recipient.startswith("role:"):
        _tell_on_duty(desk, notice, team)
    found = directory.of_recipient(desk, notice.recipient, team=team, area=area)
    if found is None:
        notice.state, notice.problem = "held", MISSING_ADDRESS
        label = recipient_label(desk, notice.recipient)
        incident(desk, notice, f"no address is known for {label}: enter one under Addresses")
        return None
    return _mark(desk, notice, found.channel, found.address)


def _where(desk: Desk, notice: Notice) -> tuple[str, str]:
    """Return the team that a notice is for, and the area in which its child lives."""
    case = desk.session.get(CaseRecord, notice.case_id) if notice.case_id is not None else None
    pack = in_force(desk.session, local(desk.now()).date())[1]
    kind, _, name = notice.recipient.partition(":")
    role = pack.roles.get(name) if kind == "role" else None
    team = role.team if role is not None else ""
    if case is None:
        return team, ""
    moved = desk.session.scalar(
        sa.select(Transfer.to_team).where(
            Transfer.child_id == case.child_id, Transfer.from_team == team, Transfer.ended_at.is_(None)
        )
    )
    return moved or team, str(case.facts.get("placement.area") or "")


def _tell_on_duty(desk: Desk, notice: Notice, team: str) -> None:
    on_call = rotas.on_call(desk, notice.recipient.partition(":")[2], team)
    if on_call:
        subject, body = wording(desk, notice)
        person = f"{PERSON}:{on_call[0].account}"
        order(desk, f"{notice.key}/on-duty", person, notice.notice, subject, body, case=notice.case_id)


def _prepare_link(desk: Desk, notice: Notice) -> Prepared | None:
    """Mark a message with a link for somebody outside as being sent; none leaves for a request that has ended."""
    request = desk.session.get_one(OutsideRequest, notice.outside_request_id)
    try:
        return _mark(desk, notice, "email", request.address or "")
    except NotFound as error:
        notice.state, notice.next_attempt = "cancelled", None
        notice.problem = str(error)
        return None


def _prepare_for_person(desk: Desk, notice: Notice) -> Prepared | None:
    """Mark a message to one person as being sent; nothing is told to somebody whose account is closed."""
    number = int(notice.recipient.partition(":")[2])
    account = desk.session.get(Account, number)
    if account is not None:
        account = _who_is_here(desk, account)
    if account is None or account.disabled_at is not None:
        notice.state, notice.next_attempt = "cancelled", None
        notice.problem = "the account is closed"
        return None
    if not account.email:
        notice.state, notice.problem = "held", MISSING_ADDRESS
        incident(
            desk,
            notice,
            f"no e-mail address is known for {account.display_name}: enter one under Accounts, then send it again",
        )
        return None
    return _mark(desk, notice, "email", account.email)


def _who_is_here(desk: Desk, account: Account) -> Account:
    """Return who gets a person's messages today: the deputy where that person is out of the office."""
    absent = rotas.absences(desk)
    if account.id not in absent:
        return account
    able = set(
        desk.session.scalars(
            sa.select(Account.id).where(
                Account.id.in_({one.deputy for one in absent.values() if one.deputy is not None}),
                Account.disabled_at.is_(None),
            )
        )
    )
    here = present(account.id, absent, able)
    return account if here is None else desk.session.get_one(Account, here)


def _mark(desk: Desk, notice: Notice, channel: str, address: str) -> Prepared:
    now = desk.now()
    subject, body = wording(desk, notice)
    notice.state = "sending"
    notice.attempts += 1
    notice.channel, notice.address = channel, address
    notice.next_attempt = now + LEASE
    notice.problem = None
    domain = urlsplit(desk.settings.base_url).hostname or "localhost"
    notice.message_id = notice.message_id or f"notice-{notice.id}-{desk.council.code}@{domain}"
    return Prepared(notice.id, Message(notice.message_id, address, subject, body, now))


def _settle_doubt(desk: Desk, notice: Notice, channel: Channel) -> bool:
    """Find out what became of a send that never concluded; say whether the notice has to be sent again."""
    if not channel.can_be_asked:
        notice.state = "held"
        notice.problem = notice.problem or "a send was begun and nobody knows how it ended"
        incident(desk, notice, f"{notice.problem}: release it to send it again, or cancel it")
        return False
    try:
        reference = channel.find(notice.message_id or "")
    except NotAccepted as error:
        notice.next_attempt = desk.now() + FIRST_WAIT
        notice.problem = str(error)
        return False
    if reference is not None:
        _sent(desk, notice, reference)
        return False
    return True


@dataclass(frozen=True)
class _Outcome:
    """What came of one try: a reference where it was accepted, else the problem and its kind."""

    reference: str | None = None
    problem: str = ""
    kind: type[Exception] | None = None


def _send(channel: Channel, message: Message) -> _Outcome:
    try:
        return _Outcome(reference=channel.send(message))
    except (NotAccepted, Refused, Doubtful) as error:
        return _Outcome(problem=str(error), kind=type(error))


def _conclude(desk: Desk, number: int, outcome: _Outcome, channel: Channel) -> None:
    notice = desk.session.get(Notice, number, with_for_update=True)
    if notice is None or notice.state != "sending":
        return  # a person has decided meanwhile
    now = desk.now()
    if outcome.reference is not None:
        _sent(desk, notice, outcome.reference)
        return
    notice.problem = outcome.problem
    if outcome.kind is Doubtful and channel.can_be_asked:
        notice.next_attempt = now + FIRST_WAIT
    elif outcome.kind is Doubtful:
        notice.state = "held"
        incident(desk, notice, f"{outcome.problem}: release it to send it again, or cancel it")
    elif outcome.kind is Refused or notice.attempts >= TRIES:
        notice.state = "failed"
        incident(desk, notice, f"{outcome.problem}: mend it, then release the notice")
    else:
        notice.state = "pending"
        notice.next_attempt = now + min(FIRST_WAIT * int(2 ** (notice.attempts - 1)), LONGEST_WAIT)


def _sent(desk: Desk, notice: Notice, reference: str) -> None:
    notice.state = "sent"
    notice.sent_at = desk.now()
    notice.provider_reference = reference
    notice.problem = None
    notice.next_attempt = None
