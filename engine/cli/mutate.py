"""`homeward mutate`: whether the checks of a council would notice a slip in its model."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from engine.check.mutation.accepted import accepted
from engine.check.mutation.run import Fate, Survey, Tried, survey
from engine.check.scenarios import stories_beside
from engine.check.verify import suite
from engine.clock import SystemClock, local
from engine.pack.library import Library
from engine.settings import Settings


@click.command()
@click.argument("council")
@click.option("--sample", type=int, metavar="N", help="Try N mutants drawn by the seed, not all.")
@click.option("--seconds", type=int, default=60, show_default=True, help="For making up the stories first.")
@click.option("--jobs", type=int, default=2, show_default=True, help="Processes that work at once.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the stories and of the sample.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of words.")
def mutate(council: str, sample: int | None, seconds: int, jobs: int, seed: int, as_json: bool) -> None:
    """Try mutants of COUNCIL's pack: which of them do its clause checks and stories notice?

    A mutant has one slip in one place: a threshold, operator, clock, value or role, an interrupting flag, or something
    left out. Those that live are listed by clause: these clauses lack a check. One that changes no ledger in any story
    in which it decides differently cannot be told from the pack and is not counted. Ends with status 0 where every
    mutant that lives is explained in mutants.yaml, 1 where one is not.
    """
    library = Library(Settings.read().packs)
    pack = library.get(council)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        making = bar.add_task("Making up stories", total=1.0)
        own = stories_beside(library, council)
        stories = suite(pack, seconds=seconds, jobs=jobs, seed=seed, stories=own)
        bar.update(making, completed=1.0)
        trying = bar.add_task("Trying mutants", total=None)

        def listen(done: int, of: int) -> None:
            bar.update(trying, completed=done, total=of)

        found = survey(pack, stories, sample=sample, seed=seed, jobs=jobs, listen=listen)
    explained = accepted(library.root / council)
    unexplained = [one for one in found.survivors if (one.where, one.what) not in explained]
    if as_json:
        at = local(SystemClock().now()).isoformat(timespec="seconds")
        told = {"council": pack.id, "pack": pack.hash, "at": at, **_as_json(found, explained)}
        click.echo(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        _tell(council, found, explained, len(stories))
    sys.exit(1 if unexplained else 0)


def _as_json(found: Survey, explained: dict[tuple[str, str], str]) -> dict[str, Any]:
    return {
        "mutants": found.made,
        "tried": len(found.tried),
        **{fate.value: found.counts[fate] for fate in Fate},
        "noticed_by": {means: found.means[means] for means in ("check", "fault", "story")},
        "share_noticed": round(found.noticed, 4),
        "survivors": [
            {
                "kind": one.kind,
                "where": one.where,
                "what": one.what,
                "clauses": list(one.clauses),
                "fate": one.fate.value,
                "story": one.story,
                "because": explained.get((one.where, one.what)),
            }
            for one in found.survivors
        ],
    }


def _tell(council: str, found: Survey, explained: dict[tuple[str, str], str], stories: int) -> None:
    counts = found.counts
    means = found.means
    click.echo(
        f"{council}: {len(found.tried)} of {found.made} mutants tried on {stories} stories: "
        f"{counts[Fate.NOTICED]} noticed ({means['check']} by clause checks, {means['fault']} as faults, "
        f"{means['story']} only by what a story expects), {counts[Fate.LIVES]} live, {counts[Fate.UNREACHED]} that no "
        f"story came to, {counts[Fate.SAME]} that change nothing; {found.noticed:.1%} of those that change anything "
        "are noticed"
    )
    for clause, several in found.by_clause().items():
        click.secho(f"clause {clause}" if clause else "no clause", bold=True)
        for one in several:
            click.echo(f"  {_line(one)}")
            because = explained.get((one.where, one.what))
            if because:
                click.echo(f"    {because}")


def _line(one: Tried) -> str:
    told = f"{one.kind}: {one.where}: {one.what}"
    return told + (f" (seen in {one.story})" if one.story else " (no story came to it)")
