"""Cases in the database: each act whole, in one commit, and nothing lost when the procedure cannot go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import cases
from engine.services.desk import Desk, InvalidAnswers
from engine.store.tables import CaseRecord, Episode, LedgerEntry, Task, Timer
from tests.conftest import Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
FACTS = {
    "episode.reported_at": NOTIFIED,
    "notification.received_at": NOTIFIED,
    "child.age": 14,
    "episode.category": "missing",
}


def started(desk: Desk, office: Office, **facts: object) -> int:
    child = office.child(desk.session)
    case_id = cases.start(desk, child, facts={**FACTS, **facts})
    desk.session.commit()
    return case_id


def test_a_report_starts_a_case_with_its_first_task_duty_and_reference(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session)
    case_id = started(desk, office)
    case = session.get_one(CaseRecord, case_id)
    assert (case.status, case.reference, case.acts) == ("open", "SM-2026-00001", 1)
    assert case.facts["child.age"] == 14
    task = session.scalars(sa.select(Task).where(Task.case_id == case_id)).one()
    assert (task.name, task.role, task.team) == (
        "Work through the notification",
        "missing_coordinator",
        "Missing children",
    )
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.case_id == case_id)).one()
    assert (entry.obligation, entry.outcome, entry.clauses) == ("process_notification", "open", "1.1")
    assert task.due == entry.due == case.next_due
    episode = session.scalars(sa.select(Episode).where(Episode.case_id == case_id)).one()
    assert (episode.reported_at, episode.returned_at, episode.category) == (NOTIFIED, None, "missing")
