"""What a person wants to be told of by e-mail, and when; nobody is told of anything that they did not choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from engine.clock import LOCAL_ZONE, local
from engine.services.desk import ADMINISTRATOR, Desk, InvalidAnswers, NotAllowed, once, record
from engine.services.rows import at
from engine.store.tables import Account, ReminderChoice

WORKING_DAYS = (0, 1, 2, 3, 4)
LONGEST_NOTICE = 72
"""Hours before a limit that somebody can ask to be told."""


@dataclass(frozen=True)
class Choice:
    """When somebody is told. `digest_hour` is a local hour (None: no digest) on `digest_days`, 0 for Monday.

    `hours_before` None: not told before a limit. `chosen_at` None: nothing was ever chosen.
    """

    digest_hour: int | None = None
    digest_days: tuple[int, ...] = ()
    when_overdue: bool = False
    hours_before: int | None = None
    chosen_at: datetime | None = None

    @property
    def anything(self) -> bool:
        """Say whether anything is ever told."""
        return self.digest_hour is not None or self.when_overdue or self.hours_before is not None

    def digest_of(self, now: datetime) -> date | None:
        """Return the local day whose digest is due at a moment, None where none is.

        An hour that the clocks skip is taken for the next one, of one that they repeat the first counts: a day has one
        digest in either case. A digest whose hour lay before the choice was made is none.
        """
        today = local(now).date()
        if self.digest_hour is None or today.weekday() not in self.digest_days:
            return None
        moment = datetime.combine(today, time(self.digest_hour), LOCAL_ZONE).astimezone(UTC)
        made = self.chosen_at is None or moment > self.chosen_at
        return today if made and moment <= now else None


def choice(desk: Desk) -> Choice:
    """Return what the caller has chosen."""
    row = desk.session.get(ReminderChoice, desk.caller.account or 0)
    return Choice() if row is None else choice_of(row)


def choice_of(row: ReminderChoice) -> Choice:
    """Return a stored choice."""
    return Choice(
        row.digest_hour, tuple(row.digest_days), row.when_overdue, row.hours_before, at(row.chosen_at)
    )


def address(desk: Desk) -> str | None:
    """Return the e-mail address to which the caller is told, None where none is known."""
    return desk.session.scalar(sa.select(Account.email).where(Account.id == desk.caller.account))


def choose(desk: Desk, wanted: Choice, key: str | None = None) -> None:
    """Keep what the caller wants to be told of, from now on. Raises InvalidAnswers."""
    if desk.caller.account is None:
        raise NotAllowed("only a person has preferences")
    if problems := _problems(wanted):
        raise InvalidAnswers(problems)
    days = sorted(set(wanted.digest_days)) if wanted.digest_hour is not None else []
    given = {
        "digest_hour": wanted.digest_hour,
        "digest_days": days,
        "when_overdue": wanted.when_overdue,
        "hours_before": wanted.hours_before,
    }
    if not once(desk, key, "choose_reminders", given).first:
        return
    values = {**given, "chosen_at": desk.now()}
    desk.session.execute(
        insert(ReminderChoice)
        .values(account_id=desk.caller.account, **values)
        .on_conflict_do_update(index_elements=[ReminderChoice.account_id], set_=values)
    )
    desk.session.expire_all()
    record(desk, "reminders_chosen", given)


def _problems(wanted: Choice) -> Mapping[str, str]:
    problems = {}
    if wanted.digest_hour is not None:
        if not 0 <= wanted.digest_hour <= 23:
            problems["digest_hour"] = "is no hour of a day"
        if not wanted.digest_days or not set(wanted.digest_days) <= set(range(7)):
            problems["digest_days"] = "is missing: on which days do you want it?"
    if wanted.hours_before is not None and not 1 <= wanted.hours_before <= LONGEST_NOTICE:
        problems["hours_before"] = f"is a number of hours from 1 to {LONGEST_NOTICE}"
    return problems


def unreachable(desk: Desk) -> tuple[str, ...]:
    """Return the names of those who want to be told and have no e-mail address, for administrators."""
    if ADMINISTRATOR not in desk.caller.roles:
        raise NotAllowed("only an administrator looks after accounts")
    told = sa.or_(
        ReminderChoice.digest_hour.is_not(None),
        ReminderChoice.when_overdue,
        ReminderChoice.hours_before.is_not(None),
    )
    return tuple(
        desk.session.scalars(
            sa.select(Account.display_name)
            .join(ReminderChoice, ReminderChoice.account_id == Account.id)
            .where(told, Account.disabled_at.is_(None), sa.func.coalesce(Account.email, "") == "")
            .order_by(Account.display_name)
        )
    )
