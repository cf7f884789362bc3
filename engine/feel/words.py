"""Values in plain English: “72 hours”, “4 February 2026 at 9:00”, “looked after”.

A moment with a zone is told in local time, because that is the clock its reader lives by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from engine.clock import LOCAL_ZONE
from engine.feel.values import Function, Range, Value, YearsMonths, entry

_ENUM: Final = re.compile(r"[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*")
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_HOURS_UP_TO: Final = timedelta(hours=96)
"""Procedures say “72 hours”, never “3 days”, and “28 days”, never “672 hours”."""


def joined(parts: Iterable[str], last: str) -> str:
    """Join phrases with commas and one word before the last: “a, b or c”."""
    items = list(parts)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def counted(number: int, unit: str) -> str:
    """Write a number of units: “1 hour”, “72 hours”."""
    return f"{number} {unit}{'' if abs(number) == 1 else 's'}"


def text_in_words(text: str) -> str:
    """Write a string: a value of an enumeration bare and readable, anything else in quotation marks."""
    return re.sub(r"[_-]", " ", text) if _ENUM.fullmatch(text) else f"“{text}”"


def number_in_words(number: Decimal) -> str:
    """Write a number without needless noughts."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def date_in_words(day: date) -> str:
    """Write a date: “4 February 2026”."""
    return f"{day.day} {day:%B} {day.year}"


def time_in_words(clock: time) -> str:
    """Write a clock time: “9:00”."""
    text = f"{clock.hour}:{clock.minute:02}"
    return text + (f":{clock.second:02}" if clock.second else "")


def moment_in_words(moment: datetime) -> str:
    """Write a moment in local time: “4 February 2026 at 9:00”."""
    at = moment.astimezone(LOCAL_ZONE) if moment.tzinfo else moment
    return f"{date_in_words(at)} at {time_in_words(at.time())}"


def duration_in_words(duration: timedelta, in_days: bool | None = None) -> str:
    """Write a duration; `in_days` says whether it was written in days, None leaves the choice to its length."""
    if duration < timedelta(0):
        return f"minus {duration_in_words(-duration, in_days)}"
    if in_days is None:
        in_days = duration > _HOURS_UP_TO
    parts = []
    rest = duration
    if in_days and rest >= _DAY:
        parts.append(counted(rest // _DAY, "day"))
        rest %= _DAY
    if rest >= _HOUR:
        parts.append(counted(rest // _HOUR, "hour"))
        rest %= _HOUR
    minutes, seconds = divmod(rest, timedelta(minutes=1))
    if minutes:
        parts.append(counted(minutes, "minute"))
    if seconds:
        parts.append(f"{seconds.total_seconds():g} second{'' if seconds == timedelta(seconds=1) else 's'}")
    return joined(parts, "and") or "no time"


def months_in_words(duration: YearsMonths) -> str:
    """Write a years and months duration: “1 year and 6 months”."""
    years, months = divmod(abs(duration.months_in_all), 12)
    parts = [counted(years, "year")] if years else []
    if months or not years:
        parts.append(counted(months, "month"))
    return ("minus " if duration.months_in_all < 0 else "") + joined(parts, "and")


def _range_in_words(value: Range) -> str:
    start = in_words(value.start) if value.start is not None else ""
    end = in_words(value.end) if value.end is not None else ""
    if not start:
        return f"up to {end}"
    return f"from {start} to {end}" if end else f"from {start}"


def _context_in_words(value: Mapping[str, Value]) -> str:
    return joined((f"{text_in_words(key)}: {in_words(entry(value, key))}" for key in value), "and")


_WORDS: Final[tuple[tuple[type, Callable[..., str]], ...]] = (
    (bool, lambda value: "yes" if value else "no"),
    (str, text_in_words),
    (Decimal, number_in_words),
    (int, lambda value: str(value)),
    (datetime, moment_in_words),
    (date, date_in_words),
    (time, time_in_words),
    (timedelta, duration_in_words),
    (YearsMonths, months_in_words),
    (Range, _range_in_words),
    (Mapping, _context_in_words),
    (list, lambda value: joined((in_words(item) for item in value), "and") or "none"),
    (Function, lambda value: f"the function {value.name}"),
)


def in_words(value: Value) -> str:
    """Write any value in plain English."""
    if value is None:
        return "nothing"
    for kind, write in _WORDS:
        if isinstance(value, kind):
            return write(value)
    return str(value)
