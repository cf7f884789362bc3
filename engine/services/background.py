"""Work in the background as people see it: how far it is, whether its worker was lost, and why it failed.

What is worked on commits as it goes, in transactions of its own; here is only what all such work tells alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.errors import HomewardError
from engine.services.rows import at, at_or_none
from engine.store.tables.background import BackgroundWork

ASKED, RUNNING, DONE, FAILED = "asked", "running", "done", "failed"
AT_WORK = frozenset({ASKED, RUNNING})
LOST = timedelta(minutes=5)
"""Work that was not heard of for so long has lost its worker; it may be asked for again."""
TOLD_EVERY = 1.0
"""Seconds between two notes of how far work is."""

Listen = Callable[[float, str], None]
"""Hears how much is done, from 0 to 1, and what is being done."""


@dataclass(frozen=True, kw_only=True)
class Background:
    """How far work in the background is. `lost`: its worker was not heard of for minutes."""

    state: str
    finished: datetime | None
    percent: int
    says: str | None
    problem: str | None
    under_way: bool
    lost: bool


def standing(
    row: BackgroundWork, now: datetime, *, at_work: Collection[str] = AT_WORK, lost_after: timedelta = LOST
) -> dict[str, Any]:
    """Return the fields of Background as a row tells them; `at_work` are the states in which a worker has it."""
    has_it = row.state in at_work
    lost = has_it and at(row.heard_at) < now - lost_after
    return {
        "state": row.state,
        "finished": at_or_none(row.finished_at),
        "percent": row.percent,
        "says": row.says,
        "problem": row.problem,
        "under_way": has_it and not lost,
        "lost": lost,
    }


def at_intervals(seconds: float, note: Callable[[int, str], None], *, at_once: bool = True) -> Listen:
    """Return what hears how far work is and notes it, as a percentage below 100, no more often than every `seconds`."""
    last = float("-inf") if at_once else time.monotonic()

    def listen(done: float, says: str) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            note(max(0, min(99, round(done * 100))), says)

    return listen


def said_of(error: Exception) -> str:
    """Return what whoever asked is told of what went wrong."""
    return str(error) if isinstance(error, HomewardError) else f"a fault of the program: {error}"
