"""Attaching and removing files, and clearing away contents that nothing refers to.

The same content is kept once a council. Whoever adds, removes or clears away a content holds a lock on its hash until
the transaction ends, so that none of them takes away what another has just come to rely on. Outside the database a
content is kept before its row is committed and removed only by the sweep: a crash leaves too much behind, never too
little.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from engine.services import access, child_entries
from engine.services.attachments import reaching
from engine.services.attachments.checking import Limits, checked, size_words
from engine.services.attachments.model import (
    DOCUMENT,
    PHOTOGRAPH,
    PURPOSES,
    CheckedFile,
    Place,
    RefusedFile,
    Upload,
)
from engine.services.attachments.stores import external_store, key_of
from engine.services.child_entries import Given
from engine.services.desk import Desk, InvalidAnswers, NotAllowed, NotFound, once, record, remember
from engine.store.tables import Attachment, AttachmentContent, CaseRecord

__all__ = ["add", "remove", "sweep"]

UNDISTURBED = timedelta(hours=1)
"""A content without a row is cleared away after so long: its row may be about to be committed."""
LONGEST_NOTE = 300


def add(
    desk: Desk,
    place: Place,
    uploads: Sequence[Upload],
    *,
    purpose: str = DOCUMENT,
    note: str | None = None,
    key: str | None = None,
) -> tuple[int, ...]:
    """Attach files to a case, to one of its tasks, or to a child; return their ids.

    All of them are attached or none. Raises RefusedFile, NotFound, NotAllowed, StoreError.
    """
    access.require(desk.caller, "attach")
    child = reaching.check(desk, place)
    if place.case_id is None and child is not None:
        access.change_child(desk, child)
    note = (note or "").strip() or None
    if purpose not in PURPOSES or (note is not None and len(note) > LONGEST_NOTE):
        raise InvalidAnswers({"note": f"must be {LONGEST_NOTE} characters or fewer"})
    sent = [[upload.name, hashlib.sha256(upload.data).hexdigest()] for upload in uploads]
    taken = once(desk, key, "attach", [place.case_id, place.child_id, place.task_id, purpose, note, sent])
    if not taken.first:
        return tuple(taken.result or ())
    files = checked(desk.settings, uploads)
    if purpose == PHOTOGRAPH and not all(file.picture for file in files):
        raise RefusedFile("a photograph must be a picture: JPEG, PNG or HEIC")
    _room_for(desk, place, files)
    ids = tuple(_attach(desk, place, file, purpose, note) for file in files)
    if purpose == PHOTOGRAPH and place.child_id is not None and ids:
        child_entries.put(desk, place.child_id, child_entries.PHOTOGRAPH, Given(says=str(ids[-1])))
    record(
        desk,
        "attachments_added",
        {"case": place.case_id, "child": child.id if child is not None else None, "attachments": list(ids)},
        task=place.task_id,
    )
    remember(desk, key, list(ids))
    return ids


def remove(desk: Desk, attachment_id: int, reason: str, *, key: str | None = None) -> None:
    """Remove a file for a reason; that there was one, who removed it and why stays on record.

    Raises NotFound, NotAllowed, InvalidAnswers.
    """
    access.require(desk.caller, "attach")
    row = reaching.one(desk, attachment_id)
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why this file is removed"})
    taken = once(desk, key, f"remove_attachment_{attachment_id}", reason)
    if not taken.first:
        return
    file = desk.session.get(Attachment, attachment_id, with_for_update=True, populate_existing=True)
    if file is None or file.removed_at is not None:
        raise NotFound(f"{row.name} was removed already")
    if file.child_id is not None:
        child = reaching.check(desk, Place(child_id=file.child_id))
        if child is None:
            raise NotAllowed("the child's record is not there")
        access.change_child(desk, child)
    if file.purpose == PHOTOGRAPH and file.child_id is not None:
        _end_photograph(desk, file.child_id, attachment_id, reason.strip())
    file.removed_at, file.removed_by, file.removed_reason = desk.now(), desk.caller.account, reason.strip()
    desk.session.flush()
    _lock(desk, file.hash)
    if not _in_use(desk, file.hash):
        desk.session.execute(sa.delete(AttachmentContent).where(AttachmentContent.hash == file.hash))
    record(desk, "attachment_removed", {"attachment": attachment_id, "reason": reason.strip()})


def sweep(desk: Desk) -> int:
    """Clear away contents outside the database that no file refers to; return how many. Commits after each of them."""
    store = external_store(desk.settings)
    if store is None:
        return 0
    council, gone = desk.caller.council, 0
    for key, kept in list(store.keys(council)):
        if kept > desk.now() - UNDISTURBED:
            continue
        try:
            digest = bytes.fromhex(key.rpartition("/")[2])
        except ValueError:
            digest = b""  # what a crash left half written
        if digest:
            _lock(desk, digest)
        known = digest and desk.session.scalar(
            sa.select(sa.exists().where(AttachmentContent.hash == digest, AttachmentContent.data.is_(None)))
        )
        if not known:
            store.remove(key)
            gone += 1
        desk.session.commit()
        desk = desk.acting_as(desk.caller)  # the council is named anew in the next transaction
    return gone


def _end_photograph(desk: Desk, child_id: int, attachment_id: int, reason: str) -> None:
    """Take a photograph off the child's record, where it is the one that stands there."""
    shown = child_entries.know(desk, child_id).photograph
    if shown is not None and shown.says == str(attachment_id):
        child_entries.end(desk, child_id, shown.id, reason)


def _attach(desk: Desk, place: Place, file: CheckedFile, purpose: str, note: str | None) -> int:
    digest = hashlib.sha256(file.data).digest()
    _lock(desk, digest)
    _keep(desk, digest, file.data)
    return int(
        desk.session.scalar(
            sa.insert(Attachment)
            .values(
                case_id=place.case_id,
                child_id=place.child_id,
                task_id=place.task_id,
                purpose=purpose,
                name=file.name,
                media=file.media,
                size=len(file.data),
                hash=digest,
                note=note,
                added_at=desk.now(),
                added_by=desk.caller.account,
            )
            .returning(Attachment.id)
        )
        or 0
    )


def _keep(desk: Desk, digest: bytes, data: bytes) -> None:
    store = external_store(desk.settings)
    known = desk.session.execute(
        sa.select(AttachmentContent.data.is_(None).label("outside")).where(AttachmentContent.hash == digest)
    ).first()
    if store is not None and (known is None or known.outside):
        store.put(key_of(desk.caller.council, digest), data)
    values: dict[str, Any] = {
        "hash": digest,
        "size": len(data),
        "stored_at": desk.now(),
        "data": data if store is None else None,
    }
    row = insert(AttachmentContent).values(values)
    desk.session.execute(
        row.on_conflict_do_update(
            index_elements=[AttachmentContent.council_id, AttachmentContent.hash],
            set_={"stored_at": row.excluded.stored_at},
        )
    )


def _room_for(desk: Desk, place: Place, files: Sequence[CheckedFile]) -> None:
    owner = (
        Attachment.case_id == place.case_id
        if place.case_id is not None
        else Attachment.child_id == place.child_id
    )
    if place.case_id is not None:  # one at a time, or two could fill the last room together
        desk.session.execute(
            sa.select(CaseRecord.id).where(CaseRecord.id == place.case_id).with_for_update(key_share=True)
        )
    held = (
        desk.session.scalar(
            sa.select(sa.func.sum(Attachment.size)).where(owner, Attachment.removed_at.is_(None))
        )
        or 0
    )
    most = Limits.of(desk.settings).all
    if held + sum(len(file.data) for file in files) > most:
        what = "case" if place.case_id is not None else "child"
        raise RefusedFile(
            f"this {what} has {size_words(held)} of files, and {size_words(most)} is the most: "
            "remove what is no longer needed first"
        )


def _in_use(desk: Desk, digest: bytes) -> bool:
    return bool(
        desk.session.scalar(
            sa.select(sa.exists().where(Attachment.hash == digest, Attachment.removed_at.is_(None)))
        )
    )


def _lock(desk: Desk, digest: bytes) -> None:
    number = int.from_bytes(digest[:8], "big", signed=True)
    desk.session.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
