"""Contents as objects of an S3-compatible store, through obstore (Rust's object_store, which signs requests)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store as Bucket

from engine.services.attachments.model import StoreError


@dataclass(frozen=True)
class ObjectStore:
    """A bucket; `prefix` stands before every key, with a slash at its end where there is one."""

    bucket: Bucket
    where: str
    prefix: str = ""

    def put(self, key: str, data: bytes) -> None:
        """Put an object; the store has it when this returns."""
        try:
            obstore.put(self.bucket, self.prefix + key, data)
        except (BaseError, OSError) as error:
            raise StoreError(f"a file could not be kept in {self.where}: {_said(error)}") from error

    def get(self, key: str) -> bytes:
        """Get an object."""
        try:
            return bytes(obstore.get(self.bucket, self.prefix + key).bytes())
        except (BaseError, OSError) as error:
            raise StoreError(f"a file could not be read from {self.where}: {_said(error)}") from error

    def remove(self, key: str) -> None:
        """Delete an object."""
        try:
            obstore.delete(self.bucket, self.prefix + key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise StoreError(f"a file could not be removed from {self.where}: {_said(error)}") from error

    def keys(self, council: str) -> Iterator[tuple[str, datetime]]:
        """Go through a council's objects."""
        try:
            for page in obstore.list(self.bucket, prefix=f"{self.prefix}{council}/"):
                for one in page:
                    yield one["path"].removeprefix(self.prefix), one["last_modified"]
        except (BaseError, OSError) as error:
            raise StoreError(f"{self.where} could not be listed: {_said(error)}") from error


def _said(error: Exception) -> str:
    """Return the first line of an error: the rest of it holds addresses and answers of the server."""
    return str(error).partition("\n")[0][:200]
