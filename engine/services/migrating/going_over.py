"""One case that goes over to another version, or back: under its lock, whole, in the caller's transaction.

Its open tasks and duties keep their numbers, who has them, what was typed in and their limits; only the elements that
they stand at are named anew. A timer is written only where its name or moment is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from engine.case.asked import AUDIT_WORDS, Asked
from engine.case.case import Case
from engine.case.migrating import Finding, Matching, Migrated, Refused, go_back, migrate
from engine.case.model import Changes
from engine.clock import local
from engine.services.acting import follow_up
from engine.services.desk import Desk
from engine.store.casefile import Act, CaseFile
from engine.store.packed import unpack_bytes
from engine.store.saving import save
from engine.store.tables import CaseRecord


@dataclass(frozen=True)
class Over:
    """What became of a case: the number of the act by which it went, its state until then, and what was found."""

    act: int
    before: bytes
    findings: tuple[Finding, ...] = field(default=())


def try_over(file: CaseFile, matching: Matching, at: datetime) -> Migrated:
    """Bring a case over in memory only, and let it come to rest there. Raises Refused."""
    if not file.state:
        words = "The case has not started: what keeps it from starting has to be resolved first."
        raise Refused([Finding(None, words, refuses=True)])
    return migrate(matching, unpack_bytes(file.state), at=local(max(at, file.updated_at)))


def go_over(
    desk: Desk,
    files: list[CaseFile],
    file: CaseFile,
    matching: Matching,
    target_id: int,
    *,
    plan: int,
    account: int | None,
) -> Over:
    """Bring one of the locked cases over to the new version of a matching. Raises Refused; then nothing changed."""
    moment = max(desk.now(), file.updated_at)
    before = file.state
    if not before:
        try_over(file, matching, moment)
    hold = file.case.hold
    moved = migrate(
        matching,
        unpack_bytes(before),
        at=local(moment),
        by="system" if account is None else str(account),
        detail={"from": matching.old.hash, "to": matching.new.hash},
        hold=hold,
    )
    asked = {"do": "migrate", "mapping": dict(matching.chosen), "plan": plan}
    _take(desk, files, file, moved.case, asked, target_id, matching.new.hash, moment, account)
    return Over(file.acts, before, tuple(moved.findings))


def return_to(
    desk: Desk,
    files: list[CaseFile],
    file: CaseFile,
    matching: Matching,
    source_id: int,
    over: Over,
    *,
    plan: int,
    reason: str,
    account: int | None,
) -> None:
    """Bring a case to which nothing happened since it went over back to where it stood: the very state."""
    by = "system" if account is None else str(account)
    case = go_back(file.case, matching.old, unpack_bytes(over.before), by=by)
    asked = {"do": "return", "act": over.act, "plan": plan, "reason": reason}
    moment = max(desk.now(), file.updated_at)
    _take(desk, files, file, case, asked, source_id, matching.old.hash, moment, account)


def _take(
    desk: Desk,
    files: list[CaseFile],
    file: CaseFile,
    case: Case,
    asked: Asked,
    pack_id: int,
    digest: str,
    moment: datetime,
    account: int | None,
) -> None:
    """Write a case that runs on another version now."""
    file.pack, file.pack_id = case.pack, pack_id
    file.begin(case)
    kept = {name: value for name, value in asked.items() if name != "do" and value not in (None, [])}
    changes = save(desk.session, file, Act(AUDIT_WORDS[asked["do"]], moment, account, kept))
    desk.session.execute(sa.update(CaseRecord).where(CaseRecord.id == file.id).values(pack_id=pack_id))
    _place(desk, file, case, changes)
    follow_up(desk, files, file, asked, changes, at=moment, account=account)


_TASKS = sa.text("""
UPDATE task SET process = n.process, element = n.element, name = n.name, form = n.form, notice = n.notice
  FROM json_to_recordset(cast(:rows AS json)) AS n (
       core_id text, process text, element text, name text, form text, notice text)
 WHERE task.case_id = :case AND task.core_id = n.core_id
   AND (task.process, task.element, task.name, task.form, task.notice)
       IS DISTINCT FROM (n.process, n.element, n.name, n.form, n.notice)
""")
_ENTRIES = sa.text("""
UPDATE ledger_entry AS e SET process = n.process, element = n.element
  FROM json_to_recordset(cast(:rows AS json)) AS n (number smallint, process text, element text)
 WHERE e.case_id = :case AND e.number = n.number AND (e.process, e.element) <> (n.process, n.element)
""")
_TIMERS = sa.text("""
UPDATE timer AS t SET process = n.process, element = n.element
  FROM json_to_recordset(cast(:rows AS json)) AS n (core_id text, process text, element text)
 WHERE t.case_id = :case AND t.core_id = n.core_id AND (t.process, t.element) <> (n.process, n.element)
""")


def _place(desk: Desk, file: CaseFile, case: Case, changes: Changes) -> None:
    """Name the elements anew at which tasks, duties and timers stand."""
    tasks = [
        {
            "core_id": task.id,
            "process": task.process,
            "element": task.element,
            "name": task.name,
            "form": task.form,
            "notice": task.notice,
        }
        for task in case.tasks.values()
    ]
    entries = [
        {"number": entry.number, "process": entry.process, "element": entry.element}
        for entry in changes.entries.values()
    ]
    timers = [
        {"core_id": timer.id, "process": timer.process, "element": timer.element} for timer in case.timers
    ]
    told: tuple[tuple[Any, list[Mapping[str, Any]]], ...] = (
        (_TASKS, [*tasks]),
        (_ENTRIES, [*entries]),
        (_TIMERS, [*timers]),
    )
    for statement, rows in told:
        if rows:
            desk.session.execute(statement, {"case": file.id, "rows": orjson.dumps(rows).decode()})
