"""`homeward audit`: prove the record of what was done."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from sqlalchemy.orm import Session

from engine.services.audit import verify as verify_chains
from engine.services.audit import write_heads
from engine.settings import Settings
from engine.store.database import connected


@click.group()
def audit() -> None:
    """Prove the record of what was done to cases, by whom and when."""


@audit.command()
@click.option(
    "--heads",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file kept on another machine: verify against it, then write the present ends of all chains to it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(heads: Path | None, as_json: bool) -> None:
    """Verify every audit chain. Ends with status 1 where one does not hold.

    A changed, removed or inserted event shows by itself. That a whole database was put back to an earlier day
    shows only against --heads.
    """
    with connected(Settings.read()) as (engine, _), Session(engine) as session:
        found = verify_chains(session, heads)
        if heads is not None and not found.faults:
            write_heads(session, heads)
    if as_json:
        faults = [
            {"council": fault.council, "case": fault.case, "event": fault.seq, "fault": fault.fault}
            for fault in found.faults
        ]
        click.echo(json.dumps({"events": found.events, "chains": found.chains, "faults": faults}))
    else:
        for fault in found.faults:
            click.echo(str(fault))
        click.echo(
            f"{found.events} events in {found.chains} chains: "
            + (f"{len(found.faults)} faults" if found.faults else "whole")
        )
    sys.exit(1 if found.faults else 0)
