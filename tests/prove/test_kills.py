"""Kill -9 of web and worker in the middle of two hundred running cases: nothing is lost, nothing is done twice.

The judge has judges of its own: copies of the database at rest are spoilt, one fault each, and each has to be found.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from engine.pack.library import Library
from engine.pack.model import Pack
from engine.store.embedded import DATABASE
from tests.prove.campaign import Campaign
from tests.prove.figures import tell
from tests.prove.installation import COUNCIL, PACKS, Installation, installed
from tests.prove.notebook import DONE, DOUBTFUL, REFUSED, Intent, Notebook
from tests.prove.oracle import Verdict, examine

pytestmark = pytest.mark.prove

CASES = int(os.environ.get("PROVE_CASES", "200"))
KILLS = int(os.environ.get("PROVE_KILLS", "25"))
SEED = int(os.environ.get("PROVE_SEED", "20261121"))
START = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)  # a Monday morning


@dataclass
class Fought:
    """A campaign that is over, and what it left behind."""

    campaign: Campaign
    made: Installation
    intents: list[Intent]
    messages: list[str]
    pack: Pack

    def judge(self, database: str = DATABASE, *, replay: list[int] | None = None) -> Verdict:
        return examine(
            self.made.conninfo(database),
            self.intents,
            self.messages,
            self.pack,
            self.made.now(),
            replay=replay,
        )


@pytest.fixture(scope="module")
def fought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fought]:
    """The campaign, fought once for all tests here."""
    notebook = Notebook(tmp_path_factory.mktemp("notebook") / "intents.sqlite")
    with installed(START) as made:
        campaign = Campaign(made, notebook, SEED, CASES, KILLS)
        campaign.run()
        pack = Library(PACKS).get(COUNCIL)
        yield Fought(campaign, made, notebook.intents(), list(made.mailbox.taken), pack)
    notebook.close()


def test_nothing_is_lost_and_nothing_is_done_twice(fought: Fought) -> None:
    campaign, verdict = fought.campaign, fought.judge()
    answers = Counter(intent.answer for intent in fought.intents)
    kinds = Counter(intent.kind for intent in fought.intents)
    lost = [words for words in verdict.findings if "lost" in words]
    doubled = [words for words in verdict.findings if "doubled" in words]
    tell(
        "Kills in the middle of running cases",
        {
            "kills": sum(campaign.killed.values()),
            **{
                f"  of a {name}" if name != "web" else "  of the web server": n
                for name, n in campaign.killed.items()
            },
            "starts by the supervisor": fought.made.restarts,
            "acts meant": len(fought.intents),
            **{f"  {kind}": count for kind, count in sorted(kinds.items())},
            "acknowledged": answers[DONE],
            "in doubt": answers[DOUBTFUL],
            "refused": answers[REFUSED],
            "sent more than once": sum(intent.tries > 1 for intent in fought.intents),
            **verdict.figures,
            "requests by status": dict(sorted(campaign.statuses.items())),
            "lost": len(lost),
            "doubled": len(doubled),
            "other findings": len(verdict.findings) - len(lost) - len(doubled),
            "seed": campaign.seed,
            "seconds": campaign.seconds,
            **{f"finding {n}": words for n, words in enumerate(verdict.findings[:20], start=1)},
        },
    )
    assert campaign.at_rest, "something was still to be done when time was up"
    assert not verdict.findings
    assert sum(campaign.killed.values()) == KILLS
    assert verdict.figures["cases"] >= CASES
    assert answers[DOUBTFUL] > 0, "no kill met a request under way: the campaign proves nothing"
    assert answers[DONE] >= CASES


def test_people_see_no_fault_of_the_server(fought: Fought) -> None:
    assert fought.campaign.faults == []


def test_the_audit_verification_finds_every_chain_whole(fought: Fought) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "audit", "verify"],
        env=fought.made.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "whole" in done.stdout


# --- negative controls: each spoils a copy in one way, which the judge has to name

Spoil = Callable[[psycopg.Connection[tuple[int, ...]], Fought], int]
"""Spoils a database and returns the case that it spoilt."""


def one(connection: psycopg.Connection[tuple[int, ...]], statement: str, *values: object) -> int:
    found = connection.execute(statement, values or None).fetchone()
    assert found is not None, "the campaign left nothing of the kind behind"
    return int(found[0])


def lose_an_act(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    """Drop the last act of a case so neatly that its chain looks whole."""
    tasks = [i.what["task"] for i in fought.intents if i.kind == "task" and i.answer == DONE]
    case = one(
        connection,
        "SELECT chain FROM audit_event a WHERE action = 'task_completed' AND task_id = ANY(%s)"
        " AND seq = (SELECT max(seq) FROM audit_event b WHERE b.chain = a.chain) LIMIT 1",
        tasks,
    )
    connection.execute(
        "DELETE FROM audit_event a WHERE chain = %s AND seq ="
        " (SELECT max(seq) FROM audit_event b WHERE b.chain = a.chain)",
        (case,),
    )
    connection.execute("UPDATE case_record SET acts = acts - 1 WHERE id = %s", (case,))
    return case


def repeat_an_act(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    """Enter a completion a second time, as a chain would hold it."""
    connection.execute("SET session_replication_role = origin")
    case = one(
        connection,
        "INSERT INTO audit_event (chain, at, account_id, task_id, council_id, action, detail)"
        " SELECT chain, at, account_id, task_id, council_id, action, detail FROM audit_event"
        " WHERE action = 'task_completed' LIMIT 1 RETURNING chain",
    )
    connection.execute("UPDATE case_record SET acts = acts + 1 WHERE id = %s", (case,))
    return case


def repeat_an_entry(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    columns = (
        "council_id, external, whole_day, raised, trigger, clock, due, target, done, obligation, role, clauses, force,"
        " process, element, occasion, outcome, by, task, reason, working"
    )
    return one(
        connection,
        f"INSERT INTO ledger_entry (case_id, number, {columns}) SELECT case_id, number + 1000, {columns}"
        " FROM ledger_entry LIMIT 1 RETURNING case_id",
    )


def lose_an_entry(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    return one(
        connection,
        "DELETE FROM ledger_entry WHERE (case_id, number) = (SELECT case_id, max(number) FROM ledger_entry"
        " GROUP BY case_id LIMIT 1) RETURNING case_id",
    )


def change_a_limit(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    return one(
        connection,
        "UPDATE ledger_entry SET due = due + interval '1 minute' WHERE (case_id, number) ="
        " (SELECT case_id, number FROM ledger_entry WHERE due IS NOT NULL LIMIT 1) RETURNING case_id",
    )


def forget_a_timer(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    return one(
        connection,
        "DELETE FROM timer WHERE (case_id, core_id) = (SELECT case_id, core_id FROM timer LIMIT 1) RETURNING case_id",
    )


def leave_a_timer_unfired(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    return one(
        connection,
        "UPDATE timer SET due = '2026-01-01' WHERE (case_id, core_id) ="
        " (SELECT case_id, core_id FROM timer LIMIT 1) RETURNING case_id",
    )


def lose_a_row(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    connection.execute(
        "DELETE FROM intake_row WHERE id = (SELECT max(id) FROM intake_row WHERE outcome = 'recorded')"
    )
    return 0


def lose_a_notice(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    return one(
        connection,
        "DELETE FROM notice WHERE id = (SELECT max(id) FROM notice WHERE state = 'sent') RETURNING case_id",
    )


def pretend_to_have_sent(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    return one(
        connection,
        "INSERT INTO notice (council_id, case_id, key, notice, element, recipient, created_at, state, message_id)"
        " SELECT council_id, case_id, %s, notice, element, recipient, created_at, 'sent', %s FROM notice LIMIT 1"
        " RETURNING case_id",
        str(uuid.uuid4()),
        "notice-0@nowhere",
    )


def strand_a_case(connection: psycopg.Connection[tuple[int, ...]], fought: Fought) -> int:
    case = one(connection, "SELECT id FROM case_record WHERE status = 'open' LIMIT 1")
    for table in ("task", "timer"):
        connection.execute(f"DELETE FROM {table} WHERE case_id = %s", (case,))
    connection.execute("UPDATE ledger_entry SET outcome = 'withdrawn' WHERE case_id = %s", (case,))
    return case


SPOILT: list[tuple[Spoil, str]] = [
    (lose_an_act, "lost: its completion was acknowledged and is not on record"),
    (repeat_an_act, "doubled: it was completed 2 times"),
    (repeat_an_entry, "stands in the ledger 2 times"),
    (lose_an_entry, "its ledger differs from its acts"),
    (change_a_limit, "its ledger differs from its acts"),
    (forget_a_timer, "its timers differs from its acts"),
    (leave_a_timer_unfired, "is due and has not fired"),
    (lose_a_row, ": lost"),
    (lose_a_notice, "no notice of the outbox is it"),
    (pretend_to_have_sent, "it counts as sent and never arrived"),
    (strand_a_case, "stuck: it is open, and nobody and nothing will carry it on"),
]


@pytest.mark.parametrize(("spoil", "words"), SPOILT, ids=[spoil.__name__ for spoil, _ in SPOILT])
def test_what_was_spoilt_is_found(fought: Fought, spoil: Spoil, words: str) -> None:
    name = f"copy_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(fought.made.conninfo("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE}")
    try:
        with psycopg.connect(fought.made.conninfo(name)) as connection:
            connection.execute("SET session_replication_role = replica")  # past the guards of the tables
            case = spoil(connection, fought)
        found = fought.judge(name, replay=[case] if case else []).findings
        assert any(words in finding for finding in found), found
    finally:
        with psycopg.connect(fought.made.conninfo("postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_message_that_arrived_twice_is_found(fought: Fought) -> None:
    fought.messages.append(fought.messages[0])
    try:
        found = fought.judge(replay=[]).findings
    finally:
        fought.messages.pop()
    assert any("doubled: it arrived 2 times" in finding for finding in found)


def test_a_notebook_is_on_disk_before_a_request_leaves(tmp_path: Path) -> None:
    path = tmp_path / "intents.sqlite"
    notebook = Notebook(path)
    notebook.intend("task", "m", task=1)
    with contextlib.closing(
        sqlite3.connect(path)
    ) as other:  # a reader of its own, while the writer is still open
        assert other.execute("SELECT mark, answer FROM intent").fetchall() == [("m", DOUBTFUL)]
    notebook.close()
