"""The large demonstration: as many past episodes as a council has after years, so that speed can be judged.

A few hundred episodes, the samples, are played whole by the real core and services. All others are copies of a sample,
given another child and reference and moved by whole weeks: their rows, ledgers, packed acts and states are what the core
produced, and the audit chain is computed by its own trigger. Sampled is therefore what happened, not what is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from engine.services.demo.large import playing
from engine.services.demo.large.copying import Copier
from engine.services.demo.people import refuse_real
from engine.services.desk import Desk
from engine.store.tables import CaseRecord, Task

Progress = Callable[[str, int, int], None]
SAMPLES = 160
"""Past episodes that are played."""
OPEN_SAMPLES = 60
BATCH = 500
OPEN_TASKS_EACH = 5
"""One open task for so many past episodes: 10,000 beside 50,000."""


@dataclass(frozen=True)
class Large:
    """What stands in a council's database now."""

    episodes: int
    open_cases: int
    open_tasks: int
    samples: int


def make(desk: Desk, episodes: int, progress: Progress | None = None) -> Large:
    """Fill a demonstration council up to so many past episodes, with a fifth as many open tasks; return what stands.

    Commits as it goes; a call after a crash goes on where it was, and one on a council that is full does nothing. The
    desk's session stays on one connection. Raises NoDemonstration for a database with a real council.
    """
    refuse_real(desk.session)
    told = progress or (lambda what, done, total: None)
    samples = min(SAMPLES, max(8, episodes // 20))
    playing.play_past(desk, samples, lambda done: told("Playing past episodes", done, samples))
    still_open = min(OPEN_SAMPLES, max(4, episodes // 100))
    playing.play_open(desk, still_open, lambda done: told("Playing open cases", done, still_open))
    copier = Copier(desk)
    wanted = episodes - _closed(desk)
    places = copier.drawn_past(wanted) if wanted > 0 else []
    for done in range(0, len(places), BATCH):
        copied = copier.copy_past(places[done : done + BATCH])
        told("Copying past episodes", done + copied, wanted)
    tasks = episodes // OPEN_TASKS_EACH
    while (standing := _tasks(desk)) < tasks:
        if copier.copy_open(BATCH, most_tasks=tasks - standing) == 0:
            break
        told("Copying open cases", _tasks(desk), tasks)
    return standing_now(desk)


def standing_now(desk: Desk) -> Large:
    """Return what stands in a council's database now."""
    open_cases = desk.session.scalar(
        sa.select(sa.func.count()).select_from(CaseRecord).where(CaseRecord.status == "open")
    )
    return Large(_closed(desk), open_cases or 0, _tasks(desk), len(playing.samples(desk)))


def _closed(desk: Desk) -> int:
    found = desk.session.scalar(
        sa.select(sa.func.count())
        .select_from(CaseRecord)
        .where(CaseRecord.status == "closed", CaseRecord.child_id.is_not(None))
    )
    return found or 0


def _tasks(desk: Desk) -> int:
    return desk.session.scalar(sa.select(sa.func.count()).select_from(Task)) or 0
