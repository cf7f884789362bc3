"""`homeward worker`: fire timers, send notices, run jobs."""

from __future__ import annotations

import asyncio
import logging
import sys

import click

from engine.jobs import work
from engine.pack.library import Library
from engine.services.timers import Worker
from engine.settings import Settings
from engine.store.database import connected, make_sessions
from engine.store.migrate import current, head


@click.command()
@click.option("--jobs", default=4, show_default=True, help="How many jobs may run at once.")
@click.option("--verbose", is_flag=True, help="Say what is done.")
def worker(jobs: int, verbose: bool) -> None:
    """Fire timers, send notices and run jobs until stopped.

    Run at least one; several share the work. Ends with status 3 when the database is lost: have it started
    again.
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    with connected(Settings.read()) as (engine, settings):
        if current(settings.database_url or "") != head():
            click.echo(
                "homeward worker: the database is not at this version; run: homeward migrate", err=True
            )
            sys.exit(2)
        asyncio.run(
            work(
                Worker(make_sessions(engine), settings.clock, Library(settings.packs), settings),
                concurrency=jobs,
            )
        )
