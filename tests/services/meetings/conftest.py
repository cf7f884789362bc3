"""A small council whose procedure knows a meeting."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services.desk import Desk
from tests.conftest import SMALL, Office

MEETINGS = """\
- id: planning-meeting
  label: Planning meeting
  clauses: ["1.1"]
  steps:
    hold: [process_notification]
  chair: [social_worker]
  invitees:
    - {id: officer, role: missing_coordinator, clauses: ["1.1"], force: must, needed: true}
    - {id: social-worker, role: social_worker, clauses: ["2.2"], force: should}
    - {id: school, label: School, force: may}
  agenda:
    - {id: risk, title: The risk to the child, clauses: ["1.1"], force: must}
    - {id: more, title: Anything else, force: may}
  minutes:
    limit: held + duration("PT24H")
    clauses: ["1.1"]
  fills:
    process-notification: {notes: item risk}
"""


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    root: Path = tmp_path_factory.mktemp("packs") / "packs"
    shutil.copytree(SMALL, root)
    (root / "small" / "meetings.yaml").write_text(MEETINGS)
    return Library(root)


@pytest.fixture
def office(library: Library, clock: VirtualClock) -> Office:
    return Office(library, clock)


@pytest.fixture
def coordinator(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(
        session, office.person(session, "carol", "missing_coordinator", teams=["Missing children"])
    )
