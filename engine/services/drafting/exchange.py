"""Packs taken out as ordinary files and taken in again: a whole zip or one file, into a draft, never past one.

What comes in changes a draft as any save does: as a revision, with what it adds, changes and removes shown before, and
nothing is removed because it is missing in a zip unless somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.pack import archive
from engine.pack.files import MAX_BYTES, VOCABULARY, lies_beside, matters, plain_name
from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, NotFound
from engine.services.drafting import saving
from engine.services.drafting.drafts import DraftView, create, version, view
from engine.store.packs import beside, pack_of
from engine.store.tables import PackVersion


@dataclass(frozen=True)
class Changes:
    """What files that come in change in a draft, by path. `missing` are the draft's that did not come."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    same: int

    @property
    def nothing(self) -> bool:
        """Whether the files are all that the draft holds, just as it holds them."""
        return not (self.added or self.changed or self.missing)


def changes(draft: DraftView, files: Mapping[str, bytes]) -> Changes:
    """Return what files would change in a draft."""
    held = draft.files
    return Changes(
        added=tuple(sorted(files.keys() - held.keys())),
        changed=tuple(sorted(path for path in files.keys() & held.keys() if files[path] != held[path])),
        missing=tuple(sorted(held.keys() - files.keys() - {VOCABULARY})),
        same=sum(files[path] == held[path] for path in files.keys() & held.keys()),
    )


def of_draft(desk: Desk, draft: int, revision: int | None = None) -> bytes:
    """Return a draft as a zip, as it stood after a revision, now where left out. Raises NotFound."""
    return archive.written(view(desk, draft, revision).files)


def of_version(desk: Desk, digest: str) -> bytes:
    """Return a stored version as a zip, with what lies beside it. Raises NotFound."""
    return archive.written(files_of_version(desk, digest))


def files_of_version(desk: Desk, digest: str) -> dict[str, bytes]:
    """Return the files of a stored version by path, with what lies beside it. Raises NotFound."""
    access.require(desk.caller, "read_drafts")
    number = version(desk, digest)
    stored = desk.session.get_one(PackVersion, number)
    return {**pack_of(desk.session, number, stored.hash).files, **beside(desk.session, number)}


def file_of(draft: DraftView, path: str) -> bytes:
    """Return one file of a draft. Raises NotFound."""
    content = draft.files.get(path)
    if content is None:
        raise NotFound("there is no such file in this draft")
    return content


def taken_in(name: str, data: bytes, draft: DraftView, folder: str = "") -> dict[str, bytes]:
    """Return the files by path that an upload holds: those of a zip, or one file that takes its place by its name.

    `folder` is where a file goes whose name no file of the draft has. Raises InvalidAnswers, UnreadableArchive.
    """
    plain = PurePosixPath(name.replace("\\", "/")).name
    if plain.lower().endswith(".zip"):
        return archive.read(data)
    if len(data) > MAX_BYTES:
        raise InvalidAnswers({"file": f"A file of a pack has at most {MAX_BYTES:,} bytes: split it"})
    known = [path for path in draft.files if PurePosixPath(path).name == plain]
    wanted = f"{folder}/{plain}" if folder else plain
    path = known[0] if len(known) == 1 else wanted
    if not known and not folder and plain.endswith(".json"):
        path = f"forms/{plain}"
    if not plain_name(path) or not (matters(path) or lies_beside(path)):
        raise InvalidAnswers({"file": _no_place(plain)})
    return {path: data}


def _no_place(name: str) -> str:
    shown = "".join(letter for letter in name if letter.isprintable())[:80]
    if shown.endswith(".yaml"):
        return f"Say what “{shown}” is: the draft has no file of that name"
    return (
        f"“{shown}” is no file of a pack: upload a zip, a diagram (.bpmn), decision tables (.dmn), a form (.json), or a "
        "notice or stories (.yaml), named with letters, digits and dashes"
    )


def upload(
    desk: Desk,
    draft: int,
    files: Mapping[str, bytes],
    *,
    revision: int,
    remove: bool = False,
    why: str = "",
) -> int:
    """Save files that came in as a revision of a draft; return the revision.

    `revision` is the one that was shown when it was decided. `remove`: the draft's files that did not come are removed.
    Raises Overtaken where somebody saved one of them meanwhile, InvalidAnswers, NotFound, Conflict.
    """
    access.require(desk.caller, "change_procedure")
    seen = view(desk, draft, revision)
    found = changes(seen, files)
    saved: dict[str, bytes | None] = {path: files[path] for path in (*found.added, *found.changed)}
    if remove:
        saved.update(dict.fromkeys(found.missing))
    if not saved:
        raise InvalidAnswers({"file": "These files change nothing in the draft"})
    opened = {path: seen.digest(path) for path in saved}
    return saving.save(desk, draft, saved, opened, why=why.strip() or "Uploaded", kind=saving.UPLOAD)


def upload_new(
    desk: Desk,
    title: str,
    files: Mapping[str, bytes],
    *,
    base: str | None = None,
    remove: bool = False,
    why: str = "",
) -> int:
    """Begin a draft of files that came in, from a version, today's where left out; return the draft's number.

    Raises InvalidAnswers where they change nothing, NotFound, Conflict.
    """
    draft = create(desk, title, base)
    upload(desk, draft, files, revision=0, remove=remove, why=why)
    return draft
