"""A case with a child, and people who may and may not attach to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import cases
from engine.services.attachments import Place
from engine.services.desk import Desk
from engine.store.tables import Task
from tests.conftest import Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}


@dataclass
class Setting:
    """A missing child, the child's case and first task, and desks of the people about them."""

    child: int
    case: int
    task: int
    officer: Desk
    office: Office
    session: Session

    @property
    def of_case(self) -> Place:
        return Place(case_id=self.case)

    @property
    def of_child(self) -> Place:
        return Place(child_id=self.child)

    def desk(self, name: str, *roles: str) -> Desk:
        """Return the desk of another person."""
        return self.office.desk(self.session, self.office.person(self.session, name, *roles))


def with_settings(desk: Desk, **settings: str) -> Desk:
    """Return the same desk in an installation with other settings."""
    environment = {f"HOMEWARD_{name}": value for name, value in settings.items()}
    return replace(desk, settings=replace(desk.settings, environment=environment))


def make(office: Office, session: Session) -> Setting:
    """Set a council up with a case about a child."""
    office.set_up(session)
    desk = office.desk(session, office.person(session, "carol", "missing_coordinator"))
    child = office.child(session)
    case = cases.start(desk, child, facts=FACTS)
    session.commit()
    task = session.scalars(sa.select(Task.id).where(Task.case_id == case)).one()
    return Setting(child, case, task, desk, office, session)


@pytest.fixture
def setting(office: Office, session: Session) -> Setting:
    return make(office, session)
