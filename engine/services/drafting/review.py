"""Putting a draft forward: its files become a version that quality assurance verifies and signs, in force for nobody.

A version is named by its hash, so a sign-off belongs to exactly these files: whatever is saved afterwards needs another.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, record
from engine.services.drafting.drafts import REVIEW, DraftView, locked, view
from engine.services.quality import signing, verifications
from engine.services.quality.signing import Standing
from engine.services.quality.verifications import Version
from engine.store.packs import add_version, put_beside


@dataclass(frozen=True)
class Review:
    """How far quality assurance is with a draft. `current`: nothing was saved since it was put forward."""

    version: Version
    standing: Standing
    current: bool


def put_forward(desk: Desk, draft: int) -> str:
    """Store a draft as a version for quality assurance and have it verified; return its hash.

    Raises InvalidAnswers with every fault where it cannot run or changes nothing, NotFound, Conflict.
    """
    access.require(desk.caller, "change_procedure")
    row = locked(desk, draft)
    standing = view(desk, draft)
    faults = standing.inspection.faults
    if faults or standing.inspection.pack is None:
        raise InvalidAnswers({f"{fault.file} {fault.element}".strip(): fault.message for fault in faults})
    if standing.hash == standing.base.hash:
        raise InvalidAnswers({"": "This draft changes nothing that decides how cases run"})
    pack = standing.inspection.pack
    stored = add_version(desk.session, pack, desk.now())
    put_beside(desk.session, stored.id, _beside(standing), desk.now())
    row.candidate_id, row.state = stored.id, REVIEW
    desk.session.flush()
    verifications.ask_for(desk, stored.id, stored.hash)
    record(desk, "draft_put_forward", {"draft": draft, "hash": stored.hash})
    return stored.hash


def _beside(draft: DraftView) -> dict[str, bytes]:
    return {path: data for path, data in draft.files.items() if path not in draft.pack_files}


def of(desk: Desk, draft: DraftView) -> Review | None:
    """Return how far the review of a draft is, None where it was never put forward."""
    if draft.candidate is None:
        return None
    version = verifications.version_by_id(desk, draft.candidate)
    return Review(version, signing.standing(desk, version), version.pack.hash == draft.hash)
