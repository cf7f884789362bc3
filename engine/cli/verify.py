"""`homeward verify`: hold what the diagrams do against what the clauses demand."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from engine.check.scenarios import Scenario, stories_beside
from engine.check.verify import faulty
from engine.check.verify import verify as verify_pack
from engine.check.verify.report import as_html
from engine.check.verify.scope import change_between, in_question
from engine.check.verify.telling import lines_of
from engine.cli.office import desk_for
from engine.pack.library import Library
from engine.pack.model import Pack
from engine.pack.read import read_pack
from engine.services import procedures
from engine.settings import Settings

WHOLE, AFTER_A_CHANGE = 60.0, 5.0
"""Seconds that a council's exploration may take: whole, and of what a change puts in question."""


@click.command()
@click.argument("councils", nargs=-1, metavar="[COUNCIL]…")
@click.option(
    "--clause", "clauses", multiple=True, metavar="ID", help="Only checks of this clause; may be repeated."
)
@click.option("--check", "checks", multiple=True, metavar="ID", help="Only this check; may be repeated.")
@click.option(
    "--changed-since",
    metavar="VERSION",
    help="Only what changed since a version: its hash in the database, or a folder with a pack.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=0.5), help="Time for each council (60; 5 with --changed-since)."
)
@click.option("--stories", "most", type=click.IntRange(min=1), help="Stop after so many stories.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes that explore."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed tells other stories.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of documents, one a council.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write the report into this file."
)
@click.option("--verbose", "-v", is_flag=True, help="Show checks that hold as well.")
def verify(
    councils: tuple[str, ...],
    clauses: tuple[str, ...],
    checks: tuple[str, ...],
    changed_since: str | None,
    seconds: float | None,
    most: int | None,
    jobs: int,
    seed: int,
    as_json: bool,
    html: Path | None,
    verbose: bool,
) -> None:
    """Explore the procedures of COUNCILs (all of them where none is named) and judge every clause check.

    Ends with status 1 when a check is broken or a finding is not accepted, 2 when a pack cannot be read.
    """
    library = Library(Settings.read().packs)
    packs = [library.get(council) for council in councils or library.councils()]
    if changed_since is not None and len(packs) != 1:
        raise click.UsageError("--changed-since compares two versions of one council: name it")
    documents = []
    for pack in packs:
        chosen = _chosen(pack, clauses, checks)
        if changed_since is not None:
            chosen = _since(pack, changed_since, chosen)
        usual = WHOLE if changed_since is None else AFTER_A_CHANGE
        document = _explored(
            pack,
            stories_beside(library, pack.id),
            chosen,
            seconds=seconds or usual,
            most=most,
            jobs=jobs,
            seed=seed,
        )
        documents.append(document)
        if not as_json:
            for line in lines_of(document, pack, verbose=verbose):
                click.echo(line)
    if as_json:
        click.echo(json.dumps(documents, indent=1, ensure_ascii=False))
    if html is not None:
        html.write_text(as_html(documents, {pack.id: pack for pack in packs}), encoding="utf-8")
        click.echo(f"The report is in {html}", err=True)
    sys.exit(1 if any(faulty(document) for document in documents) else 0)


def _explored(pack: Pack, stories: list[Scenario], chosen: set[str] | None, **given: Any) -> dict[str, Any]:
    """Explore a pack while a bar on standard error shows how far it has come."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return verify_pack(pack, stories=stories, checks=chosen, **given)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[words]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(f"Verifying {pack.name}", total=1.0, words="")
        listen: Callable[[float, str], None] = lambda share, words: bar.update(  # noqa: E731
            task, completed=share, words=words
        )
        return verify_pack(pack, stories=stories, checks=chosen, listen=listen, **given)


def _chosen(pack: Pack, clauses: tuple[str, ...], checks: tuple[str, ...]) -> set[str] | None:
    """Return the ids of the checks that were asked for; None for all."""
    for clause in clauses:
        if clause not in pack.clauses:
            raise click.UsageError(f"{pack.name} has no clause {clause}")
    for check in checks:
        if check not in pack.checks:
            raise click.UsageError(f"{pack.name} has no check {check}")
    if not clauses and not checks:
        return None
    of_clauses = {check.id for check in pack.checks.values() if set(check.clauses) & set(clauses)}
    return of_clauses | set(checks)


def _since(pack: Pack, version: str, chosen: set[str] | None) -> set[str]:
    """Return the checks that the change since a version puts in question."""
    folder = Path(version)
    old = read_pack(folder) if folder.is_dir() else _kept(pack, version)
    changed = in_question(pack, change_between(old, pack))
    return changed if chosen is None else changed & chosen


def _kept(pack: Pack, version: str) -> Pack:
    """Return a version that the database keeps, by the beginning of its hash."""
    with desk_for(pack.id) as desk:
        return procedures.pack(desk, version)
