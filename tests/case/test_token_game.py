"""The interpreter against the token game: random diagrams, played at random, stored and loaded at every step."""

from __future__ import annotations

import hashlib
import random
from collections import Counter

import pytest

from engine.case.interpreter import Instance, TokenState
from engine.case.scopes import Plan
from engine.check.tokengame import TokenGame
from engine.pack.model import Flow, Pack
from engine.pack.read import examine
from tests.case.diagrams import files
from tests.case.random_diagrams import random_diagram

STEPS = 30


def drawn(seed: int) -> Pack:
    reading = examine(files(random_diagram(seed)))
    assert reading.pack is not None, "\n".join(str(problem) for problem in reading.problems)
    return reading.pack


def seen(instance: Instance) -> tuple[Counter[str], Counter[str]]:
    work = Counter(t.element for t in instance.tokens() if t.state is TokenState.WORK)
    return work, Counter(element for _, element in instance.awaited())


def play(seed: int, path: int) -> int:
    """Play one diagram along one path in both; return the number of steps made."""
    pack = drawn(seed)
    plan, chance = Plan(pack), random.Random(path)
    instance, game = Instance.start(1, "missing-episode", plan.specs), TokenGame(pack, "missing-episode")
    for step in range(STEPS):

        def holds(flow: Flow, step: int = step) -> bool:
            return hashlib.sha256(f"{path}/{step}/{flow.id}".encode()).digest()[0] < 110

        instance.advance(lambda *_: None, lambda *_: None, holds)
        game.advance(holds)
        told = f"diagram {seed}, path {path}, step {step}"
        assert seen(instance) == (game.work(), game.awaited()), told
        assert instance.completed == game.over, told
        instance.check()
        if game.over:
            return step
        instance = Instance.load(instance.dump(), plan.specs)
        assert seen(instance) == (game.work(), game.awaited()), f"{told}, loaded"
        choices = sorted((game.work() + game.awaited()).elements())
        element = chance.choice(choices)
        if element in game.work():
            token = next(t for t in instance.tokens() if t.element == element and t.state is TokenState.WORK)
            instance.complete(token.number)
            game.complete(element)
        else:
            number = next(n for n, e in instance.awaited() if e == element)
            assert instance.fire(number, element)
            game.fire(element)
    return STEPS


@pytest.mark.parametrize("batch", range(10))
def test_random_diagrams_end_alike_in_the_interpreter_and_the_token_game(batch: int) -> None:
    steps = sum(play(seed, path) for seed in range(batch * 12, batch * 12 + 12) for path in range(3))
    assert steps > 100


def test_a_boundary_event_that_has_fired_holds_up_no_inclusive_join() -> None:
    assert play(10_600, 1) > 3
