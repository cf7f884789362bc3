"""Files that belong to a task, a case or a child: checked, kept, listed, given out and removed."""

from engine.services.attachments.checking import AT_ONCE, Limits, size_words
from engine.services.attachments.keeping import add, remove, sweep
from engine.services.attachments.kinds import ACCEPT, TAKEN
from engine.services.attachments.model import (
    DOCUMENT,
    PHOTOGRAPH,
    AttachmentContents,
    AttachmentRow,
    Place,
    RefusedFile,
    StoreError,
    Upload,
)
from engine.services.attachments.reaching import contents, listed, of_open_task, of_task, one

__all__ = [
    "ACCEPT",
    "AT_ONCE",
    "DOCUMENT",
    "PHOTOGRAPH",
    "TAKEN",
    "AttachmentContents",
    "AttachmentRow",
    "Limits",
    "Place",
    "RefusedFile",
    "StoreError",
    "Upload",
    "add",
    "contents",
    "listed",
    "of_open_task",
    "of_task",
    "one",
    "remove",
    "size_words",
    "sweep",
]
