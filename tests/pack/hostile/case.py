"""A hostile case: by which way in it comes, and what it carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.pack.building import small_pack

PACK, ZIP, STORIES, EXPRESSION, TEXT = "pack", "zip", "stories", "expression", "text"
"""Ways in: the files of a draft, a zip, a file of stories, an expression that is evaluated, words that people write."""
BPMN, DMN = "missing-episode.bpmn", "return-interview.dmn"
PROCEDURE, REGISTER = "procedure.yaml", "clauses.yaml"
FORM, NOTICE = "forms/hold-return-interview.json", "notices/director-notified.yaml"


@dataclass(frozen=True)
class Traps:
    """What must stay untouched: a file that nobody makes, an address that nobody asks, a secret that nobody tells."""

    made: str
    port: int
    secret_file: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Case:
    """One case; `make` gives its files by path, its bytes or its text, by its way in."""

    name: str
    way: str
    make: Callable[[], dict[str, bytes] | bytes | str]


def with_file(path: str, data: bytes) -> dict[str, bytes]:
    """Return the small pack with one file in place of its own, or beside them."""
    return {**small_pack(), path: data}


def replaced(path: str, old: str, new: str) -> dict[str, bytes]:
    """Return the small pack with the first occurrence of a text of one file replaced; it must stand there."""
    files = small_pack()
    text = files[path].decode()
    assert old in text, f"{path} holds no {old!r}"
    files[path] = text.replace(old, new, 1).encode("utf-8", "surrogatepass")
    return files
