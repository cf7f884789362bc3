"""`homeward pack check`: say everything that is wrong with a pack."""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from engine.check.inspection import Inspection, inspect_folder
from engine.check.lint import all_rules
from engine.pack.files import UnreadablePack
from engine.problems import Problem
from engine.settings import Settings


@click.command()
@click.argument("packs", nargs=-1, metavar="[COUNCIL_OR_FOLDER]...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of words.")
@click.option("--quiet", "-q", is_flag=True, help="Leave the warnings out.")
@click.option("--rules", is_flag=True, help="Explain every rule of the lint, and check nothing.")
def check(packs: tuple[str, ...], as_json: bool, quiet: bool, rules: bool) -> None:
    """Check packs: files, references between them, expressions, diagrams.

    Names councils under processes/, or folders; without any, all councils are checked. Faults keep a pack from being
    used, warnings do not. Ends with status 0 when there are no faults, 1 when there are, 2 when a pack could not be
    read at all.
    """
    if rules:
        _explain(as_json)
        return
    inspections: list[Inspection] = []
    unreadable: list[tuple[str, str]] = []
    for folder in _folders(packs):
        try:
            inspections.append(inspect_folder(folder))
        except UnreadablePack as error:
            unreadable.append((folder.name, str(error)))
    if as_json:
        click.echo(json.dumps(_as_json(inspections, unreadable, quiet), indent=1, ensure_ascii=False))
    else:
        for inspection in inspections:
            _tell(inspection, quiet)
        for name, message in unreadable:
            click.echo(f"{name}: cannot be read: {message}", err=True)
    faults = any(inspection.faults for inspection in inspections)
    sys.exit(2 if unreadable else 1 if faults else 0)


def _explain(as_json: bool) -> None:
    found = all_rules()
    if as_json:
        told = [{"rule": r.id, "warns": r.warns, "explanation": r.explanation} for r in found]
        click.echo(json.dumps({"rules": told}, indent=1, ensure_ascii=False))
        return
    for rule in found:
        click.secho(f"{rule.id}{' (warns)' if rule.warns else ''}", bold=True)
        click.echo("\n".join(f"  {line}".rstrip() for line in rule.explanation.splitlines()) + "\n")


def _folders(packs: tuple[str, ...]) -> list[Path]:
    """Return the folders meant; a name is a folder if there is one, else a council."""
    root = Settings.read().packs
    if packs:
        return [Path(name) if Path(name).is_dir() else root / name for name in packs]
    found = sorted(path.parent for path in root.glob("*/procedure.yaml"))
    if not found:
        raise UnreadablePack(f"{root} holds no packs; name a folder")
    return found


def _tell(inspection: Inspection, quiet: bool) -> None:
    title = inspection.pack.title if inspection.pack else "not usable"
    click.secho(f"{inspection.name}: {title}", bold=True)
    for kind, problems in (("fault", inspection.faults), ("warning", inspection.warnings)):
        if problems and not (quiet and kind == "warning"):
            click.echo(f"\n {_count(kind, len(problems))}")
            _list(inspection, problems)
    counts = f"{_count('fault', len(inspection.faults))}, {_count('warning', len(inspection.warnings))}"
    if inspection.pack is not None:
        counts += f"; hash {inspection.pack.hash[:12]}"
    click.echo(f"\n{inspection.name}: {counts}\n")


def _list(inspection: Inspection, problems: tuple[Problem, ...]) -> None:
    for file, group in groupby(problems, key=lambda problem: problem.file):
        click.secho(f"  {file}", underline=True)
        for problem in group:
            where = f"line {problem.line}" if problem.line else "file"
            name = inspection.label(problem)
            what = f"{problem.element} “{name}”" if name else problem.element
            rule = f"  [{problem.rule}]" if problem.rule else ""
            click.echo(f"    {where:<11}{what}{rule}")
            click.echo(f"               {problem.message}")
            if problem.remedy:
                click.echo(f"               → {problem.remedy}")


def _count(word: str, number: int) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def _as_json(inspections: list[Inspection], unreadable: list[tuple[str, str]], quiet: bool) -> dict[str, Any]:
    def listed(inspection: Inspection, problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
        return [
            {
                "file": problem.file,
                "line": problem.line or None,
                "element": problem.element or None,
                "name": inspection.label(problem) or None,
                "rule": problem.rule or None,
                "message": problem.message,
                "remedy": problem.remedy or None,
            }
            for problem in problems
        ]

    return {
        "faults": sum(len(inspection.faults) for inspection in inspections),
        "warnings": sum(len(inspection.warnings) for inspection in inspections),
        "packs": [
            {
                "pack": inspection.name,
                "hash": inspection.pack.hash if inspection.pack else None,
                "faults": listed(inspection, inspection.faults),
                "warnings": [] if quiet else listed(inspection, inspection.warnings),
            }
            for inspection in inspections
        ],
        "unreadable": [{"pack": name, "message": message} for name, message in unreadable],
    }
