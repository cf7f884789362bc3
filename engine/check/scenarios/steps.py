"""A story told act by act, each with where it stands on the diagrams: to be drawn step by step.

Steps are taken while the story is played and nothing of them is kept anywhere: a story plays in milliseconds, and what
is played again cannot differ from what the pack does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.case.case import Case
from engine.case.model import Changes, Entry
from engine.check.scenarios.play import play
from engine.check.scenarios.story import Scenario
from engine.check.scenarios.telling import Line, Played
from engine.pack.model import Pack

WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Step:
    """One act. `lines` tell what happened, `entries` the duties that it raised or ended, as they then stood.

    `fresh` are the elements that were passed for the first time, in their order; `passed` all so far; `live` maps
    elements on which the case now stands to live or waiting; `overdue` are those of open duties past their limit.
    """

    at: datetime
    case: int
    lines: tuple[Line, ...]
    entries: tuple[Entry, ...]
    fresh: tuple[str, ...]
    passed: frozenset[str]
    live: Mapping[str, str]
    overdue: frozenset[str]

    def states(self) -> dict[str, frozenset[str]]:
        """Return the states of the elements, in the words of a drawing."""
        found: dict[str, set[str]] = {element: {"done"} for element in self.passed}
        for element, state in self.live.items():
            found.setdefault(element, set()).add(state)
        for element in self.overdue:
            found.setdefault(element, set()).add("overdue")
        return {element: frozenset(states) for element, states in found.items()}


def steps_of(scenario: Scenario, pack: Pack) -> tuple[tuple[Step, ...], Played]:
    """Play a story; return its steps, acts of which there is nothing to tell left out, and how it ended."""
    taken: list[Step] = []
    heard: list[Line] = []
    before: dict[int, frozenset[str]] = {}

    def watch(number: int, changes: Changes, case: Case, at: datetime) -> None:
        passed = frozenset(case.passed)
        known = before.get(number, frozenset())
        fresh = tuple(element for element in case.passed if element not in known)
        before[number] = passed
        if heard or fresh:
            taken.append(
                Step(
                    at=at,
                    case=number,
                    lines=tuple(heard),
                    entries=tuple(changes.entries.values()),
                    fresh=fresh,
                    passed=passed,
                    live={
                        element: WAITING if how == WAITING else "live"
                        for _, element, how in case.live_elements()
                    },
                    overdue=frozenset(
                        entry.element
                        for entry in case.entries.values()
                        if entry.open and entry.due is not None and entry.due < at
                    ),
                )
            )
        heard.clear()

    played = play(scenario, pack, listen=heard.append, watch=watch)
    return tuple(taken), played
