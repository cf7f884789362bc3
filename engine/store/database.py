"""Connections and sessions: which server, as which role, for which council.

Each transaction names its council with SET LOCAL, because row-level security hides everything else; a session
that names none sees no council's rows at all. The name is given when a transaction begins, so that no query
can forget it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

from engine.errors import HomewardError
from engine.settings import Settings
from engine.store.embedded import APP, OWNER, EmbeddedServer

COUNCIL = "homeward_council"
LOCK_TIMEOUT = "homeward_lock_timeout"


class DatabaseError(HomewardError):
    """The database cannot be used as it is; the message says what to do."""


@dataclass(frozen=True)
class Addresses:
    """The URLs of the runtime role and of the owner, who alone migrates."""

    app: str
    owner: str


@contextlib.contextmanager
def server(settings: Settings) -> Iterator[Addresses]:
    """Give the database's addresses, starting or joining the embedded server where the settings name none."""
    if settings.database_url is not None:
        app = normal_url(settings.database_url)
        yield Addresses(app=app, owner=normal_url(settings.owner_url or settings.database_url))
        return
    embedded = EmbeddedServer(settings.data)
    embedded.start()
    try:
        yield Addresses(app=embedded.url(APP), owner=embedded.url(OWNER))
    finally:
        embedded.stop()


@contextlib.contextmanager
def connected(settings: Settings) -> Iterator[tuple[sa.Engine, Settings]]:
    """Give an engine, and the settings with the server's addresses filled in; both end with the block."""
    with server(settings) as addresses:
        engine = make_engine(addresses.app)
        try:
            yield engine, replace(settings, database_url=addresses.app, owner_url=addresses.owner)
        finally:
            engine.dispose()


def normal_url(url: str) -> str:
    """Return `url` with psycopg 3 as its driver, whichever way it names PostgreSQL."""
    made = sa.make_url(url)
    if made.drivername in {"postgres", "postgresql"}:
        made = made.set(drivername="postgresql+psycopg")
    if made.drivername != "postgresql+psycopg":
        raise DatabaseError(
            f"{made.drivername} is no PostgreSQL: HOMEWARD_DATABASE_URL must begin with postgresql://"
        )
    return made.render_as_string(hide_password=False)


def engine_options(**more: Any) -> dict[str, Any]:
    """Return what every SQLAlchemy engine of ours is made with (Flask-SQLAlchemy takes it as its engine
    options)."""
    return {
        "pool_pre_ping": True,
        "pool_size": 8,
        "max_overflow": 8,
        "json_serializer": _to_json,
        "json_deserializer": orjson.loads,
        "connect_args": {"options": "-c timezone=UTC", "application_name": "homeward"},
    } | more


def make_engine(url: str, **more: Any) -> sa.Engine:
    """Return an engine for the runtime role; `more` overrides engine_options."""
    engine = sa.create_engine(normal_url(url), **engine_options(**more))
    run_as_app(engine)
    return engine


def run_as_app(engine: sa.Engine) -> None:
    """Make each connection act as the runtime role, also where the URL signs in as somebody with more rights."""

    @event.listens_for(engine, "connect")
    def become_app(connection: Any, record: object) -> None:
        if connection.info.user == APP:
            return
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {APP}")
        connection.commit()


def make_sessions(engine: sa.Engine) -> sessionmaker[Session]:
    """Return a factory of sessions that name their council in every transaction."""
    factory = sessionmaker(engine, expire_on_commit=False)
    name_council(factory)
    return factory


def name_council(sessions: Any) -> None:
    """Make `sessions` (a session, a factory or a scoped session) name its council as each transaction begins."""
    event.listen(sessions, "after_begin", _council_of_transaction)


def enter_council(session: Session, code: str | None, lock_timeout: timedelta = timedelta(seconds=3)) -> None:
    """Work for the council `code` from now on in this session; None sees no council's rows."""
    if session.info.get(COUNCIL) == code and LOCK_TIMEOUT in session.info:
        return
    session.info[COUNCIL] = code
    session.info[LOCK_TIMEOUT] = f"{int(lock_timeout.total_seconds() * 1000)}ms"
    if session.in_transaction():
        _name(session.connection(), session)


def _council_of_transaction(
    session: Session, transaction: SessionTransaction, connection: sa.Connection
) -> None:
    if not transaction.nested and COUNCIL in session.info:
        _name(connection, session)


_NAME = sa.text(
    "SELECT set_config('homeward.council', coalesce((SELECT id::text FROM council WHERE code = :code), ''), true),"
    " set_config('lock_timeout', :wait, true)"
)


def _name(connection: sa.Connection, session: Session) -> None:
    connection.execute(
        _NAME, {"code": session.info[COUNCIL], "wait": session.info.get(LOCK_TIMEOUT, "3000ms")}
    )


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()
