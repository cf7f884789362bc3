"""What commands that work in the database share: a session, the council, and a desk for the system.

A command joins the embedded server that runs, or starts it for as long as it needs it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import orjson
import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.orm import Session, sessionmaker

from engine.errors import HomewardError
from engine.pack.library import Library
from engine.services.desk import Desk, system
from engine.settings import Settings
from engine.store.database import connected, make_sessions
from engine.store.migrate import current, head
from engine.store.tables import Council

COUNCIL_HELP = "The council to work for (its pack's id); needed only where the database holds several."
council_option = click.option("--council", default=None, help=COUNCIL_HELP)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")


class NotReady(HomewardError):
    """The database is not ready for this command; the message says what to run first."""


@contextlib.contextmanager
def desk_for(council: str | None, *, name: str = "command line") -> Iterator[Desk]:
    """Give a desk for the system at a council, in a session that is rolled back unless it is committed."""
    with _ready() as (sessions, running), sessions() as session:
        code = the_council(session, council)
        yield Desk(session, running.clock, Library(running.packs), system(code, name), running)


def desks_for(councils: Sequence[str], *, name: str = "command line") -> Iterator[Desk]:
    """Yield a desk for the system at each council, or at all that the database holds, in a session of its own."""
    with _ready() as (sessions, running):
        with sessions() as session:
            codes = [the_council(session, council) for council in councils] or _all(session)
        if not codes:
            raise NotReady("no council is set up in this database: run homeward up first")
        for code in codes:
            with sessions() as session:
                yield Desk(session, running.clock, Library(running.packs), system(code, name), running)


@contextlib.contextmanager
def _ready() -> Iterator[tuple[sessionmaker[Session], Settings]]:
    """Give sessions in the database, and the settings with its addresses; raise NotReady for another version's."""
    with connected(Settings.read()) as (engine, running):
        address = running.database_url or ""
        if current(running.owner_url or address) != head():
            raise NotReady(
                "the database is not set up for this version: run homeward migrate, or homeward up"
            )
        yield make_sessions(engine), running


def _all(session: Session) -> list[str]:
    codes = list(session.scalars(sa.select(Council.code).order_by(Council.code)))
    session.rollback()
    return codes


def the_council(session: Session, wanted: str | None) -> str:
    """Return the council asked for, or the only one there is; raise NotReady with the choice."""
    codes = _all(session)
    if wanted is not None and wanted in codes:
        return wanted
    if wanted is None and len(codes) == 1:
        return codes[0]
    if not codes:
        raise NotReady(
            "no council is set up in this database: run homeward up --no-demo, or homeward up, first"
        )
    if wanted is None:
        raise NotReady(f"the database holds several councils; say which with --council: {', '.join(codes)}")
    raise NotReady(f"there is no council {wanted} in this database; there are: {', '.join(codes)}")


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())


@contextlib.contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give a callback (done, total) that draws a bar on standard error; None where nobody watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def read_bytes(path: str) -> tuple[str, bytes]:
    """Return a file's name and bytes; `-` is standard input."""
    if path == "-":
        return "standard input", sys.stdin.buffer.read()
    return Path(path).name, Path(path).read_bytes()
