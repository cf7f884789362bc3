"""Ten thousand overdue timers, as after a day without a worker: each fires once, and the pages go on answering.

One case is started as every case is; the others are its copies, row by row, because it is the catching up that is put
to the proof. Two workers share the work, a person goes on reading pages.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from engine.bench.meter import percentile
from engine.clock import local
from engine.services import cases, children
from engine.store.tables import Child
from tests.prove.figures import tell
from tests.prove.installation import Installation, desk, installed, wait_until
from tests.prove.notebook import Notebook
from tests.prove.people import NoAnswer, Person

pytestmark = pytest.mark.prove

COUNT = int(os.environ.get("PROVE_TIMERS", "10000"))
WORKERS = 2
START = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
LONGEST = 120.0
"""Seconds until the backlog must be gone, on two cores that serve pages meanwhile."""
SLOWEST = 1.0
"""Seconds within which 95 of 100 pages must have answered meanwhile."""

COPIES = """
INSERT INTO child (id, council_id, surname, given_names, name_key, birth_date, facts, created_at, updated_at)
  OVERRIDING SYSTEM VALUE
  SELECT id + n, council_id, surname || n, given_names, name_key || n, birth_date, facts, created_at, updated_at
  FROM child, generate_series(1, %(count)s) n
  WHERE id = %(child)s;
INSERT INTO case_record (id, council_id, child_id, pack_id, reference, status, started_by, opened_at,
  updated_at, next_due, acts, facts)
  OVERRIDING SYSTEM VALUE
  SELECT id + n, council_id, child_id + n, pack_id, reference || '-' || n, status, started_by, opened_at,
  updated_at, next_due, acts, facts
  FROM case_record, generate_series(1, %(count)s) n
  WHERE id = %(case)s;
INSERT INTO case_state (case_id, council_id, version, state)
  SELECT case_id + n, council_id, version, state
  FROM case_state, generate_series(1, %(count)s) n
  WHERE case_id = %(case)s;
INSERT INTO episode (council_id, child_id, case_id, category, reported_at)
  SELECT council_id, child_id + n, case_id + n, category, reported_at
  FROM episode, generate_series(1, %(count)s) n
  WHERE case_id = %(case)s;
INSERT INTO ledger_entry (case_id, number, council_id, external, whole_day, raised, trigger, clock, due,
  target, done, obligation, role, clauses, force, process, element, occasion, outcome, by, task, reason,
  working)
  SELECT case_id + n, number, council_id, external, whole_day, raised, trigger, clock, due, target, done,
  obligation, role, clauses, force, process, element, occasion, outcome, by, task, reason, working
  FROM ledger_entry, generate_series(1, %(count)s) n
  WHERE case_id = %(case)s;
INSERT INTO task (council_id, case_id, child_id, reference, core_id, process, element, name, role, team, form,
  notice, external, automatic, detached, whole_day, force, entries, obligations, created, due)
  SELECT council_id, case_id + n, child_id + n, reference || '-' || n, core_id, process, element, name, role,
  team, form, notice, external, automatic, detached, whole_day, force, entries, obligations, created, due
  FROM task, generate_series(1, %(count)s) n
  WHERE case_id = %(case)s;
INSERT INTO audit_event (chain, at, account_id, task_id, council_id, action, detail)
  SELECT chain + n, at, account_id, task_id, council_id, action, detail
  FROM generate_series(1, %(count)s) n, (SELECT *
  FROM audit_event
  WHERE chain = %(case)s ORDER BY seq) a
  ORDER BY n, seq;
INSERT INTO timer (case_id, core_id, council_id, process, element, due)
  SELECT case_id + n, core_id, council_id, process, element, due + n * interval '1 second'
  FROM timer, generate_series(1, %(count)s) n
  WHERE case_id = %(case)s;
SELECT setval(pg_get_serial_sequence('case_record', 'id'), max(id)) FROM case_record;
SELECT setval(pg_get_serial_sequence('child', 'id'), max(id)) FROM child;
"""


@dataclass
class Backlog:
    """Cases with overdue timers, and what was seen while workers caught up."""

    made: Installation
    cases: int
    due: int
    """Timers that were due when the workers began."""
    seconds: float = 0.0
    caught_up: bool = False
    pages: tuple[float, ...] = ()
    refused: int = 0


def one_case(made: Installation) -> tuple[int, int]:
    """Start a case in which a child is away and a worker waits for limits to pass; return its child and itself."""
    with desk(made) as office:
        child = children.create(office, children.Details("Example", "Ada", date(2012, 3, 4)))
        facts = {
            "episode.reported_at": local(START - timedelta(hours=1)),
            "notification.received_at": local(START),
            "notification.source": "police",
            **children.facts_of(office, office.session.get_one(Child, child), START),
        }
        case = cases.start(office, child, facts=facts)
        office.session.commit()
    return child, case


def due_now(made: Installation) -> int:
    with psycopg.connect(made.conninfo()) as connection:
        found = connection.execute("SELECT count(*) FROM timer WHERE due <= %s", (made.now(),)).fetchone()
    return int(found[0]) if found else 0


@pytest.fixture(scope="module")
def backlog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backlog]:
    """A backlog that two workers have caught up with while a person read pages."""
    notebook = Notebook(tmp_path_factory.mktemp("notebook") / "intents.sqlite")
    with installed(START) as made:
        child, case = one_case(made)
        with psycopg.connect(made.conninfo()) as connection:
            for statement in COPIES.strip().removesuffix(";").split(";"):
                connection.execute(statement, {"child": child, "case": case, "count": COUNT - 1})
            connection.execute("ANALYZE")
            first = connection.execute(
                "SELECT max(due) FROM (SELECT min(due) AS due FROM timer GROUP BY case_id) t"
            ).fetchone()
        assert first is not None
        made.move_clock(first[0] - START + timedelta(minutes=1))
        seen = Backlog(made, COUNT, due_now(made))
        _catch_up(made, notebook, seen)
        yield seen
    notebook.close()


def _catch_up(made: Installation, notebook: Notebook, seen: Backlog) -> None:
    reader = Person("person-1", made, notebook, random.Random(1))
    pages: list[float] = []
    going_on = threading.Event()
    going_on.set()

    def read_on() -> None:
        while going_on.is_set():
            began = time.monotonic()
            try:
                answer = reader.ask("GET", f"/tasks?whose=team&page={1 + len(pages) % 5}")
            except NoAnswer:
                seen.refused += 1
                continue
            pages.append(time.monotonic() - began)
            seen.refused += answer.status_code != 200
            time.sleep(0.1)

    made.run(0)  # the pages first: they answer before the workers begin
    reader.sign_in()
    thread = threading.Thread(target=read_on, daemon=True)
    made.add_workers(WORKERS)
    thread.start()
    began = time.monotonic()
    seen.caught_up = wait_until(lambda: due_now(made) == 0, LONGEST * 3)
    seen.seconds = time.monotonic() - began
    going_on.clear()
    thread.join(60)
    made.stop()
    seen.pages = tuple(pages)


def test_a_backlog_is_caught_up_with_in_time_and_pages_go_on_answering(backlog: Backlog) -> None:
    tell(
        "A backlog of overdue timers",
        {
            "cases": backlog.cases,
            "timers overdue": backlog.due,
            "workers": WORKERS,
            "caught up in, seconds": backlog.seconds,
            "timers a second": backlog.due / backlog.seconds,
            "pages read meanwhile": len(backlog.pages),
            "page, median, seconds": percentile(list(backlog.pages), 0.5),
            "page, p95, seconds": percentile(list(backlog.pages), 0.95),
            "pages without an answer": backlog.refused,
        },
    )
    assert backlog.caught_up
    assert backlog.due >= COUNT
    assert len(backlog.pages) >= 10
    assert backlog.refused == 0
    assert backlog.seconds <= LONGEST
    assert percentile(list(backlog.pages), 0.95) <= SLOWEST


def test_each_overdue_timer_fired_once(backlog: Backlog) -> None:
    with psycopg.connect(backlog.made.conninfo()) as connection:
        acts = connection.execute(
            "SELECT acts, count(*) FROM (SELECT chain, count(*) FILTER (WHERE action = 'timers_fired') AS acts"
            " FROM audit_event WHERE chain > 0 GROUP BY chain) a GROUP BY acts"
        ).fetchall()
        twice = connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM ledger_entry GROUP BY case_id, obligation, role, occasion"
            " HAVING count(*) > 1) d"
        ).fetchone()
        incidents = connection.execute("SELECT count(*) FROM incident").fetchone()
        broken = connection.execute("SELECT count(*) FROM audit_broken()").fetchone()
        kinds = connection.execute(
            "SELECT count(DISTINCT n) FROM (SELECT case_id, count(*) AS n FROM ledger_entry e"
            " JOIN case_record c ON c.id = e.case_id WHERE c.child_id IS NOT NULL GROUP BY case_id) d"
        ).fetchone()
    # periodic cases, which the workers started themselves, have fired nothing
    assert {number: count for number, count in acts if number} == {1: backlog.cases}
    assert (twice, incidents, broken) == ((0,), (0,), (0,))
    assert kinds == (1,), "the copies of one case ended with different ledgers"
