"""Every story of every council brought over at each of its steps, random changes of diagrams, and a thousand cases in a
database that go over and back with not a timer or a draft touched."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock
from engine.pack.model import Pack
from engine.pack.read import read_files
from engine.services import audit, conformance, migrating
from engine.services.migrating.plan import REVERSING, RUNNING, VALIDATING
from engine.services.timers import Worker
from engine.store.packs import add_version
from engine.store.tables import CaseRecord, Task
from tests.case.random_diagrams import random_diagram
from tests.case.test_migration_properties import LIBRARY, alike, same_over, told, twin, with_events, with_step
from tests.conftest import Office
from tests.prove.figures import tell
from tests.prove.running_cases import RunningCases

pytestmark = pytest.mark.prove

COUNT = int(os.environ.get("PROVE_MIGRATIONS", "1000"))
MODELS = int(os.environ.get("PROVE_MIGRATED_MODELS", "400"))
FIRST = 20_000
START = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
COUNCIL = "nottinghamshire"


@pytest.mark.parametrize("council", LIBRARY.councils())
def test_every_story_stands_as_it_was_on_a_version_that_changes_nothing_after_every_act(council: str) -> None:
    original = LIBRARY.get(council)
    stories = told(original, council)
    began = time.monotonic()
    steps = same_over(original, twin(original), stories)
    figures = {"stories": len(stories), "cases brought over": steps, "seconds": time.monotonic() - began}
    tell(f"Every story of {council}, brought over after every act", figures)
    assert steps > len(stories)


def test_random_diagrams_with_something_put_in_end_as_if_it_had_been_there_from_the_start() -> None:
    steps: Counter[str] = Counter()
    for seed in range(FIRST, FIRST + MODELS):
        turn = random.Random(seed).randrange(0, 8)
        for change in (with_step, with_events):
            text = random_diagram(seed)
            steps[change.__name__] += alike(text, change(text, seed), seed, turn)
    tell(
        "Random diagrams, changed under way",
        {"models": MODELS, **{f"steps {k}": n for k, n in steps.items()}},
    )
    assert min(steps.values()) > MODELS


class Place(RunningCases):
    """A council with many cases at many points, whose owner brings them over."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        office = Office(LIBRARY, VirtualClock(START), COUNCIL)
        pack = LIBRARY.get(COUNCIL)
        with sessions() as session:
            office.set_up(session)
            self.owner = office.person(session, "olu", "process_owner")
            people = {
                role: office.person(session, role.replace("_", "-"), role)
                for role in pack.roles
                if not pack.roles[role].external
            }
        worker = Worker(sessions, office.clock, LIBRARY, office.settings)
        super().__init__(office, sessions, worker, pack, people)

    def work(self, plan: int, do: str, reason: str = "") -> tuple[migrating.PlanRow, float]:
        self.do(lambda desk: migrating.ask(desk, plan, do, reason=reason), self.owner)
        began = time.monotonic()
        assert migrating.carry_out(self.worker, COUNCIL, plan)
        return self.do(lambda desk: migrating.view(desk, plan), self.owner).row, time.monotonic() - began


def changed(pack: Pack, renamed: str, bounded: str) -> Pack:
    """Return the pack with one task under another id and an event beside another task."""
    files = dict(pack.files)
    of = {element.id: pack.processes[element.process].file for element in pack.elements}
    path = of[renamed]
    files[path] = (
        files[path]
        .replace(f'"{renamed}"'.encode(), f'"{renamed}_anew"'.encode())
        .replace(f">{renamed}<".encode(), f">{renamed}_anew<".encode())
    )
    path, text = of[bounded], files[of[bounded]].decode()
    prefix = "bpmn:" if "<bpmn:userTask" in text else ""
    event = (
        f'<{prefix}boundaryEvent id="put_in" name="A week has passed" attachedToRef="{bounded}" cancelActivity="false">'
        f'<{prefix}outgoing>put_in_flow</{prefix}outgoing><{prefix}timerEventDefinition id="put_in_timer">'
        f'<{prefix}timeDate xsi:type="{prefix}tFormalExpression">= now + duration("P7D")</{prefix}timeDate>'
        f'</{prefix}timerEventDefinition></{prefix}boundaryEvent><{prefix}endEvent id="put_in_end" name="A week">'
        f"<{prefix}incoming>put_in_flow</{prefix}incoming></{prefix}endEvent>"
        f'<{prefix}sequenceFlow id="put_in_flow" sourceRef="put_in" targetRef="put_in_end" />'
    )
    at = text.index(f'<{prefix}userTask id="{bounded}"')
    files[path] = (text[:at] + event + text[at:]).encode()
    return read_files(files)


def test_a_thousand_cases_go_over_and_back_with_every_timer_and_draft_as_it_was(
    sessions: sessionmaker[Session],
) -> None:
    place = Place(sessions)
    began = time.monotonic()
    place.fill(COUNT)
    filling = time.monotonic() - began
    standing = place.do(
        lambda desk: desk.session.execute(
            sa.select(Task.element, sa.func.count().label("n"))
            .where(Task.form.is_not(None), sa.not_(Task.detached))
            .group_by(Task.element)
            .order_by(sa.func.count().desc(), Task.element)
            .limit(2)
        ).all()
    )
    renamed, bounded = standing[0].element, standing[1].element
    source = place.do(lambda desk: desk.session.scalars(sa.select(CaseRecord.pack_id).limit(1)).one())
    target = place.do(
        lambda desk: add_version(desk.session, changed(place.pack, renamed, bounded), desk.now()).id
    )
    plan = place.do(lambda desk: migrating.make(desk, source, target, "A proof"), place.owner)
    before = place.held()

    refused, _ = place.work(plan, VALIDATING)
    assert refused.counts["refused"] >= standing[0].n * 0.9
    place.do(lambda desk: migrating.map_elements(desk, plan, {renamed: f"{renamed}_anew"}), place.owner)
    tried, trying = place.work(plan, VALIDATING)
    assert place.held() == before
    assert set(tried.counts) == {"ready"}

    gone, running = place.work(plan, RUNNING)
    assert gone.counts == {"migrated": tried.total}
    after = place.held()
    assert after["task_draft"] == before["task_draft"]
    for table in ("task", "ledger_entry", "timer"):
        now = [tuple(renamed if cell == f"{renamed}_anew" else cell for cell in row) for row in after[table]]
        kept = [row for row in now if "put_in" not in row]
        assert kept == before[table], table
    armed = [row for row in after["timer"] if "put_in" in row]
    assert len(armed) >= standing[1].n * 0.9
    assert after["case_state"] != before["case_state"]

    place.office.clock.advance(timedelta(minutes=10))
    back, reversing = place.work(plan, REVERSING, "A proof")
    assert back.counts == {"reversed": tried.total}
    assert place.held() == before
    with sessions() as session:
        found = audit.verify(session)
        assert found.faults == ()
    differing = place.do(
        lambda desk: [
            str(difference)
            for number in desk.session.scalars(sa.select(CaseRecord.id).order_by(CaseRecord.id).limit(100))
            for one in conformance.examine(desk, case=number)
            for difference in one.differences
        ]
    )
    assert differing == []
    tell(
        f"{COUNT:,} cases brought over and back",
        {
            "open cases": tried.total,
            "kept back before the mapping": refused.counts["refused"],
            "timers": len(before["timer"]),
            "drafts": len(before["task_draft"]),
            "new timers armed": len(armed),
            "cases tried a second": tried.total / trying,
            "cases brought over a second": tried.total / running,
            "cases brought back a second": tried.total / reversing,
            "seconds to fill": filling,
            "audit events verified": found.events,
        },
    )
