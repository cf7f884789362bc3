"""Rotas as the council keeps them: read for reckoning, and shown for a week.

A person who may not do the role's work any more (another role, a closed account) counts as not being on duty, so that a
rota nobody has looked after shows its gaps in place of names that answer nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa

from engine.calendar import WorkingCalendar
from engine.clock import LOCAL_ZONE, local
from engine.pack.model import Pack
from engine.services import access
from engine.services.assignment import duty
from engine.services.assignment.duty import Change, Interval, Pattern, Shift, Span
from engine.services.assignment.standing_in import Absence, present
from engine.services.desk import Desk, NotFound
from engine.services.rows import role_label
from engine.store.packs import in_force
from engine.store.tables import (
    Account,
    AccountRole,
    AccountTeam,
    OutOfOffice,
    Rota,
    RotaChange,
    RotaShift,
    Summons,
)

LOOK_AHEAD = timedelta(days=28)
"""How far ahead the next gap is looked for."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OnDuty:
    """Somebody on duty now. `instead_of` is who would be, where that person is out of the office."""

    account: int
    name: str
    until: datetime | None
    instead_of: str | None = None


@dataclass(frozen=True)
class RotaRow:
    """A rota in the list of rotas: who is on duty now, and the next time that nobody is although somebody has to be."""

    id: int
    role: str
    role_label: str
    team: str
    covers: str
    urgent_minutes: int
    answer_minutes: int
    now: tuple[OnDuty, ...]
    needed_now: bool
    gap: Interval | None
    waiting: int
    """How many calls wait for an answer."""


@dataclass(frozen=True)
class ShiftRow:
    """A shift of the pattern with its person's name."""

    shift: Shift
    name: str
    able: bool


@dataclass(frozen=True)
class ChangeRow:
    """A change of the rota that has not passed, with names."""

    id: int
    begins: datetime
    ends: datetime
    who: str | None
    instead_of: str | None
    reason: str
    entered_by: str


@dataclass(frozen=True)
class Day:
    """One local day of a week: who is on duty when (instants, cut at midnight), and when nobody is."""

    day: date
    holiday: str | None
    spans: tuple[tuple[Span, str], ...]
    gaps: tuple[Interval, ...]


@dataclass(frozen=True)
class RotaView:
    """A rota with one week of it."""

    row: RotaRow
    version: int
    week: tuple[Day, ...]
    shifts: tuple[ShiftRow, ...]
    changes: tuple[ChangeRow, ...]
    people: tuple[tuple[int, str], ...]
    can_change: bool


# --- reading


def patterns(desk: Desk, rota_id: int | None = None) -> dict[int, Pattern]:
    """Return the council's rotas (or one) for reckoning, by id, with every shift and change that may still count."""
    wanted = [] if rota_id is None else [Rota.id == rota_id]
    rotas = desk.session.scalars(sa.select(Rota).where(*wanted).order_by(Rota.role, Rota.team)).all()
    shifts: dict[int, list[Shift]] = {rota.id: [] for rota in rotas}
    changes: dict[int, list[Change]] = {rota.id: [] for rota in rotas}
    if not rotas:
        return {}
    for row in desk.session.scalars(
        sa.select(RotaShift)
        .where(RotaShift.rota_id.in_(shifts))
        .order_by(RotaShift.weekday, RotaShift.place, RotaShift.begins, RotaShift.id)
    ):
        shifts[row.rota_id].append(
            Shift(row.id, row.weekday, row.begins, row.ends, row.place, row.account_id, row.since, row.until)
        )
    for change in desk.session.scalars(
        sa.select(RotaChange)
        .where(RotaChange.rota_id.in_(changes), RotaChange.withdrawn_at.is_(None))
        .order_by(RotaChange.id)
    ):
        changes[change.rota_id].append(
            Change(change.id, change.begins, change.ends, change.account_id, change.instead_of)
        )
    return {
        rota.id: Pattern(
            rota.id,
            rota.role,
            rota.team,
            rota.covers,
            timedelta(minutes=rota.urgent_minutes),
            timedelta(minutes=rota.answer_minutes),
            tuple(shifts[rota.id]),
            tuple(changes[rota.id]),
        )
        for rota in rotas
    }


def calendar(desk: Desk) -> WorkingCalendar:
    """Return the council's calendar of today."""
    return in_force(desk.session, local(desk.now()).date())[1].calendar


def absences(desk: Desk, day: date | None = None) -> dict[int, Absence]:
    """Return who is out of the office on a day (today), by account."""
    on = day or local(desk.now()).date()
    rows = desk.session.execute(
        sa.select(OutOfOffice.account_id, OutOfOffice.deputy_id, OutOfOffice.until)
        .where(OutOfOffice.ended_at.is_(None), OutOfOffice.since <= on, OutOfOffice.until >= on)
        .order_by(OutOfOffice.id)
    )
    return {account: Absence(deputy, until) for account, deputy, until in rows}


def holders(desk: Desk, roles: Collection[str]) -> dict[str, frozenset[int]]:
    """Return the open accounts that hold each of some roles."""
    found: dict[str, set[int]] = {role: set() for role in roles}
    for role, account in desk.session.execute(
        sa.select(AccountRole.role, AccountRole.account_id)
        .join(Account, Account.id == AccountRole.account_id)
        .where(AccountRole.role.in_(sorted(roles)), Account.disabled_at.is_(None))
    ):
        found[role].add(account)
    return {role: frozenset(accounts) for role, accounts in found.items()}


def to_call(
    pattern: Pattern,
    moment: datetime,
    days: WorkingCalendar,
    away: Mapping[int, Absence],
    able: Collection[int],
) -> tuple[tuple[int, int], ...]:
    """Return whom to call at a moment, first first, as (who, on whose shift): deputies in the place of who is away."""
    called: dict[int, int] = {}
    for account in duty.on_duty(pattern, moment, days):
        here = present(account, away, able)
        if here is not None:
            called.setdefault(here, account)
    return tuple(called.items())


def of_role(found: Iterable[Pattern], role: str, team: str) -> Pattern | None:
    """Return the rota that holds for a role in a team: the team's own before the one of all teams."""
    fitting = [one for one in found if one.role == role and one.team in {"", team}]
    return max(fitting, key=lambda one: one.team != "", default=None)


def on_call(desk: Desk, role: str, team: str = "") -> tuple[OnDuty, ...]:
    """Return who is on duty for a role at this moment, who is called first coming first."""
    pattern = of_role(patterns(desk).values(), role, team)
    if pattern is None:
        return ()
    return _on_duty_now(desk, [pattern], calendar(desk), _present(desk, [pattern]))[pattern.id]


def rows(desk: Desk) -> tuple[RotaRow, ...]:
    """List the council's rotas with who is on duty now, what is not covered, and how many calls wait."""
    found = patterns(desk)
    if not found:
        return ()
    pack = in_force(desk.session, local(desk.now()).date())[1]
    people = _present(desk, found.values())
    manned = _on_duty_now(desk, list(found.values()), pack.calendar, people)
    return _rows(desk, found.values(), pack, people, manned)


def _rows(
    desk: Desk,
    found: Iterable[Pattern],
    pack: Pack,
    people: _Present,
    manned: Mapping[int, tuple[OnDuty, ...]],
) -> tuple[RotaRow, ...]:
    waiting: dict[int, int] = dict(
        desk.session.execute(
            sa.select(Summons.rota_id, sa.func.count())
            .where(Summons.outcome.is_(None))
            .group_by(Summons.rota_id)
        ).all()
    )
    now = desk.now()
    return tuple(
        RotaRow(
            one.id,
            one.role,
            role_label(pack, one.role),
            one.team,
            one.covers,
            int(one.urgent.total_seconds() // 60),
            int(one.answer.total_seconds() // 60),
            manned[one.id],
            bool(duty.to_cover(one, now, now + timedelta(minutes=1), pack.calendar)),
            next(iter(duty.gaps(one, now, now + LOOK_AHEAD, pack.calendar, people.absent)), None),
            waiting.get(one.id, 0),
        )
        for one in found
    )


def view(desk: Desk, rota_id: int, monday: date) -> RotaView:
    """Show a rota and the week that begins on a Monday. Raises NotFound."""
    one = patterns(desk, rota_id).get(rota_id)
    if one is None:
        raise NotFound("there is no such rota")
    pack = in_force(desk.session, local(desk.now()).date())[1]
    days, people = pack.calendar, _present(desk, [one])
    (row,) = _rows(desk, [one], pack, people, _on_duty_now(desk, [one], days, people))
    since = duty.placed(monday, time())
    until = duty.placed(monday + 7 * _DAY, time())
    able = people.able[one.role]
    changes = desk.session.scalars(
        sa.select(RotaChange)
        .where(RotaChange.rota_id == rota_id, RotaChange.withdrawn_at.is_(None), RotaChange.ends > desk.now())
        .order_by(RotaChange.begins, RotaChange.id)
    ).all()
    wanted = {shift.account for shift in one.shifts}
    wanted |= {number for change in changes for number in (change.account_id, change.instead_of) if number}
    wanted |= {change.entered_by for change in changes if change.entered_by} | set(able)
    wanted |= {change.account for change in one.changes if change.account is not None}
    names = _names(desk, wanted)
    found = duty.spans(one, since, until, days)
    open_ = duty.gaps(one, since, until, days, people.absent)
    version = desk.session.scalar(sa.select(Rota.version).where(Rota.id == rota_id)) or 0
    return RotaView(
        row,
        version,
        tuple(_day(monday + number * _DAY, found, open_, names, days) for number in range(7)),
        tuple(
            ShiftRow(shift, names.get(shift.account, "Somebody"), shift.account in able)
            for shift in one.shifts
            if shift.until is None or shift.until >= local(desk.now()).date()
        ),
        tuple(
            ChangeRow(
                change.id,
                change.begins,
                change.ends,
                names.get(change.account_id or 0),
                names.get(change.instead_of or 0),
                change.reason,
                names.get(change.entered_by or 0, "system"),
            )
            for change in changes
        ),
        tuple(sorted(((number, names[number]) for number in able), key=lambda pair: pair[1].casefold())),
        access.may(desk.caller, "change_rota"),
    )


def _day(
    day: date,
    found: Sequence[Span],
    open_: Sequence[Interval],
    names: Mapping[int, str],
    days: WorkingCalendar,
) -> Day:
    begins, ends = duty.placed(day, time()), duty.placed(day + _DAY, time())
    shown = [
        (
            Span(max(s.begins, begins), min(s.ends, ends), s.account, s.place, s.changed),
            names.get(s.account, "Somebody"),
        )
        for s in found
        if s.begins < ends and s.ends > begins
    ]
    cut = [(max(a, begins), min(b, ends)) for a, b in open_ if a < ends and b > begins]
    return Day(day, days.holiday(day), tuple(shown), tuple(cut))


def _on_duty_now(
    desk: Desk, found: Sequence[Pattern], days: WorkingCalendar, people: _Present
) -> dict[int, tuple[OnDuty, ...]]:
    now = desk.now()
    called = {one.id: to_call(one, now, days, people.away, people.able[one.role]) for one in found}
    names = _names(desk, {number for pairs in called.values() for pair in pairs for number in pair})
    shown: dict[int, tuple[OnDuty, ...]] = {}
    for one in found:
        ends = {
            span.account: span.ends
            for span in duty.spans(one, now, now + timedelta(seconds=1), days)
            if span.begins <= now < span.ends
        }
        shown[one.id] = tuple(
            OnDuty(
                who, names.get(who, "Somebody"), ends.get(whose), None if who == whose else names.get(whose)
            )
            for who, whose in called[one.id]
        )
    return shown


@dataclass(frozen=True)
class _Present:
    """Who is able by role, who is away today, and when the people of some rotas are not to be had."""

    able: Mapping[str, frozenset[int]]
    away: Mapping[int, Absence]
    absent: Mapping[int, Sequence[Interval]]


def _present(desk: Desk, found: Iterable[Pattern]) -> _Present:
    """Read who of the people of some rotas can be had, and when not: out of the office without deputy, or not able."""
    found = list(found)
    able = holders(desk, {one.role for one in found})
    everybody = {shift.account for one in found for shift in one.shifts}
    everybody |= {change.account for one in found for change in one.changes if change.account is not None}
    anybody = frozenset().union(*able.values()) if able else frozenset()
    day = today(desk)
    always = (datetime(1, 1, 2, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC))
    absent: dict[int, list[Interval]] = {number: [always] for number in everybody - anybody}
    away: dict[int, Absence] = {}
    for account, deputy, since, until in desk.session.execute(
        sa.select(OutOfOffice.account_id, OutOfOffice.deputy_id, OutOfOffice.since, OutOfOffice.until)
        .where(OutOfOffice.ended_at.is_(None), OutOfOffice.until >= day)
        .order_by(OutOfOffice.id)
    ):
        if since <= day:
            away[account] = Absence(deputy, until)
        if deputy is None or deputy not in anybody:
            whole = (duty.placed(since, time()), duty.placed(until + _DAY, time()))
            absent.setdefault(account, []).append(whole)
    return _Present(able, away, absent)


def _names(desk: Desk, accounts: Collection[int]) -> dict[int, str]:
    if not accounts:
        return {}
    return dict(
        desk.session.execute(
            sa.select(Account.id, Account.display_name).where(Account.id.in_(sorted(accounts)))
        ).all()
    )


def roles_to_choose(desk: Desk) -> tuple[tuple[str, str], ...]:
    """Return the council's own roles as (id, title), by title."""
    pack = in_force(desk.session, local(desk.now()).date())[1]
    own = [(role.id, role.label) for role in pack.roles.values() if not role.external]
    return tuple(sorted(own, key=lambda pair: pair[1].casefold()))


def teams(desk: Desk) -> tuple[str, ...]:
    """Return the council's teams: those of the procedure's roles, and those that people work from."""
    pack = in_force(desk.session, local(desk.now()).date())[1]
    named = {role.team for role in pack.roles.values() if role.team and not role.external}
    named |= set(desk.session.scalars(sa.select(AccountTeam.team).distinct()))
    return tuple(sorted(named, key=str.casefold))


def today(desk: Desk) -> date:
    """Return the local day of the desk's clock."""
    return local(desk.now()).date()


def monday_of(moment: datetime) -> date:
    """Return the Monday of the local week that a moment lies in."""
    day = moment.astimezone(LOCAL_ZONE).date()
    return day - day.weekday() * _DAY
