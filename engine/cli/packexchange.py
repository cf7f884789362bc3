"""`homeward pack export`, `import` and `publish`: packs out of the database and into it, as ordinary files.

What comes in becomes a draft, like any upload in the browser: the command line is no way past quality assurance.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from engine.cli.office import desk_for
from engine.clock import local
from engine.errors import HomewardError
from engine.pack import archive
from engine.pack.files import VOCABULARY, UnreadablePack, beside_of, files_of
from engine.services import procedures
from engine.services.desk import InvalidAnswers
from engine.services.drafting import drafts, exchange, publishing

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.command()
@click.argument("council")
@click.option("--version", "digest", help="The beginning of the version's hash; by default the one in force.")
@click.option("--draft", type=int, help="The number of a draft, instead of a version.")
@click.option(
    "--to", required=True, type=click.Path(path_type=Path), help="A folder, or a file ending in .zip."
)
@click.option("--force", is_flag=True, help="Write into a folder that is not empty; other files in it stay.")
@AS_JSON
def export(council: str, digest: str | None, draft: int | None, to: Path, force: bool, as_json: bool) -> None:
    """Write a version or a draft of a council's procedure as ordinary files, byte for byte as they are stored."""
    if digest and draft is not None:
        raise click.UsageError("Name a version or a draft, not both.")
    with desk_for(council) as desk:
        if draft is not None:
            files = drafts.view(desk, draft).files
        else:
            files = exchange.files_of_version(desk, digest or procedures.current(desk).hash)
    if to.suffix == ".zip":
        to.write_bytes(archive.written(files))
    else:
        _write(files, to, force)
    told = {"council": council, "files": len(files), "to": str(to)}
    click.echo(json.dumps(told) if as_json else f"{len(files)} files of {council} written to {to}")


def _write(files: dict[str, bytes], to: Path, force: bool) -> None:
    """Write files into a folder; a vocabulary that lies beside the folder already is not written twice."""
    if to.exists() and (not to.is_dir() or (any(to.iterdir()) and not force)):
        raise UnreadablePack(f"{to} is there and not empty: name another folder, or add --force")
    shared = to.parent / VOCABULARY
    for path, data in files.items():
        if path == VOCABULARY and shared.is_file() and shared.read_bytes() == data:
            continue
        place = to / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink() or place.parent.is_symlink():
            raise UnreadablePack(f"{place} is a symbolic link; remove it")
        place.write_bytes(data)


@click.command("import")
@click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="DIR|ZIP")
@click.option("--title", help="What the change is about, for a new draft.")
@click.option("--draft", type=int, help="An open draft that the files come over, instead of a new one.")
@click.option("--council", help="The council; by default what the folder or zip says.")
@click.option("--remove", is_flag=True, help="Remove from the draft what is not among the files.")
@click.option("--why", default="", help="Why, for the history of the draft.")
@AS_JSON
def take_in(
    source: Path,
    title: str | None,
    draft: int | None,
    council: str | None,
    remove: bool,
    why: str,
    as_json: bool,
) -> None:
    """Bring the files of a folder or a zip into a draft, and say what they change and what is wrong with them."""
    if (title is None) == (draft is None):
        raise click.UsageError("Say --title for a new draft, or --draft for one that is open.")
    files = (
        {**files_of(source), **beside_of(source)} if source.is_dir() else archive.read(source.read_bytes())
    )
    with desk_for(council or _council(files)) as desk:
        try:
            if draft is None:
                number = exchange.upload_new(desk, title or "", files, remove=remove, why=why)
            else:
                number = draft
                seen = drafts.view(desk, draft).revision
                exchange.upload(desk, draft, files, revision=seen, remove=remove, why=why)
        except InvalidAnswers as error:
            raise HomewardError(" ".join(error.problems.values())) from error
        desk.session.commit()
        view = drafts.view(desk, number)
        faults = [str(fault) for fault in view.inspection.faults]
        changed = sorted(view.changed)
    if as_json:
        click.echo(json.dumps({"draft": number, "changed": changed, "faults": faults}))
        return
    click.echo(f"Draft {number} changes {len(changed)} file{'' if len(changed) == 1 else 's'}:")
    for line in changed:
        click.echo(f"  {line}")
    for fault in faults:
        click.echo(f"fault: {fault}")


def _council(files: dict[str, bytes]) -> str:
    """Return the council that a pack's files name."""
    for line in files.get("procedure.yaml", b"").decode("utf-8", "replace").splitlines():
        if line.startswith("id:"):
            return line.removeprefix("id:").strip().strip("\"'")
    raise UnreadablePack("These files name no council: say it with --council")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HomewardError(f"{text} is no day: write one such as 2026-05-20") from None


@click.command()
@click.argument("council")
@click.option("--draft", type=int, required=True, help="The number of the draft.")
@click.option("--note", required=True, help="What changes, for everybody who works with the procedure.")
@click.option("--effective", help="The day from which it is in force, such as 2026-05-20; by default today.")
@AS_JSON
def publish(council: str, draft: int, note: str, effective: str | None, as_json: bool) -> None:
    """Put a draft in force that quality assurance has signed; what it lacks is named. There is no override here."""
    with desk_for(council) as desk:
        try:
            day = local(desk.now()).date() if effective is None else _day(effective)
            publishing.publish(desk, draft, effective=day, note=note)
        except InvalidAnswers as error:
            raise HomewardError(" ".join(error.problems.values())) from error
        desk.session.commit()
        made = publishing.of_draft(desk, draft)
    assert made is not None
    told = {"council": council, "version": made.hash, "effective": made.effective.isoformat()}
    click.echo(json.dumps(told) if as_json else f"Version {made.hash[:8]} is in force from {made.effective}")
