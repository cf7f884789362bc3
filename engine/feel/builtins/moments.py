"""Functions of the present moment and of the calendar year (DMN 1.3, table 79; DMN 1.4 for now and today)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from engine.calendar import local_date
from engine.feel.arithmetic import Undefined
from engine.feel.builtins.registry import builtin
from engine.feel.run import Run
from engine.feel.values import Value

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@builtin("now()")
def now(run: Run) -> Value:
    if run.environment.now is None:
        raise Undefined("the evaluation was given no present moment")
    return run.environment.now


@builtin("today()")
def today(run: Run) -> Value:
    """The local date of the present moment."""
    if run.environment.now is None:
        raise Undefined("the evaluation was given no present moment")
    return local_date(run.environment.now)


@builtin("day of year(date: date or date and time)")
def day_of_year(run: Run, day: date) -> Value:
    return Decimal(day.timetuple().tm_yday)


@builtin("day of week(date: date or date and time)")
def day_of_week(run: Run, day: date) -> Value:
    return _DAYS[day.weekday()]


@builtin("month of year(date: date or date and time)")
def month_of_year(run: Run, day: date) -> Value:
    return _MONTHS[day.month - 1]


@builtin("week of year(date: date or date and time)")
def week_of_year(run: Run, day: date) -> Value:
    """The week by ISO 8601."""
    return Decimal(day.isocalendar().week)
