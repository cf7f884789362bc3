"""Notes on a case: ordinary ones, and a manager's. A note is never changed; a further note says what was wrong in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, NotAllowed, NotFound, once, record, remember
from engine.services.rows import Page, at, people
from engine.store.tables import CaseNote, CaseRecord, Child

KINDS = {"note": "Note", "management": "Management note"}
MANAGEMENT = "management"
LONGEST = 8000


@dataclass(frozen=True)
class Note:
    """A note. `corrected_by` is the number of a later note that says what is wrong in this one."""

    id: int
    kind: str
    text: str
    at: datetime
    by: str
    corrects: int | None
    corrected_by: int | None


def may_manage(desk: Desk) -> bool:
    """Say whether the caller writes management notes: whoever may give work to others."""
    return access.may(desk.caller, "assign_task") and access.may(desk.caller, "record_event")


def write(
    desk: Desk, case_id: int, kind: str, text: str, *, corrects: int | None = None, key: str | None = None
) -> int:
    """Write a note on a case and return its number. Raises InvalidAnswers, NotFound, NotAllowed."""
    access.require(desk.caller, "record_event")
    if kind not in KINDS:
        raise InvalidAnswers({"kind": "is none of the kinds of notes"})
    if kind == MANAGEMENT and not desk.caller.system and not may_manage(desk):
        raise NotAllowed("a management note is written by a manager; write an ordinary note instead")
    told = text.strip()
    if not told:
        raise InvalidAnswers({"text": "is missing"})
    if len(told) > LONGEST:
        raise InvalidAnswers({"text": f"is longer than {LONGEST} characters"})
    check_case(desk, case_id)
    if corrects is not None:
        other = desk.session.get(CaseNote, corrects)
        if other is None or other.case_id != case_id:
            raise NotFound("the note that this one puts right is not on this case")
    before = once(desk, key, f"case_note_{case_id}", [kind, told, corrects])
    if not before.first:
        return int(before.result)
    note = CaseNote(
        case_id=case_id,
        kind=kind,
        text=told,
        at=desk.now(),
        account_id=desk.caller.account,
        corrects=corrects,
    )
    desk.session.add(note)
    desk.session.flush()
    digest = hashlib.sha256(told.encode()).hexdigest()
    record(desk, "case_note_written", {"case": case_id, "note": note.id, "kind": kind, "sha256": digest})
    remember(desk, key, note.id)
    return note.id


def notes(desk: Desk, case_id: int, *, page: int = 1, size: int = 25) -> Page[Note]:
    """Return the notes of a case, newest first, for a page whose own service has checked and logged the read."""
    total = desk.session.scalar(
        sa.select(sa.func.count()).select_from(CaseNote).where(CaseNote.case_id == case_id)
    )
    found = desk.session.execute(
        note_rows()
        .where(CaseNote.case_id == case_id)
        .order_by(CaseNote.at.desc(), CaseNote.id.desc())
        .limit(size)
        .offset((max(1, page) - 1) * size)
    ).all()
    return Page(_values(desk, found), total or 0, max(1, page), size)


def note(desk: Desk, case_id: int, note_id: int) -> Note:
    """Return one note of a case; raises NotFound."""
    found = desk.session.execute(note_rows().where(CaseNote.case_id == case_id, CaseNote.id == note_id)).all()
    if not found:
        raise NotFound("there is no such note on this case")
    return _values(desk, found)[0]


def check_case(desk: Desk, case_id: int) -> CaseRecord:
    """Return a case that the caller may see; raises NotFound, NotAllowed for a restricted one."""
    case = desk.session.get(CaseRecord, case_id)
    if case is None:
        raise NotFound("there is no such case")
    if case.child_id is not None:
        child = desk.session.get_one(Child, case.child_id)
        access.check_child(desk, child)
    return case


def note_rows() -> sa.Select[tuple[CaseNote, int | None]]:
    """Select notes with the number of the latest note that corrects each."""
    later = sa.orm.aliased(CaseNote)
    corrected = (
        sa.select(sa.func.max(later.id)).where(
            later.corrects == CaseNote.id, later.case_id == CaseNote.case_id
        )
    ).scalar_subquery()
    return sa.select(CaseNote, corrected.label("corrected_by"))


def _values(desk: Desk, found: Sequence[sa.Row[tuple[CaseNote, int | None]]]) -> tuple[Note, ...]:
    return note_values(found, people(desk.session, (row.CaseNote.account_id for row in found)))


def note_values(
    found: Sequence[sa.Row[tuple[CaseNote, int | None]]], names: Mapping[str, str]
) -> tuple[Note, ...]:
    """Return rows of `note_rows` as values, with people's names by the number of their account."""
    return tuple(
        Note(
            row.CaseNote.id,
            row.CaseNote.kind,
            row.CaseNote.text,
            at(row.CaseNote.at),
            names.get(str(row.CaseNote.account_id), "system"),
            row.CaseNote.corrects,
            row.corrected_by,
        )
        for row in found
    )
