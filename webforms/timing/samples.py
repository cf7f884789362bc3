"""Addresses of pages as one role may open them: what stands in their places is the heaviest that the database holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import BuildError, Rule

from engine.services import calendar_feed
from engine.services.caseview.view import HOLDING
from engine.services.covering import HELD
from engine.services.desk import OWN_ROLES, Caller, Desk
from engine.services.outside import links
from engine.services.tasks.several import MOST
from engine.store.database import enter_council
from engine.store.packs import in_force
from engine.store.tables import OutsideRequest, OutsideToken
from webforms import db
from webforms.access import rule_of

NOT_A_PAGE = frozenset({"static", "provider.back", "provider.start", "demonstration.people"})

PARTS = {
    "case": "SELECT id FROM case_record WHERE child_id IS NOT NULL AND status <> 'closed' ORDER BY acts DESC LIMIT 1",
    "child": "SELECT child_id FROM episode GROUP BY child_id ORDER BY count(*) DESC, child_id LIMIT 1",
    "task": "SELECT id FROM task WHERE role = ANY(:roles) AND NOT external ORDER BY due, id LIMIT 1",
    "file": "SELECT id FROM intake_file ORDER BY id DESC LIMIT 1",
    "row": "SELECT id FROM intake_row WHERE outcome IN ('waiting', 'bad') ORDER BY id LIMIT 1",
    "incident": "SELECT id FROM incident ORDER BY id DESC LIMIT 1",
    "notice": "SELECT id FROM notice ORDER BY id DESC LIMIT 1",
    "request_id": "SELECT id FROM outside_request ORDER BY id DESC LIMIT 1",
    "meeting": "SELECT id FROM meeting ORDER BY id DESC LIMIT 1",
    "attachment": "SELECT id FROM attachment ORDER BY id DESC LIMIT 1",
    "correction": "SELECT id FROM correction ORDER BY id DESC LIMIT 1",
    "audit": "SELECT id FROM case_audit ORDER BY id DESC LIMIT 1",
    "account": "SELECT id FROM account ORDER BY id LIMIT 1",
    "event": "SELECT 'returned'",
    "kind": "SELECT 'language'",
    "act": "SELECT 'release'",
}
"""What stands for a part of any address: the heaviest of its kind, where that is known."""
LARGEST_FILE = """SELECT draft_id AS draft, path FROM draft_file WHERE content IS NOT NULL
    ORDER BY length(content) DESC LIMIT 1"""
WHOLE = (
    (
        "assignment.several_to",
        "SELECT array_agg(id) AS task FROM (SELECT id FROM task WHERE NOT external ORDER BY due, id LIMIT :most) t",
    ),
    (
        "cases.complete_entry",
        "SELECT case_id AS \"case\", number FROM ledger_entry WHERE outcome = 'open' AND external LIMIT 1",
    ),
    (
        "covering.choose",
        """SELECT l.case_id AS "case" FROM ledger_entry l JOIN case_record c ON c.id = l.case_id
        JOIN audit_event a ON a.chain = c.id AND a.at = l.done AND a.action = 'task_completed'
        WHERE l.obligation = ANY(:holding) AND l.outcome = ANY(:held) ORDER BY l.done DESC LIMIT 1""",
    ),
    ("figures.kept", "SELECT task_id AS task FROM kept_figures ORDER BY kept_at DESC LIMIT 1"),
    ("figures.download_kept", "SELECT task_id AS task FROM kept_figures ORDER BY kept_at DESC LIMIT 1"),
    ("meetings.minutes", "SELECT id AS meeting FROM meeting WHERE state = 'held' ORDER BY id DESC LIMIT 1"),
    ("meetings.show", "SELECT id AS meeting FROM meeting WHERE state = 'held' ORDER BY id DESC LIMIT 1"),
    (
        "admin.settle",
        "SELECT id AS incident FROM incident WHERE kind = 'routing' AND resolved_at IS NULL LIMIT 1",
    ),
    *(
        (endpoint, LARGEST_FILE)
        for endpoint in ("drafting.file", "drafting.download_file", "drafting.remarks_on")
    ),
    ("drafting.vocabulary", "SELECT id AS draft FROM draft ORDER BY id DESC LIMIT 1"),
)
"""Addresses whose parts must fit together, or that need what follows the question mark: a column for each."""
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


def addresses(app: Flask, caller: Caller, role: str) -> list[tuple[str, str]]:
    """Return endpoint and address of every page that a role may open and the database has something for."""
    held = frozenset({role})
    with app.app_context():
        desk = _desk(caller)
        known = {**_of_the_pack(desk), **_parts(desk.session, role)}
        whole = [(endpoint, row) for endpoint, text in WHOLE if (row := _row(desk.session, text)) is not None]
        desk.session.rollback()
    pages = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if _admits(app, rule, held) and (path := _built(rule, known)) is not None:
                pages.append((rule.endpoint, path))
    pages.sort()
    adapter = app.url_map.bind("homeward.invalid")
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
    pages += [
        (endpoint, adapter.build(endpoint, parts))
        for endpoint, parts in whole
        if _admits(app, rules[endpoint], held)
    ]
    if role not in OWN_ROLES:
        pages += [(path.split("?")[0].strip("/") + " …", path) for path in MORE]
    return pages


@contextmanager
def lent_secrets(app: Flask, caller: Caller) -> Iterator[list[tuple[str, str]]]:
    """Give endpoint and address of the pages that a secret opens, and end the secrets afterwards.

    Only digests of them are kept, so that none can be looked up: a request of people outside gets one more link, the
    caller a calendar unless there is one.
    """
    adapter, lent = app.url_map.bind("homeward.invalid"), []
    with app.app_context():
        desk = _desk(caller)
        token, request = "", desk.session.scalars(_ASKED, {"now": desk.now()}).first()
        if request is not None:
            token = links.new_token(desk, request)
            lent.append(("outside.answer", adapter.build("outside.answer", {"token": token})))
        secret = calendar_feed.make(desk) if calendar_feed.made_at(desk) is None else None
        if secret is not None:
            lent.append(("calendar_feed.show", adapter.build("calendar_feed.show", {"token": secret})))
        desk.session.commit()
    try:
        yield lent
    finally:
        with app.app_context():
            desk = _desk(caller)
            desk.session.execute(sa.delete(OutsideToken).where(OutsideToken.digest == links.digest_of(token)))
            if secret is not None:
                calendar_feed.end(desk)
            desk.session.commit()


_ASKED = (
    sa.select(OutsideRequest)
    .where(OutsideRequest.state == "open", OutsideRequest.expires_at > sa.bindparam("now"))
    .order_by(OutsideRequest.code_hash.is_not(None), OutsideRequest.id.desc())
)
"""Requests that can be answered, first those whose link opens the form without a code."""


def is_page(app: Flask, rule: Rule) -> bool:
    """Say whether a rule is a page that somebody may read."""
    readable = "GET" in (rule.methods or ()) and rule.endpoint not in NOT_A_PAGE
    return readable and rule_of(app.view_functions[rule.endpoint]) is not None


def _admits(app: Flask, rule: Rule, held: frozenset[str]) -> bool:
    declared = rule_of(app.view_functions[rule.endpoint])
    return is_page(app, rule) and declared is not None and declared.admits(held)


def _desk(caller: Caller) -> Desk:
    session = db.session()
    enter_council(session, caller.council)
    return Desk(session, db.clock(), db.packs(), caller, db.settings())


def _of_the_pack(desk: Desk) -> dict[str, Any]:
    pack = in_force(desk.session, desk.now().date())[1]
    read = (name for name, clause in pack.clauses.items() if clause.reading)
    return {
        "clause": next(read, next(iter(pack.clauses))),
        "process": max(pack.processes, key=lambda name: len(pack.processes[name].elements)),
        "check": next(iter(pack.checks), None),
    }


def _parts(session: Session, role: str) -> dict[str, Any]:
    known = {}
    for name, statement in PARTS.items():
        table = re.search(r"FROM (\w+)", statement)
        if table is None or sa.inspect(session.connection()).has_table(table[1]):
            values = {"roles": [role]} if ":roles" in statement else {}
            known[name] = session.execute(sa.text(statement), values).scalar()
    return known


def _row(session: Session, statement: str) -> Mapping[str, Any] | None:
    values = {"most": MOST, "holding": list(HOLDING), "held": list(HELD)}
    asked = {name: value for name, value in values.items() if f":{name}" in statement}
    row = session.execute(sa.text(statement), asked).mappings().first()
    return None if row is None or None in row.values() else dict(row)


def _built(rule: Rule, known: Mapping[str, Any]) -> str | None:
    parts = {name: known.get(name) for name in rule.arguments}
    if any(value is None for value in parts.values()):
        return None
    try:
        built = rule.build(parts, append_unknown=False)
    except (BuildError, ValueError, TypeError):
        return None
    return None if built is None else built[1]
