"""Thousands of random diagrams, played in the interpreter and in the token game, stored and loaded at each step.

The seeds lie beyond those of the daily suite, so that a release sees diagrams that nobody has seen before it.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest

from engine.check.tokengame import TokenGame
from tests.case import test_token_game
from tests.case.random_diagrams import random_diagram
from tests.case.test_token_game import play
from tests.prove.figures import tell

pytestmark = pytest.mark.prove

FIRST = 10_000
MODELS = 700
PATHS = 3


def test_random_diagrams_end_alike_in_the_interpreter_and_the_token_game_along_thousands_of_paths() -> None:
    began = time.monotonic()
    texts = Counter(random_diagram(seed) for seed in range(FIRST, FIRST + MODELS))
    steps: list[int] = []
    differ: list[str] = []
    for seed in range(FIRST, FIRST + MODELS):
        for path in range(PATHS):
            try:
                steps.append(play(seed, path))
            except AssertionError as error:
                differ.append(str(error).splitlines()[0])
    figures = {
        "models": MODELS,
        "models that differ": len(texts),
        "model × path runs": MODELS * PATHS,
        "runs that ended otherwise": len(differ),
        "steps, each stored and loaded": sum(steps),
        "longest run": max(steps),
        "seconds": time.monotonic() - began,
    }
    tell("Random diagrams against the token game", figures)
    assert not differ, differ
    assert len(steps) >= 2_000
    assert len(texts) > MODELS * 0.9
    assert sum(steps) > 10_000


class Forgetful(TokenGame):
    """A token game that lets work which an interruption ended go on."""

    def fire(self, element: str) -> None:
        host = self.elements[element].attached_to
        super().fire(element)
        if host is not None and self.elements[element].interrupting:
            self.stale = host

    def work(self) -> Counter[str]:
        found = super().work()
        stale = getattr(self, "stale", None)
        if stale is not None:
            found[stale] += 1
        return found


def test_a_difference_between_the_two_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_token_game, "TokenGame", Forgetful)
    seen = 0
    for seed in range(FIRST, FIRST + 60):
        try:
            play(seed, 0)
        except AssertionError:
            seen += 1
    assert seen >= 3
