"""What is wrong in a file, said so that its author can mend it.

Readers collect problems instead of raising at the first, because a process owner mends a file once, not once
per fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import HomewardError


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of one file.

    `line` counts from 1 and is 0 when no line is known; `element` is the XML or YAML id, empty when there is
    none; `rule` names the check that found it, empty for faults found while reading.
    """

    file: str
    line: int
    element: str
    message: str
    remedy: str = ""
    rule: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        if self.element:
            place = f"{place} ({self.element})"
        text = f"{place}: {self.message}"
        if self.remedy:
            text = f"{text}. {self.remedy}" if not text.endswith((".", "!", "?")) else f"{text} {self.remedy}"
        return f"{text} [{self.rule}]" if self.rule else text


class UnreadableFile(HomewardError):
    """A file cannot be used; the message holds every problem, one a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
