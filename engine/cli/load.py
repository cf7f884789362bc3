"""`homeward load`: what a council already has, from files of its own systems."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from engine.cli.office import council_option, desk_for, json_option, print_json, progress_bar, read_bytes
from engine.services import load as loading
from engine.services.child_facts import vocabulary


@click.command()
@click.argument("kind", type=click.Choice(list(loading.KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True), required=False)
@click.option("--columns", is_flag=True, help="Show the columns of this kind of file, and leave.")
@click.option(
    "--history-from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="With episodes: the day from which they are complete; pages say so beside every count.",
)
@council_option
@json_option
def load(
    kind: str,
    file: str | None,
    columns: bool,
    history_from: datetime | None,
    council: str | None,
    as_json: bool,
) -> None:
    """Bring in a FILE of children, statuses, workers, placements or episodes (CSV or JSON), as often as you
    like.

    Load children first. The same rows again change nothing. An episode without a return starts a case. Ends
    with status 1 where a row was refused.
    """
    with desk_for(council, name="load") as desk:
        if columns:
            for column in loading.columns_of(kind, vocabulary(desk.session, desk.now())):
                click.echo(f"{column.name:36} {'required. ' if column.required else ''}{column.meaning}")
            return
        if file is None:
            raise click.UsageError("name a file, or - for standard input")
        name, data = read_bytes(file)
        since = None if history_from is None else history_from.date()
        with progress_bar(f"Loading {kind}") as progress:
            view = loading.load_file(desk, kind, name, data, history_from=since, progress=progress)
        complete_from = desk.council.history_from
    refused = [row for row in view.rows if row.outcome == "refused"]
    if as_json:
        print_json(
            {
                "file": view.name,
                "kind": kind,
                "outcomes": dict(view.outcomes),
                "unknown_columns": list(view.unknown),
                "history_from": complete_from,
                "refused": [{"line": row.line, "reason": row.reason} for row in refused],
            }
        )
    else:
        for row in refused:
            click.echo(f"line {row.line}: refused. {row.reason}")
        if view.unknown:
            click.echo(f"Columns that nobody knows and nobody used: {', '.join(view.unknown)}")
        click.echo(
            f"{view.count} rows: "
            + ", ".join(f"{n} {outcome}" for outcome, n in sorted(view.outcomes.items()))
        )
        if kind == "episodes" and complete_from is not None:
            click.echo(f"Counts of episodes cover the time from {complete_from:%d/%m/%Y}.")
    sys.exit(1 if refused else 0)
