"""Periodic processes: one case for each period, once, whichever worker is first, none left out."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock, local
from engine.pack.library import Library
from engine.services import cases, incidents, periodic, tasks
from engine.services.desk import Conflict, NotAllowed, NotFound
from engine.services.tasks import TaskFilter
from engine.services.timers import Worker
from engine.store.database import enter_council
from engine.store.tables import AuditEvent, CaseRecord, Incident, PeriodicRun
from tests.conftest import SMALL, Office

MONTHLY = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="https://homeward.example/small">
  <bpmn:process id="monthly-data" name="A month is over" isExecutable="true">
    <bpmn:laneSet id="lanes_m"><bpmn:lane id="lane_m" name="Children Missing Officer">
      <bpmn:extensionElements><spiffworkflow:properties>
        <spiffworkflow:property name="role" value="missing_coordinator" />
      </spiffworkflow:properties></bpmn:extensionElements>
      <bpmn:flowNodeRef>month_over</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>collate</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>collated</bpmn:flowNodeRef>
    </bpmn:lane></bpmn:laneSet>
    <bpmn:startEvent id="month_over" name="Month over"><bpmn:outgoing>flow_m1</bpmn:outgoing>
      <bpmn:timerEventDefinition id="month_over_timer">
        <bpmn:timeDate xsi:type="bpmn:tFormalExpression">EXPRESSION</bpmn:timeDate>
      </bpmn:timerEventDefinition></bpmn:startEvent>
    <bpmn:userTask id="collate" name="Collate the month's data"><bpmn:extensionElements>
        <spiffworkflow:properties><spiffworkflow:property name="clauses" value="1.1" />
        <spiffworkflow:property name="duty" value="process_notification" />
        <spiffworkflow:property name="form" value="process-notification" /></spiffworkflow:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>flow_m1</bpmn:incoming><bpmn:outgoing>flow_m2</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="collated" name="Data collated"><bpmn:incoming>flow_m2</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="flow_m1" sourceRef="month_over" targetRef="collate" />
    <bpmn:sequenceFlow id="flow_m2" sourceRef="collate" targetRef="collated" />
  </bpmn:process>
</bpmn:definitions>
"""
FIRST_OF_NEXT_MONTH = (
    "= date and time(date(if period.from.month = 12 then period.from.year + 1 else period.from.year,"
    ' if period.from.month = 12 then 1 else period.from.month + 1, 1), time("09:00:00"))'
)


def library(tmp_path: Path, expression: str) -> Library:
    """The small council's pack with a process that a moment starts."""
    tmp_path.mkdir(exist_ok=True)
    shutil.copytree(SMALL / "small", tmp_path / "small")
    shutil.copy(SMALL / "vocabulary.yaml", tmp_path)
    (tmp_path / "small" / "monthly-data.bpmn").write_text(MONTHLY.replace("EXPRESSION", expression))
    procedure = tmp_path / "small" / "procedure.yaml"
    line = "  missing-episode: {title: A child is reported missing, order: 1}\n"
    text = procedure.read_text()
    assert line in text
    procedure.write_text(text.replace(line, line + "  monthly-data: {title: A month is over, order: 2}\n"))
    return Library(tmp_path)


@pytest.fixture
def worker(sessions: sessionmaker[Session], clock: VirtualClock, tmp_path: Path) -> Worker:
    office = Office(library(tmp_path, FIRST_OF_NEXT_MONTH), clock)
    with sessions() as session:
        office.set_up(session)
    return Worker(sessions, clock, office.library, office.settings)


def test_a_period_starts_one_case_when_it_is_over_with_a_task_for_somebody(
    worker: Worker, clock: VirtualClock
) -> None:
    assert periodic.start_due(worker) == 0
    clock.move_to(datetime(2026, 6, 1, 8, 0, tzinfo=UTC))
    assert periodic.start_due(worker) == 1
    assert periodic.start_due(worker) == 0
    with worker.sessions() as session:
        desk = worker.desk(session, "small")
        row = tasks.list(desk, TaskFilter(whose="all")).rows[0]
        assert (row.name, row.child) == ("Collate the month's data", None)
        case = session.get_one(CaseRecord, row.case_id)
        assert (case.started_by, case.child_id) == ("monthly-data", None)
        assert cases.view(desk, case.id).child is None
        assert not tasks.submit(desk, row.id, {"risk.vulnerable": False}).incident
        assert session.get_one(CaseRecord, case.id, populate_existing=True).status == "closed"


def test_months_missed_while_nothing_ran_are_caught_up_one_by_one(
    worker: Worker, clock: VirtualClock
) -> None:
    clock.move_to(datetime(2027, 2, 10, 12, 0, tzinfo=UTC))
    assert periodic.start_due(worker) == 9
    with worker.sessions() as session:
        enter_council(session, "small")
        runs = session.scalars(sa.select(PeriodicRun).order_by(PeriodicRun.period_from)).all()
        assert [local(run.period_to).strftime("%m-%d %H:%M") for run in runs[-3:]] == [
            "12-01 09:00",
            "01-01 09:00",
            "02-01 09:00",
        ]
        assert all(run.period_to == later.period_from for run, later in zip(runs, runs[1:], strict=False))


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        (FIRST_OF_NEXT_MONTH, ("2026-05-01 09:00", "2026-06-01 09:00")),
        ('= period.from + duration("P28D")', ("2026-05-12 10:00", "2026-06-09 10:00")),
        ('= period.from + duration("P731D")', ("2026-05-12 10:00", "2028-05-12 10:00")),
    ],
)
def test_the_first_period_is_the_calendars_in_which_the_council_began_else_it_begins_then(
    sessions: sessionmaker[Session],
    clock: VirtualClock,
    tmp_path: Path,
    expression: str,
    first: tuple[str, str],
) -> None:
    office = Office(library(tmp_path, expression), clock)
    with sessions() as session:
        office.set_up(session)
    clock.move_to(datetime(2028, 6, 1, tzinfo=UTC))
    assert periodic.start_due(Worker(sessions, clock, office.library, office.settings))
    with sessions() as session:
        enter_council(session, "small")
        run = session.scalars(sa.select(PeriodicRun).order_by(PeriodicRun.period_from).limit(1)).one()
        assert tuple(f"{local(at):%Y-%m-%d %H:%M}" for at in (run.period_from, run.period_to)) == first


def test_of_several_workers_one_starts_each_period(worker: Worker, clock: VirtualClock) -> None:
    clock.move_to(datetime(2026, 9, 2, 12, 0, tzinfo=UTC))
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: periodic.start_due(worker), range(4))) == 4
    with worker.sessions() as session:
        enter_council(session, "small")
        assert session.scalar(sa.select(sa.func.count()).select_from(CaseRecord)) == 4


def test_a_process_that_cannot_say_when_it_starts_is_shown_once(
    sessions: sessionmaker[Session], clock: VirtualClock, tmp_path: Path
) -> None:
    office = Office(library(tmp_path, '= period.from - duration("P1D")'), clock)
    with sessions() as session:
        office.set_up(session)
    worker = Worker(sessions, clock, office.library, office.settings)
    for _ in range(3):
        assert periodic.start_due(worker) == 0
    with sessions() as session:
        rows = incidents.list(office.desk(session))
        assert [(row.kind, row.process) for row in rows] == [("periodic", "monthly-data")]
        assert "does not say when it starts next" in rows[0].message


def shown(session: Session, office: Office) -> int:
    """Return the number of the open incident of the month's process."""
    return incidents.list(office.desk(session))[0].id


def test_an_administrator_tries_a_process_again_and_learns_what_came_of_it(
    sessions: sessionmaker[Session], clock: VirtualClock, tmp_path: Path
) -> None:
    office = Office(library(tmp_path / "broken", '= period.from - duration("P1D")'), clock)
    with sessions() as session:
        office.set_up(session)
        chief = office.person(session, "ada", "administrator")
    worker = Worker(sessions, clock, office.library, office.settings)
    assert periodic.start_due(worker) == 0
    with sessions() as session:
        number = shown(session, office)
        done = periodic.retry(office.desk(session, chief), number)
        session.commit()
        assert done.problem is not None and "does not say when it starts next" in done.problem
        row = incidents.view(office.desk(session), number)
        assert (row.resolved, row.attempts) == (None, 2)

    mended = Office(library(tmp_path / "mended", FIRST_OF_NEXT_MONTH), clock)
    clock.move_to(datetime(2026, 5, 20, 9, 0, tzinfo=UTC))
    with sessions() as session:
        mended.set_up(session)
        done = periodic.retry(mended.desk(session, chief), number)
        session.commit()
        assert done == periodic.Retried(0, datetime(2026, 6, 1, 8, 0, tzinfo=UTC), None)
        row = incidents.view(mended.desk(session), number)
        assert row.resolved is not None and row.resolved_by == "Ada"
        with pytest.raises(Conflict, match="was resolved"):
            periodic.retry(mended.desk(session, chief), number)


def test_trying_again_starts_every_period_that_is_over(
    sessions: sessionmaker[Session], clock: VirtualClock, tmp_path: Path
) -> None:
    office = Office(library(tmp_path, FIRST_OF_NEXT_MONTH), clock)
    with sessions() as session:
        office.set_up(session)
        chief = office.person(session, "ada", "administrator")
        number = incidents.report(office.desk(session), "periodic", "It could not be started")
        session.get_one(Incident, number).process = "monthly-data"
        session.commit()
    clock.move_to(datetime(2026, 9, 2, 12, 0, tzinfo=UTC))
    with sessions() as session:
        assert periodic.retry(office.desk(session, chief), number).started == 4
        session.commit()
        enter_council(session, "small")
        assert session.scalar(sa.select(sa.func.count()).select_from(CaseRecord)) == 4
        assert (
            session.scalars(sa.select(AuditEvent.account_id).where(AuditEvent.chain > 0)).all() == [None] * 4
        )
        assert incidents.list(office.desk(session)) == ()
    worker = Worker(sessions, clock, office.library, office.settings)
    assert periodic.start_due(worker) == 0


def test_only_an_administrator_tries_a_process_again(
    sessions: sessionmaker[Session], clock: VirtualClock, tmp_path: Path
) -> None:
    office = Office(library(tmp_path, FIRST_OF_NEXT_MONTH), clock)
    with sessions() as session:
        office.set_up(session)
        number = incidents.report(office.desk(session), "periodic", "It could not be started")
        with pytest.raises(NotAllowed):
            periodic.retry(office.desk(session, office.person(session, "kim", "social_worker")), number)
        with pytest.raises(NotFound):
            periodic.retry(office.desk(session), 999)


PANEL = """{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "panel", "title": "Hold the panel",
 "type": "object", "properties": {"notes": {"type": "string", "title": "What was agreed", "x-clauses": ["1.1"],
 "x-why": "Kept for the next month"}}, "required": [], "x-figures": "period", "x-list": ["process_notification"]}"""


def test_a_meeting_of_the_month_lists_the_cases_that_were_put_on_its_list_in_that_month(
    sessions: sessionmaker[Session], clock: VirtualClock, tmp_path: Path
) -> None:
    packs = library(tmp_path, FIRST_OF_NEXT_MONTH)
    (tmp_path / "small" / "forms" / "panel.json").write_text(PANEL)
    diagram = tmp_path / "small" / "monthly-data.bpmn"
    diagram.write_text(diagram.read_text().replace('value="process-notification"', 'value="panel"'))
    office = Office(packs, clock)
    worker = Worker(sessions, clock, office.library, office.settings)
    with sessions() as session:
        office.set_up(session)
        desk = office.desk(session)
        for day, surname, restricted in (
            (datetime(2026, 5, 20, tzinfo=UTC), "Before", False),
            (datetime(2026, 6, 2, tzinfo=UTC), "Shown", False),
            (datetime(2026, 6, 3, tzinfo=UTC), "Hidden", True),
        ):
            clock.move_to(day)
            facts = {"episode.reported_at": day, "notification.received_at": day, "child.age": 14}
            cases.start(desk, office.child(session, surname, restricted=restricted), facts=facts)
        session.commit()
        clock.move_to(datetime(2026, 7, 1, 8, 0, tzinfo=UTC))
        periodic.start_due(worker)
        somebody = office.desk(session, office.person(session, "carol", "missing_coordinator"))
        rows = [row for row in tasks.list(somebody, TaskFilter(whose="all")).rows if row.child is None]
        views = {
            view.figures.until.month: view for row in rows if (view := tasks.view(somebody, row.id)).figures
        }
        assert [one.child for one in views[6].listed] == ["Ada Before"]
        assert [(one.child, one.reasons[0][1]) for one in views[7].listed] == [
            ("Ada Shown", ("1.1",)),
            ("Restricted record", ("1.1",)),
        ]
        june = views[7].figures
        assert june is not None and june.line("listed.process_notification").value == 2
