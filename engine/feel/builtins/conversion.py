"""Conversion functions, `not` and `is` (DMN 1.3, tables 71, 72 and 76)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Final

from engine.feel import temporal
from engine.feel.arithmetic import Undefined
from engine.feel.builtins.registry import builtin, whole
from engine.feel.errors import FeelLimit
from engine.feel.run import Run
from engine.feel.values import (
    LIMITS_HELP,
    MAX_STRING,
    NUMBERS,
    Function,
    Range,
    Value,
    YearsMonths,
    entry,
    equal,
    feel_type,
)

_NUMBER: Final = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@builtin("date(from: string)")
def date_of_text(run: Run, text: str) -> Value:
    value = temporal.parse_date(text)
    if value is None:
        raise Undefined(f"“{text[:40]}” is no date")
    return value


@builtin("date(from: date or date and time)")
def date_of(run: Run, value: date) -> Value:
    return value.date() if isinstance(value, datetime) else value


@builtin("date(year: number, month: number, day: number)")
def date_of_numbers(run: Run, year: Decimal, month: Decimal, day: Decimal) -> Value:
    try:
        return date(whole(year, "the year"), whole(month, "the month"), whole(day, "the day"))
    except (ValueError, OverflowError):
        raise Undefined(f"{year}-{month}-{day} is no date") from None


@builtin("date and time(from: string)")
def moment_of_text(run: Run, text: str) -> Value:
    value = temporal.parse_date_and_time(text)
    if value is None:
        raise Undefined(f"“{text[:60]}” is no date and time")
    return value


@builtin("date and time(from: date or date and time)")
def moment_of(run: Run, value: date) -> Value:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


@builtin("date and time(date: date or date and time, time: time)")
def moment_of_parts(run: Run, day: date, clock: time) -> Value:
    return datetime.combine(day, clock)


@builtin("time(from: string)")
def time_of_text(run: Run, text: str) -> Value:
    value = temporal.parse_time(text)
    if value is None:
        raise Undefined(f"“{text[:40]}” is no time")
    return value


@builtin("time(from: time)")
def time_of_time(run: Run, value: time) -> Value:
    return value


@builtin("time(from: date or date and time)")
def time_of(run: Run, value: date) -> Value:
    return value.timetz() if isinstance(value, datetime) else time(tzinfo=temporal.parse_zone("Z"))


@builtin("time(hour: number, minute: number, second: number, offset?: duration?)")
def time_of_numbers(run: Run, hour: Decimal, minute: Decimal, second: Decimal, offset: Value = None) -> Value:
    seconds = int(second)
    if second < 0 or not second.is_finite():
        raise Undefined("the second is out of range")
    if offset is not None and not (isinstance(offset, timedelta) and abs(offset) <= timedelta(hours=18)):
        raise Undefined("the offset must be a days and time duration of 18 hours at most")
    zone = None
    if offset is not None:
        zone = timezone(offset) if offset else temporal.parse_zone("Z")
    try:
        micro = int((second - seconds) * 1_000_000)
        return time(whole(hour, "the hour"), whole(minute, "the minute"), seconds, micro, zone)
    except (ValueError, OverflowError):
        raise Undefined(f"{hour}:{minute}:{second} is no time") from None


@builtin("number(from: string, grouping separator?: string?, decimal separator?: string?)")
def number_of(run: Run, text: str, grouping: str | None = None, point: str | None = None) -> Value:
    if (
        grouping not in (None, " ", ",", ".")
        or point not in (None, ",", ".")
        or (grouping and grouping == point)
    ):
        raise Undefined("the separators must be a space, a comma or a full stop, and differ")
    if grouping:
        text = text.replace(grouping, "")
    if point:
        text = text.replace(point, ".")
    if len(text) > 10_000 or not _NUMBER.fullmatch(text):
        raise Undefined(f"“{text[:40]}” is no number")
    number = NUMBERS.create_decimal(text)
    if not number.is_finite():
        raise Undefined(f"“{text[:40]}” is no number of FEEL")
    return number


@builtin("number(from: number)")
def number_of_number(run: Run, number: Decimal) -> Value:
    return number


@builtin("duration(from: string)")
def duration_of(run: Run, text: str) -> Value:
    value = temporal.parse_duration(text)
    if value is None:
        raise Undefined(f"“{text[:40]}” is no duration")
    return value


@builtin("duration(from: duration)")
def duration_of_duration(run: Run, value: Value) -> Value:
    return value


@builtin("years and months duration(from: date or date and time, to: date or date and time)")
def years_and_months(run: Run, start: date, end: date) -> Value:
    first, last = (value.date() if isinstance(value, datetime) else value for value in (start, end))
    return YearsMonths(temporal.months_between(first, last))


@builtin("string(from: any)")
def string_of(run: Run, value: Value) -> Value:
    if value is None:
        return None
    return as_text(run, value)


def number_text(number: Decimal) -> str:
    """Write a number in full digits, without an exponent or needless noughts."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_text(run: Run | None, value: Value) -> str:
    """Write a value as `string` does: a string bare, everything inside a list or context as a literal."""
    return value if isinstance(value, str) else _literal(run, value)


def literal_text(value: Value) -> str:
    """Write a value as it would stand in an expression or a list, strings in quotation marks."""
    return _literal(None, value)


def _literal(run: Run | None, value: Value) -> str:  # noqa: C901 - one case for each type
    if run is not None:
        run.spend(1)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, datetime):
        return temporal.write_date_and_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return temporal.write_time(value)
    if isinstance(value, (timedelta, YearsMonths)):
        return temporal.write_duration(value)
    if isinstance(value, list):
        return _bounded(run, "[" + ", ".join(_literal(run, item) for item in value) + "]")
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)}: {_literal(run, entry(value, key))}" for key in value)
        return _bounded(run, "{" + inner + "}")
    if isinstance(value, Range) and value.operator:
        return f"({value.operator} {_literal(run, value.start if value.end is None else value.end)})"
    if isinstance(value, Range):
        start, end = _literal(run, value.start), _literal(run, value.end)
        return f"{'[' if value.start_included else '('}{start}..{end}{']' if value.end_included else ')'}"
    if isinstance(value, Function):
        return f"function({', '.join(value.parameters)})"
    raise TypeError(f"{feel_type(value)} cannot be written")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[^\W\d][\w ]*", key) else _literal(None, key)


def _bounded(run: Run | None, text: str) -> str:
    if len(text) > MAX_STRING:
        raise FeelLimit(f"a string longer than {MAX_STRING} characters was built: {LIMITS_HELP}")
    if run is not None:
        run.spend(len(text) // 100)
    return text


@builtin("not(negand: any)")
def negation(run: Run, negand: Value) -> Value:
    return not negand if isinstance(negand, bool) else None


@builtin("is(value1: any, value2: any)")
def is_same(run: Run, a: Value, b: Value) -> Value:
    """Same type and value; unlike =, two times of different zones are never the same (DMN 1.3, table 76)."""
    if feel_type(a) != feel_type(b):
        return False
    if isinstance(a, (datetime, time)):
        return bool(a.replace(tzinfo=None) == b.replace(tzinfo=None)) and temporal.write_zone(
            a.tzinfo
        ) == temporal.write_zone(b.tzinfo)
    return equal(a, b, run.spend) is True
