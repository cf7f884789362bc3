"""Bringing a version into force: signed, verified, from a day on, with a note of what changes.

A version that lacks something of this goes into force only by an override, with its reason, by a publishing authority:
somebody to whom an administrator has given that role. Both stay with the publication. Nothing is ever taken out of the
record: going back to an earlier version publishes it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from engine.clock import local
from engine.services import access
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.drafting import review
from engine.services.drafting.drafts import DISCARDED, OPEN, PUBLISHED, DraftView, locked, version, view
from engine.services.drafting.review import Review
from engine.services.quality import signing
from engine.services.rows import at
from engine.store.packs import beside, put_beside
from engine.store.tables import Council, PackVersion, Publication

CHANGES = "CHANGELOG.md"
LONGEST = 4000
FARTHEST = timedelta(days=731)


@dataclass(frozen=True)
class PublicationRow:
    """A version that was put in force. `override` is the reason why without what it `lacked`."""

    id: int
    hash: str
    edition: str
    effective: date
    at: datetime
    name: str
    note: str
    override: str | None
    lacked: tuple[str, ...]
    draft: int | None
    retired: bool
    in_force: bool
    planned: bool
    """In force from a later day."""


def lacking(desk: Desk, draft: DraftView, found: Review | None = None) -> tuple[str, ...]:
    """Return what a draft lacks to be published, in words; nothing where it may be, or has ended.

    `found` is its review, where the caller has read it already.
    """
    if draft.state in {PUBLISHED, DISCARDED}:
        return ()
    if draft.inspection.faults:
        return ("There are faults in it: nothing with faults can run.",)
    told = list(_overtaken(desk, draft))
    found = found or review.of(desk, draft)
    if found is None:
        return (*told, "It has not been put forward to quality assurance.")
    if not found.current:
        return (*told, "It was changed after it was put forward: put it forward again.")
    if draft.state == OPEN:
        told.append("It was sent or taken back from quality assurance: put it forward again.")
    told += signing.obstacles(found.version)
    if not found.standing.signed:
        told.append("Quality assurance has not signed it off.")
    elif found.own_work:
        told.append("It was signed off by somebody who worked on it: another person has to sign it.")
    return tuple(told)


def _overtaken(desk: Desk, draft: DraftView) -> tuple[str, ...]:
    """Tell where another version than the one that a draft began with would be in force, now or later.

    Publishing such a draft would silently take back what somebody else changed.
    """
    last = last_in_line(desk)
    if last is None or last.pack_id == draft.base_id:
        return ()
    told = (
        f"Another version was published since it began, in force from {last.effective:%d/%m/%Y} "
        f"(“{last.note}”), and does not stand in it: carry the draft over to that version first."
    )
    return (told,)


def last_in_line(desk: Desk) -> Publication | None:
    """Return the publication that is in force at the end, when those planned for a later day have begun."""
    return desk.session.scalar(
        sa.select(Publication)
        .join(PackVersion, PackVersion.id == Publication.pack_id)
        .where(PackVersion.retired_at.is_(None))
        .order_by(Publication.effective.desc(), Publication.id.desc())
        .limit(1)
    )


def publish(
    desk: Desk,
    draft: int,
    *,
    effective: date,
    note: str,
    override: str = "",
    stands_for_it: bool = True,
    key: str | None = None,
) -> int:
    """Put a draft's version in force from a local day on; return the publication's number.

    With `override`, a reason, what it lacks is no obstacle for those who may, unless it cannot run at all. The same
    `key` publishes once. Raises InvalidAnswers, NotAllowed, NotFound, Conflict.
    """
    access.require(desk.caller, "publish")
    taken = once(desk, key, "publish_draft", [draft, effective, note, override])
    if not taken.first:
        return int(taken.result)
    _one_at_a_time(desk)
    row = locked(desk, draft)
    standing = view(desk, draft)
    lacks = lacking(desk, standing)
    problems = _problems(desk, effective, note)
    last = last_in_line(desk)
    if last is not None and last.pack_id == standing.base_id and effective < last.effective:
        problems["effective"] = (
            f"The version that this draft began with is in force from {last.effective:%d/%m/%Y}: "
            "choose that day or a later one"
        )
    if standing.inspection.faults:
        problems[""] = lacks[0]
    if not stands_for_it:
        problems["stands"] = "Tick the box if you stand for this version"
    if lacks and "" not in problems:
        if not override.strip():
            problems[""] = " ".join(("It cannot be published yet.", *lacks))
        elif len(override) > LONGEST:
            problems["override"] = f"Use at most {LONGEST} letters"
    if problems:
        raise InvalidAnswers(problems)
    if lacks:
        access.require(desk.caller, "override_publishing")
        review.store_candidate(desk, row, standing)
    if row.candidate_id is None:
        raise Conflict("this draft was never put forward")
    number = _publish(
        desk, row.candidate_id, effective, note, draft=draft, override=override if lacks else "", lacks=lacks
    )
    row.state, row.ended_at = PUBLISHED, desk.now()
    desk.session.flush()
    remember(desk, key, number)
    return number


def publish_again(desk: Desk, digest: str, *, effective: date, note: str, key: str | None = None) -> int:
    """Go back to a version that was in force before, from a local day on; return the publication's number.

    Raises InvalidAnswers, NotFound for a version that never was in force, Conflict where it is the last in line already.
    """
    access.require(desk.caller, "publish")
    taken = once(desk, key, "publish_again", [digest, effective, note])
    if not taken.first:
        return int(taken.result)
    _one_at_a_time(desk)
    if problems := _problems(desk, effective, note):
        raise InvalidAnswers(problems)
    number = version(desk, digest)
    if desk.session.scalar(sa.select(Publication.id).where(Publication.pack_id == number).limit(1)) is None:
        raise NotFound("this version has never been in force: publish the draft that it came from")
    last = last_in_line(desk)
    if last is not None and last.pack_id == number and last.effective <= effective:
        raise Conflict(
            f"this version is in force from {last.effective:%d/%m/%Y} already, and no other comes after it"
        )
    made = _publish(desk, number, effective, note)
    remember(desk, key, made)
    return made


def retire(desk: Desk, digest: str, reason: str = "") -> None:
    """Keep a version from starting any more cases; those that run on it go on. Retiring it twice changes nothing.

    Raises NotFound, Conflict where no other would be in force.
    """
    access.require(desk.caller, "publish")
    _one_at_a_time(desk)
    number = version(desk, digest)
    row = desk.session.get_one(PackVersion, number)
    if row.retired_at is not None:
        return
    if after_retiring(desk, number) is None:
        raise Conflict("no other version would be in force: publish another one first")
    row.retired_at = desk.now()
    record(desk, "procedure_retired", {"hash": row.hash, "reason": reason.strip()})
    desk.session.flush()


def after_retiring(desk: Desk, pack_id: int) -> str | None:
    """Return the hash of the version that is in force today once another is retired, None for none."""
    return desk.session.scalar(
        sa.select(PackVersion.hash)
        .join(Publication, PackVersion.id == Publication.pack_id)
        .where(
            Publication.effective <= local(desk.now()).date(),
            PackVersion.retired_at.is_(None),
            Publication.pack_id != pack_id,
        )
        .order_by(Publication.effective.desc(), Publication.id.desc())
        .limit(1)
    )


def publications(desk: Desk, digest: str | None = None) -> tuple[PublicationRow, ...]:
    """Return what was ever put in force, newest first; of one version where its hash is given."""
    access.require(desk.caller, "read_procedure")
    today = local(desk.now()).date()
    rows = desk.session.execute(
        sa.select(Publication, PackVersion.hash, PackVersion.edition, PackVersion.retired_at)
        .join(PackVersion, PackVersion.id == Publication.pack_id)
        .order_by(Publication.effective.desc(), Publication.id.desc())
    ).all()
    valid = [row for row in rows if row.retired_at is None]
    newest = next((row.Publication.id for row in valid if row.Publication.effective <= today), None)
    planned = {row.Publication.id for row in valid if row.Publication.effective > today}
    return tuple(
        PublicationRow(
            id=row.Publication.id,
            hash=row.hash,
            edition=row.edition,
            effective=row.Publication.effective,
            at=at(row.Publication.at),
            name=row.Publication.name,
            note=row.Publication.note,
            override=row.Publication.override,
            lacked=tuple(row.Publication.lacked),
            draft=row.Publication.draft_id,
            retired=row.retired_at is not None,
            in_force=row.Publication.id == newest,
            planned=row.Publication.id in planned,
        )
        for row in rows
        if digest is None or row.hash == digest
    )


def of_draft(desk: Desk, draft: int) -> PublicationRow | None:
    """Return the publication of a draft, None where it was not published."""
    return next((row for row in publications(desk) if row.draft == draft), None)


def _one_at_a_time(desk: Desk) -> None:
    """Let nobody else of the council publish until the transaction ends, so that what is last in line stays it."""
    desk.session.execute(
        sa.select(Council.id).where(Council.id == desk.council.id).with_for_update(key_share=True)
    )


def _problems(desk: Desk, effective: date, note: str) -> dict[str, str]:
    problems = {}
    today = local(desk.now()).date()
    if effective < today:
        problems["effective"] = "A version can be in force from today at the earliest"
    elif effective > today + FARTHEST:
        problems["effective"] = "Choose a day within the next two years"
    if not note.strip():
        problems["note"] = "Say what changes, for everybody who works with the procedure"
    elif len(note) > LONGEST:
        problems["note"] = f"Use at most {LONGEST} letters"
    return problems


def _publish(
    desk: Desk,
    pack_id: int,
    effective: date,
    note: str,
    *,
    draft: int | None = None,
    override: str = "",
    lacks: tuple[str, ...] = (),
) -> int:
    row = Publication(
        pack_id=pack_id,
        draft_id=draft,
        effective=effective,
        at=desk.now(),
        account_id=desk.caller.account,
        name=desk.caller.name,
        note=note.strip(),
        override=override.strip() or None,
        lacked=list(lacks),
    )
    desk.session.add(row)
    published = desk.session.get_one(PackVersion, pack_id)
    published.retired_at = None
    desk.session.flush()
    _note_change(desk, pack_id, effective, note.strip())
    detail = {"hash": published.hash, "effective": effective.isoformat(), "override": row.override}
    record(desk, "procedure_published", detail)
    return row.id


def _note_change(desk: Desk, pack_id: int, effective: date, note: str) -> None:
    """Write the note at the head of the change log that lies beside the version."""
    files = beside(desk.session, pack_id)
    before = files.get(CHANGES, b"# Changes\n").decode("utf-8", "replace")
    head, _, rest = before.partition("\n")
    files[CHANGES] = f"{head}\n\n## In force from {effective.isoformat()}\n\n{note}\n{rest}".encode()
    put_beside(desk.session, pack_id, files, desk.now())
