"""A child's work goes to another team, with what opens later, and comes back by being transferred back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import cases, tasks
from engine.services.assignment import transfer
from engine.services.desk import Desk, InvalidAnswers, NotAllowed
from engine.store.tables import AllocatedWorker, Task
from tests.conftest import Office
from tests.services.assignment.test_routing import TEAM, number, officer, start, the_task
from tests.services.test_tasks import VULNERABLE

OTHER = "Missing children South"
WORKERS = "Social care"


@pytest.fixture
def desk(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(session)


def move(desk: Desk, task: Task, from_team: str, to_team: str, **more: object) -> transfer.Moved:
    assert task.child_id is not None
    return transfer.transfer(desk, task.child_id, from_team, to_team, "The family moved", **more)  # type: ignore[arg-type]


def test_open_tasks_and_those_to_come_go_to_the_new_teams_queue(desk: Desk, office: Office) -> None:
    carol = officer(desk, office, "carol")
    task, other = start(desk, office), start(desk, office, "Sibling")
    tasks.claim(office.desk(desk.session, carol), task.id)
    move(desk, task, WORKERS, "Social care South")
    moved = move(desk, task, TEAM, OTHER)
    assert (moved.tasks, moved.taken_back) == (1, 1)
    task = the_task(desk, task.case_id)
    assert (task.team, task.assignee, task.routed) == (OTHER, None, "transferred")
    assert the_task(desk, other.case_id).team == TEAM
    tasks.submit(office.desk(desk.session, carol), task.id, VULNERABLE)
    cases.record_event(desk, task.case_id, "returned")
    assert the_task(desk, task.case_id).team == "Social care South"
    tasks.submit(desk, other.id, VULNERABLE)
    cases.record_event(desk, other.case_id, "returned")
    assert the_task(desk, other.case_id).team == WORKERS


def test_a_task_that_changes_stays_with_the_new_team(desk: Desk, office: Office) -> None:
    task = start(desk, office)
    move(desk, task, TEAM, OTHER)
    office.clock.advance(timedelta(minutes=5))
    cases.change_facts(
        desk,
        task.case_id,
        {"notification.received_at": (desk.now() + timedelta(days=1)).isoformat()},
        reason="The message came a day later",
    )
    changed = the_task(desk, task.case_id)
    assert changed.version > task.version or changed.due is not None
    assert changed.team == OTHER


def test_transferring_back_ends_the_transfer_and_both_stay_on_record(desk: Desk, office: Office) -> None:
    task = start(desk, office)
    assert task.child_id is not None
    move(desk, task, TEAM, OTHER)
    office.clock.advance(timedelta(hours=1))
    move(desk, task, OTHER, TEAM)
    assert the_task(desk, task.case_id).team == TEAM
    (row,) = transfer.of_child(desk, task.child_id)
    assert (row.from_team, row.to_team, row.end_reason) == (TEAM, OTHER, "The family moved")
    assert row.ended is not None
    tasks.submit(desk, task.id, VULNERABLE)


def test_a_transfer_goes_on_to_a_third_team(desk: Desk, office: Office) -> None:
    task = start(desk, office)
    assert task.child_id is not None
    move(desk, task, TEAM, OTHER)
    move(desk, task, OTHER, "Third")
    assert the_task(desk, task.case_id).team == "Third"
    standing = [row for row in transfer.of_child(desk, task.child_id) if row.ended is None]
    assert {(row.from_team, row.to_team) for row in standing} == {(TEAM, "Third"), (OTHER, "Third")}


def test_a_new_worker_gets_the_tasks_of_the_role(desk: Desk, office: Office) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    task = start(desk, office)
    tasks.claim(office.desk(desk.session, carol), task.id)
    new = transfer.NewWorker("Dora", "missing_coordinator", number(dora))
    move(desk, task, TEAM, OTHER, worker=new, since=date(2026, 5, 11))
    task = the_task(desk, task.case_id)
    assert (task.team, task.assignee, task.routed) == (OTHER, dora.account, "allocated")
    worker = desk.session.scalars(sa.select(AllocatedWorker)).one()
    assert (worker.name, worker.team, worker.since) == ("Dora", OTHER, date(2026, 5, 11))


def test_what_was_typed_stays_and_can_be_taken_over(desk: Desk, office: Office) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    task = start(desk, office)
    hers, theirs = office.desk(desk.session, carol), office.desk(desk.session, dora)
    tasks.claim(hers, task.id)
    tasks.save_draft(hers, task.id, {"notes": "Seen at the station"})
    move(desk, task, TEAM, OTHER)
    with pytest.raises(NotAllowed, match="take the task first"):
        tasks.take_over(theirs, task.id, number(carol))
    tasks.claim(theirs, task.id)
    (one,) = tasks.begun(theirs, [task.id])[task.id]
    assert (one.name, one.left) == ("Carol", True)
    tasks.take_over(theirs, task.id, number(carol))
    assert tasks.view(theirs, task.id).draft == {"notes": "Seen at the station"}
    assert tasks.view(hers, task.id).draft == {"notes": "Seen at the station"}


def test_a_transfer_needs_teams_a_reason_a_day_and_somebody_who_leads(desk: Desk, office: Office) -> None:
    task = start(desk, office)
    assert task.child_id is not None
    with pytest.raises(InvalidAnswers) as refused:
        transfer.transfer(desk, task.child_id, " ", " ", " ", since=date(2026, 5, 13))
    assert set(refused.value.problems) == {"from_team", "to_team", "reason", "since"}
    sam = office.desk(desk.session, officer(desk, office, "sam", "social_worker"))
    with pytest.raises(NotAllowed):
        transfer.transfer(sam, task.child_id, TEAM, OTHER, "Because")


def test_the_same_form_sent_twice_transfers_once(desk: Desk, office: Office) -> None:
    task = start(desk, office)
    assert task.child_id is not None
    key = "9b2a0b0e-7c43-4a43-9d43-2f2f7a2f6b11"
    first = move(desk, task, TEAM, OTHER, key=key)
    again = move(desk, task, TEAM, OTHER, key=key)
    assert again.repeated and (again.tasks, again.taken_back) == (first.tasks, first.taken_back)
    assert len(transfer.of_child(desk, task.child_id)) == 1
