"""How a trial stands: its cases, what each act brought, and what keeps it from going on.

Where a step cannot be taken, the story stands as it did before that step, so that there is always something to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.case.case import Case
from engine.case.model import Changes, Entry, Incident, OpenTask
from engine.check.scenarios.cases import NoRest
from engine.check.scenarios.play import play
from engine.check.scenarios.steps import Step as Drawn
from engine.check.scenarios.steps import taken_of
from engine.check.scenarios.telling import Played, renumbered
from engine.check.trying.trial import Trial, scenario_of
from engine.clock import local
from engine.pack.model import Pack
from engine.pack.values import to_json


@dataclass(frozen=True, slots=True)
class Hitch:
    """What keeps a story from going on: at which of its steps (0: its start), and where in the procedure.

    `kind` is incident (the procedure cannot decide), no rest (it goes round in a circle) or step (the step itself).
    """

    step: int
    kind: str
    message: str
    element: str = ""
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A trial as it stands. `taken` counts the steps that could be taken; `drawn` are the acts to be drawn, in order.

    `owed` are the obligations that ever waited for a person.
    """

    trial: Trial
    taken: int
    now: datetime
    cases: tuple[Case, ...]
    entries: tuple[tuple[int, Entry], ...]
    drawn: tuple[Drawn, ...]
    owed: frozenset[str]
    hitch: Hitch | None

    def tasks(self) -> list[tuple[int, OpenTask]]:
        """Return the work that stands open, as (case, task), in the order in which it arose."""
        found = [(n, task) for n, case in enumerate(self.cases, start=1) for task in case.tasks.values()]
        return sorted(found, key=lambda one: (one[1].created, one[0]))

    def next_moments(self) -> list[datetime]:
        """Return the moments at which something will happen by itself or fall due, soonest first."""
        due = {entry.due for _, entry in self.entries if entry.open and entry.due is not None}
        timers = {case.next_due for case in self.cases if case.next_due is not None}
        return sorted(moment for moment in due | timers if moment is not None and moment > self.now)

    @property
    def closed(self) -> bool:
        return bool(self.cases) and all(case.closed for case in self.cases)

    def ledger(self) -> list[dict[str, Any]]:
        """Return the ledger as plain values, to be held against that of another revision."""
        return [
            {
                "case": case,
                "obligation": entry.obligation,
                "role": entry.role,
                "clauses": list(entry.clauses),
                "raised": local(entry.raised).isoformat(),
                "due": None if entry.due is None else local(entry.due).isoformat(),
                "outcome": entry.outcome.value,
            }
            for case, entry in self.entries
        ]


def stage(trial: Trial, pack: Pack) -> Stage:
    """Play a trial from its start and return how it stands. Raises BadTrial."""
    played = _Playing(trial, pack)
    if played.fault is None:
        return played.stage(trial, None)
    # Which step is at fault: the first with which the story can no longer be played to its end.
    low, high = 0, len(trial.steps)
    while low < high:
        middle = (low + high) // 2
        tried = _Playing(trial.up_to(middle), pack)
        if tried.fault is None:
            low = middle + 1
        else:
            high, played = middle, tried
    hitch = replace(_hitch(played.fault), step=low)
    before = _Playing(trial.up_to(low - 1), pack) if low else played
    return before.stage(trial, hitch)


class _Playing:
    """One play of a trial, listened to."""

    def __init__(self, trial: Trial, pack: Pack) -> None:
        self.trial = trial
        self.cases: dict[int, Case] = {}
        self.owed: set[str] = set()
        self.drawn: list[Drawn] = []
        draw = taken_of(self.drawn)

        def watch(number: int, changes: Changes, case: Case, at: datetime) -> None:
            self.cases[number] = case
            self.owed.update(entry.obligation for entry in case.entries.values() if entry.open)
            draw(number, changes, case, at)

        self.played: Played = play(scenario_of(trial, pack), pack, watch=watch, alone=True)
        self.fault = self.played.fault

    def stage(self, trial: Trial, hitch: Hitch | None) -> Stage:
        return Stage(
            trial=trial,
            taken=len(self.trial.steps),
            now=self.trial.now,
            cases=tuple(self.cases[number] for number in sorted(self.cases)),
            entries=tuple(renumbered(self.played.entries)),
            drawn=tuple(self.drawn),
            owed=frozenset(self.owed),
            hitch=hitch,
        )


def _hitch(fault: Exception | None) -> Hitch:
    if isinstance(fault, Incident):
        return Hitch(0, "incident", str(fault), fault.element or "", fault.fact or "")
    if isinstance(fault, NoRest):
        return Hitch(0, "no rest", str(fault), fault.element)
    return Hitch(0, "step", str(fault))


def differences(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> list[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Return what differs between two ledgers: (gone | new | otherwise, the row before, the row after).

    Rows belong together by case, obligation and role, in the order in which they arose.
    """

    def by_duty(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
        found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        for row in rows:
            key = (row["case"], row["obligation"], row["role"])
            found[(*key, sum(known[:3] == key for known in found))] = row
        return found

    old, new = by_duty(before), by_duty(after)
    told: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = []
    for duty in dict.fromkeys([*old, *new]):
        if duty not in new:
            told.append(("gone", old[duty], {}))
        elif duty not in old:
            told.append(("new", {}, new[duty]))
        elif old[duty] != new[duty]:
            told.append(("otherwise", old[duty], new[duty]))
    return told


def prefilled(case: Case, form_names: Iterable[str], now: datetime) -> dict[str, Any]:
    """Return what a case knows already of the facts that a form asks, as JSON."""
    found = {}
    for name in form_names:
        if name in case.facts.stored and name in case.pack.vocabulary.facts:
            found[name] = to_json(case.facts.stored[name])
    return found
