"""Out of the office: the days, the deputy, and what happens to the work when they begin and end.

A deputy gets the tasks and nothing else: no role, no access to a restricted record before saying yes to its task. What
went to the deputy only because somebody was away goes back by itself, unless the deputy has said yes or typed something.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from engine.clock import local
from engine.services import access
from engine.services.assignment import rotas
from engine.services.assignment.handing import hand
from engine.services.assignment.standing_in import Absence, present
from engine.services.desk import (
    ADMINISTRATOR,
    Conflict,
    Desk,
    InvalidAnswers,
    NotAllowed,
    NotFound,
    once,
    record,
    remember,
)
from engine.store.tables import (
    Account,
    AccountRole,
    AccountTeam,
    OutOfOffice,
    Task,
    TaskDraft,
)

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class AwayRow:
    """Somebody out of the office, now or soon. `stands_in` is who does the work today, None where nobody does."""

    id: int
    account: int
    name: str
    since: date
    until: date
    deputy: str | None
    hand_over: bool
    now: bool
    stands_in: str | None
    may_change: bool
    open_tasks: int


def listed(desk: Desk) -> tuple[AwayRow, ...]:
    """List who is out of the office now or will be, the soonest first."""
    access.require(desk.caller, "see_task_list")
    today = local(desk.now()).date()
    open_tasks = sa.select(sa.func.count()).where(Task.assignee == OutOfOffice.account_id).scalar_subquery()
    rows = desk.session.execute(
        sa.select(OutOfOffice, open_tasks)
        .where(OutOfOffice.ended_at.is_(None), OutOfOffice.until >= today)
        .order_by(OutOfOffice.since, OutOfOffice.id)
    ).all()
    absent = rotas.absences(desk)
    people = {row.account_id for row, _ in rows} | {row.deputy_id for row, _ in rows if row.deputy_id}
    people |= {one.deputy for one in absent.values() if one.deputy is not None}
    names = dict(
        desk.session.execute(
            sa.select(Account.id, Account.display_name).where(
                Account.id.in_(people), Account.disabled_at.is_(None)
            )
        ).all()
    )
    return tuple(
        AwayRow(
            row.id,
            row.account_id,
            names.get(row.account_id, "A closed account"),
            row.since,
            row.until,
            names.get(row.deputy_id or 0),
            row.hand_over,
            row.since <= today,
            names.get(present(row.account_id, absent, names) or 0) if row.since <= today else None,
            _may_enter(desk, row.account_id),
            count,
        )
        for row, count in rows
    )


def deputies_for(desk: Desk, account: int) -> tuple[tuple[int, str], ...]:
    """Return who may stand in for an account: open accounts that hold one of its roles, by name."""
    mine = sa.select(AccountRole.role).where(AccountRole.account_id == account)
    rows = desk.session.execute(
        sa.select(Account.id, Account.display_name)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role.in_(mine), Account.disabled_at.is_(None), Account.id != account)
        .distinct()
        .order_by(Account.display_name, Account.id)
    )
    return tuple(rows.all())


def people_to_enter(desk: Desk) -> tuple[tuple[int, str], ...]:
    """Return for whom the caller may enter days out of the office: oneself, and whom one leads, by name."""
    wanted: list[sa.ColumnElement[bool]] = [Account.disabled_at.is_(None)]
    if ADMINISTRATOR not in desk.caller.roles:
        leads = access.may(desk.caller, "assign_task")
        in_team = sa.exists().where(
            AccountTeam.account_id == Account.id, AccountTeam.team.in_(sorted(desk.caller.teams))
        )
        own = Account.id == (desk.caller.account or 0)
        wanted.append(sa.or_(own, in_team) if leads else own)
    rows = desk.session.execute(
        sa.select(Account.id, Account.display_name).where(*wanted).order_by(Account.display_name, Account.id)
    )
    return tuple(rows.all())


def _may_enter(desk: Desk, account: int) -> bool:
    caller = desk.caller
    if caller.system or account == caller.account or ADMINISTRATOR in caller.roles:
        return True
    if not access.may(caller, "assign_task"):
        return False
    teams = set(desk.session.scalars(sa.select(AccountTeam.team).where(AccountTeam.account_id == account)))
    return bool(teams & caller.teams)


def enter(
    desk: Desk,
    account: int,
    since: date,
    until: date,
    *,
    deputy: int | None,
    hand_over: bool = False,
    key: str | None = None,
) -> int:
    """Enter days out of the office (both ends included) and who stands in; return the entry's id.

    With `hand_over` the open tasks go to the deputy on the first day, at once where that is today. The deputy holds one
    of the same roles; a circle of deputies is refused, because nobody would be left in it.
    """
    if not _may_enter(desk, account):
        raise NotAllowed("only the person or whoever leads the team enters days out of the office")
    today = local(desk.now()).date()
    problems = {}
    if until < since:
        problems["until"] = "lies before the first day"
    elif until < today:
        problems["until"] = "lies in the past"
    elif until - since > LONGEST:
        problems["until"] = "lies more than a year after the first day: close the account instead"
    if hand_over and deputy is None:
        problems["deputy"] = "is missing: say who gets the open tasks"
    if problems:
        raise InvalidAnswers(problems)
    asked = [account, str(since), str(until), deputy, hand_over]
    taken = once(desk, key, "enter_out_of_office", asked)
    if not taken.first:
        return int(taken.result)
    desk.session.execute(sa.select(Account.id).where(Account.id == account).with_for_update())
    if deputy is not None and deputy not in {number for number, _ in deputies_for(desk, account)}:
        raise InvalidAnswers({"deputy": "does not hold the same role, or cannot sign in"})
    _no_other(desk, account, since, until)
    if deputy is not None:
        _no_circle(desk, account, deputy, since, until)
    row = OutOfOffice(
        council_id=desk.council.id,
        account_id=account,
        since=since,
        until=until,
        deputy_id=deputy,
        hand_over=hand_over,
        entered_at=desk.now(),
        entered_by=desk.caller.account,
    )
    desk.session.add(row)
    desk.session.flush()
    if since <= today:
        _begin(desk, row)
    record(
        desk,
        "out_of_office_entered",
        {
            "entry": row.id,
            "account": account,
            "deputy": deputy,
            "since": str(since),
            "until": str(until),
            "hand_over": hand_over,
        },
    )
    remember(desk, key, row.id)
    return row.id


def _no_other(desk: Desk, account: int, since: date, until: date) -> None:
    other = desk.session.scalar(
        sa.select(OutOfOffice.id).where(
            OutOfOffice.account_id == account,
            OutOfOffice.ended_at.is_(None),
            OutOfOffice.since <= until,
            OutOfOffice.until >= since,
        )
    )
    if other is not None:
        raise Conflict("some of these days are entered already: end the other entry first")


def _no_circle(desk: Desk, account: int, deputy: int, since: date, until: date) -> None:
    rows = desk.session.execute(
        sa.select(OutOfOffice.account_id, OutOfOffice.deputy_id).where(
            OutOfOffice.ended_at.is_(None), OutOfOffice.since <= until, OutOfOffice.until >= since
        )
    )
    chain = dict(rows.all())
    current: int | None = deputy
    seen: set[int] = set()
    while current is not None and current not in seen:
        if current == account:
            raise InvalidAnswers(
                {
                    "deputy": "is away in these days too, and this person stands in for them: choose somebody else"
                }
            )
        seen.add(current)
        current = chain.get(current)


def end(desk: Desk, entry: int, key: str | None = None) -> None:
    """End days out of the office before their time, or take back those to come; the work goes back."""
    row = desk.session.get(OutOfOffice, entry, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("there is no such entry")
    if not _may_enter(desk, row.account_id):
        raise NotAllowed("only the person or whoever leads the team ends days out of the office")
    if not once(desk, key, f"end_out_of_office_{entry}", None).first or row.ended_at is not None:
        return
    _finish(desk, row)
    record(desk, "out_of_office_ended", {"entry": entry, "account": row.account_id})


def keep_time(desk: Desk) -> int:
    """Begin and end what is due by today's date; return how many entries. The worker asks every minute."""
    today = local(desk.now()).date()
    rows = desk.session.scalars(
        sa.select(OutOfOffice)
        .where(
            OutOfOffice.ended_at.is_(None),
            sa.or_(
                OutOfOffice.until < today,
                sa.and_(
                    OutOfOffice.hand_over, OutOfOffice.handed_over_at.is_(None), OutOfOffice.since <= today
                ),
            ),
        )
        .order_by(OutOfOffice.id)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        if row.until < today:
            _finish(desk, row)
            record(desk, "out_of_office_over", {"entry": row.id, "account": row.account_id})
        else:
            _begin(desk, row)
    return len(rows)


def _begin(desk: Desk, row: OutOfOffice) -> None:
    """Hand the open tasks over, each to whoever stands in today."""
    if not row.hand_over or row.handed_over_at is not None:
        return
    row.handed_over_at = desk.now()
    tasks = desk.session.scalars(
        sa.select(Task)
        .where(Task.assignee == row.account_id)
        .order_by(Task.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    absent = rotas.absences(desk) | {row.account_id: Absence(row.deputy_id, row.until)}
    able = rotas.holders(desk, {task.role for task in tasks}) if tasks else {}
    for task in tasks:
        here = present(row.account_id, absent, able[task.role])
        hand(desk, task, here, row.account_id, "deputy")


def _finish(desk: Desk, row: OutOfOffice) -> None:
    """End an entry; what a deputy has only because of it, and has not begun, goes back."""
    row.ended_at = desk.now()
    row.ended_by = desk.caller.account
    desk.session.flush()
    if row.account_id in rotas.absences(desk):
        return
    typed = sa.exists().where(TaskDraft.task_id == Task.id, TaskDraft.account_id == Task.assignee)
    tasks = desk.session.scalars(
        sa.select(Task)
        .where(
            Task.meant_for == row.account_id,
            Task.accepted_at.is_(None),
            Task.routed.in_(("deputy", "duty")),
            sa.not_(typed),
        )
        .order_by(Task.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    able = rotas.holders(desk, {task.role for task in tasks}) if tasks else {}
    for task in tasks:
        if row.account_id in able[task.role]:
            hand(desk, task, row.account_id, None, "back")


@dataclass(frozen=True)
class StoodInFor:
    """Whose a task would be, and until when (the last day) that person is out of the office, if so."""

    name: str
    until: date | None


def stood_in_for(desk: Desk, account: int) -> StoodInFor | None:
    """Return who an account is, and until when it is out of the office, for a task that somebody else has for it."""
    name = desk.session.scalar(sa.select(Account.display_name).where(Account.id == account))
    absence = rotas.absences(desk).get(account)
    return None if name is None else StoodInFor(name, absence.until if absence is not None else None)
