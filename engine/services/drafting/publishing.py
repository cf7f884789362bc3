"""Bringing a version into force: signed, verified, from a day on, with a note of what changes.

A version that lacks something of this goes into force only by an override, with its reason, by somebody who answers for
the whole service; both stay with the publication. Nothing is ever taken out of the record: going back to an earlier
version publishes it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from engine.clock import local
from engine.services import access
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, record
from engine.services.drafting import review
from engine.services.drafting.drafts import PUBLISHED, DraftView, locked, version, view
from engine.services.quality import signing
from engine.services.rows import at
from engine.store.packs import beside, in_force, put_beside
from engine.store.tables import PackVersion, Publication

CHANGES = "CHANGELOG.md"
LONGEST = 4000


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


def lacking(desk: Desk, draft: DraftView) -> tuple[str, ...]:
    """Return what a draft lacks to be published, in words; nothing where it may be."""
    if draft.inspection.faults:
        return ("There are faults in it: nothing with faults can run.",)
    found = review.of(desk, draft)
    if found is None:
        return ("It has not been put forward to quality assurance.",)
    if not found.current:
        return ("It was changed after it was put forward: put it forward again.",)
    told = list(signing.obstacles(found.version))
    if not found.standing.signed:
        told.append("Quality assurance has not signed it off.")
    return tuple(told)


def publish(
    desk: Desk, draft: int, *, effective: date, note: str, override: str = "", stands_for_it: bool = True
) -> int:
    """Put a draft's version in force from a local day on; return the publication's number.

    With `override`, a reason, what it lacks is no obstacle for those who may, unless it cannot run at all. Raises
    InvalidAnswers, NotAllowed, NotFound, Conflict.
    """
    access.require(desk.caller, "publish")
    row = locked(desk, draft)
    standing = view(desk, draft)
    lacks = lacking(desk, standing)
    problems = _problems(desk, effective, note)
    if standing.inspection.faults:
        problems[""] = lacks[0]
    if not stands_for_it:
        problems["stands"] = "Tick the box if you stand for this version"
    if lacks and not override.strip() and "" not in problems:
        problems[""] = " ".join(("It cannot be published yet.", *lacks))
    if problems:
        raise InvalidAnswers(problems)
    if lacks:
        access.require(desk.caller, "override_publishing")
        review.put_forward(desk, draft)
    if row.candidate_id is None:
        raise Conflict("this draft was never put forward")
    number = _publish(
        desk, row.candidate_id, effective, note, draft=draft, override=override if lacks else "", lacks=lacks
    )
    row.state, row.ended_at = PUBLISHED, desk.now()
    return number


def publish_again(desk: Desk, digest: str, *, effective: date, note: str) -> int:
    """Go back to a version that was in force before, from a local day on; return the publication's number.

    Raises InvalidAnswers, NotFound for a version that never was in force.
    """
    access.require(desk.caller, "publish")
    if problems := _problems(desk, effective, note):
        raise InvalidAnswers(problems)
    number = version(desk, digest)
    if desk.session.scalar(sa.select(Publication.id).where(Publication.pack_id == number).limit(1)) is None:
        raise NotFound("this version has never been in force: publish the draft that it came from")
    desk.session.execute(sa.update(PackVersion).where(PackVersion.id == number).values(retired_at=None))
    return _publish(desk, number, effective, note)


def retire(desk: Desk, digest: str) -> None:
    """Keep a version from starting any more cases; those that run on it go on.

    Raises NotFound, Conflict where no other would be in force.
    """
    access.require(desk.caller, "publish")
    number = version(desk, digest)
    today = local(desk.now()).date()
    other = desk.session.scalar(
        sa.select(Publication.id)
        .join(PackVersion, PackVersion.id == Publication.pack_id)
        .where(
            Publication.effective <= today, PackVersion.retired_at.is_(None), Publication.pack_id != number
        )
        .limit(1)
    )
    if other is None:
        raise Conflict("no other version would be in force: publish another one first")
    desk.session.execute(sa.update(PackVersion).where(PackVersion.id == number).values(retired_at=desk.now()))
    record(desk, "procedure_retired", {"hash": digest})


def publications(desk: Desk) -> tuple[PublicationRow, ...]:
    """Return what was ever put in force, newest first."""
    access.require(desk.caller, "read_procedure")
    current = in_force(desk.session, local(desk.now()).date())[0]
    rows = desk.session.execute(
        sa.select(Publication, PackVersion.hash, PackVersion.edition, PackVersion.retired_at)
        .join(PackVersion, PackVersion.id == Publication.pack_id)
        .order_by(Publication.effective.desc(), Publication.id.desc())
    ).all()
    newest = next((row.Publication.id for row in rows if row.Publication.pack_id == current), None)
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
        )
        for row in rows
    )


def _problems(desk: Desk, effective: date, note: str) -> dict[str, str]:
    problems = {}
    if effective < local(desk.now()).date():
        problems["effective"] = "A version can be in force from today at the earliest"
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
    desk.session.flush()
    _note_change(desk, pack_id, effective, note.strip())
    digest = desk.session.scalar(sa.select(PackVersion.hash).where(PackVersion.id == pack_id))
    record(
        desk,
        "procedure_published",
        {"hash": digest, "effective": effective.isoformat(), "override": row.override},
    )
    return row.id


def _note_change(desk: Desk, pack_id: int, effective: date, note: str) -> None:
    """Write the note at the head of the change log that lies beside the version."""
    files = beside(desk.session, pack_id)
    before = files.get(CHANGES, b"# Changes\n").decode("utf-8", "replace")
    head, _, rest = before.partition("\n")
    files[CHANGES] = f"{head}\n\n## In force from {effective.isoformat()}\n\n{note}\n{rest}".encode()
    put_beside(desk.session, pack_id, files, desk.now())
