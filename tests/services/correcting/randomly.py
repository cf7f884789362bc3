"""Random cases of real procedures, random corrections of them, and what each preview said beside what then happened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.check.conformance import replay
from engine.clock import VirtualClock, local
from engine.errors import HomewardError
from engine.pack import forms
from engine.pack.library import Library
from engine.pack.model import Fact, Form, Pack
from engine.services import cases, tasks
from engine.services.acting import act
from engine.services.conformance.reading import read_cases
from engine.services.correcting import (
    CorrectFacts,
    Move,
    Plan,
    Preview,
    TakeBack,
    Undo,
    Void,
    confirm,
    preview,
)
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotAllowed, NotFound
from engine.store.tables import CaseRecord, Correction, LedgerEntry, Notice, Task, Timer
from tests.conftest import Office

PACKS = Path(__file__).parents[3] / "processes"
COUNCILS = ("bury", "camden", "east-sussex", "kirklees", "nottinghamshire")
MORNING = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
REFUSED = (InvalidAnswers, NotAllowed, NotFound, Conflict)


class Life:
    """A council with two children, random acts in their cases, and random corrections of them."""

    def __init__(self, session: Session, council: str, seed: int) -> None:
        self.dice = random.Random(f"{council} {seed}")
        self.office = Office(_library(), VirtualClock(MORNING), council)
        self.session = session
        self.office.set_up(session)
        self.pack: Pack = self.office.library.get(council)
        self.desk: Desk = self.office.desk(session)
        self.children = [self.office.child(session, name) for name in ("Aldous", "Bexley")]
        self.cases = [self._start(child) for child in self.children]
        self.counts = {"held": 0, "stuck": 0, "refused": 0}

    def _start(self, child: int) -> int:
        reported = self.desk.now() - timedelta(hours=self.dice.randint(0, 30))
        told: dict[str, Any] = {
            "episode.reported_at": local(reported),
            "notification.received_at": local(reported),
            "notification.source": "police",
            "child.age": self.dice.randint(5, 17),
        }
        for name, fact in self.pack.vocabulary.facts.items():
            of_child = name.startswith(("child.", "worker.", "placement.")) and fact.source == "record"
            if (
                name not in told
                and of_child
                and name not in self.pack.derived
                and fact.type in ("boolean", "enum")
            ):
                told[name] = self.value(fact)
        case = cases.start(self.desk, child, facts=told)
        self.session.commit()
        return case

    # --- acts

    def live(self, acts: int) -> None:
        """Let this many random things happen."""
        for _ in range(acts):
            case = self.dice.choice(self.cases)
            self.office.clock.advance(timedelta(minutes=self.dice.randint(1, 600)))
            with self.session.begin_nested() as tried:
                try:
                    self._one(case)
                except HomewardError:
                    tried.rollback()
            self.session.commit()

    def _one(self, case: int) -> None:
        what = self.dice.random()
        if what < 0.2:
            act(self.desk, case, {"do": "timers"})
        elif what < 0.35:
            earlier = timedelta(hours=self.dice.randint(0, 8))
            cases.record_event(self.desk, case, "returned", actual=self.desk.now() - earlier)
        else:
            found = self.session.scalars(
                sa.select(Task.id).where(Task.case_id == case, Task.external.is_(False)).order_by(Task.id)
            ).all()
            if found:
                task = self.session.get_one(Task, self.dice.choice(found))
                form = self.pack.forms.get(task.form or "")
                tasks.submit(self.desk, task.id, self.answers(form) if form else {})

    def answers(self, form: Form) -> dict[str, Any]:
        """Return random answers to a form that it takes, as far as a few throws find any."""
        given: dict[str, Any] = {}
        for _ in range(6):
            for name, question in form.schema["properties"].items():
                if name not in given or self.dice.random() < 0.3:
                    given[name] = self._answer(name, question)
            given = {name: value for name, value in given.items() if value is not None}
            if not forms.problems(form, given):
                break
        return given

    def _answer(self, name: str, question: dict[str, Any]) -> Any:
        fact = self.pack.vocabulary.facts.get(name)
        if fact is not None:
            return self.value(fact)
        if "enum" in question:
            return self.dice.choice(question["enum"])
        return {"boolean": self.dice.random() < 0.5, "integer": 1, "string": None}.get(
            question.get("type", "")
        )

    def value(self, fact: Fact) -> Any:
        """Return a random value of a fact, as JSON."""
        now = self.desk.now()
        match fact.type:
            case "boolean":
                return self.dice.random() < 0.5
            case "integer":
                return self.dice.randint(1, 5)
            case "enum":
                return self.dice.choice(list(fact.values))
            case "role":
                return self.dice.choice(sorted(self.pack.roles))
            case "datetime":
                return local(now - timedelta(minutes=self.dice.randint(0, 2000))).isoformat()
            case "date":
                return local(now).date().isoformat()
            case "duration":
                return "PT24H"
        return "Somewhere"

    # --- corrections

    def plans(self, number: int) -> Iterator[Plan]:
        """Yield random corrections of the cases as they stand."""
        for _ in range(number):
            case = self.dice.choice(self.cases)
            throw = self.dice.random()
            voided = self.session.get_one(CaseRecord, case, populate_existing=True).voided_at is not None
            if (
                voided and throw < 0.65
            ):  # nothing else can be done to it: a life of voided cases would hold nothing
                last = self.session.scalar(sa.select(sa.func.max(Correction.id)))
                yield Undo(last or 0, "Not a hoax.")
            elif throw < 0.65:
                yield self._fact(case)
            elif throw < 0.8:
                acts = self.session.scalar(sa.select(CaseRecord.acts).where(CaseRecord.id == case)) or 1
                yield TakeBack(case, self.dice.randint(max(2, acts - 3), max(2, acts)), "Pressed too soon.")
            elif throw < 0.88:
                yield Move(case, self.dice.choice(self.children), "Misread.")
            elif throw < 0.94:
                yield Void(case, "A hoax.")
            else:
                last = self.session.scalar(sa.select(sa.func.max(Correction.id)))
                yield Undo(last or 0, "Not so.")

    def _fact(self, case: int) -> Plan:
        known = self.session.get_one(CaseRecord, case, populate_existing=True).facts
        stands = [name for name in sorted(known) if name in self.pack.vocabulary.facts]
        name = self.dice.choice(stands)
        value = self.value(self.pack.vocabulary.facts[name])
        return CorrectFacts(case, {name: value}, "Misheard.", actual=self.desk.now() - timedelta(hours=1))

    def hold(self, plan: Plan) -> None:
        """Preview a correction and do it: what happened is what was said, and where it is refused, nothing happened."""
        before = self.rows()
        try:
            shown = preview(self.desk, plan)
        except REFUSED:
            self.counts["refused"] += 1
            assert self.rows() == before, f"refusing {plan} changes nothing"
            return
        assert self.rows() == before, f"looking at {plan} changes nothing"
        done = confirm(self.desk, plan, shown.digest)
        self.session.commit()
        if shown.stuck:
            self.counts["stuck"] += 1
            assert done.again is not None and self.rows() == before
            return
        assert done.again is None, f"{plan}: what was previewed is no longer so at the same moment"
        self.counts["held"] += 1
        assert told(shown) == changed(before, self.rows()), plan

    def rows(self) -> dict[tuple[str, int, str], tuple[Any, ...]]:
        """Return how every duty, task, timer, notice and fact stands, read plainly."""
        self.session.flush()
        found: dict[tuple[str, int, str], tuple[Any, ...]] = {}
        for row in self.session.execute(
            sa.select(
                LedgerEntry.case_id,
                LedgerEntry.number,
                LedgerEntry.outcome,
                LedgerEntry.due,
                LedgerEntry.role,
                LedgerEntry.clauses,
                LedgerEntry.target,
            )
        ):
            found["duty", row.case_id, str(row.number)] = tuple(row)[2:]
        for task in self.session.execute(
            sa.select(Task.case_id, Task.core_id, Task.name).where(Task.external.is_(False))
        ):
            found["task", task.case_id, task.core_id] = (task.name,)
        for timer in self.session.execute(sa.select(Timer.case_id, Timer.core_id, Timer.due)):
            found["timer", timer.case_id, timer.core_id] = (timer.due,)
        for notice in self.session.execute(sa.select(Notice.case_id, Notice.key, Notice.state)):
            found["notice", notice.case_id or 0, notice.key] = (notice.state,)
        for case in self.session.scalars(sa.select(CaseRecord).execution_options(populate_existing=True)):
            found["case", case.id, ""] = (case.status == "closed", case.voided_at is not None)
            for name, value in case.facts.items():
                found["fact", case.id, name] = (repr(value),)
        return found

    def as_recorded(self) -> None:
        """Hold every case against its own record."""
        for case in read_cases(self.desk):
            done = replay(case, self.desk.now())
            assert done.whole and not done.differences, [str(one) for one in done.differences]


_held: list[Library] = []


def _library() -> Library:
    if not _held:
        _held.append(Library(PACKS))
    return _held[0]


Told = set[tuple[Any, ...]]


def told(shown: Preview) -> Told:
    """Return what a preview said: duties with outcome and limit, tasks, timers, notices and facts."""
    said: Told = set()
    for effect in shown.cases:
        for duty in effect.duties:
            said.add(("duty", effect.id, duty.number, duty.after.outcome, duty.after.due, duty.after.role))
        said |= {("facts", effect.id, fact.fact, fact.knows) for fact in effect.facts}
        for kind, several in (
            ("tasks", effect.tasks),
            ("timers", effect.timers),
            ("notices", effect.notices),
        ):
            if several:
                said.add((kind, effect.id, len(several)))
        if effect.turns is not None:
            said.add(("turns", effect.id))
    return said


def changed(before: dict[Any, Any], after: dict[Any, Any]) -> Told:
    """Return what differs between two plain readings, in the words of `told`."""
    found: Told = set()
    counts: dict[tuple[str, int], int] = {}
    for key in before.keys() | after.keys():
        kind, case, name = key
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        if kind == "duty" and now is not None:
            stays_ended = was is not None and was[0] == now[0] != "open"
            if not stays_ended:
                found.add(("duty", case, int(name), now[0], now[1], now[2]))
        elif kind == "fact":
            found.add(("facts", case, name, now is not None))
        elif kind == "case":
            found.add(("turns", case))
        elif kind in ("task", "timer") or (kind == "notice" and (was is None or now == ("cancelled",))):
            counts[f"{kind}s", case] = counts.get((f"{kind}s", case), 0) + 1
    return found | {(kind, case, number) for (kind, case), number in counts.items()}
