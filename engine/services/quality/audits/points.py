"""What follows from an audit: actions and training needs, each with an owner and the day it is due."""

from __future__ import annotations

from datetime import date

from engine.services import access
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, record
from engine.services.quality.audits.grading import _audit
from engine.store.tables import AuditedCase, AuditPoint

ACTION, TRAINING = "action", "training"


def add_point(
    desk: Desk,
    audit_id: int,
    *,
    kind: str,
    text: str,
    owner: str = "",
    due: date | None = None,
    case_id: int | None = None,
) -> int:
    """Add an action or a training need, of one case or of the whole audit; return its number.

    Owner and day may follow later; an audit cannot be closed without them. Raises InvalidAnswers, Conflict.
    """
    access.require(desk.caller, "audit_cases")
    _audit(desk, audit_id, to_change=True)
    problems = {}
    if kind not in {ACTION, TRAINING}:
        problems["point-kind"] = "Choose an action or a training need"
    if not text.strip():
        problems["point-text"] = "Say what is to be done"
    if problems:
        raise InvalidAnswers(problems)
    if case_id is not None and desk.session.get(AuditedCase, (audit_id, case_id)) is None:
        raise NotFound("this case is not part of the audit")
    point = AuditPoint(
        audit_id=audit_id,
        case_id=case_id,
        kind=kind,
        text=text.strip(),
        owner=owner.strip(),
        due=due,
        added_at=desk.now(),
        added_by=desk.caller.account,
    )
    desk.session.add(point)
    desk.session.flush()
    record(desk, "audit_point_added", {"audit": audit_id, "point": point.id, "kind": kind})
    return point.id


def change_point(desk: Desk, audit_id: int, number: int, *, owner: str, due: date | None, done: bool) -> None:
    """Say who owns a point, by when it is due and whether it is done, which is also said after the audit is closed.

    Raises NotFound; Conflict where the owner or day of a closed audit's point would change.
    """
    access.require(desk.caller, "audit_cases")
    point = desk.session.get(AuditPoint, number, with_for_update=True, populate_existing=True)
    if point is None or point.audit_id != audit_id:
        raise NotFound("there is no such point")
    closed = _audit(desk, audit_id).closed_at is not None
    if closed and (owner.strip(), due) != (point.owner, point.due):
        raise Conflict("this audit is closed: who owns a point and by when stay as they were agreed")
    point.owner, point.due = owner.strip(), due
    if done and point.done_at is None:
        point.done_at, point.done_by = desk.now(), desk.caller.account
    elif not done:
        point.done_at = point.done_by = None
    desk.session.flush()
    record(desk, "audit_point_changed", {"audit": audit_id, "point": number, "done": done})
