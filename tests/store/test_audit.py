"""The audit chain: append-only, and every tampering shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.services.audit import verify, write_heads
from engine.services.desk import record
from engine.store.database import Addresses
from engine.store.embedded import ADMIN, EmbeddedServer
from engine.store.packed import pack
from engine.store.tables import AuditEvent
from tests.conftest import Office


@pytest.fixture
def chained(sessions: sessionmaker[Session], office: Office) -> sessionmaker[Session]:
    """A council's chain of twenty events."""
    with sessions() as session:
        office.set_up(session)
        desk = office.desk(session)
        for number in range(20):
            record(desk, "something_done", {"number": number})
        session.commit()
    return sessions


@pytest.fixture
def intruder(database: Addresses, postgres: EmbeddedServer) -> sa.Engine:
    """Somebody with every right on the server, who switches the triggers off."""
    name = sa.make_url(database.app).database
    assert name is not None
    engine = sa.create_engine(postgres.url(ADMIN, name), poolclass=sa.NullPool)

    @sa.event.listens_for(engine, "connect")
    def without_triggers(connection: object, record: object) -> None:
        connection.execute("SET session_replication_role = replica")  # type: ignore[attr-defined]
        connection.commit()  # type: ignore[attr-defined]

    return engine


def test_an_untouched_chain_verifies(chained: sessionmaker[Session]) -> None:
    with chained() as session:
        found = verify(session)
        assert (found.events, found.chains, found.faults) == (20, 1, ())


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_the_runtime_role_may_not_change_what_was_written(
    chained: sessionmaker[Session], statement: str
) -> None:
    with chained() as session, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        session.execute(sa.text(statement))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"],
)
def test_not_even_an_administrator_changes_it_without_breaking_a_trigger(
    chained: sessionmaker[Session], database: Addresses, postgres: EmbeddedServer, statement: str
) -> None:
    engine = sa.create_engine(postgres.url(ADMIN, sa.make_url(database.app).database or ""))
    with engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError, match="append-only"):
        connection.execute(sa.text(statement))
    engine.dispose()


TAMPERINGS = [
    "UPDATE audit_event SET action = 'something_else' WHERE seq = 7",
    "UPDATE audit_event SET at = at - interval '1 hour' WHERE seq = 7",
    "UPDATE audit_event SET account_id = 42 WHERE seq = 7",
    "UPDATE audit_event SET task_id = 42 WHERE seq = 7",
    "UPDATE audit_event SET detail = NULL WHERE seq = 7",
    r"UPDATE audit_event SET detail = '\x01' WHERE seq = 20",
    r"UPDATE audit_event SET hash = '\x00' WHERE seq = 20",
    "DELETE FROM audit_event WHERE seq = 7",
    "DELETE FROM audit_event WHERE seq = 1",
    "UPDATE audit_event SET seq = 21 WHERE seq = 7",
    "UPDATE audit_event SET detail = (SELECT detail FROM audit_event WHERE seq = 3) WHERE seq = 4",
]


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_every_tampering_is_found(
    chained: sessionmaker[Session], intruder: sa.Engine, tampering: str
) -> None:
    with intruder.begin() as connection:
        assert connection.execute(sa.text(tampering)).rowcount == 1
    with chained() as session:
        assert verify(session).faults


def test_a_chain_that_lost_its_end_shows_against_heads_kept_elsewhere(
    chained: sessionmaker[Session], intruder: sa.Engine, tmp_path: Path
) -> None:
    heads = tmp_path / "heads"
    with chained() as session:
        assert write_heads(session, heads) == 1
        assert verify(session, heads).faults == ()
    with intruder.begin() as connection:
        connection.execute(sa.text("DELETE FROM audit_event WHERE seq > 15"))
    with chained() as session:
        assert verify(session).faults == ()
        assert [fault.seq for fault in verify(session, heads).faults] == [20]


def test_details_removed_by_retention_leave_the_chain_whole(
    chained: sessionmaker[Session], database: Addresses, postgres: EmbeddedServer
) -> None:
    engine = sa.create_engine(postgres.url(ADMIN, sa.make_url(database.app).database or ""))
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL homeward.redacting = 'on'"))
        connection.execute(
            sa.text(r"UPDATE audit_event SET detail = '\x00'::bytea || audit_digest(detail) WHERE seq = 7")
        )
    engine.dispose()
    with chained() as session:
        assert verify(session).faults == ()


def test_an_event_cannot_be_slipped_in_with_a_number_of_its_own(
    chained: sessionmaker[Session], office: Office
) -> None:
    with chained() as session:
        desk = office.desk(session)
        session.execute(
            sa.insert(AuditEvent).values(
                chain=-1, seq=3, at=desk.now(), action="forged", detail=pack({"a": 1}), hash=b"x"
            )
        )
        session.commit()
        assert session.get_one(AuditEvent, (-1, 21)).action == "forged"
        assert verify(session).faults == ()
