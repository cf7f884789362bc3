"""The measures themselves, in the order of the table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.bench import floor
from engine.bench.meter import Meter, percentile
from engine.case.case import Case
from engine.case.model import OpenTask
from engine.check.scenarios import Scenario, judge, play, read_scenarios
from engine.check.scenarios.people import fill
from engine.clock import VirtualClock, local
from engine.pack.library import Library
from engine.pack.model import Pack
from engine.pack.values import to_json
from engine.services import cases, tasks, timers
from engine.services.children import Details, create
from engine.services.desk import Desk, system
from engine.services.tasks import TaskFilter
from engine.settings import Settings
from engine.store.casefile import lock
from engine.store.database import enter_council, make_engine, make_sessions
from engine.store.embedded import APP, OWNER, EmbeddedServer
from engine.store.migrate import migrate
from engine.store.packs import pack_of, set_up_council, store
from engine.store.tables import Task

Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """A line of the table. `floor` is the ratio to SpiffWorkflow alone, where that says something."""

    act: str
    figure: str
    target: str
    met: bool
    floor: float | None = None


@dataclass
class Bench:
    """A council with its own database, a clock that is moved, and what people answer."""

    pack: Pack
    library: Library
    stories: list[Scenario]
    sessions: sessionmaker[Session]
    engine: sa.Engine
    meter: Meter
    clock: VirtualClock
    settings: Settings
    floor_ms: float
    say: Say
    number: int = 0

    @property
    def story(self) -> Scenario:
        return self.stories[0]

    def desk(self, session: Session, *, person: bool = False) -> Desk:
        """Return a desk; `person` gives one with every role of the pack."""
        caller = system(self.pack.id)
        if person:
            caller = replace(caller, roles=frozenset(self.pack.roles) | {"administrator"})
        enter_council(session, self.pack.id)
        return Desk(session, self.clock, self.library, caller, self.settings)

    def facts(self) -> dict[str, Any]:
        """Return the facts a report brings, as of now."""
        record = {
            name: value
            for name, value in self.story.facts.items()
            if self.pack.vocabulary.facts[name].source == "record"
        }
        now = self.clock.now()
        reported = now - (self.story.received - self.story.reported)
        return {
            **record,
            "episode.reported_at": local(reported),
            "episode.missing_from": local(reported),
            "notification.received_at": local(now),
        }

    def child(self, session: Session) -> int:
        self.number += 1
        details = Details(surname=f"Example{self.number}", given_names="Ada", birth_date=date(2012, 3, 4))
        return create(self.desk(session, person=True), details)

    def start(self, session: Session) -> int:
        case_id = cases.start(self.desk(session), self.child(session), facts=self.facts())
        session.commit()
        return case_id

    def answers(self, case: Case, task: OpenTask) -> dict[str, Any]:
        filled = fill(case, task, self.story.facts, {}, self.clock.now())
        form = self.pack.forms.get(task.form or "")
        asked = form.schema["properties"] if form else {}
        return {name: to_json(value) for name, value in filled.items() if name in asked}

    def next_task(self, session: Session, case_id: int) -> tuple[int, dict[str, Any]] | None:
        """Return the oldest open task of a case and what a person answers."""
        enter_council(session, self.pack.id)
        (file,) = [file for file in lock(session, pack_of, case=case_id) if file.id == case_id]
        chosen = next((t for t in file.case.tasks.values() if not t.automatic), None)
        found = None
        if chosen is not None:
            row = sa.select(Task.id).where(Task.case_id == case_id, Task.core_id == chosen.id)
            found = session.scalars(row).one(), self.answers(file.case, chosen)
        session.commit()  # as a page's reading ends: after a rollback the driver forgets its prepared statements
        return found


@contextmanager
def bench(pack: str, library: Library, folder: Path, say: Say) -> Iterator[Bench]:
    """Set a council up in a PostgreSQL of its own under `folder`; everything is gone afterwards."""
    say("Starting a PostgreSQL for the benchmark")
    server = EmbeddedServer(folder)
    server.start()
    try:
        migrate(server.url(OWNER))
        engine = make_engine(server.url(APP), pool_size=1, max_overflow=0)
        chosen = library.get(pack)
        stories = [
            story
            for file in sorted((library.root / pack / "scenarios").glob("*.yaml"))
            for story in read_scenarios(file, library.vocabulary)
        ]
        clock = VirtualClock(datetime(2026, 3, 2, 10, tzinfo=UTC))
        made = make_sessions(engine)
        with made() as session:
            set_up_council(session, chosen)
            enter_council(session, chosen.id)
            store(session, chosen, clock.now())
            session.commit()
        say("Measuring SpiffWorkflow alone")
        floor_ms = floor.measure_apart()
        yield Bench(
            chosen, library, stories, made, engine, Meter(engine), clock, Settings(clock=clock), floor_ms, say
        )
        engine.dispose()
    finally:
        server.stop()


def start_cases(b: Bench, count: int = 100) -> tuple[Row, list[int]]:
    """Start cases up to their first tasks."""
    b.say(f"Starting {count} cases")
    with b.sessions() as session:
        children = [b.child(session) for _ in range(count)]
        session.commit()
        b.start(session)  # the first reads the pack
        started = []
        with b.meter.measure() as cost:
            for child in children:
                started.append(cases.start(b.desk(session), child, facts=b.facts()))
                session.commit()
    cpu = cost.cpu / count * 1000
    figure = f"{cpu:.1f} ms CPU, {cost.statements / count:.0f} SQL statements"
    return Row(
        "create a case up to its first tasks", figure, "≤ 20 ms CPU", cpu <= 20, cpu / b.floor_ms
    ), started


def complete_tasks(b: Bench, started: list[int], rounds: int = 3) -> Row:
    """Complete the first tasks of each case, one round after another."""
    b.say(f"Completing {rounds} tasks of {len(started)} cases")
    return _completions("complete one task", b, started, rounds)


def complete_after_many(b: Bench, steps: int = 1000, count: int = 10, rounds: int = 3) -> Row:
    """Complete the first tasks of cases that have many acts behind them."""
    b.say(f"Giving {count} cases {steps:,} earlier acts each")
    with b.sessions() as session:
        ids = [b.start(session) for _ in range(count)]
        fact = "child.specific_vulnerability"
        for step in range(steps):
            for case_id in ids:
                desk = b.desk(session, person=True)
                cases.change_facts(desk, case_id, {fact: step % 2 == 0}, reason="Measured")
                session.commit()
    return _completions(f"complete one task after {steps:,} earlier steps", b, ids, rounds)


def _completions(act: str, b: Bench, started: list[int], rounds: int) -> Row:
    cpu, statements, commits, done = 0.0, 0, 0, 0
    with b.sessions() as session:
        for _ in range(rounds):
            todo = [found for case_id in started if (found := b.next_task(session, case_id))]
            with b.meter.measure() as cost:
                for task_id, answers in todo:
                    tasks.submit(b.desk(session, person=True), task_id, answers)
                    session.commit()
            cpu, statements, commits = cpu + cost.cpu, statements + cost.statements, commits + cost.commits
            done += len(todo)
    each, sql, commit = cpu / done * 1000, statements / done, commits / done
    figure = f"{each:.1f} ms CPU, {sql:.1f} SQL statements, {commit:.0f} commit (mean of {done})"
    met = each <= 10 and sql <= 12 and commit <= 1
    return Row(act, figure, "≤ 10 ms CPU, ≤ 12 SQL statements, 1 commit", met, each / b.floor_ms)


def list_tasks(b: Bench, open_tasks: int = 10_000, closed: int = 450_000, looks: int = 60) -> Row:
    """Show pages of the task list beside many closed cases."""
    b.say(f"Filling in {closed:,} closed cases and {open_tasks:,} open tasks")
    with b.sessions() as session:
        template = b.start(session)
        enter_council(session, b.pack.id)
        values = {"case": template, "closed": closed, "open": open_tasks}
        for statement in (_CLOSED, _OPEN):
            session.execute(sa.text(statement), values)
        session.commit()
    with b.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE case_record"))
        connection.execute(sa.text("ANALYZE task"))
    b.say("Looking at the task list")
    spent: list[float] = []
    with b.sessions() as session:
        filters = [
            TaskFilter(whose="all"),
            TaskFilter(whose="team"),
            TaskFilter(whose="unassigned"),
            TaskFilter(whose="all", limit="overdue"),
            TaskFilter(whose="all", by_child=True),
            TaskFilter(whose="all", text="Example1"),
        ]
        for look in range(looks):
            desk = b.desk(session, person=True)
            began = time.perf_counter()
            tasks.counts(desk)
            tasks.list(desk, filters[look % len(filters)], page=1 + look % 5)
            spent.append(time.perf_counter() - began)
            session.rollback()
    p95 = percentile(spent, 0.95) * 1000
    act = f"task list, {open_tasks:,} open tasks, {closed:,} closed cases"
    return Row(
        act, f"p95 {p95:.0f} ms, median {percentile(spent, 0.5) * 1000:.0f} ms", "p95 ≤ 50 ms", p95 <= 50
    )


_CLOSED = """
    INSERT INTO case_record (council_id, child_id, pack_id, reference, status, started_by, opened_at, updated_at,
                             closed_at, acts)
    SELECT council_id, child_id, pack_id, 'X-' || n, 'closed', started_by,
           opened_at - n * interval '1 minute', opened_at, opened_at, 40
      FROM case_record, generate_series(1, :closed) n WHERE id = :case
"""
_COPIED = [c.name for c in Task.__table__.columns if c.name not in ("id", "case_id", "core_id", "due")]
_OPEN = f"""
    WITH made AS (
        INSERT INTO case_record (council_id, child_id, pack_id, reference, status, started_by, opened_at,
                                 updated_at, acts)
        SELECT council_id, child_id, pack_id, 'Y-' || n, 'open', started_by, opened_at, updated_at, 1
          FROM case_record, generate_series(1, :open) n WHERE id = :case
        RETURNING id, opened_at)
    INSERT INTO task (case_id, core_id, due, {", ".join(_COPIED)})
    SELECT made.id, 't1', made.opened_at + (made.id % 500) * interval '1 hour',
           {", ".join("t." + name for name in _COPIED)}
      FROM made, (SELECT * FROM task WHERE case_id = :case LIMIT 1) t
"""  # noqa: S608


def store_closed(b: Bench, count: int = 30) -> Row:
    """Carry episodes through to their end and see what each has left behind, indexes included."""
    b.say(f"Carrying {count} episodes to their end")
    before = _size(b)
    closed = 0
    with b.sessions() as session:
        for _ in range(count):
            closed += _to_the_end(b, session)
    each = (_size(b) - before) / count / 1024
    figure = f"{each:.1f} KB ({closed} of {count} closed)"
    return Row("stored per closed episode", figure, "≤ 25 KB", each <= 25 and closed == count)


def _to_the_end(b: Bench, session: Session) -> bool:
    case_id = b.start(session)
    now = b.clock.now()
    cases.record_event(b.desk(session, person=True), case_id, "returned", actual=local(now))
    session.commit()
    for _ in range(60):
        found = b.next_task(session, case_id)
        if found is None:
            break
        b.clock.advance(timedelta(minutes=10))
        tasks.submit(b.desk(session, person=True), found[0], found[1])
        session.commit()
    enter_council(session, b.pack.id)
    status = session.scalar(sa.text("SELECT status FROM case_record WHERE id = :id"), {"id": case_id})
    session.rollback()
    return bool(status == "closed")


def _size(b: Bench) -> int:
    with b.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        total = connection.scalar(
            sa.text(
                "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                " WHERE nspname = 'public' AND relkind = 'r' AND relname NOT LIKE 'procrastinate%'"
            )
        )
    return int(total or 0)


def fire_timers(b: Bench, count: int = 2_000) -> list[Row]:
    """Fire timers of many cases that have all become due: how fast, and how late the last one is."""
    b.say(f"Starting {count:,} cases whose timers will be due")
    with b.sessions() as session:
        ids = [b.start(session) for _ in range(count)]
        enter_council(session, b.pack.id)
        due = session.scalar(
            sa.text(
                "SELECT max(first) FROM (SELECT min(due) AS first FROM timer WHERE case_id = ANY(:ids)"
                " GROUP BY case_id) t"
            ),
            {"ids": ids},
        )
        session.rollback()
    if due is None:
        return []
    b.clock.move_to(max(b.clock.now(), local(due) + timedelta(minutes=1)))
    b.say("Firing them")
    worker = timers.Worker(b.sessions, b.clock, b.library, b.settings)
    began = time.perf_counter()
    swept = timers.sweep(worker)
    spent = time.perf_counter() - began
    rate = swept.fired / spent if spent else 0.0
    rows = [Row("timers fired, one process", f"{rate:.0f} a second", "≥ 200 a second", rate >= 200)]
    catch_up = 10_000 / rate if rate else 1e9
    figure = f"{swept.fired:,} caught up in {spent:.1f} s: 10,000 in {catch_up:.0f} s"
    rows.append(Row("10,000 overdue timers caught up", figure, "≤ 60 s", catch_up <= 60))
    every = b.settings.sweep_every.total_seconds()
    late = every + percentile([spent / max(1, swept.fired)] * 100, 0.99) * 20
    figure = f"{late:.1f} s (a sweep every {every:.0f} s, then one batch)"
    rows.append(Row("lateness of a timer, p99, no backlog", figure, "≤ 5 s", late <= 5))
    return rows


def play_stories(b: Bench, rounds: int = 3) -> Row:
    """Play the pack's own stories on the virtual clock."""
    b.say(f"Playing {len(b.stories)} stories")
    for story in b.stories:
        play(story, b.pack)
    spent: list[float] = []
    for story in b.stories * rounds:
        began = time.process_time()
        judge(play(story, b.pack))
        spent.append((time.process_time() - began) * 1000)
    mean = sum(spent) / len(spent)
    figure = f"mean {mean:.1f} ms, p95 {percentile(spent, 0.95):.1f} ms CPU"
    return Row("scenario, virtual clock", figure, "≤ 15 ms", mean <= 15, mean / b.floor_ms)
