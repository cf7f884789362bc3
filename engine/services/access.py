"""Who may do what: the one place that decides, and the log of what was read.

A restricted child's cases stay in the queues by reference, task and limit, without a name; only those who
work with the child, a few roles that must see everything at any hour, or the holder of a grant may open them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from engine.services.desk import (
    ADMINISTRATOR,
    OWN_ROLES,
    PROCESS_OWNER,
    PUBLISHING_AUTHORITY,
    QUALITY_ASSURANCE,
    Caller,
    Desk,
    InvalidAnswers,
    NotAllowed,
    NotFound,
    record,
)
from engine.store.tables import AllocatedWorker, CaseRecord, Child, ChildGrant, Task, access_log

SEES_RESTRICTED = frozenset(
    {
        "emergency_duty_team",
        "front_door_manager",
        "front_door_senior_social_worker",
        "head_of_service",
        "director",
    }
)
"""Roles that may open every restricted record: those who answer for a child at any hour."""
HIDDEN = "Restricted record"
GRANT = timedelta(hours=4)
"""How long a record stays open to somebody who opened it by giving a reason."""

ANYBODY = frozenset({"read_procedure", "see_task_list", "search"})
PRACTITIONERS = frozenset(
    {
        "see_case",
        "see_child",
        "change_child",
        "work_task",
        "claim_task",
        "record_event",
        "change_facts",
        "override",
        "attach",
        "record_duty",
        "record_report",
        "receive_file",
        "resolve_intake",
        "start_case",
        "ask_outside",
    }
)
ADMINISTRATORS = frozenset(
    {
        "see_incidents",
        "retry",
        "see_outbox",
        "release_notice",
        "manage_accounts",
        "load",
        "receive_file",
        "assign_task",
        "change_rota",
        "change_directory",
    }
)
REVIEWERS = frozenset(
    {
        "see_case",
        "see_child",
        "see_incidents",
        "see_outbox",
        "read_quality",
        "verify",
        "decide_reading",
        "sign_off",
        "audit_cases",
        "oversee",
        "read_drafts",
        "comment_draft",
    }
)
ABOVE_MANAGERS = frozenset({"director", "assistant_director", "strategic_lead"})
OVERSEERS = frozenset({"oversee", "note_oversight"})
"""What those do who answer for others' work: managers, and who stands above them."""
OWNERS = frozenset(
    {"change_procedure", "publish", "migrate_cases", "read_drafts", "comment_draft", "read_quality", "verify"}
)
"""What a process owner may do."""
AUTHORITIES = frozenset({"override_publishing", "publish", "read_drafts", "comment_draft", "read_quality"})
"""What those do who may publish what quality assurance has not signed, giving a reason: read what is lacking, say what
they think, and publish."""


def may(caller: Caller, action: str, obj: Any = None) -> bool:
    """Say whether the caller may do something; `obj` is the Task where it matters which."""
    if caller.system or action in ANYBODY:
        return True
    practitioner = bool(caller.roles - OWN_ROLES)
    allowed = (
        (practitioner and action in PRACTITIONERS)
        or (ADMINISTRATOR in caller.roles and action in ADMINISTRATORS)
        or (QUALITY_ASSURANCE in caller.roles and action in REVIEWERS)
        or (PROCESS_OWNER in caller.roles and action in OWNERS)
        or (action in {"assign_task", "change_rota", "transfer_child"} and _manages(caller))
        or (action == "correct_records" and (_manages(caller) or ADMINISTRATOR in caller.roles))
        or (PUBLISHING_AUTHORITY in caller.roles and action in AUTHORITIES)
        or (action in OVERSEERS and (_manages(caller) or bool(caller.roles & ABOVE_MANAGERS)))
    )
    if allowed and action in {"work_task", "claim_task"} and obj is not None:
        return obj.role in caller.roles or obj.assignee == caller.account
    if allowed and action == "assign_task" and obj is not None and ADMINISTRATOR not in caller.roles:
        return obj.team in caller.teams or obj.role in caller.roles
    return allowed


def require(caller: Caller, action: str, obj: Any = None) -> None:
    """Raise NotAllowed where the caller may not do something."""
    if not may(caller, action, obj):
        raise NotAllowed(
            f"your roles do not allow this ({action.replace('_', ' ')}); ask whoever manages your account"
        )


def _manages(caller: Caller) -> bool:
    return any(leads(role) for role in caller.roles)


def leads(role: str) -> bool:
    """Say whether whoever holds a role leads others."""
    return role.endswith("_manager") or role in {"missing_coordinator", "head_of_service"}


# --- restricted records


def open_to(desk: Desk) -> sa.ColumnElement[bool]:
    """Return the condition under which the caller may see who a Child row is."""
    caller = desk.caller
    if caller.system or caller.roles & SEES_RESTRICTED:
        return sa.true()
    works_with = (
        sa.select(AllocatedWorker.id)
        .where(
            AllocatedWorker.child_id == Child.id,
            AllocatedWorker.account_id == caller.account,
            AllocatedWorker.until.is_(None),
        )
        .exists()
    )
    own = aliased(Task)
    # a task that came by itself opens nothing before its holder has said yes to it, as one that is taken does
    chosen = sa.or_(own.routed.is_(None), own.accepted_at.is_not(None))
    has_a_task = (
        sa.select(own.id).where(own.child_id == Child.id, own.assignee == caller.account, chosen).exists()
    )
    granted = (
        sa.select(ChildGrant.id)
        .where(
            ChildGrant.child_id == Child.id,
            ChildGrant.account_id == caller.account,
            ChildGrant.until > desk.now(),
        )
        .exists()
    )
    return sa.or_(sa.not_(Child.restricted), works_with, has_a_task, granted)


def visible_children(desk: Desk) -> Sequence[sa.ColumnElement[bool]]:
    """Return the conditions on Child under which the caller finds children."""
    return () if desk.caller.system else (open_to(desk),)


def may_see_child(desk: Desk, child: Child) -> bool:
    """Say whether the caller may see who this child is."""
    if not child.restricted:
        return True
    return bool(desk.session.scalar(sa.select(sa.exists().where(Child.id == child.id, open_to(desk)))))


def open_restricted(desk: Desk, child_id: int, reason: str) -> None:
    """Open a restricted record to the caller for a few hours, for a reason that is kept and reviewed."""
    require(desk.caller, "see_child")
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why you need this record now"})
    now = desk.now()
    desk.session.add(
        ChildGrant(
            child_id=child_id,
            account_id=desk.caller.account,
            granted_at=now,
            until=now + GRANT,
            reason=reason.strip(),
        )
    )
    record(desk, "restricted_record_opened", {"child": child_id, "reason": reason.strip()})
    desk.session.flush()


def open_restricted_case(desk: Desk, case_id: int, reason: str) -> None:
    """Open the restricted record that a case is about to the caller; raises NotFound for a case without a child."""
    child_id = desk.session.scalar(sa.select(CaseRecord.child_id).where(CaseRecord.id == case_id))
    if child_id is None:
        raise NotFound("there is no such case")
    open_restricted(desk, child_id, reason)


def grant(desk: Desk, child_id: int, account_id: int, until: Any, reason: str) -> None:
    """Let another account see a restricted record until a moment."""
    require(desk.caller, "assign_task")
    desk.session.add(
        ChildGrant(
            child_id=child_id,
            account_id=account_id,
            granted_at=desk.now(),
            until=until,
            reason=reason.strip(),
        )
    )
    record(
        desk,
        "restricted_record_granted",
        {"child": child_id, "account": account_id, "reason": reason.strip()},
    )
    desk.session.flush()


# --- the log of what was read


def read_child(desk: Desk, child: Child) -> None:
    """Check that the caller may read this child's record, and log it: no log row, no page."""
    check_child(desk, child)
    log(desk, "child", child_id=child.id)


def check_child(desk: Desk, child: Child) -> None:
    """Check that the caller may read this child's record; whoever shows it logs the read with what it shows."""
    require(desk.caller, "see_child")
    if not may_see_child(desk, child):
        raise NotAllowed(
            "this record is restricted: if you need it now, give a reason and it opens to you for four hours"
        )


def change_child(desk: Desk, child: Child) -> None:
    """Check that the caller may change this child's record."""
    require(desk.caller, "load" if may(desk.caller, "load") else "change_child")
    if not may_see_child(desk, child):
        raise NotAllowed("this record is restricted: open it first, with a reason")


def log(desk: Desk, what: str, *, case_id: int | None = None, child_id: int | None = None) -> None:
    """Log that the caller reads something; what the system reads for itself is not logged."""
    if desk.caller.system:
        return
    desk.session.execute(
        sa.insert(access_log),
        {
            "at": desk.now(),
            "account_id": desk.caller.account,
            "case_id": case_id,
            "child_id": child_id,
            "what": what,
        },
    )


def log_cases(desk: Desk, what: str, cases: Sequence[int]) -> None:
    """Log that the caller reads something of several cases, in one statement."""
    if desk.caller.system or not cases:
        return
    now, account = desk.now(), desk.caller.account
    rows = [{"at": now, "account_id": account, "case_id": case, "what": what} for case in cases]
    desk.session.execute(sa.insert(access_log).values(rows))
