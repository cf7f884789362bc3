"""Putting a task off: out of one's own list until a day, never past its limit, and never out of anybody else's."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

from engine.services import tasks
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotAllowed
from engine.services.tasks import TaskFilter
from engine.services.tasks.rows import NEAR, wakes
from engine.store.packed import unpack
from engine.store.tables import AuditEvent, Task
from tests.conftest import Office
from tests.services.working.conftest import TEAM, Given, at

FRIDAY = date(2026, 5, 15)


def listed(desk: Desk, whose: str = "mine") -> list[int]:
    return [row.id for row in tasks.list(desk, TaskFilter(whose=whose)).rows]


def test_a_task_is_out_of_the_list_until_the_start_of_the_local_day(
    coordinator: Desk, given: Given, office: Office
) -> None:
    task = given(due=at(6))
    moment = tasks.put_off_until(coordinator, task, FRIDAY, "The school answers on Thursday")
    assert moment.astimezone(UTC) == datetime(2026, 5, 14, 23, 0, tzinfo=UTC)
    assert listed(coordinator) == [] and listed(coordinator, "waiting") == [task], "it was taken and put off"
    counts = tasks.counts(coordinator)
    assert (counts.mine, counts.waiting) == (0, 1)
    (row,) = tasks.list(coordinator, TaskFilter(whose="waiting")).rows
    assert (row.waiting, row.follow_up_by) == (True, "Carol")
    assert row.follow_up_reason == "The school answers on Thursday"
    office.clock.move_to(datetime(2026, 5, 14, 22, 59, 59, tzinfo=UTC))
    assert listed(coordinator) == []
    office.clock.advance(timedelta(seconds=1))
    assert listed(coordinator) == [task] and listed(coordinator, "waiting") == []
    assert tasks.counts(coordinator).waiting == 0


def test_everybody_else_still_sees_it_with_the_day_and_the_reason(
    coordinator: Desk, given: Given, office: Office
) -> None:
    task = given(due=at(6))
    tasks.put_off_until(coordinator, task, FRIDAY, "Waiting for the school")
    session = coordinator.session
    colleague = office.desk(session, office.person(session, "dan", "missing_coordinator", teams=[TEAM]))
    (row,) = tasks.list(colleague, TaskFilter(whose="team")).rows
    assert (row.id, row.follow_up_reason, row.waiting) == (task, "Waiting for the school", True)
    with pytest.raises(NotAllowed):
        tasks.put_off_until(colleague, task, FRIDAY, "Mine now")


def test_whoever_takes_it_over_has_it_in_their_list(coordinator: Desk, given: Given, office: Office) -> None:
    task = given(due=at(6))
    tasks.put_off_until(coordinator, task, FRIDAY, "Waiting for the school")
    session = coordinator.session
    colleague = office.person(session, "dan", "missing_coordinator", teams=[TEAM])
    session.get_one(Task, task).assignee = colleague.account
    session.flush()
    (row,) = tasks.list(office.desk(session, colleague), TaskFilter(whose="mine")).rows
    assert (row.id, row.follow_up_by, row.waiting) == (task, "Carol", False)
    assert row.follow_up is not None and row.follow_up_reason == "Waiting for the school"


def test_a_task_comes_back_by_itself_when_its_limit_comes_nearer(
    coordinator: Desk, given: Given, office: Office
) -> None:
    task = given(due=at(6))
    tasks.put_off_until(coordinator, task, FRIDAY, "Waiting for the school")
    row = coordinator.session.get_one(Task, task)
    row.due = at(1, hour=2)  # 3am tomorrow, local time
    coordinator.session.flush()
    assert listed(coordinator) == []
    office.clock.move_to(at(0, hour=22))
    assert listed(coordinator) == [task], "four hours before its limit"
    row.due = at(0, hour=21)
    coordinator.session.flush()
    assert listed(coordinator) == [task], "overdue"


def test_a_day_after_the_limit_or_in_the_past_is_refused_and_the_limits_own_day_is_the_last(
    coordinator: Desk, given: Given
) -> None:
    task = given(due=at(3))  # Friday at ten
    for day, words in (
        (date(2026, 5, 12), "not in the future"),
        (date(2026, 5, 1), "not in the future"),
        (date(2026, 5, 16), "lies after the limit: choose 15 May 2026 at the latest"),
    ):
        with pytest.raises(InvalidAnswers, match=words):
            tasks.put_off_until(coordinator, task, day, "Waiting")
    with pytest.raises(InvalidAnswers) as refused:
        tasks.put_off_until(coordinator, task, FRIDAY, "   ")
    assert set(refused.value.problems) == {"reason"}
    assert coordinator.session.get_one(Task, task).assignee is None, "a refusal takes nothing"
    assert tasks.latest_day(coordinator, at(3)) == FRIDAY
    tasks.put_off_until(coordinator, task, FRIDAY, "Waiting")


@pytest.mark.parametrize("due", [at(-1), at(0, hour=12), at(0, hour=22, minute=59)])
def test_what_is_overdue_or_due_today_cannot_be_put_off(
    coordinator: Desk, given: Given, due: datetime
) -> None:
    task = given(due=due)
    assert tasks.latest_day(coordinator, due) is None
    with pytest.raises(InvalidAnswers, match="limit is too near"):
        tasks.put_off_until(coordinator, task, FRIDAY, "Waiting")


def test_a_task_without_a_limit_is_looked_at_once_a_quarter(coordinator: Desk, given: Given) -> None:
    task = given(due=None)
    with pytest.raises(InvalidAnswers, match="too far away: choose 12 August 2026"):
        tasks.put_off_until(coordinator, task, date(2026, 8, 13), "Waiting")
    tasks.put_off_until(coordinator, task, date(2026, 8, 12), "Waiting")


def test_it_is_brought_back_at_once_and_both_are_recorded(coordinator: Desk, given: Given) -> None:
    task = given(due=at(6))
    key = str(uuid.uuid4())
    tasks.put_off_until(coordinator, task, FRIDAY, "Waiting", key=key)
    tasks.put_off_until(coordinator, task, FRIDAY, "Waiting", key=key)
    with pytest.raises(Conflict):
        tasks.put_off_until(coordinator, task, date(2026, 5, 14), "Waiting", key=key)
    tasks.take_up(coordinator, task)
    tasks.take_up(coordinator, task)
    assert listed(coordinator) == [task]
    rows = coordinator.session.execute(
        sa.select(AuditEvent.action, AuditEvent.detail).where(
            AuditEvent.task_id == task, AuditEvent.chain < 0
        )
    ).all()
    told = [(row.action, unpack(row.detail)) for row in rows if row.action.startswith("task_")]
    assert [action for action, _ in told] == ["task_claimed", "task_put_off", "task_taken_up"]
    assert told[1][1]["reason"] == "Waiting" and told[1][1]["until"] == "2026-05-15"


@settings(max_examples=300)
@any_of(
    minutes=st.integers(0, 2 * 366 * 24 * 60),
    ahead=st.timedeltas(timedelta(minutes=-60), timedelta(days=3)),
)
def test_no_limit_passes_while_its_task_is_out_of_the_list(minutes: int, ahead: timedelta) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = now + ahead
    if due > wakes(now):  # it may be out of the list now
        assert due - now >= NEAR
        assert due.astimezone(tasks.bounds(now).tomorrow.tzinfo).date() > (
            now.astimezone(tasks.bounds(now).tomorrow.tzinfo).date()
        )
