"""A person's limits as a calendar (RFC 5545), under a secret address that a calendar program can subscribe to.

The address opens this calendar and nothing else; only a hash of its secret is stored, so that it is shown once. What it
shows names no child: the duty, the case's reference, and a link that asks for the sign-in.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from icalendar import Calendar, Event
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine.clock import local
from engine.pack.model import Pack
from engine.services import access, tasks
from engine.services.accounts import resume
from engine.services.desk import Caller, Desk, NotAllowed, NotFound, once, record
from engine.services.rows import at
from engine.services.tasks import TaskFilter, TaskRow
from engine.services.tasks.lists import LARGEST_PAGE
from engine.services.tasks.rows import AGREED
from engine.store.database import enter_council
from engine.store.packs import in_force
from engine.store.tables import Account, CalendarFeed

SHOWN = timedelta(minutes=30)
"""How long before its limit a task begins in the calendar, where it would otherwise have no length to be seen by."""
LISTED = 5
"""So many pages of a list at most are read: nobody has more tasks."""


@dataclass(frozen=True)
class Feed:
    """A calendar as it is sent. `tag` changes whenever its content does."""

    content: bytes
    tag: str


def make(desk: Desk, key: str | None = None) -> str | None:
    """Make the caller a new secret, in place of the one before, which opens nothing any more; return it.

    A form that is sent again makes none: it returns None, because the secret is not known any more.
    """
    if desk.caller.account is None:
        raise NotAllowed("only a person has a calendar")
    if not once(desk, key, "make_calendar_feed", None).first:
        return None
    secret = secrets.token_urlsafe(32)
    values = {"secret_hash": _hashed(secret), "made_at": desk.now()}
    desk.session.execute(
        insert(CalendarFeed)
        .values(account_id=desk.caller.account, **values)
        .on_conflict_do_update(index_elements=[CalendarFeed.account_id], set_=values)
    )
    desk.session.expire_all()
    record(desk, "calendar_feed_made")
    return secret


def end(desk: Desk, account: int | None = None) -> bool:
    """End the address of the caller, or of an account that is closed; say whether there was one."""
    number = desk.caller.account if account is None else account
    gone = desk.session.scalar(
        sa.delete(CalendarFeed).where(CalendarFeed.account_id == number).returning(CalendarFeed.account_id)
    )
    if gone is not None:
        record(desk, "calendar_feed_ended", {"account": number})
    return gone is not None


def made_at(desk: Desk) -> datetime | None:
    """Return when the caller's address was made, None where there is none."""
    row = desk.session.get(CalendarFeed, desk.caller.account or 0)
    return None if row is None else at(row.made_at)


def owner(session: Session, secret: str) -> Caller:
    """Return whose calendar a secret opens, and enter that person's council; raises NotFound for any other."""
    found = session.execute(
        sa.text("SELECT council, account_id FROM calendar_feed_of(:secret)"), {"secret": _hashed(secret)}
    ).one_or_none()
    if found is None:
        raise NotFound("this calendar address opens nothing: make a new one under Preferences")
    enter_council(session, found.council)
    epoch = session.scalar(sa.select(Account.session_epoch).where(Account.id == found.account_id))
    caller = resume(session, found.council, found.account_id, epoch or 0)
    if caller is None:
        raise NotFound("this calendar address opens nothing: make a new one under Preferences")
    return caller


def feed(desk: Desk) -> Feed:
    """Return the caller's open tasks that have a limit, as a calendar; the read is logged."""
    access.log(desk, "calendar_feed")
    _, pack = in_force(desk.session, local(desk.now()).date())
    shown = Calendar()
    shown.add("prodid", "-//Homeward//Limits//EN")
    shown.add("version", "2.0")
    shown.add("calscale", "GREGORIAN")
    shown.add("method", "PUBLISH")
    shown.add("x-wr-calname", "Homeward: your limits")
    shown.add("refresh-interval", timedelta(minutes=30), {"VALUE": "DURATION"})
    for row in _tasks(desk):
        shown.add_component(_event(desk, pack, row))
    content: bytes = shown.to_ical()
    return Feed(content, hashlib.sha256(content).hexdigest()[:32])


def _tasks(desk: Desk) -> list[TaskRow]:
    rows: list[TaskRow] = []
    for whose in ("mine", "waiting"):
        for number in range(1, LISTED + 1):
            page = tasks.list(desk, TaskFilter(whose=whose), page=number, size=LARGEST_PAGE)
            rows += [row for row in page.rows if row.due is not None]
            if number >= page.pages:
                break
    return rows


def _event(desk: Desk, pack: Pack, row: TaskRow) -> Event:
    due = row.due
    assert due is not None
    base = desk.settings.base_url
    known = pack.vocabulary.obligations
    what = "; ".join(known[one].meaning for one in row.obligations if one in known)
    what = what or (AGREED if row.agreed else row.name)
    link = f"{base}/tasks/{row.id}"
    event = Event()
    event.add("uid", f"task-{row.id}@{urlsplit(base).hostname or 'localhost'}")
    event.add("dtstamp", row.created.astimezone(UTC))
    if row.whole_day:
        event.add("dtstart", due.date())
        event.add("dtend", due.date() + timedelta(days=1))
    else:
        event.add("dtstart", due.astimezone(UTC) - SHOWN)
        event.add("dtend", due.astimezone(UTC))
    event.add("summary", f"Due: {what} ({row.reference})")
    event.add("description", f"Case {row.reference}\n{link}")
    event.add("url", link)
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    event.add("categories", ["Homeward"])
    return event


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
