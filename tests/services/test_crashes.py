"""Kill -9 at every statement of a submitted form: what was answered is kept once.

The process that submits kills itself just before, or just after, its n-th statement; n goes up until it lives. What was
not answered is kept once or not at all. After
each kill the same form is sent again with the same key, as a browser would.
"""

from __future__ import annotations

import contextlib
import os
import signal
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.services import cases, tasks
from engine.services.audit import verify
from engine.services.desk import Desk
from engine.store.database import Addresses, enter_council, make_engine, make_sessions
from engine.store.tables import AuditEvent, CaseRecord, IdempotencyKey, LedgerEntry, Task
from tests.conftest import Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
Desks = Callable[[Session], Desk]
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}


def submit(database: Addresses, desk_of: Desks, task: int, key: str, nth: int, when: str) -> str:
    """Submit in a process of its own that dies at its `nth` statement (0: lives); return what became of it."""
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException):
            status = _submit(database, desk_of, task, key, nth, when)
        os._exit(status)
    _, status = os.waitpid(child, 0)
    return "acknowledged" if status == 0 else f"killed {-os.waitstatus_to_exitcode(status)}"


def _submit(database: Addresses, desk_of: Desks, task: int, key: str, nth: int, when: str) -> int:
    engine = make_engine(database.app)
    sent = 0

    def count(*unused: object) -> None:
        nonlocal sent
        sent += 1
        if sent == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    with make_sessions(engine)() as session:
        desk = desk_of(session)
        sa.event.listen(engine, f"{when}_cursor_execute", count)
        sa.event.listen(engine, "commit", count)
        tasks.submit(desk, task, {"risk.vulnerable": True}, key)
        session.commit()
        count()  # after the commit, before anybody was told
    return 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_submit_that_is_killed_at_any_statement_is_carried_out_once_when_sent_again(
    database: Addresses, sessions: sessionmaker[Session], office: Office, when: str
) -> None:
    with sessions() as session:
        office.set_up(session)
        carol = office.person(session, "carol", "missing_coordinator")
        desk = office.desk(session)
        child = office.child(session)
        begun = []
        for _ in range(14):
            case_id = cases.start(desk, child if not begun else office.child(session), facts=FACTS)
            begun.append((case_id, session.scalars(sa.select(Task.id).where(Task.case_id == case_id)).one()))
        session.commit()

    def as_carol(session: Session) -> Desk:
        return office.desk(session, carol)

    killed = 0
    for nth, (case_id, task) in enumerate(begun, start=1):
        key = str(uuid.uuid4())
        said = submit(database, as_carol, task, key, nth, when)
        with sessions() as session:
            enter_council(session, "small")
            before = _state(session, case_id)
        assert before in ((1, 0), (2, 1)), "half an act was kept"
        if said == "acknowledged":
            assert before == (2, 1)
            break
        assert said == "killed 9"
        killed += 1
        assert submit(database, as_carol, task, key, 0, when) == "acknowledged"
        with sessions() as session:
            enter_council(session, "small")
            assert _state(session, case_id) == (2, 1)
    else:
        pytest.fail("a submit takes more statements than there are cases here")
    assert killed >= 8
    with sessions() as session:
        assert verify(session).faults == ()


def _state(session: Session, case_id: int) -> tuple[int, int]:
    """Return the case's acts and its ended duties, which every table must agree on."""
    case = session.get_one(CaseRecord, case_id)
    ended = session.scalar(
        sa.select(sa.func.count()).where(LedgerEntry.case_id == case_id, LedgerEntry.outcome == "done")
    )
    events = session.scalar(sa.select(sa.func.count()).where(AuditEvent.chain == case_id))
    open_tasks = session.scalar(sa.select(sa.func.count()).where(Task.case_id == case_id))
    assert events == case.acts
    assert open_tasks == (1 if case.acts == 1 else 0)
    assert ended is not None
    return case.acts, ended


def test_keys_of_forms_that_were_never_carried_out_leave_nothing(
    database: Addresses, sessions: sessionmaker[Session], office: Office
) -> None:
    with sessions() as session:
        office.set_up(session)
        carol = office.person(session, "carol", "missing_coordinator")
        cases.start(office.desk(session), office.child(session), facts=FACTS)
        task = session.scalars(sa.select(Task.id)).one()
        session.commit()

    def as_carol(session: Session) -> Desk:
        return office.desk(session, carol)

    assert submit(database, as_carol, task, str(uuid.uuid4()), 3, "before") == "killed 9"
    with sessions() as session:
        enter_council(session, "small")
        assert session.scalars(sa.select(IdempotencyKey)).all() == []
