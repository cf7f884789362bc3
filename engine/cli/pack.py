"""`homeward pack`: look after the packs in processes/."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from engine.cli.packcheck import check
from engine.cli.packexchange import export, publish, take_in
from engine.cli.progress import progress
from engine.pack.draw import tidy as tidy_bytes
from engine.pack.draw.export import diagrams, drawings
from engine.settings import Settings

PROCESSES = click.option(
    "--processes",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Settings.read().packs,
    help="Where the packs are; by default the folder `processes`.",
)


@click.group()
def pack() -> None:
    """Check, tidy and draw the councils' packs."""


pack.add_command(check)


@pack.command()
@click.argument("councils", nargs=-1, metavar="[COUNCIL]...")
@PROCESSES
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("bpmn-diagrams"),
    show_default=True,
    help="Where the drawings go, a folder for each council.",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; name what is stale or missing and end with status 1."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def draw(councils: tuple[str, ...], processes: Path, out: Path, check: bool, as_json: bool) -> None:
    """Draw the BPMN diagrams of all councils, or of those named, as SVG files.

    Drawings whose diagram is gone are removed.
    """
    count = len(diagrams(processes, councils))
    changed: list[str] = []
    kept = 0
    for drawing in progress(drawings(processes, out, councils), "Drawing", count, quiet=as_json):
        if drawing.is_current:
            kept += 1
            continue
        changed.append(str(drawing.path))
        if not check:
            drawing.write()
    if as_json:
        click.echo(json.dumps({"changed": changed, "current": kept, "written": not check}))
    else:
        for path in changed:
            click.echo(f"stale: {path}" if check else f"written: {path}")
        click.echo(f"{kept} of {kept + len(changed)} drawings were current.")
    if check and changed:
        if not as_json:
            click.echo("Run `homeward pack draw` and commit the drawings.", err=True)
        sys.exit(1)


@pack.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE...",
)
@click.option(
    "--all", "everything", is_flag=True, help="Lay out everything anew, what was placed by hand as well."
)
def tidy(files: tuple[Path, ...], everything: bool) -> None:
    """Lay out the elements of BPMN files that have no place in their diagram yet.

    Only the diagram interchange is written; the rest of the file stays as it is. A node can be held in its place by
    the properties layout.column and layout.row (its row within its lane), both counted from 0.
    """
    for path in files:
        before = path.read_bytes()
        after = tidy_bytes(before, str(path), everything=everything)
        if after != before:
            path.write_bytes(after)
        click.echo(f"{'laid out' if after != before else 'nothing to do'}: {path}")


pack.add_command(export)
pack.add_command(take_in, "import")
pack.add_command(publish)
