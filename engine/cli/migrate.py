"""`homeward migrate`: bring the database to this version."""

from __future__ import annotations

import json

import click

from engine.settings import Settings
from engine.store.database import server
from engine.store.migrate import migrate as bring_up


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def migrate(as_json: bool) -> None:
    """Bring the database to this version; safe to run again, and on several machines at once.

    Uses the server that HOMEWARD_DATABASE_URL names, signing in as HOMEWARD_DATABASE_OWNER_URL says where
    that is set; without them the embedded server.
    """
    with server(Settings.read()) as addresses:
        before, after = bring_up(addresses.owner)
    if as_json:
        click.echo(json.dumps({"before": before, "after": after}))
    elif before == after:
        click.echo(f"The database is up to date (revision {after}).")
    else:
        click.echo(f"The database was brought from {before or 'nothing'} to revision {after}.")
