"""Firing what is due. Cases are claimed one at a time, case first, skipping those that somebody holds.

A batch of cases shares a commit, because a commit is what costs; a case whose act cannot be carried out becomes an
incident and stops no other, and a fault of the database undoes the batch, which is then tried case by case.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import Clock
from engine.errors import HomewardError
from engine.pack.library import Library
from engine.services import incidents
from engine.services.acting import act_on, locked, quarantine
from engine.services.desk import Conflict, Desk, NotFound, system
from engine.settings import Settings
from engine.store.casefile import CaseFile

LOG = logging.getLogger("homeward.timers")
BATCH = 20


@dataclass
class Swept:
    """What a sweep did: acts carried out, cases passed over because somebody held them, incidents, and lateness.

    `lateness` holds, for each case whose timers fired, the seconds since its oldest due timer.
    """

    fired: int = 0
    skipped: int = 0
    failed: int = 0
    retried: int = 0
    lateness: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Due:
    """A case with a timer due."""

    council: str
    case_id: int
    since: datetime


@dataclass
class Worker:
    """What the sweeper needs: sessions of its own, and where packs and the time come from."""

    sessions: sessionmaker[Session]
    clock: Clock
    packs: Library
    settings: Settings

    def desk(self, session: Session, council: str) -> Desk:
        """Return the system's desk for a council."""
        return Desk(session, self.clock, self.packs, system(council), self.settings)


def sweep(
    worker: Worker,
    *,
    most: int | None = None,
    seconds: float | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Swept:
    """Fire every timer that is due now and try again what is due to be; return what was done.

    `most` cases at most, `seconds` of time at most; `stop` is asked between batches.
    """
    swept = Swept()
    end = None if seconds is None else time.monotonic() + seconds
    held: set[int] = set()
    while not stop() and (end is None or time.monotonic() < end):
        room = BATCH if most is None else min(BATCH, most - swept.fired - swept.failed)
        batch = [one for one in due(worker, room + len(held)) if one.case_id not in held] if room > 0 else []
        if not batch:
            break
        for council, cases in groupby(batch, key=lambda one: one.council):
            _fire(worker, council, list(cases), swept, held)
    for council, incident_id in _due_incidents(worker):
        if stop():
            break
        _retry(worker, council, incident_id, swept)
    return swept


def due(worker: Worker, most: int) -> list[Due]:
    """Return the cases with a timer due now, longest overdue first."""
    with worker.sessions() as session:
        rows = session.execute(
            sa.text("SELECT council, case_id, due FROM due_cases(:moment, :most)"),
            {"moment": worker.clock.now(), "most": most},
        ).all()
        session.commit()  # a rollback would make the driver forget its prepared statements
    return [Due(*row) for row in rows]


def _fire(worker: Worker, council: str, cases: list[Due], swept: Swept, held: set[int]) -> None:
    try:
        _fire_together(worker, council, cases, swept, held)
    except sa.exc.OperationalError as error:
        if error.connection_invalidated:
            raise
        _fire_singly(worker, council, cases, swept, held, error)
    except Exception as error:
        _fire_singly(worker, council, cases, swept, held, error)


def _fire_singly(
    worker: Worker, council: str, cases: list[Due], swept: Swept, held: set[int], error: Exception
) -> None:
    """One of a batch brought it down: each gets a transaction of its own, and the one that fails is set aside."""
    LOG.warning("a batch of %d cases was undone (%s): trying each alone", len(cases), type(error).__name__)
    for case in cases:
        try:
            _fire_together(worker, council, [case], swept, held)
        except sa.exc.OperationalError as lost:
            if lost.connection_invalidated:
                raise
            _set_aside(worker, council, case, lost, swept, held)
        except Exception as failed:
            _set_aside(worker, council, case, failed, swept, held)


def _fire_together(worker: Worker, council: str, cases: list[Due], swept: Swept, held: set[int]) -> None:
    now = worker.clock.now()
    fired, failed = 0, 0
    skipped: list[int] = []
    fired_already: list[int] = []
    lateness: list[float] = []
    with worker.sessions() as session:
        desk = worker.desk(session, council)
        for one in cases:
            files = locked(desk, one.case_id, skip_locked=True)
            if all(file.id != one.case_id for file in files):
                skipped.append(one.case_id)
                continue
            if _has_fired(files, one.case_id, now):
                fired_already.append(one.case_id)
                continue
            done = act_on(desk, files, one.case_id, {"do": "timers"})
            if done.incident is None:
                fired += 1
                lateness.append((now - one.since).total_seconds())
            else:
                failed += 1
        session.commit()
    held.update(skipped, fired_already)
    swept.fired += fired
    swept.failed += failed
    swept.skipped += len(skipped)
    swept.lateness += lateness


def _has_fired(files: list[CaseFile], case_id: int, now: datetime) -> bool:
    """Say whether another worker was here between our finding the case and our locking it."""
    file = next(file for file in files if file.id == case_id)
    try:
        return not any(timer.due <= now for timer in file.case.timers)
    except HomewardError:
        return False  # the act says what is wrong with it


def _set_aside(
    worker: Worker, council: str, case: Due, error: Exception, swept: Swept, held: set[int]
) -> None:
    """Make a case whose saving failed visible, and keep it out of the next sweeps until its retry."""
    LOG.exception("case %s: its timers could not be fired", case.case_id, exc_info=error)
    held.add(case.case_id)
    swept.failed += 1
    with worker.sessions() as session:
        desk = worker.desk(session, council)
        for file in locked(desk, case.case_id, skip_locked=True):
            if file.id == case.case_id:
                quarantine(desk, file, {"do": "timers"}, error, account=None)
        session.commit()


def _due_incidents(worker: Worker) -> Iterator[tuple[str, int]]:
    with worker.sessions() as session:
        rows = session.execute(
            sa.text("SELECT council, incident_id FROM due_incidents(:moment, 50)"),
            {"moment": worker.clock.now()},
        ).all()
        session.commit()
    yield from ((row.council, row.incident_id) for row in rows)


def _retry(worker: Worker, council: str, incident_id: int, swept: Swept) -> None:
    with worker.sessions() as session:
        try:
            if incidents.retry(worker.desk(session, council), incident_id):
                swept.retried += 1
            session.commit()
        except (Conflict, NotFound):
            session.rollback()
        except sa.exc.OperationalError:
            raise
        except Exception:
            session.rollback()
            LOG.exception("incident %s could not be tried again", incident_id)
