"""The database: migrated as the models say, and closed between councils."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session, sessionmaker

from engine.store.database import Addresses, enter_council
from engine.store.migrate import current, head, is_ours, migrate
from engine.store.tables import Base, Child, Council, council_tables


def two_councils(session: Session) -> None:
    session.add_all(
        [Council(code="one", name="One", short="ON"), Council(code="two", name="Two", short="TW")]
    )
    session.commit()


def child(council_id: int) -> Child:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    return Child(
        council_id=council_id,
        surname="Example",
        given_names="Ada",
        name_key="example ada",
        created_at=now,
        updated_at=now,
    )


def test_the_migrated_database_is_what_the_models_say(database: Addresses) -> None:
    engine = sa.create_engine(database.owner)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing(database: Addresses) -> None:
    assert migrate(database.owner) == (head(), head())
    assert current(database.app) == head()


def test_every_table_with_a_council_hides_other_councils_even_from_its_owner(database: Addresses) -> None:
    engine = sa.create_engine(database.owner)
    with engine.connect() as connection:
        found = connection.execute(
            sa.text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        ).scalars()
        assert sorted(found) == council_tables()
    engine.dispose()


def test_a_session_sees_its_council_alone_and_none_sees_nothing(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        two_councils(session)
    for code, number in (("one", 1), ("two", 2)):
        with sessions() as session:
            enter_council(session, code)
            session.add(child(number))
            session.commit()
    for code, seen in (("one", [1]), ("two", [2]), (None, []), ("unknown", [])):
        with sessions() as session:
            enter_council(session, code)
            assert list(session.scalars(sa.select(Child.council_id))) == seen
    with sessions() as session:
        assert list(session.scalars(sa.select(Child.council_id))) == []


def test_a_row_cannot_be_written_for_another_council(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        two_councils(session)
    with sessions() as session:
        enter_council(session, "one")
        session.add(child(2))
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
            session.commit()


def test_the_council_is_named_again_in_every_transaction(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        two_councils(session)
        enter_council(session, "one")
        session.add(child(1))
        session.commit()
        assert len(session.scalars(sa.select(Child)).all()) == 1
        session.rollback()
        assert len(session.scalars(sa.select(Child)).all()) == 1
        enter_council(session, "two")
        session.expunge_all()
        assert session.scalars(sa.select(Child)).all() == []


def test_the_runtime_role_owns_nothing_and_cannot_truncate(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        assert session.scalar(sa.text("SELECT current_user")) == "homeward_app"
        owned = session.scalar(sa.text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user"))
        assert owned == 0
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            session.execute(sa.text("TRUNCATE child CASCADE"))


def test_a_url_that_signs_in_as_the_owner_still_acts_as_the_runtime_role(database: Addresses) -> None:
    from engine.store.database import make_engine

    engine = make_engine(database.owner)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT current_user")) == "homeward_app"
    engine.dispose()
