"""Zips that lead astray, burst, or are none."""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from functools import partial

from tests.pack.building import small_pack
from tests.pack.hostile.case import ZIP, Case, Traps

Change = Callable[[zipfile.ZipInfo], None]


def zipped(entries: list[tuple[str, bytes]], change: Change | None = None) -> bytes:
    """Return a zip of entries, each changed before it is written."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.filename = name  # ZipInfo itself would mend backslashes and cut at a NUL
            info.compress_type = zipfile.ZIP_DEFLATED
            if change is not None:
                change(info)
            archive.writestr(info, data)
    return held.getvalue()


def _mode(kind: int) -> Change:
    def change(info: zipfile.ZipInfo) -> None:
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16

    return change


def cases(traps: Traps) -> Iterator[Case]:
    own = sorted(small_pack().items())
    makers: dict[str, Callable[[], bytes]] = {}
    names = {
        "a folder above": "../evil.bpmn",
        "folders above": "forms/../../../../evil.bpmn",
        "an absolute path": "/etc/cron.d/evil.bpmn",
        "a Windows path": "C:\\evil.bpmn",
        "backslashes": "..\\..\\evil.bpmn",
        "a share": "\\\\server\\share\\evil.bpmn",
        "a stream": "clauses.yaml:evil.bpmn",
        "a hidden file": ".evil.bpmn",
        "a shell's name": "$(touch x).bpmn",
        "a line break": "evil\n.bpmn",
        "an escape": "\x1b[2Jevil.bpmn",
        "right to left": "\u202enpm.bpmn",
        "full-width dots": "\uff0e\uff0e/evil.bpmn",
        "an accent": "é.bpmn",
        "a space": "e vil.bpmn",
        "a very long name": "a" * 60_000 + ".bpmn",
        "a dash first": "-rf.bpmn",
        "a script": "evil.py",
        "a page": "forms/evil.html",
        "a nested zip": "inner.zip",
        "a folder too deep": "forms/a/b.json",
        "a folder of its own": "webforms/app.json",
        "a compiled module": "engine/__init__.pyc",
        "two dots within": "a..bpmn",
    }
    for name, path in names.items():
        makers[name] = partial(zipped, [*own, (path, b"<a/>")])
    for name, kind in {"a link": stat.S_IFLNK, "a device": stat.S_IFBLK, "a pipe": stat.S_IFIFO}.items():
        makers[name] = partial(zipped, [("clauses.yaml", traps.secret_file.encode())], _mode(kind))
    makers["a file twice"] = partial(zipped, [*own, ("clauses.yaml", b"- a")])
    makers["a file twice in capitals"] = partial(zipped, [*own, ("CLAUSES.YAML".lower(), b"- a")])
    makers["a bomb"] = partial(zipped, [*own, ("evil.bpmn", bytes(200_000_000))])
    makers["many small bombs"] = partial(zipped, [(f"evil{n}.bpmn", bytes(1_900_000)) for n in range(60)])
    makers["too many files"] = partial(zipped, [(f"evil{n}.bpmn", b"") for n in range(600)])
    makers["fifty thousand entries"] = partial(zipped, [(f"e{n}.bpmn", b"") for n in range(50_000)])
    makers["fifty thousand folders"] = partial(zipped, [(f"e{n}/", b"") for n in range(50_000)])
    makers["overlapping entries"] = _overlapping
    makers["a size that lies"] = _lying
    makers["a wrong sum"] = lambda: _spoilt(zipped(own))
    makers["encrypted"] = lambda: _flagged(zipped(own))
    makers["an unknown method"] = lambda: _method(zipped(own), 99)
    makers["bzip2"] = lambda: _method(zipped(own), 12)
    makers["cut off"] = lambda: zipped(own)[:-30]
    makers["only its end"] = lambda: zipped(own)[-22:]
    makers["nothing"] = lambda: b""
    makers["empty"] = lambda: zipped([])
    makers["no zip"] = lambda: b"Rar!\x1a\x07\x00" + bytes(1000)
    makers["gzip"] = lambda: b"\x1f\x8b\x08" + bytes(1000)
    makers["only its name"] = lambda: b"PK\x03\x04" + bytes(40)
    makers["more than eight million bytes"] = lambda: b"PK\x03\x04" + bytes(8_000_001)
    makers["random"] = lambda: b"PK\x03\x04" + bytes(n * 7919 % 251 for n in range(100_000))
    makers["another council's files"] = partial(
        zipped, [("other/x.bpmn", b"<a/>"), ("small/x.bpmn", b"<a/>")]
    )
    for name, make in makers.items():
        yield Case(f"zip/{name}", ZIP, make)


def _overlapping() -> bytes:
    """Return a zip whose 250 entries in the directory all point at one compressed file."""
    data = zipped([("e0.bpmn", bytes(1_900_000))])
    start = data.index(b"PK\x01\x02")
    entry = data[start : data.index(b"PK\x05\x06")]
    directory = entry * 250
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 250, 250, len(directory), start, 0)
    return data[:start] + directory + end


def _lying() -> bytes:
    """Return a zip that says of two hundred million bytes that they are ten."""
    data = bytearray(zipped([("evil.bpmn", bytes(50_000_000))]))
    directory = data.index(b"PK\x01\x02")
    struct.pack_into("<L", data, 22, 10)
    struct.pack_into("<L", data, directory + 24, 10)
    return bytes(data)


def _spoilt(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[14] ^= 0xFF
    changed[data.index(b"PK\x01\x02") + 16] ^= 0xFF
    return bytes(changed)


def _flagged(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[6] |= 1
    changed[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def _method(data: bytes, method: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into("<H", changed, 8, method)
    struct.pack_into("<H", changed, data.index(b"PK\x01\x02") + 10, method)
    return bytes(changed)
