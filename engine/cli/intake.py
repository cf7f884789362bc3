"""`homeward intake`: police notifications and the lists that others send, from a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime

import click

from engine.cli.office import council_option, desk_for, json_option, print_json, progress_bar, read_bytes
from engine.services.desk import NotFound
from engine.services.intake import FileView, expected_lists, receive_file
from engine.services.intake.notification import COLUMNS
from engine.services.tabular import Column
from engine.services.written import read_moment

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
@click.option("--list", "list_id", help="The file is this list of the procedure, no notifications.")
@click.option("--as-of", help="When the list was drawn up, such as 2026-05-12 07:00; left out: now.")
@click.option("--lists", is_flag=True, help="Show the lists that the procedure receives, and leave.")
@click.option("--columns", is_flag=True, help="Show the columns that a file may have, and leave.")
@council_option
@json_option
def intake(
    file: str | None,
    list_id: str | None,
    as_of: str | None,
    lists: bool,
    columns: bool,
    council: str | None,
    as_json: bool,
) -> None:
    """Take in a FILE of police notifications, or with --list of a list that others send (CSV or JSON; - reads
    standard input).

    Every row is matched to a child and an absence; what cannot be matched surely waits for a person on the
    reports page. Ends with status 1 where a row waits or cannot be read.
    """
    if columns and list_id is None:
        show_columns(COLUMNS)
        return
    if file is None and not lists and not columns:
        raise click.UsageError("name a file, or - for standard input")
    moment = None if as_of is None else _moment(as_of)
    with desk_for(council, name="intake") as desk, progress_bar("Handling rows") as progress:
        if lists or columns:
            known = {one.id: one for one in expected_lists(desk)}
            if lists:
                for one in known.values():
                    came = "never came" if one.last is None else f"last drawn up {one.last:%d/%m/%Y %H:%M}"
                    click.echo(f"{one.id:24} {one.title} (every {one.every}; {came})")
                return
            if list_id not in known:
                raise NotFound(
                    f"the procedure receives no list {list_id}; it receives: {', '.join(known) or 'none'}"
                )
            show_columns(known[list_id].columns)
            return
        name, data = read_bytes(file or "-")
        view = receive_file(desk, name, data, list_id=list_id, as_of=moment, budget=None, progress=progress)
    if as_json:
        print_json(as_object(view))
    else:
        show(view)
    sys.exit(1 if any(row.outcome in ("waiting", "bad", "received") for row in view.rows) else 0)


def _moment(text: str) -> datetime:
    try:
        return read_moment(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--as-of") from error


def show_columns(columns: Sequence[Column]) -> None:
    """Print the columns of a file with what each means and is also called."""
    for column in columns:
        also = f" (also: {', '.join(column.also)})" if column.also else ""
        click.echo(f"{column.name:16} {'required. ' if column.required else ''}{column.meaning}{also}")


def show(view: FileView) -> None:
    """Print what became of each row."""
    if view.again:
        click.echo("This very file came before; nothing was changed. What became of it:")
    if view.unknown:
        click.echo(f"Columns that nobody knows and nobody used: {', '.join(view.unknown)}")
    for row in view.rows:
        case = f" [{row.reference}]" if row.reference else ""
        place = f"line {row.line}" if row.line is not None else "not named"
        click.echo(
            f"{place}: {row.kind.replace('_', ' ')} {row.who}: {WORDS.get(row.outcome, row.outcome)}{case}. {row.reason}"
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
