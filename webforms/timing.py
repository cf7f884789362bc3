"""How long pages take: each page that can be read, opened as each role of a demonstration, timed where it is made.

It runs as a program of its own (`python -m webforms.timing`, started by `homeward bench --pages`), because the engine
knows no web. A page is opened in this process, without a network: measured are routing, access, queries and rendering.
On a machine that does other things as well, the CPU column tells what the page itself costs. Pages are found by
their addresses, with the heaviest sample of each kind, and where that does not make one, by the links that lead there.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from rich.console import Console
from rich.table import Table
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError, Rule
from werkzeug.test import TestResponse

from engine.bench.meter import Cost, Meter
from engine.services.demo import refuse_real
from engine.services.desk import OWN_ROLES, Desk, NotFound, system
from engine.store.database import enter_council
from engine.store.packs import in_force
from engine.store.tables import Account, AccountRole, Council
from webforms import db
from webforms.access import rule_of
from webforms.serving import served

LIMIT = 100.0
"""Milliseconds that a page may take."""
LOOKS = 5
FIGURES = frozenset({"median ms", "p95 ms", "CPU ms", "SQL", "KB"})
LINKS = 2
"""How many of the links to pages of one kind are followed, where no sample makes an address."""
NOT_A_PAGE = frozenset({"static", "provider.back", "provider.start", "demonstration.people"})

SAMPLES = {
    "case": "SELECT id FROM case_record WHERE child_id IS NOT NULL AND status <> 'closed' ORDER BY acts DESC LIMIT 1",
    "child": "SELECT child_id FROM episode GROUP BY child_id ORDER BY count(*) DESC, child_id LIMIT 1",
    "task": "SELECT id FROM task WHERE role = ANY(:roles) AND NOT external ORDER BY due, id LIMIT 1",
    "file": "SELECT id FROM intake_file ORDER BY id DESC LIMIT 1",
    "row": "SELECT id FROM intake_row WHERE outcome IN ('waiting', 'bad') ORDER BY id LIMIT 1",
    "incident": "SELECT id FROM incident ORDER BY id DESC LIMIT 1",
    "notice": "SELECT id FROM notice ORDER BY id DESC LIMIT 1",
    "number": "SELECT number FROM ledger_entry WHERE outcome = 'open' ORDER BY case_id DESC LIMIT 1",
    "request_id": "SELECT id FROM outside_request ORDER BY id DESC LIMIT 1",
    "meeting": "SELECT id FROM meeting ORDER BY id DESC LIMIT 1",
    "attachment": "SELECT id FROM attachment ORDER BY id DESC LIMIT 1",
    "correction": "SELECT id FROM correction ORDER BY id DESC LIMIT 1",
    "audit": "SELECT id FROM case_audit ORDER BY id DESC LIMIT 1",
    "account": "SELECT id FROM account ORDER BY id LIMIT 1",
    "event": "SELECT 'returned'",
    "kind": "SELECT 'language'",
    "act": "SELECT 'release'",
    "token": "SELECT 'a-link-that-nobody-made'",
}
"""What stands for each part of an address: the heaviest of its kind, where that is known."""
MORE = (
    "/tasks?whose=all",
    "/tasks?whose=all&overdue=overdue",
    "/tasks?whose=team&page=3",
    "/tasks?whose=all&page=100",
    "/cases?text=a",
    "/cases?text=Kershaw",
    "/cases?page=100",
    "/cases?status=open",
)
"""Pages that cost more by what follows the question mark."""


@dataclass(frozen=True)
class Timed:
    """A page as one role opens it; times in milliseconds."""

    endpoint: str
    path: str
    role: str
    median: float
    p95: float
    cpu: float
    """Of this process and its database connection together, the mean."""
    statements: int
    bytes: int


def timed_pages(
    app: Flask, council: str, *, looks: int = LOOKS, roles: Iterable[str] = ()
) -> Iterator[Timed]:
    """Open every page as every role of a council that may, so many times, and give each as it is measured.

    Pages that a role may not open, and those about something that the database holds none of, are left out (`untimed`).
    """
    sent: list[str] = []
    with app.app_context():
        engine = db.database.engine
        meter = Meter(engine)

    def note(*row: Any) -> None:
        sent.append(row[2])

    sa.event.listen(engine, "before_cursor_execute", note)
    for role, account, epoch in _people(app, council, frozenset(roles)):
        client = app.test_client()
        with app.app_context():
            now = db.clock().now().timestamp()
        _sign_in(client, now, council, account, epoch)
        trail = Trail(app, _addresses(app, council, role))
        for endpoint, path in trail:
            spent: list[float] = []
            cost = Cost()
            for look in range(looks + 1):
                sent.clear()
                began = time.perf_counter()
                with meter.measure() as this:
                    answer = client.get(path)
                if answer.status_code != 200:
                    trail.led(answer.location)
                    break
                if look:  # the first reading fills caches, as the first visitor of a process does
                    spent.append((time.perf_counter() - began) * 1000)
                    cost.cpu += this.cpu
            if spent:
                trail.reached(endpoint, answer)
                spent.sort()
                last = spent[min(len(spent) - 1, int(len(spent) * 0.95))]
                middle, cpu = spent[len(spent) // 2], cost.cpu / looks * 1000
                yield Timed(endpoint, path, role, middle, last, cpu, len(sent), len(answer.data))
    sa.event.remove(engine, "before_cursor_execute", note)


class Trail:
    """The pages that one person opens: those whose address is known, then those that only links lead to."""

    def __init__(self, app: Flask, known: Iterable[tuple[str, str]]) -> None:
        self._app, self._adapter = app, app.url_map.bind("homeward.invalid")
        self._next = deque(known)
        self._linked: deque[tuple[str, str]] = deque()
        self._seen = {path for _, path in self._next}
        self._opened: dict[str, int] = {}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        while self._next or self._linked:
            if self._next:
                yield self._next.popleft()
                continue
            endpoint, path = self._linked.popleft()
            if self._opened.get(endpoint, 0) < LINKS:
                yield endpoint, path

    def reached(self, endpoint: str, answer: TestResponse) -> None:
        """Take note of a page that opened, and of the links on it."""
        self._opened[endpoint] = self._opened.get(endpoint, 0) + (1 if not self._next else LINKS)
        if answer.mimetype != "text/html":
            return
        for link in html.fromstring(answer.data).iter("a"):
            self.led(link.get("href"))

    def led(self, link: str | None) -> None:
        """Take note of where a link or a redirection leads, if it leads to a page of ours."""
        path = (link or "").partition("#")[0]
        if path.startswith("/") and path not in self._seen:
            self._seen.add(path)
            if (leads := self._endpoint(path)) is not None:
                self._linked.append((leads, path))

    def _endpoint(self, path: str) -> str | None:
        try:
            endpoint, _ = self._adapter.match(path.partition("?")[0], method="GET")
        except HTTPException:
            return None
        declared = rule_of(self._app.view_functions[endpoint])
        return None if endpoint in NOT_A_PAGE or declared is None else endpoint


def untimed(app: Flask, rows: Iterable[Timed]) -> tuple[str, ...]:
    """Return the pages that nobody opened, by their rule: nothing in the database is such a page, or it leads on."""
    opened = {row.endpoint for row in rows}
    return tuple(
        sorted(
            rule.rule
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint not in opened | NOT_A_PAGE
        )
    )


def _people(app: Flask, council: str, roles: frozenset[str]) -> list[tuple[str, int, int]]:
    with app.app_context():
        session = db.session()
        refuse_real(session)
        enter_council(session, council)
        if session.scalar(sa.select(Council.id).where(Council.code == council)) is None:
            raise NotFound(f"there is no council {council} in this database")
        rows = session.execute(
            sa.select(AccountRole.role, sa.func.min(Account.id))
            .join(Account, Account.id == AccountRole.account_id)
            .where(Account.disabled_at.is_(None))
            .group_by(AccountRole.role)
            .order_by(AccountRole.role)
        ).all()
        epochs = dict(session.execute(sa.select(Account.id, Account.session_epoch)).all())
        session.rollback()
    return [(role, account, epochs[account]) for role, account in rows if not roles or role in roles]


def _sign_in(client: FlaskClient, now: float, council: str, account: int, epoch: int) -> None:
    with client.session_transaction() as session:
        session.update(council=council, account=account, epoch=epoch, started=now, seen=now)


def _addresses(app: Flask, council: str, role: str) -> list[tuple[str, str]]:
    """Return endpoint and address of every page that a role may open, with samples in the place of its parts."""
    with app.app_context():
        session = db.session()
        desk = Desk(session, db.clock(), db.packs(), system(council), db.settings())
        pack = in_force(session, desk.now().date())[1]
        known: dict[str, Any] = {
            "clause": next(iter(pack.clauses)),
            "process": max(pack.processes, key=lambda name: len(pack.processes[name].elements)),
            "check": next(iter(pack.checks), None),
        }
        for name, statement in SAMPLES.items():
            table = re.search(r"FROM (\w+)", statement)
            if table is None or sa.inspect(session.connection()).has_table(table[1]):
                found = session.execute(
                    sa.text(statement), {"roles": [role]} if ":roles" in statement else {}
                )
                known[name] = found.scalar()
        session.rollback()
    held = frozenset({role})
    pages = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            declared = rule_of(app.view_functions[rule.endpoint])
            if "GET" not in (rule.methods or ()) or rule.endpoint in NOT_A_PAGE or declared is None:
                continue
            if declared.admits(held) and (path := _built(rule, known)) is not None:
                pages.append((rule.endpoint, path))
    pages.sort()
    if role not in OWN_ROLES:
        pages += [(path.split("?")[0].strip("/") + " …", path) for path in MORE]
    return pages


def _built(rule: Rule, known: dict[str, Any]) -> str | None:
    parts = {name: known.get(name) for name in rule.arguments}
    if any(value is None for value in parts.values()):
        return None
    try:
        built = rule.build(parts, append_unknown=False)
    except (BuildError, ValueError, TypeError):
        return None
    return None if built is None else built[1]


# --- the table


@click.command()
@click.option("--council", required=True)
@click.option("--looks", default=LOOKS, show_default=True)
@click.option("--role", "roles", multiple=True)
@click.option("--json", "as_json", is_flag=True)
def main(council: str, looks: int, roles: tuple[str, ...], as_json: bool) -> None:
    """Time every page of a demonstration council; end with status 1 where one takes more than 100 ms."""
    app = served()
    console = Console(stderr=True)
    with console.status("Opening pages") as status:
        rows = []
        for row in timed_pages(app, council, looks=looks, roles=roles):
            rows.append(row)
            status.update(f"Opening pages as {row.role}: {len(rows)}")
    worst = worst_of(rows)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        _show(worst, len(rows))
        missed = untimed(app, rows)
        click.echo(
            f"{len(missed)} pages were not opened: this demonstration has none of them, or they lead on:"
        )
        click.echo("".join(f"  {rule}\n" for rule in missed), nl=False)
    sys.exit(1 if any(row.median > LIMIT for row in worst) else 0)


def worst_of(rows: list[Timed]) -> list[Timed]:
    """Return each page once, as the role for which it takes longest, slowest first."""
    worst: dict[tuple[str, str], Timed] = {}
    for row in rows:
        key = (row.endpoint, row.path if row.path in MORE else "")
        if key not in worst or worst[key].median < row.median:
            worst[key] = row
    return sorted(worst.values(), key=lambda row: -row.median)


def _show(rows: list[Timed], opened: int) -> None:
    slow = sum(row.median > LIMIT for row in rows)
    table = Table(
        title=f"{len(rows)} pages, each as the role it takes longest for ({opened} opened); {slow} over 100 ms"
    )
    for heading in ("page", "address", "role", "median ms", "p95 ms", "CPU ms", "SQL", "KB", ""):
        table.add_column(heading, justify="right" if heading in FIGURES else "left")
    for row in rows:
        table.add_row(
            row.endpoint,
            row.path,
            row.role,
            f"{row.median:.1f}",
            f"{row.p95:.1f}",
            f"{row.cpu:.1f}",
            str(row.statements),
            f"{row.bytes / 1024:.0f}",
            "OVER" if row.median > LIMIT else "",
        )
    Console(width=180).print(table)


if __name__ == "__main__":
    main()
