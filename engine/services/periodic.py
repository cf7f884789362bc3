"""Processes that a pack starts by time: one case for each period, once, whichever worker is first.

A period runs from one start to the next, as the pack's expression gives them; periods that passed while nothing ran are
caught up one by one, so that no month is missing from the figures.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine.case.model import Incident
from engine.case.periodic import next_period
from engine.clock import local
from engine.errors import HomewardError
from engine.pack.model import Pack, Start
from engine.services import access, cases, incidents
from engine.services.desk import Conflict, Desk, NotFound, record, system
from engine.services.rows import at
from engine.services.timers import Worker
from engine.store.packs import NoPack, in_force
from engine.store.tables import Council, PackVersion, PeriodicRun
from engine.store.tables import Incident as IncidentRow

LOG = logging.getLogger("homeward.periodic")
CATCH_UP = 60
"""So many periods are caught up in one go; the next sweep goes on."""
LONGEST = timedelta(days=400)
MOST_STARTS = 1600
_first: dict[tuple[str, str, datetime], datetime] = {}
"""When the first period of a process begins: worked out once, because it is asked at every sweep until it is over."""


def start_due(worker: Worker) -> int:
    """Start every period that is due in every council; return how many cases were started."""
    with worker.sessions() as session:
        councils = session.scalars(sa.select(Council.code).order_by(Council.id)).all()
    started = 0
    for code in councils:
        for process in _periodic(worker, code):
            started += _catch_up(worker, code, process)
    return started


def _periodic(worker: Worker, code: str) -> list[str]:
    with worker.sessions() as session:
        desk = worker.desk(session, code)
        try:
            _, pack = in_force(session, local(desk.now()).date())
        except NoPack:
            return []
    return [process.id for process in pack.processes.values() if process.start is Start.TIMER]


def _catch_up(worker: Worker, code: str, process: str) -> int:
    started = 0
    for _ in range(CATCH_UP):
        with worker.sessions() as session:
            desk = worker.desk(session, code)
            try:
                made = start_next(desk, process)
            except HomewardError as error:
                session.rollback()
                _show(worker, code, process, error)
                return started
            session.commit()
        if not made:
            break
        started += 1
    return started


def start_next(desk: Desk, process: str) -> bool:
    """Start the case of the next period of a process if it is over; return whether one was started.

    The first period is the one in which the council's pack was first stored, whole: its figures say from when on they
    can be complete. The caller commits.
    """
    now = desk.now()
    _, pack = in_force(desk.session, local(now).date())
    if process not in pack.processes:
        return False
    since = _last_end(desk.session, pack, process)
    until = next_period(pack, process, since)
    if until > now:
        return False
    taken = desk.session.scalar(
        insert(PeriodicRun)
        .values(process=process, period_from=since, period_to=until)
        .on_conflict_do_nothing()
        .returning(PeriodicRun.period_to)
    )
    if taken is None:  # another worker has it
        return False
    case_id = cases.start_period(desk, process, since, until)
    _settle(desk, process)
    desk.session.execute(
        sa.update(PeriodicRun)
        .where(PeriodicRun.process == process, PeriodicRun.period_from == since)
        .values(case_id=case_id)
    )
    return True


@dataclass(frozen=True)
class Retried:
    """What came of trying to start a process again.

    `started` periods were started; where none was, the next one starts at `next_start`, or `problem` says why not.
    """

    started: int = 0
    next_start: datetime | None = None
    problem: str | None = None


def retry(desk: Desk, incident_id: int) -> Retried:
    """Try at once to start the process that an incident is about, for every period that is over.

    The incident is resolved unless it fails again. Raises NotFound for an incident of another kind, Conflict for one
    that was resolved meanwhile. The caller commits.
    """
    access.require(desk.caller, "retry")
    row = desk.session.get(IncidentRow, incident_id, with_for_update=True, populate_existing=True)
    if row is None or row.kind != "periodic" or row.process is None:
        raise NotFound("there is no such incident of a process started by time")
    if row.resolved_at is not None:
        raise Conflict("this incident was resolved", when=at(row.resolved_at))
    itself = desk.acting_as(system(desk.caller.council))
    started = 0
    try:
        with desk.session.begin_nested():
            while started < CATCH_UP and start_next(itself, row.process):
                started += 1
            coming = None if started else _next_start(itself, row.process)
    except HomewardError as error:
        row.attempts += 1
        row.last_at, row.message = desk.now(), str(error)
        row.element = error.element if isinstance(error, Incident) else None
        desk.session.flush()
        return Retried(problem=str(error))
    _settle(desk, row.process, "started" if started else "it can be started again when its time comes")
    record(desk, "incident_retried", {"incident": incident_id, "started": started})
    return Retried(started, coming)


def _next_start(desk: Desk, process: str) -> datetime | None:
    _, pack = in_force(desk.session, local(desk.now()).date())
    if process not in pack.processes:
        return None
    return next_period(pack, process, _last_end(desk.session, pack, process))


def _settle(desk: Desk, process: str, resolution: str = "started") -> None:
    """Close what was shown while the process could not be started: it is started every minute until it can be."""
    desk.session.execute(
        sa.update(IncidentRow)
        .where(
            IncidentRow.kind == "periodic",
            IncidentRow.process == process,
            IncidentRow.resolved_at.is_(None),
        )
        .values(resolved_at=desk.now(), resolved_by=desk.caller.account, resolution=resolution)
    )


def _last_end(session: Session, pack: Pack, process: str) -> datetime:
    last = session.scalar(sa.select(sa.func.max(PeriodicRun.period_to)).where(PeriodicRun.process == process))
    if last is not None:
        return last
    stored = session.scalar(sa.select(sa.func.min(PackVersion.stored_at)))
    if stored is None:
        raise NoPack("no procedure of this council is stored")
    known = (pack.hash, process, stored)
    if known not in _first:
        _first[known] = _beginning(pack, process, stored)
    return _first[known]


def _beginning(pack: Pack, process: str, moment: datetime) -> datetime:
    """Return when the period in which a moment lies began: the last start up to it, where the calendar gives one.

    Starts that hang on the one before (every so many days) begin at the moment itself, and so do very long periods.
    """
    ways = {
        _last_start(pack, process, moment, moment - before)
        for before in (LONGEST, LONGEST + timedelta(days=1))
    }
    return ways.pop() if len(ways) == 1 else moment


def _last_start(pack: Pack, process: str, moment: datetime, since: datetime) -> datetime:
    start = moment
    for _ in range(MOST_STARTS):
        since = next_period(pack, process, since)
        if since > moment:
            return start
        start = since
    return moment


def upcoming(desk: Desk, pack: Pack) -> list[tuple[str, datetime]]:
    """Return when each periodic process of a pack starts next."""
    found = []
    for process in pack.processes.values():
        if process.start is Start.TIMER:
            found.append(
                (process.id, next_period(pack, process.id, _last_end(desk.session, pack, process.id)))
            )
    return found


def _show(worker: Worker, code: str, process: str, error: Exception) -> None:
    """Show a process that cannot say when it starts, once: not at every sweep."""
    LOG.warning("%s: the process %s could not be started", code, process)
    with worker.sessions() as session:
        desk = worker.desk(session, code)
        known = session.scalar(
            sa.select(IncidentRow.id).where(
                IncidentRow.kind == "periodic",
                IncidentRow.process == process,
                IncidentRow.resolved_at.is_(None),
            )
        )
        if known is None:
            number = incidents.report(desk, "periodic", str(error))
            row = session.get_one(IncidentRow, number)
            row.process = process
            row.element = error.element if isinstance(error, Incident) else None
        session.commit()
