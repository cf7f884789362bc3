"""A call that nobody answers goes to the next person, once each, and after the last to whoever leads, whatever dies."""

from __future__ import annotations

import contextlib
import os
import signal
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.services import accounts, cases, tasks
from engine.services.assignment import summons, transfer
from engine.services.audit import verify
from engine.services.desk import Caller
from engine.services.timers import Worker
from engine.store.database import Addresses, enter_council, make_engine, make_sessions
from engine.store.tables import AuditEvent, EndedTask, Incident, Notice, Summons, Task, TaskRouting
from tests.conftest import Office
from tests.services.assignment.test_routing import TEAM, on_duty
from tests.services.test_tasks import FACTS, VULNERABLE

ANSWER = timedelta(minutes=15)


class Night:
    """A council with two people on duty, someone who leads them, and an urgent task that has come to the first."""

    def __init__(self, office: Office, sessions: sessionmaker[Session], people: tuple[str, ...]) -> None:
        self.office, self.sessions = office, sessions
        with sessions() as session:
            office.set_up(session)
            self.people: dict[str, Caller] = {
                name: office.person(session, name, "missing_coordinator", teams=[TEAM]) for name in people
            }
            self.mary = office.person(session, "mary", "team_manager", teams=[TEAM])
            desk = office.desk(session)
            on_duty(desk, *self.people.values(), urgent=24 * 60)
            self.case = cases.start(desk, office.child(session), facts=FACTS)
            session.commit()
            self.task = session.scalars(sa.select(Task.id)).one()

    def worker(self, sessions: sessionmaker[Session] | None = None) -> Worker:
        return Worker(sessions or self.sessions, self.office.clock, self.office.library, self.office.settings)

    def sweep(self) -> int:
        return summons.sweep(self.worker())

    def later(self) -> int:
        self.office.clock.advance(ANSWER)
        return self.sweep()

    def calls(self) -> list[tuple[int, str | None]]:
        with self.sessions() as session:
            enter_council(session, "small")
            rows = session.scalars(sa.select(Summons).order_by(Summons.step)).all()
            return [(row.account_id, row.outcome) for row in rows]

    def holder(self) -> int | None:
        with self.sessions() as session:
            enter_council(session, "small")
            return session.scalars(sa.select(Task.assignee)).one()

    def told(self) -> list[str]:
        with self.sessions() as session:
            enter_council(session, "small")
            return list(session.scalars(sa.select(Notice.recipient).order_by(Notice.id)))

    def incidents(self) -> list[str]:
        with self.sessions() as session:
            enter_council(session, "small")
            return list(session.scalars(sa.select(Incident.message)))

    def number(self, name: str) -> int:
        account = self.people[name].account
        assert account is not None
        return account


@pytest.fixture
def night(office: Office, sessions: sessionmaker[Session]) -> Night:
    return Night(office, sessions, ("ann", "bob"))


def test_nothing_happens_before_the_time_to_answer_has_passed(night: Night) -> None:
    night.office.clock.advance(ANSWER - timedelta(seconds=1))
    assert night.sweep() == 0
    assert night.calls() == [(night.number("ann"), None)]


def test_an_unanswered_call_goes_to_the_next_person_once(night: Night) -> None:
    assert night.later() == 1
    assert night.sweep() == 0
    assert night.calls() == [(night.number("ann"), "passed_on"), (night.number("bob"), None)]
    assert night.holder() == night.number("bob")
    assert night.told() == [f"account:{night.number('ann')}", f"account:{night.number('bob')}"]


def test_after_the_last_the_team_has_the_task_an_incident_stands_and_whoever_leads_is_told(
    night: Night,
) -> None:
    night.later()
    assert night.later() == 1
    assert [outcome for _, outcome in night.calls()] == ["passed_on", "unanswered"]
    assert night.holder() is None
    (message,) = night.incidents()
    assert "none of the 2 people who were called accepted it" in message
    assert night.told()[-1] == f"account:{night.mary.account}"
    assert night.later() == 0


def test_the_incident_closes_when_somebody_takes_the_task_or_the_task_ends(night: Night) -> None:
    night.later()
    night.later()
    with night.sessions() as session:
        desk = night.office.desk(session)
        assert summons.close_settled(desk) == 0
        tasks.claim(night.office.desk(session, night.people["bob"]), night.task)
        incident = session.scalars(sa.select(Incident)).one()
        assert incident.resolution == "somebody has the task"
        incident.resolved_at = None
        tasks.submit(night.office.desk(session, night.people["bob"]), night.task, VULNERABLE)
        assert summons.close_settled(night.office.desk(session)) == 1
        session.commit()


def test_a_task_that_was_accepted_is_not_passed_on(night: Night) -> None:
    with night.sessions() as session:
        tasks.claim(night.office.desk(session, night.people["ann"]), night.task)
        session.commit()
    assert night.later() == 0
    assert night.calls() == [(night.number("ann"), "accepted")]


def test_a_call_to_a_task_that_was_done_is_needless(night: Night) -> None:
    with night.sessions() as session:
        tasks.submit(night.office.desk(session, night.people["ann"]), night.task, VULNERABLE)
        session.commit()
        assert session.get(EndedTask, night.task) is not None
    night.later()
    assert night.calls() == [(night.number("ann"), "needless")]
    assert night.incidents() == []


def test_somebody_who_takes_the_task_from_another_ends_the_call(night: Night) -> None:
    with night.sessions() as session:
        tasks.assign(night.office.desk(session), night.task, night.number("bob"), "Ann is on another call")
        session.commit()
    assert night.calls() == [(night.number("ann"), "needless")]
    assert night.later() == 0


def test_whoever_gives_an_urgent_task_back_has_the_next_person_called_at_once(night: Night) -> None:
    with night.sessions() as session:
        tasks.release(night.office.desk(session, night.people["ann"]), night.task)
        session.commit()
    assert night.sweep() == 1
    assert night.calls() == [(night.number("ann"), "passed_on"), (night.number("bob"), None)]
    assert night.holder() == night.number("bob")


def test_closing_the_account_of_whoever_was_called_has_the_next_person_called(night: Night) -> None:
    with night.sessions() as session:
        accounts.disable(night.office.desk(session), "ann")
        session.commit()
    assert night.sweep() == 1
    assert night.holder() == night.number("bob")


def test_a_task_that_goes_to_another_team_is_called_anew(night: Night) -> None:
    night.office.clock.advance(timedelta(minutes=1))
    with night.sessions() as session:
        desk = night.office.desk(session)
        child = session.get_one(Task, night.task).child_id
        assert child is not None
        transfer.transfer(desk, child, TEAM, "Another team", "The family moved")
        session.commit()
    assert night.calls() == [(night.number("ann"), "needless"), (night.number("ann"), None)]
    assert night.later() == 1
    assert night.holder() == night.number("bob")


def test_everything_is_recorded_in_an_unbroken_chain(night: Night) -> None:
    night.later()
    night.later()
    with night.sessions() as session:
        enter_council(session, "small")
        actions = list(session.scalars(sa.select(AuditEvent.action).where(AuditEvent.chain < 0)))
        assert actions[-2:] == ["call_passed_on", "call_unanswered"]
        assert verify(session).faults == ()
        kept = session.scalars(sa.select(TaskRouting.because).order_by(TaskRouting.id)).all()
        assert list(kept) == ["duty", "escalated", "unanswered"]


def _sweep_that_dies(night: Night, database: Addresses, nth: int) -> bool:
    """Sweep in a process of its own that is killed at its `nth` statement or commit; say whether it lived."""
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException):
            engine, sent = make_engine(database.app), 0

            def count(*unused: object) -> None:
                nonlocal sent
                sent += 1
                if sent == nth:
                    os.kill(os.getpid(), signal.SIGKILL)

            sa.event.listen(engine, "before_cursor_execute", count)
            sa.event.listen(engine, "commit", count)
            summons.sweep(night.worker(make_sessions(engine)))
            status = 0
        os._exit(status)
    _, status = os.waitpid(child, 0)
    return status == 0


@pytest.mark.parametrize("last", [False, True], ids=["passing on", "end of the rota"])
def test_a_call_is_neither_lost_nor_doubled_wherever_the_worker_dies(
    night: Night, database: Addresses, last: bool
) -> None:
    if last:
        night.later()
    night.office.clock.advance(ANSWER)
    before = len(night.calls())
    for nth in range(1, 80):
        if _sweep_that_dies(night, database, nth):
            break
        assert len(night.calls()) in {before, before + (not last)}
    else:
        pytest.fail("a sweep takes more statements than there are deaths here")
    night.sweep()
    assert nth > 8
    assert [outcome for _, outcome in night.calls()] == (
        ["passed_on", "unanswered"] if last else ["passed_on", None]
    )
    told = night.told()
    assert len(told) == len(set(told)) == (3 if last else 2)
    assert len(night.incidents()) == (1 if last else 0)
