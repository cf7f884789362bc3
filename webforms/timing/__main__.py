"""The table of how long pages take."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from webforms.serving import served
from webforms.timing.pages import LIMIT, LOOKS, Timed, timed_pages, untimed, worst_of

FIGURES = frozenset({"median ms", "p95 ms", "CPU ms", "SQL", "KB"})


@click.command()
@click.option("--council", required=True)
@click.option("--looks", default=LOOKS, show_default=True)
@click.option("--role", "roles", multiple=True)
@click.option("--json", "as_json", is_flag=True)
def main(council: str, looks: int, roles: tuple[str, ...], as_json: bool) -> None:
    """Time every page of a demonstration council; end with status 1 where one takes more than 100 ms."""
    app = served()
    console = Console(stderr=True)
    with console.status("Opening pages") as status:
        rows = []
        for row in timed_pages(app, council, looks=looks, roles=roles):
            rows.append(row)
            status.update(f"Opening pages as {row.role}: {len(rows)}")
    worst = worst_of(rows)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        _show(worst, len(rows))
        missed = untimed(app, rows)
        click.echo(f"{len(missed)} pages were not opened: this demonstration has none of them:")
        click.echo("".join(f"  {rule}\n" for rule in missed), nl=False)
    sys.exit(1 if any(row.median > LIMIT for row in worst) else 0)


def _show(rows: list[Timed], opened: int) -> None:
    slow = sum(row.median > LIMIT for row in rows)
    table = Table(
        title=f"{len(rows)} pages, each as the role it takes longest for ({opened} opened); {slow} over 100 ms"
    )
    for heading in ("page", "address", "role", "median ms", "p95 ms", "CPU ms", "SQL", "KB", ""):
        table.add_column(heading, justify="right" if heading in FIGURES else "left")
    for row in rows:
        table.add_row(
            row.endpoint,
            row.path,
            row.role,
            f"{row.median:.1f}",
            f"{row.p95:.1f}",
            f"{row.cpu:.1f}",
            str(row.statements),
            f"{row.bytes / 1024:.0f}",
            "OVER" if row.median > LIMIT else "",
        )
    Console(width=180).print(table)


if __name__ == "__main__":
    main()
