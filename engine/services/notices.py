"""The outbox as people look after it, the addresses notices go to, and the words they leave with.

No text here can name a child: a notice's placeholders are the link, the council, the obligation, the limit
and the case's reference, and the reader of packs refuses all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from engine.clock import local
from engine.pack.model import Pack
from engine.services.desk import (
    ADMINISTRATOR,
    Desk,
    InvalidAnswers,
    NotAllowed,
    NotFound,
    once,
    record,
    remember,
)
from engine.services.outside import mail as outside_mail
from engine.store.packs import in_force, pack_of
from engine.store.queue import defer
from engine.store.tables import Account, CaseRecord, Incident, LedgerEntry, Notice, PackVersion

TRIES = 12
MISSING_ADDRESS = "no address is known for the recipient"
BOUNCED = "it came back from the address"
NO_CHANNEL = (
    "notices wait because no way to send them is set up: set HOMEWARD_SMTP_HOST and HOMEWARD_MAIL_FROM,"
    " or HOMEWARD_MAIL"
)
PERSON = "account"
"""What the recipient of a message to one person begins with: `account:<id>`."""
TYPED = "email"
"""What the recipient begins with where somebody typed the address itself: `email:<address>`."""
STATES = ("pending", "sending", "sent", "failed", "held", "cancelled")
LEFT = ("sent", "sending")
"""States of a notice that nobody can call back."""


@dataclass(frozen=True)
class NoticeRow:
    """A notice in the outbox."""

    id: int
    case_id: int | None
    reference: str | None
    notice: str
    subject: str
    recipient: str
    address: str | None
    state: str
    attempts: int
    created_at: datetime
    next_attempt: datetime | None
    sent_at: datetime | None
    problem: str | None


def outbox(
    desk: Desk, *, states: tuple[str, ...] = (), page: int = 1, size: int = 25
) -> tuple[tuple[NoticeRow, ...], int]:
    """Return a page of the outbox, newest first, and how many notices there are in these states (all without
    any)."""
    _administrators_only(desk)
    wanted = [Notice.state.in_(states)] if states else []
    count = desk.session.scalar(sa.select(sa.func.count()).select_from(Notice).where(*wanted)) or 0
    found = desk.session.execute(
        sa.select(Notice, CaseRecord.reference, CaseRecord.pack_id)
        .outerjoin(CaseRecord, CaseRecord.id == Notice.case_id)
        .where(*wanted)
        .order_by(Notice.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    return tuple(
        NoticeRow(
            notice.id,
            notice.case_id,
            reference,
            notice.notice,
            _subject(desk, notice, pack),
            recipient_label(desk, notice.recipient),
            notice.address,
            notice.state,
            notice.attempts,
            notice.created_at,
            notice.next_attempt,
            notice.sent_at,
            notice.problem,
        )
        for notice, reference, pack in found
    ), count


def _subject(desk: Desk, notice: Notice, pack_id: int | None) -> str:
    if notice.subject is not None:
        return notice.subject
    text = _pack(desk, pack_id).notices.get(notice.notice)
    return notice.notice if text is None else text.subject


def release(desk: Desk, notice_id: int, *, reason: str, key: str | None = None) -> None:
    """Send a held or failed notice again, on the word of a person who knows that it did not arrive."""
    notice = _decided(desk, notice_id, "release", reason, key)
    if notice is None:
        return
    notice.state, notice.attempts, notice.problem = "pending", 0, None
    notice.next_attempt = desk.now()
    _resolve(desk, notice, f"released: {reason}")
    record(desk, "notice_released", {"notice": notice_id, "reason": reason})
    remember(desk, key, None)


def cancel(desk: Desk, notice_id: int, *, reason: str, key: str | None = None) -> None:
    """Take a notice that has not left out of the outbox; what it told must then be told by other means."""
    notice = _decided(desk, notice_id, "cancel", reason, key)
    if notice is None:
        return
    notice.state, notice.next_attempt = "cancelled", None
    notice.problem = reason
    _resolve(desk, notice, f"cancelled: {reason}")
    record(desk, "notice_cancelled", {"notice": notice_id, "reason": reason})
    remember(desk, key, None)


def _decided(desk: Desk, notice_id: int, act: str, reason: str, key: str | None) -> Notice | None:
    """Return the notice that a person decides about, locked; None where the form was sent before."""
    _administrators_only(desk)
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say how you know"})
    if not once(desk, key, f"{act}_notice_{notice_id}", reason).first:
        return None
    notice = desk.session.get(Notice, notice_id, with_for_update=True)
    if notice is None:
        raise NotFound("there is no such notice")
    allowed = ("held", "failed") if act == "release" else ("held", "failed", "pending")
    if notice.state not in allowed:
        raise NotAllowed(
            f"the notice is {notice.state}: only one that is {' or '.join(allowed)} can be {act}ed"
        )
    return notice


def checked_address(address: str) -> str:
    """Return an e-mail address without spaces around it; raise InvalidAnswers for what cannot be one."""
    address = address.strip()
    local_part, _, domain = address.partition("@")
    if not local_part or "." not in domain or any(c.isspace() or c in "<>,;" for c in address):
        raise InvalidAnswers({"address": "is no e-mail address"})
    return address


def release_held(desk: Desk, recipient: str) -> None:
    """Let the notices leave that were held because no address was known for a recipient."""
    held = desk.session.scalars(
        sa.select(Notice)
        .where(
            Notice.recipient == recipient,
            Notice.state == "held",
            Notice.problem.in_((MISSING_ADDRESS, BOUNCED)),
        )
        .with_for_update()
    )
    for notice in held:
        notice.state, notice.problem, notice.next_attempt = "pending", None, desk.now()
        _resolve(desk, notice, "an address was entered")


def order(
    desk: Desk, key: str, recipient: str, notice: str, subject: str, body: str, *, case: int | None = None
) -> bool:
    """Put a message of our own words into the outbox; say whether this was the first with its key.

    `recipient` is `account:<id>`, `role:<id>` or `outside:<name>`; `notice` is a word for what it is. The words may
    name no child.
    """
    now = desk.now()
    taken = desk.session.scalar(
        insert(Notice)
        .values(
            case_id=case,
            key=key,
            notice=notice,
            recipient=recipient,
            subject=subject,
            body=body,
            created_at=now,
            next_attempt=now,
        )
        .on_conflict_do_nothing(index_elements=[Notice.council_id, Notice.key])
        .returning(Notice.id)
    )
    if taken is not None:
        defer(desk.session, "deliver_notices", {"council": desk.caller.council})
    return taken is not None


def recipient_label(desk: Desk, recipient: str) -> str:
    """Return a recipient as people know it."""
    kind, _, name = recipient.partition(":")
    if kind == PERSON:
        found = desk.session.scalar(sa.select(Account.display_name).where(Account.id == int(name)))
        return found or "somebody who is not known"
    if kind == TYPED:
        return name
    role = _pack(desk, None).roles.get(name) if kind == "role" else None
    return role.label if role is not None else name.replace("_", " ")


def wording(desk: Desk, notice: Notice) -> tuple[str, str]:
    """Return subject and body of a notice: its own words, or those of the pack that its case runs on."""
    if notice.outside_request_id is not None:
        return outside_mail.wording(desk, notice)
    if notice.subject is not None and notice.body is not None:
        return notice.subject, notice.body
    case = desk.session.get(CaseRecord, notice.case_id) if notice.case_id is not None else None
    pack = _pack(desk, None if case is None else case.pack_id)
    text = pack.notices.get(notice.notice)
    if text is None:
        raise NotFound(f"{pack.id} edition {pack.edition} has no notice {notice.notice}")
    entries = (
        desk.session.scalars(
            sa.select(LedgerEntry)
            .where(LedgerEntry.case_id == notice.case_id, LedgerEntry.number.in_(notice.entries))
            .order_by(LedgerEntry.number)
        ).all()
        if case is not None and notice.entries
        else []
    )
    dues = [entry.due for entry in entries if entry.due is not None]
    words = {
        "link": f"{desk.settings.base_url}/cases/{case.id}" if case is not None else desk.settings.base_url,
        "council": pack.name,
        "obligation": "; ".join(_meaning(pack, entry.obligation) for entry in entries),
        "due": due_words(min(dues, default=None)),
        "reference": case.reference if case is not None else "",
    }
    return filled(text.subject, words), filled(text.body, words)


def _meaning(pack: Pack, obligation: str) -> str:
    known = pack.vocabulary.obligations.get(obligation)
    return known.meaning if known is not None else obligation.replace("_", " ")


def due_words(due: datetime | None) -> str:
    """Return a limit as a notice names it."""
    return f"{local(due):%A %d %B %Y, %H:%M}" if due is not None else "no limit is stated"


def filled(text: str, words: Mapping[str, str]) -> str:
    """Return a notice's text with its placeholders filled in."""
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    return text


def _pack(desk: Desk, pack_id: int | None) -> Pack:
    if pack_id is None:
        return in_force(desk.session, local(desk.now()).date())[1]
    digest = desk.session.scalar(sa.select(PackVersion.hash).where(PackVersion.id == pack_id))
    return pack_of(desk.session, pack_id, digest or "")


def incident(desk: Desk, notice: Notice | None, message: str) -> None:
    """Open an incident about a notice (or, without one, about the outbox), once while it stands open."""
    act: dict[str, Any] = {"notice": None if notice is None else notice.id}
    standing = desk.session.scalar(
        sa.select(Incident)
        .where(Incident.kind == "notice", Incident.resolved_at.is_(None), Incident.act == act)
        .limit(1)
    )
    now = desk.now()
    if standing is not None:
        standing.last_at, standing.message = now, message
        standing.attempts += 1
        return
    desk.session.add(
        Incident(
            council_id=desk.council.id,
            case_id=None if notice is None else notice.case_id,
            kind="notice",
            element=None if notice is None else notice.element,
            message=message,
            act=act,
            opened_at=now,
            last_at=now,
        )
    )


def _resolve(desk: Desk, notice: Notice, resolution: str) -> None:
    for row in desk.session.scalars(
        sa.select(Incident).where(
            Incident.kind == "notice", Incident.resolved_at.is_(None), Incident.act == {"notice": notice.id}
        )
    ):
        row.resolved_at, row.resolved_by = desk.now(), desk.caller.account
        row.resolution = resolution


def _administrators_only(desk: Desk) -> None:
    if ADMINISTRATOR not in desk.caller.roles:
        raise NotAllowed("only an administrator looks after the outbox")
