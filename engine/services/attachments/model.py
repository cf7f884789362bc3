"""What a file of a case or child is, to those who add it, list it and read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.errors import HomewardError

DOCUMENT, PHOTOGRAPH = "document", "photograph"
PURPOSES = frozenset({DOCUMENT, PHOTOGRAPH})


class RefusedFile(HomewardError):
    """A file that is not taken; the message names it and says what to do instead."""


class StoreError(HomewardError):
    """The place where files are kept did not do what it was asked; the message says what and where."""


@dataclass(frozen=True)
class Upload:
    """A file as it was sent: the name that the browser gives it, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class CheckedFile:
    """A file that is taken: its name made safe, the media type of its content, and the bytes that are kept."""

    name: str
    media: str
    data: bytes
    picture: bool = False


@dataclass(frozen=True)
class Place:
    """Where files belong: to a case (in one of its tasks), or to a child. One of `case_id` and `child_id` is None."""

    case_id: int | None = None
    child_id: int | None = None
    task_id: int | None = None


@dataclass(frozen=True)
class AttachmentRow:
    """A file in a list; `removed` says when, by whom and why it was removed."""

    id: int
    name: str
    kind: str
    """What it is in words: "PDF document", "Picture"."""
    media: str
    size: int
    purpose: str
    note: str | None
    case_id: int | None
    child_id: int | None
    task_id: int | None
    reference: str | None
    """The case's reference, where it belongs to a case."""
    added: datetime
    by: str
    removed: datetime | None
    removed_by: str | None
    removed_reason: str | None


@dataclass(frozen=True)
class AttachmentContents:
    """A file to be given out."""

    name: str
    media: str
    data: bytes
