"""JSON values packed small: what every episode leaves behind by the dozen (acts, workings, states).

A preset dictionary of the words that recur (words_1.json) lets zlib shrink even a 200-byte value to a third;
the first byte names the dictionary, so that a later one can stand beside it. A dictionary, once used, never
changes.
"""

from __future__ import annotations

import zlib
from functools import cache
from importlib import resources
from typing import Any

import orjson

from engine.errors import HomewardError

VERSION = 1


class PackedError(HomewardError):
    """Packed bytes cannot be read: damaged, or written by a newer version."""


def pack(value: Any) -> bytes:
    """Return a JSON value (or datetimes and dates, as text) packed."""
    return pack_bytes(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))


def unpack(packed: bytes) -> Any:
    """Return the JSON value that `packed` holds; a value removed by retention is None."""
    if packed[:1] == b"\x00":
        return None
    return orjson.loads(unpack_bytes(packed))


def pack_bytes(raw: bytes) -> bytes:
    """Return bytes packed with the words of JSON values."""
    packer = zlib.compressobj(level=6, wbits=-15, zdict=_words(VERSION))
    return bytes([VERSION]) + packer.compress(raw) + packer.flush()


def unpack_bytes(packed: bytes) -> bytes:
    """Return what pack_bytes was given; raise PackedError for anything else."""
    try:
        unpacker = zlib.decompressobj(wbits=-15, zdict=_words(packed[0]))
        raw = unpacker.decompress(packed[1:])
    except (zlib.error, IndexError, FileNotFoundError) as error:
        raise PackedError("a stored value is damaged or was written by a newer version") from error
    if not unpacker.eof:
        raise PackedError("a stored value is cut off")
    return raw


@cache
def _words(version: int) -> bytes:
    words = resources.files("engine.store").joinpath(f"words_{version}.json").read_bytes()
    return "".join(orjson.loads(words)).encode()
