"""How well changes are told: `python -m tests.check.drift.measure TEXT…` prints it for any procedures.

Every edition is one edit. Right is a passage told with the fate that the edit gave it; a passage told that was not
edited, or with another fate, counts against precision; an edited one that is not told, against recall.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import click

from engine.check.drift import fingerprints
from engine.check.drift.comparison import Comparison, Fate, compare
from engine.check.drift.fingerprints import Fresh, fresh
from engine.check.drift.wording import read

from .editions import EDITORS, Edition, editions


@dataclass
class Score:
    """What was told of the editions of one kind."""

    kind: str
    editions: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    dangerous: int = 0
    """Changes of substance that were told as wording, or not at all."""
    failures: list[tuple[Edition, str]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        told = self.right + self.wrong
        return self.right / told if told else 1.0

    @property
    def recall(self) -> float:
        expected = self.right + self.missed
        return self.right / expected if expected else 1.0


@lru_cache(maxsize=64)
def _fresh(text: str) -> tuple[Fresh, ...]:
    return fresh(text)


def compared(edition: Edition) -> Comparison:
    """Compare the two texts of an edition; on every passage but headings a clause rests."""
    former = [
        replace(item.passage, clauses=() if item.passage.kind == "heading" else ("1",))
        for item in _fresh(edition.before)
    ]
    return compare(former, fresh(edition.after), {"1"})


def judge(score: Score, edition: Edition) -> None:
    """Count what was told of one edition."""
    score.editions += 1
    found = compared(edition)
    told = {change.old.place: change.fate for change in found.changes if change.old is not None}
    if edition.renumbers:
        kept = {place: fate for place, fate in told.items() if fate is not Fate.RENUMBERED}
        score.right += len(told) - len(kept)
        told = kept
    appeared = len(found.of(Fate.APPEARED))
    wrong = [f"{place}: {fate}" for place, fate in told.items() if edition.was.get(place) is not fate]
    wrong += ["appeared"] * max(0, appeared - edition.new)
    told |= {place: fate for place, fate in edition.was.items() if edition.may_vanish and place not in told}
    missed = [f"{place} not {fate}" for place, fate in edition.was.items() if told.get(place) is not fate]
    missed += ["not appeared"] * max(0, edition.new - appeared)
    if not edition.was and not edition.new and not edition.renumbers:
        score.right += found.unchanged  # where nothing was to be told, every passage left alone is right
    score.right += sum(told.get(place) is fate for place, fate in edition.was.items()) + min(
        appeared, edition.new
    )
    score.wrong += len(wrong)
    score.missed += len(missed)
    score.dangerous += sum(
        fate is Fate.SUBSTANCE and told.get(place) in (None, Fate.WORDING, Fate.MOVED, Fate.RENUMBERED)
        for place, fate in edition.was.items()
    )
    if wrong or missed:
        score.failures.append((edition, "; ".join(wrong + missed)))


def measure(texts: list[str], count: int) -> Iterator[Score]:
    """Yield for each kind of edit what was told of so many editions."""
    former = fingerprints.read
    fingerprints.read = lru_cache(maxsize=50_000)(read)
    try:
        for kind in EDITORS:
            score = Score(kind)
            for edition in editions(kind, texts, count):
                judge(score, edition)
            yield score
    finally:
        fingerprints.read = former


def main() -> None:
    """Print the measures of the texts named."""
    texts = [Path(name).read_text(encoding="utf-8") for name in sys.argv[1:] if not name.startswith("-")]
    begun = time.perf_counter()
    for score in measure(texts, 100):
        click.echo(
            f"{score.kind:11} {score.editions:4} editions  precision {score.precision:6.1%}  recall {score.recall:6.1%}"
            f"  substance taken for less {score.dangerous}"
        )
        if "-v" in sys.argv:
            for edition, failure in score.failures[:8]:
                changed = set(edition.after.split("\n")) ^ set(edition.before.split("\n"))
                click.echo(f"     {failure}   {[line.strip()[:160] for line in changed][:3]}")
    click.echo(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
