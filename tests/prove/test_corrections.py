"""Many random corrections of many random cases of every council: what each preview says is what then happens."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.services.correcting.randomly import COUNCILS, Life

LIVES = 25
ENOUGH, MOST = 5, 18
"""Corrections that a life must have held, and the rounds within which it has to."""


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(2, 2 + LIVES))
@pytest.mark.parametrize("council", COUNCILS)
def test_what_previews_say_is_what_then_happens(session: Session, council: str, seed: int) -> None:
    life = Life(session, council, seed)
    rounds = 0
    while rounds < 6 or (life.counts["held"] < ENOUGH and rounds < MOST):
        rounds += 1
        life.live(5)
        for plan in life.plans(5):
            life.hold(plan)
    life.as_recorded()
    assert life.counts["held"] >= ENOUGH, life.counts
