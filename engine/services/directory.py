"""The directory: where a notice to a role or an outside body goes, by team and area, from one day to another.

Of the entries that hold on a day the one that says most is taken. A recipient without an address that works keeps its
notices held under an incident: an address that bounces is no better than none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from engine.clock import local
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.notices import BOUNCED, checked_address, incident, recipient_label, release_held
from engine.services.rows import at_or_none
from engine.services.tabular import Column, read_table, write_csv
from engine.services.written import read_date
from engine.store.packs import in_force
from engine.store.tables import DirectoryEntry, Incident, Notice

SOON = timedelta(days=30)
"""An address that ends within this time without another one is shown."""
BOUNCES_KEPT = timedelta(days=14)
"""So far back a person can say of a notice that it came back."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Address:
    """Where a notice goes now. `deputy`: the recipient's own address has bounced."""

    entry: int
    channel: str
    address: str
    deputy: bool = False


@dataclass(frozen=True)
class EntryView:
    """An entry of the directory. `state` is holds, later, over or bounced."""

    id: int
    recipient: str
    label: str
    team: str
    area: str
    address: str
    deputy_address: str | None
    note: str | None
    since: date
    until: date | None
    bounced_at: datetime | None
    bounced_why: str | None
    state: str


@dataclass(frozen=True)
class RecipientRow:
    """A recipient with its entries. `problem` says that it has no address that works, or soon will have none."""

    recipient: str
    label: str
    address: str | None
    problem: str | None
    entries: tuple[EntryView, ...]
    named: bool
    """Whether the procedure's notices name it."""


@dataclass(frozen=True)
class SentNotice:
    """A notice that was sent to an address."""

    id: int
    sent: datetime | None


@dataclass(frozen=True)
class Brought:
    """What came of a file of addresses: entries made, rows that said nothing new, and rows with what is wrong."""

    entered: int
    unchanged: int
    problems: tuple[tuple[int, str], ...]


# --- looking up


def of_recipient(
    desk: Desk, recipient: str, *, team: str = "", area: str = "", day: date | None = None
) -> Address | None:
    """Return the address of a recipient on a day (today): the entry that says most about team and area.

    None where no entry holds, or where the address and the deputy's have both bounced.
    """
    entries = desk.session.scalars(
        sa.select(DirectoryEntry).where(
            DirectoryEntry.recipient == recipient,
            DirectoryEntry.team.in_(sorted({"", team})),
            DirectoryEntry.area.in_(sorted({"", area})),
        )
    ).all()
    return choose(entries, day or local(desk.now()).date())


def choose(entries: Iterable[DirectoryEntry], day: date) -> Address | None:
    """Return the address that entries of one recipient, team and area give on a day, the most particular first."""
    holding = [one for one in entries if one.since <= day and (one.until is None or day <= one.until)]
    holding.sort(key=lambda one: (one.team != "", one.area != "", one.since, one.id), reverse=True)
    for one in holding:
        if one.bounced_at is None:
            return Address(one.id, one.channel, one.address)
        if one.deputy_address and one.deputy_bounced_at is None:
            return Address(one.id, one.channel, one.deputy_address, deputy=True)
    return None


def addresses(desk: Desk) -> dict[str, str]:
    """Return the address of every recipient that has one today, for all teams and areas."""
    day = local(desk.now()).date()
    found: dict[str, list[DirectoryEntry]] = {}
    for one in desk.session.scalars(
        sa.select(DirectoryEntry).where(DirectoryEntry.team == "", DirectoryEntry.area == "")
    ):
        found.setdefault(one.recipient, []).append(one)
    chosen = {recipient: choose(entries, day) for recipient, entries in found.items()}
    return {recipient: one.address for recipient, one in chosen.items() if one is not None}


def recipients(desk: Desk) -> tuple[RecipientRow, ...]:
    """List everybody whom the council's notices name, or who has an entry: those with a problem first."""
    access.require(desk.caller, "change_directory")
    pack, today = _pack(desk), local(desk.now()).date()
    entries: dict[str, list[DirectoryEntry]] = {}
    for one in desk.session.scalars(
        sa.select(DirectoryEntry).order_by(
            DirectoryEntry.team, DirectoryEntry.area, DirectoryEntry.since.desc(), DirectoryEntry.id.desc()
        )
    ):
        entries.setdefault(one.recipient, []).append(one)
    named = named_by(pack)
    rows = []
    for recipient in sorted(named | set(entries)):
        own = entries.get(recipient, [])
        label = recipient_label(desk, recipient)
        now = choose([one for one in own if not one.team and not one.area], today)
        rows.append(
            RecipientRow(
                recipient,
                label,
                None if now is None else now.address,
                _problem(own, today) if recipient in named else None,
                tuple(_view(one, label, today) for one in own),
                recipient in named,
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.problem is None, row.label.casefold())))


def named_by(pack: Pack) -> set[str]:
    """Return the recipients that a procedure's notices name."""
    return {
        f"role:{notice.to_role}" if notice.to_role is not None else f"outside:{notice.to_outside}"
        for notice in pack.notices.values()
    }


def _problem(entries: Sequence[DirectoryEntry], today: date) -> str | None:
    whole = [one for one in entries if not one.team and not one.area]
    now = choose(whole, today)
    if now is None:
        if any(one.bounced_at is not None and _holds(one, today) for one in whole):
            return "Its address bounced: notices to it are held"
        return "No address: notices to it are held"
    if now.deputy:
        return "Its address bounced: notices go to the deputy’s address"
    ends = min((one.until for one in whole if one.until is not None and one.until >= today), default=None)
    if ends is not None and ends - today < SOON and choose(whole, ends + _DAY) is None:
        return f"Its address ends on {ends.day} {ends:%B %Y}, and no other follows"
    return None


def _holds(one: DirectoryEntry, day: date) -> bool:
    return one.since <= day and (one.until is None or day <= one.until)


def _view(one: DirectoryEntry, label: str, today: date) -> EntryView:
    state = "holds"
    if one.until is not None and one.until < today:
        state = "over"
    elif one.since > today:
        state = "later"
    elif one.bounced_at is not None:
        state = "bounced"
    return EntryView(
        one.id,
        one.recipient,
        label,
        one.team,
        one.area,
        one.address,
        one.deputy_address,
        one.note,
        one.since,
        one.until,
        at_or_none(one.bounced_at),
        one.bounced_why,
        state,
    )


def entry(desk: Desk, entry_id: int) -> EntryView:
    """Return one entry. Raises NotFound."""
    access.require(desk.caller, "change_directory")
    found = desk.session.get(DirectoryEntry, entry_id)
    if found is None:
        raise NotFound("there is no such address")
    return _view(found, recipient_label(desk, found.recipient), local(desk.now()).date())


def areas(desk: Desk) -> tuple[str, ...]:
    """Return the areas that an entry can be for: where a child lives, in the vocabulary's words."""
    fact = _pack(desk).vocabulary.facts.get("placement.area")
    return () if fact is None else tuple(fact.values)


# --- changing


def enter(
    desk: Desk,
    recipient: str,
    address: str,
    *,
    team: str = "",
    area: str = "",
    deputy_address: str | None = None,
    since: date | None = None,
    until: date | None = None,
    note: str | None = None,
    key: str | None = None,
) -> int | None:
    """Enter where a recipient's notices go from a day on; return the entry's id, None where that stood there already.

    An entry for the same recipient, team and area that would hold at the same time ends the day before. Notices that
    were held because there was no address leave now.
    """
    access.require(desk.caller, "change_directory")
    address, deputy_address = address.strip(), (deputy_address or "").strip() or None
    today = local(desk.now()).date()
    since = since or today
    _check(desk, recipient, address, deputy_address, area, since, until)
    asked = [recipient, address, team, area, deputy_address, str(since), str(until), note]
    taken = once(desk, key, "enter_address", asked)
    if not taken.first:
        return None if taken.result is None else int(taken.result)
    standing = desk.session.scalars(
        sa.select(DirectoryEntry)
        .where(
            DirectoryEntry.recipient == recipient, DirectoryEntry.team == team, DirectoryEntry.area == area
        )
        .order_by(DirectoryEntry.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    wanted = (address, deputy_address, until)
    if any(
        _holds(one, since)
        and one.bounced_at is None
        and (one.address, one.deputy_address, one.until) == wanted
        for one in standing
    ):
        return None
    made = DirectoryEntry(
        council_id=desk.council.id,
        recipient=recipient,
        team=team,
        area=area,
        channel="email",
        address=address,
        deputy_address=deputy_address,
        note=(note or "").strip() or None,
        since=since,
        until=until,
        entered_at=desk.now(),
        entered_by=desk.caller.account,
    )
    for one in standing:
        if (one.until is None or one.until >= since) and (until is None or one.since <= until):
            one.until = since - _DAY  # one that would begin later is over before it began
    desk.session.add(made)
    desk.session.flush()
    _release(desk, recipient)
    record(
        desk,
        "address_entered",
        {
            "entry": made.id,
            "recipient": recipient,
            "address": address,
            "team": team,
            "area": area,
            "since": str(since),
            "until": str(until),
        },
    )
    remember(desk, key, made.id)
    return made.id


def _check(
    desk: Desk,
    recipient: str,
    address: str,
    deputy_address: str | None,
    area: str,
    since: date,
    until: date | None,
) -> None:
    """Raise InvalidAnswers for an entry that cannot be kept."""
    problems = {}
    for name, given in (("address", address), ("deputy_address", deputy_address)):
        try:
            checked_address(given or "a@b.c")
        except InvalidAnswers as error:
            problems[name] = error.problems["address"]
    if not address:
        problems["address"] = "is missing"
    if not recipient.startswith(("role:", "outside:")) or not recipient.partition(":")[2].strip():
        problems["recipient"] = "begins with role: or outside: and names somebody"
    if until is not None and until < max(since, local(desk.now()).date()):
        problems["until"] = "lies before the first day, or in the past"
    known = areas(desk) if area else ()
    if known and area not in known:
        problems["area"] = "is no area of the vocabulary"
    if problems:
        raise InvalidAnswers(problems)


def end(desk: Desk, entry_id: int, last: date, key: str | None = None) -> None:
    """Let an entry hold until a day (included); today or later."""
    access.require(desk.caller, "change_directory")
    found = desk.session.get(DirectoryEntry, entry_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("there is no such address")
    if last < max(found.since, local(desk.now()).date()):
        raise InvalidAnswers({"until": "lies before its first day, or in the past"})
    if once(desk, key, f"end_address_{entry_id}", str(last)).first:
        found.until = last
        desk.session.flush()
        record(desk, "address_ended", {"entry": entry_id, "until": str(last)})


def _release(desk: Desk, recipient: str) -> None:
    """Let notices leave that were held because their recipient had no address that works."""
    if of_recipient(desk, recipient) is None:
        return
    release_held(desk, recipient)
    for row in desk.session.scalars(
        sa.select(Incident).where(
            Incident.kind == "notice",
            Incident.resolved_at.is_(None),
            Incident.act == {"recipient": recipient},
        )
    ):
        row.resolved_at, row.resolved_by = desk.now(), desk.caller.account
        row.resolution = "another address was entered"
    desk.session.flush()


# --- bounces


def sent_to(desk: Desk, address: str) -> tuple[SentNotice, ...]:
    """Return the notices that were sent to an address lately, newest first: which of them came back?"""
    rows = desk.session.execute(
        sa.select(Notice.id, Notice.sent_at)
        .where(Notice.address == address, Notice.state == "sent", Notice.sent_at > desk.now() - BOUNCES_KEPT)
        .order_by(Notice.id.desc())
        .limit(50)
    )
    return tuple(SentNotice(row.id, at_or_none(row.sent_at)) for row in rows)


def report_bounce(
    desk: Desk, entry_id: int, why: str, came_back: Collection[int] = (), key: str | None = None
) -> None:
    """Mark that mail to an entry's address came back, and hold the notices that did: a person's word.

    They leave again by the deputy's address where there is one; else an incident says that nobody has been told.
    """
    access.require(desk.caller, "change_directory")
    if not why.strip():
        raise InvalidAnswers({"why": "is missing: say what the message that came back said"})
    found = desk.session.get(DirectoryEntry, entry_id)
    if found is None:
        raise NotFound("there is no such address")
    if once(desk, key, f"report_bounce_{entry_id}", [why, sorted(came_back)]).first:
        used = (
            found.deputy_address if found.bounced_at is not None and found.deputy_address else found.address
        )
        bounced(desk, used, why.strip(), came_back)


def bounced(desk: Desk, address: str, why: str, came_back: Collection[int]) -> None:
    """Mark an address as one that mail comes back from, wherever it stands, and hold what came back."""
    now, today = desk.now(), local(desk.now()).date()
    concerned: dict[str, str] = {}
    for one in desk.session.scalars(
        sa.select(DirectoryEntry)
        .where(sa.or_(DirectoryEntry.address == address, DirectoryEntry.deputy_address == address))
        .order_by(DirectoryEntry.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ):
        if not _holds(one, today):
            continue
        if one.address == address and one.bounced_at is None:
            one.bounced_at, one.bounced_why = now, why[:500]
        if one.deputy_address == address and one.deputy_bounced_at is None:
            one.deputy_bounced_at = now
        concerned[one.recipient] = recipient_label(desk, one.recipient)
    notices = desk.session.scalars(
        sa.select(Notice)
        .where(Notice.id.in_(sorted(came_back)), Notice.address == address, Notice.state == "sent")
        .order_by(Notice.id)
        .with_for_update()
    ).all()
    for notice in notices:
        notice.state, notice.problem, notice.sent_at = "held", BOUNCED, None
        notice.message_id = (
            f"again-{notice.attempts}-{notice.message_id}"  # another message than the one that bounced
        )
    desk.session.flush()
    for notice in notices:
        if notice.recipient in concerned and _has_address(desk, notice.recipient):
            notice.state, notice.problem, notice.next_attempt = "pending", None, now
        else:
            label = concerned.get(notice.recipient) or recipient_label(desk, notice.recipient)
            incident(
                desk,
                notice,
                f"a notice to {label} came back: enter another address, and tell them by other means",
            )
    for recipient, label in concerned.items():
        _open_incident(desk, recipient, f"mail to {label} comes back from its address: enter another one")
    desk.session.flush()
    record(desk, "address_bounced", {"address": address, "why": why[:500], "notices": sorted(came_back)})


def _has_address(desk: Desk, recipient: str) -> bool:
    return of_recipient(desk, recipient) is not None


def _open_incident(desk: Desk, recipient: str, message: str) -> None:
    """Show once that a recipient's address does not work; entering another one closes it."""
    act = {"recipient": recipient}
    standing = desk.session.scalar(
        sa.select(Incident.id).where(
            Incident.kind == "notice", Incident.resolved_at.is_(None), Incident.act == act
        )
    )
    if standing is None:
        now = desk.now()
        desk.session.add(
            Incident(
                council_id=desk.council.id,
                kind="notice",
                message=message,
                act=act,
                opened_at=now,
                last_at=now,
            )
        )


# --- files


COLUMNS = (
    Column("recipient", "role:<id> or outside:<name>", required=True),
    Column("team", "only for this team; empty for all"),
    Column("area", "only for children who live there; empty for all"),
    Column("address", "an e-mail address", also=("email",), required=True),
    Column("deputy_address", "used when mail to the address comes back"),
    Column("since", "the first day, as 2026-05-12; empty for today"),
    Column("until", "the last day; empty where it goes on"),
    Column("note", "for whoever looks after the addresses"),
)
"""The columns of a file of addresses."""


def as_csv(desk: Desk) -> str:
    """Return every entry that holds or will hold, as CSV that can be brought in again."""
    rows = [
        (
            one.recipient,
            one.team,
            one.area,
            one.address,
            one.deputy_address or "",
            str(one.since),
            str(one.until or ""),
            one.note or "",
        )
        for row in recipients(desk)
        for one in row.entries
        if one.state != "over"
    ]
    return write_csv([column.name for column in COLUMNS], rows)


def bring_in(desk: Desk, name: str, data: bytes, key: str | None = None) -> Brought:
    """Enter the addresses of a file, row by row; a row that cannot be read is named and stops no other."""
    access.require(desk.caller, "change_directory")
    table = read_table(name, data, COLUMNS)
    entered = unchanged = 0
    problems: list[tuple[int, str]] = []
    for row in table.rows:
        if row.problem is not None:
            problems.append((row.line, row.problem))
            continue
        try:
            made = _bring(desk, row.values)
        except (InvalidAnswers, ValueError) as error:
            problems.append((row.line, str(error)))
        else:
            entered += made is not None
            unchanged += made is None
    if entered:
        record(desk, "addresses_brought_in", {"file": name[:200], "entered": entered})
    return Brought(entered, unchanged, tuple(problems))


def _bring(desk: Desk, values: Mapping[str, str]) -> int | None:
    day = {name: read_date(values[name]) for name in ("since", "until") if values.get(name)}
    return enter(
        desk,
        values.get("recipient", ""),
        values.get("address", ""),
        team=values.get("team", ""),
        area=values.get("area", ""),
        deputy_address=values.get("deputy_address"),
        since=day.get("since"),
        until=day.get("until"),
        note=values.get("note"),
    )


def _pack(desk: Desk) -> Pack:
    return in_force(desk.session, local(desk.now()).date())[1]
