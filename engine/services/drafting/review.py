"""Putting a draft forward: its files become a version that quality assurance verifies and signs, in force for nobody.

A version is named by its hash, so a sign-off belongs to exactly these files: whatever is saved afterwards needs another.
What owners and quality assurance tell each other on the way stands among the draft's comments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from engine.check.inspection import Inspection
from engine.problems import Problem
from engine.services import access
from engine.services.desk import Conflict, Desk, InvalidAnswers, record
from engine.services.drafting import remarks
from engine.services.drafting.drafts import OPEN, REVIEW, DraftView, locked, view
from engine.services.quality import signing, verifications
from engine.services.quality.signing import Standing
from engine.services.quality.verifications import Version
from engine.services.rows import at
from engine.store.packs import add_version, put_beside
from engine.store.tables import Draft, DraftRevision, PackVersion, SignOff


@dataclass(frozen=True)
class Review:
    """How far quality assurance is with a draft. `current`: nothing was saved since it was put forward."""

    version: Version
    standing: Standing
    current: bool
    own_work: bool
    """Whoever signed it had worked on it."""


@dataclass(frozen=True)
class Waiting:
    """A draft that waits for quality assurance, with the hash of the version to look at."""

    draft: int
    title: str
    hash: str
    at: datetime
    by: str


def put_forward(desk: Desk, draft: int, why: str = "") -> str:
    """Store a draft as a version for quality assurance and have it verified; return its hash.

    `why` stands among the comments. Putting the same files forward again changes nothing. Raises InvalidAnswers with
    every fault where it cannot run or changes nothing, NotFound, Conflict.
    """
    access.require(desk.caller, "change_procedure")
    row = locked(desk, draft)
    standing = view(desk, draft)
    before = row.candidate_id
    digest = store_candidate(desk, row, standing)
    if row.state == REVIEW and row.candidate_id == before:
        return digest
    row.state, row.forward_at, row.forward_by = REVIEW, desk.now(), desk.caller.name
    if why.strip():
        remarks.add(desk, draft, f"Put forward to quality assurance: {why.strip()}")
    record(desk, "draft_put_forward", {"draft": draft, "hash": digest})
    desk.session.flush()
    return digest


def store_candidate(desk: Desk, row: Draft, draft: DraftView) -> str:
    """Store a draft's files as a version that is in force for nobody, and have it verified; return its hash.

    Raises InvalidAnswers with every fault where it cannot run or changes nothing.
    """
    inspection = draft.inspection
    if inspection.faults or inspection.pack is None:
        raise InvalidAnswers(
            {f"fault {n}": _told(inspection, fault) for n, fault in enumerate(inspection.faults, start=1)}
            or {"": "These files cannot be read as a procedure"}
        )
    if draft.hash == draft.base.hash:
        raise InvalidAnswers({"": "This draft changes nothing that decides how cases run"})
    stored = add_version(desk.session, inspection.pack, desk.now())
    put_beside(
        desk.session,
        stored.id,
        {path: data for path, data in draft.files.items() if path not in draft.pack_files},
        desk.now(),
    )
    row.candidate_id = stored.id
    desk.session.flush()
    verifications.ask_for(desk, stored.id)
    return stored.hash


def send_back(desk: Desk, draft: int, reason: str) -> None:
    """Give a draft back to its owners, with a reason that stands among the comments; a sign-off of it is taken back.

    Raises InvalidAnswers, NotFound, Conflict for a draft that does not wait for quality assurance.
    """
    access.require(desk.caller, "sign_off")
    if not reason.strip():
        raise InvalidAnswers({"reason": "Say what has to change before you would sign it"})
    row = locked(desk, draft)
    if row.state != REVIEW or row.candidate_id is None:
        raise Conflict("this draft is not with quality assurance: its owners are working on it again")
    version = verifications.version_by_id(desk, row.candidate_id)
    if signing.standing(desk, version).by is not None:
        signing.take_back(desk, version, reason)
    remarks.add(desk, draft, f"Sent back by quality assurance: {reason.strip()}")
    row.state = OPEN
    record(desk, "draft_sent_back", {"draft": draft, "hash": version.pack.hash})
    desk.session.flush()


def verify_again(desk: Desk, draft: int) -> None:
    """Ask for a verification of a draft's candidate, unless one is done or under way. Raises NotFound, Conflict."""
    access.require(desk.caller, "verify")
    row = locked(desk, draft)
    if row.candidate_id is None:
        raise Conflict("this draft was never put forward")
    verifications.ask_for(desk, row.candidate_id)


def waiting(desk: Desk) -> tuple[Waiting, ...]:
    """Return the drafts that wait for quality assurance, the longest waiting first; those that are signed do not."""
    access.require(desk.caller, "read_quality")
    newest = (
        sa.select(SignOff.pack_id, sa.func.max(SignOff.id).label("id")).group_by(SignOff.pack_id).subquery()
    )
    rows = desk.session.execute(
        sa.select(Draft, PackVersion.hash)
        .join(PackVersion, PackVersion.id == Draft.candidate_id)
        .outerjoin(newest, newest.c.pack_id == PackVersion.id)
        .outerjoin(SignOff, SignOff.id == newest.c.id)
        .where(Draft.state == REVIEW, sa.func.coalesce(SignOff.kind, "") != signing.SIGNED)
        .order_by(Draft.forward_at, Draft.id)
    )
    return tuple(
        Waiting(
            row.Draft.id,
            row.Draft.title,
            row.hash,
            at(row.Draft.forward_at or row.Draft.updated_at),
            row.Draft.forward_by or "an owner",
        )
        for row in rows
    )


def forward(desk: Desk, draft: int) -> tuple[datetime, str] | None:
    """Return when a draft was put forward last and by whom, None where it never was."""
    access.require(desk.caller, "read_drafts")
    row = desk.session.get_one(Draft, draft)
    return (at(row.forward_at), row.forward_by or "") if row.forward_at else None


def of(desk: Desk, draft: DraftView) -> Review | None:
    """Return how far the review of a draft is, None where it was never put forward."""
    if draft.candidate is None:
        return None
    version = verifications.version_by_id(desk, draft.candidate)
    standing = signing.standing(desk, version)
    return Review(
        version,
        standing,
        version.pack.hash == draft.hash,
        standing.by is not None and _worked_on_by_signer(desk, draft.id, version.id),
    )


def _worked_on_by_signer(desk: Desk, draft: int, pack_id: int) -> bool:
    signer = (
        sa.select(SignOff.account_id)
        .where(SignOff.pack_id == pack_id)
        .order_by(SignOff.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return bool(
        desk.session.scalar(
            sa.select(sa.exists().where(DraftRevision.draft_id == draft, DraftRevision.account_id == signer))
        )
    )


def _told(inspection: Inspection, fault: Problem) -> str:
    label = inspection.label(fault)
    return str(replace(fault, element=f"“{label}”" if label else fault.element, rule=""))
