"""Saving an act: everything that it changed in a case, and its audit event, in one statement.

The rows travel as JSON documents, one for each kind, because that costs a tenth of what as many arrays or statements
cost; the parts of the statement see the rows as they stood before it, and none reads what another writes.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.case.correction import FORGOTTEN
from engine.case.model import Changes, Entry, NoticeOrder, OpenTask
from engine.case.scopes import Plan
from engine.pack.values import to_json
from engine.store.casefile import Act, CaseFile, Outpaced
from engine.store.packed import pack, pack_bytes

_SAVE = sa.text("""
WITH kept AS (
  UPDATE case_state SET version = version + 1, state = :state WHERE case_id = :case AND version = :version
  RETURNING case_id
), record AS (
  UPDATE case_record SET status = :status, updated_at = :at, closed_at = :closed, next_due = :due, acts = acts + 1,
         facts = (facts || cast(:facts AS jsonb)) - cast(:forgotten AS text[])
    FROM kept WHERE case_record.id = kept.case_id AND acts = :acts
  RETURNING case_record.id
), ledger AS (
  INSERT INTO ledger_entry (case_id, number, external, whole_day, raised, trigger, clock, due, target, done, obligation,
                            role, clauses, force, process, element, occasion, outcome, by, task, reason, working)
  SELECT :case, number, external, whole_day, raised, trigger, clock, due, target, done, obligation,
         role, clauses, force, process, element, occasion, outcome, by, task, reason, decode(working, 'base64')
    FROM json_to_recordset(cast(:entries AS json)) AS e (
         number smallint, external boolean, whole_day boolean, raised timestamptz, trigger timestamptz,
         clock timestamptz, due timestamptz, target timestamptz, done timestamptz, obligation text, role text,
         clauses text, force text, process text, element text, occasion text, outcome text, by text, task text,
         reason text, working text)
  ON CONFLICT (case_id, number) DO UPDATE SET
    clock = excluded.clock, due = excluded.due, whole_day = excluded.whole_day, target = excluded.target,
    working = excluded.working, role = excluded.role, external = excluded.external,
    clauses = excluded.clauses, force = excluded.force,
    done = excluded.done, outcome = excluded.outcome, by = excluded.by, task = excluded.task, reason = excluded.reason
), moved AS (
  SELECT from_team, to_team FROM transfer
   WHERE child_id = cast(:child AS int) AND ended_at IS NULL AND since <= :at
), ended AS (
  DELETE FROM task
   WHERE case_id = :case AND core_id IN (SELECT json_array_elements_text(cast(:ended AS json)))
  RETURNING id
), told AS (
  INSERT INTO ended_task (task_id, case_id, seq) SELECT id, :case, :acts + 1 FROM ended
), changed AS (
  UPDATE task SET entries = n.entries, obligations = n.obligations, due = n.due, whole_day = n.whole_day,
         force = n.force, detached = n.detached, external = n.external, version = task.version + 1,
         role = n.role, team = coalesce(moved.to_team, n.team),
         assignee = CASE WHEN task.role = n.role OR EXISTS (
           SELECT FROM account_role AS held WHERE held.account_id = task.assignee AND held.role = n.role)
           THEN task.assignee END
    FROM json_to_recordset(cast(:changed AS json)) AS n (
         core_id text, entries smallint[], obligations text[], due timestamptz, whole_day boolean, force text,
         detached boolean, role text, team text, external boolean)
    JOIN task AS before ON before.case_id = :case AND before.core_id = n.core_id
    LEFT JOIN moved ON moved.from_team = n.team
   WHERE task.id = before.id
  RETURNING task.id, task.role, task.team, task.due, task.force, task.external, task.automatic, task.created,
            before.role <> task.role AS other_role, task.assignee
), opened AS (
  INSERT INTO task (case_id, child_id, reference, core_id, entries, obligations, due, whole_day, force, detached, role,
                    team, process, element, name, form, notice, external, automatic, created)
  SELECT :case, cast(:child AS int), :reference, core_id, entries, obligations, due, whole_day, force, detached, role,
         coalesce(moved.to_team, team), process, element, name, form, notice, external, automatic, created
    FROM json_to_recordset(cast(:opened AS json)) AS n (
         core_id text, entries smallint[], obligations text[], due timestamptz, whole_day boolean, force text,
         detached boolean, role text, team text, process text, element text, name text, form text, notice text,
         external boolean, automatic boolean, created timestamptz)
    LEFT JOIN moved ON moved.from_team = n.team
  RETURNING id, core_id, role, team, due, force, external, automatic, created
), gone AS (
  DELETE FROM timer
   WHERE case_id = :case
     AND core_id NOT IN (SELECT core_id FROM json_to_recordset(cast(:timers AS json)) AS t (core_id text))
     AND cast(:timers AS json) IS NOT NULL
), waiting AS (
  INSERT INTO timer (case_id, core_id, process, element, due)
  SELECT :case, core_id, process, element, due
    FROM json_to_recordset(cast(:timers AS json)) AS t (core_id text, process text, element text, due timestamptz)
  ON CONFLICT (case_id, core_id) DO UPDATE SET due = excluded.due, held_until = NULL WHERE timer.due <> excluded.due
), ordered AS (
  INSERT INTO notice (case_id, key, notice, element, entries, recipient, created_at, next_attempt)
  SELECT :case, key, notice, element, entries, recipient, :at, :at
    FROM json_to_recordset(cast(:notices AS json)) AS n (
         key text, notice text, element text, entries smallint[], recipient text)
  ON CONFLICT (council_id, key) DO NOTHING
), typed AS (
  DELETE FROM task_draft WHERE task_id = cast(:task AS int) AND account_id = cast(:account AS int)
), written AS (
  INSERT INTO audit_event (chain, at, account_id, task_id, action, detail)
  VALUES (:case, :at, :account, :task, :action, :detail)
)
SELECT EXISTS (SELECT FROM record) AS current, (SELECT json_object_agg(core_id, id) FROM opened) AS opened,
       (SELECT json_agg(t) FROM (
          SELECT id, role, team, due, force, created FROM opened WHERE NOT external AND NOT automatic
          UNION ALL
          SELECT id, role, team, due, force, created FROM changed
           WHERE other_role AND assignee IS NULL AND NOT external AND NOT automatic) AS t) AS ownerless
""")
_FORCES = {"must": 3, "should": 2, "may": 1}
_NONE = "[]"


def save(session: Session, file: CaseFile, act: Act) -> Changes:
    """Write everything an act changed and its audit event; return the changes.

    One statement, whatever the act did. Raises Outpaced when the case was changed by another transaction since it was
    loaded.
    """
    case = file.case
    changes = case.drain()
    entries = dict(case.entries)  # ended ones too: dumping forgets them
    state = case.dump()
    if case.closed:
        file.status = "closed"
    elif file.status == "closed":
        file.status = "open"
    row = session.execute(
        _SAVE,
        {
            "case": file.id,
            "child": file.child_id,
            "reference": file.reference,
            "version": file.version,
            "acts": file.acts,
            "state": pack_bytes(state),
            "status": file.status,
            "at": act.at,
            "closed": act.at if case.closed else None,
            "due": min((e.due for e in entries.values() if e.open and e.due is not None), default=None),
            "facts": _json({change.fact: to_json(change.value) for change in changes.facts}),
            "forgotten": _forgotten(changes),
            "entries": _entries(changes.entries.values()),
            **_tasks(file, changes, entries),
            "timers": _timers(file),
            "notices": _notices(file, changes.notices),
            "account": act.account,
            "task": act.task,
            "action": act.action,
            "detail": pack(_detail(file, changes, act)),
        },
    ).one()
    if not row.current:
        raise Outpaced(
            f"the case {file.reference} was changed by somebody else at the same moment: try again"
        )
    file.task_ids.update(row.opened or {})
    file.ownerless = list(row.ownerless or ())
    file.version += 1
    file.acts += 1
    file.updated_at = act.at
    return changes


def _forgotten(changes: Changes) -> list[str]:
    """Return the facts that are unknown again."""
    last = {change.fact: change.origin for change in changes.facts}
    return [fact for fact, origin in last.items() if origin == FORGOTTEN]


_PLAIN = (
    "number external whole_day raised trigger clock due target done obligation role force process element occasion "
    "by task reason"
).split()


def _entries(entries: Iterable[Entry]) -> str:
    rows = []
    for entry in entries:
        row = {name: getattr(entry, name) for name in _PLAIN}
        row["clauses"] = " ".join(entry.clauses)
        row["outcome"] = entry.outcome.value
        working = [[step.text, step.value] for step in entry.working]
        row["working"] = b64encode(pack(working)).decode() if working else None
        rows.append(row)
    return _json(rows) if rows else _NONE


def _tasks(file: CaseFile, changes: Changes, entries: Mapping[int, Entry]) -> dict[str, str]:
    tasks = file.case.tasks
    again = set(changes.tasks_changed) | {
        entry.task for entry in changes.entries.values() if entry.task is not None
    }
    plan = file.case.plan
    opened = [_opened(plan, tasks[name], entries) for name in changes.tasks_opened if name in tasks]
    changed = [
        _work(plan, tasks[name], entries)
        for name in sorted(again)
        if name in tasks and name not in changes.tasks_opened
    ]
    ended = [name for name in changes.tasks_ended if name not in changes.tasks_opened]
    return {
        "opened": _json(opened) if opened else _NONE,
        "changed": _json(changed) if changed else _NONE,
        "ended": _json(ended) if ended else _NONE,
    }


def _opened(plan: Plan, task: OpenTask, entries: Mapping[int, Entry]) -> dict[str, Any]:
    return _work(plan, task, entries) | {
        "process": task.process,
        "element": task.element,
        "name": task.name,
        "form": task.form,
        "notice": task.notice,
        "automatic": task.automatic,
        "created": task.created,
    }


def _work(plan: Plan, task: OpenTask, entries: Mapping[int, Entry]) -> dict[str, Any]:
    """Return the columns that a task takes from its entries: the earliest limit, the strongest force."""
    own = [entries[number] for number in task.entries if number in entries]
    limits = sorted((entry.due, entry.whole_day) for entry in own if entry.due is not None and entry.open)
    due, whole_day = limits[0] if limits else (None, False)
    role = plan.pack.roles.get(task.role)
    return {
        "core_id": task.id,
        "entries": task.entries,
        "obligations": list(dict.fromkeys(entry.obligation for entry in own)),
        "due": due,
        "whole_day": whole_day,
        "force": max(
            (entry.force for entry in own),
            key=lambda force: _FORCES.get(force, 0),
            default="may" if plan.is_offer(task.element) else "must",
        ),
        "detached": task.detached,
        "role": task.role,
        "team": role.team if role is not None else "",
        "external": task.external,
    }


def _timers(file: CaseFile) -> str | None:
    """Return the timers as they now stand, None where the act moved none."""
    timers = file.case.timers
    now = {timer.id: timer.due for timer in timers}
    if now == file.timers:
        return None
    file.timers = now
    return _json(
        [{"core_id": t.id, "process": t.process, "element": t.element, "due": t.due} for t in timers]
    )


def _notices(file: CaseFile, orders: Iterable[NoticeOrder]) -> str:
    rows = []
    for order in orders:
        text = file.case.pack.notices[order.notice]
        rows.append(
            {
                "key": f"{file.id}/{order.key}",
                "notice": order.notice,
                "element": order.element,
                "entries": order.entries,
                "recipient": f"role:{text.to_role}" if text.to_role else f"outside:{text.to_outside}",
            }
        )
    return _json(rows) if rows else _NONE


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
