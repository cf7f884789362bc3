"""The processes that the calendar starts, on a council's real procedure: each period once, worked through to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock, local
from engine.pack.library import Library
from engine.services import periodic, tasks
from engine.services.desk import Caller, Desk
from engine.services.tasks import TaskFilter, TaskRow
from engine.services.timers import Worker
from engine.store.database import enter_council
from engine.store.tables import CaseRecord, LedgerEntry, PeriodicRun
from tests.conftest import Office

PACKS = Path(__file__).parents[2] / "processes"
COUNCIL = "nottinghamshire"
BEGUN = datetime(2026, 2, 17, 9, 0, tzinfo=UTC)
MONTHLY, QUARTERLY = "monthly-data", "quarterly-governance"


@pytest.fixture
def office() -> Office:
    return Office(Library(PACKS), VirtualClock(BEGUN), COUNCIL)


@pytest.fixture
def worker(sessions: sessionmaker[Session], office: Office) -> Worker:
    with sessions() as session:
        office.set_up(session)
    return Worker(sessions, office.clock, office.library, office.settings)


def periods(session: Session, process: str) -> list[tuple[str, str]]:
    """The periods that were started, as local moments."""
    enter_council(session, COUNCIL)
    runs = session.scalars(
        sa.select(PeriodicRun).where(PeriodicRun.process == process).order_by(PeriodicRun.period_from)
    )
    return [
        (f"{local(run.period_from):%Y-%m-%d %H:%M}", f"{local(run.period_to):%Y-%m-%d %H:%M}") for run in runs
    ]


def team_list(office: Office, session: Session, caller: Caller) -> dict[str, TaskRow]:
    return {row.name: row for row in tasks.list(office.desk(session, caller), TaskFilter(whose="team")).rows}


def entries(session: Session, case_id: int) -> list[tuple[str, str, str]]:
    """The ledger of a case: obligation, role and outcome."""
    return [
        (entry.obligation, entry.role, entry.outcome)
        for entry in session.scalars(
            sa.select(LedgerEntry)
            .where(LedgerEntry.case_id == case_id)
            .order_by(LedgerEntry.number)
            .execution_options(populate_existing=True)
        )
    ]


def submit(desk: Desk, row: TaskRow, answers: dict[str, object]) -> tasks.Submitted:
    done = tasks.submit(desk, row.id, answers)
    desk.session.commit()
    assert done.incident is None
    return done


def test_a_month_that_is_over_is_collated_shared_and_checked_by_those_who_must(
    worker: Worker, office: Office
) -> None:
    office.clock.move_to(datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))
    assert periodic.start_due(worker) == 0
    office.clock.advance(timedelta(seconds=1))
    assert periodic.start_due(worker) == 1
    assert periodic.start_due(worker) == 0
    with worker.sessions() as session:
        officer = office.person(session, "olive", "missing_coordinator")
        lead = office.person(session, "sam", "strategic_service_manager")
        assert periods(session, MONTHLY) == [("2026-02-01 00:00", "2026-03-01 00:00")]
        mine = team_list(office, session, officer)
        assert list(mine) == ["Collate the data on episodes, interviews and meetings"]
        assert list(team_list(office, session, lead)) == ["Check that the CMO is covered"]
        collate = mine["Collate the data on episodes, interviews and meetings"]
        case_id = collate.case_id
        figures = tasks.view(office.desk(session, officer), collate.id).figures
        assert figures is not None and figures.until == datetime(2026, 3, 1, tzinfo=UTC)
        assert not any(
            table.complete for table in figures.tables
        )  # Homeward began in the middle of the month
        submit(office.desk(session, officer), collate, {"notes": "A quiet month"})
        theirs = team_list(office, session, lead)
        assert set(theirs) == {"Check that the CMO is covered", "Share the data with the prescribed groups"}
        submit(
            office.desk(session, lead),
            theirs["Share the data with the prescribed groups"],
            {"shared_with": "The groups"},
        )
        assert session.get_one(CaseRecord, case_id, populate_existing=True).status == "open"
        submit(
            office.desk(session, lead), theirs["Check that the CMO is covered"], {"cover": "Olive's deputy"}
        )
        assert session.get_one(CaseRecord, case_id, populate_existing=True).status == "closed"
        assert sorted(entries(session, case_id)) == [
            ("audit_missing_cases", "strategic_service_manager", "done"),
            ("report_missing_data", "missing_coordinator", "done"),
            ("report_missing_data", "strategic_service_manager", "done"),
        ]


def test_a_quarter_that_is_over_asks_for_the_report_and_both_meetings(worker: Worker, office: Office) -> None:
    office.clock.move_to(datetime(2026, 3, 31, 23, 0, tzinfo=UTC))  # midnight: the clocks have gone forward
    assert periodic.start_due(worker) == 3
    with worker.sessions() as session:
        lead = office.person(session, "sam", "strategic_service_manager")
        buyer = office.person(session, "bea", "commissioning_manager")
        assert periods(session, QUARTERLY) == [("2026-01-01 00:00", "2026-04-01 00:00")]
        led = team_list(office, session, lead)
        bought = team_list(office, session, buyer)
        assert list(bought) == ["Hold the NRS contract meeting"]
        case_id = bought["Hold the NRS contract meeting"].case_id
        submit(
            office.desk(session, lead),
            led["Report to the Performance and Quality Sub-Group"],
            {"reference": "PQ 14"},
        )
        held: dict[str, object] = {"held_on": "2026-04-01"}
        submit(office.desk(session, lead), led["Hold the Missing Children Steering Group"], held)
        done = submit(office.desk(session, buyer), bought["Hold the NRS contract meeting"], held)
        assert done.closed
        assert sorted(entries(session, case_id)) == [
            ("hold_periodic_missing_meeting", "commissioning_manager", "done"),
            ("hold_periodic_missing_meeting", "strategic_service_manager", "done"),
            ("report_missing_data", "strategic_service_manager", "done"),
        ]


def test_after_three_months_without_a_worker_each_period_is_there_once(
    worker: Worker, office: Office
) -> None:
    office.clock.move_to(datetime(2026, 6, 15, 12, 0, tzinfo=UTC))
    assert periodic.start_due(worker) == 4 + 1
    assert periodic.start_due(worker) == 0
    with worker.sessions() as session:
        assert periods(session, MONTHLY) == [
            ("2026-02-01 00:00", "2026-03-01 00:00"),
            ("2026-03-01 00:00", "2026-04-01 00:00"),
            ("2026-04-01 00:00", "2026-05-01 00:00"),
            ("2026-05-01 00:00", "2026-06-01 00:00"),
        ]
        officer = office.person(session, "olive", "missing_coordinator")
        rows = tasks.list(office.desk(session, officer)).rows
        assert len(rows) == len({row.case_id for row in rows}) == 4


def test_months_begin_at_local_midnight_on_both_sides_of_a_clock_change(
    worker: Worker, office: Office
) -> None:
    office.clock.move_to(datetime(2027, 1, 2, tzinfo=UTC))
    periodic.start_due(worker)
    with worker.sessions() as session:
        months = periods(session, MONTHLY)
        assert [end for _, end in months] == [
            *(f"2026-{month:02}-01 00:00" for month in range(3, 13)),
            "2027-01-01 00:00",
        ]
        assert [end for _, end in periods(session, QUARTERLY)] == [
            "2026-04-01 00:00",
            "2026-07-01 00:00",
            "2026-10-01 00:00",
            "2027-01-01 00:00",
        ]
        ends = set(session.scalars(sa.select(PeriodicRun.period_to).where(PeriodicRun.process == MONTHLY)))
        assert {
            datetime(2026, 3, 1, 0, tzinfo=UTC),
            datetime(2026, 3, 31, 23, tzinfo=UTC),
            datetime(2026, 9, 30, 23, tzinfo=UTC),
            datetime(2026, 11, 1, 0, tzinfo=UTC),
        } <= ends
