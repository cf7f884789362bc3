"""A small council at work for the tests of lists and reminders: a coordinator, cases, and tasks with any limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import cases
from engine.services.desk import Desk
from engine.store.tables import Task
from tests.conftest import MORNING, Office

FACTS = {
    "episode.reported_at": MORNING - timedelta(minutes=30),
    "notification.received_at": MORNING - timedelta(minutes=30),
    "child.age": 14,
}
TEAM = "Missing children"

Given = Callable[..., int]
"""Makes a case with its screening task; keywords are columns of the task; returns the task's id."""


@pytest.fixture
def coordinator(session: Session, office: Office) -> Desk:
    """The desk of somebody who screens notifications."""
    office.set_up(session)
    return office.desk(session, office.person(session, "carol", "missing_coordinator", teams=[TEAM]))


@pytest.fixture
def given(coordinator: Desk, office: Office) -> Given:
    """Make a case of a child of this surname; its only task gets what is said of it."""

    def make(surname: str = "Example", child: int | None = None, **columns: Any) -> int:
        session = coordinator.session
        known = child if child is not None else office.child(session, surname)
        case = cases.start(office.desk(session), known, facts=FACTS)
        session.flush()
        task = session.scalars(sa.select(Task).where(Task.case_id == case)).one()
        if "due" in columns:
            columns.setdefault("whole_day", False)
        for name, value in columns.items():
            setattr(task, name, value)
        session.commit()
        return task.id

    return make


def at(days: int = 0, hour: int = 9, minute: int = 0) -> datetime:
    """Return a moment of the days around the tests' Tuesday morning, in UTC (British Summer Time less one hour)."""
    return MORNING.replace(hour=hour, minute=minute) + timedelta(days=days)
