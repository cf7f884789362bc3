"""Drafts as they stand: their files, their history, and what was at any revision of them.

A draft holds only the files that it changes; the rest is read from the version it began with.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from engine.check.inspection import Inspection, inspect_files
from engine.clock import local
from engine.pack.files import checked, hash_of
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, record
from engine.services.rows import at, at_or_none
from engine.store.packed import unpack_bytes
from engine.store.packs import beside, find_version, in_force, pack_of
from engine.store.queue import defer
from engine.store.tables import Account, Draft, DraftFile, DraftRevision, PackVersion

OPEN, REVIEW, PUBLISHED, DISCARDED = "open", "review", "published", "discarded"
LONGEST_TITLE = 120
READY, LINES = "make_ready_to_check", "drafting"
"""The job, and its queue, by which a worker makes ready to check what will be saved in a draft."""


@dataclass(frozen=True)
class DraftRow:
    """A draft in a list. `base` is the hash of the version it began with; `changed` counts the files it changes."""

    id: int
    title: str
    state: str
    base: str
    revision: int
    changed: int
    created: datetime
    created_by: str
    updated: datetime
    updated_by: str


@dataclass(frozen=True)
class RevisionRow:
    """A save: its files' paths, with whether each was removed."""

    number: int
    at: datetime
    name: str
    kind: str
    why: str
    paths: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class DraftView:
    """A draft as it stood after one revision: all its files by path, those of the version it began with among them."""

    id: int
    title: str
    state: str
    council: str
    base_id: int
    base: Pack
    base_beside: Mapping[str, bytes]
    revision: int
    candidate: int | None
    changed: Mapping[str, bytes | None]
    """What the draft changes: by path the new content, None where it is removed."""

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Every file of the draft: those that decide how cases run, and what lies beside them."""
        whole: dict[str, bytes | None] = {**self.base.files, **self.base_beside, **self.changed}
        return {path: data for path, data in sorted(whole.items()) if data is not None}

    @cached_property
    def pack_files(self) -> dict[str, bytes]:
        """Those of its files that decide how cases run."""
        return checked(self.files)

    @cached_property
    def hash(self) -> str:
        """The hash that a version of these files would have."""
        return hash_of(self.pack_files)

    @cached_property
    def inspection(self) -> Inspection:
        """Everything that can be said about the files without running them; `pack` is None where they cannot run."""
        return _inspected(self.hash, self.council, self.pack_files)

    def digest(self, path: str) -> str | None:
        """Return the SHA-256 of a file, None where there is none of that path."""
        return digest_of(self.files.get(path))


_KEPT: OrderedDict[tuple[str, str], Inspection] = OrderedDict()
"""The newest inspections of this process: a page that follows a save asks for the same files several times."""
_MOST_KEPT = 4
_KEPT_LOCK = Lock()


def _inspected(digest: str, council: str, files: Mapping[str, bytes]) -> Inspection:
    """Return the inspection of files that have this hash: what was found in the same bytes before holds again."""
    with _KEPT_LOCK:
        found = _KEPT.get((digest, council))
    if found is None:
        found = inspect_files(files, council)
    with _KEPT_LOCK:
        _KEPT[digest, council] = found
        _KEPT.move_to_end((digest, council))
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.popitem(last=False)
    return found


def digest_of(content: bytes | None) -> str | None:
    """Return the SHA-256 of a file's content in hexadecimal digits, None for no file."""
    return None if content is None else hashlib.sha256(content).hexdigest()


def create(desk: Desk, title: str, base: str | None = None) -> int:
    """Begin a draft from a version, today's where left out; return its number. Raises InvalidAnswers, NotFound."""
    access.require(desk.caller, "change_procedure")
    return begin(
        desk,
        title,
        in_force(desk.session, local(desk.now()).date())[0] if base is None else version(desk, base),
    )


def begin(desk: Desk, title: str, base_id: int) -> int:
    """Begin a draft from a stored version."""
    said = title.strip()
    if not said:
        raise InvalidAnswers({"title": "Say in a few words what the change is about"})
    if len(said) > LONGEST_TITLE:
        raise InvalidAnswers({"title": f"Use at most {LONGEST_TITLE} letters"})
    now = desk.now()
    row = Draft(title=said, base_id=base_id, created_at=now, created_by=desk.caller.account, updated_at=now)
    desk.session.add(row)
    desk.session.flush()
    defer(desk.session, READY, {"council": desk.caller.council}, queue=LINES)
    record(desk, "draft_begun", {"draft": row.id})
    return row.id


def version(desk: Desk, digest: str) -> int:
    """Return the number of a stored version by the beginning of its hash. Raises NotFound."""
    found = find_version(desk.session, digest)
    if found is None:
        raise NotFound("there is no such version of the procedure")
    return found.id


def listed(desk: Desk, *, ended: bool = False) -> tuple[DraftRow, ...]:
    """Return the drafts that are being worked on, or those that have ended, changed last first."""
    access.require(desk.caller, "read_drafts")
    changed = (
        sa.select(sa.func.count(sa.distinct(DraftFile.path)))
        .where(DraftFile.draft_id == Draft.id)
        .scalar_subquery()
    )
    newest = sa.orm.aliased(DraftRevision)
    states = (PUBLISHED, DISCARDED) if ended else (OPEN, REVIEW)
    rows = desk.session.execute(
        sa.select(Draft, PackVersion.hash, Account.display_name, changed.label("changed"), newest.name)
        .join(PackVersion, PackVersion.id == Draft.base_id)
        .outerjoin(Account, Account.id == Draft.created_by)
        .outerjoin(newest, sa.and_(newest.draft_id == Draft.id, newest.number == Draft.revision))
        .where(Draft.state.in_(states))
        .order_by(Draft.updated_at.desc(), Draft.id.desc())
        .limit(200)
    )
    return tuple(
        DraftRow(
            id=row.Draft.id,
            title=row.Draft.title,
            state=row.Draft.state,
            base=row.hash,
            revision=row.Draft.revision,
            changed=row.changed,
            created=at(row.Draft.created_at),
            created_by=row.display_name or "Homeward",
            updated=at(row.Draft.updated_at),
            updated_by=row.name or row.display_name or "Homeward",
        )
        for row in rows
    )


def view(desk: Desk, draft: int, revision: int | None = None) -> DraftView:
    """Return a draft as it stood after a revision, after its newest where left out. Raises NotFound."""
    access.require(desk.caller, "read_drafts")
    row = desk.session.execute(
        sa.select(Draft, PackVersion.hash)
        .join(PackVersion, PackVersion.id == Draft.base_id)
        .where(Draft.id == draft)
    ).first()
    if row is None or (revision is not None and not 0 <= revision <= row.Draft.revision):
        raise NotFound("there is no such draft")
    upto = row.Draft.revision if revision is None else revision
    return DraftView(
        id=draft,
        title=row.Draft.title,
        state=row.Draft.state,
        council=desk.caller.council,
        base_id=row.Draft.base_id,
        base=pack_of(desk.session, row.Draft.base_id, row.hash),
        base_beside=beside(desk.session, row.Draft.base_id),
        revision=upto,
        candidate=row.Draft.candidate_id,
        changed=_changed(desk, draft, upto),
    )


def beginning(desk: Desk) -> DraftView:
    """Return what a draft from the version in force would begin with; it is not stored."""
    access.require(desk.caller, "change_procedure")
    number, pack = in_force(desk.session, local(desk.now()).date())
    lying = beside(desk.session, number)
    return DraftView(0, "", OPEN, desk.caller.council, number, pack, lying, 0, None, {})


def _changed(desk: Desk, draft: int, upto: int) -> dict[str, bytes | None]:
    rows = desk.session.execute(
        sa.select(DraftFile.path, DraftFile.content)
        .where(DraftFile.draft_id == draft, DraftFile.revision <= upto)
        .order_by(DraftFile.path, DraftFile.revision.desc())
        .ext(distinct_on(DraftFile.path))
    )
    return {row.path: None if row.content is None else unpack_bytes(row.content) for row in rows}


def history(desk: Desk, draft: int) -> tuple[RevisionRow, ...]:
    """Return a draft's saves, newest first."""
    access.require(desk.caller, "read_drafts")
    paths: dict[int, list[tuple[str, bool]]] = {}
    for row in desk.session.execute(
        sa.select(DraftFile.revision, DraftFile.path, DraftFile.digest.is_(None).label("gone"))
        .where(DraftFile.draft_id == draft)
        .order_by(DraftFile.path)
    ):
        paths.setdefault(row.revision, []).append((row.path, row.gone))
    return tuple(
        RevisionRow(one.number, at(one.at), one.name, one.kind, one.why, tuple(paths.get(one.number, ())))
        for one in desk.session.scalars(
            sa.select(DraftRevision)
            .where(DraftRevision.draft_id == draft)
            .order_by(DraftRevision.number.desc())
        )
    )


def locked(desk: Desk, draft: int) -> Draft:
    """Return a draft's row, held until the transaction ends. Raises NotFound, or Conflict where it has ended."""
    row = desk.session.get(Draft, draft, with_for_update=True)
    if row is None:
        raise NotFound("there is no such draft")
    if row.state in {PUBLISHED, DISCARDED}:
        ended = at_or_none(row.ended_at)
        raise Conflict(
            f"this draft was {row.state}: begin a new one to change the procedure again", when=ended
        )
    return row


def rename(desk: Desk, draft: int, title: str) -> None:
    """Give a draft another title. Raises InvalidAnswers, NotFound, Conflict."""
    access.require(desk.caller, "change_procedure")
    said = title.strip()
    if not said or len(said) > LONGEST_TITLE:
        raise InvalidAnswers({"title": f"Say in at most {LONGEST_TITLE} letters what the change is about"})
    locked(desk, draft).title = said


def discard(desk: Desk, draft: int) -> None:
    """End a draft unpublished; everything in it stays to be read. Raises NotFound, Conflict."""
    access.require(desk.caller, "change_procedure")
    row = locked(desk, draft)
    row.state, row.ended_at = DISCARDED, desk.now()
    record(desk, "draft_discarded", {"draft": draft})


def reopen(desk: Desk, draft: int) -> None:
    """Take up a discarded draft again, or take one back that was put forward. Raises NotFound, Conflict."""
    access.require(desk.caller, "change_procedure")
    row = desk.session.get(Draft, draft, with_for_update=True)
    if row is None:
        raise NotFound("there is no such draft")
    if row.state == PUBLISHED:
        raise Conflict("this draft was published: begin a new one to change the procedure again")
    row.state, row.ended_at = OPEN, None
    record(desk, "draft_reopened", {"draft": draft})
