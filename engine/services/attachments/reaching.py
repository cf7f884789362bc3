"""Who reaches a file: whoever may see the case or child that it belongs to. Every list and every file read is logged."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from engine.services import access
from engine.services.attachments.kinds import KINDS
from engine.services.attachments.model import (
    AttachmentContents,
    AttachmentRow,
    Place,
    StoreError,
)
from engine.services.attachments.stores import external_store, key_of
from engine.services.desk import Desk, NotAllowed, NotFound
from engine.services.rows import at, at_or_none
from engine.store.tables import Account, Attachment, AttachmentContent, CaseRecord, Child, EndedTask, Task

GONE = "there is no such file"
_WORDS = {kind.media: kind.words for kind in KINDS}


def check(desk: Desk, place: Place) -> Child | None:
    """Check that the caller may see the case or child of a place; return the child that it is about, if any.

    Raises NotFound, NotAllowed for a restricted record.
    """
    child_id = place.child_id
    if place.case_id is not None:
        access.require(desk.caller, "see_case")
        case = desk.session.execute(
            sa.select(CaseRecord.child_id).where(CaseRecord.id == place.case_id)
        ).first()
        if case is None:
            raise NotFound("there is no such case")
        child_id = case.child_id
    if child_id is None:
        return None
    child = desk.session.get(Child, child_id)
    if child is None:
        raise NotFound("there is no such child on record")
    if place.case_id is None or not access.may_see_child(desk, child):
        access.check_child(desk, child)
    return child


def of_task(desk: Desk, task_id: int) -> Place:
    """Return the place of a task, open or ended. Raises NotFound."""
    case_id = desk.session.scalar(sa.select(Task.case_id).where(Task.id == task_id))
    if case_id is None:
        case_id = desk.session.scalar(sa.select(EndedTask.case_id).where(EndedTask.task_id == task_id))
    if case_id is None:
        raise NotFound("there is no such task")
    return Place(case_id=case_id, task_id=task_id)


def listed(desk: Desk, place: Place, *, removed: bool = False) -> tuple[AttachmentRow, ...]:
    """List the files of a case, of one of its tasks, or of a child with all its cases, newest first; logs the read.

    `removed` lists those too that were removed.
    """
    child = check(desk, place)
    if place.child_id is not None:
        cases = sa.select(CaseRecord.id).where(CaseRecord.child_id == place.child_id)
        wanted = sa.or_(Attachment.child_id == place.child_id, Attachment.case_id.in_(cases))
    else:
        wanted = Attachment.case_id == place.case_id
        if place.task_id is not None:
            wanted = sa.and_(wanted, Attachment.task_id == place.task_id)
    access.log(desk, "attachments", case_id=place.case_id, child_id=child.id if child is not None else None)
    return _rows(desk, [wanted] if removed else [wanted, Attachment.removed_at.is_(None)])


def of_open_task(desk: Desk, case_id: int, task_id: int) -> tuple[AttachmentRow, ...]:
    """List the files of a task for its own page, which has checked and logged the read of its case."""
    return _rows(
        desk, [Attachment.case_id == case_id, Attachment.task_id == task_id, Attachment.removed_at.is_(None)]
    )


def one(desk: Desk, attachment_id: int) -> AttachmentRow:
    """Return a file's row, also of one that was removed. Raises NotFound, NotAllowed."""
    found = _rows(desk, [Attachment.id == attachment_id])
    if not found:
        raise NotFound(GONE)
    row = found[0]
    try:
        check(desk, Place(row.case_id, row.child_id))
    except NotAllowed:
        raise NotFound(GONE) from None
    return row


def contents(desk: Desk, attachment_id: int) -> AttachmentContents:
    """Return a file to be given out, and log that it was read.

    Raises NotFound for one that is not there, was removed, or is not the caller's to see; StoreError.
    """
    row = one(desk, attachment_id)
    if row.removed is not None:
        raise NotFound(GONE)
    found = desk.session.execute(
        sa.select(AttachmentContent.hash, AttachmentContent.data)
        .join(Attachment, Attachment.hash == AttachmentContent.hash)
        .where(Attachment.id == attachment_id)
    ).one()
    access.log(desk, f"attachment {attachment_id}", case_id=row.case_id, child_id=_child_of(desk, row))
    data = found.data
    if data is None:
        store = external_store(desk.settings)
        if store is None:
            raise StoreError(
                f"the file {attachment_id} lies outside the database, and HOMEWARD_ATTACHMENTS no longer says where"
            )
        data = store.get(key_of(desk.caller.council, found.hash))
    if hashlib.sha256(data).digest() != found.hash:
        raise StoreError(f"the file {attachment_id} is damaged where it is kept: bring it back from a backup")
    return AttachmentContents(row.name, row.media, data)


def _child_of(desk: Desk, row: AttachmentRow) -> int | None:
    if row.child_id is not None:
        return row.child_id
    return desk.session.scalar(sa.select(CaseRecord.child_id).where(CaseRecord.id == row.case_id))


def _rows(desk: Desk, wanted: Sequence[sa.ColumnElement[bool]]) -> tuple[AttachmentRow, ...]:
    remover: Any = aliased(Account)
    found = desk.session.execute(
        sa.select(
            Attachment,
            Account.display_name.label("by"),
            remover.display_name.label("remover"),
            CaseRecord.reference,
        )
        .outerjoin(Account, Account.id == Attachment.added_by)
        .outerjoin(remover, remover.id == Attachment.removed_by)
        .outerjoin(CaseRecord, CaseRecord.id == Attachment.case_id)
        .where(*wanted)
        .order_by(Attachment.id.desc())
    )
    return tuple(
        AttachmentRow(
            id=row.Attachment.id,
            name=row.Attachment.name,
            kind=_WORDS.get(row.Attachment.media, "File"),
            media=row.Attachment.media,
            size=row.Attachment.size,
            purpose=row.Attachment.purpose,
            note=row.Attachment.note,
            case_id=row.Attachment.case_id,
            child_id=row.Attachment.child_id,
            task_id=row.Attachment.task_id,
            reference=row.reference,
            added=at(row.Attachment.added_at),
            by=row.by or "system",
            removed=at_or_none(row.Attachment.removed_at),
            removed_by=row.remover,
            removed_reason=row.Attachment.removed_reason,
        )
        for row in found
    )
