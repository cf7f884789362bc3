"""Time that passes is counted in hours that passed, also over the nights on which clocks change."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from engine.clock import LOCAL_ZONE, elapsed

NIGHTS = {
    "to summer time": (datetime(2026, 3, 28, 18, tzinfo=LOCAL_ZONE), timedelta(hours=23)),
    "to winter time": (datetime(2026, 10, 24, 18, tzinfo=LOCAL_ZONE), timedelta(hours=25)),
    "an ordinary one": (datetime(2026, 5, 12, 18, tzinfo=LOCAL_ZONE), timedelta(hours=24)),
}


@pytest.mark.parametrize("night", NIGHTS)
def test_from_six_to_six_is_as_long_as_the_night_makes_it(night: str) -> None:
    evening, length = NIGHTS[night]
    assert elapsed(evening, evening + timedelta(days=1)) == length
    assert elapsed(evening + timedelta(days=1), evening) == -length
