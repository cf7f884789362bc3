"""What people meant to do and what they were answered: kept in SQLite, outside the database that is put to the proof.

An intent is written before its request leaves and the answer after it has come, each committed to disk at once.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DONE, REFUSED, DOUBTFUL = "done", "refused", "doubtful"


@dataclass(frozen=True)
class Intent:
    """One thing that somebody meant to do. `answer` is done, refused, or doubtful where none came."""

    number: int
    kind: str
    mark: str
    what: Mapping[str, Any]
    answer: str
    tries: int


class Notebook:
    """The notebook of all clients."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute(
            "CREATE TABLE intent (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, mark TEXT NOT NULL UNIQUE,"
            " what TEXT NOT NULL, answer TEXT NOT NULL DEFAULT 'doubtful', tries INTEGER NOT NULL DEFAULT 0)"
        )

    def intend(self, kind: str, mark: str, **what: Any) -> int:
        """Write down what is about to be asked for; return the intent's number."""
        with self._lock:
            written = self._rows.execute(
                "INSERT INTO intent (kind, mark, what) VALUES (?, ?, ?) RETURNING number",
                (kind, mark, json.dumps(what)),
            ).fetchone()
        return int(written[0])

    def try_again(self, number: int) -> None:
        """Write down that a request leaves (again)."""
        with self._lock:
            self._rows.execute("UPDATE intent SET tries = tries + 1 WHERE number = ?", (number,))

    def answered(self, number: int, answer: str) -> None:
        """Write down what was answered."""
        with self._lock:
            self._rows.execute("UPDATE intent SET answer = ? WHERE number = ?", (answer, number))

    def intents(self) -> list[Intent]:
        """Return everything, in the order in which it was meant."""
        with self._lock:
            rows = self._rows.execute(
                "SELECT number, kind, mark, what, answer, tries FROM intent ORDER BY number"
            )
            return [
                Intent(n, kind, mark, json.loads(what), a, tries) for n, kind, mark, what, a, tries in rows
            ]

    def count(self, answer: str) -> int:
        """Return how many intents were answered so."""
        with self._lock:
            (found,) = self._rows.execute(
                "SELECT count(*) FROM intent WHERE answer = ?", (answer,)
            ).fetchone()
        return int(found)

    def close(self) -> None:
        self._rows.close()
