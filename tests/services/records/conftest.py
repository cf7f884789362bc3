"""A small council that knows the whole vocabulary, so that every report means something to it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import argon2
import pytest
import yaml
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import accounts
from engine.services.desk import Caller, Desk
from engine.services.intake import FileView, receive_file
from tests.conftest import SMALL, Office

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HEADING = "kind,surname,given names,dob,police person id,incident,reported at,returned at,circumstances"


@pytest.fixture(autouse=True)
def light_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords cheaply: how hard a hash is is tested elsewhere."""
    monkeypatch.setattr(accounts, "HASHER", argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def write_packs(root: Path) -> None:
    """Write the small council's pack into a folder, beside every word that packs share."""
    shutil.copytree(SMALL / "small", root / "small")
    shutil.copytree(
        Path(__file__).parents[3] / "processes" / "nottinghamshire" / "demonstration",
        root / "small" / "demonstration",
    )
    words = yaml.safe_load((SMALL / "vocabulary.yaml").read_text())
    shared = yaml.safe_load((Path(__file__).parents[3] / "processes" / "vocabulary.yaml").read_text())
    for kind in ("facts", "events", "roles", "obligations"):
        words[kind] = {**shared[kind], **words[kind]}
    words["facts"]["child.legal_status"] = shared["facts"]["child.legal_status"]
    shutil.copy(Path(__file__).with_name("lists.yaml"), root / "small" / "lists.yaml")
    (root / "vocabulary.yaml").write_text(yaml.safe_dump(words, sort_keys=False))


@pytest.fixture(scope="session")
def full_library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The small council's pack, which knows every word."""
    root = tmp_path_factory.mktemp("packs")
    write_packs(root)
    return Library(root)


@pytest.fixture
def office(full_library: Library, session: Session) -> Office:
    """The council, set up, on a Friday at noon."""
    made = Office(full_library, VirtualClock(NOW))
    made.set_up(session)
    return made


@pytest.fixture
def officer(office: Office, session: Session) -> Caller:
    """The officer who takes notifications."""
    return office.person(session, "officer", "missing_coordinator")


@pytest.fixture
def desk(office: Office, session: Session, officer: Caller) -> Desk:
    """The officer's desk."""
    return office.desk(session, officer)


def send(desk: Desk, *lines: str, name: str = "today.csv", heading: str = HEADING) -> FileView:
    """Send a file of these lines."""
    return receive_file(desk, name, "\n".join([heading, *lines, ""]).encode(), budget=None)


def told(file: FileView) -> list[str]:
    """Return the outcome of each row, by line."""
    return [row.outcome for row in file.rows]
