"""Transfer of a child's work from one team to another.

The procedure names a role's team; a transfer stands beside it, for one child, and is looked up when a task opens or
changes (engine.store.saving). So a team can hand a child on without a change of the procedure, and get it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa

from engine.clock import local
from engine.services import access, children
from engine.services.assignment import routing
from engine.services.assignment.duty import placed
from engine.services.assignment.handing import hand
from engine.services.desk import OWN_ROLES, Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.rows import at, people
from engine.store.packs import in_force
from engine.store.tables import Account, AccountRole, AllocatedWorker, CaseRecord, Child, Task, Transfer


@dataclass(frozen=True)
class TransferRow:
    """A transfer of a child's work. `ended` is when it went back or on."""

    from_team: str
    to_team: str
    since: datetime
    reason: str
    by: str
    ended: datetime | None
    ended_by: str | None
    end_reason: str | None


@dataclass(frozen=True)
class NewWorker:
    """Who is allocated to the child from the day of the transfer: `account` where that person signs in here."""

    name: str
    role: str
    account: int | None = None


@dataclass(frozen=True)
class Moved:
    """What a transfer did: open tasks that changed teams, and how many of them came back from somebody."""

    tasks: int
    taken_back: int
    repeated: bool = False


def of_child(desk: Desk, child_id: int) -> tuple[TransferRow, ...]:
    """Return a child's transfers, newest first, for a page whose service has checked the read."""
    rows = desk.session.scalars(
        sa.select(Transfer).where(Transfer.child_id == child_id).order_by(Transfer.id.desc())
    ).all()
    names = people(desk.session, [number for row in rows for number in (row.entered_by, row.ended_by)])
    return tuple(
        TransferRow(
            row.from_team,
            row.to_team,
            at(row.since),
            row.reason,
            names.get(str(row.entered_by), "system"),
            None if row.ended_at is None else at(row.ended_at),
            names.get(str(row.ended_by)) if row.ended_by else None,
            row.end_reason,
        )
        for row in rows
    )


def teams_now(desk: Desk, child_id: int) -> tuple[str, ...]:
    """Return the teams that work with a child now: those of its open tasks, allocated workers and transfers."""
    found = set(
        desk.session.scalars(
            sa.select(Task.team)
            .where(Task.child_id == child_id, Task.external.is_(False), Task.team != "")
            .distinct()
        )
    )
    found |= set(
        desk.session.scalars(
            sa.select(Transfer.to_team).where(Transfer.child_id == child_id, Transfer.ended_at.is_(None))
        )
    )
    pack = in_force(desk.session, local(desk.now()).date())[1]
    roles = desk.session.scalars(
        sa.select(AllocatedWorker.role).where(
            AllocatedWorker.child_id == child_id, AllocatedWorker.until.is_(None)
        )
    )
    found |= {pack.roles[role].team for role in roles if role in pack.roles and pack.roles[role].team}
    return tuple(sorted(found, key=str.casefold))


def transfer(
    desk: Desk,
    child_id: int,
    from_team: str,
    to_team: str,
    reason: str,
    *,
    since: date | None = None,
    worker: NewWorker | None = None,
    end_worker: str | None = None,
    key: str | None = None,
) -> Moved:
    """Hand a child's work on to another team: the open tasks, and all that open later in the child's cases.

    Tasks that somebody of the old team has go to the new team's queue, or to the new allocated `worker`; what was typed
    stays and can be taken over. `end_worker` names the role whose allocation ends without another. Transferring back
    ends the transfer. `since` may lie in the past, not in the future.
    """
    access.require(desk.caller, "transfer_child")
    now = desk.now()
    day = since or local(now).date()
    from_team, to_team, reason = from_team.strip(), to_team.strip(), reason.strip()
    problems = {}
    if not from_team:
        problems["from_team"] = "is missing: which team hands the work on?"
    if not to_team or to_team == from_team:
        problems["to_team"] = "is missing, or the same team"
    if not reason:
        problems["reason"] = "is missing: say why the work goes to another team"
    if day > local(now).date():
        problems["since"] = "lies in the future: transfer the work on the day"
    if problems:
        raise InvalidAnswers(problems)
    told = [from_team, to_team, reason, str(day), None if worker is None else [worker.name, worker.role]]
    taken = once(desk, key, f"transfer_{child_id}", [*told, end_worker])
    if not taken.first:
        return Moved(taken.result[0], taken.result[1], repeated=True)
    desk.session.execute(  # cases before the child, as every act on a case locks them
        sa.select(CaseRecord.id)
        .where(CaseRecord.child_id == child_id, CaseRecord.status != "closed")
        .order_by(CaseRecord.id)
        .with_for_update()
    )
    child = desk.session.get(Child, child_id, with_for_update=True)
    if child is None:
        raise NotFound("there is no such child on record")
    access.check_child(desk, child)
    began = min(placed(day, time()), now)
    _stand(desk, child_id, from_team, to_team, began, reason)
    old = desk.session.scalars(
        sa.select(AllocatedWorker.account_id).where(
            AllocatedWorker.child_id == child_id, AllocatedWorker.until.is_(None)
        )
    ).all()
    if worker is not None:
        children.set_worker(
            desk, child_id, worker.name, worker.role, day, team=to_team, account=worker.account
        )
    elif end_worker is not None:
        children.end_worker(desk, child_id, end_worker, day)
    moved = _move(desk, child_id, from_team, to_team)
    detail = {"child": child_id, "from": from_team, "to": to_team, "since": str(day), "reason": reason}
    record(desk, "child_transferred", {**detail, "tasks": moved.tasks, "workers": len(old)})
    remember(desk, key, [moved.tasks, moved.taken_back])
    return moved


def _stand(desk: Desk, child_id: int, from_team: str, to_team: str, began: datetime, reason: str) -> None:
    """Bring the standing transfers up to date: what had come to the old team goes on, or back where it came from."""
    now, by = desk.now(), desk.caller.account
    standing = desk.session.scalars(
        sa.select(Transfer)
        .where(Transfer.child_id == child_id, Transfer.ended_at.is_(None))
        .with_for_update()
    ).all()
    goes_back = False
    wanted = []
    for row in standing:
        if row.to_team != from_team:
            continue
        row.ended_at, row.ended_by, row.end_reason = now, by, reason
        if row.from_team == to_team:
            goes_back = True
        else:
            wanted.append(row.from_team)
    if not goes_back and not any(row.from_team == from_team and row.ended_at is None for row in standing):
        wanted.append(from_team)
    desk.session.flush()
    desk.session.add_all(
        Transfer(
            council_id=desk.council.id,
            child_id=child_id,
            from_team=team,
            to_team=to_team,
            since=began,
            reason=reason,
            entered_at=now,
            entered_by=by,
        )
        for team in dict.fromkeys(wanted)
    )
    desk.session.flush()


def _move(desk: Desk, child_id: int, from_team: str, to_team: str) -> Moved:
    """Move the child's open tasks, each case's at once, and route them anew."""
    tasks = desk.session.scalars(
        sa.select(Task)
        .where(Task.child_id == child_id, Task.team == from_team, Task.external.is_(False))
        .order_by(Task.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    taken_back = 0
    by_case: dict[tuple[int, str], list[routing.Opened]] = {}
    for task in tasks:
        task.team = to_team
        taken_back += task.assignee is not None
        hand(desk, task, None, None, "transferred")
        opened = routing.Opened(task.id, task.role, to_team, task.due, task.force, task.created)
        if not task.automatic:
            by_case.setdefault((task.case_id, task.reference), []).append(opened)
    calendar = in_force(desk.session, local(desk.now()).date())[1].calendar
    for (case_id, reference), opened_ones in by_case.items():
        routing.give(desk, case_id, child_id, reference, opened_ones, calendar)
        desk.session.expire_all()
    return Moved(len(tasks), taken_back)


def people_to_allocate(desk: Desk) -> tuple[tuple[int, str], ...]:
    """Return who could be allocated to a child: the open accounts of people who work with children, by name."""
    own = sa.exists().where(AccountRole.account_id == Account.id, AccountRole.role.not_in(sorted(OWN_ROLES)))
    rows = desk.session.execute(
        sa.select(Account.id, Account.display_name)
        .where(Account.disabled_at.is_(None), own)
        .order_by(sa.func.lower(Account.display_name), Account.id)
    )
    return tuple((row.id, row.display_name) for row in rows)
