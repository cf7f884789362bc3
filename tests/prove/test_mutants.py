"""Slips in every council's procedure: nearly all of those that change anything are noticed, and the rest explained."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engine.check.mutation.accepted import accepted
from engine.check.mutation.run import Fate, survey
from engine.check.scenarios import stories_beside
from engine.check.verify import suite
from engine.pack.library import Library
from tests.prove.figures import tell

pytestmark = pytest.mark.prove

LIBRARY = Library(Path(__file__).resolve().parents[2] / "processes")
SAMPLE = int(os.environ.get("MUTANTS", "200"))
"""So many mutants of each council; all of them take the better part of an hour."""
SECONDS = 75.0
NOTICED = 0.95


@pytest.mark.parametrize("council", LIBRARY.councils())
def test_nearly_every_slip_that_changes_anything_is_noticed_and_the_others_are_explained(
    council: str,
) -> None:
    began = time.monotonic()
    pack = LIBRARY.get(council)
    stories = suite(pack, seconds=SECONDS, jobs=2, stories=stories_beside(LIBRARY, council))
    found = survey(pack, stories, sample=SAMPLE, jobs=2)
    explained = accepted(LIBRARY.root / council)
    unexplained = [
        f"{one.kind}: {one.where}: {one.what} ({one.fate.value}, {one.story})"
        for one in found.survivors
        if (one.where, one.what) not in explained
    ]
    tell(
        f"Mutants of {council}",
        {
            "made": found.made,
            "tried": len(found.tried),
            "stories": len(stories),
            "noticed by a clause check": found.means["check"],
            "noticed as a fault": found.means["fault"],
            "noticed only by what a story expects": found.means["story"],
            "live": found.counts[Fate.LIVES],
            "no story came to": found.counts[Fate.UNREACHED],
            "change nothing": found.counts[Fate.SAME],
            "noticed, %": 100 * found.noticed,
            "live unexplained": len(unexplained),
            "seconds": time.monotonic() - began,
        },
    )
    assert found.noticed >= NOTICED
    assert not unexplained, "\n".join(unexplained)
