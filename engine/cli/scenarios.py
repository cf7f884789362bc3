"""`homeward scenarios`: hold packs against stories."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import click

from engine.check.scenarios import Scenario, Verdict, judge, play, read_scenarios
from engine.check.scenarios.account import describe
from engine.cli.progress import progress
from engine.errors import HomewardError
from engine.pack.library import Library
from engine.problems import Problem, UnreadableFile
from engine.settings import Settings


@click.group()
def scenarios() -> None:
    """Play stories of children on a virtual clock and judge what the procedure then required."""


@scenarios.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of words.")
@click.option(
    "--only", multiple=True, metavar="ID", help="Play only the scenario of this id; may be repeated."
)
@click.option("--reload", is_flag=True, help="Store and load every case after every act.")
@click.option(
    "--verbose", "-v", is_flag=True, help="Show the ledger and timeline of scenarios that passed as well."
)
def run(files: tuple[Path, ...], as_json: bool, only: tuple[str, ...], reload: bool, verbose: bool) -> None:
    """Run the scenarios of FILES.

    Ends with status 0 when all passed, 1 when one failed, 2 when a file could not be read.
    """
    library = Library(Settings.read().packs)
    stories = _read(files, library)
    if only:
        stories = [story for story in stories if story.id in only]
    gc.freeze()  # the packs stay for the whole run: the collector need not look through them again and again
    verdicts: list[Verdict] = []
    for story in progress(stories, "Playing stories", len(stories), quiet=as_json):
        verdict = judge(play(story, library.get(story.authority), reload=reload))
        verdicts.append(verdict)
        if not as_json and (verdict.hard_failures or verdict.soft_failures or verbose):
            click.echo(describe(verdict))
    failed = sum(not verdict.passed for verdict in verdicts)
    if as_json:
        found = [verdict.as_json() for verdict in verdicts]
        click.echo(
            json.dumps({"passed": len(verdicts) - failed, "failed": failed, "scenarios": found}, indent=1)
        )
    else:
        soft = sum(len(verdict.soft_failures) for verdict in verdicts)
        click.echo(
            f"{len(verdicts) - failed} passed, {failed} failed"
            + (f"; {soft} soft lines did not hold" if soft else "")
        )
    sys.exit(1 if failed else 0)


def _read(files: tuple[Path, ...], library: Library) -> list[Scenario]:
    """Read every file; tell all that is wrong in all of them at once and end with status 2."""
    stories: list[Scenario] = []
    problems: list[Problem] = []
    for file in files:
        try:
            stories += read_scenarios(file, library.vocabulary)
        except UnreadableFile as error:
            problems += error.problems
    for story in stories:
        try:
            library.get(story.authority)
        except UnreadableFile as error:
            problems += error.problems
        except HomewardError as error:
            problems.append(Problem(story.file, story.line, story.id, str(error)))
    if problems:
        for problem in dict.fromkeys(problems):
            click.echo(str(problem), err=True)
        sys.exit(2)
    return stories
