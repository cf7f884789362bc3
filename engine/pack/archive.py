"""A pack as one zip of ordinary files, out and in.

What goes out is the same, byte for byte, for the same files: order and times are fixed. What comes in may be from a
stranger: nothing is unpacked onto a disk, every size is counted while it is read and never believed, and whatever a
pack does not have is refused by name.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from engine.pack.files import (
    MAX_BYTES,
    MAX_FILES,
    MAX_TOTAL,
    UnreadablePack,
    lies_beside,
    matters,
    plain_name,
)

MAX_ARCHIVE = 8_000_000
"""Bytes that a zip may have."""
_ENTRY = b"PK\x01\x02"
_BEGINS = b"PK\x03\x04"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_OF_OTHERS = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What operating systems put into folders by themselves; it is passed over."""
_OWN_FOLDERS = {"forms", "notices", "scenarios"}


class UnreadableArchive(UnreadablePack):
    """A zip cannot be read as a pack; the message says what in it is wrong and what to do."""


def written(files: Mapping[str, bytes]) -> bytes:
    """Return files by path as a zip; the same files give the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path], compresslevel=9)
    return held.getvalue()


def read(data: bytes) -> dict[str, bytes]:
    """Return the files of a zip by their paths inside the pack; one folder around all of them is taken off.

    Raises UnreadableArchive for what is no pack, or could do harm.
    """
    if len(data) > MAX_ARCHIVE:
        raise UnreadableArchive(f"The zip has more than {MAX_ARCHIVE:,} bytes: a pack is smaller")
    if not data.startswith(_BEGINS):
        raise UnreadableArchive(
            "This is no zip file, or it is empty: pack the files of the procedure into one"
        )
    if data.count(_ENTRY) > 4 * MAX_FILES:  # counted before zipfile makes an object of each
        raise UnreadableArchive(f"The zip has more entries than the {MAX_FILES} files that a pack has")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _files(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OverflowError,
        ValueError,
    ):
        raise UnreadableArchive("The zip is damaged or cannot be read: pack the files again") from None


def _files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _of_others(entry.filename)]
    for entry in archive.infolist():
        _refuse(entry)
    if len(entries) > MAX_FILES:
        raise UnreadableArchive(
            f"The zip has {len(entries)} files, more than the {MAX_FILES} that a pack has"
        )
    around = _around([entry.filename for entry in entries])
    found: dict[str, bytes] = {}
    seen: set[str] = set()
    total = 0
    for entry in entries:
        path = entry.filename.removeprefix(around)
        if not plain_name(path):
            raise UnreadableArchive(
                f"{_shown(entry.filename)} is no name for a file of a pack: use letters, digits, dot, dash and _, "
                "at most one folder deep"
            )
        if not (matters(path) or lies_beside(path)):
            raise UnreadableArchive(f"A pack has no file {_shown(path)}: take it out of the zip")
        if path.lower() in seen:
            raise UnreadableArchive(f"The zip has {_shown(path)} twice: leave one of them out")
        seen.add(path.lower())
        found[path] = _content(archive, entry)
        total += len(found[path])
        if total > MAX_TOTAL:
            raise UnreadableArchive(f"The files of the zip have more than {MAX_TOTAL:,} bytes together")
    if not found:
        raise UnreadableArchive("The zip holds no file of a pack")
    return dict(sorted(found.items()))


def _refuse(entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that is no ordinary file of a folder, whatever its content."""
    name, kind = entry.filename, stat.S_IFMT(entry.external_attr >> 16)
    if name.startswith(("/", "\\")) or "\\" in name or ":" in name or ".." in name.split("/"):
        raise UnreadableArchive(f"{_shown(name)} leads out of the zip: pack the files with plain names")
    if entry.orig_filename != name:
        raise UnreadableArchive(f"{_shown(name)} has a damaged name: pack the files again")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnreadableArchive(f"{_shown(name)} is a link or a device: put the file itself there")
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableArchive(f"{_shown(name)} is encrypted: pack the files without a password")
    if entry.compress_type not in _METHODS:
        raise UnreadableArchive(f"{_shown(name)} is packed in an unusual way: use an ordinary zip")
    if entry.file_size > MAX_BYTES:
        raise UnreadableArchive(
            f"{_shown(name)} has more than the {MAX_BYTES:,} bytes that a file of a pack has"
        )


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UnreadableArchive(
            f"{_shown(entry.filename)} has more than the {MAX_BYTES:,} bytes that a file of a pack has"
        )
    return data


def _of_others(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in _OF_OTHERS


def _around(names: list[str]) -> str:
    """Return the folder, with its slash, that all files stand in; empty where there is none."""
    first = {name.partition("/")[0] for name in names}
    if len(first) != 1 or not all("/" in name for name in names) or first & _OWN_FOLDERS:
        return ""
    return f"{first.pop()}/"


def _shown(name: str) -> str:
    """Return a name for a message: short, and with nothing in it that a terminal obeys."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in name)
    return f"“{plain[:80]}”"
