"""To whom a task goes when it opens: the child's allocated worker, a deputy, whoever is on duty, or the team's queue.

One statement gathers all that this takes for every task an act has opened, one gives them; an act that opens none
asks nothing. A task that is routed to somebody is not thereby taken: a restricted record stays shut until that person
says yes.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from engine.calendar import WorkingCalendar
from engine.clock import local
from engine.services.assignment import duty, rotas
from engine.services.assignment.calls import calling, nobody_there, not_routed
from engine.services.assignment.duty import Change, Pattern, Shift
from engine.services.assignment.standing_in import Absence, present
from engine.services.desk import Desk
from engine.store.queue import defer

if TYPE_CHECKING:
    from engine.store.casefile import CaseFile

LOG = logging.getLogger("homeward.routing")
SHORT_LIMIT = timedelta(hours=4)
"""Out of hours, a task that must be done within this is urgent, whatever the rota says."""


@dataclass(frozen=True)
class Opened:
    """A task without anybody, as the last save tells of it."""

    id: int
    role: str
    team: str
    due: datetime | None
    force: str
    created: datetime


@dataclass(frozen=True)
class Known:
    """All that routing goes by: today's absences, who is able by role, allocated workers by role, and the rotas."""

    absences: Mapping[int, Absence]
    able: Mapping[str, Collection[int]]
    workers: Mapping[str, int]
    rotas: Sequence[Pattern]


@dataclass(frozen=True)
class Routed:
    """Where a task goes: `account` None is the team's queue; `called` says that the person has to accept it in time."""

    task: Opened
    account: int | None
    because: str | None
    meant_for: int | None = None
    rota: Pattern | None = None
    called: bool = False
    unmanned: bool = False
    """It is urgent, its role has a rota, and nobody is there."""


def choose(task: Opened, known: Known, now: datetime, calendar: WorkingCalendar) -> Routed:
    """Say to whom a task goes at a moment.

    Its role's allocated worker, if here; else the deputy; else whoever is on duty for the role; else the team. Out of
    hours an urgent task goes to whoever is on duty, because the allocated worker is at home.
    """
    able = known.able.get(task.role, ())
    rota = rotas.of_role(known.rotas, task.role, task.team)
    on_call = rotas.to_call(rota, now, calendar, known.absences, able) if rota is not None else ()
    urgent = rota is not None and is_urgent(task, rota, now, calendar)
    worker = known.workers.get(task.role)
    closed = duty.is_out_of_hours(now, calendar)
    if worker is not None and not (urgent and closed and on_call):
        here = present(worker, known.absences, able)
        if here == worker:
            return Routed(task, worker, "allocated")
        if here is not None:
            return Routed(task, here, "deputy", meant_for=worker)
    if on_call and rota is not None:
        who, whose = on_call[0]
        meant_for = worker if worker is not None else whose if whose != who else None
        because = "out_of_hours" if worker is not None and worker not in known.absences else "duty"
        return Routed(task, who, because, meant_for if meant_for != who else None, rota, called=urgent)
    return Routed(task, None, None, worker, rota, unmanned=urgent)


def is_urgent(task: Opened, rota: Pattern, now: datetime, calendar: WorkingCalendar) -> bool:
    """Say whether somebody has to accept a task at once: it is due soon, or must be done within hours at night."""
    if task.due is None:
        return False
    if task.due - now <= rota.urgent:
        return True
    short = task.force == "must" and task.due - now <= SHORT_LIMIT
    return short and duty.is_out_of_hours(now, calendar)


def route(desk: Desk, file: CaseFile) -> None:
    """Give the tasks that the last save of a case left without anybody to whom they belong; call who must answer."""
    tasks = [_opened(row) for row in file.ownerless]
    file.ownerless = []
    if tasks:
        give(desk, file.id, file.child_id, file.reference, tasks, file.case.pack.calendar)


def give(
    desk: Desk,
    case_id: int,
    child_id: int | None,
    reference: str,
    tasks: Sequence[Opened],
    calendar: WorkingCalendar,
) -> None:
    """Route tasks of one case that nobody has; two statements, however many there are, and none for a task list."""
    now = desk.now()
    try:
        known = gather(desk, child_id, {task.role for task in tasks}, now)
        chosen = [choose(task, known, now, calendar) for task in tasks]
    except sa.exc.SQLAlchemyError:
        raise
    except Exception as error:  # a fault of ours must not undo the act: its tasks wait in their teams' queues
        LOG.exception("case %s: its tasks could not be routed", reference)
        not_routed(desk, case_id, reference, error)
        return
    given = [one for one in chosen if one.account is not None or one.meant_for is not None]
    if given:
        desk.session.execute(_GIVE, {"case": case_id, "at": now, **_rows(desk, given, reference, now)})
    if any(one.called for one in given):
        defer(desk.session, "deliver_notices", {"council": desk.caller.council})
    for one in chosen:
        if one.unmanned and one.rota is not None:
            task = one.task
            nobody_there(desk, task.id, case_id, reference, task.role, task.team, asked=0)


def _opened(row: Mapping[str, Any]) -> Opened:
    due = datetime.fromisoformat(row["due"]) if row["due"] else None
    return Opened(
        row["id"], row["role"], row["team"], due, row["force"], datetime.fromisoformat(row["created"])
    )


_GATHER = sa.text("""
WITH workers AS (
  SELECT DISTINCT ON (role) role, account_id FROM allocated_worker
   WHERE child_id = cast(:child AS int) AND role = ANY(:roles) AND since <= :day AND (until IS NULL OR until > :day)
   ORDER BY role, since DESC, id DESC
), away AS (
  SELECT account_id, deputy_id, until FROM out_of_office WHERE ended_at IS NULL AND since <= :day AND until >= :day
), rotas AS (
  SELECT r.*,
         (SELECT json_agg(s ORDER BY s.place, s.id) FROM rota_shift AS s
           WHERE s.rota_id = r.id AND s.since <= :day
             AND (s.until IS NULL OR s.until >= cast(:day AS date) - 1)) AS shifts,
         (SELECT json_agg(c ORDER BY c.id) FROM rota_change AS c
           WHERE c.rota_id = r.id AND c.withdrawn_at IS NULL AND c.begins <= :at AND c.ends > :at) AS changes
    FROM rota AS r WHERE r.role = ANY(:roles)
), concerned AS (
  SELECT account_id FROM workers UNION SELECT deputy_id FROM away
  UNION SELECT s.account_id FROM rota_shift AS s JOIN rotas ON rotas.id = s.rota_id
  UNION SELECT c.account_id FROM rota_change AS c JOIN rotas ON rotas.id = c.rota_id
)
SELECT (SELECT json_agg(workers) FROM workers) AS workers,
       (SELECT json_agg(away) FROM away) AS away,
       (SELECT json_agg(rotas) FROM rotas) AS rotas,
       (SELECT json_agg(json_build_array(held.role, held.account_id))
          FROM account_role AS held JOIN account ON account.id = held.account_id
         WHERE account.disabled_at IS NULL AND held.role = ANY(:roles)
           AND held.account_id IN (SELECT account_id FROM concerned)) AS able
""")


def gather(desk: Desk, child_id: int | None, roles: Iterable[str], now: datetime) -> Known:
    """Read what routing tasks of some roles goes by, of one child (None: of a case without a child)."""
    wanted = {"child": child_id, "roles": sorted(roles), "day": local(now).date(), "at": now}
    row = desk.session.execute(_GATHER, wanted).one()
    able: dict[str, set[int]] = {}
    for role, account in row.able or ():
        able.setdefault(role, set()).add(account)
    return Known(
        {
            one["account_id"]: Absence(one["deputy_id"], date.fromisoformat(one["until"]))
            for one in row.away or ()
        },
        able,
        {one["role"]: one["account_id"] for one in row.workers or () if one["account_id"] is not None},
        [_pattern(one) for one in row.rotas or ()],
    )


def _pattern(row: Mapping[str, Any]) -> Pattern:
    return Pattern(
        row["id"],
        row["role"],
        row["team"],
        row["covers"],
        timedelta(minutes=row["urgent_minutes"]),
        timedelta(minutes=row["answer_minutes"]),
        tuple(
            Shift(
                one["id"],
                one["weekday"],
                time.fromisoformat(one["begins"]),
                time.fromisoformat(one["ends"]),
                one["place"],
                one["account_id"],
                date.fromisoformat(one["since"]),
                date.fromisoformat(one["until"]) if one["until"] else None,
            )
            for one in row["shifts"] or ()
        ),
        tuple(
            Change(
                one["id"],
                datetime.fromisoformat(one["begins"]),
                datetime.fromisoformat(one["ends"]),
                one["account_id"],
                one["instead_of"],
            )
            for one in row["changes"] or ()
        ),
    )


_GIVE = sa.text("""
WITH rows AS (
  SELECT * FROM json_to_recordset(cast(:given AS json)) AS n (
    task int, account int, because text, meant_for int, rota int, answer_by timestamptz, key text, subject text,
    body text)
), given AS (
  UPDATE task SET assignee = rows.account,
         assigned_at = CASE WHEN rows.account IS NOT NULL THEN cast(:at AS timestamptz) END,
         meant_for = rows.meant_for, routed = rows.because, accepted_at = NULL, version = task.version + 1
    FROM rows WHERE task.id = rows.task
), told AS (
  INSERT INTO task_routing (task_id, case_id, at, account_id, meant_for, because)
  SELECT task, :case, :at, account, meant_for, because FROM rows WHERE because IS NOT NULL
), called_before AS (
  UPDATE summons SET outcome = 'needless', ended_at = :at
   WHERE outcome IS NULL AND task_id IN (SELECT task FROM rows)
), called AS (
  INSERT INTO summons (task_id, case_id, rota_id, step, account_id, called_at, answer_by)
  SELECT task, :case, rota, 1 + (SELECT coalesce(max(step), 0) FROM summons AS s WHERE s.task_id = task), account, :at,
         answer_by
    FROM rows WHERE rota IS NOT NULL
)
INSERT INTO notice (case_id, key, notice, recipient, subject, body, created_at, next_attempt)
SELECT :case, key, 'summons', 'account:' || account, subject, body, :at, :at FROM rows WHERE rota IS NOT NULL
ON CONFLICT (council_id, key) DO NOTHING
""")


def _rows(desk: Desk, given: Sequence[Routed], reference: str, now: datetime) -> dict[str, str]:
    rows = []
    for one in given:
        row: dict[str, Any] = {
            "task": one.task.id,
            "account": one.account,
            "because": one.because,
            "meant_for": one.meant_for,
        }
        if one.called and one.rota is not None:
            answer_by = now + one.rota.answer
            subject, body = calling(desk, one.task.id, reference, one.task.due, answer_by)
            row |= {
                "rota": one.rota.id,
                "answer_by": answer_by,
                "key": f"summons/{one.task.id}/{one.account}/{now.isoformat()}",
                "subject": subject,
                "body": body,
            }
        rows.append(row)
    return {"given": orjson.dumps(rows).decode()}
