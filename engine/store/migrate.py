"""Bringing a database to this version: our own revisions (Alembic), then the job queue's schema.

The queue's tables come from the files that the pinned library ships: a fresh database takes its whole schema,
an older one each file that came later, so that no copy of them has to be kept here. Several machines may
start at once: one migrates, the others wait for it.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager, migrations_path

from engine.store.database import DatabaseError, normal_url
from engine.store.embedded import APP

MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 7_270_011


def is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Return whether a table is one of ours, not the job queue's (for Alembic's comparison)."""
    return kind != "table" or not (name or "").startswith("procrastinate_")


def configuration(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's configuration for `connection`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """Return the newest revision that this version of the code knows."""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    if newest is None:
        raise DatabaseError(f"there is no migration in {MIGRATIONS}: the installation is incomplete")
    return newest


def migrate(owner_url: str, revision: str = "head") -> tuple[str | None, str | None]:
    """Bring the database to `revision`; return the revisions before and after.

    Raise DatabaseError for a database that a newer version has migrated, or an owner who may not make the
    runtime role.
    """
    engine = sa.create_engine(normal_url(owner_url), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
            connection.commit()
            before = _revision(connection)
            _refuse_newer(before)
            _ensure_role(connection)
            command.upgrade(configuration(connection), revision)
            _bring_queue_up(connection)
            _grant(connection)
            after = _revision(connection)
            connection.commit()
            return before, after
    finally:
        engine.dispose()


def current(url: str) -> str | None:
    """Return the revision that the database stands at, None for an empty one."""
    engine = sa.create_engine(normal_url(url), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseError(
            f"the database stands at revision {revision}, which this version does not know: a newer version has "
            "migrated it. Install that version, or restore the backup made before"
        )


def _ensure_role(connection: sa.Connection) -> None:
    """Make the runtime role where it is missing, and let the owner become it (so that one URL can serve
    both)."""
    if not connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": APP}):
        try:
            with connection.begin_nested():
                connection.execute(sa.text(f"CREATE ROLE {APP} LOGIN NOSUPERUSER NOBYPASSRLS"))
        except sa.exc.ProgrammingError as error:
            raise DatabaseError(
                f"the role {APP} does not exist and the owner may not make it; as an administrator run: "
                f"CREATE ROLE {APP} LOGIN PASSWORD '…'; then migrate again"
            ) from error
    unsafe = connection.scalar(
        sa.text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :name"), {"name": APP}
    )
    if unsafe:
        raise DatabaseError(
            f"the role {APP} may see past row-level security; run: ALTER ROLE {APP} NOSUPERUSER NOBYPASSRLS"
        )
    connection.commit()


def _bring_queue_up(connection: sa.Connection) -> None:
    files = sorted(file.name for file in migrations_path.glob("*.sql"))
    applied = connection.scalar(sa.text("SELECT max(version) FROM job_queue_version"))
    if applied is None:
        _run(connection, SchemaManager.get_schema())
    else:
        for name in files:
            if name > applied:
                _run(connection, (migrations_path / name).read_text())
    if applied != files[-1]:
        connection.execute(sa.text("DELETE FROM job_queue_version"))
        connection.execute(sa.text("INSERT INTO job_queue_version VALUES (:version)"), {"version": files[-1]})


def _grant(connection: sa.Connection) -> None:
    """Give the runtime role what it needs; it owns nothing and may neither truncate nor change what is
    append-only."""
    _run(connection, resources.files("engine.store").joinpath("grants.sql").read_text())


def _run(connection: sa.Connection, script: str) -> None:
    raw: Any = connection.connection.driver_connection
    raw.execute(script)
