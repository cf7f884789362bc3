"""Our own functions over working days and local dates, beside the standard's.

They rest on the calendar that the evaluation was given; a written limit in working days is a local date,
and only `end of working day` makes a moment of it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from engine.calendar import local_date as local_date_of
from engine.clock import LOCAL_ZONE
from engine.feel import temporal
from engine.feel.arithmetic import Undefined
from engine.feel.builtins.registry import builtin
from engine.feel.run import Run
from engine.feel.values import Value

_MOST = 40_000


def _days(number: Decimal) -> int:
    if number != number.to_integral_value() or abs(number) > _MOST:
        raise Undefined(f"{number} is no number of whole days or months that a limit could have")
    return int(number)


@builtin("working days after(x: date or date and time, n: number)")
def working_days_after(run: Run, x: date, n: Decimal) -> Value:
    days = _days(n)
    run.spend(abs(days) + 1)
    return run.environment.calendar.working_days_after(x, days)


@builtin("working day of(x: date or date and time)")
def working_day_of(run: Run, x: date) -> Value:
    return run.environment.calendar.working_day_of(x)


@builtin("end of working day(x: date or date and time)")
def end_of_working_day(run: Run, x: date) -> Value:
    return run.environment.calendar.end_of_working_day(x)


@builtin("is working day(x: date or date and time)")
def is_working_day(run: Run, x: date) -> Value:
    return run.environment.calendar.is_working_day(x)


@builtin("working days between(a: date or date and time, b: date or date and time)")
def working_days_between(run: Run, a: date, b: date) -> Value:
    distance = abs((local_date_of(b) - local_date_of(a)).days)
    run.spend(distance + 1)
    return Decimal(run.environment.calendar.working_days_between(a, b))


@builtin("days between(a: date or date and time, b: date or date and time)")
def days_between(run: Run, a: date, b: date) -> Value:
    return Decimal((local_date_of(b) - local_date_of(a)).days)


@builtin("days after(x: date or date and time, n: number)")
def days_after(run: Run, x: date, n: Decimal) -> Value:
    """The same local clock time n calendar days later; for a date, a date."""
    if isinstance(x, datetime) and x.tzinfo is not None:
        return _at_local(x.astimezone(LOCAL_ZONE).replace(tzinfo=None) + timedelta(days=_days(n)))
    return x + timedelta(days=_days(n))


@builtin("months after(x: date or date and time, n: number)")
def months_after(run: Run, x: date, n: Decimal) -> Value:
    """The same day of the month and local clock time n months later; the month's last day where it has no such day."""
    zoned = isinstance(x, datetime) and x.tzinfo is not None
    local = x.astimezone(LOCAL_ZONE).replace(tzinfo=None) if isinstance(x, datetime) and zoned else x
    moved = temporal.add_months(local, _days(n))
    if moved is None:
        raise Undefined("the date lies outside the years 1 to 9999")
    return _at_local(moved) if isinstance(x, datetime) and zoned and isinstance(moved, datetime) else moved


def _at_local(clock: datetime) -> datetime:
    """Return the moment of a local clock time.

    A clock time that the change to summer time leaves out is an hour later on the clock; of one that comes
    twice it is the first.
    """
    return clock.replace(tzinfo=LOCAL_ZONE).astimezone(UTC).astimezone(LOCAL_ZONE)


@builtin("local date(x: date or date and time)")
def local_date(run: Run, x: date) -> Value:
    return local_date_of(x)


@builtin("in office hours(x: date and time)")
def in_office_hours(run: Run, x: datetime) -> Value:
    return run.environment.calendar.in_office_hours(x)
