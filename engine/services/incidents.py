"""What could not go on by itself: shown, tried again by the worker, and at once when an administrator says so.

The acts of a case are tried again in the order in which they were asked for, as the person who asked, and as of then,
so that a fault of the procedure does not make somebody late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.case.model import CaseError
from engine.errors import HomewardError
from engine.services import access
from engine.services.acting import FIRST_RETRY, LAST_RETRY, act_on, hold_timers, locked
from engine.services.desk import Conflict, Desk, NotFound, record
from engine.services.rows import at, at_or_none, people
from engine.store.casefile import CaseFile
from engine.store.tables import CaseRecord, Incident


@dataclass(frozen=True)
class IncidentRow:
    """Something that could not go on. `who` asked for it; `doing` says in a few words what was asked for."""

    id: int
    kind: str
    case_id: int | None
    reference: str | None
    process: str | None
    element: str | None
    expression: str | None
    fact: str | None
    message: str
    doing: str
    who: str
    opened: datetime
    last: datetime
    attempts: int
    retry_at: datetime | None
    resolved: datetime | None
    resolved_by: str | None
    resolution: str | None


def list(desk: Desk, *, open: bool = True, most: int = 200) -> tuple[IncidentRow, ...]:
    """List incidents, newest first; `open` False shows the resolved ones."""
    access.require(desk.caller, "see_incidents")
    wanted = Incident.resolved_at.is_(None) if open else Incident.resolved_at.is_not(None)
    found = desk.session.execute(_rows().where(wanted).order_by(Incident.id.desc()).limit(most)).all()
    return _shown(desk, found)


def view(desk: Desk, incident_id: int) -> IncidentRow:
    """Show one incident. Raises NotFound."""
    access.require(desk.caller, "see_incidents")
    found = desk.session.execute(_rows().where(Incident.id == incident_id)).all()
    if not found:
        raise NotFound("there is no such incident")
    return _shown(desk, found)[0]


def report(desk: Desk, kind: str, message: str, *, case_id: int | None = None, **asked: Any) -> int:
    """Show something that is no act of a case (a notice without address, a job): return the incident's id."""
    now = desk.now()
    incident = Incident(
        kind=kind,
        case_id=case_id,
        message=message,
        act=dict(asked),
        account_id=desk.caller.account,
        opened_at=now,
        last_at=now,
    )
    desk.session.add(incident)
    desk.session.flush()
    return incident.id


def resolve(desk: Desk, incident_id: int, resolution: str) -> None:
    """Close an incident by hand, saying how it was settled; for a case's act that means it is given up."""
    access.require(desk.caller, "retry")
    incident = _get(desk, incident_id)
    _close(desk, incident, resolution)
    record(desk, "incident_resolved", {"incident": incident.id, "resolution": resolution})
    if incident.case_id is not None:
        _release(desk, incident.case_id)


def retry(desk: Desk, incident_id: int) -> bool:
    """Try a case's incident again at once; return whether it is resolved. The case's earlier ones are tried first.

    Raises Conflict for what is no act of a case: `periodic.retry` starts a process, the outbox sends a notice.
    """
    access.require(desk.caller, "retry")
    incident = _get(desk, incident_id)
    if incident.kind != "case" or incident.case_id is None:
        raise Conflict("this incident is about no act of a case, so there is nothing to carry out again")
    retry_case(desk, incident.case_id)
    return bool(
        desk.session.scalar(sa.select(Incident.resolved_at.is_not(None)).where(Incident.id == incident_id))
    )


def retry_case(desk: Desk, case_id: int, *, skip_locked: bool = False) -> bool:
    """Try again, oldest first, what could not be carried out on a case; stop at the first that still cannot."""
    files = locked(desk, case_id, skip_locked=skip_locked)
    if not files:
        return False
    waiting = desk.session.scalars(
        sa.select(Incident)
        .where(Incident.case_id == case_id, Incident.kind == "case", Incident.resolved_at.is_(None))
        .order_by(Incident.id)
        .execution_options(populate_existing=True)
    ).all()
    whole = True
    for incident in waiting:
        if _again(desk, files, incident):
            continue
        # what people asked for keeps its order; a timer that was set aside keeps nothing waiting
        if "only" not in incident.act:
            return False
        whole = False
    if whole:
        _release(desk, case_id)
    return whole


def _again(desk: Desk, files: Any, incident: Incident) -> bool:
    case_id = incident.case_id
    if case_id is None:
        return False
    file: CaseFile = next(file for file in files if file.id == case_id)
    since = None if incident.act.get("do") == "timers" else incident.opened_at
    if incident.act.get("do") == "timers":
        hold_timers(desk, file.id, None, only=incident.act.get("only"))
    try:
        done = act_on(desk, files, case_id, incident.act, account=incident.account_id, since=since)
    except CaseError as error:  # the case has gone on without it
        _close(desk, incident, f"no longer to be done: {error}")
        return True
    except Conflict:
        raise
    except HomewardError as error:
        _put_off(desk, incident, str(error), file)
        return False
    if done.incident is None:
        _close(desk, incident, "carried out")
        return True
    # the same act has failed again: what it says now belongs to the incident that is there already
    message: str | None = incident.message
    if done.incident != incident.id:
        message = desk.session.scalar(
            sa.delete(Incident).where(Incident.id == done.incident).returning(Incident.message)
        )
    _put_off(desk, incident, message or incident.message, file)
    return False


def _put_off(desk: Desk, incident: Incident, message: str, file: CaseFile) -> None:
    """Wait twice as long as the last time before trying again, an hour at most."""
    wait: timedelta = min(FIRST_RETRY * 2 ** min(incident.attempts, 10), LAST_RETRY)
    incident.attempts += 1
    incident.message = message
    incident.last_at = desk.now()
    incident.retry_at = desk.now() + wait
    desk.session.flush()
    if incident.act.get("do") == "timers" and "only" not in incident.act:
        hold_timers(desk, file.id, incident.retry_at)


def _close(desk: Desk, incident: Incident, resolution: str) -> None:
    incident.resolved_at = desk.now()
    incident.resolved_by = desk.caller.account
    incident.resolution = resolution
    incident.retry_at = None
    desk.session.flush()


def _release(desk: Desk, case_id: int) -> None:
    """Let a case without open incidents go on as any other."""
    waits = sa.exists().where(
        Incident.case_id == case_id, Incident.kind == "case", Incident.resolved_at.is_(None)
    )
    desk.session.execute(
        sa.update(CaseRecord)
        .where(CaseRecord.id == case_id, CaseRecord.status == "quarantined", sa.not_(waits))
        .values(status="open")
    )


def _get(desk: Desk, incident_id: int) -> Incident:
    incident = desk.session.get(Incident, incident_id, with_for_update=True, populate_existing=True)
    if incident is None:
        raise NotFound("there is no such incident")
    if incident.resolved_at is not None:
        raise Conflict("this incident was resolved", when=at(incident.resolved_at))
    return incident


def _rows() -> Any:
    return sa.select(Incident, CaseRecord.reference).outerjoin(CaseRecord, CaseRecord.id == Incident.case_id)


_DOING = {
    "start": "starting the case",
    "event": "recording “{event}”",
    "facts": "changing facts",
    "complete": "completing a task",
    "entry": "recording that duty {number} was met",
    "timers": "letting time limits pass",
    "episodes": "taking in earlier episodes",
}


def _shown(desk: Desk, found: Any) -> tuple[IncidentRow, ...]:
    names = people(
        desk.session,
        [number for row in found for number in (row.Incident.account_id, row.Incident.resolved_by)],
    )
    return tuple(_row(row.Incident, row.reference, names) for row in found)


def _row(incident: Incident, reference: str | None, names: dict[str, str]) -> IncidentRow:
    asked = incident.act
    told = _DOING.get(asked.get("do", ""), incident.kind)
    return IncidentRow(
        id=incident.id,
        kind=incident.kind,
        case_id=incident.case_id,
        reference=reference,
        process=incident.process,
        element=incident.element,
        expression=incident.expression,
        fact=incident.fact,
        message=incident.message,
        doing=told.format(event=asked.get("event"), number=asked.get("number")),
        who=names.get(str(incident.account_id), "system"),
        opened=at(incident.opened_at),
        last=at(incident.last_at),
        attempts=incident.attempts,
        retry_at=at_or_none(incident.retry_at),
        resolved=at_or_none(incident.resolved_at),
        resolved_by=names.get(str(incident.resolved_by)) if incident.resolved_by else None,
        resolution=incident.resolution,
    )
