"""The files of a pack and the hash that names it.

Only files that decide how cases run belong to it: stories, the change log and whatever else lies in the folder do
not change a pack's name. A link or a path that leads out of the folder is refused, since a pack may come from a
stranger as an archive.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from engine.errors import HomewardError

VOCABULARY = "vocabulary.yaml"
MAX_FILES = 500
MAX_BYTES = 2_000_000
MAX_TOTAL = 24_000_000
"""Bytes of all files together."""
MAX_NAME = 120
_MATTERS = re.compile(
    r"procedure\.yaml|clauses\.yaml|lists\.yaml|meetings\.yaml|checks\.yaml|passages\.yaml|vocabulary\.yaml"
    r"|[^/]+\.bpmn|[^/]+\.dmn|forms/[^/]+\.json|notices/[^/]+\.yaml"
)
_BESIDE = re.compile(r"scenarios/[^/]+\.yaml|CHANGELOG\.md|mutants\.yaml")
_FOLDERS = ("", "forms", "notices")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


class UnreadablePack(HomewardError):
    """A folder is not one that a pack can be read from."""


def matters(path: str) -> bool:
    """Tell whether a file, by its path inside the pack, decides how cases run."""
    return _MATTERS.fullmatch(path) is not None


def lies_beside(path: str) -> bool:
    """Tell whether a file belongs to a pack without deciding how cases run: a story, the change log, an explanation."""
    return _BESIDE.fullmatch(path) is not None


def beside_of(folder: Path) -> dict[str, bytes]:
    """Read what lies beside a pack's files in its folder, by path; raise UnreadablePack for a link or too much."""
    found = sorted(
        path for pattern in ("*", "scenarios/*") for path in folder.glob(pattern) if path.is_file()
    )
    named = {path.relative_to(folder).as_posix(): path for path in found}
    kept = {name: path for name, path in named.items() if lies_beside(name)}
    for path in kept.values():
        if path.is_symlink() or path.parent.is_symlink():
            raise UnreadablePack(f"{path} is a symbolic link; put the file itself there")
    return {name: _content(path) for name, path in kept.items()}


def plain_name(path: str) -> bool:
    """Tell whether a path can name a file of a pack: plain letters, at most one folder deep, leading nowhere else."""
    return len(path) <= MAX_NAME and _PLAIN_NAME.fullmatch(path) is not None and ".." not in path


def files_of(folder: Path, vocabulary: Path | None = None) -> dict[str, bytes]:
    """Read a pack's files by their paths inside the folder; `vocabulary.yaml` is the one beside the folder.

    A vocabulary inside the folder, or the one given, is used instead. Raises UnreadablePack for a missing folder,
    a symbolic link, an odd name or too much.
    """
    return checked({name: _content(Path(path)) for name, path in _paths(folder, vocabulary)})


def signature_of(folder: Path, vocabulary: Path | None = None) -> tuple[tuple[str, int, int], ...]:
    """Return name, size and time of change of a pack's files: equal as long as nobody has touched them."""
    found = ((name, os.stat(path)) for name, path in _paths(folder, vocabulary))
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in found)


def _paths(folder: Path, vocabulary: Path | None) -> list[tuple[str, str]]:
    """List a pack's files that matter, by name and path."""
    if folder.is_symlink() or not folder.is_dir():
        raise UnreadablePack(f"{folder} is not a folder; name a council's folder under processes/")
    found: list[tuple[str, str]] = []
    for inner in _FOLDERS:
        place = folder / inner
        if not place.is_dir():
            continue
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.is_symlink():
                    raise UnreadablePack(f"{entry.path} is a symbolic link; put the file itself there")
                name = f"{inner}/{entry.name}" if inner else entry.name
                if matters(name) and entry.is_file():
                    found.append((name, entry.path))
    if len(found) > MAX_FILES:
        raise UnreadablePack(f"{folder} has {len(found)} files, more than the {MAX_FILES} we read")
    if VOCABULARY not in {name for name, _ in found}:
        shared = vocabulary or folder.parent / VOCABULARY
        if shared.is_symlink() or not shared.is_file():
            raise UnreadablePack(f"{shared} is missing; a pack is read with the vocabulary beside its folder")
        found.append((VOCABULARY, str(shared)))
    return sorted(found)


def checked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return those of the files that matter, in order of path; raise UnreadablePack for a name that leads astray."""
    for name in files:
        if not plain_name(name):
            raise UnreadablePack(
                f"{name[:MAX_NAME]!r} is no name for a file of a pack; use letters, digits, dot, dash and _, "
                "one folder deep"
            )
    kept = {name: bytes(files[name]) for name in sorted(files) if matters(name)}
    if len(kept) > MAX_FILES:
        raise UnreadablePack(f"the pack has {len(kept)} files, more than the {MAX_FILES} we read")
    if (total := sum(map(len, kept.values()))) > MAX_TOTAL:
        raise UnreadablePack(f"the pack has {total:,} bytes, more than the {MAX_TOTAL:,} we read")
    return kept


def hash_of(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 over the sorted paths and contents, each with its length before it."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise UnreadablePack(f"{path} has more than the {MAX_BYTES:,} bytes we read; split it")
    return path.read_bytes()
