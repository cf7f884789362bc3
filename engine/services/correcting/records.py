"""What moving, merging, voiding and undoing share: locking, the child's facts in a case, and who had read what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.case.codec import StateError
from engine.pack.values import to_json
from engine.services import access
from engine.services.acting import OF_THE_CHILD, act_on_sibling, tell_episodes
from engine.services.caseview.facts import fact_rows
from engine.services.child_facts import facts_on_record
from engine.services.desk import Desk, InvalidAnswers, NotFound
from engine.store import casefile
from engine.store.casefile import CaseFile, NotStarted
from engine.store.packs import pack_of
from engine.store.tables import Account, CaseRecord, Child, access_log

OF_RECORD = "record of the child"
TOLD_BY_RECORD = frozenset({"start", "vocabulary", "child", OF_RECORD})
"""Where a fact of a child comes from that its record told, and nobody who worked on the case."""


def reason_needed(reason: str) -> None:
    """Raise InvalidAnswers where no reason is given."""
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say what is wrong, and how you know"})


def child_of(desk: Desk, child_id: int | None) -> Child:
    """Return a child's record that stands and that the caller may see. Raises NotFound."""
    child = desk.session.get(Child, child_id, populate_existing=True) if child_id is not None else None
    if child is None or child.merged_into is not None or not access.may_see_child(desk, child):
        raise NotFound("there is no such child on record")
    return child


def lock(desk: Desk, children: Iterable[int], case: int | None = None) -> list[CaseFile]:
    """Lock children in the order of their ids, with their open cases, and a case that may be closed.

    Each child's cases are locked behind the child, as every act on a case does it.
    """
    files: dict[int, CaseFile] = {}
    for child in sorted(set(children)):
        desk.session.execute(sa.select(Child.id).where(Child.id == child).with_for_update())
        files |= {file.id: file for file in casefile.lock(desk.session, pack_of, child=child)}
    if case is not None and case not in files:
        files |= {file.id: file for file in casefile.lock(desk.session, pack_of, case=case)}
    return [files[number] for number in sorted(files)]


def tell_record(desk: Desk, file: CaseFile, child: Child, reason: str, *, forget: bool = False) -> list[str]:
    """Let a case know what a child's record tells; with `forget`, what no record tells is unknown again.

    What was answered in the case itself stands, and is returned.
    """
    now = facts_on_record(desk.session, file.pack.vocabulary, child, desk.now())
    case = desk.session.get_one(CaseRecord, file.id, populate_existing=True)
    known = {name: value for name, value in case.facts.items() if name.startswith(OF_THE_CHILD)}
    rows = {row.fact: row.now for row in fact_rows(desk.session, file.id, file.pack)}
    answered = [
        name
        for name in known
        if name in rows and rows[name].origin != "child" and rows[name].where not in TOLD_BY_RECORD
    ]
    told = {
        name: to_json(value)
        for name, value in now.items()
        if known.get(name, ...) != to_json(value) and name not in answered
    }
    stale = [
        name
        for name in known
        if forget
        and name not in now
        and name not in answered
        and not (name in rows and rows[name].origin in ("decision", "element"))
        and (fact := file.pack.vocabulary.facts.get(name)) is not None
        and not fact.has_default
    ]
    if told or stale:
        asked = {
            "do": "correct",
            "facts": told,
            "forgotten": stale,
            "reason": reason,
            "where": OF_RECORD,
        }
        act_on_sibling(desk, file, asked, account=desk.caller.account)
    return answered


def tell_all(desk: Desk, files: Sequence[CaseFile], *, without: int | None = None) -> None:
    """Let open cases know how their child's earlier episodes now stand."""
    for file in files:
        if file.id != without and (file.status != "closed") and begun(file):
            tell_episodes(desk, file, account=desk.caller.account)


def begun(file: CaseFile) -> bool:
    """Say whether a case has a procedure that runs."""
    try:
        return file.case is not None
    except (NotStarted, StateError):
        return False


def read_by(desk: Desk, *, case: int | None = None, child: int | None = None, since: datetime) -> list[Any]:
    """Return who read a case, or a child's record, since a moment: [name, how often, first, last]."""
    of = access_log.c.case_id == case if case is not None else access_log.c.child_id == child
    rows = desk.session.execute(
        sa.select(
            Account.display_name,
            sa.func.count(),
            sa.func.min(access_log.c.at),
            sa.func.max(access_log.c.at),
        )
        .join(Account, Account.id == access_log.c.account_id)
        .where(of, access_log.c.at >= since)
        .group_by(Account.id, Account.display_name)
        .order_by(Account.display_name)
    )
    return [[name, count, to_json(first), to_json(last)] for name, count, first, last in rows]
