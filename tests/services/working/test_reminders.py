"""What people are told by e-mail: what each chose, once, at the local hour, and nothing of a child."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.services import accounts, cases, preferences, reminders
from engine.services.desk import Desk, InvalidAnswers
from engine.services.preferences import Choice
from engine.store.tables import Account, Notice, Reminder, ReminderChoice, Task
from tests.conftest import MORNING, Office
from tests.services.working.conftest import FACTS, TEAM, Given, at

WEEKDAYS = (0, 1, 2, 3, 4)


def told(desk: Desk) -> list[tuple[str, str]]:
    """Look for what is due to be told; return subject and text of every message ordered so far."""
    reminders.remind(desk)
    desk.session.flush()
    rows = desk.session.execute(
        sa.select(Notice.subject, Notice.body).where(Notice.notice == "reminder").order_by(Notice.id)
    )
    return [(str(row.subject), str(row.body)) for row in rows]


def choose(desk: Desk, **wanted: object) -> None:
    preferences.choose(desk, Choice(**wanted))  # type: ignore[arg-type]


def test_nothing_is_told_that_nobody_chose(coordinator: Desk, given: Given, office: Office) -> None:
    given(assignee=coordinator.caller.account, due=at(0, hour=8), assigned_at=at(-1))
    for _ in range(5):
        office.clock.advance(timedelta(hours=9))
        assert told(coordinator) == []


def test_what_becomes_overdue_is_told_at_once_and_once(
    coordinator: Desk, given: Given, office: Office
) -> None:
    choose(coordinator, when_overdue=True)
    task = given("Okonjo", assignee=coordinator.caller.account, assigned_at=MORNING, due=at(0, hour=14))
    reference = coordinator.session.get_one(Task, task).reference
    office.clock.move_to(at(0, hour=14))
    assert told(coordinator) == [], "at its limit it is in time"
    office.clock.advance(timedelta(seconds=30))
    ((subject, body),) = told(coordinator)
    assert subject == "1 task overdue"
    assert reference in body and f"/tasks/{task}" in body and "/preferences" in body
    assert "Due on Tuesday 12 May 2026 at 15:00 BST" in body
    assert "- Work through the notification\n" in body
    assert "Okonjo" not in subject + body and "Ada" not in subject + body
    office.clock.advance(timedelta(days=2))
    assert len(told(coordinator)) == 1


def test_a_limit_that_moves_is_told_of_again_and_several_make_one_message(
    coordinator: Desk, given: Given, office: Office
) -> None:
    choose(coordinator, when_overdue=True)
    mine = coordinator.caller.account
    first = given(assignee=mine, assigned_at=MORNING, due=at(0, hour=10))
    given(assignee=mine, assigned_at=MORNING, due=at(0, hour=11))
    office.clock.move_to(at(0, hour=12))
    assert [subject for subject, _ in told(coordinator)] == ["2 tasks overdue"]
    coordinator.session.get_one(Task, first).due = at(0, hour=13)
    office.clock.move_to(at(0, hour=14))
    assert [subject for subject, _ in told(coordinator)] == ["2 tasks overdue", "1 task overdue"]


def test_what_was_overdue_before_the_choice_is_left_to_the_list_but_not_what_is_handed_over_late(
    coordinator: Desk, given: Given, office: Office
) -> None:
    mine = coordinator.caller.account
    given(assignee=mine, assigned_at=at(-2), due=at(-1))
    choose(coordinator, when_overdue=True)
    office.clock.advance(timedelta(hours=1))
    assert told(coordinator) == []
    given(assignee=mine, assigned_at=office.clock.now(), due=at(-1))
    assert [subject for subject, _ in told(coordinator)] == ["1 task overdue"]


def test_what_is_due_within_the_chosen_hours_is_told_before(
    coordinator: Desk, given: Given, office: Office
) -> None:
    choose(coordinator, hours_before=4)
    mine = coordinator.caller.account
    given(assignee=mine, assigned_at=MORNING, due=at(0, hour=16))
    assert told(coordinator) == []
    office.clock.move_to(at(0, hour=12))
    assert [subject for subject, _ in told(coordinator)] == ["1 task due soon"]
    given(assignee=mine, assigned_at=office.clock.now(), due=at(0, hour=13))
    assert len(told(coordinator)) == 2, "a short limit is told when the task is mine"
    office.clock.move_to(at(0, hour=17))
    assert len(told(coordinator)) == 2, "only what was chosen: not what is overdue"


def test_another_persons_and_nobodys_tasks_are_not_told(
    coordinator: Desk, given: Given, office: Office
) -> None:
    choose(coordinator, when_overdue=True, hours_before=10)
    other = office.person(coordinator.session, "dan", "missing_coordinator")
    given(assignee=other.account, assigned_at=MORNING, due=at(0, hour=10))
    given(due=at(0, hour=10))
    office.clock.move_to(at(0, hour=12))
    assert told(coordinator) == []


def test_a_digest_comes_at_the_chosen_hour_of_the_chosen_days_once(
    coordinator: Desk, given: Given, office: Office
) -> None:
    mine = coordinator.caller.account
    given("Okonjo", assignee=mine, due=at(-1))
    given(assignee=mine, due=at(0, hour=15))
    given(assignee=mine, due=at(3), whole_day=True)
    given()
    choose(coordinator, digest_hour=11, digest_days=(1, 2))  # Tuesday and Wednesday
    assert told(coordinator) == []
    office.clock.move_to(datetime(2026, 5, 12, 9, 59, 59, tzinfo=UTC))
    assert told(coordinator) == []
    office.clock.advance(timedelta(seconds=1))  # 11am, British Summer Time
    ((subject, body),) = told(coordinator)
    assert subject == "Your tasks on Tuesday 12 May 2026: 3 open, 1 overdue"
    for words in (
        "You have 3 tasks, 1 overdue.",
        "Overdue:",
        "Due today:",
        "In the next seven days:",
        "Due by the end of Friday 15 May 2026",
        "Nobody has taken 1 task of your team.",
    ):
        assert words in body, words
    assert "Okonjo" not in body
    for _ in range(30):
        office.clock.advance(timedelta(minutes=25))
        assert len(told(coordinator)) == 1
    office.clock.move_to(at(1, hour=22))
    assert len(told(coordinator)) == 2, "a worker that was away tells it late the same day"
    office.clock.move_to(at(3))
    assert len(told(coordinator)) == 2, "not on other days"


def test_a_digest_without_anything_to_say_is_not_sent_later_that_day(
    coordinator: Desk, given: Given, office: Office
) -> None:
    choose(coordinator, digest_hour=11, digest_days=WEEKDAYS)
    office.clock.move_to(at(0, hour=10))
    assert told(coordinator) == []
    assert coordinator.session.scalars(sa.select(Reminder.told)).all() == [False]
    given(assignee=coordinator.caller.account)
    office.clock.move_to(at(0, hour=15))
    assert told(coordinator) == []
    office.clock.move_to(at(1, hour=10))
    assert len(told(coordinator)) == 1


def test_a_choice_made_after_its_hour_begins_on_the_next_day(
    coordinator: Desk, given: Given, office: Office
) -> None:
    given(assignee=coordinator.caller.account)
    choose(coordinator, digest_hour=10, digest_days=WEEKDAYS)  # at exactly ten
    assert told(coordinator) == []
    office.clock.advance(timedelta(hours=24))
    assert len(told(coordinator)) == 1


@pytest.mark.parametrize(
    ("day", "hour", "due"),
    [
        (date(2026, 3, 29), 1, datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # the hour that is skipped
        (date(2026, 3, 29), 2, datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (date(2026, 10, 25), 1, datetime(2026, 10, 25, 0, 0, tzinfo=UTC)),  # the first of two
        (date(2026, 10, 25), 2, datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_day_on_which_the_clocks_change_has_one_digest(day: date, hour: int, due: datetime) -> None:
    choice = Choice(digest_hour=hour, digest_days=tuple(range(7)))
    due_on = [
        found
        for minute in range(-26 * 60, 26 * 60, 10)
        if (found := choice.digest_of(due + timedelta(minutes=minute))) is not None
    ]
    assert day in due_on
    assert choice.digest_of(due - timedelta(seconds=1)) != day
    assert choice.digest_of(due) == day


def test_choices_that_cannot_be_are_refused(coordinator: Desk) -> None:
    for wanted, field in (
        (Choice(digest_hour=24, digest_days=(1,)), "digest_hour"),
        (Choice(digest_hour=8), "digest_days"),
        (Choice(digest_hour=8, digest_days=(9,)), "digest_days"),
        (Choice(hours_before=0), "hours_before"),
        (Choice(hours_before=73), "hours_before"),
    ):
        with pytest.raises(InvalidAnswers) as refused:
            preferences.choose(coordinator, wanted)
        assert set(refused.value.problems) == {field}
    assert not preferences.choice(coordinator).anything
    choose(coordinator, digest_hour=8, digest_days=(2, 0, 2), hours_before=6)
    known = preferences.choice(coordinator)
    assert (known.digest_hour, known.digest_days, known.hours_before) == (8, (0, 2), 6)
    choose(coordinator)
    assert not preferences.choice(coordinator).anything


def test_who_wants_to_be_told_and_has_no_address_is_named_to_administrators(
    coordinator: Desk, office: Office
) -> None:
    administrator = office.desk(coordinator.session)
    assert preferences.unreachable(administrator) == ()
    choose(coordinator, when_overdue=True)
    assert preferences.unreachable(administrator) == ("Carol",)
    accounts.set_email(administrator, "carol", "carol@council.example")
    assert preferences.unreachable(administrator) == ()
    assert preferences.address(coordinator) == "carol@council.example"


def test_nobody_whose_account_is_closed_is_told(coordinator: Desk, given: Given, office: Office) -> None:
    choose(coordinator, when_overdue=True, digest_hour=12, digest_days=WEEKDAYS)
    given(assignee=coordinator.caller.account, assigned_at=MORNING, due=at(0, hour=10))
    session = coordinator.session
    session.execute(
        sa.update(Account).where(Account.id == coordinator.caller.account).values(disabled_at=MORNING)
    )
    office.clock.move_to(at(0, hour=14))
    assert told(coordinator) == []


def test_two_workers_tell_it_once(office: Office, sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        office.set_up(session)
        person = office.person(session, "carol", "missing_coordinator", teams=[TEAM])
        case = cases.start(office.desk(session), office.child(session), facts=FACTS)
        session.flush()
        task = session.scalars(sa.select(Task).where(Task.case_id == case)).one()
        task.assignee, task.assigned_at, task.due = person.account, MORNING, at(0, hour=9, minute=30)
        choice = {"digest_hour": 11, "digest_days": [1], "when_overdue": True, "chosen_at": MORNING}
        session.add(ReminderChoice(account_id=person.account, **choice))
        session.commit()
    office.clock.move_to(at(0, hour=11))

    def work(_: int) -> int:
        with sessions() as session:
            made = reminders.remind(office.desk(session))
            session.commit()
            return made

    with ThreadPoolExecutor(4) as workers:
        made: Sequence[int] = [*workers.map(work, range(8))]
    assert sum(made) == 2
    with sessions() as session:
        office.desk(session)
        keys = session.scalars(sa.select(Notice.key)).all()
        assert len(keys) == 2 == len({*keys})
