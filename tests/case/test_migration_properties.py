"""What must hold of every case that goes over: a change that changes nothing leaves it as it was, and one that adds
something leaves it as if that had been there from the start."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.case import codec
from engine.case.case import Case
from engine.case.migrating import match, migrate
from engine.case.model import Changes
from engine.check.scenarios.play import play
from engine.check.scenarios.read import read_scenarios
from engine.check.scenarios.story import Scenario
from engine.pack.library import Library
from engine.pack.model import Pack
from engine.pack.read import read_files
from tests.case import test_random_acts
from tests.case.diagrams import T0, again, do, pack, started
from tests.case.random_diagrams import random_diagram

PROCESSES = Path(__file__).resolve().parents[2] / "processes"
LIBRARY = Library(PROCESSES)
SAMPLE = 2
"""So many stories of each council a time; a release plays all of them."""


def twin(original: Pack) -> Pack:
    """Return the pack with another title of its edition: everything in it the same, but for its hash."""
    changed = dict(original.files)
    text = changed["procedure.yaml"].decode()
    changed["procedure.yaml"] = f"{text.rstrip()}\n# read again\n".encode()
    made = read_files(changed)
    assert made.hash != original.hash
    return made


def state(case: Case) -> dict[str, object]:
    return {name: value for name, value in codec.unpack_state(case.dump()).items() if name != "pack"}


def same_over(original: Pack, other: Pack, stories: Iterable[Scenario]) -> int:
    """Play stories, bring their cases over to the twin after each act, and hold what comes out against them."""
    steps, matching = 0, match(original, other)

    def watch(number: int, changes: Changes, case: Case, at: datetime) -> None:
        nonlocal steps
        if case.voided:
            return
        stored = case.dump()
        moved = migrate(matching, stored, at=case.now)
        assert [one.words for one in moved.findings] == []
        assert state(moved.case) == state(Case.load(original, stored)), f"{at}"
        assert moved.case.drain().history[0].kind == "migrated"
        steps += 1

    for story in stories:
        play(story, original, watch=watch)
    return steps


def told(original: Pack, council: str) -> list[Scenario]:
    files = sorted((PROCESSES / council / "scenarios").rglob("*.yaml"))
    return [story for file in files for story in read_scenarios(file, original.vocabulary)]


@pytest.mark.parametrize("council", ("camden", "nottinghamshire"))
def test_a_version_that_changes_nothing_leaves_every_case_as_it_was_at_every_step(council: str) -> None:
    original = LIBRARY.get(council)
    stories = random.Random(7).sample(told(original, council), SAMPLE)
    assert same_over(original, twin(original), stories) > SAMPLE


def test_random_acts_have_the_same_results_with_and_without_going_over_between_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = LIBRARY.get("bury")
    other = twin(original)
    plainly = test_random_acts.run(original, 3, reload=False)
    there = match(original, other), match(other, original)

    def both_ways(case: Case) -> Case:
        for way in there:
            hold = case.hold
            case = migrate(way, case.dump(), at=case.now, hold=hold).case
            case.drain()
        return case

    monkeypatch.setattr(test_random_acts, "again", both_ways)
    assert test_random_acts.run(original, 3, reload=True) == plainly


# --- random diagrams


class Walk:
    """A way through a diagram: what is done at each step is drawn by name, so that it is the same in a like diagram."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.at = T0

    def step(self, case: Case) -> bool:
        choices = sorted({task.element for task in case.tasks.values()})
        choices += ["returned"] if self.random.random() < 0.2 else []
        choices += ["timers"] if case.timers else []
        if not choices:
            return False
        self.at += timedelta(hours=self.random.choice((1, 5, 30)))
        choice = self.random.choice(choices)
        if choice == "returned":
            case.record_event("returned", at=self.at)
        elif choice == "timers":
            case.fire_timers(self.at)
        else:
            do(case, choice, self.at)
        return True


def seen(case: Case, without: frozenset[str] = frozenset()) -> tuple[object, ...]:
    """Return what people see of a case."""
    tasks = sorted((task.element, task.detached, task.created) for task in case.tasks.values())
    timers = sorted((timer.element, timer.due) for timer in case.timers)
    live = sorted(place for place in case.live_elements() if place[1] not in without)
    return case.closed, tasks, timers, live


def with_step(text: str, seed: int) -> str:
    """Return the diagram with a step put in that does nothing, in a flow drawn at random."""
    rng = random.Random(seed)
    lines = text.splitlines()
    at = rng.choice([index for index, line in enumerate(lines) if "->" in line])
    source, _, target, *condition = lines[at].split(" ", 3)
    where = next(
        index for index, line in enumerate(lines) if line.split()[1:2] == [source] and "->" not in line
    )
    inside = next((word for word in lines[where].split() if word.startswith("in=")), "")
    lines[where] = lines[where].replace(f"default={target}", "default=n0")
    lines[at] = " ".join([source, "->", "n0", *condition])
    lines.insert(at + 1, f"n0 -> {target}")
    lines.insert(where + 1, f"throw n0 {inside}".strip())
    return "\n".join(lines)


def with_events(text: str, seed: int) -> str:
    """Return the diagram with an event beside some of its tasks, and work behind each."""
    rng, lines = random.Random(seed), []
    for line in text.splitlines():
        lines.append(line)
        kind, name, *rest = line.split()
        if kind in ("user", "manual") and rng.random() < 0.6:
            inside = next((word for word in rest if word.startswith("in=")), "")
            event = rng.choice(['timer="= days after(now, 1)"', "message=whereabouts_known"])
            lines.append(f"boundary x{name} {inside} on={name} keep {event}")
            lines += [
                f"user y{name} {inside}",
                f"end z{name} {inside}",
                f"x{name} -> y{name}",
                f"y{name} -> z{name}",
            ]
    return "\n".join(lines)


def alike(old: str, new: str, seed: int, turn: int) -> int:
    """Walk through the new diagram from the start, and through the old one and over to it: both see the same."""
    fresh, moving = started(new), started(old)
    one, other = Walk(seed), Walk(seed)
    steps = 0
    for number in range(40):
        if number == turn:
            moved = migrate(match(pack(old), pack(new)), moving.dump(), at=other.at)
            moving = again(moved.case)
        if number >= turn:
            assert seen(fresh, frozenset({"n0"})) == seen(moving, frozenset({"n0"})), (
                f"seed {seed}, step {number}"
            )
        going = one.step(fresh) if number >= turn else _together(one, other, fresh, moving)
        if number >= turn:
            assert other.step(moving) == going
        if not going:
            break
        steps += 1
        fresh, moving = again(fresh), again(moving)
    return steps


def _together(one: Walk, other: Walk, fresh: Case, moving: Case) -> bool:
    """Do the same in both before the turn, though the new diagram may offer more."""
    choices = sorted(
        {task.element for task in moving.tasks.values()} & {t.element for t in fresh.tasks.values()}
    )
    for walk in (one, other):
        walk.at += timedelta(hours=1)
    if not choices:
        return False
    choice = one.random.choice(choices)
    assert other.random.choice(choices) == choice
    do(fresh, choice, one.at)
    do(moving, choice, other.at)
    return True


def cases(first: int, many: int) -> Iterator[tuple[int, int]]:
    for seed in range(first, first + many):
        yield seed, random.Random(seed).randrange(0, 6)


def test_a_step_that_does_nothing_leaves_random_diagrams_to_end_as_if_it_had_been_there_from_the_start() -> (
    None
):
    steps = sum(
        alike(random_diagram(seed), with_step(random_diagram(seed), seed), seed, turn)
        for seed, turn in cases(0, 14)
    )
    assert steps > 25


def test_events_beside_tasks_leave_random_diagrams_to_end_as_if_they_had_been_there_from_the_start() -> None:
    steps = sum(
        alike(random_diagram(seed), with_events(random_diagram(seed), seed), seed, turn)
        for seed, turn in cases(500, 14)
    )
    assert steps > 25


def test_names_changed_and_changed_back_leave_random_diagrams_as_they_were() -> None:
    for seed in range(900, 910):
        text = random_diagram(seed)
        renamed = re.sub(r"\b([usctgjmwekpb]\d+)\b", r"\1_r", text)
        names = {
            e.id: f"{e.id}_r"
            for e in pack(text).elements
            if f"{e.id}_r" in {x.id for x in pack(renamed).elements}
        }
        case, walk = started(text), Walk(seed)
        for _ in range(12):
            stored = case.dump()
            there = migrate(match(pack(text), pack(renamed), names), stored, at=walk.at).case
            back = migrate(
                match(pack(renamed), pack(text), {v: k for k, v in names.items()}), there.dump(), at=walk.at
            )
            assert _but(state(back.case)) == _but(state(Case.load(pack(text), stored)))
            if not walk.step(case):
                break


def _but(found: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in found.items() if name != "at"}
