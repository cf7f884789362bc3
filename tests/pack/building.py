"""A small valid pack in memory, for tests that break it by one edit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

FILES = Path(__file__).parent / "files"


def small_pack() -> dict[str, bytes]:
    """Return the files of the small pack by path, with the vocabulary beside it."""
    folder = FILES / "small"
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}
    return found | {"vocabulary.yaml": (FILES / "vocabulary.yaml").read_bytes()}


def edited(file: str, old: str, new: str) -> dict[str, bytes]:
    """Return the small pack with one text of one file replaced; the text must stand there exactly once."""
    files = small_pack()
    text = files[file].decode()
    assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
    files[file] = text.replace(old, new).encode()
    return files


def write_pack(files: dict[str, bytes], root: Path) -> Path:
    """Write a pack's files under a root folder and return the pack's folder."""
    for name, data in files.items():
        path = root / name if name == "vocabulary.yaml" else root / "small" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root / "small"


def line_of(data: bytes, text: str) -> int:
    """Return the line on which a text of a file stands first."""
    return data.decode().split(text)[0].count("\n") + 1


def dropped(name: str) -> Callable[[], dict[str, bytes]]:
    """Return a maker of the small pack without one file."""

    def make() -> dict[str, bytes]:
        files = small_pack()
        del files[name]
        return files

    return make
