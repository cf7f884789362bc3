"""Undoing a move, a merge or a voiding: both records stand as they did, and what has happened since is kept and told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.services import access
from engine.services.correcting import merging, moving, voiding
from engine.services.correcting.records import reason_needed
from engine.services.desk import Conflict, Desk, NotFound, record
from engine.services.surviving import survivor
from engine.store.tables import Child, Correction

UNDOES = {"move": moving.move_back, "merge": merging.split, "void": voiding.restore}


@dataclass(frozen=True)
class Undo:
    """A correction that is to be undone."""

    correction_id: int
    reason: str

    @property
    def act(self) -> str:
        return f"undo correction {self.correction_id}"

    @property
    def body(self) -> Any:
        return self.reason

    def check(self, desk: Desk) -> None:
        access.require(desk.caller, "correct_records")
        found = correction(desk, self.correction_id)
        if found.undone_at is not None:
            raise Conflict("this was undone before")
        reason_needed(self.reason)
        later = _later(desk, found)
        if later is not None:
            raise Conflict(f"a later correction ({later}) builds on this one: undo that first")

    def concerned(self, desk: Desk) -> tuple[set[int], set[int]]:
        found = correction(desk, self.correction_id)
        cases = {found.case_id} if found.case_id is not None else set()
        children = {child for child in (found.child_id, found.other_id) if child is not None}
        return cases, children | {survivor(desk.session, child) for child in children}

    def remarks(self, desk: Desk) -> tuple[str, ...]:
        return ("What was recorded since stays where it was recorded.",)

    def carry_out(self, desk: Desk) -> Any:
        found = correction(desk, self.correction_id)
        told = UNDOES[found.kind](desk, found, self.reason.strip())
        found = desk.session.get_one(Correction, self.correction_id, populate_existing=True)
        found.undone_at, found.undone_by = desk.now(), desk.caller.account
        found.undone_reason = self.reason.strip()
        found.detail = {**found.detail, "undone": told}
        desk.session.flush()
        said = {"correction": found.id, "kind": found.kind, "reason": self.reason.strip()}
        record(desk, "correction_undone", said)
        return found.id


def correction(desk: Desk, number: int) -> Correction:
    """Return a correction whose children the caller may see. Raises NotFound."""
    found = desk.session.get(Correction, number, populate_existing=True)
    if found is None:
        raise NotFound("there is no such correction")
    for child_id in (found.child_id, found.other_id):
        child = desk.session.get(Child, child_id) if child_id is not None else None
        if child is not None and not access.may_see_child(desk, child):
            raise NotFound("there is no such correction")
    return found


def _later(desk: Desk, found: Correction) -> int | None:
    """Return a later correction of the same case or child that still stands."""
    of: list[sa.ColumnElement[bool]] = []
    if found.case_id is not None:
        of.append(Correction.case_id == found.case_id)
    if found.kind == "merge":
        children = [child for child in (found.child_id, found.other_id) if child is not None]
        of.append(sa.and_(Correction.kind == "merge", Correction.child_id.in_(children)))
    return desk.session.scalar(
        sa.select(sa.func.min(Correction.id)).where(
            Correction.id > found.id, Correction.undone_at.is_(None), sa.or_(*of)
        )
    )
