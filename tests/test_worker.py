"""The worker as it really runs: a process of its own, stopped, killed, and cut off from its database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.services import cases, tasks
from engine.store.database import Addresses, enter_council
from engine.store.embedded import EmbeddedServer
from engine.store.tables import Heartbeat, LedgerEntry, Notice, Task
from tests.conftest import SMALL, Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}

Start = Callable[[], subprocess.Popen[bytes]]


def until(question: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


@pytest.fixture
def moment(tmp_path: Path) -> Path:
    """A file that the worker's clock stands at."""
    file = tmp_path / "clock"
    file.write_text(NOTIFIED.isoformat())
    return file


@pytest.fixture
def start(database: Addresses, moment: Path, tmp_path: Path) -> Iterator[Start]:
    """Start workers on the test's database; whatever still runs at the end is killed."""
    running: list[subprocess.Popen[bytes]] = []
    environment = {
        **os.environ,
        "HOMEWARD_DATABASE_URL": database.app,
        "HOMEWARD_TEST_CLOCK": str(moment),
        "HOMEWARD_PROCESSES": str(SMALL),
        "HOMEWARD_SWEEP_SECONDS": "0.2",
        "HOMEWARD_MAIL": "folder",
        "HOMEWARD_MAIL_FOLDER": str(tmp_path / "mail"),
    }

    def launch() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", "engine", "worker"], env=environment)
        running.append(process)
        return process

    yield launch
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait(10)


@pytest.fixture
def waiting(sessions: sessionmaker[Session], office: Office) -> int:
    """A case that waits for 24 hours to pass; its id."""
    with sessions() as session:
        office.set_up(session)
        desk = office.desk(session)
        case_id = cases.start(desk, office.child(session), facts=FACTS)
        task = session.scalars(sa.select(Task.id)).one()
        tasks.submit(desk, task, {"risk.vulnerable": True})
        session.commit()
    return case_id


def beats(sessions: sessionmaker[Session]) -> int:
    with sessions() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Heartbeat)) or 0


def told(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        enter_council(session, "small")
        return list(session.scalars(sa.select(Notice.state)))


def test_a_worker_fires_what_is_due_sends_the_notice_and_ends_when_asked(
    start: Start, waiting: int, sessions: sessionmaker[Session], moment: Path
) -> None:
    process = start()
    until(lambda: beats(sessions) == 1)
    assert told(sessions) == []
    moment.write_text((NOTIFIED + timedelta(hours=25)).isoformat())
    until(lambda: told(sessions) in (["sent"], ["held"]))
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    with sessions() as session:
        enter_council(session, "small")
        entry = session.scalars(
            sa.select(LedgerEntry).where(LedgerEntry.obligation == "notify_director")
        ).one()
        assert entry.done == NOTIFIED + timedelta(hours=25)


def test_a_worker_that_was_killed_leaves_nothing_that_another_cannot_do(
    start: Start, waiting: int, sessions: sessionmaker[Session], moment: Path
) -> None:
    first = start()
    until(lambda: beats(sessions) == 1)
    first.kill()
    first.wait(10)
    moment.write_text((NOTIFIED + timedelta(hours=25)).isoformat())
    start()
    until(lambda: len(told(sessions)) == 1)


def test_a_worker_that_loses_its_database_says_so_by_its_status(
    start: Start, waiting: int, sessions: sessionmaker[Session], database: Addresses, postgres: EmbeddedServer
) -> None:
    process = start()
    until(lambda: beats(sessions) == 1)
    name = sa.make_url(database.app).database
    assert name is not None
    with psycopg.connect(postgres.conninfo(), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        assert process.wait(60) == 3
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def test_a_worker_refuses_a_database_of_another_version(
    start: Start, database: Addresses, sessions: sessionmaker[Session]
) -> None:
    engine = sa.create_engine(database.owner)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    engine.dispose()
    assert start().wait(30) == 2
