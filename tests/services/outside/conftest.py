"""A council with a case in which the police owe something, and a person who asks them for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import cases
from engine.services.desk import Caller, Desk
from engine.services.outside import answering, requests
from engine.services.outside.answering import Opened
from engine.services.outside.preparing import Wish
from engine.services.outside.requests import Made
from engine.store.tables import Episode, LedgerEntry
from tests.conftest import MORNING, Office

PACKS = Path(__file__).parents[3] / "processes"
ADDRESS = "198.51.100.7"


@dataclass
class Asking:
    """A case with an awaited duty of the police (`entry`), and the person who asks."""

    office: Office
    session: Session
    person: Caller
    case: int
    entry: int

    @property
    def desk(self) -> Desk:
        return self.office.desk(self.session, self.person)

    def ask(self, **wish: object) -> Made:
        """Ask the police, for the awaited duty unless a question is given; the link is copied."""
        given = {"recipient": "role:police", "by_email": False, "telephone": "01632 960001", **wish}
        if "question" not in given:
            given = {"entry": self.entry, "review": False, **given}
        return requests.make(self.desk, self.case, Wish(**given))  # type: ignore[arg-type]

    def open(self, link: str | None, address: str = ADDRESS) -> Opened | None:
        """Open a link as somebody outside does."""
        assert link is not None
        token = link.rsplit("/", 1)[1]
        settings = self.office.settings
        return answering.open(self.session, self.office.clock, self.office.library, settings, token, address)

    def awaited(self) -> LedgerEntry:
        return self.session.get_one(LedgerEntry, (self.case, self.entry), populate_existing=True)


@pytest.fixture
def asking(session: Session) -> Asking:
    """A child in immediate danger: the police have to use the Emergency Duty Service."""
    office = Office(Library(PACKS), VirtualClock(MORNING), "nottinghamshire")
    office.set_up(session)
    person = office.person(session, "grace", "missing_coordinator")
    desk = office.desk(session)
    child = office.child(session)
    told = {
        "episode.reported_at": MORNING,
        "notification.received_at": MORNING,
        "child.age": 14,
        "notification.immediate_danger": True,
    }
    case = cases.start(desk, child, facts=told)
    session.execute(sa.update(Episode).where(Episode.case_id == case).values(source_reference="P-77"))
    entry = session.scalars(
        sa.select(LedgerEntry.number).where(
            LedgerEntry.case_id == case, LedgerEntry.obligation == "use_emergency_duty_service"
        )
    ).one()
    session.commit()
    return Asking(office, session, person, case, entry)
