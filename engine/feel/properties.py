"""Properties that dates, times, durations and ranges have, read with a dot (DMN 1.3, table 65).

A zone named by its city has its offset only together with a date; `timezone` gives back the name it was
written with.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from engine.feel.values import Range, Value, YearsMonths, offset_of

_DATE: Final = ("year", "month", "day", "weekday")
_TIME: Final = ("hour", "minute", "second", "time offset", "timezone")
_RANGE: Final = {
    "start": "start",
    "end": "end",
    "start included": "start_included",
    "end included": "end_included",
}


def _zone_name(zone: tzinfo | None) -> str | None:
    return zone.key if isinstance(zone, ZoneInfo) else None


def _of_date(value: date, name: str) -> Value:
    return Decimal(value.isoweekday() if name == "weekday" else getattr(value, name))


def _of_clock(value: datetime | time, name: str) -> Value:
    if name == "time offset":
        return value.utcoffset() if isinstance(value, datetime) else offset_of(value.tzinfo)
    if name == "timezone":
        return _zone_name(value.tzinfo)
    return Decimal(getattr(value, name))


def _of_duration(value: timedelta, name: str) -> Value:
    size = abs(value)
    sign = -1 if value < timedelta(0) else 1
    if name == "days":
        return Decimal(sign * size.days)
    if name == "hours":
        return Decimal(sign * (size.seconds // 3600))
    if name == "minutes":
        return Decimal(sign * (size.seconds // 60 % 60))
    if name == "seconds":
        return Decimal(sign * (size.seconds % 60)) + Decimal(sign * size.microseconds).scaleb(-6)
    return NotImplemented


def property_of(value: Value, name: str) -> Value:
    """Return a property of a value; NotImplemented where its type has none of that name."""
    if isinstance(value, datetime) and name in _TIME:
        return _of_clock(value, name)
    if isinstance(value, date) and name in _DATE:
        return _of_date(value, name)
    if isinstance(value, time) and name in _TIME:
        return _of_clock(value, name)
    if isinstance(value, timedelta):
        return _of_duration(value, name)
    if isinstance(value, YearsMonths) and name in ("years", "months"):
        return Decimal(value.years if name == "years" else value.months)
    if isinstance(value, Range) and name in _RANGE:
        return getattr(value, _RANGE[name])
    return NotImplemented
