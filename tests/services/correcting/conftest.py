"""A small council at work, with a manager who may set records right, and ways to look at every row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.check.conformance import replay
from engine.services import cases, tasks
from engine.services.acting import act
from engine.services.conformance.reading import read_cases
from engine.services.correcting import Plan, Preview, confirm, preview
from engine.services.desk import Desk
from engine.store.tables import Base, CaseRecord, LedgerEntry, Task
from tests.conftest import Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}
EVER_NEW = frozenset({"access_log", "audit_event", "idempotency_key", "heartbeat"})
"""Tables that grow by looking, or whose growth another test proves."""


@dataclass
class Place:
    """The council, its manager's desk and a worker's."""

    office: Office
    session: Session
    desk: Desk
    worker: Desk

    def child(self, surname: str = "Example", **more: Any) -> int:
        return self.office.child(self.session, surname, **more)

    def case(self, child: int | None = None, **facts: Any) -> int:
        number = cases.start(self.desk, child or self.child(), facts={**FACTS, **facts})
        self.session.commit()
        return number

    def task(self, case: int) -> int:
        return self.session.scalars(sa.select(Task.id).where(Task.case_id == case)).one()

    def submit(self, case: int, answers: dict[str, Any]) -> None:
        tasks.submit(self.worker, self.task(case), answers)
        self.session.commit()

    def back(self, case: int, hours: float) -> None:
        cases.record_event(self.desk, case, "returned", actual=NOTIFIED + hours * HOUR)
        self.session.commit()

    def later(self, hours: float) -> None:
        self.office.clock.advance(hours * HOUR)

    def ring(self, case: int) -> None:
        """Let the case's due timers fire."""
        act(self.desk, case, {"do": "timers"})
        self.session.commit()

    def preview(self, plan: Plan) -> Preview:
        found = preview(self.desk, plan)
        self.session.commit()
        return found

    def do(self, plan: Plan, key: str | None = None) -> Any:
        """Preview, confirm, and return the result."""
        done = confirm(self.desk, plan, self.preview(plan).digest, key=key)
        assert done.again is None, "what was previewed is what happens"
        self.session.commit()
        return done.result

    def record(self, case: int) -> CaseRecord:
        return self.session.get_one(CaseRecord, case, populate_existing=True)

    def duties(self, case: int) -> dict[str, str]:
        rows = self.session.scalars(
            sa.select(LedgerEntry)
            .where(LedgerEntry.case_id == case)
            .order_by(LedgerEntry.number)
            .execution_options(populate_existing=True)
        )
        return {row.obligation: row.outcome for row in rows}

    def everything(self) -> dict[str, list[str]]:
        """Return all rows that looking leaves as they are, as text."""
        self.session.flush()
        found = {}
        for table in Base.metadata.sorted_tables:
            if table.name not in EVER_NEW:
                rows = self.session.execute(sa.select(table)).all()
                found[table.name] = sorted(repr(tuple(row)) for row in rows)
        return found

    def as_recorded(self) -> None:
        """Hold every case against its own record: repeated, it comes to the same rows."""
        for case in read_cases(self.desk):
            done = replay(case, self.desk.now())
            assert done.whole and not done.differences, [str(one) for one in done.differences]


@pytest.fixture
def place(session: Session, office: Office) -> Place:
    office.set_up(session)
    manager = office.person(session, "mona", "missing_coordinator", "team_manager")
    worker = office.person(session, "carol", "missing_coordinator", "social_worker")
    return Place(office, session, office.desk(session, manager), office.desk(session, worker))
