"""Contents as files in a directory: written beside, then renamed, so that a name never stands for half a file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.services.attachments.model import StoreError

_UNFINISHED = "unfinished-"


@dataclass(frozen=True)
class DirectoryStore:
    """A directory that every web and worker process reaches under the same path."""

    root: Path

    def put(self, key: str, data: bytes) -> None:
        """Write a file and wait until it and its name are on the disk."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, path)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name)
                raise
            for folder in (path.parent, path.parent.parent, self.root):
                _settle(folder)
        except OSError as error:
            raise StoreError(f"a file could not be kept in {self.root}: {error.strerror}") from error

    def get(self, key: str) -> bytes:
        """Read a file."""
        try:
            return self._path(key).read_bytes()
        except OSError as error:
            raise StoreError(f"a file could not be read from {self.root}: {error.strerror}") from error

    def remove(self, key: str) -> None:
        """Remove a file."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"a file could not be removed from {self.root}: {error.strerror}") from error

    def keys(self, council: str) -> Iterator[tuple[str, datetime]]:
        """Go through a council's files; what a crash left half written is among them."""
        for path in sorted(self._path(council).glob("*/*")):
            with contextlib.suppress(FileNotFoundError):
                yield str(path.relative_to(self.root)), datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _path(self, key: str) -> Path:
        path = self.root / key
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise StoreError(f"the key {key!r} leads out of {self.root}")
        return path


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
