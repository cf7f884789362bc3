"""`homeward bench`: what the acts cost, beside their targets and beside SpiffWorkflow alone."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import click
import yaml
from rich.console import Console
from rich.table import Table

from engine.bench import measures
from engine.bench.measures import Row
from engine.pack.library import Library
from engine.settings import Settings
from engine.store.database import server


@click.command()
@click.option(
    "--council",
    default=None,
    help="The pack to measure on; where left out, the one that the targets are set on (processes/bench.yaml).",
)
@click.option("--quick", is_flag=True, help="Smaller numbers: a minute instead of several.")
@click.option(
    "--pages", is_flag=True, help="Time every page of the demonstration instead (see homeward demo --large)."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def bench(council: str | None, quick: bool, pages: bool, as_json: bool) -> None:
    """Measure the acts people and clocks do, in a PostgreSQL of its own, and print them beside their targets.

    CPU times hold this process and its database connection together. The last column is the ratio to SpiffWorkflow
    alone (load, complete one task, store) measured in the same run. Ends with status 1 where a target is missed.
    """
    library = Library(Settings.read().packs)
    chosen = council or reference_council(library)
    if pages:
        sys.exit(_time_pages(chosen, quick=quick, as_json=as_json))
    console = Console(stderr=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="hwbench") as folder:
        Path(folder).chmod(0o755)
        with (
            console.status("Measuring") as status,
            measures.bench(chosen, library, Path(folder), lambda text: status.update(text)) as made,
        ):
            gc.collect()
            gc.freeze()
            row, started = measures.start_cases(made, 40 if quick else 200)
            rows += [
                measures.complete_tasks(made, started),
                measures.complete_after_many(made, 200 if quick else 1000),
            ]
            rows.append(row)
            rows.append(measures.store_closed(made, 10 if quick else 40))
            rows += measures.fire_timers(made, 300 if quick else 3000)
            rows.append(measures.play_stories(made, 1 if quick else 3))
            rows.append(measures.list_tasks(made, *((1_000, 20_000) if quick else (10_000, 450_000))))
            floor_ms = made.floor_ms
    if as_json:
        click.echo(json.dumps({"floor_ms": floor_ms, "rows": [asdict(row) for row in rows]}, indent=1))
    else:
        _show(rows, floor_ms, chosen)
    sys.exit(0 if all(row.met for row in rows) else 1)


def _time_pages(council: str, *, quick: bool, as_json: bool) -> int:
    """Time the pages of the running demonstration, as a program of its own: nothing here knows the web."""
    with server(Settings.read()) as addresses:
        command = [sys.executable, "-m", "webforms.timing", "--council", council]
        command += ["--looks", "2" if quick else "5", *(["--json"] if as_json else [])]
        environment = {**os.environ, "HOMEWARD_DATABASE_URL": addresses.app}
        return subprocess.run(command, env=environment, check=False).returncode


def reference_council(library: Library) -> str:
    """Return the pack that the targets are set on, the first one where none is named."""
    try:
        named = yaml.safe_load((library.root / "bench.yaml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        named = None
    return str(named["council"]) if isinstance(named, dict) and "council" in named else library.councils()[0]


def _show(rows: list[Row], floor_ms: float, council: str) -> None:
    table = Table(title=f"Homeward on the pack {council}; SpiffWorkflow alone: {floor_ms:.1f} ms CPU a task")
    for heading in ("act", "measured", "target", "met", "× SpiffWorkflow"):
        table.add_column(heading)
    for row in rows:
        ratio = "" if row.floor is None else f"{row.floor:.1f}"
        table.add_row(row.act, row.figure, row.target, "yes" if row.met else "NO", ratio)
    Console(width=150).print(table)
