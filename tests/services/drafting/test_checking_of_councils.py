"""A stated limit changed in each council's pack: the broken clause is named within five seconds of the save."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine.check.scenarios.read import read_text
from engine.check.verify import play_story
from engine.check.verify.crew import make_ready
from engine.check.verify.stories import Story
from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services.drafting import checking, drafts, saving
from engine.services.timers import Worker
from tests.conftest import Office
from tests.prove.figures import tell

pytestmark = pytest.mark.prove

PACKS = Path(__file__).parents[3] / "processes"
WITHIN = 5.0
"""Seconds from the save until the broken clause is named, on a machine that does nothing else."""


@dataclass(frozen=True)
class Changed:
    """A limit of a procedure as it is stated, in the element that carries it, and what somebody makes of it."""

    council: str
    element: str
    stated: str
    made: str
    clauses: frozenset[str]


LIMITS = [
    Changed("camden", "at_72", "PT72H", "PT96H", frozenset({"9a", "9a-i"})),
    Changed("bury", "still_missing_24", "PT24H", "PT36H", frozenset({"B57"})),
    Changed("kirklees", "hours_24", "PT24H", "PT36H", frozenset({"4.1-ii", "7.6-ii"})),
    Changed("east-sussex", "hours_24", "PT24H", "PT36H", frozenset({"4.16c", "4.17a", "4.17b", "4.17c"})),
    Changed("nottinghamshire", "tell_director", "PT24H", "PT36H", frozenset({"6.2.d-1"})),
]


@pytest.fixture(scope="module", autouse=True)
def ready() -> Iterator[None]:
    """A worker that has been there for a moment, as it is while people draw."""
    make_ready()
    yield


def free() -> float:
    """Return the share of a processor (0 to 1) that this process gets now: others may be at work on the machine."""
    wall, own = time.monotonic(), time.process_time()
    while time.monotonic() - wall < 0.4:
        pass
    return min(1.0, (time.process_time() - own) / (time.monotonic() - wall))


def edited(files: dict[str, bytes], changed: Changed) -> dict[str, bytes]:
    """Return the one diagram that has the element, with its limit changed."""
    pattern = re.compile(rf'<bpmn:(\w+) id="{changed.element}".*?</bpmn:\1>', re.DOTALL)
    for path, data in files.items():
        found = pattern.search(data.decode()) if path.endswith(".bpmn") else None
        if found:
            assert changed.stated in found[0]
            later = found[0].replace(changed.stated, changed.made)
            return {path: data.decode().replace(found[0], later).encode()}
    raise AssertionError(f"no diagram has {changed.element}")


@pytest.mark.parametrize("changed", LIMITS, ids=lambda one: one.council)
def test_a_stated_limit_that_is_changed_names_its_clause_within_five_seconds(
    changed: Changed, sessions: sessionmaker[Session], clock: VirtualClock
) -> None:
    library = Library(PACKS)
    office = Office(library, clock, changed.council)
    with sessions() as session:
        office.set_up(session)
        desk = office.desk(session, office.person(session, "olu", "process_owner"))
        worker = Worker(sessions, clock, library, office.settings)
        draft = drafts.create(desk, "A longer limit")
        view = drafts.view(desk, draft)
        files = edited(drafts.view(desk, draft).files, changed)
        share = free()
        began = time.monotonic()
        saving.save(desk, draft, files, {path: view.digest(path) for path in files})  # type: ignore[arg-type]
        session.commit()
        job = threading.Thread(target=checking.carry_out, args=(worker, changed.council, draft))
        job.start()
        first = last = None
        while last is None:
            job.join(0.05)
            session.rollback()
            told = checking.of(desk, drafts.view(desk, draft))
            assert told is not None and told.state != checking.FAILED, told
            if told.current and told.found and told.found["broken"] and first is None:
                first = time.monotonic() - began
            if not told.under_way:
                last = time.monotonic() - began
        job.join()
        assert told.found is not None
        broken = told.found["broken"]
        pack = drafts.view(desk, draft).inspection.pack
        assert pack is not None and first is not None
        tell(
            f"A limit changed in {pack.name}",
            {
                "seconds from the save until the broken clause is named": first,
                "share of a processor that was free": share,
                "seconds until the last word": last,
                "stories told": told.found["stories"],
                "checks in question": told.found["in_question"],
                "broken checks": len(broken),
                "stories of the pack that no longer end as they say": len(told.found["unmet"]),
            },
        )
        named = [row for row in broken if changed.clauses & set(row["clauses"])]
        assert named, broken
        assert first * share <= WITHIN
        for row in named:
            (story,) = read_text(row["story"], "story", pack.vocabulary)
            assert row["check"] in {one.check for one in play_story(Story(story), pack).broken}
            assert row["elements"]
