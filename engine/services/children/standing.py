"""What stands on a child's record over time: legal status, workers, placements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.services.child_facts import change_status, forget
from engine.services.children.changing import change, check, child_to_change
from engine.services.desk import Desk, InvalidAnswers, once, remember
from engine.store.tables import AllocatedWorker, Child, Placement


def set_status(
    desk: Desk,
    child_id: int,
    status: str,
    since: date,
    *,
    basis: str | None = None,
    authority: str | None = None,
    beside: bool = False,
    reason: str | None = None,
    key: str | None = None,
) -> None:
    """Record a change of legal status; it ends those that stand unless it stands `beside` them."""
    check(desk, {"child.legal_status": status, "child.looked_after_basis": basis})
    check(desk, {"child.responsible_authority": authority})
    if since > local(desk.now()).date():
        raise InvalidAnswers({"since": "lies in the future; record the change on the day it happens"})
    before = once(desk, key, f"set_status_{child_id}", [status, str(since), basis, authority, beside, reason])
    if not before.first:
        return
    child = child_to_change(desk, child_id)

    def apply() -> None:
        change_status(
            desk.session,
            child,
            status,
            since,
            basis=basis,
            authority=authority,
            beside=beside,
            recorded=desk.now(),
            by=desk.caller.account,
        )

    change(desk, child, apply, "legal_status_set", reason=reason, actual=None)
    remember(desk, key, None)


def set_worker(
    desk: Desk,
    child_id: int,
    name: str,
    role: str,
    since: date,
    *,
    team: str | None = None,
    account: int | None = None,
    key: str | None = None,
) -> None:
    """Allocate a worker; the one who had the same role until now ends."""
    if not name.strip():
        raise InvalidAnswers({"name": "is missing: who is the worker?"})
    before = once(desk, key, f"set_worker_{child_id}", [name, role, str(since), team, account])
    if not before.first:
        return
    child = child_to_change(desk, child_id)

    def apply() -> None:
        end_workers(desk, child, role, since)
        if role == "social_worker":
            forget(child, ("worker.",))
        desk.session.add(
            AllocatedWorker(
                council_id=child.council_id,
                child_id=child.id,
                account_id=account,
                name=name.strip(),
                role=role,
                team=team,
                since=since,
                recorded_at=desk.now(),
            )
        )
        desk.session.flush()

    change(desk, child, apply, "worker_allocated", reason=None, actual=None)
    remember(desk, key, None)


def end_worker(desk: Desk, child_id: int, role: str, until: date, *, key: str | None = None) -> None:
    """Record that the child no longer has a worker in a role."""
    before = once(desk, key, f"end_worker_{child_id}", [role, str(until)])
    if not before.first:
        return
    child = child_to_change(desk, child_id)
    change(
        desk,
        child,
        lambda: end_workers(desk, child, role, until),
        "worker_ended",
        reason=None,
        actual=None,
    )
    remember(desk, key, None)


def end_workers(desk: Desk, child: Child, role: str, until: date) -> None:
    """End the allocations of a role that stand."""
    for row in desk.session.scalars(
        sa.select(AllocatedWorker).where(
            AllocatedWorker.child_id == child.id,
            AllocatedWorker.role == role,
            AllocatedWorker.until.is_(None),
        )
    ):
        row.until = max(until, row.since)
    desk.session.flush()


def set_placement(
    desk: Desk,
    child_id: int,
    type: str,
    placed_at: datetime,
    *,
    area: str | None = None,
    place: str | None = None,
    facts: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> None:
    """Record where the child lives from a moment on; the placement before it ends then."""
    check(desk, {"placement.type": type, "placement.area": area})
    before = once(desk, key, f"set_placement_{child_id}", [type, str(placed_at), area, place])
    if not before.first:
        return
    child = child_to_change(desk, child_id)

    def apply() -> None:
        for row in desk.session.scalars(
            sa.select(Placement).where(Placement.child_id == child.id, Placement.ended_at.is_(None))
        ):
            row.ended_at = max(placed_at, row.placed_at)
        forget(child, ("placement.",))
        desk.session.add(
            Placement(
                council_id=child.council_id,
                child_id=child.id,
                type=type,
                area=area,
                place=place,
                placed_at=placed_at,
                facts=dict(facts or {}),
                recorded_at=desk.now(),
            )
        )
        desk.session.flush()

    change(desk, child, apply, "placement_set", reason=None, actual=placed_at)
    remember(desk, key, None)
