"""Timers: fired when due, by one worker, and no broken case stops another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.services import cases, incidents, tasks
from engine.services.timers import Worker, due, sweep
from engine.store.casefile import lock
from engine.store.database import enter_council
from engine.store.packs import pack_of
from engine.store.tables import CaseRecord, CaseState, LedgerEntry, Notice, Task, Timer
from tests.conftest import Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}


@pytest.fixture
def worker(sessions: sessionmaker[Session], office: Office) -> Worker:
    with sessions() as session:
        office.set_up(session)
    return Worker(sessions, office.clock, office.library, office.settings)


def missing(worker: Worker, office: Office, number: int = 1) -> list[int]:
    """Start cases and bring each to where it waits for 24 hours to pass."""
    ids = []
    with worker.sessions() as session:
        desk = office.desk(session)
        for _ in range(number):
            case_id = cases.start(desk, office.child(session), facts=FACTS)
            task = session.scalars(sa.select(Task.id).where(Task.case_id == case_id)).one()
            tasks.submit(desk, task, {"risk.vulnerable": True})
            ids.append(case_id)
        session.commit()
    return ids


def test_a_timer_fires_at_its_moment_and_not_before(worker: Worker, office: Office) -> None:
    (case_id,) = missing(worker, office)
    office.clock.move_to(NOTIFIED + timedelta(hours=24) - timedelta(seconds=1))
    assert sweep(worker).fired == 0
    office.clock.advance(timedelta(seconds=1))
    swept = sweep(worker)
    assert (swept.fired, swept.failed, swept.lateness) == (1, 0, [0.0])
    assert sweep(worker).fired == 0
    with worker.sessions() as session:
        enter_council(session, "small")
        entry = session.scalars(
            sa.select(LedgerEntry).where(LedgerEntry.obligation == "notify_director")
        ).one()
        assert entry.outcome == "done" and entry.by == "system"
        notice = session.scalars(sa.select(Notice)).one()
        assert (notice.notice, notice.recipient, notice.state) == (
            "director-notified",
            "role:director",
            "pending",
        )
        assert session.scalars(sa.select(Timer)).all() == []
        queued = session.execute(sa.text("SELECT task_name, args FROM procrastinate_jobs")).all()
        assert queued == [("deliver_notices", {"council": "small"})]


def test_a_return_before_the_limit_leaves_nothing_to_fire(worker: Worker, office: Office) -> None:
    (case_id,) = missing(worker, office)
    with worker.sessions() as session:
        cases.record_event(office.desk(session), case_id, "returned")
        session.commit()
    office.clock.advance(timedelta(days=3))
    assert due(worker, 10) == []
    assert sweep(worker).fired == 0


def test_a_case_that_somebody_holds_is_passed_over_and_fired_next_time(
    worker: Worker, office: Office
) -> None:
    held, free = missing(worker, office, 2)
    office.clock.advance(timedelta(days=2))
    with worker.sessions() as session:
        enter_council(session, "small")
        lock(session, pack_of, case=held)
        swept = sweep(worker)
        assert (swept.fired, swept.skipped) == (1, 1)
        session.rollback()
    assert sweep(worker).fired == 1


def test_a_broken_case_becomes_an_incident_stops_no_other_and_goes_on_once_mended(
    worker: Worker, office: Office
) -> None:
    ids = missing(worker, office, 3)
    with worker.sessions() as session:
        enter_council(session, "small")
        whole = session.scalar(sa.select(CaseState.state).where(CaseState.case_id == ids[1]))
        session.execute(
            sa.update(CaseState).where(CaseState.case_id == ids[1]).values(state=b"\x01 a disk fault")
        )
        session.commit()
    office.clock.advance(timedelta(days=2))
    swept = sweep(worker)
    assert (swept.fired, swept.failed) == (2, 1)
    assert sweep(worker).failed == 0, "it waits for its retry"
    with worker.sessions() as session:
        desk = office.desk(session)
        assert session.get_one(CaseRecord, ids[1]).status == "quarantined"
        row = incidents.list(desk)[0]
        assert row.case_id == ids[1] and row.doing == "letting time limits pass"
        session.execute(sa.update(CaseState).where(CaseState.case_id == ids[1]).values(state=whole))
        session.commit()
    office.clock.advance(timedelta(minutes=1))
    assert sweep(worker).fired + sweep(worker).retried >= 1
    with worker.sessions() as session:
        enter_council(session, "small")
        assert session.get_one(CaseRecord, ids[1]).status == "open"
        assert session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 3


def test_several_workers_fire_each_timer_once(worker: Worker, office: Office) -> None:
    missing(worker, office, 30)
    office.clock.advance(timedelta(days=2))
    with ThreadPoolExecutor(4) as pool:
        swept = list(pool.map(lambda _: sweep(worker), range(4)))
    assert sum(one.fired for one in swept) == 30
    with worker.sessions() as session:
        enter_council(session, "small")
        assert session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 30


def test_timers_of_every_council_are_seen_by_the_sweeper_and_by_nobody_else(
    worker: Worker, office: Office
) -> None:
    missing(worker, office)
    office.clock.advance(timedelta(days=2))
    assert [one.council for one in due(worker, 5)] == ["small"]
    with worker.sessions() as session:
        assert session.scalars(sa.select(Timer)).all() == []
