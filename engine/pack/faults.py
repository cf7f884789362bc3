"""Collecting what is wrong with a pack.

A reader never stops at its first fault: it notes it here and goes on, so that the author mends the pack once.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from engine.errors import HomewardError
from engine.problems import Problem

MOST = 500
"""Faults of one file that are noted; whoever made more made one mistake many times."""


class BrokenPack(HomewardError):
    """A pack cannot be used; `problems` holds everything that is wrong with it."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        count = len(self.problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"the pack {name} has {count} fault{'' if count == 1 else 's'}:\n{lines}")


@dataclass
class Faults:
    """The faults found so far; `of(file)` gives the notebook for one file."""

    problems: list[Problem] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)

    def of(self, file: str) -> FileFaults:
        return FileFaults(file, self)


@dataclass(frozen=True)
class FileFaults:
    """Notes faults of one file."""

    file: str
    faults: Faults

    def add(self, line: int, element: str, message: str, remedy: str = "", rule: str = "") -> None:
        """Note one fault; `line` counts from 1, 0 where none is known."""
        self.faults.counted[self.file] += 1
        if self.faults.counted[self.file] <= MOST:
            self.faults.problems.append(Problem(self.file, line, element, message, remedy, rule))
        elif self.faults.counted[self.file] == MOST + 1:
            told = f"there are more than {MOST} faults in this file"
            self.faults.problems.append(
                Problem(self.file, line, "", told, "Mend those that are named first.")
            )


def an(word: str) -> str:
    """Return a word with its article: an enum, a boolean, a userTask."""
    return f"{'an' if word[:1] in 'aeio' else 'a'} {word}"


def suggest(word: str, known: Collection[str], otherwise: str = "") -> str:
    """Return "Did you mean …?" for the nearest known word, or `otherwise` when none is near."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.65)
    return f"Did you mean {near[0]}?" if near else otherwise
