"""A database that an earlier version filled is brought to this version with everything in it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine.reports.figures import period_figures
from engine.store.database import Addresses, enter_council, make_engine, make_sessions
from engine.store.embedded import APP, OWNER, EmbeddedServer
from engine.store.migrate import current, head, is_ours, migrate
from engine.store.packs import add_version, in_force, set_up_council
from engine.store.tables import Account, Base, Council, LedgerEntry, PackVersion, SignOff, Verification
from tests.conftest import Office, drop

SINCE, UNTIL = datetime(2026, 4, 30, 23, 0, tzinfo=UTC), datetime(2026, 5, 31, 23, 0, tzinfo=UTC)
FIRST_DAY = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.fixture
def old(postgres: EmbeddedServer) -> Iterator[Addresses]:
    """A database as the first version left it, with two cases and their duties."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres.conninfo(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    addresses = Addresses(app=postgres.url(APP, name), owner=postgres.url(OWNER, name))
    try:
        assert migrate(addresses.owner, "0001") == (None, "0001")
        yield addresses
    finally:
        drop(postgres, name)


CASES = """
INSERT INTO child (council_id, surname, given_names, name_key, created_at, updated_at)
SELECT 1, 'Example', 'Ada', 'example ada', :day, :day FROM generate_series(1, 2);
INSERT INTO case_record (council_id, child_id, pack_id, reference, status, started_by, opened_at, updated_at)
SELECT 1, id, (SELECT min(id) FROM pack_version), 'SM-2026-0000' || id, 'open', 'reported', :day, :day FROM child;
"""
DUTY = """
INSERT INTO ledger_entry (council_id, case_id, number, external, whole_day, raised, clock, due, done, obligation, role,
                          clauses, force, process, element, occasion, outcome)
VALUES (1, :case, :number, :external, false, :raised, :raised, :due, :done, 'process_notification', 'social_worker', '1',
        'must', 'p', 'e', 'x', :outcome)
"""


def fill(addresses: Addresses, office: Office) -> None:
    """Put two cases in, with every way in which a limit can be met or missed."""
    engine = make_engine(addresses.app)
    with make_sessions(engine)() as session:
        pack = office.library.get(office.code)
        set_up_council(session, pack)
        enter_council(session, office.code)
        add_version(session, pack, office.clock.now())
        session.commit()
    engine.dispose()
    owner = sa.create_engine(addresses.owner)
    day, late = timedelta(days=1), timedelta(days=3)
    duties = [
        (1, False, day, None, "open"),
        (1, False, day, late, "done_late"),
        (1, False, day, timedelta(hours=2), "done"),
        (1, False, None, None, "open"),
        (2, True, day, None, "open"),
        (2, False, day, None, "withdrawn"),
        (2, False, day, None, "superseded"),
        (2, False, timedelta(days=-40), late, "done_late"),
    ]
    with owner.begin() as connection:
        connection.execute(sa.text("SELECT set_config('homeward.council', '1', true)"))
        for statement in filter(str.strip, CASES.split(";")):
            connection.execute(sa.text(statement), {"day": FIRST_DAY} if ":day" in statement else {})
        for number, (case, external, due, done, outcome) in enumerate(duties, start=1):
            connection.execute(
                sa.text(DUTY),
                {
                    "case": case,
                    "number": number,
                    "external": external,
                    "raised": FIRST_DAY,
                    "due": due and FIRST_DAY + due,
                    "done": done and FIRST_DAY + done,
                    "outcome": outcome,
                },
            )
    owner.dispose()


def test_a_filled_database_of_the_first_version_is_brought_up(old: Addresses, office: Office) -> None:
    fill(old, office)
    assert migrate(old.owner) == ("0001", head())
    assert current(old.app) == head()
    engine = sa.create_engine(old.owner)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()
    app = make_engine(old.app)
    with make_sessions(app)() as session:
        enter_council(session, office.code)
        assert len(session.scalars(sa.select(LedgerEntry)).all()) == 8
        council = session.scalars(sa.select(Council)).one()
        pack = office.library.get(office.code)
        figures = period_figures(session, council, pack, SINCE, UNTIL, UNTIL)
        assert figures.line("missed.all").value == 3
        assert figures.line("missed.open").value == 1
        assert in_force(session, pack.effective)[1].hash == pack.hash
    app.dispose()


def test_a_database_of_the_second_version_gets_the_tables_of_quality_assurance(
    old: Addresses, office: Office
) -> None:
    fill(old, office)
    assert migrate(old.owner, "0002") == ("0001", "0002")
    assert migrate(old.owner) == ("0002", head())
    app = make_engine(old.app)
    with make_sessions(app)() as session:
        enter_council(session, office.code)
        assert len(session.scalars(sa.select(LedgerEntry)).all()) == 8
        version = session.scalars(sa.select(PackVersion.id)).one()
        asked = Verification(
            pack_id=version, kind="explore", state="asked", asked_at=FIRST_DAY, heard_at=FIRST_DAY
        )
        account = Account(name="qa", display_name="Q A", created_at=FIRST_DAY)
        session.add_all([asked, account])
        session.flush()
        signed = SignOff(
            pack_id=version, account_id=account.id, name="Q A", at=FIRST_DAY, kind="signed", note=""
        )
        session.add(signed)
        session.commit()
        enter_council(session, office.code)
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            session.execute(sa.delete(SignOff))
        session.rollback()
        session.execute(sa.text("SELECT set_config('homeward.council', '99', true)"))
        for table in (Verification, SignOff):
            assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
    app.dispose()


def test_missed_limits_are_read_through_their_index(old: Addresses, office: Office) -> None:
    """With prepared statements too: a predicate that hides in a parameter would read the whole ledger again."""
    fill(old, office)
    migrate(old.owner)
    app = make_engine(old.app)
    with make_sessions(app)() as session:
        enter_council(session, office.code)
        sent: list[str] = []

        def note(_c: object, _u: object, statement: str, *_more: object) -> None:
            sent.append(statement)

        sa.event.listen(app, "before_cursor_execute", note)
        council = session.scalars(sa.select(Council)).one()
        period_figures(session, council, office.library.get(office.code), SINCE, UNTIL, UNTIL)
        sa.event.remove(app, "before_cursor_execute", note)
        missed = next(statement for statement in sent if "greatest" in statement.lower())
        numbers: dict[str, str] = {}
        prepared = re.sub(
            r"%\((\w+)\)s", lambda found: numbers.setdefault(found.group(1), f"${len(numbers) + 1}"), missed
        )
        raw = session.connection().connection.driver_connection
        assert raw is not None
        raw.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off"
        )  # no other index will do
        plan = "\n".join(row[0] for row in raw.execute(f"EXPLAIN (GENERIC_PLAN) {prepared}").fetchall())
        assert "Bitmap Index Scan on ix_ledger_entry_missed" in plan, plan
    app.dispose()
