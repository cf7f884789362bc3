"""A small council with closed and open cases, and drafts that change its procedure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.services.desk import Desk
from engine.services.drafting import drafts, saving
from engine.services.previewing import previews
from engine.services.previewing.counts import Counts
from tests.services.conformance.conftest import Place, place

__all__ = ["changed", "place", "worked_out"]

DIAGRAM = "missing-episode.bpmn"


def changed(place: Place, *edits: tuple[str, str], path: str = DIAGRAM) -> int:
    """Make a draft with texts of one file replaced; return its number."""

    def make(desk: Desk) -> int:
        draft = drafts.create(desk, "A change")
        view = drafts.view(desk, draft)
        text = view.files[path].decode()
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        saving.save(desk, draft, {path: text.encode()}, {path: view.digest(path)})
        faults = drafts.view(desk, draft).inspection.faults
        assert drafts.view(desk, draft).inspection.pack is not None, faults
        return draft

    return int(place.do(make))


def worked_out(place: Place, draft: int, kind: str, *, processes: int = 1) -> tuple[int, Counts]:
    """Ask for a preview and work it through; return its number and what it counted."""
    today = place.clock.now().date()
    days = (today.replace(day=1), today) if kind == "closed" else (None, None)
    number = place.do(lambda desk: previews.ask(desk, draft, kind, *days))
    assert previews.carry_out(place.worker, place.office.code, number, processes)
    row = place.do(lambda desk: previews.one(desk, number))
    assert (row.state, row.percent, row.problem) == ("done", 100, None)
    return number, row.counts


@pytest.fixture
def past(place: Place) -> Callable[[float], int]:
    """Makes a closed case whose interview was held so many hours after the return."""

    def made(hours: float) -> int:
        case = place.report()
        place.process(case)
        place.back(case)
        place.wait(hours)
        place.complete(case, "hold_interview", interview__accepted=True)
        return case

    return made
