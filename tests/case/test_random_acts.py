"""Random acts on every council's real procedure: what must hold of a case whatever is done to it.

The same acts are carried out in memory and with the case stored and loaded after each; both must end alike, and so must
a second run from the start.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.case.case import Case
from engine.case.model import CaseError, Incident
from engine.check.scenarios.people import NoAnswer, fill
from engine.pack.library import Library
from engine.pack.model import Pack
from tests.case.diagrams import T0, again

LIBRARY = Library(Path(__file__).resolve().parents[2] / "processes")
SEEDS = range(6)
ACTS = 40
CLOCKS = ("episode.reported_at", "episode.missing_from", "notification.received_at")
Ledger = dict[int, tuple[object, ...]]


def known(pack: Pack, rng: random.Random) -> dict[str, Any]:
    """Return what is true of a child and an episode, and what people answer when a form asks."""
    values: dict[str, Any] = {}
    for fact in pack.vocabulary.facts.values():
        if fact.source == "derived":
            continue
        if fact.type == "boolean":
            values[fact.id] = rng.random() < 0.5
        elif fact.type == "enum":
            values[fact.id] = rng.choice(fact.values)
        elif fact.type == "integer":
            values[fact.id] = rng.randrange(0, 18)
        elif fact.type == "date":
            values[fact.id] = (T0 + timedelta(days=rng.randrange(1, 60))).date()
        elif fact.type == "datetime":
            values[fact.id] = T0 + timedelta(hours=rng.randrange(-48, 400))
        elif fact.type == "duration":
            values[fact.id] = timedelta(days=rng.randrange(1, 60))
    values.update(dict.fromkeys(CLOCKS, T0))
    for name in ("return.returned_at", "return.known_at"):  # these come with the event
        values.pop(name, None)
    return values


def acts(pack: Pack, seed: int) -> Iterator[tuple[str, float, Any]]:
    """Return what is done and how many hours after the act before: events, facts, tasks by their place, timers."""
    rng = random.Random(seed)
    events = sorted(set(pack.vocabulary.events) - {"reported"})
    told = known(pack, rng)
    for _ in range(ACTS):
        kind = rng.choices(("task", "event", "facts", "timers", "part"), (8, 3, 2, 3, 2))[0]
        value: Any = rng.random()
        if kind == "event":
            value = (rng.choice(events), rng.choice((0.0, 0.0, 1.0, 30.0)))
        elif kind == "facts":
            value = {name: told[name] for name in rng.sample(sorted(told), 2)}
        yield kind, rng.choice((0.0, 0.5, 3.0, 24.0, 24.0, 72.0, 240.0)), value


def carry_out(case: Case, act: tuple[str, float, Any], at: datetime, told: dict[str, Any]) -> None:
    kind, _, value = act
    if kind == "event":
        event, late = value
        case.record_event(event, at=at, actual=at - timedelta(hours=late))
    elif kind == "facts":
        case.set_facts(value, at=at)
    elif kind == "timers":
        case.fire_timers(at)
    elif case.tasks:
        task = list(case.tasks.values())[int(value * len(case.tasks))]
        part = task.entries[:1] if kind == "part" and task.entries else None
        case.complete(task.id, fill(case, task, told, {}, at), at=at, entries=part)


def run(pack: Pack, seed: int, *, reload: bool) -> tuple[Ledger, bytes, list[str]]:
    told = known(pack, random.Random(seed))
    rng = random.Random(seed)
    recorded = [name for name in told if pack.vocabulary.facts[name].source == "record"]
    facts = {name: told[name] for name in recorded if name in CLOCKS or rng.random() < 0.8}
    case = Case.start(pack, facts=facts, at=T0)
    kept, ledger, refused, at = case.dump(), {}, [], T0
    for act in acts(pack, seed):
        at += timedelta(hours=act[1])
        try:
            carry_out(case, act, at, told)
        except (Incident, CaseError, NoAnswer) as error:
            refused.append(f"{act[0]}: {error}")
            case = Case.load(pack, kept)
            continue
        check(case, at if act[0] == "timers" else None)
        for number, entry in case.drain().entries.items():
            ledger[number] = (
                entry.obligation,
                entry.role,
                entry.clauses,
                entry.raised,
                entry.due,
                entry.outcome,
            )
        kept = case.dump()
        if reload:
            case = again(case)
            assert case.dump() == kept
    return ledger, kept, refused


def check(case: Case, fired_at: datetime | None) -> None:
    """Hold the case against what must be true of it at rest."""
    for task in case.tasks.values():
        held = [case.entries[number] for number in task.entries if case.ledger.is_open(number)]
        assert held or not task.entries, f"{task.element} is open without an open duty"
        assert all(entry.task == task.id for entry in held)
        assert task.detached or task.id in case.tokens
    for entry in case.ledger.open_entries():
        assert entry.task is None or entry.number in case.tasks[entry.task].entries
        assert entry.done is None
    for obligation in {entry.obligation for entry in case.entries.values()}:
        assert case.ledger[obligation]["open"] == bool(case.ledger.open_of(obligation))
    if case.closed:
        assert not [entry for entry in case.ledger.open_entries() if not entry.external]
    if fired_at is not None:
        assert all(timer.due > fired_at for timer in case.timers)


@pytest.mark.parametrize("council", LIBRARY.councils())
def test_a_case_holds_together_whatever_is_done_to_it(council: str) -> None:
    pack, duties = LIBRARY.get(council), 0
    for seed in SEEDS:
        ledger, state, refused = run(pack, seed, reload=True)
        assert run(pack, seed, reload=False) == (ledger, state, refused), f"seed {seed}"
        duties += len(ledger)
    assert duties > 5 * len(SEEDS)
