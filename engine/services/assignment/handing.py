"""Handing a task on without a person's asking for it: to somebody, or back to its team, with why."""

from __future__ import annotations

from engine.services.desk import Desk
from engine.store.tables import Task, TaskRouting


def hand(desk: Desk, task: Task, account: int | None, meant_for: int | None, because: str) -> None:
    """Write who has a locked task from now on, and keep why; whoever gets it has not said yes to it yet."""
    task.assignee = account
    task.assigned_at = desk.now() if account is not None else None
    task.routed, task.meant_for, task.accepted_at = because, meant_for, None
    task.version += 1
    desk.session.add(
        TaskRouting(
            council_id=task.council_id,
            task_id=task.id,
            case_id=task.case_id,
            at=desk.now(),
            account_id=account,
            meant_for=meant_for,
            because=because,
        )
    )
    desk.session.flush()
