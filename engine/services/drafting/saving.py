"""Saving a draft: whole revisions, and never over what somebody else saved meanwhile.

Whoever saves a file says which content they had opened. Where it is another by now nothing is saved, and the person
chooses: to go on from the other's, or to keep their own as a draft beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from engine.pack.files import MAX_BYTES, MAX_FILES, lies_beside, matters, plain_name
from engine.services import access
from engine.services.desk import Conflict, Desk, InvalidAnswers, record
from engine.services.drafting import checking
from engine.services.drafting.drafts import OPEN, REVIEW, begin, digest_of, locked, view
from engine.services.rows import at
from engine.store.packed import pack_bytes
from engine.store.tables import Draft, DraftFile, DraftRevision

WORK, RESTORE, UPLOAD, STORY, TIDY = "work", "restore", "upload", "story", "tidy"
GROWS = timedelta(minutes=10)
"""How long a person's saves of work count as one revision, so that the history is of thoughts and not of keystrokes."""


class Overtaken(Conflict):
    """Somebody else saved a file since it was opened; `what` maps each such path to its digest now."""


def save(
    desk: Desk,
    draft: int,
    files: Mapping[str, bytes | None],
    opened: Mapping[str, str | None],
    *,
    why: str = "",
    kind: str = WORK,
) -> int:
    """Save files of a draft, None for one to be removed; return the revision.

    `opened` tells for each path the digest of the content that was opened, None where there was no such file. What was
    in review is open again. Raises Overtaken, InvalidAnswers for a path or size that no pack has, NotFound, Conflict.
    """
    access.require(desk.caller, "change_procedure")
    _check(files)
    row = locked(desk, draft)
    standing = view(desk, draft)
    overtaken = {
        path: standing.digest(path) or "" for path in files if standing.digest(path) != opened.get(path)
    }
    meant = {path: data for path, data in files.items() if standing.files.get(path) != data}
    if overtaken.keys() & meant.keys():
        raise _overtaken(desk, draft, {path: overtaken[path] for path in overtaken.keys() & meant.keys()})
    if not meant:
        return row.revision
    if len({*standing.files, *meant}) > MAX_FILES:
        raise InvalidAnswers({"": f"A pack has at most {MAX_FILES} files"})
    number = _revision(desk, row, kind, why)
    for path, data in sorted(meant.items()):
        _put(desk, draft, path, number, data)
    row.updated_at = desk.now()
    if row.state == REVIEW:
        row.state = OPEN
    desk.session.flush()
    checking.ask(desk, draft, number)
    return number


def restore(desk: Desk, draft: int, revision: int, why: str = "") -> int:
    """Bring a draft back to an earlier revision by a new one; nothing of the history goes. Returns the revision."""
    before, now = view(desk, draft, revision), view(desk, draft)
    files = {
        path: before.files.get(path)
        for path in {*before.files, *now.files}
        if before.files.get(path) != now.files.get(path)
    }
    opened = {path: now.digest(path) for path in files}
    return save(desk, draft, files, opened, why=why or f"Back to revision {revision}", kind=RESTORE)


def keep_apart(
    desk: Desk, draft: int, files: Mapping[str, bytes | None], *, title: str, revision: int | None = None
) -> int:
    """Keep what could not be saved as a draft of its own, on top of the revision it was made from; return its number."""
    access.require(desk.caller, "change_procedure")
    _check(files)
    source = view(desk, draft, revision)
    made = begin(desk, title, source.base_id)
    kept = {**source.changed, **files}
    own = view(desk, made)
    save(desk, made, kept, {path: own.digest(path) for path in kept}, why=f"Kept beside draft {draft}")
    record(desk, "draft_kept_apart", {"draft": made, "beside": draft})
    return made


def _check(files: Mapping[str, bytes | None]) -> None:
    problems = {}
    for path, data in files.items():
        if not plain_name(path) or not (matters(path) or lies_beside(path)):
            problems[path] = "A pack has no such file"
        elif data is not None and len(data) > MAX_BYTES:
            problems[path] = f"A file of a pack has at most {MAX_BYTES:,} bytes: split it"
    if problems:
        raise InvalidAnswers(problems)


def _overtaken(desk: Desk, draft: int, paths: Mapping[str, str]) -> Overtaken:
    last = desk.session.execute(
        sa.select(DraftRevision)
        .join(
            DraftFile,
            sa.and_(DraftFile.draft_id == DraftRevision.draft_id, DraftFile.revision == DraftRevision.number),
        )
        .where(DraftRevision.draft_id == draft, DraftFile.path.in_(paths))
        .order_by(DraftRevision.number.desc())
        .limit(1)
    ).scalar()
    who = last.name if last else "Somebody else"
    return Overtaken(
        f"{who} has saved {', '.join(sorted(paths))} since you opened it, so yours is not saved over it",
        who=who,
        when=at(last.at) if last else None,
        what=paths,
    )


def _revision(desk: Desk, row: Draft, kind: str, why: str) -> int:
    """Return the revision that a save goes into: the newest, where the same person is still at the same work."""
    now = desk.now()
    last = desk.session.get(DraftRevision, (row.id, row.revision)) if row.revision else None
    if (
        last is not None
        and kind == last.kind == WORK
        and last.account_id == desk.caller.account
        and now - at(last.at) < GROWS
        and why.strip() in ("", last.why)
        and row.candidate_id is None
    ):
        return last.number
    row.revision += 1
    desk.session.add(
        DraftRevision(
            draft_id=row.id,
            number=row.revision,
            at=now,
            account_id=desk.caller.account,
            name=desk.caller.name,
            kind=kind,
            why=why.strip(),
        )
    )
    desk.session.flush()
    return row.revision


def _put(desk: Desk, draft: int, path: str, revision: int, data: bytes | None) -> None:
    digest, content = digest_of(data), None if data is None else pack_bytes(data)
    row = desk.session.get(DraftFile, (draft, path, revision))
    if row is None:
        desk.session.add(
            DraftFile(draft_id=draft, path=path, revision=revision, digest=digest, content=content)
        )
    else:
        row.digest, row.content = digest, content
