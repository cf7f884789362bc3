"""Somebody's own working day in a demonstration: tasks taken, one put off, a list kept, reminders chosen."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from engine.clock import local
from engine.services import access, accounts, preferences, tasks
from engine.services.desk import OWN_ROLES, Caller, Desk
from engine.services.preferences import WORKING_DAYS, Choice
from engine.services.tasks import TaskFilter, filters
from engine.store.tables import Account, AccountRole, SavedFilter, Task

TAKEN = 4
"""So many tasks the busiest role's person has taken, the last of them put off."""
AFTER = timedelta(days=2)
WAITING_FOR = "The school answers after the weekend."


def begin(desk: Desk) -> None:
    """Give everybody an address that leads nowhere, and the busiest role's person a day's beginning. Commits."""
    for account in desk.session.scalars(sa.select(Account).where(Account.email.is_(None))):
        account.email = f"{account.name}@demonstration.invalid"
    person = _busiest(desk)
    if person is not None and not desk.session.scalar(sa.select(sa.func.count()).select_from(SavedFilter)):
        _day(desk.acting_as(person))
    desk.session.commit()


def _busiest(desk: Desk) -> Caller | None:
    """Return whoever could take the most open tasks."""
    row = desk.session.execute(
        sa.select(Account.id, Account.session_epoch)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .join(Task, Task.role == AccountRole.role)
        .where(
            AccountRole.role.not_in(OWN_ROLES),
            Task.external.is_(False),
            Task.assignee.is_(None),
            Account.disabled_at.is_(None),
        )
        .group_by(Account.id)
        .order_by(sa.func.count().desc(), Account.id)
        .limit(1)
    ).first()
    return row and accounts.resume(desk.session, desk.caller.council, row.id, row.session_epoch)


def _day(desk: Desk) -> None:
    filters.save(desk, "Overdue, by child", TaskFilter(whose="team", limit="overdue", by_child=True))
    preferences.choose(desk, Choice(8, WORKING_DAYS, when_overdue=True, hours_before=4))
    free = [
        row
        for row in tasks.list(desk, TaskFilter(whose="unassigned"), size=100).rows
        if row.can_claim and row.child != access.HIDDEN
    ]
    for row in free[: TAKEN - 1]:
        tasks.claim(desk, row.id)
    day = local(desk.now()).date() + AFTER
    for row in free[TAKEN - 1 :]:
        latest = tasks.latest_day(desk, row.due)
        if latest is not None and day <= latest:
            tasks.put_off_until(desk, row.id, day, WAITING_FOR)
            break
