"""Which store an installation uses, by the setting HOMEWARD_ATTACHMENTS.

`database` (the default), `directory:/path`, or `s3://bucket/prefix?endpoint=…&region=…`; the keys of an object store are
HOMEWARD_S3_KEY and HOMEWARD_S3_SECRET, or whatever the machine's own role gives.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from obstore.store import S3Store as Bucket

from engine.services.attachments.stores.directory import DirectoryStore
from engine.services.attachments.stores.model import Store
from engine.services.attachments.stores.s3 import ObjectStore
from engine.settings import Settings, SettingsError

HOW = "write database, directory:/path or s3://bucket/prefix?endpoint=https://…&region=…"
PATIENCE = timedelta(seconds=30)


def external_store(settings: Settings) -> Store | None:
    """Return the store that is set, None where contents lie in the database. Raises SettingsError."""
    where = settings.get("ATTACHMENTS") or "database"
    kind, _, rest = where.partition(":")
    if where == "database":
        return None
    if kind == "directory" and Path(rest).is_absolute():
        return DirectoryStore(Path(rest))
    if kind == "s3":
        return _object_store(where, settings)
    raise SettingsError(f"HOMEWARD_ATTACHMENTS is {where!r}; {HOW}")


def _object_store(where: str, settings: Settings) -> Store:
    parts = urlsplit(where)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    unknown = asked.keys() - {"endpoint", "region"}
    if not parts.netloc or unknown:
        raise SettingsError(f"HOMEWARD_ATTACHMENTS is {where!r}; {HOW}")
    options: dict[str, Any] = {"region": asked.get("region", "eu-west-2")}
    if "endpoint" in asked:
        options["endpoint"] = asked["endpoint"]
    if settings.get("S3_KEY"):
        options |= {
            "access_key_id": settings.get("S3_KEY"),
            "secret_access_key": settings.get("S3_SECRET") or "",
        }
    plain = asked.get("endpoint", "").startswith("http://")
    bucket = Bucket(
        parts.netloc,
        client_options={"allow_http": plain, "timeout": PATIENCE},
        retry_config={"max_retries": 3, "retry_timeout": PATIENCE},
        **options,
    )
    prefix = parts.path.strip("/")
    return ObjectStore(bucket, f"s3://{parts.netloc}", f"{prefix}/" if prefix else "")
