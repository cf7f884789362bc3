"""Several tasks change hands at once; what happened to one in between is named, and that one stays."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.services import cases, tasks
from engine.services.desk import Desk, InvalidAnswers, NotAllowed
from engine.services.tasks import Seen
from engine.store.tables import AuditEvent, Task, TaskDraft
from tests.conftest import Office
from tests.services.assignment.test_routing import TEAM, number, officer, start
from tests.services.test_tasks import FACTS, VULNERABLE


@pytest.fixture
def desk(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(session)


@pytest.fixture
def lead(desk: Desk, office: Office) -> Desk:
    return office.desk(desk.session, office.person(desk.session, "mary", "team_manager", teams=[TEAM]))


def seen(lead: Desk, *found: Task) -> list[Seen]:
    rows, _ = tasks.chosen(lead, [task.id for task in found])
    return [row.seen for row in rows]


def holders(desk: Desk) -> list[int | None]:
    return list(desk.session.scalars(sa.select(Task.assignee).order_by(Task.id)))


def test_all_that_were_chosen_change_hands_with_the_reason_and_each_is_recorded(
    desk: Desk, lead: Desk, office: Office
) -> None:
    ann, bob = officer(desk, office, "ann"), officer(desk, office, "bob")
    found = [start(desk, office, name) for name in ("One", "Two", "Three")]
    for task in found[:2]:
        tasks.claim(office.desk(desk.session, ann), task.id)
    _, people = tasks.chosen(lead, [task.id for task in found])
    assert [(one.name, one.open) for one in people] == [("Ann", 2), ("Bob", 0)]
    done = tasks.assign_many(lead, seen(lead, *found), number(bob), "Ann is ill")
    assert (done.to, len(done.given), done.left) == ("Bob", 3, ())
    assert holders(desk) == [bob.account] * 3
    events = desk.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "task_assigned")).all()
    assert {event.task_id for event in events} == {task.id for task in found}


def test_what_was_taken_ended_or_begun_meanwhile_stays_and_is_named(
    desk: Desk, lead: Desk, office: Office
) -> None:
    ann, bob, cid = (officer(desk, office, name) for name in ("ann", "bob", "cid"))
    taken, ended, begun, quiet = (start(desk, office, name) for name in ("One", "Two", "Three", "Four"))
    tasks.claim(office.desk(desk.session, ann), begun.id)
    as_seen = seen(lead, taken, ended, begun, quiet)
    tasks.claim(office.desk(desk.session, cid), taken.id)
    tasks.submit(office.desk(desk.session, cid), ended.id, VULNERABLE)
    tasks.save_draft(office.desk(desk.session, ann), begun.id, {"notes": "half a sen"})
    done = tasks.assign_many(lead, as_seen, number(bob), "Ann is ill")
    assert list(done.given) == [f"{quiet.name}, case {quiet.reference}"]
    why = {one.task_id: one.why for one in done.left}
    assert why == {
        taken.id: "Cid has it now.",
        ended.id: "It was done or is no longer needed.",
        begun.id: "Ann has typed answers meanwhile.",
    }
    assert all(one.name for one in done.left)
    assert desk.session.get(TaskDraft, (begun.id, ann.account)) is not None


def test_a_task_whose_draft_was_seen_changes_hands_and_the_draft_stays(
    desk: Desk, lead: Desk, office: Office
) -> None:
    ann, bob = officer(desk, office, "ann"), officer(desk, office, "bob")
    task = start(desk, office)
    tasks.claim(office.desk(desk.session, ann), task.id)
    tasks.save_draft(office.desk(desk.session, ann), task.id, {"notes": "half a sen"})
    rows, _ = tasks.chosen(lead, [task.id])
    assert [one.name for one in rows[0].begun] == ["Ann"]
    done = tasks.assign_many(lead, [rows[0].seen], number(bob), "Ann is ill")
    assert len(done.given) == 1
    assert desk.session.get_one(TaskDraft, (task.id, ann.account)).answers == {"notes": "half a sen"}


def test_only_tasks_that_the_caller_leads_can_be_given_and_only_to_who_holds_the_role(
    desk: Desk, lead: Desk, office: Office
) -> None:
    sam = office.person(desk.session, "sam", "social_worker", teams=["Social care"])
    other = office.desk(desk.session, office.person(desk.session, "nan", "team_manager", teams=["Elsewhere"]))
    task = start(desk, office)
    assert tasks.assignable(other).rows == () and tasks.chosen(other, [task.id])[0] == ()
    left = tasks.assign_many(other, seen(lead, task), number(sam), "Try").left
    assert [one.why for one in left] == ["You may not give this task to others."]
    left = tasks.assign_many(lead, seen(lead, task), number(sam), "Try").left
    assert [one.why for one in left] == ["The person you chose does not hold the role that does it."]
    with pytest.raises(NotAllowed):
        tasks.assign_many(office.desk(desk.session, sam), seen(lead, task), number(sam), "Try")
    with pytest.raises(InvalidAnswers) as refused:
        tasks.assign_many(lead, seen(lead, task), 999_999, " ")
    assert set(refused.value.problems) == {"account", "reason"}
    with pytest.raises(InvalidAnswers):
        tasks.assign_many(lead, [], number(sam), "Try")


def test_the_same_form_sent_twice_gives_once(desk: Desk, lead: Desk, office: Office) -> None:
    bob = officer(desk, office, "bob")
    task = start(desk, office)
    as_seen, key = seen(lead, task), str(uuid.uuid4())
    first = tasks.assign_many(lead, as_seen, number(bob), "Ann is ill", key)
    tasks.release(office.desk(desk.session, bob), task.id)
    assert tasks.assign_many(lead, as_seen, number(bob), "Ann is ill", key) == first
    assert holders(desk) == [None]


def test_a_task_that_somebody_holds_at_this_very_moment_is_left_alone(
    office: Office, sessions: sessionmaker[Session]
) -> None:
    with sessions() as session:
        office.set_up(session)
        desk = office.desk(session)
        bob = officer(desk, office, "bob")
        mary = office.person(session, "mary", "team_manager", teams=[TEAM])
        cases.start(desk, office.child(session), facts=FACTS)
        cases.start(desk, office.child(session, "Second"), facts=FACTS)
        session.commit()
    with sessions() as holding, sessions() as giving:
        lead = office.desk(giving, mary)
        found = giving.scalars(sa.select(Task).order_by(Task.id)).all()
        as_seen = seen(lead, *found)
        office.desk(holding)
        holding.get(Task, found[0].id, with_for_update=True)
        done = tasks.assign_many(lead, as_seen, number(bob), "Ann is ill")
        assert [one.why for one in done.left] == ["Somebody is working on it at this very moment."]
        assert len(done.given) == 1
