"""A case's state as bytes: JSON with the few types that JSON lacks, written as tagged pairs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson

from engine.clock import LOCAL_ZONE
from engine.errors import HomewardError

VERSION = 1


class StateError(HomewardError):
    """A stored state cannot be read: it is damaged, of another version or of another pack."""


def encode(value: Any) -> Any:
    """Return a fact's value as JSON; moments keep their instant."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, datetime):
        return ["m", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, time):
        return ["t", value.isoformat()]
    if isinstance(value, timedelta):
        return ["s", value.total_seconds()]
    if isinstance(value, (int, Decimal)):
        return ["n", str(value)]
    if isinstance(value, (list, tuple)):
        return ["l", [encode(item) for item in value]]
    if isinstance(value, dict):
        return ["c", {key: encode(item) for key, item in value.items()}]
    raise StateError(f"a fact cannot hold a {type(value).__name__}")


def decode(value: Any) -> Any:
    """Return the value that `encode` wrote."""
    if not isinstance(value, list):
        return value
    tag, body = value
    if tag == "m":
        return datetime.fromisoformat(body).astimezone(LOCAL_ZONE)
    if tag == "l":
        return [decode(item) for item in body]
    if tag == "c":
        return {key: decode(item) for key, item in body.items()}
    if tag == "s":
        return timedelta(seconds=body)
    readers: dict[str, Callable[[str], Any]] = {
        "d": date.fromisoformat,
        "t": time.fromisoformat,
        "n": Decimal,
    }
    return readers[tag](body)


def moment(value: datetime | None) -> str | None:
    """Return a moment as text."""
    return None if value is None else value.isoformat()


def to_moment(value: str | None) -> datetime | None:
    """Return the moment that `moment` wrote, in local time."""
    return None if value is None else datetime.fromisoformat(value).astimezone(LOCAL_ZONE)


def pack_state(state: dict[str, Any]) -> bytes:
    """Return the state as bytes."""
    return orjson.dumps({"v": VERSION, **state})


def unpack_state(data: bytes) -> dict[str, Any]:
    """Return the state; raise StateError for anything but this version's."""
    try:
        state: dict[str, Any] = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise StateError(f"the stored state is damaged: {error}") from None
    if state.get("v") != VERSION:
        raise StateError(f"the stored state is of version {state.get('v')}; this program reads {VERSION}")
    return state
