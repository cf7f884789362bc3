"""Who may do what, restricted records, and the log of what was read."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import access, cases, children
from engine.services.desk import Caller, Desk, InvalidAnswers, NotAllowed, NotFound
from engine.store.tables import AllocatedWorker, CaseRecord, access_log
from tests.conftest import Office
from tests.services.test_cases import FACTS


def caller(*roles: str) -> Caller:
    return Caller(7, "Somebody", "small", frozenset(roles))


@pytest.mark.parametrize(
    ("roles", "action", "allowed"),
    [
        (("social_worker",), "see_case", True),
        (("social_worker",), "override", True),
        (("social_worker",), "retry", False),
        (("social_worker",), "manage_accounts", False),
        (("administrator",), "see_case", False),
        (("administrator",), "retry", True),
        (("administrator", "social_worker"), "see_case", True),
        (("quality_assurance",), "see_case", True),
        (("quality_assurance",), "change_facts", False),
        (("quality_assurance",), "record_event", False),
        (("process_owner",), "change_procedure", True),
        (("process_owner",), "see_case", False),
        (("team_manager",), "assign_task", True),
        (("social_worker",), "assign_task", False),
        ((), "see_case", False),
        ((), "read_procedure", True),
        (("social_worker",), "an_action_that_nobody_declared", False),
    ],
)
def test_roles_decide(roles: tuple[str, ...], action: str, allowed: bool) -> None:
    assert access.may(caller(*roles), action) is allowed


@pytest.fixture
def restricted(session: Session, office: Office) -> int:
    """A case of a restricted child; its id."""
    office.set_up(session)
    child = office.child(session, "Hidden", restricted=True, restricted_reason="safety")
    return cases.start(office.desk(session), child, facts=FACTS)


def worker(session: Session, office: Office, name: str, *roles: str) -> Desk:
    return office.desk(session, office.person(session, name, *roles))


def test_a_restricted_case_opens_to_nobody_who_does_not_work_with_the_child(
    session: Session, office: Office, restricted: int
) -> None:
    desk = worker(session, office, "sam", "social_worker")
    with pytest.raises(NotAllowed, match="restricted"):
        cases.view(desk, restricted)
    with pytest.raises(NotAllowed):
        cases.ledger(desk, restricted)
    with pytest.raises(NotFound):
        cases.record_event(desk, restricted, "returned")
    found = cases.search(desk, session.get_one(CaseRecord, restricted).reference).rows
    assert [(row.child, row.child_id) for row in found] == [("Restricted record", None)]
    assert cases.search(desk, "Hidden").total == 0
    assert session.execute(sa.select(access_log)).all() == []


def test_it_opens_to_its_worker_to_those_who_answer_at_any_hour_and_by_a_reason_for_a_while(
    session: Session, office: Office, restricted: int
) -> None:
    child_id = session.get_one(CaseRecord, restricted).child_id
    assert child_id is not None
    own = worker(session, office, "olga", "social_worker")
    now = office.clock.now()
    session.add(
        AllocatedWorker(
            child_id=child_id,
            account_id=own.caller.account,
            name="Olga",
            role="social_worker",
            since=now.date(),
            recorded_at=now,
        )
    )
    session.flush()
    assert cases.view(own, restricted).child == "Ada Hidden"
    assert cases.view(worker(session, office, "edt", "emergency_duty_team"), restricted).child == "Ada Hidden"
    other = worker(session, office, "sam", "social_worker")
    with pytest.raises(InvalidAnswers):
        access.open_restricted(other, child_id, "  ")
    access.open_restricted(other, child_id, "Police ring: the child is at the station")
    assert cases.view(other, restricted).child == "Ada Hidden"
    office.clock.advance(timedelta(hours=4))
    with pytest.raises(NotAllowed):
        cases.view(other, restricted)


def test_every_read_is_logged_with_who_and_what(session: Session, office: Office) -> None:
    office.set_up(session)
    child = office.child(session)
    case_id = cases.start(office.desk(session), child, facts=FACTS)
    desk = worker(session, office, "sam", "social_worker")
    cases.view(desk, case_id)
    cases.ledger(desk, case_id)
    children.view(desk, child)
    rows = session.execute(sa.select(access_log)).all()
    assert [(row.what, row.case_id, row.child_id) for row in rows] == [
        ("case", case_id, child),
        ("ledger", case_id, child),
        ("child", None, child),
    ]
    assert {row.account_id for row in rows} == {desk.caller.account}


def test_without_its_log_row_there_is_no_page(session: Session, office: Office) -> None:
    office.set_up(session)
    case_id = cases.start(office.desk(session), office.child(session), facts=FACTS)
    desk = worker(session, office, "sam", "social_worker")
    connection = session.connection()

    def refuse(*arguments: object) -> None:
        if "INSERT INTO access_log" in str(arguments[2]):
            raise RuntimeError("the log is full")

    sa.event.listen(connection.engine, "before_cursor_execute", refuse)
    try:
        with pytest.raises(RuntimeError, match="the log is full"):
            cases.view(desk, case_id)
    finally:
        sa.event.remove(connection.engine, "before_cursor_execute", refuse)
