"""A small council whose procedure has checks, at work in a database, with the worker's sweeps in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import cases, conformance, tasks
from engine.services.conformance import Examined
from engine.services.desk import Desk
from engine.services.timers import Worker, sweep
from engine.store.tables import Task
from tests.conftest import Office
from tests.pack.building import small_pack, write_pack

REPORTED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)  # a Tuesday
FRIDAY = datetime(2026, 5, 15, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHECKS = """\
- check: processed-the-same-day
  clauses: ["1.1"]
  says: "Each notification is worked through on its day."
  then: process_notification
  of: missing_coordinator
  by: {feel: "working day of(notification.received_at)"}

- check: director-hears
  clauses: ["2.1"]
  says: "The director hears of a child who has been missing for a day."
  when: still missing 24h after reported
  then: notify_director

- check: interview-in-three-days
  clauses: ["2.2"]
  says: "A vulnerable child is interviewed within three days of the return."
  given: {risk.vulnerable: true}
  when: returned
  then: hold_return_interview
  by: 72h after returned

- check: no-interview-before-the-return
  clauses: ["2.2"]
  says: "Nobody is interviewed before they are back."
  then: hold_return_interview
  only after: returned
"""
Edit = Callable[[dict[str, bytes]], None]


class Place:
    """The council at work; each act is committed, and time goes on with the worker or without it."""

    def __init__(self, root: Path, sessions: sessionmaker[Session], edit: Edit | None = None) -> None:
        files = small_pack() | {"checks.yaml": CHECKS.encode()}
        if edit is not None:
            edit(files)
        write_pack(files, root)
        self.root = root
        self.sessions = sessions
        self.clock = VirtualClock(REPORTED)
        self.office = Office(Library(root), self.clock)
        self.worker = Worker(sessions, self.clock, self.office.library, self.office.settings)
        with sessions() as session:
            self.office.set_up(session)

    def do(self, act: Callable[[Desk], Any]) -> Any:
        """Do something at the system's desk, and commit it."""
        with self.sessions() as session:
            done = act(self.office.desk(session))
            session.commit()
            return done

    def report(self, **facts: Any) -> int:
        """Report a child missing now; return the case's number."""
        now = self.clock.now()
        told = {"episode.reported_at": now, "notification.received_at": now, "child.age": 14, **facts}
        return int(self.do(lambda desk: cases.start(desk, self.office.child(desk.session), facts=told)))

    def complete(self, case: int, element: str, **answers: Any) -> None:
        """Complete the open task of a case at an element."""
        found = self.do(
            lambda desk: desk.session.scalars(
                sa.select(Task.id).where(Task.case_id == case, Task.element == element)
            ).one()
        )
        given = {name.replace("__", "."): value for name, value in answers.items()}
        self.do(lambda desk: tasks.submit(desk, found, given))

    def process(self, case: int) -> None:
        self.complete(case, "process_notification", risk__vulnerable=True)

    def back(self, case: int, actual: datetime | None = None) -> None:
        self.do(lambda desk: cases.record_event(desk, case, "returned", actual=actual))

    def wait(self, hours: float, *, worker: bool = True) -> None:
        """Let time pass, a quarter of an hour at a time; without the worker no timer fires."""
        end = self.clock.now() + hours * HOUR
        while self.clock.now() < end:
            self.clock.move_to(min(end, self.clock.now() + HOUR / 4))
            if worker:
                sweep(self.worker)

    def examined(self, case: int) -> Examined:
        """Examine a case."""
        with self.sessions() as session:
            return next(conformance.examine(self.office.desk(session), case=case))

    def found(self, case: int) -> list[tuple[str, str, str | None]]:
        """Return the kinds, causes and checks of a case's breaches; what is stored must be what its acts lead to."""
        one = self.examined(case)
        assert [str(difference) for difference in one.differences] == []
        assert one.whole
        return [(breach.kind, breach.cause, breach.check) for breach in one.breaches]


@pytest.fixture
def place(tmp_path: Path, sessions: sessionmaker[Session]) -> Place:
    """The council with its procedure as it is drawn."""
    return Place(tmp_path, sessions)


@pytest.fixture
def place_with(tmp_path: Path, sessions: sessionmaker[Session]) -> Callable[[str, str], Place]:
    """Makes the council with one text of its diagram replaced."""

    def made(old: str, new: str) -> Place:
        def edit(files: dict[str, bytes]) -> None:
            text = files["missing-episode.bpmn"].decode()
            assert text.count(old) == 1
            files["missing-episode.bpmn"] = text.replace(old, new).encode()

        return Place(tmp_path, sessions, edit)

    return made
