"""What many tests share: a real PostgreSQL, started once, and a database of its own for each test that asks.

The server runs without fsync: a test may kill any process, no test pulls the plug. A database is copied from a
migrated template, to which nobody ever connects, so that it can be copied at any time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import settings as hypothesis_settings
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services.desk import Caller, Desk, system
from engine.settings import Settings
from engine.store.database import Addresses, enter_council, make_engine, make_sessions, name_council
from engine.store.embedded import APP, OWNER, EmbeddedServer
from engine.store.migrate import migrate
from engine.store.packs import set_up_council, store
from engine.store.tables import Account, AccountRole, AccountTeam, Child

TEMPLATE = "template_migrated"
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3
"""A file system in memory, and the bytes it must have free: a database is copied there in a twentieth of the time."""

hypothesis_settings.register_profile(
    "homeward", deadline=None
)  # how long one example takes is the machine's business
hypothesis_settings.load_profile("homeward")


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedServer]:
    """A PostgreSQL server for the whole run."""
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM
    # The name is short: the path of a socket ends at 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="hw", dir=MEMORY if in_memory else None))
    folder.chmod(0o755)
    server = EmbeddedServer(folder, durable=False)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(postgres: EmbeddedServer) -> str:
    """The name of a migrated database that nobody connects to."""
    with psycopg.connect(postgres.conninfo(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}")
    migrate(postgres.url(OWNER, TEMPLATE))
    return TEMPLATE


def clone(postgres: EmbeddedServer, template: str) -> str:
    """Copy the template; return the copy's name."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres.conninfo(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER} STRATEGY file_copy")
    return name


def drop(postgres: EmbeddedServer, name: str) -> None:
    with psycopg.connect(postgres.conninfo(), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(postgres: EmbeddedServer, template: str) -> Iterator[Addresses]:
    """A database of the test's own, with real commits: for races, workers and what spans transactions."""
    name = clone(postgres, template)
    yield Addresses(app=postgres.url(APP, name), owner=postgres.url(OWNER, name))
    drop(postgres, name)


@pytest.fixture
def engine(database: Addresses) -> Iterator[sa.Engine]:
    """An engine on the test's own database, as the runtime role."""
    made = make_engine(database.app)
    yield made
    made.dispose()


@pytest.fixture
def sessions(engine: sa.Engine) -> sessionmaker[Session]:
    """Sessions on the test's own database."""
    return make_sessions(engine)


@pytest.fixture(scope="session")
def shared_engine(postgres: EmbeddedServer, template: str) -> Iterator[sa.Engine]:
    """An engine on the database that the rolled-back tests share."""
    name = clone(postgres, template)
    made = make_engine(postgres.url(APP, name))
    yield made
    made.dispose()
    drop(postgres, name)


@pytest.fixture
def session(shared_engine: sa.Engine) -> Iterator[Session]:
    """A fast session: whatever it commits is undone after the test (a commit only releases a savepoint)."""
    with shared_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            name_council(session)
            yield session
        outer.rollback()


@pytest.fixture(scope="session", autouse=True)
def no_settings_from_outside() -> Iterator[None]:
    """Tests do not read the HOMEWARD_* settings of whoever runs them, Chromium's place and the service user aside."""
    kept = {"HOMEWARD_CHROMIUM", "HOMEWARD_SERVICE_USER", "HOMEWARD_PG_BIN"}
    taken = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith("HOMEWARD_") and name not in kept
    }
    yield
    os.environ.update(taken)


# --- a council with a small procedure

SMALL = Path(__file__).parent / "pack" / "files"
MORNING = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def library() -> Library:
    """The packs of the tests: one small council."""
    return Library(SMALL)


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands on a Tuesday morning until a test moves it."""
    return VirtualClock(MORNING)


@dataclass
class Office:
    """A council at work: makes desks for its people in any session."""

    library: Library
    clock: VirtualClock
    code: str = "small"
    settings: Settings = field(default_factory=Settings)

    def set_up(self, session: Session) -> None:
        """Set the council up with its procedure in force."""
        pack = self.library.get(self.code)
        set_up_council(session, pack)
        enter_council(session, self.code)
        store(session, pack, self.clock.now())
        session.commit()

    def desk(self, session: Session, caller: Caller | None = None) -> Desk:
        """A desk for `caller`, the system where left out."""
        return Desk(session, self.clock, self.library, caller or system(self.code), self.settings)

    def person(self, session: Session, name: str, *roles: str, teams: Iterable[str] = ()) -> Caller:
        """Make an account with roles and teams; return its caller."""
        enter_council(session, self.code)
        account = Account(name=name, display_name=name.title(), created_at=self.clock.now())
        session.add(account)
        session.flush()
        session.add_all(AccountRole(account_id=account.id, role=role) for role in roles)
        session.add_all(AccountTeam(account_id=account.id, team=team) for team in teams)
        session.commit()
        return Caller(account.id, account.display_name, self.code, frozenset(roles), frozenset(teams))

    def child(self, session: Session, surname: str = "Example", **more: Any) -> int:
        """Put a child on record; return its id."""
        enter_council(session, self.code)
        child = Child(
            surname=surname,
            given_names="Ada",
            name_key=f"{surname.lower()} ada",
            birth_date=date(2012, 3, 4),
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
            **more,
        )
        session.add(child)
        session.commit()
        return child.id


@pytest.fixture
def office(library: Library, clock: VirtualClock) -> Office:
    """A small council; `office.set_up(session)` brings it into a database."""
    return Office(library, clock)
