"""A draft carried over to a version that was published since it began, so that publishing it takes nothing back.

Each file is taken from the side that changed it. Where both did, a person says which of the two it is to be: two halves
of a diagram or of a table are never mixed by a program. The old draft stays to be read.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from engine.services import access
from engine.services.desk import Conflict, Desk, InvalidAnswers, record
from engine.services.drafting import publishing, remarks, saving
from engine.services.drafting.drafts import DISCARDED, DraftView, begin, locked, view
from engine.store.packs import beside, pack_of
from engine.store.tables import PackVersion


@dataclass(frozen=True)
class Carry:
    """What a draft is carried over to: the version's number, hash and note, and which files changed where."""

    onto: int
    hash: str
    note: str
    theirs: tuple[str, ...]
    mine: tuple[str, ...]
    both: tuple[str, ...]


def carry(desk: Desk, draft: DraftView) -> Carry | None:
    """Return what carrying a draft over would do, None where no other version was published since it began."""
    access.require(desk.caller, "read_drafts")
    last = publishing.last_in_line(desk)
    if last is None or last.pack_id == draft.base_id:
        return None
    stored = desk.session.get_one(PackVersion, last.pack_id)
    pack = pack_of(desk.session, stored.id, stored.hash)
    now = {**pack.files, **beside(desk.session, stored.id)}
    before = {**draft.base.files, **draft.base_beside}
    files = draft.files
    every = {*now, *before, *files} - {publishing.CHANGES}
    theirs = {path for path in every if now.get(path) != before.get(path)}
    mine = {path for path in every if files.get(path) != before.get(path)}
    both = {path for path in theirs & mine if files.get(path) != now.get(path)}
    return Carry(
        stored.id, stored.hash, last.note, tuple(sorted(theirs)), tuple(sorted(mine)), tuple(sorted(both))
    )


def carry_over(desk: Desk, draft: int, keep: Set[str]) -> int:
    """Begin a draft from the version published last with what a draft changes; return the new draft's number.

    `keep` are the files, of those that both changed, that are to be as in the draft; the others are as published.
    The old draft is discarded, and says where it went on. Raises Conflict, InvalidAnswers, NotFound.
    """
    access.require(desk.caller, "change_procedure")
    row = locked(desk, draft)
    standing = view(desk, draft)
    found = carry(desk, standing)
    if found is None:
        raise Conflict("no other version was published since this draft began")
    if stray := keep - set(found.both):
        raise InvalidAnswers(dict.fromkeys(stray, "Only files that both changed are chosen"))
    made = begin(desk, standing.title, found.onto)
    own = view(desk, made)
    taken = (set(found.mine) - set(found.both)) | set(keep)
    files = {path: standing.files.get(path) for path in sorted(taken)}
    opened = {path: own.digest(path) for path in files}
    saving.save(desk, made, files, opened, why=f"Carried over from draft {draft}", kind=saving.UPLOAD)
    remarks.add(desk, draft, f"Carried over to version {found.hash[:8]}: it goes on as draft {made}.")
    row.state, row.ended_at = DISCARDED, desk.now()
    record(desk, "draft_carried_over", {"draft": draft, "to": made, "hash": found.hash})
    desk.session.flush()
    return made
