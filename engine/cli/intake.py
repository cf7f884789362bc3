"""`homeward intake`: police notifications from a file."""

from __future__ import annotations

import sys

import click

from engine.cli.office import council_option, desk_for, json_option, print_json, progress_bar, read_bytes
from engine.services.intake import FileView, receive_file
from engine.services.intake.notification import COLUMNS

WORDS = {
    "started": "case started",
    "recorded": "recorded in its case",
    "repeated": "came before; nothing changed",
    "waiting": "waits for a person",
    "bad": "cannot be read",
    "received": "not handled yet",
    "discarded": "set aside",
}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True), required=False)
@click.option("--columns", is_flag=True, help="Show the columns that a file may have, and leave.")
@council_option
@json_option
def intake(file: str | None, columns: bool, council: str | None, as_json: bool) -> None:
    """Take in a FILE of police notifications (CSV or JSON; - reads standard input).

    Every row is matched to a child and an absence; what cannot be matched surely waits for a person on the
    reports page. Ends with status 1 where a row waits or cannot be read.
    """
    if columns:
        for column in COLUMNS:
            also = f" (also: {', '.join(column.also)})" if column.also else ""
            click.echo(f"{column.name:16} {'required. ' if column.required else ''}{column.meaning}{also}")
        return
    if file is None:
        raise click.UsageError("name a file, or - for standard input")
    name, data = read_bytes(file)
    with desk_for(council, name="intake") as desk, progress_bar("Handling notifications") as progress:
        view = receive_file(desk, name, data, budget=None, progress=progress)
    if as_json:
        print_json(as_object(view))
    else:
        show(view)
    sys.exit(1 if any(row.outcome in ("waiting", "bad", "received") for row in view.rows) else 0)


def show(view: FileView) -> None:
    """Print what became of each row."""
    if view.again:
        click.echo("This very file came before; nothing was changed. What became of it:")
    if view.unknown:
        click.echo(f"Columns that nobody knows and nobody used: {', '.join(view.unknown)}")
    for row in view.rows:
        case = f" [{row.reference}]" if row.reference else ""
        click.echo(
            f"line {row.line}: {row.kind} {row.who}: {WORDS.get(row.outcome, row.outcome)}{case}. {row.reason}"
        )
    counts = ", ".join(
        f"{count} {WORDS.get(outcome, outcome)}" for outcome, count in sorted(view.outcomes.items())
    )
    click.echo(f"{view.count} rows: {counts or 'nothing'}")


def as_object(view: FileView) -> dict[str, object]:
    """Return a file as JSON."""
    return {
        "file": view.name,
        "again": view.again,
        "unknown_columns": list(view.unknown),
        "outcomes": dict(view.outcomes),
        "rows": [
            {
                "line": row.line,
                "kind": row.kind,
                "outcome": row.outcome,
                "reason": row.reason,
                "case": row.reference,
                "candidates": [{"name": c.name, "reasons": list(c.reasons)} for c in row.candidates],
            }
            for row in view.rows
        ],
    }
