"""A file from outside, checked before it is kept: how large, of what kind, free of viruses, and pictures made plain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.services.attachments import kinds, pictures, scanner
from engine.services.attachments.model import CheckedFile, RefusedFile, Upload
from engine.settings import Settings, SettingsError

MEGABYTE = 1024 * 1024
AT_ONCE = 10


@dataclass(frozen=True)
class Limits:
    """How much is taken, in bytes: one file, all files sent at once, and all files of one case or child."""

    one: int
    at_once: int
    all: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the limits that are set: HOMEWARD_ATTACHMENT_MB (20) and HOMEWARD_ATTACHMENTS_MB (500)."""
        one = _megabytes(settings, "ATTACHMENT_MB", 20)
        return cls(one, max(50 * MEGABYTE, one), _megabytes(settings, "ATTACHMENTS_MB", 500))


def _megabytes(settings: Settings, name: str, default: int) -> int:
    text = settings.get(name) or str(default)
    if not text.isdigit() or int(text) < 1:
        raise SettingsError(f"HOMEWARD_{name} is {text!r}; it must be a whole number of megabytes above 0")
    return int(text) * MEGABYTE


def size_words(size: int) -> str:
    """Return a size as people read it: "340 KB", "2.1 MB"."""
    if size < MEGABYTE:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / MEGABYTE:.1f}".removesuffix(".0") + " MB"


def checked(settings: Settings, uploads: Sequence[Upload]) -> tuple[CheckedFile, ...]:
    """Check files that were sent together; raise RefusedFile for the first that is not taken, and then none is."""
    limits = Limits.of(settings)
    if len(uploads) > AT_ONCE:
        raise RefusedFile(f"{len(uploads)} files are too many at once: attach up to {AT_ONCE}")
    if sum(len(upload.data) for upload in uploads) > limits.at_once:
        raise RefusedFile(
            f"these files are larger than {size_words(limits.at_once)} together: attach fewer at once"
        )
    return tuple(_one(settings, upload, limits) for upload in uploads)


def _one(settings: Settings, upload: Upload, limits: Limits) -> CheckedFile:
    if len(upload.data) > limits.one:
        raise RefusedFile(
            f"“{kinds.shown(upload.name)}” is {size_words(len(upload.data))} large; "
            f"the largest that is taken is {size_words(limits.one)}"
        )
    kind, data = kinds.kind_of(upload.data, upload.name), upload.data
    scanner.scan(settings, data, upload.name)
    if kind.picture:
        data, kind = pictures.cleaned(data, kind, upload.name)
    return CheckedFile(kinds.safe_name(upload.name, kind), kind.media, data, kind.picture)
