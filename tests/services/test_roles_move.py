"""A duty that goes to another role takes its task along, and the claim of who does not hold that role is given up."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import cases, tasks
from engine.services.desk import NotAllowed
from engine.store.tables import LedgerEntry, Task
from tests.case.diagrams import files
from tests.conftest import MORNING, Office

TALK = """
    start s message=reported
    user talk duty=hold_return_interview \
 role="= if is known(meeting.waived) and meeting.waived then \\"police\\" else \\"social_worker\\""
    end e
    s -> talk -> e
    process call
    start s2 message=second_report
    user look role="= if is known(meeting.decided) and meeting.decided then \\"team_manager\\" else \\"social_worker\\""
    end e2
    s2 -> look -> e2
""".replace("\\\n", "")
ROLES = b"  team_manager: {label: Team manager, team: Managers}\n  social_worker:"


@pytest.fixture
def office(tmp_path: Path, clock: VirtualClock) -> Office:
    for name, data in files(TALK).items():
        path = tmp_path / name if name == "vocabulary.yaml" else tmp_path / "test" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.replace(b"  social_worker:", ROLES) if name == "procedure.yaml" else data)
    return Office(Library(tmp_path), clock, "test")


def reported(session: Session, office: Office) -> int:
    office.set_up(session)
    facts = {"episode.reported_at": MORNING, "notification.received_at": MORNING, "child.age": 14}
    case_id = cases.start(office.desk(session), office.child(session), facts=facts)
    session.commit()
    return case_id


def the_task(session: Session, element: str) -> Task:
    return session.scalars(
        sa.select(Task).where(Task.element == element).execution_options(populate_existing=True)
    ).one()


def test_the_task_shows_in_the_other_team_and_the_claim_is_given_up(session: Session, office: Office) -> None:
    case_id = reported(session, office)
    desk = office.desk(session)
    cases.record_event(desk, case_id, "second_report")
    sam = office.desk(session, office.person(session, "sam", "social_worker"))
    task_id = the_task(session, "look").id
    tasks.claim(sam, task_id)
    cases.change_facts(desk, case_id, {"meeting.decided": True})
    task = the_task(session, "look")
    assert (task.id, task.role, task.team, task.assignee) == (task_id, "team_manager", "Managers", None)
    with pytest.raises(NotAllowed):
        tasks.submit(sam, task_id, {})
    mary = office.desk(session, office.person(session, "mary", "team_manager"))
    tasks.claim(mary, task_id)
    assert not tasks.submit(mary, task_id, {}).closed


def test_who_holds_the_new_role_too_keeps_the_task(session: Session, office: Office) -> None:
    case_id = reported(session, office)
    cases.record_event(office.desk(session), case_id, "second_report")
    caller = office.person(session, "both", "social_worker", "team_manager")
    task_id = the_task(session, "look").id
    tasks.claim(office.desk(session, caller), task_id)
    cases.change_facts(office.desk(session), case_id, {"meeting.decided": True})
    assert the_task(session, "look").assignee == caller.account


def test_a_duty_that_went_outside_is_awaited_and_no_persons_task(session: Session, office: Office) -> None:
    case_id = reported(session, office)
    cases.change_facts(office.desk(session), case_id, {"meeting.waived": True})
    task = the_task(session, "talk")
    assert (task.role, task.external) == ("police", True)
    entry = session.scalars(sa.select(LedgerEntry)).one()
    assert (entry.role, entry.external, entry.outcome) == ("police", True, "open")
