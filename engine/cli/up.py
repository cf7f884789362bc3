"""`homeward up`: everything on this machine by one command: database, web server, worker, and a demonstration of
every council that has a pack.

It listens on loopback only; a real installation behind a proxy uses `homeward web` and `homeward worker`. The
web framework is never imported here: gunicorn is a process of its own.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.cli.household import CannotStart, Household, Member, answers, free_port, wait_for
from engine.cli.office import progress_bar
from engine.cli.web import HOST, PORT, gunicorn
from engine.errors import HomewardError
from engine.pack.files import beside_of
from engine.pack.library import Library
from engine.services import accounts, demo
from engine.services.desk import Desk, system
from engine.settings import Settings
from engine.store.database import Addresses, make_engine, make_sessions, normal_url
from engine.store.embedded import APP, OWNER, EmbeddedServer
from engine.store.migrate import migrate
from engine.store.packs import set_up_council, store
from engine.store.tables import Council


@dataclass
class Database:
    """The database of this run; `server` is None where it is not ours to look after."""

    addresses: Addresses
    server: EmbeddedServer | None

    def look_after(self) -> None:
        """Start the embedded server again if it has ended."""
        if self.server is not None and not self.server.alive():
            click.echo("The database ended. It starts again.", err=True)
            self.server.start()


@click.command()
@click.option("--port", default=PORT, show_default=True, help="The port to listen on, on this machine only.")
@click.option(
    "--council", "councils", multiple=True, help="Only these councils (ids of packs); left out: every pack."
)
@click.option("--no-demo", is_flag=True, help="A real installation: no invented people, no accounts.")
@click.option("--processes", default=2, show_default=True, help="How many processes serve pages.")
def up(port: int, councils: tuple[str, ...], no_demo: bool, processes: int) -> None:
    """Start everything here: database, web server and worker; the first time with demonstrations.

    Ctrl-C stops all of it. A second start takes seconds. Nothing invented ever enters a database that was
    started with --no-demo, whose first account comes from homeward users add.
    """
    began = time.monotonic()
    free_port(HOST, port)
    settings = Settings.read()
    if settings.get("BASE_URL") is None:
        settings = replace(settings, base_url=f"http://{HOST}:{port}")
    with database(settings) as running:
        say("Preparing the database")
        migrate(running.addresses.owner)
        settings = replace(settings, database_url=running.addresses.app, owner_url=running.addresses.owner)
        lines = prepare(settings, councils, demonstration=not no_demo)
        environment = {
            **os.environ,
            "HOMEWARD_DATABASE_URL": running.addresses.app,
            "HOMEWARD_BASE_URL": settings.base_url,
            "PYTHONUNBUFFERED": "1",
        }
        if not no_demo and settings.get("MAIL") is None and settings.get("SMTP_HOST") is None:
            environment["HOMEWARD_MAIL"] = "folder"
            lines.append(f"Notices are not sent; they are written into {settings.data / 'mail'}")
        pages = Member(
            "web server", gunicorn(HOST, port, processes=processes, threads=4, log=False), environment
        )
        worker = Member("worker", [sys.executable, "-m", "engine", "worker"], environment)
        household = Household([pages, worker], running.look_after)

        def ready() -> None:
            say("Starting the web server and a worker")

            def still() -> bool:
                return not household.stopping and pages.process is not None and pages.process.poll() is None

            if not wait_for(lambda: answers(HOST, port), still):
                if household.stopping:
                    return
                raise CannotStart("the web server does not answer; what it wrote above says why")
            click.echo("\n".join(["", *lines, "", f"Homeward is ready at {settings.base_url}"]))
            click.echo(f"(started in {time.monotonic() - began:.1f} s; Ctrl-C stops everything)")

        status = household.run(ready)
    click.echo("Everything has stopped.")
    sys.exit(status)


def say(words: str) -> None:
    """Tell what is being done."""
    click.echo(f"{words} …")


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """Give the database, starting the embedded server where the settings name none."""
    if settings.database_url is not None:
        app = normal_url(settings.database_url)
        yield Database(Addresses(app=app, owner=normal_url(settings.owner_url or app)), None)
        return
    say("Starting the database")
    embedded = EmbeddedServer(settings.data)
    embedded.start()
    try:
        yield Database(Addresses(app=embedded.url(APP), owner=embedded.url(OWNER)), embedded)
    finally:
        embedded.stop()


def prepare(settings: Settings, councils: tuple[str, ...], *, demonstration: bool) -> list[str]:
    """Set the councils up with their procedures in force, each with its demonstration; return what to tell."""
    library = Library(settings.packs)
    chosen = list(councils) or library.councils()
    if not chosen:
        raise CannotStart(
            f"there is no pack in {settings.packs}; each council's folder holds a procedure.yaml"
        )
    engine = make_engine(settings.database_url or "")
    try:
        sessions = make_sessions(engine)

        def desk(session: Session, code: str) -> Desk:
            return Desk(session, settings.clock, library, system(code, "up"), settings)

        ready = []
        for code in chosen:  # all are there before the first account is named
            with sessions() as session:
                if publish(desk(session, code), library, code, demonstration=demonstration):
                    ready.append(code)
        if not ready:
            raise CannotStart("no procedure can be read; what is wrong with each stands above")
        lines: list[str] = []
        for code in ready:
            with sessions() as session:
                here = desk(session, code)
                lines += _demonstration(here, settings) if demonstration else _real(here)
        if demonstration:
            lines += ["", f"Password of each: {demo.password(settings.data)[0]}"]
            lines.append(f"All of them to choose from: {settings.base_url}/demonstration")
        return lines
    finally:
        engine.dispose()


def publish(desk: Desk, library: Library, code: str, *, demonstration: bool) -> bool:
    """Set a council up and put its procedure in force, if it is not already; say whether it is there now.

    Where the pack is broken the procedure in force stays, and a demonstration does without the council.
    """
    session = desk.session
    known = session.scalar(sa.select(Council).where(Council.code == code))
    if known is None and demonstration:
        demo.refuse_real(desk.session)
    try:
        pack = library.get(code)
    except HomewardError as error:
        if known is None and not demonstration:
            raise
        what = "the council is left out" if known is None else "the one in force stays"
        click.echo(f"The pack of {code} cannot be read; {what}. {error}", err=True)
        return known is not None
    set_up_council(session, pack, demonstration=demonstration)
    session.commit()
    store(session, pack, desk.now(), beside_of(library.root / code))
    session.commit()
    return True


def _demonstration(desk: Desk, settings: Settings) -> list[str]:
    demo.refuse_real(desk.session)
    secret, new = demo.password(settings.data)
    if new and accounts.listed(desk):
        demo.reset_passwords(desk, secret)
    name, began = desk.council.name, time.monotonic()
    with progress_bar(f"The demonstration of {name}") as bar:

        def progress(what: str, done: int, total: int) -> None:
            if bar is not None:
                bar(done, total)
            elif done == total:
                say(f"{name}: {what[0].lower()}{what[1:]}")

        if demo.set_up(desk, secret, progress):
            say(f"The demonstration of {name} is ready ({time.monotonic() - began:.1f} s)")
    lines = [
        "",
        f"{name} is a demonstration; everybody in it is invented.",
        f"Accounts: {', '.join(account for _, account, _ in demo.account_names(desk))}",
    ]
    for what, path in demo.files_to_upload(desk, settings.data / "demonstration").items():
        lines.append(f"To upload as {what.replace('-', ' ')}: {path}")
    return lines


def _real(desk: Desk) -> list[str]:
    council = desk.council
    if council.demonstration:
        return [f"{council.name} is a demonstration in this database; it stays one."]
    count = len(accounts.listed(desk))
    if count:
        return [f"{council.name}: {count} accounts."]
    return [
        f"{council.name} has no accounts yet. Add the first in another terminal:",
        f"  homeward users add NAME --role administrator --council {council.code}",
    ]
