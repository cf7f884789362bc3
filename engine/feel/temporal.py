"""Dates, times and durations: read, written, and reckoned with.

Arithmetic on a date and time with a zone is elapsed time, done in UTC, and the result keeps its zone: 24
hours after Saturday noon is Sunday 13:00 when the clocks go forward between them. A date and time without a
zone is reckoned on its own clock face. Years outside 1 to 9999 and fractions below a microsecond are beyond
Python's classes: null, and cut off.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from engine.feel.values import NUMBERS, Value, YearsMonths, offset_of, since_epoch, since_midnight

DayT = TypeVar("DayT", bound=date)

_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TIME: Final = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*)?"
)
_DAYS_TIME: Final = re.compile(
    r"(-)?P(?:(\d{1,15})D)?(?:T(?=\d)(?:(\d{1,15})H)?(?:(\d{1,15})M)?(?:(\d{1,15})(?:\.(\d{0,9}))?S)?)?",
    re.ASCII,
)
_YEARS_MONTHS: Final = re.compile(r"(-)?P(?:(\d{1,15})Y)?(?:(\d{1,15})M)?", re.ASCII)


@lru_cache(maxsize=1024)
def parse_zone(text: str) -> tzinfo | None:
    """Read `Z`, `+01:00` or `@Europe/London`; None where there is no such zone."""
    if text in ("Z", "z"):
        return UTC
    if text[0] == "@":
        if text[1:] in ("UTC", "Z", "Etc/UTC"):
            return UTC if text[1:] == "Z" else ZoneInfo(text[1:])
        try:
            return ZoneInfo(text[1:])
        except (ValueError, OSError, KeyError):
            return None
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    if hours > 18 or minutes > 59 or (seconds and seconds[0] > 59) or offset > timedelta(hours=18):
        return None
    return timezone(-offset if text[0] == "-" else offset) if offset else UTC


def parse_date(text: str) -> date | None:
    """Read `2026-02-04`; None for what is no date."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """Read `09:00:00`, with a fraction and a zone if they are there; None for what is no time."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    hour, minute, second, fraction, zone_text = match.groups()
    zone = parse_zone(zone_text) if zone_text else None
    if zone_text and zone is None:
        return None
    try:
        return time(int(hour), int(minute), int(second), int(((fraction or "") + "000000")[:6]), zone)
    except ValueError:
        return None


def parse_date_and_time(text: str) -> datetime | None:
    """Read `2026-02-04T09:00:00@Europe/London`; a bare date is its midnight, without a zone."""
    day_text, separator, time_text = text.partition("T")
    day = parse_date(day_text)
    if day is None:
        return None
    if not separator:
        return datetime.combine(day, time())
    if time_text.startswith("24:00:00"):
        start = parse_time("00" + time_text[2:])
        return None if start is None or start.microsecond else add_days(datetime.combine(day, start), 1)
    clock = parse_time(time_text)
    return None if clock is None else datetime.combine(day, clock)


def parse_duration(text: str) -> timedelta | YearsMonths | None:
    """Read `PT72H` or `P1Y2M`; None for what is neither, or is beyond all reckoning."""
    match = _DAYS_TIME.fullmatch(text)
    if match and any(match.groups()[1:5]):
        sign, days, hours, minutes, seconds, fraction = match.groups()
        try:
            value = timedelta(
                days=int(days or 0),
                hours=int(hours or 0),
                minutes=int(minutes or 0),
                seconds=int(seconds or 0),
                microseconds=int(((fraction or "") + "000000")[:6]),
            )
            return -value if sign else value
        except OverflowError:
            return None
    match = _YEARS_MONTHS.fullmatch(text)
    if match and any(match.groups()[1:]):
        sign, years, months = match.groups()
        total = int(years or 0) * 12 + int(months or 0)
        return YearsMonths(-total if sign else total)
    return None


def parse_any(text: str) -> Value:
    """Read the text of a literal @"…"; None where it is no date, time, date and time or duration."""
    if "P" in text[:2]:
        return parse_duration(text)
    if "T" in text:
        return parse_date_and_time(text)
    return parse_time(text) if ":" in text else parse_date(text)


def write_zone(zone: tzinfo | None) -> str:
    """Write a zone as the end of a literal."""
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    offset = offset_of(zone)
    if offset is None:
        return f"@{zone}"
    if not offset:
        return "Z"
    seconds = int(abs(offset).total_seconds())
    text = f"{'-' if offset < timedelta(0) else '+'}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return text + (f":{seconds % 60:02}" if seconds % 60 else "")


def write_time(value: time) -> str:
    """Write a time as FEEL reads it."""
    text = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    if value.microsecond:
        text += f".{value.microsecond:06}".rstrip("0")
    return text + write_zone(value.tzinfo)


def write_date_and_time(value: datetime) -> str:
    """Write a date and time as FEEL reads it."""
    return f"{value.year:04}-{value.month:02}-{value.day:02}T{write_time(value.timetz())}"


def write_duration(value: timedelta | YearsMonths) -> str:
    """Write a duration in its shortest form: P1DT12H, never PT36H."""
    if isinstance(value, YearsMonths):
        years, months = divmod(abs(value.months_in_all), 12)
        body = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-P" if value.months_in_all < 0 else "P") + body
    if not value:
        return "PT0S"
    size = abs(value)
    hours, rest = divmod(size.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    text = ("-P" if value < timedelta(0) else "P") + (f"{size.days}D" if size.days else "")
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if size.microseconds:
        clock += f"{seconds}.{size.microseconds:06}".rstrip("0") + "S"
    elif seconds:
        clock += f"{seconds}S"
    return text + (f"T{clock}" if clock else "")


def add_days(moment: datetime, days: int) -> datetime | None:
    """Return the same clock time so many calendar days later; None beyond the calendar."""
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        return None


def add_elapsed(moment: datetime, duration: timedelta) -> datetime | None:
    """Return the moment an elapsed duration later, in the moment's own zone; None beyond the calendar."""
    try:
        if moment.tzinfo is None:
            return moment + duration
        return (moment.astimezone(UTC) + duration).astimezone(moment.tzinfo)
    except OverflowError:
        return None


def difference(a: datetime, b: datetime) -> timedelta | None:
    """Return a − b as elapsed time; None when only one of them has a zone."""
    if (a.tzinfo is None) != (b.tzinfo is None):
        return None
    if a.tzinfo is None:
        return a - b
    return since_epoch(a) - since_epoch(b)


def add_months(day: DayT, months: int) -> DayT | None:
    """Return the same day of the month so many months later, the month's last where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if not 1 <= year <= 9999:
        return None
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))


def add_to_time(clock: time, duration: timedelta) -> time:
    """Return the clock time a duration later, going round the clock, in its own zone."""
    total = (since_midnight(clock) + duration) % timedelta(days=1)
    return (datetime.combine(date.min, time()) + total).time().replace(tzinfo=clock.tzinfo)


def months_between(start: date, end: date) -> int:
    """Count the whole months from one date to another, negative when the second comes first."""
    if end < start:
        return -months_between(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - 1 if end.day < start.day else months


def seconds_of(duration: timedelta) -> Decimal:
    """Return the length of a duration in seconds, exactly."""
    whole = duration.days * 86_400 + duration.seconds
    return NUMBERS.add(Decimal(whole), Decimal(duration.microseconds).scaleb(-6))


def duration_of(seconds: Decimal) -> timedelta | None:
    """Return a duration of so many seconds, to the microsecond; None beyond all reckoning."""
    try:
        return timedelta(microseconds=int((seconds * 1_000_000).to_integral_value()))
    except (OverflowError, ValueError, ArithmeticError):
        return None
