"""Changing rotas: whoever leads begins one, adds and ends shifts, and enters swaps, each with a record of who did it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa

from engine.clock import local
from engine.services import access
from engine.services.assignment.duty import BANK_HOLIDAY, COVERS
from engine.services.assignment.rota_reading import holders
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, once, record, remember
from engine.store.packs import in_force
from engine.store.tables import Rota, RotaChange, RotaShift

URGENT_MINUTES = 120
ANSWER_MINUTES = 15
LONGEST_CHANGE = timedelta(days=92)
_DAY = timedelta(days=1)


def make(
    desk: Desk,
    role: str,
    team: str = "",
    *,
    covers: str = "always",
    urgent_minutes: int = URGENT_MINUTES,
    answer_minutes: int = ANSWER_MINUTES,
    key: str | None = None,
) -> int:
    """Begin a rota for a role, of one team or (empty) of all; return its id. Raises Conflict where there is one."""
    access.require(desk.caller, "change_rota")
    _check_settings(covers, urgent_minutes, answer_minutes)
    pack = in_force(desk.session, local(desk.now()).date())[1]
    known = pack.roles.get(role)
    if known is None or known.external:
        raise InvalidAnswers({"role": "is no role of this council"})
    taken = once(desk, key, "make_rota", [role, team, covers, urgent_minutes, answer_minutes])
    if not taken.first:
        return int(taken.result)
    if desk.session.scalar(sa.select(Rota.id).where(Rota.role == role, Rota.team == team)) is not None:
        raise Conflict("there is a rota for this role and team already: change that one")
    rota = Rota(
        council_id=desk.council.id,
        role=role,
        team=team,
        covers=covers,
        urgent_minutes=urgent_minutes,
        answer_minutes=answer_minutes,
    )
    desk.session.add(rota)
    desk.session.flush()
    record(desk, "rota_made", {"rota": rota.id, "role": role, "team": team, "covers": covers})
    remember(desk, key, rota.id)
    return rota.id


def change_settings(
    desk: Desk,
    rota_id: int,
    *,
    covers: str,
    urgent_minutes: int,
    answer_minutes: int,
    key: str | None = None,
) -> None:
    """Change when a rota has to be covered, which tasks are urgent, and how long somebody has to accept one."""
    _check_settings(covers, urgent_minutes, answer_minutes)
    rota = _to_change(desk, rota_id)
    if not once(desk, key, f"set_rota_{rota_id}", [covers, urgent_minutes, answer_minutes]).first:
        return
    rota.covers, rota.urgent_minutes, rota.answer_minutes = covers, urgent_minutes, answer_minutes
    rota.version += 1
    told = {"covers": covers, "urgent_minutes": urgent_minutes, "answer_minutes": answer_minutes}
    record(desk, "rota_settings_changed", {"rota": rota_id, **told})


def _check_settings(covers: str, urgent_minutes: int, answer_minutes: int) -> None:
    problems = {}
    if covers not in COVERS:
        problems["covers"] = "is none of the times that a rota can cover"
    if not 0 <= urgent_minutes <= 24 * 60:
        problems["urgent_minutes"] = "is 0 to 1440 minutes"
    if not 1 <= answer_minutes <= 240:
        problems["answer_minutes"] = "is 1 to 240 minutes"
    if problems:
        raise InvalidAnswers(problems)


def add_shift(
    desk: Desk,
    rota_id: int,
    account: int,
    weekdays: Sequence[int],
    begins: time,
    ends: time,
    *,
    place: int = 1,
    since: date | None = None,
    until: date | None = None,
    key: str | None = None,
) -> None:
    """Put a person on duty every week on some days (0 Monday to 6, 7 bank holidays), in local time, from a day on."""
    since = since or local(desk.now()).date()
    problems = {}
    if not weekdays or any(not 0 <= day <= BANK_HOLIDAY for day in weekdays):
        problems["weekdays"] = "is missing: choose at least one day"
    if not 1 <= place <= 9:
        problems["place"] = "is 1 (called first) to 9"
    if until is not None and until < since:
        problems["until"] = "lies before the first day"
    if begins.tzinfo is not None or ends.tzinfo is not None:
        problems["begins"] = "is a local time"
    if problems:
        raise InvalidAnswers(problems)
    rota = _to_change(desk, rota_id)
    asked = [account, sorted(weekdays), str(begins), str(ends), place, str(since), str(until)]
    if not once(desk, key, f"add_shift_{rota_id}", asked).first:
        return
    _must_hold(desk, account, rota.role, "account")
    desk.session.add_all(
        RotaShift(
            council_id=rota.council_id,
            rota_id=rota_id,
            weekday=day,
            begins=begins,
            ends=ends,
            place=place,
            account_id=account,
            since=since,
            until=until,
        )
        for day in sorted(set(weekdays))
    )
    rota.version += 1
    desk.session.flush()
    record(desk, "rota_shift_added", {"rota": rota_id, "shift": asked})


def end_shift(desk: Desk, shift_id: int, *, key: str | None = None) -> int:
    """Take a shift out of the pattern from today on; what it was stays on record. Returns the rota's id."""
    access.require(desk.caller, "change_rota")
    shift = desk.session.get(RotaShift, shift_id)
    if shift is None:
        raise NotFound("there is no such shift")
    rota = _to_change(desk, shift.rota_id)
    if not once(desk, key, f"end_shift_{shift_id}", None).first:
        return rota.id
    yesterday = local(desk.now()).date() - _DAY
    if shift.until is None or shift.until > yesterday:
        shift.until = yesterday
    rota.version += 1
    desk.session.flush()
    record(desk, "rota_shift_ended", {"rota": rota.id, "shift": shift_id})
    return rota.id


def change_for_a_while(
    desk: Desk,
    rota_id: int,
    begins: datetime,
    ends: datetime,
    reason: str,
    *,
    account: int | None,
    instead_of: int | None,
    key: str | None = None,
) -> None:
    """Change a rota for one stretch of time: a swap, somebody more, or somebody who drops out. The reason is kept."""
    problems = {}
    if not reason.strip():
        problems["reason"] = "is missing: say why the rota changes"
    if account is None and instead_of is None:
        problems["account"] = "is missing: say who comes, or who drops out"
    if account is not None and account == instead_of:
        problems["account"] = "is the same person"
    if begins >= ends:
        problems["ends"] = "lies before the beginning"
    elif ends <= desk.now():
        problems["ends"] = "lies in the past"
    elif ends - begins > LONGEST_CHANGE:
        problems["ends"] = (
            "lies more than three months after the beginning: change the weekly pattern instead"
        )
    if problems:
        raise InvalidAnswers(problems)
    rota = _to_change(desk, rota_id)
    asked = [str(begins), str(ends), account, instead_of, reason.strip()]
    if not once(desk, key, f"change_rota_{rota_id}", asked).first:
        return
    if account is not None:
        _must_hold(desk, account, rota.role, "account")
    desk.session.add(
        RotaChange(
            council_id=rota.council_id,
            rota_id=rota_id,
            begins=begins.astimezone(UTC),
            ends=ends.astimezone(UTC),
            account_id=account,
            instead_of=instead_of,
            reason=reason.strip(),
            entered_at=desk.now(),
            entered_by=desk.caller.account,
        )
    )
    rota.version += 1
    desk.session.flush()
    record(desk, "rota_changed_for_a_while", {"rota": rota_id, "change": asked})


def withdraw_change(desk: Desk, change_id: int, *, key: str | None = None) -> int:
    """Take back a change of a rota. Returns the rota's id."""
    access.require(desk.caller, "change_rota")
    change = desk.session.get(RotaChange, change_id)
    if change is None:
        raise NotFound("there is no such change")
    rota = _to_change(desk, change.rota_id)
    if once(desk, key, f"withdraw_change_{change_id}", None).first and change.withdrawn_at is None:
        change.withdrawn_at = desk.now()
        rota.version += 1
        desk.session.flush()
        record(desk, "rota_change_withdrawn", {"rota": rota.id, "change": change_id})
    return rota.id


def _to_change(desk: Desk, rota_id: int) -> Rota:
    access.require(desk.caller, "change_rota")
    rota = desk.session.get(Rota, rota_id, with_for_update=True, populate_existing=True)
    if rota is None:
        raise NotFound("there is no such rota")
    return rota


def _must_hold(desk: Desk, account: int, role: str, field: str) -> None:
    if account not in holders(desk, {role})[role]:
        raise InvalidAnswers({field: "does not hold the role that this rota is for"})
