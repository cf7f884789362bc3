"""The files of the project as git knows them, so that what was built or fetched here is never judged."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def tracked(*folders: str) -> tuple[Path, ...]:
    """Return the tracked files under the folders, all where none is named, that still exist."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


@cache
def texts(*folders: str) -> tuple[tuple[str, str], ...]:
    """Return each tracked text file's path (from the project's root) and text."""
    found = []
    for path in tracked(*folders):
        data = path.read_bytes()
        if b"\0" not in data:
            found.append((path.relative_to(ROOT).as_posix(), data.decode("utf-8")))
    return tuple(found)


def modules(*folders: str) -> list[tuple[str, str]]:
    """Return the Python modules among them."""
    return [(name, text) for name, text in texts(*folders) if name.endswith(".py")]
