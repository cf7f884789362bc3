"""`homeward web`: the web server (gunicorn) alone, for servers on which workers run elsewhere."""

from __future__ import annotations

import os
import sys

import click

from engine.cli.household import Household, Member, free_port
from engine.cli.office import NotReady
from engine.settings import Settings
from engine.store.database import server
from engine.store.migrate import current, head

HOST = "127.0.0.1"
PORT = 8000
LOG_FORMAT = "%(t)s %(s)s %(m)s %(U)s %(L)s"
"""Access lines carry no query: filters may hold what somebody searched for."""


def gunicorn(host: str, port: int, *, processes: int, threads: int, log: bool) -> list[str]:
    """Return the command that serves the pages."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "webforms.serving:served()",
        "--preload",
        "--bind",
        f"{f'[{host}]' if ':' in host else host}:{port}",
        "--workers",
        str(processes),
        "--worker-class",
        "gthread",
        "--threads",
        str(threads),
        "--timeout",
        "60",
        "--graceful-timeout",
        "20",
        "--max-requests",
        "20000",
        "--max-requests-jitter",
        "2000",
        "--log-level",
        "info" if log else "warning",
        "--no-control-socket",
        "--logger-class",
        "webforms.accesslog.AccessLog",
    ]
    return [*command, "--access-logfile", "-", "--access-logformat", LOG_FORMAT] if log else command


@click.command()
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, help="The port to listen on.")
@click.option("--processes", default=2, show_default=True, help="How many processes serve pages.")
@click.option("--threads", default=4, show_default=True, help="How many requests each serves at once.")
@click.option("--quiet", is_flag=True, help="Leave the access log out.")
def web(host: str, port: int, processes: int, threads: int, quiet: bool) -> None:
    """Serve the pages. Run homeward migrate before and at least one homeward worker beside it.

    Behind a proxy that ends TLS set HOMEWARD_BASE_URL to the https address people use and HOMEWARD_PROXIES to
    1.
    """
    free_port(host, port)
    settings = Settings.read()
    with server(settings) as addresses:
        if current(addresses.owner) != head():
            raise NotReady("the database is not set up for this version: run homeward migrate first")
        environment = {**os.environ, "HOMEWARD_DATABASE_URL": addresses.app, "PYTHONUNBUFFERED": "1"}
        command = gunicorn(host, port, processes=processes, threads=threads, log=not quiet)
        status = Household([Member("web server", command, environment)]).run(lambda: None)
    sys.exit(status)
