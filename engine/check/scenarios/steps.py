"""A story told act by act, each with where it stands on the diagrams: to be drawn step by step.

Steps are taken while the story is played and nothing of them is kept anywhere: a story plays in milliseconds, and what
is played again cannot differ from what the pack does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.case.case import Case
from engine.case.model import Changes, Entry, FactChange, Happening
from engine.check.scenarios.play import play
from engine.check.scenarios.story import Scenario
from engine.check.scenarios.telling import TOLD, Played, Watch
from engine.clock import local
from engine.pack.model import Pack

WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Step:
    """One act. `history`, `facts`, `raised` and `ended` are what it brought, duties as they then stood.

    `fresh` are the elements that were passed for the first time, in their order; `passed` all so far; `live` maps
    elements on which the case now stands to live or waiting; `overdue` are those of open duties past their limit.
    """

    at: datetime
    case: int
    history: tuple[Happening, ...]
    facts: tuple[FactChange, ...]
    raised: tuple[Entry, ...]
    ended: tuple[Entry, ...]
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
    played = play(scenario, pack, watch=taken_of(taken))
    return tuple(taken), played


def taken_of(taken: list[Step]) -> Watch:
    """Return what listens to a story as it is played and adds its steps to `taken`."""
    known: dict[int, frozenset[str]] = {}
    stood: dict[tuple[int, int], Entry] = {}

    def watch(number: int, changes: Changes, case: Case, at: datetime) -> None:
        passed = frozenset(case.passed)
        fresh = tuple(element for element in case.passed if element not in known.get(number, frozenset()))
        known[number] = passed
        entries = changes.entries.values()
        raised = tuple(entry for entry in entries if (number, entry.number) not in stood)
        ended = tuple(
            entry
            for entry in entries
            if not entry.open and ((before := stood.get((number, entry.number))) is None or before.open)
        )
        stood.update({(number, entry.number): entry for entry in entries})
        told = tuple(happening for happening in changes.history if happening.kind in TOLD)
        if not (told or changes.facts or raised or ended or fresh):
            return
        taken.append(
            Step(
                at=local(at),
                case=number,
                history=told,
                facts=tuple(changes.facts),
                raised=raised,
                ended=ended,
                fresh=fresh,
                passed=passed,
                live={
                    element: WAITING if how == WAITING else "live" for _, element, how in case.live_elements()
                },
                overdue=frozenset(
                    entry.element
                    for entry in case.entries.values()
                    if entry.open and entry.due is not None and entry.due < at
                ),
            )
        )

    return watch
