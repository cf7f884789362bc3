"""A council with many running cases at many points: started and worked by the services, with time that passes between,
and what is held of them in the database."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.case.case import Case
from engine.check.scenarios.people import NoAnswer, fill
from engine.pack.model import Form, Pack
from engine.pack.values import to_json
from engine.services import cases, tasks
from engine.services.desk import Caller, Desk, InvalidAnswers
from engine.services.timers import Worker, sweep
from engine.store.packed import unpack_bytes
from engine.store.tables import CaseState, Task
from tests.case import test_random_acts
from tests.conftest import Office

HELD = {
    "timer": "case_id, core_id, due, process, element, held_until",
    "task_draft": "task_id, account_id, case_id, answers::text, saved_at",
    "task": "id, case_id, core_id, entries, due, role, team, assignee, process, element, name, form",
    "ledger_entry": "case_id, number, obligation, role, clauses, force, raised, clock, due, target, done, outcome, "
    "occasion, process, element, task, working",
    "case_state": "case_id, state",
}
"""What is held of running cases, by table: its columns."""
HALF = "Half a sentence about task"
"""How what somebody began to type begins."""

Done = TypeVar("Done")
Held = Mapping[str, list[tuple[Any, ...]]]


@dataclass
class RunningCases:
    """A council that is filled with cases; `people` work them, by role."""

    office: Office
    sessions: sessionmaker[Session]
    worker: Worker
    pack: Pack
    people: Mapping[str, Caller]

    def do(self, act: Callable[[Desk], Done], caller: Caller | None = None) -> Done:
        """Do something in a transaction of its own."""
        with self.sessions() as session:
            done = act(self.office.desk(session, caller))
            session.commit()
            return done

    def fill(self, count: int) -> None:
        """Start so many cases, let people do some of the work of each, and time pass between."""
        rng = random.Random(11)
        for number in range(count):
            case_id = self.do(partial(self._started, number=number))
            for _ in range(rng.randrange(0, 4)):
                self._work(case_id, rng)
            if number % 50 == 49:
                self.office.clock.advance(timedelta(hours=rng.choice((1, 3, 12))))
                sweep(self.worker)
        typed = self.do(lambda desk: self._type(desk, rng))
        assert typed > count / 20

    def held(self) -> Held:
        """Return every row of what is held, in order."""

        def read(desk: Desk) -> Held:
            return {
                table: [
                    tuple(row)
                    for row in desk.session.execute(sa.text(f"SELECT {columns} FROM {table} ORDER BY 1, 2"))
                ]
                for table, columns in HELD.items()
            }

        return self.do(read)

    def _started(self, desk: Desk, number: int) -> int:
        facts = test_random_acts.known(self.pack, random.Random(number))
        facts = {
            name: value
            for name, value in facts.items()
            if self.pack.vocabulary.facts[name].source == "record"
        }
        facts.update(dict.fromkeys(test_random_acts.CLOCKS, self.office.clock.now()))
        return cases.start(desk, self.office.child(desk.session, f"Example{number}"), facts=facts)

    def _work(self, case_id: int, rng: random.Random) -> None:
        """Do one of the open tasks of a case, if the story that people tell answers its questions."""
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
                answers = fill(case, case.tasks[task.core_id], known, {}, self.office.clock.now())
                tasks.submit(desk, task.id, {name: to_json(value) for name, value in answers.items()})
                session.commit()
            except (NoAnswer, InvalidAnswers):
                session.rollback()

    def _type(self, desk: Desk, rng: random.Random) -> int:
        """Type something into the forms of some tasks; return into how many."""
        open_ones = desk.session.execute(
            sa.select(Task.id, Task.role, Task.form)
            .where(sa.not_(Task.external), sa.not_(Task.automatic), Task.form.is_not(None))
            .order_by(Task.id)
        ).all()
        typed = 0
        for task, role, form in rng.sample(list(open_ones), len(open_ones) // 5):
            question = text_question(self.pack.forms[form])
            if role in self.people and question is not None:
                tasks.save_draft(desk.acting_as(self.people[role]), task, {question: f"{HALF} {task}"})
                typed += 1
        return typed


def text_question(form: Form) -> str | None:
    """Return the first question of a form that is always asked and answered in free text, None where there is none."""
    sometimes = form.schema.get("x-show", {})
    return next(
        (
            name
            for name, one in form.schema.get("properties", {}).items()
            if name not in sometimes and one.get("type") == "string" and not {"enum", "format"} & set(one)
        ),
        None,
    )
