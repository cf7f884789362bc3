"""The campaign: people at work in many cases, time that runs, and processes that are killed in the middle of it."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg

from tests.prove.installation import Installation, load_children, wait_until
from tests.prove.notebook import DONE, Notebook
from tests.prove.people import Person, as_csv, keep_working, notifications

WORKERS = 2
PEOPLE = 6
FILE = 10
"""Children in a file of notifications."""
SETTLING = 240.0
"""Seconds at most until everything is at rest: jobs of a killed worker are given to another after a minute."""


@dataclass
class Campaign:
    """What is to happen; afterwards, what did."""

    made: Installation
    notebook: Notebook
    seed: int
    cases: int
    kills: int
    killed: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    at_rest: bool = False
    seconds: float = 0.0

    def run(self) -> None:
        """Run it whole, and bring everything to rest."""
        began = time.monotonic()
        chance = random.Random(self.seed)
        load_children(self.made, self.cases)
        self.made.run(WORKERS)
        people = [
            Person(f"person-{n}", self.made, self.notebook, random.Random(self.seed + n))
            for n in range(1, PEOPLE + 1)
        ]
        going_on = threading.Event()
        going_on.set()
        threads = [
            threading.Thread(target=keep_working, args=(person, going_on, {"event": 0.2}), daemon=True)
            for person in people[1:]
        ]
        uploads = threading.Thread(target=self._upload, args=(people[0], going_on), daemon=True)
        for thread in (uploads, *threads):
            thread.start()
        self._kill(chance, uploads)
        uploads.join(120)
        going_on.clear()
        for thread in threads:
            thread.join(120)
        for person in people:
            self.statuses.update(person.statuses)
            self.faults += person.faults
        self._settle()
        self.made.stop()
        self.seconds = time.monotonic() - began

    def _upload(self, person: Person, going_on: threading.Event) -> None:
        """Bring in the notifications, file by file; some tell of children again, or that they are back."""
        chance = person.chance
        for first in range(1, self.cases + 1, FILE):
            before = range(1, first)
            again = chance.sample(before, 2) if first > FILE else []
            back = chance.sample([n for n in before if n not in again], 2) if first > FILE else []
            rows = notifications(first, FILE, again, back, self.made.now())
            person.upload(f"notifications-{first:04d}.csv", as_csv(rows), rows)
            time.sleep(chance.random())
        keep_working(person, going_on, {"event": 0.2})

    def _kill(self, chance: random.Random, uploads: threading.Thread) -> None:
        """Kill one process after another, each in the middle of something."""
        workers = [f"worker {n}" for n in range(1, WORKERS + 1)]
        third = self.kills // 3
        names = ["web"] * third + ["web process"] * third
        names += [workers[n % WORKERS] for n in range(self.kills - len(names))]
        chance.shuffle(names)
        for name in names:
            self._let_work_go_on(name)
            if name.startswith("worker"):
                self.made.move_clock(timedelta(hours=chance.randint(7, 12)))
            else:
                self.made.move_clock(timedelta(minutes=chance.randint(1, 12)))
            time.sleep(chance.uniform(0.0, 2.0))
            while self.made.kill(name) is None:
                time.sleep(0.1)
            self.killed[name.rstrip(" 0123456789")] += 1

    def _let_work_go_on(self, name: str) -> None:
        """Wait until the last kill is got over: pages answer and something is done again, or the worker has swept."""
        if name.startswith("worker"):
            wait_until(lambda: self.made.worked(name), 60)
            return
        done = self.notebook.count(DONE) + 4
        wait_until(lambda: self.notebook.count(DONE) >= done, 60)

    def _settle(self) -> None:
        """Let the sends whose sender died run out, and wait until nothing is left to do at this moment."""
        self.made.move_clock(timedelta(minutes=10))
        self.at_rest = wait_until(self._nothing_to_do, SETTLING)

    def _nothing_to_do(self) -> bool:
        now = self.made.now()
        with psycopg.connect(self.made.conninfo()) as connection:
            (left,) = connection.execute(
                "SELECT (SELECT count(*) FROM timer t JOIN case_record c ON c.id = t.case_id"
                "         WHERE t.due <= %(now)s AND c.status <> 'quarantined')"
                " + (SELECT count(*) FROM intake_row WHERE outcome = 'received')"
                " + (SELECT count(*) FROM notice WHERE state IN ('pending', 'sending') AND next_attempt <= %(now)s)"
                " + (SELECT count(*) FROM incident WHERE kind = 'case' AND resolved_at IS NULL AND retry_at <= %(now)s)",
                {"now": now},
            ).fetchone() or (0,)
        return int(left) == 0
