"""Opening the pages of a demonstration as each role, and timing each where it is made."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.bench.meter import Cost, Meter
from engine.services import accounts
from engine.services.demo import refuse_real
from engine.services.desk import Caller, NotFound
from engine.store.database import enter_council
from engine.store.tables import Account, AccountRole, Council
from webforms import db
from webforms.timing.samples import MORE, addresses, is_page, lent_secrets
from webforms.timing.trail import Trail

LIMIT = 100.0
"""Milliseconds that a page may take."""
LOOKS = 5
SHOWN = frozenset({200, 302, 303})
"""What a page answers that shows something, or leads on to what does."""


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
    for role, caller, epoch in _people(app, council, frozenset(roles)):
        client = _signed_in(app, caller, epoch)

        def send(action: str, fields: Mapping[str, str], client: FlaskClient = client) -> TestResponse:
            return client.post(action, data=fields)

        with lent_secrets(app, caller) as lent:
            trail = Trail(app, [*addresses(app, caller, role), *lent], send)
            for endpoint, path in trail:
                spent: list[float] = []
                cost = Cost()
                for look in range(looks + 1):
                    sent.clear()
                    began = time.perf_counter()
                    with meter.measure() as this:
                        answer = client.get(path)
                    if answer.status_code not in SHOWN:
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


def untimed(app: Flask, rows: Iterable[Timed]) -> tuple[str, ...]:
    """Return the pages that nobody opened, by their rule: nothing in the database is such a page."""
    opened = {row.endpoint for row in rows}
    return tuple(
        sorted(
            rule.rule
            for rule in app.url_map.iter_rules()
            if is_page(app, rule) and rule.endpoint not in opened
        )
    )


def worst_of(rows: list[Timed]) -> list[Timed]:
    """Return each page once, as the role for which it takes longest, slowest first."""
    worst: dict[tuple[str, str], Timed] = {}
    for row in rows:
        key = (row.endpoint, row.path if row.path in MORE else "")
        if key not in worst or worst[key].median < row.median:
            worst[key] = row
    return sorted(worst.values(), key=lambda row: -row.median)


def _people(app: Flask, council: str, roles: frozenset[str]) -> list[tuple[str, Caller, int]]:
    """Return one person for each role, with the epoch of their sign-ins."""
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
        callers = [
            (role, accounts.resume(session, council, account, epochs[account]), epochs[account])
            for role, account in rows
            if not roles or role in roles
        ]
        session.rollback()
    return [(role, caller, epoch) for role, caller, epoch in callers if caller is not None]


def _signed_in(app: Flask, caller: Caller, epoch: int) -> FlaskClient:
    client = app.test_client()
    with app.app_context():
        now = db.clock().now().timestamp()
    with client.session_transaction() as session:
        session.update(council=caller.council, account=caller.account, epoch=epoch, started=now, seen=now)
    return client
