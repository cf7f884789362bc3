"""A timer that cannot fire becomes an incident of its own, and the case's other timers fire at their moments."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import cases, incidents
from engine.services.timers import Worker, sweep
from engine.store.database import enter_council
from engine.store.tables import CaseRecord, Task, Timer
from tests.case.diagrams import files
from tests.conftest import MORNING, Office

TWO = """
    start s message=reported
    and f
    catch early timer="= {early}"
    user look duty=hold_planning_meeting {keys}
    end e
    catch day timer="= episode.reported_at + duration(\\"PT24H\\")"
    user brief duty=notify_director
    end e2
    s -> f
    f -> early -> look -> e
    f -> day -> brief -> e2
"""
STUCK = TWO.format(early='episode.reported_at + duration(\\"PT12H\\")', keys='when="= risk.significant_harm"')
UNKNOWN = TWO.format(early="review.next_child_review", keys="")


@pytest.fixture
def procedure() -> str:
    return STUCK


@pytest.fixture
def office(tmp_path: Path, clock: VirtualClock, procedure: str) -> Office:
    for name, data in files(procedure).items():
        path = tmp_path / name if name == "vocabulary.yaml" else tmp_path / "test" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return Office(Library(tmp_path), clock, "test")


@pytest.fixture
def worker(sessions: sessionmaker[Session], office: Office) -> Worker:
    with sessions() as session:
        office.set_up(session)
    return Worker(sessions, office.clock, office.library, office.settings)


def reported(worker: Worker, office: Office) -> int:
    with worker.sessions() as session:
        facts = {"episode.reported_at": MORNING, "notification.received_at": MORNING, "child.age": 14}
        case_id = cases.start(office.desk(session), office.child(session), facts=facts)
        session.commit()
    return case_id


def seen(worker: Worker, office: Office, case_id: int) -> tuple[str, list[str], list[str | None]]:
    """Return a case's status, its tasks and its open incidents' elements."""
    with worker.sessions() as session:
        desk = office.desk(session)
        enter_council(session, "test")
        status = session.get_one(CaseRecord, case_id).status
        open_tasks = session.scalars(sa.select(Task.element).order_by(Task.id)).all()
        return status, list(open_tasks), [row.element for row in incidents.list(desk)]


def test_what_cannot_go_on_behind_a_timer_stops_no_later_timer(worker: Worker, office: Office) -> None:
    case_id = reported(worker, office)
    office.clock.advance(timedelta(hours=12))
    swept = sweep(worker)
    assert (swept.fired, swept.failed) == (0, 1)
    assert seen(worker, office, case_id) == ("quarantined", [], ["look"])
    office.clock.advance(timedelta(hours=12))
    sweep(worker)
    assert seen(worker, office, case_id) == ("quarantined", ["brief"], ["look"])


def test_two_timers_due_at_once_are_parted_and_the_broken_one_is_one_incident(
    worker: Worker, office: Office
) -> None:
    case_id = reported(worker, office)
    office.clock.advance(timedelta(hours=30))
    for _ in range(4):
        sweep(worker)
        office.clock.advance(timedelta(minutes=3))
    assert seen(worker, office, case_id) == ("quarantined", ["brief"], ["look"])
    with worker.sessions() as session:
        enter_council(session, "test")
        assert [timer.element for timer in session.scalars(sa.select(Timer))] == ["early"]


def test_the_timer_fires_once_what_it_lacked_is_known_and_the_case_goes_on(
    worker: Worker, office: Office
) -> None:
    case_id = reported(worker, office)
    office.clock.advance(timedelta(hours=30))
    sweep(worker)
    with worker.sessions() as session:
        cases.change_facts(office.desk(session), case_id, {"risk.significant_harm": True})
        session.commit()
    sweep(worker)
    assert seen(worker, office, case_id) == ("open", ["brief", "look"], [])


@pytest.mark.parametrize("procedure", [UNKNOWN])
def test_a_timer_that_nobody_can_work_out_is_shown_from_the_start_and_the_case_runs(
    worker: Worker, office: Office
) -> None:
    case_id = reported(worker, office)
    assert seen(worker, office, case_id) == ("quarantined", [], ["early"])
    office.clock.advance(timedelta(hours=24))
    for _ in range(3):
        sweep(worker)
        office.clock.advance(timedelta(minutes=5))
    assert seen(worker, office, case_id) == ("quarantined", ["brief"], ["early"])
    with worker.sessions() as session:
        facts = {"review.next_child_review": date(2026, 6, 1)}
        cases.change_facts(office.desk(session), case_id, facts)
        session.commit()
    sweep(worker)
    assert seen(worker, office, case_id) == ("open", ["brief"], [])
    office.clock.advance(timedelta(days=30))
    sweep(worker)
    assert seen(worker, office, case_id) == ("open", ["brief", "look"], [])
