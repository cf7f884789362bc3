"""What every store outside the database does. A key is never written over with other bytes: it holds their hash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class Store(Protocol):
    """A place for contents. Every method raises StoreError where it cannot do what it is asked."""

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes, so that they outlast a power cut once this returns."""
        ...

    def get(self, key: str) -> bytes:
        """Return what is kept under a key."""
        ...

    def remove(self, key: str) -> None:
        """Forget a key; one that is not there is no error."""
        ...

    def keys(self, council: str) -> Iterator[tuple[str, datetime]]:
        """Go through a council's keys, each with the moment when it was kept."""
        ...


def key_of(council: str, digest: bytes) -> str:
    """Return the key of a content: its council, and its hash."""
    name = digest.hex()
    return f"{council}/{name[:2]}/{name}"
