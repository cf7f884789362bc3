"""The operators + - * / ** and unary minus over every pair of types (DMN 1.3, tables 45 to 51).

What the tables do not define is null; the reason comes back beside it, so that a person can be told why.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from engine.feel import temporal
from engine.feel.errors import FeelLimit
from engine.feel.values import MAX_STRING, NUMBERS, Value, YearsMonths, feel_type, since_midnight


class Undefined(Exception):
    """The standard makes this null; the message says why."""


def finite(number: Decimal) -> Decimal:
    """Pass a number on; raise Undefined for one outside decimal128."""
    if number.is_finite():
        return number
    raise Undefined("the number is too large, or no number at all")


def span(seconds: Decimal) -> timedelta:
    """Return the duration of so many seconds; raise Undefined beyond all reckoning."""
    value = temporal.duration_of(seconds)
    if value is None:
        raise Undefined("the duration is too long")
    return value


def _whole_months(months: Decimal) -> YearsMonths:
    if not months.is_finite() or abs(months) > 10**15:
        raise Undefined("the duration is too long")
    return YearsMonths(int(months))


def _beyond(value: Value) -> Value:
    if value is None:
        raise Undefined("the date lies outside the years 1 to 9999")
    return value


def _add_days(day: date, duration: timedelta) -> date:
    """Add to a date as to its midnight, and drop the time (DMN 1.3, table 45)."""
    try:
        return (datetime.combine(day, time()) + duration).date()
    except OverflowError:
        raise Undefined("the date lies outside the years 1 to 9999") from None


def _midnight(day: date) -> datetime:
    """A date beside a date and time stands for its midnight in UTC (DMN 1.3, 10.3.2.3.6)."""
    return datetime.combine(day, time(), UTC)


def _plus_duration(a: Value, b: timedelta) -> Value:
    if isinstance(a, datetime):
        return _beyond(temporal.add_elapsed(a, b))
    if isinstance(a, date):
        return _add_days(a, b)
    if isinstance(a, time):
        return temporal.add_to_time(a, b)
    if isinstance(a, timedelta):
        try:
            return a + b
        except OverflowError:
            raise Undefined("the duration is too long") from None
    return NotImplemented


def _plus_months(a: Value, b: YearsMonths) -> Value:
    if isinstance(a, YearsMonths):
        return YearsMonths(a.months_in_all + b.months_in_all)
    if isinstance(a, date):
        return _beyond(temporal.add_months(a, b.months_in_all))
    return NotImplemented


def _add(a: Value, b: Value) -> Value:
    if isinstance(a, str) and isinstance(b, str):
        if len(a) + len(b) > MAX_STRING:
            raise FeelLimit(f"a string longer than {MAX_STRING} characters was built: make the data smaller")
        return a + b
    for x, y in ((a, b), (b, a)):
        if isinstance(y, timedelta):
            return _plus_duration(x, y)
        if isinstance(y, YearsMonths):
            return _plus_months(x, y)
    return NotImplemented


def _difference(a: Value, b: Value) -> Value:
    """Subtract one point in time from another."""
    if isinstance(a, datetime) or isinstance(b, datetime):
        left = a if isinstance(a, datetime) else _midnight(a)
        right = b if isinstance(b, datetime) else _midnight(b)
        result = temporal.difference(left, right)
        if result is None:
            raise Undefined("one date and time has a zone and the other has none")
        return result
    return a - b


def _subtract(a: Value, b: Value) -> Value:
    if isinstance(b, timedelta):
        return _plus_duration(a, -b)
    if isinstance(b, YearsMonths):
        return _plus_months(a, YearsMonths(-b.months_in_all))
    if isinstance(a, date) and isinstance(b, date):
        return _difference(a, b)
    if isinstance(a, time) and isinstance(b, time):
        if (a.tzinfo is None) != (b.tzinfo is None):
            raise Undefined("one time has a zone and the other has none")
        return (
            since_midnight(a)
            - (a.utcoffset() or timedelta())
            - since_midnight(b)
            + (b.utcoffset() or timedelta())
        )
    return NotImplemented


def _multiply(a: Value, b: Value) -> Value:
    for x, y in ((a, b), (b, a)):
        if isinstance(y, Decimal):
            if isinstance(x, timedelta):
                return span(NUMBERS.multiply(temporal.seconds_of(x), y))
            if isinstance(x, YearsMonths):
                return _whole_months(NUMBERS.multiply(Decimal(x.months_in_all), y))
    return NotImplemented


def _divide(a: Value, b: Value) -> Value:
    if isinstance(b, Decimal) and isinstance(a, (timedelta, YearsMonths)):
        if not b:
            raise Undefined("a duration is divided by zero")
        if isinstance(a, timedelta):
            return span(NUMBERS.divide(temporal.seconds_of(a), b))
        return _whole_months(NUMBERS.divide(Decimal(a.months_in_all), b))
    if isinstance(a, timedelta) and isinstance(b, timedelta) and b:
        return finite(NUMBERS.divide(temporal.seconds_of(a), temporal.seconds_of(b)))
    if isinstance(a, YearsMonths) and isinstance(b, YearsMonths) and b.months_in_all:
        return finite(NUMBERS.divide(Decimal(a.months_in_all), Decimal(b.months_in_all)))
    return NotImplemented


def _power(a: Value, b: Value) -> Value:
    return NotImplemented


_NUMERIC: Final[dict[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
    "**": NUMBERS.power,
}
_OTHER: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "**": _power,
}


def calculate(operator: str, a: Value, b: Value) -> Value:
    """Return a operator b; raise Undefined with the reason where the standard makes it null."""
    if type(a) is Decimal and type(b) is Decimal:
        if operator == "/" and not b:
            raise Undefined("a number is divided by zero")
        if operator == "**" and not b:
            return Decimal(1)
        return finite(_NUMERIC[operator](a, b))
    result = _OTHER[operator](a, b)
    if result is NotImplemented:
        raise Undefined(f"{feel_type(a)} {operator} {feel_type(b)} is not defined")
    return result


def negative(value: Value) -> Value:
    """Return −value; raise Undefined where the standard makes it null."""
    if type(value) is Decimal:
        return NUMBERS.minus(value)
    if isinstance(value, timedelta):
        return -value
    if isinstance(value, YearsMonths):
        return YearsMonths(-value.months_in_all)
    raise Undefined(f"a {feel_type(value)} has no negative")
