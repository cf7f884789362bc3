"""`homeward demo`: a demonstration as large as a council's records after years, to see whether it stays quick."""

from __future__ import annotations

import time
from dataclasses import replace

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.cli.bench import reference_council
from engine.cli.office import progress_bar
from engine.cli.up import database, prepare, say
from engine.errors import HomewardError
from engine.pack.library import Library
from engine.services.demo import large
from engine.services.desk import Desk, system
from engine.settings import Settings
from engine.store.database import make_engine, name_council
from engine.store.migrate import migrate


@click.command()
@click.option("--large", "wanted", is_flag=True, help="Fill it with past episodes by the ten thousand.")
@click.option("--council", "councils", multiple=True, help="Which councils; one where left out.")
@click.option(
    "--episodes", default=50_000, show_default=True, help="How many past episodes each council has then."
)
def demo(wanted: bool, councils: tuple[str, ...], episodes: int) -> None:
    """Fill the demonstration of councils with many past episodes, a fifth as many open tasks, and their records.

    A few hundred episodes are played by the real procedure; the others are copies of them for other children, moved by
    whole weeks. Refused on a database with a real council. Ctrl-C is harmless: the next call goes on.
    """
    if not wanted:
        raise click.UsageError("say --large: the small demonstration is made by homeward up")
    if episodes < 100:
        raise click.UsageError("--episodes must be 100 or more")
    settings = Settings.read()
    library = Library(settings.packs)
    chosen = list(councils) or [reference_council(library)]
    with database(settings) as running:
        migrate(running.addresses.owner)
        filled = replace(settings, database_url=running.addresses.app, owner_url=running.addresses.owner)
        prepare(filled, tuple(chosen), demonstration=True)
        for code in chosen:
            _fill(filled, library, code, episodes)
        _analyze(running.addresses.owner)


def _fill(settings: Settings, library: Library, code: str, episodes: int) -> None:
    began = time.monotonic()
    engine = make_engine(settings.database_url or "")
    try:
        with engine.connect() as connection:  # one connection throughout: temporary tables belong to it
            before = _size(connection)
            with Session(connection, expire_on_commit=False) as session:
                name_council(session)
                desk = Desk(session, settings.clock, library, system(code, "demo"), settings)
                with progress_bar(f"The large demonstration of {code}") as bar:

                    def told(what: str, done: int, total: int) -> None:
                        if bar is not None:
                            bar(done, total)
                        elif done >= total:
                            say(what)

                    made = large.make(desk, episodes, told)
            connection.rollback()
            grown = _size(connection) - before
    finally:
        engine.dispose()
    click.echo(
        f"{code}: {made.episodes:,} past episodes, {made.open_cases:,} open cases with {made.open_tasks:,} tasks "
        f"({made.samples} played, the others copied); {grown / 2**20:,.0f} MB more, in {time.monotonic() - began:.0f} s"
    )


def _size(connection: sa.Connection) -> int:
    found = connection.scalar(sa.text("SELECT pg_database_size(current_database())"))
    connection.rollback()
    return int(found or 0)


def _analyze(owner: str) -> None:
    engine = sa.create_engine(owner, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("ANALYZE"))
    except sa.exc.SQLAlchemyError as error:
        raise HomewardError(f"the database could not be analysed: {error}") from error
    finally:
        engine.dispose()
