"""Actions: tasks that people agree on, in their owner's list at once, recorded, and no duty of the procedure."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import access, actions, calendar_feed, cases, preferences, reminders, tasks
from engine.services.desk import Desk, InvalidAnswers, NotAllowed
from engine.services.tasks.rows import AGREED
from engine.store.tables import Account, AgreedAction, AuditEvent, Child, LedgerEntry, Notice, Task
from tests.conftest import Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}


def started(desk: Desk, office: Office, surname: str = "Example", **child: object) -> int:
    case_id = cases.start(desk, office.child(desk.session, surname, **child), facts=FACTS)
    desk.session.commit()
    return case_id


def test_an_action_is_a_task_of_its_owner_at_once_and_no_duty(
    coordinator: Desk, office: Office, session: Session
) -> None:
    case_id = started(coordinator, office)
    before = session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry))
    wanda = office.person(session, "wanda", "social_worker", teams=["Social care"])
    number = actions.give(
        coordinator, case_id, what="Ring the school", owner=f"account:{wanda.account}", due=date(2026, 5, 14)
    )
    session.commit()
    hers = tasks.list(office.desk(session, wanda), tasks.TaskFilter(whose="mine")).rows
    assert [(row.name, row.mine, row.can_work) for row in hers] == [("Ring the school", True, True)]
    assert hers[0].due is not None
    assert hers[0].due.isoformat() == "2026-05-14T23:59:59+01:00"
    assert session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry)) == before
    assert actions.of_task(coordinator, hers[0].id) == number


def test_acts_on_the_case_leave_its_actions_alone(
    coordinator: Desk, office: Office, session: Session
) -> None:
    case_id = started(coordinator, office)
    number = actions.give(coordinator, case_id, what="Ring the school", owner="role:social_worker")
    task = session.scalars(sa.select(Task.id).where(Task.case_id == case_id, Task.entries != [])).one()
    tasks.submit(coordinator, task, {"risk.vulnerable": True, "risk.level": "high"})
    cases.record_event(coordinator, case_id, "returned", actual=coordinator.now())
    session.commit()
    assert actions.view(coordinator, number).state == "open"
    assert session.scalar(sa.select(Task.id).where(Task.core_id == f"action-{number}")) is not None


def test_whoever_has_it_ends_it_with_a_note_and_it_stays_to_be_read(
    coordinator: Desk, office: Office, session: Session
) -> None:
    case_id = started(coordinator, office)
    wanda = office.desk(session, office.person(session, "wanda", "social_worker"))
    number = actions.give(
        coordinator, case_id, what="Ring the school", owner=f"account:{wanda.caller.account}"
    )
    session.commit()
    with pytest.raises(InvalidAnswers, match="say what was done"):
        actions.done(wanda, number, " ")
    office.clock.advance(timedelta(hours=2))
    key = str(uuid.uuid4())
    actions.done(wanda, number, "They have not seen the child", key)
    actions.done(wanda, number, "They have not seen the child", key)
    session.commit()
    shown = actions.view(coordinator, number)
    assert (shown.state, shown.note, shown.ended_by) == ("done", "They have not seen the child", "Wanda")
    assert shown.task_id is None
    assert session.scalar(sa.select(sa.func.count()).where(Task.core_id == f"action-{number}")) == 0
    told = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.action.like("action_%"))).all()
    assert list(told) == ["action_agreed", "action_done"]


def test_somebody_elses_action_is_not_ended(coordinator: Desk, office: Office, session: Session) -> None:
    case_id = started(coordinator, office)
    wanda = office.person(session, "wanda", "social_worker")
    other = office.desk(session, office.person(session, "sam", "social_worker"))
    number = actions.give(coordinator, case_id, what="Ring", owner=f"account:{wanda.account}")
    with pytest.raises(NotAllowed, match="somebody else's"):
        actions.done(other, number, "Done")
    with pytest.raises(NotAllowed, match="somebody else's"):
        actions.put_off(other, number, date(2026, 6, 1), "Later")


def test_an_action_of_a_body_outside_is_followed_up_by_whoever_gave_it(
    coordinator: Desk, office: Office, session: Session
) -> None:
    case_id = started(coordinator, office)
    number = actions.give(coordinator, case_id, what="Check the bus station", owner="outside:Police")
    shown = actions.view(coordinator, number)
    assert (shown.owner, shown.holder, shown.mine) == ("Police", "Carol", True)
    task = session.get_one(Task, shown.task_id)
    assert task.name == "Hear from Police: Check the bus station"


def test_a_restricted_childs_action_tells_no_list_what_it_is_and_is_no_way_in(
    coordinator: Desk, office: Office, session: Session
) -> None:
    case_id = started(coordinator, office, "Hidden", restricted=True)
    child = session.scalars(sa.select(Child)).one()
    access.open_restricted(coordinator, child.id, "It is my case today")
    wanda = office.person(session, "wanda", "social_worker")
    with pytest.raises(InvalidAnswers, match="may not open this restricted record"):
        actions.give(coordinator, case_id, what="See Ada", owner=f"account:{wanda.account}")
    number = actions.give(coordinator, case_id, what="See Ada", owner="role:social_worker")
    task = session.scalars(sa.select(Task).where(Task.core_id == f"action-{number}")).one()
    assert task.name == actions.RESTRICTED
    with pytest.raises(NotAllowed, match="restricted"):
        actions.view(office.desk(session, wanda), number)


def test_an_action_can_be_put_off_withdrawn_and_handed_on_with_reasons(
    coordinator: Desk, office: Office, session: Session
) -> None:
    case_id = started(coordinator, office)
    number = actions.give(
        coordinator, case_id, what="Ring", owner="role:missing_coordinator", due=date(2026, 5, 12)
    )
    with pytest.raises(InvalidAnswers, match="say why the day changes"):
        actions.put_off(coordinator, number, None, "")
    actions.put_off(coordinator, number, date(2026, 5, 20), "The school is closed")
    shown = actions.view(coordinator, number)
    assert shown.due is not None
    assert shown.due.date() == date(2026, 5, 20)
    office.clock.advance(timedelta(days=10))
    assert actions.view(coordinator, number).overdue
    carl = office.person(session, "carl", "missing_coordinator")
    assert shown.task_id is not None
    assert carl.account is not None
    tasks.assign(coordinator, shown.task_id, carl.account, "Carol is away")
    moved = actions.view(coordinator, number)
    assert (moved.holder, moved.owner) == ("Carl", "Children Missing Officer")
    assert moved.why == "Put off on 12 May 2026: The school is closed"
    actions.withdraw(coordinator, number, "The child is back")
    assert actions.view(coordinator, number).state == "withdrawn"
    with pytest.raises(InvalidAnswers, match="withdrawn already"):
        actions.done(coordinator, number, "Done")


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        ("", "say who does it"),
        ("role:astronaut", "no role of this procedure"),
        ("account:999999", "nobody with an account"),
        ("account:x", "nobody with an account"),
    ],
)
def test_an_action_needs_somebody_who_can_do_it(
    coordinator: Desk, office: Office, owner: str, said: str
) -> None:
    case_id = started(coordinator, office)
    with pytest.raises(InvalidAnswers, match=said):
        actions.give(coordinator, case_id, what="Ring", owner=owner)
    with pytest.raises(InvalidAnswers, match="say what is to be done"):
        actions.give(coordinator, case_id, what=" ", owner="role:social_worker")


def test_the_same_form_twice_gives_one_action(coordinator: Desk, office: Office, session: Session) -> None:
    case_id = started(coordinator, office)
    key = str(uuid.uuid4())
    first = actions.give(coordinator, case_id, what="Ring", owner="role:social_worker", key=key)
    again = actions.give(coordinator, case_id, what="Ring", owner="role:social_worker", key=key)
    assert first == again
    assert session.scalar(sa.select(sa.func.count()).select_from(AgreedAction)) == 1


def test_the_words_of_an_action_leave_in_no_message_and_no_calendar(
    coordinator: Desk, office: Office, session: Session
) -> None:
    """Somebody may have named the child in them."""
    case_id = started(coordinator, office)
    account = session.get_one(Account, coordinator.caller.account)
    account.email = "carol@example.org"
    preferences.choose(
        coordinator, preferences.Choice(digest_hour=8, digest_days=(0, 1, 2, 3, 4, 5, 6), when_overdue=True)
    )
    actions.give(
        coordinator,
        case_id,
        what="Ask Ada Example's aunt",
        owner=f"account:{coordinator.caller.account}",
        due=date(2026, 5, 13),
    )
    shown = calendar_feed.feed(coordinator).content.decode()
    assert AGREED in shown
    assert "aunt" not in shown
    office.clock.advance(timedelta(days=1))
    reminders.remind(office.desk(session))
    office.clock.advance(timedelta(days=1))
    reminders.remind(office.desk(session))
    letters = session.scalars(sa.select(Notice.body)).all()
    assert len(letters) >= 2
    assert all(AGREED in (body or "") and "aunt" not in (body or "") for body in letters)
