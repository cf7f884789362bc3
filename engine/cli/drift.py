"""`homeward drift`: hold a new edition of a written procedure against the pack that was made from the former one."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from engine.check.drift import Change, Drift, Fate, Finding, Touched, index, written
from engine.check.drift import drift as hold
from engine.cli.office import desk_for
from engine.pack.faults import Faults
from engine.pack.files import UnreadablePack, files_of
from engine.pack.model import Pack
from engine.pack.passages import FILE, read_passages
from engine.pack.read import read_files, read_pack
from engine.services.drift import OpenCases, decoded, open_cases
from engine.settings import Settings

TEXT = click.argument("text", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="TEXT")


class _Comparing(click.Group):
    """A group that compares where no command of its own is named: `homeward drift COUNCIL NEW-TEXT`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"-h", "--help", *self.commands}
        if args and args[0] not in own:
            args = ["compare", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Comparing)
def drift() -> None:
    """Tell what a new edition of a written procedure changes: homeward drift COUNCIL NEW-TEXT.

    The text is plain text in UTF-8. Nothing of it is stored.
    """


@drift.command()
@click.argument("council", metavar="COUNCIL_OR_FOLDER")
@TEXT
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of words.")
@click.option(
    "--cases", is_flag=True, help="Name the open cases that each clause is cited in, from the database."
)
def compare(council: str, text: Path, as_json: bool, cases: bool) -> None:
    """Hold TEXT against the passages of a council's pack.

    New duties without a clause come first, then what changed in substance, appeared, went, moved, changed in wording
    only, and new numbers. Ends with status 0 when nothing changed, 1 when something did, 2 when the two could not be
    compared.
    """
    found = hold(_pack(council), decoded(text.read_bytes()))
    cited = _cases(found) if cases else None
    if as_json:
        told = None if cited is None else {clause: _case_json(item) for clause, item in cited.items()}
        click.echo(json.dumps(found.as_json(told), indent=1, ensure_ascii=False))
    else:
        _tell(found, cited)
    sys.exit(1 if found.changed else 0)


@drift.command("index")
@click.argument("council", metavar="COUNCIL_OR_FOLDER")
@TEXT
@click.option("--check", is_flag=True, help="Write nothing; end with status 1 where the file would change.")
def index_(council: str, text: Path, check: bool) -> None:
    """Make passages.yaml of a council's pack from TEXT, the edition that the pack follows.

    Links between passages and clauses are carried over from the file that is there; only for clauses that no passage
    carries yet are some proposed, to be looked through by people. That the file is of another edition, or names clauses
    that are gone, does not matter here.
    """
    folder = _folder(council)
    files = files_of(folder)
    kept = files.pop(FILE, None)
    pack = read_files(files, folder.name)
    former = read_passages(kept, None, pack.clauses, Faults()) if kept is not None else None
    made = index(pack, decoded(text.read_bytes()), former)
    after, file = written(made.passages), folder / FILE
    same = file.is_file() and file.read_text(encoding="utf-8") == after
    if not check and not same:
        file.write_text(after, encoding="utf-8")
    for clause, place in made.proposed:
        click.echo(f"proposed: clause {clause} rests on {place}")
    for clause, place in made.lost:
        click.echo(f"gone: {place}, on which clause {clause} rested")
    for clause in made.unlinked:
        click.echo(f"clause {clause} rests on no passage: add it to `clauses` of one in {FILE}")
    for item in made.unruled:
        click.echo(f"no clause rests on {item.cut.place} (line {item.cut.line}), which requires something")
    click.echo(f"{file}: {len(made.passages.passages)} passages, {'as they were' if same else 'changed'}")
    if check and not same:
        sys.exit(1)


def _folder(council: str) -> Path:
    return Path(council) if Path(council).is_dir() else Settings.read().packs / council


def _pack(council: str) -> Pack:
    folder = _folder(council)
    if not folder.is_dir():
        raise UnreadablePack(f"there is no pack {council}; name a council under processes/, or a folder")
    return read_pack(folder)


def _cases(found: Drift) -> Mapping[str, OpenCases]:
    with desk_for(found.pack.id) as desk:
        return open_cases(desk, found.clauses)


def _case_json(item: OpenCases) -> dict[str, Any]:
    return {"count": item.count, "references": list(item.references)}


def _tell(found: Drift, cases: Mapping[str, OpenCases] | None) -> None:
    title = f"{found.pack.title}, edition {found.pack.edition}"
    if not found.changed:
        click.echo(f"{title}: nothing changed in {found.comparison.unchanged} passages")
        return
    click.secho(title, bold=True)
    numbers = [f"{count} {fate}" for fate, count in found.counts().items() if count]
    click.echo(f"{', '.join(numbers)}; {found.comparison.unchanged} passages unchanged\n")
    renumbered = [item for item in found.findings if item.change.fate is Fate.RENUMBERED]
    for item in found.findings:
        if item.change.fate is not Fate.RENUMBERED:
            _tell_one(item, cases)
    if renumbered:
        click.secho("renumbered", bold=True)
        pairs = [
            f"{_number(item.change)} → {item.change.new.passage.number}"
            for item in renumbered
            if item.change.new
        ]
        click.echo(f"  {', '.join(pairs)}")


def _number(change: Change) -> str:
    return change.old.number if change.old is not None else ""


def _tell_one(found: Finding, cases: Mapping[str, OpenCases] | None) -> None:
    change = found.change
    what = "a duty without a clause" if change.unruled else ""
    moved = f"moved from {change.old.place}" if change.moved and change.old and change.new else ""
    notes = ", ".join(part for part in (what, moved) if part)
    click.secho(f"{found.place}: {change.fate}{f' ({notes})' if notes else ''}", bold=True)
    if found.text is not None and change.new is not None:
        click.echo(f"  line {change.new.cut.line}: {found.text}")
    for reason in change.reasons:
        went, came = ", ".join(reason.lost) or "nothing", ", ".join(reason.gained) or "nothing"
        told = (
            "the same words in another order" if reason.sort == "order" else f"{reason.sort}: {went} → {came}"
        )
        click.echo(f"  {told}")
    _tell_touched(found.touched, "", cases)
    if found.hanging.clauses:
        click.echo(f"  stands above clauses {', '.join(found.hanging.clauses)}")
    click.echo()


def _tell_touched(touched: Touched, before: str, cases: Mapping[str, OpenCases] | None) -> None:
    carriers = [f"{item.label} ({item.kind}, {item.where})" for item in touched.carriers]
    for name, items in (
        ("clauses", touched.clauses),
        ("carried by", carriers),
        ("checks", touched.checks),
        ("forms", touched.forms),
        ("notices", touched.notices),
    ):
        if items:
            click.echo(f"  {before}{name}: {'; '.join(items)}")
    for clause in touched.clauses if cases else ():
        if cases and clause in cases:
            click.echo(
                f"  open cases of {clause}: {cases[clause].count} ({', '.join(cases[clause].references)})"
            )
