"""A case between the database and the core: locked and loaded whole, its changes written in a handful of statements.

Everything here works on the current transaction and commits nothing. Reading a case costs the same after a thousand
acts as after one: closed entries, ended tasks and earlier acts are never read.

The statements are plain SQL over arrays, because one statement for all rows of a kind is what keeps an act cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.case.case import Case
from engine.case.model import Changes, Entry, OpenTask
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.pack.values import to_json
from engine.store.packed import pack, pack_bytes, unpack_bytes

Packs = Callable[[Session, int, str], Pack]
"""Finds a pack by the id and the hash of its version (engine.store.packs.pack_of)."""


class Outpaced(HomewardError):
    """The case changed between loading and saving, which the lock should make impossible: nothing was written."""


class NotStarted(HomewardError):
    """A case stands in the list but its procedure could not start."""


@dataclass
class CaseFile:
    """A case in the hand: its row, locked, and the core that runs it, loaded when it is first asked for."""

    id: int
    child_id: int | None
    pack_id: int
    reference: str
    status: str
    opened_at: datetime
    updated_at: datetime
    acts: int
    version: int
    pack: Pack
    state: bytes = b""
    """The stored state, packed; empty where the case could not even start."""
    task_ids: dict[str, int] = field(default_factory=dict)
    """Ids of the tasks opened by the last save, by their id in the core."""
    _case: Case | None = None
    _timers: dict[str, datetime] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        """The core; raises NotStarted or StateError where there is none to be had."""
        if self._case is None:
            if not self.state:
                raise NotStarted(
                    f"the case {self.reference} has not started: its incident has to be resolved first"
                )
            self._case = Case.load(self.pack, unpack_bytes(self.state))
            self._timers = {timer.id: timer.due for timer in self._case.timers}
        return self._case

    def begin(self, case: Case) -> None:
        """Take a core that has just started."""
        self._case = case

    def discard(self) -> None:
        """Throw the core away after an act that failed half way; the stored state still stands."""
        self._case = None


@dataclass(frozen=True)
class Act:
    """What is done to a case: the words and details that go into its audit chain."""

    action: str
    at: datetime
    account: int | None
    detail: Mapping[str, Any]
    task: int | None = None


# The child's row is locked first, then cases in order of id: whoever changes a child's record comes the same way, so
# nobody waits in a circle. The child's other open cases come along, because what belongs to the child changes in all.
_LOCK = """
WITH kid AS (
  SELECT id FROM child WHERE id = {child} FOR NO KEY UPDATE {skip}
)
SELECT c.id, c.child_id, c.pack_id, c.reference, c.status, c.opened_at, c.updated_at, c.acts, s.version, s.state,
       p.hash, kid.id AS kid
  FROM case_record c JOIN case_state s ON s.case_id = c.id JOIN pack_version p ON p.id = c.pack_id
  LEFT JOIN kid ON kid.id = c.child_id
 WHERE {which} AND (c.child_id IS NULL OR kid.id IS NOT NULL)
 ORDER BY c.id
   FOR UPDATE OF c, s {skip}
"""
_OF_CASE = (
    "(SELECT child_id FROM case_record WHERE id = :case)",
    "(c.id = :case OR (c.status <> 'closed' AND c.child_id = (SELECT child_id FROM case_record WHERE id = :case)))",
)
_OF_CHILD = (":child", "(c.status <> 'closed' AND c.child_id = :child)")


def lock(
    session: Session,
    packs: Packs,
    *,
    case: int | None = None,
    child: int | None = None,
    skip_locked: bool = False,
) -> list[CaseFile]:
    """Lock a case with the child's other open cases, or all open cases of a child, and return them in order of id.

    `skip_locked` gives nothing where somebody else holds the child or the case. Raises
    sqlalchemy.exc.OperationalError when a lock is not had within the transaction's lock_timeout.
    """
    of, which = _OF_CASE if case is not None else _OF_CHILD
    statement = sa.text(_LOCK.format(child=of, which=which, skip="SKIP LOCKED" if skip_locked else ""))
    keys = {"case": case} if case is not None else {"child": child}
    return [
        CaseFile(
            id=row.id,
            child_id=row.child_id,
            pack_id=row.pack_id,
            reference=row.reference,
            status=row.status,
            opened_at=row.opened_at,
            updated_at=row.updated_at,
            acts=row.acts,
            version=row.version,
            pack=packs(session, row.pack_id, row.hash),
            state=row.state,
        )
        for row in session.execute(statement, keys)
    ]


def create(
    session: Session,
    pack_: Pack,
    *,
    pack_id: int,
    child_id: int | None,
    reference: str,
    started_by: str,
    at: datetime,
) -> CaseFile:
    """Write the rows of a case that is about to start; `begin` gives it its core and `save` writes all else."""
    case_id = session.scalar(
        _CREATE, {"child": child_id, "pack": pack_id, "reference": reference, "by": started_by, "at": at}
    )
    if case_id is None:
        raise HomewardError("the database gave the case no number")
    return CaseFile(
        id=case_id,
        child_id=child_id,
        pack_id=pack_id,
        reference=reference,
        status="open",
        opened_at=at,
        updated_at=at,
        acts=0,
        version=1,
        pack=pack_,
    )


def save(session: Session, file: CaseFile, act: Act) -> Changes:
    """Write everything an act changed and its audit event; return the changes.

    Raises Outpaced when the case was changed by another transaction since it was loaded.
    """
    case = file.case
    changes = case.drain()
    entries = dict(case.entries)  # ended ones too: dumping forgets them
    state = case.dump()
    _save_record(session, file, changes, entries, state, act)
    _save_entries(session, file.id, changes.entries)
    _save_tasks(session, file, changes, entries)
    _save_timers(session, file)
    _save_notices(session, file, changes, act)
    session.execute(
        _AUDIT,
        {
            "chain": file.id,
            "at": act.at,
            "account": act.account,
            "task": act.task,
            "action": act.action,
            "detail": pack(_detail(file, changes, act)),
        },
    )
    return changes


# --- the case's own row and state

_CREATE = sa.text("""
WITH made AS (
  INSERT INTO case_record (child_id, pack_id, reference, status, started_by, opened_at, updated_at)
  VALUES (:child, :pack, :reference, 'open', :by, :at, :at) RETURNING id
)
INSERT INTO case_state (case_id, version, state) SELECT id, 1, '' FROM made RETURNING case_id
""")

_RECORD = sa.text("""
WITH kept AS (
  UPDATE case_state SET version = version + 1, state = :state WHERE case_id = :id AND version = :version
  RETURNING case_id
)
UPDATE case_record SET status = :status, updated_at = :at, closed_at = :closed, next_due = :due, acts = acts + 1,
       facts = facts || cast(:facts AS jsonb)
  FROM kept WHERE case_record.id = kept.case_id AND acts = :acts
RETURNING case_record.id
""")


def _save_record(
    session: Session, file: CaseFile, changes: Changes, entries: Mapping[int, Entry], state: bytes, act: Act
) -> None:
    case = file.case
    if case.closed:
        file.status = "closed"
    elif file.status == "closed":
        file.status = "open"
    due = min((entry.due for entry in entries.values() if entry.open and entry.due is not None), default=None)
    facts = {change.fact: to_json(change.value) for change in changes.facts}
    written = session.execute(
        _RECORD,
        {
            "id": file.id,
            "version": file.version,
            "state": pack_bytes(state),
            "status": file.status,
            "at": act.at,
            "closed": act.at if case.closed else None,
            "due": due,
            "acts": file.acts,
            "facts": _json(facts),
        },
    ).first()
    if written is None:
        raise Outpaced(
            f"the case {file.reference} was changed by somebody else at the same moment: try again"
        )
    file.version += 1
    file.acts += 1
    file.updated_at = act.at


# --- the ledger

_ENTRIES = sa.text("""
INSERT INTO ledger_entry (case_id, number, external, whole_day, raised, trigger, clock, due, target, done,
                          obligation, role,
                          clauses, force, process, element, occasion, outcome, by, task, reason, working)
SELECT :case, * FROM unnest(cast(:number AS smallint[]), cast(:external AS boolean[]), cast(:whole_day AS boolean[]),
  cast(:raised AS timestamptz[]), cast(:trigger AS timestamptz[]), cast(:clock AS timestamptz[]),
  cast(:due AS timestamptz[]), cast(:target AS timestamptz[]), cast(:done AS timestamptz[]),
  cast(:obligation AS text[]), cast(:role AS text[]), cast(:clauses AS text[]), cast(:force AS text[]),
  cast(:process AS text[]), cast(:element AS text[]), cast(:occasion AS text[]), cast(:outcome AS text[]),
  cast(:by AS text[]), cast(:task AS text[]), cast(:reason AS text[]), cast(:working AS bytea[]))
ON CONFLICT (case_id, number) DO UPDATE SET
  clock = excluded.clock, due = excluded.due, whole_day = excluded.whole_day, target = excluded.target,
  working = excluded.working, role = excluded.role, done = excluded.done, outcome = excluded.outcome, by = excluded.by,
  task = excluded.task, reason = excluded.reason
""")
_PLAIN = (
    "number external whole_day raised trigger clock due target done obligation role force process element occasion "
    "by task reason"
).split()


def _save_entries(session: Session, case_id: int, entries: Mapping[int, Entry]) -> None:
    if not entries:
        return
    rows = list(entries.values())
    columns: dict[str, Any] = {name: [getattr(entry, name) for entry in rows] for name in _PLAIN}
    columns["clauses"] = [" ".join(entry.clauses) for entry in rows]
    columns["outcome"] = [entry.outcome.value for entry in rows]
    columns["working"] = [
        pack([[step.text, step.value] for step in entry.working]) if entry.working else None for entry in rows
    ]
    session.execute(_ENTRIES, {"case": case_id, **columns})


# --- tasks

_TASKS = sa.text("""
WITH ended AS (
  DELETE FROM task WHERE case_id = :case AND core_id = ANY(cast(:ended AS text[])) RETURNING id
), told AS (
  INSERT INTO ended_task (task_id, case_id, seq) SELECT id, :case, :seq FROM ended
), changed AS (
  UPDATE task SET entries = n.entries::smallint[], obligations = n.obligations::text[], due = n.due,
         whole_day = n.whole_day, force = n.force, detached = n.detached, role = n.role, team = n.team,
         version = version + 1
    FROM unnest(cast(:c_core AS text[]), cast(:c_entries AS text[]), cast(:c_obligations AS text[]),
                cast(:c_due AS timestamptz[]), cast(:c_whole_day AS boolean[]), cast(:c_force AS text[]),
                cast(:c_detached AS boolean[]), cast(:c_role AS text[]), cast(:c_team AS text[]))
         AS n (core_id, entries, obligations, due, whole_day, force, detached, role, team)
   WHERE task.case_id = :case AND task.core_id = n.core_id
)
INSERT INTO task (case_id, child_id, reference, core_id, entries, obligations, due, whole_day, force, detached, role,
                  team, process, element, name, form, notice, external, automatic, created)
SELECT :case, cast(:child AS int), :reference, core_id, entries::smallint[], obligations::text[], due, whole_day,
       force, detached, role, team, process,
       element, name, form, notice, external, automatic, created
  FROM unnest(cast(:core AS text[]), cast(:entries AS text[]), cast(:obligations AS text[]),
              cast(:due AS timestamptz[]), cast(:whole_day AS boolean[]), cast(:force AS text[]),
              cast(:detached AS boolean[]), cast(:role AS text[]), cast(:team AS text[]),
              cast(:process AS text[]), cast(:element AS text[]), cast(:name AS text[]), cast(:form AS text[]),
              cast(:notice AS text[]), cast(:external AS boolean[]), cast(:automatic AS boolean[]),
              cast(:created AS timestamptz[]))
       AS n (core_id, entries, obligations, due, whole_day, force, detached, role, team, process, element, name, form,
             notice, external, automatic, created)
RETURNING id, core_id
""")
_FORCES = {"must": 3, "should": 2, "may": 1}


def _save_tasks(session: Session, file: CaseFile, changes: Changes, entries: Mapping[int, Entry]) -> None:
    tasks = file.case.tasks
    opened = [task for name, task in changes.tasks_opened.items() if name in tasks]
    again = set(changes.tasks_changed) | {
        entry.task for entry in changes.entries.values() if entry.task is not None
    }
    changed = [tasks[name] for name in sorted(again) if name in tasks and name not in changes.tasks_opened]
    ended = [name for name in changes.tasks_ended if name not in changes.tasks_opened]
    if not (opened or changed or ended):
        return
    values: dict[str, Any] = {
        "case": file.id,
        "ended": ended,
        "seq": file.acts,
        "child": file.child_id,
        "reference": file.reference,
    }
    values |= {f"c_{name}": column for name, column in _work(file.case.pack, changed, entries).items()}
    values |= _work(file.case.pack, opened, entries)
    for name in ("process", "element", "name", "form", "notice", "external", "automatic", "created"):
        values[name] = [getattr(task, name) for task in opened]
    for row in session.execute(_TASKS, values):
        file.task_ids[row.core_id] = row.id


def _work(pack_: Pack, tasks: Iterable[OpenTask], entries: Mapping[int, Entry]) -> dict[str, list[Any]]:
    """Return the columns that a task takes from its entries: the earliest limit, the strongest force."""
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            "core",
            "entries",
            "obligations",
            "due",
            "whole_day",
            "force",
            "detached",
            "role",
            "team",
        )
    }
    for task in tasks:
        own = [entries[number] for number in task.entries if number in entries]
        limits = sorted((entry.due, entry.whole_day) for entry in own if entry.due is not None and entry.open)
        role = pack_.roles.get(task.role)
        columns["core"].append(task.id)
        columns["entries"].append("{" + ",".join(str(number) for number in task.entries) + "}")
        columns["obligations"].append("{" + ",".join(dict.fromkeys(entry.obligation for entry in own)) + "}")
        columns["due"].append(limits[0][0] if limits else None)
        columns["whole_day"].append(limits[0][1] if limits else False)
        columns["force"].append(
            max((entry.force for entry in own), key=lambda force: _FORCES.get(force, 0), default="must")
        )
        columns["detached"].append(task.detached)
        columns["role"].append(task.role)
        columns["team"].append(role.team if role is not None else "")
    return columns


# --- timers

_TIMERS = sa.text("""
WITH gone AS (
  DELETE FROM timer WHERE case_id = :case AND NOT core_id = ANY(cast(:core AS text[]))
)
INSERT INTO timer (case_id, core_id, process, element, due)
SELECT :case, * FROM unnest(cast(:core AS text[]), cast(:process AS text[]), cast(:element AS text[]),
                            cast(:due AS timestamptz[]))
ON CONFLICT (case_id, core_id) DO UPDATE SET due = excluded.due, held_until = NULL WHERE timer.due <> excluded.due
""")


def _save_timers(session: Session, file: CaseFile) -> None:
    timers = file.case.timers
    if {timer.id: timer.due for timer in timers} == file._timers:
        return
    file._timers = {timer.id: timer.due for timer in timers}
    session.execute(
        _TIMERS,
        {
            "case": file.id,
            "core": [timer.id for timer in timers],
            "process": [timer.process for timer in timers],
            "element": [timer.element for timer in timers],
            "due": [timer.due for timer in timers],
        },
    )


# --- the outbox

_NOTICES = sa.text("""
INSERT INTO notice (case_id, key, notice, element, entries, recipient, created_at, next_attempt)
SELECT :case, key, notice, element, entries::smallint[], recipient, :at, :at
  FROM unnest(cast(:key AS text[]), cast(:notice AS text[]), cast(:element AS text[]), cast(:entries AS text[]),
              cast(:recipient AS text[])) AS n (key, notice, element, entries, recipient)
ON CONFLICT (council_id, key) DO NOTHING
RETURNING id
""")


def _save_notices(session: Session, file: CaseFile, changes: Changes, act: Act) -> None:
    if not changes.notices:
        return
    orders = changes.notices
    texts = [file.case.pack.notices[order.notice] for order in orders]
    session.execute(
        _NOTICES,
        {
            "case": file.id,
            "at": act.at,
            "key": [f"{file.id}/{order.key}" for order in orders],
            "notice": [order.notice for order in orders],
            "element": [order.element for order in orders],
            "entries": ["{" + ",".join(str(number) for number in order.entries) + "}" for order in orders],
            "recipient": [
                f"role:{text.to_role}" if text.to_role else f"outside:{text.to_outside}" for text in texts
            ],
        },
    )


# --- the audit chain

_AUDIT = sa.text("""
WITH typed AS (DELETE FROM task_draft WHERE task_id = :task AND account_id = :account)
INSERT INTO audit_event (chain, at, account_id, task_id, action, detail)
VALUES (:chain, :at, :account, :task, :action, :detail)
""")


def _detail(file: CaseFile, changes: Changes, act: Act) -> dict[str, Any]:
    """Return an act's details as they are kept: short keys, nothing that the act's own row says.

    `facts`: [fact, value, origin, where, actual if not the act's moment, reason]; `happened`: [kind, process, element,
    detail]; `entries`: number → outcome; `act`: what was asked for; `pack` and `calendar`: what it ran on.
    """
    detail: dict[str, Any] = {"pack": file.pack_id, "calendar": file.case.pack.calendar.version}
    if act.detail:
        detail["act"] = dict(act.detail)
    if changes.facts:
        detail["facts"] = [
            _short(
                [
                    c.fact,
                    to_json(c.value),
                    c.origin,
                    c.where,
                    None if c.actual == act.at else c.actual,
                    c.reason,
                ]
            )
            for c in changes.facts
        ]
    if changes.history:
        detail["happened"] = [
            _short([h.kind, h.process, h.element, dict(h.detail) or None]) for h in changes.history
        ]
    if changes.entries:
        detail["entries"] = {str(number): entry.outcome.value for number, entry in changes.entries.items()}
    return detail


def _short(row: list[Any]) -> list[Any]:
    while row and row[-1] is None:
        row.pop()
    return row


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
