"""`homeward scenarios`: hold packs against stories."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import click

from engine.check.scenarios import Scenario, Verdict, examine, judge, play
from engine.check.scenarios.account import describe
from engine.cli.progress import progress
from engine.errors import HomewardError
from engine.pack.library import Library
from engine.pack.model import Pack
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

    Ends with status 0 when all passed, 1 when one failed, 2 when a file could not be read or a council's pack is
    missing or broken; what can be played is played all the same.
    """
    library = Library(Settings.read().packs)
    stories, problems = _read(files, library)
    for problem in problems:
        click.echo(str(problem), err=True)
    if only:
        stories = [(story, pack) for story, pack in stories if story.id in only]
    gc.freeze()  # the packs stay for the whole run: the collector need not look through them again and again
    verdicts: list[Verdict] = []
    for story, pack in progress(stories, "Playing stories", len(stories), quiet=as_json):
        verdict = judge(play(story, pack, reload=reload))
        verdicts.append(verdict)
        if not as_json and (verdict.hard_failures or verdict.soft_failures or verbose):
            click.echo(describe(verdict))
    failed = sum(not verdict.passed for verdict in verdicts)
    if as_json:
        found = [verdict.as_json() for verdict in verdicts]
        told = {"passed": len(verdicts) - failed, "failed": failed, "scenarios": found}
        if problems:
            told["problems"] = [str(problem) for problem in problems]
        click.echo(json.dumps(told, indent=1))
    else:
        soft = sum(len(verdict.soft_failures) for verdict in verdicts)
        click.echo(
            f"{len(verdicts) - failed} passed, {failed} failed"
            + (f"; {soft} soft lines did not hold" if soft else "")
            + (f"; {len(problems)} problems kept stories from being played" if problems else "")
        )
    sys.exit(2 if problems else 1 if failed else 0)


def _read(files: tuple[Path, ...], library: Library) -> tuple[list[tuple[Scenario, Pack]], list[Problem]]:
    """Return the stories that can be played, with their packs, and what is wrong with every file and pack.

    What is wrong with a scenario leaves out that one, not its file.
    """
    stories: list[Scenario] = []
    problems: list[Problem] = []
    for file in files:
        try:
            whole, faulty = examine(file, library.vocabulary)
        except UnreadableFile as error:
            problems += error.problems
            continue
        stories += whole
        problems += faulty
    packs: dict[str, Pack | None] = {}
    for story in stories:
        if story.authority in packs:
            continue
        packs[story.authority] = None
        try:
            packs[story.authority] = library.get(story.authority)
        except UnreadableFile as error:
            problems += error.problems
        except HomewardError as error:
            problems.append(Problem(story.file, story.line, story.id, str(error)))
    playable = [(story, pack) for story in stories if (pack := packs[story.authority]) is not None]
    return playable, list(dict.fromkeys(problems))
