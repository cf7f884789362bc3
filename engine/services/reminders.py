"""Telling people of their limits by e-mail: a digest at the hour they chose, and at once what is due soon or overdue.

What was told is marked in the transaction that orders the message, so that each is told once, whatever number of workers
looks, and however late one does. A message holds counts, duties, limits, references and links: nothing of a child.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from engine.clock import local
from engine.pack.model import Pack
from engine.services import accounts, notices, tasks
from engine.services.desk import Caller, Desk
from engine.services.preferences import choice_of
from engine.services.tasks import TaskFilter, TaskRow
from engine.services.tasks.rows import AGREED
from engine.store.packs import NoPack, in_force
from engine.store.tables import Account, Reminder, ReminderChoice, Task

NOTICE = "reminder"
"""What these messages are called in the outbox."""
LISTED = 15
"""So many tasks are named in a message; the rest is counted."""


@dataclass(frozen=True)
class Line:
    """A task as a message names it."""

    task: int
    what: str
    reference: str
    due: datetime | None
    whole_day: bool


def remind(desk: Desk) -> int:
    """Order the messages that are due now in a council; return how many there are. The caller commits."""
    try:
        pack = in_force(desk.session, local(desk.now()).date())[1]
    except NoPack:
        return 0
    return _at_once(desk, pack) + _digests(desk, pack)


# --- at once


def _at_once(desk: Desk, pack: Pack) -> int:
    """Tell of what has become overdue, and of what is due within the hours that each person chose."""
    now = desk.now()
    late = sa.and_(
        ReminderChoice.when_overdue,
        Task.due < now,
        sa.func.greatest(Task.due, Task.assigned_at) >= ReminderChoice.chosen_at,
    )
    notice = ReminderChoice.hours_before * sa.literal(timedelta(hours=1), sa.Interval)
    soon = sa.and_(
        ReminderChoice.hours_before.is_not(None),
        Task.due >= now,
        Task.due <= now + notice,
        sa.func.greatest(Task.due - notice, Task.assigned_at) >= ReminderChoice.chosen_at,
    )
    kind = sa.case((Task.due < now, "overdue"), else_="soon")
    rows = desk.session.execute(
        sa.select(
            ReminderChoice.account_id,
            kind.label("kind"),
            Task.id,
            sa.case((Task.process == "", AGREED), else_=Task.name).label("name"),
            Task.obligations,
            Task.reference,
            Task.due,
            Task.whole_day,
        )
        .join(Account, sa.and_(Account.id == ReminderChoice.account_id, Account.disabled_at.is_(None)))
        .join(Task, sa.and_(Task.assignee == ReminderChoice.account_id, Task.external.is_(False)))
        .where(sa.or_(late, soon))
        .order_by(ReminderChoice.account_id, sa.text("kind"), Task.due, Task.id)
    ).all()
    made = 0
    for (account, sort), found in groupby(rows, key=lambda row: (row.account_id, row.kind)):
        lines = {_occasion(row): _line(pack, row) for row in found}
        new = _mark(desk, account, sort, [*lines])
        if new:
            _order(desk, account, sort, new[0], *_at_once_words(desk, sort, [lines[one] for one in new]))
            made += 1
    return made


def _occasion(row: Any) -> str:
    """Return what tells one telling of a task from the next: a limit that moves is told of again."""
    return f"{row.id} {row.due.astimezone(UTC).isoformat()}"


def _mark(desk: Desk, account: int, kind: str, occasions: Sequence[str], *, told: bool = True) -> list[str]:
    """Mark occasions as told of; return those that nobody had marked before, in their order."""
    given = [
        {"account_id": account, "kind": kind, "occasion": one, "at": desk.now(), "told": told}
        for one in occasions
    ]
    fresh = set(
        desk.session.scalars(
            insert(Reminder).values(given).on_conflict_do_nothing().returning(Reminder.occasion)
        )
    )
    return [one for one in occasions if one in fresh]


def _at_once_words(desk: Desk, kind: str, lines: Sequence[Line]) -> tuple[str, str]:
    many = _counted(len(lines))
    subject = f"{many} overdue" if kind == "overdue" else f"{many} due soon"
    heading = "The limit of these has passed:" if kind == "overdue" else "These are due soon:"
    return subject, _body(desk, [heading, "", *_listed(desk, lines)])


# --- the digest


def _digests(desk: Desk, pack: Pack) -> int:
    """Write the digest of everybody for whom it is time, unless there is nothing to say."""
    now = desk.now()
    rows = desk.session.execute(
        sa.select(ReminderChoice, Account.session_epoch)
        .join(Account, sa.and_(Account.id == ReminderChoice.account_id, Account.disabled_at.is_(None)))
        .where(ReminderChoice.digest_hour.is_not(None))
        .order_by(ReminderChoice.account_id)
    ).all()
    made = 0
    for row in rows:
        day = choice_of(row.ReminderChoice).digest_of(now)
        account = row.ReminderChoice.account_id
        if day is None or not _mark(desk, account, "digest", [day.isoformat()], told=False):
            continue
        person = accounts.resume(desk.session, desk.caller.council, account, row.session_epoch)
        words = _digest_words(desk, pack, person, day) if person is not None else None
        if words is not None:
            _order(desk, account, "digest", day.isoformat(), *words)
            desk.session.execute(
                sa.update(Reminder)
                .where(
                    Reminder.account_id == account,
                    Reminder.kind == "digest",
                    Reminder.occasion == day.isoformat(),
                )
                .values(told=True)
            )
            made += 1
    return made


def _digest_words(desk: Desk, pack: Pack, person: Caller, day: date) -> tuple[str, str] | None:
    """Return subject and text of somebody's digest, None where nothing is theirs to do or to take."""
    theirs = desk.acting_as(person)
    counts = tasks.counts(theirs)
    practises = bool(pack.roles.keys() & person.roles)
    free = counts.unassigned if practises else 0
    if not counts.mine and not free:
        return None
    page = tasks.list(theirs, TaskFilter(whose="mine"), size=LISTED)
    edge = tasks.bounds(desk.now())
    told: list[str] = []
    if counts.mine:
        told += [f"You have {_counted(counts.mine)}, {counts.mine_overdue} overdue."]
    groups = {name: [*found] for name, found in groupby(page.rows, key=lambda row: edge.group(row.due))}
    for name, heading in (
        ("overdue", "Overdue:"),
        ("today", "Due today:"),
        ("week", "In the next seven days:"),
    ):
        if name in groups:
            told += ["", heading, "", *_listed(desk, [_line_of(pack, row) for row in groups[name]])]
    if counts.waiting:
        told += ["", f"You have put {_counted(counts.waiting)} off."]
    if free:
        late = f", {counts.unassigned_overdue} overdue" if counts.unassigned_overdue else ""
        told += ["", f"Nobody has taken {_counted(free)} of your team{late}."]
    subject = f"Your tasks on {_day(day)}: {counts.mine} open, {counts.mine_overdue} overdue"
    return subject, _body(desk, told)


def _line(pack: Pack, row: Any) -> Line:
    return Line(row.id, _what(pack, row.name, row.obligations), row.reference, row.due, row.whole_day)


def _line_of(pack: Pack, row: TaskRow) -> Line:
    name = AGREED if row.agreed else row.name
    return Line(row.id, _what(pack, name, row.obligations), row.reference, row.due, row.whole_day)


def _what(pack: Pack, name: str, obligations: Iterable[str]) -> str:
    """Return the duties of a task in the vocabulary's words, its name where it carries none."""
    known = pack.vocabulary.obligations
    return "; ".join(known[one].meaning for one in obligations if one in known) or name


# --- words


def _listed(desk: Desk, lines: Sequence[Line]) -> list[str]:
    told = []
    for line in lines[:LISTED]:
        told += [f"- {line.what}", f"  {_limit(line)}, case {line.reference}"]
        told += [f"  {desk.settings.base_url}/tasks/{line.task}"]
    if len(lines) > LISTED:
        told.append(f"- and {len(lines) - LISTED} more")
    return told


def _limit(line: Line) -> str:
    if line.due is None:
        return "No limit stated"
    there = local(line.due)
    if line.whole_day:
        return f"Due by the end of {_day(there.date())}"
    return f"Due on {_day(there.date())} at {there:%H:%M} {there.tzname()}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _counted(number: int) -> str:
    return f"{number} task{'' if number == 1 else 's'}"


def _body(desk: Desk, told: Sequence[str]) -> str:
    base = desk.settings.base_url
    ends = ["", f"Your tasks: {base}/tasks", f"What you are told, and when: {base}/preferences"]
    return "\n".join([*told, *ends])


def _order(desk: Desk, account: int, kind: str, occasion: str, subject: str, body: str) -> None:
    key = f"{NOTICE}/{account}/{kind}/{occasion}"
    notices.order(desk, key, f"{notices.PERSON}:{account}", NOTICE, subject, body)
