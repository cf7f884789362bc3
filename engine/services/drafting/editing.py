"""Changing one part of a file of a draft: the change is made to the text that its author had before them, or not at all.

A page sends what was meant, not a whole file. Where the file is another by now, nothing is made of a text that the
person has not seen; what they meant can be made to the new text, or kept as a draft beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from engine.errors import HomewardError
from engine.services.desk import Desk
from engine.services.drafting import saving
from engine.services.drafting.drafts import DraftView, digest_of, history, view
from engine.store.packed import unpack_bytes
from engine.store.tables import DraftFile

Change = Callable[[bytes | None], bytes | None]
"""What becomes of a file's content; None stands for no file."""


def edit(desk: Desk, draft: DraftView, path: str, opened: str | None, change: Change, *, why: str) -> int:
    """Make a change to a file and save it; return the revision.

    `opened` is the digest of what the page showed. Raises Overtaken, what the change raises, and as `saving.save`.
    """
    if draft.digest(path) == opened:
        made = change(draft.files.get(path))
    else:
        made = _of_another_text(desk, draft, path, opened, change)
    return saving.save(desk, draft.id, {path: made}, {path: opened}, why=why)


def edit_apart(
    desk: Desk, draft: DraftView, path: str, opened: str | None, change: Change, *, title: str
) -> int:
    """Make a change in a draft of its own, to the text that was opened where that is still known; return its number."""
    known, content = opened_content(desk, draft, path, opened)
    made = change(content if known else draft.files.get(path))
    return saving.keep_apart(desk, draft.id, {path: made}, title=title)


def opened_content(desk: Desk, draft: DraftView, path: str, opened: str | None) -> tuple[bool, bytes | None]:
    """Return whether a file's content is still known by its digest, and what it was (None: there was no file).

    Of saves that grew into one revision only the last is known.
    """
    if opened is None:
        return True, None
    for content in (draft.files.get(path), draft.base.files.get(path), draft.base_beside.get(path)):
        if digest_of(content) == opened:
            return True, content
    kept = desk.session.scalar(
        sa.select(DraftFile.content)
        .where(DraftFile.draft_id == draft.id, DraftFile.path == path, DraftFile.digest == opened)
        .limit(1)
    )
    return (False, None) if kept is None else (True, unpack_bytes(kept))


def undo(desk: Desk, draft: int, revision: int) -> int:
    """Take back the newest save of a draft, by a new revision; return that. Raises Overtaken where it is not newest."""
    newest = history(desk, draft)[:1]
    if not newest or newest[0].number != revision:
        raise saving.Overtaken(
            "Something has been saved since, so the change before it cannot be taken back by itself: "
            "go back to an earlier revision in the draft’s history instead",
            what={},
        )
    return saving.restore(desk, draft, revision - 1, why=f"Undone: {newest[0].why or 'the last change'}")


def newest_save(desk: Desk, draft: DraftView, path: str) -> tuple[int, str] | None:
    """Return number and reason of a draft's newest save where it changed a file and the draft is shown as it stands."""
    rows = history(desk, draft.id)[:1] if draft.revision else ()
    if not rows or rows[0].number != draft.revision or path not in {one for one, _ in rows[0].paths}:
        return None
    return rows[0].number, rows[0].why


def _of_another_text(
    desk: Desk, draft: DraftView, path: str, opened: str | None, change: Change
) -> bytes | None:
    """Return what a change would have made; saving it is refused, unless somebody else made the very same."""
    known, content = opened_content(desk, draft, path, opened)
    try:
        made = change(content if known else view(desk, draft.id).files.get(path))
    except HomewardError:
        made = b""
    return b"" if made is None else made
