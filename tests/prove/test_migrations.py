"""Every story of every council brought over at each of its steps, random changes of diagrams, and a thousand cases in a
database that go over and back with not a timer or a draft touched."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.case.case import Case
from engine.check.scenarios.people import NoAnswer, fill
from engine.clock import VirtualClock
from engine.pack.model import Pack
from engine.pack.read import read_files
from engine.pack.values import to_json
from engine.services import audit, cases, conformance, migrating, tasks
from engine.services.desk import Desk
from engine.services.migrating.plan import REVERSING, RUNNING, VALIDATING
from engine.services.timers import Worker, sweep
from engine.store.packed import unpack_bytes
from engine.store.packs import add_version
from engine.store.tables import CaseRecord, CaseState, Task
from tests.case import test_random_acts
from tests.case.random_diagrams import random_diagram
from tests.case.test_migration_properties import LIBRARY, alike, same_over, told, twin, with_events, with_step
from tests.conftest import Office
from tests.prove.figures import tell

pytestmark = pytest.mark.prove

COUNT = int(os.environ.get("PROVE_MIGRATIONS", "1000"))
MODELS = int(os.environ.get("PROVE_MIGRATED_MODELS", "400"))
FIRST = 20_000
START = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
COUNCIL = "nottinghamshire"
HELD = {
    "timer": "case_id, core_id, due, process, element, held_until",
    "task_draft": "task_id, account_id, answers, saved_at",
    "task": "id, case_id, core_id, entries, due, role, team, assignee, process, element, name, form",
    "ledger_entry": "case_id, number, obligation, role, raised, clock, due, outcome, process, element, task",
    "case_state": "case_id, state",
}


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


class Place:
    """A council with many cases at many points, and what is held of them."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions
        self.clock = VirtualClock(START)
        self.office = Office(LIBRARY, self.clock, COUNCIL)
        self.worker = Worker(sessions, self.clock, LIBRARY, self.office.settings)
        self.pack = LIBRARY.get(COUNCIL)
        with sessions() as session:
            self.office.set_up(session)
            self.owner = self.office.person(session, "olu", "process_owner")
            self.people = {
                role: self.office.person(session, role.replace("_", "-"), role)
                for role in self.pack.roles
                if not self.pack.roles[role].external
            }

    def do(self, act: Any, caller: Any = None) -> Any:
        with self.sessions() as session:
            done = act(self.office.desk(session, caller))
            session.commit()
            return done

    def fill(self) -> None:
        """Start the cases, let people do some of the work of each, and time pass between."""
        rng = random.Random(11)
        for number in range(COUNT):
            case_id = self.do(lambda desk, number=number: self._started(desk, number))
            for _ in range(rng.randrange(0, 4)):
                self._work(case_id, rng)
            if number % 50 == 49:
                self.clock.advance(timedelta(hours=rng.choice((1, 3, 12))))
                sweep(self.worker)
        typed = self.do(lambda desk: self._type(desk, rng))
        assert typed > COUNT / 20

    def _started(self, desk: Desk, number: int) -> int:
        facts = test_random_acts.known(self.pack, random.Random(number))
        facts = {
            name: value
            for name, value in facts.items()
            if self.pack.vocabulary.facts[name].source == "record"
        }
        facts.update(dict.fromkeys(test_random_acts.CLOCKS, self.clock.now()))
        return cases.start(desk, self.office.child(desk.session, f"Example{number}"), facts=facts)

    def _work(self, case_id: int, rng: random.Random) -> None:
        with self.sessions() as session:
            desk = self.office.desk(session)
            open_ones = session.scalars(
                sa.select(Task)
                .where(Task.case_id == case_id, sa.not_(Task.external), sa.not_(Task.automatic))
                .order_by(Task.id)
            ).all()
            stored = session.get(CaseState, case_id)
            if not open_ones or stored is None or not stored.state:
                return
            task = rng.choice(open_ones)
            case = Case.load(self.pack, unpack_bytes(stored.state))
            known = test_random_acts.known(self.pack, random.Random(case_id))
            try:
                answers = fill(case, case.tasks[task.core_id], known, {}, self.clock.now())
                tasks.submit(desk, task.id, {name: to_json(value) for name, value in answers.items()})
                session.commit()
            except (NoAnswer, Exception):
                session.rollback()

    def _type(self, desk: Desk, rng: random.Random) -> int:
        """Type something into the forms of some tasks."""
        open_ones = desk.session.execute(
            sa.select(Task.id, Task.role).where(
                sa.not_(Task.external), sa.not_(Task.automatic), Task.form.is_not(None)
            )
        ).all()
        typed = 0
        for task, role in rng.sample(list(open_ones), len(open_ones) // 5):
            if role in self.people:
                tasks.save_draft(desk.acting_as(self.people[role]), task, {"note": f"begun {task}"})
                typed += 1
        return typed

    def held(self) -> dict[str, list[tuple[Any, ...]]]:
        def read(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
            return {
                table: [
                    tuple(row)
                    for row in desk.session.execute(sa.text(f"SELECT {columns} FROM {table} ORDER BY 1, 2"))
                ]
                for table, columns in HELD.items()
            }

        return self.do(read)  # type: ignore[no-any-return]

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
    place.fill()
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

    place.clock.advance(timedelta(minutes=10))
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
