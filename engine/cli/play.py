"""`homeward play`: tell one story step by step in the terminal."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from engine.check.scenarios import judge, read_scenarios
from engine.check.scenarios import play as play_story
from engine.check.scenarios.account import entry_line, told
from engine.check.scenarios.telling import Line, renumbered
from engine.pack.library import Library
from engine.settings import Settings

STYLES = {
    "raised": "bold yellow",
    "ended": "green",
    "event": "bold cyan",
    "timer_fired": "magenta",
    "closed": "bold",
    "fact": "dim",
}


@click.command()
@click.argument("scenario", metavar="SCENARIO")
@click.option(
    "--file", "files", multiple=True, type=click.Path(path_type=Path), help="Look for it in this file."
)
@click.option("--step", is_flag=True, help="Wait for a key after each moment of the story.")
@click.option("--facts/--no-facts", default=True, help="Show each fact as it becomes known.")
def play(scenario: str, files: tuple[Path, ...], step: bool, facts: bool) -> None:
    """Tell the story SCENARIO (an id, or a file whose first story is told) moment by moment.

    Without --file the stories of all packs are searched.
    """
    folder = Settings.read().packs
    library = Library(folder)
    places = (
        [Path(scenario)]
        if Path(scenario).is_file()
        else list(files) or sorted(folder.glob("*/scenarios/*.yaml"))
    )
    stories = [story for place in places for story in read_scenarios(place, library.vocabulary)]
    wanted = stories[:1] if Path(scenario).is_file() else [story for story in stories if story.id == scenario]
    if not wanted:
        raise click.UsageError(f"no story is called {scenario}; looked in {len(places)} files")
    story, console = wanted[0], Console(highlight=False)
    console.print(f"[bold]{story.id}[/bold]: {story.title}")
    shown: list[datetime] = []

    def listen(line: Line) -> None:
        if line.kind == "fact" and not facts:
            return
        if step and shown and line.at != shown[-1]:
            click.pause("  …")
        shown.append(line.at)
        console.print(told(line), style=STYLES.get(line.kind), markup=False, soft_wrap=True)

    verdict = judge(play_story(story, library.get(story.authority), listen=listen))
    console.print("\nThe ledger at the end", style="bold")
    for case, entry in renumbered(verdict.played.entries):
        console.print("  " + entry_line(case, entry), markup=False, soft_wrap=True)
    for failure in verdict.hard_failures:
        console.print(f"hard: {failure}", style="bold red", markup=False)
    for failure in verdict.soft_failures:
        console.print(f"soft: {failure}", style="yellow", markup=False)
    console.print(
        "The story is told right." if verdict.passed else "The ledger is not what the story expects."
    )
    sys.exit(0 if verdict.passed else 1)
