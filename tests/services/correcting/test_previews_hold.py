"""What a preview says is what then happens, whatever is corrected, in the procedures of every council."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.services.correcting.randomly import COUNCILS, Life


@pytest.mark.parametrize("council", COUNCILS)
def test_what_a_preview_says_is_what_then_happens(session: Session, council: str) -> None:
    life = Life(session, council, seed=1)
    for _ in range(3):
        life.live(4)
        for plan in life.plans(4):
            life.hold(plan)
    life.as_recorded()
    assert life.counts["held"] >= 3, life.counts
