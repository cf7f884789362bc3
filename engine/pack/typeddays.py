"""Days as people type them: "12.5.26", "12 May", "yesterday", "last Friday"; see typedtimes.py for times of day.

English alone is understood, and the day always comes before the month. Every reading ends in one day or in a question:
nothing is guessed where a text could mean two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.clock import local

MONTHS = (
    "january february march april may june july august september october november december".split()
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LIKE_DAY = "like 12 May 2026, 12/5/26 or yesterday"
LIKE_MOMENT = "like 12 May at 9:15am, today 16:30 or yesterday 11.40pm"
FIRST_YEAR, LAST_YEAR = 1900, 2099
AHEAD = 10
"""A year of two figures is at most so many years ahead; every other one lies behind us."""
LONGEST = 80


class NotUnderstood(ValueError):
    """What was typed is no day or moment, or could be two; the message says what to write, and follows a title."""


@dataclass(frozen=True)
class TypedDay:
    """A day that was understood; `plain` where the text said day, month as a word and whole year itself."""

    value: date
    plain: bool


@dataclass(frozen=True)
class Day:
    """A day as a part of a text names it, and the part of it that was named: morning, afternoon, evening or night."""

    value: date
    part: str = ""
    plain: bool = False


def read_day(text: str, now: datetime | None, *, past: bool = False) -> TypedDay:
    """Read a day. Without `now` only whole dates are understood; `past` refuses a day that is still to come.

    Raises NotUnderstood.
    """
    today = None if now is None else local(now).date()
    day = day_of(folded(text), today, past)
    if day is None or day.part:
        raise NotUnderstood(f"is not understood: write a day {LIKE_DAY}")
    if past and today is not None and day.value > today:
        raise NotUnderstood("lies in the future")
    return TypedDay(day.value, day.plain)


def folded(text: str) -> str:
    """Return a text in one spelling: small letters, single blanks, no commas or filling words."""
    if len(text) > LONGEST:
        raise NotUnderstood(f"is too long for a day or time: write one {LIKE_MOMENT}")
    plain = text.lower().replace("’", "'").replace(",", " ").replace("\u2013", "-")
    plain = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", plain)
    plain = re.sub(r"(?<=\d)\s*(?:o'?clock)\b", ":00", plain)
    plain = re.sub(r"\b(?:at|on|the|of|about|around|approx)\b", " ", plain)
    return " ".join(plain.split())


_MONTH = "|".join(
    f"{name[:3]}(?:{name[3:]})?" if name != "september" else "sept?(?:ember)?" for name in MONTHS
)
_WEEKDAY = "|".join(
    f"{name[:3]}(?:{rest})?"
    for name, rest in zip(
        WEEKDAYS, ("day", "s|sday", "nesday", "r|rs|rsday", "day", "urday", "day"), strict=True
    )
)
_NAMED = re.compile(
    rf"(?:(?P<week>{_WEEKDAY}) )?"
    rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ -]?(?P<month>{_MONTH})"
    rf"|(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)"
    r"(?:[ -]'?(?P<year>\d{4}|\d{2}))?"
)
_FIGURES = re.compile(
    rf"(?:(?P<week>{_WEEKDAY}) )?(?P<day>\d{{1,2}})(?P<sep>[./ -])(?P<month>\d{{1,2}})"
    r"(?:(?P=sep)(?P<year>\d{4}|\d{2})|(?<! \d)(?<! \d\d))"
)
_BIG_END = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
_NEAR = {
    "today": (0, ""),
    "this morning": (0, "morning"),
    "this afternoon": (0, "afternoon"),
    "this evening": (0, "evening"),
    "tonight": (0, "night"),
    "yesterday": (-1, ""),
    "yesterday morning": (-1, "morning"),
    "yesterday afternoon": (-1, "afternoon"),
    "yesterday evening": (-1, "evening"),
    "yesterday night": (-1, "night"),
    "last night": (-1, "night"),
    "tomorrow": (1, ""),
    "tomorrow morning": (1, "morning"),
    "tomorrow afternoon": (1, "afternoon"),
    "tomorrow evening": (1, "evening"),
    "day before yesterday": (-2, ""),
    "day after tomorrow": (2, ""),
}
_COUNTED = re.compile(r"(?:(\d{1,3}|a) (days?|weeks?) ago)|(?:in (\d{1,3}|a) (days?|weeks?))")
_OF_WEEK = re.compile(rf"(?:(?P<which>last|next|this) )?(?P<week>{_WEEKDAY})")


def written_day(day: date) -> str:
    """Return a day as a field shows it: "12 May 2026"."""
    return f"{day.day} {day:%B %Y}"


def day_of(text: str, today: date | None, past: bool) -> Day | None:
    """Read a text that is a day and nothing else; None where it is something else. Raises NotUnderstood."""
    found = _BIG_END.fullmatch(text)
    if found is not None:
        return Day(_real(int(found["year"]), int(found["month"]), int(found["day"])), plain=True)
    found = _NAMED.fullmatch(text)
    if found is not None:
        month = _month_of(found["month"] or found["month2"])
        return _dated(found, int(found["day"] or found["day2"]), month, today, past)
    numbers = _numbers(text, today, past=past)
    if numbers is not None:
        return numbers
    return None if today is None else _near(text, today, past)


def is_day(text: str, today: date | None, past: bool) -> bool:
    try:
        return day_of(text, today, past) is not None
    except NotUnderstood:
        return False


def _numbers(text: str, today: date | None, *, past: bool) -> Day | None:
    found = _FIGURES.fullmatch(text)
    if found is None:
        return None
    day, month = int(found["day"]), int(found["month"])
    if month > 12 >= day:
        raise NotUnderstood("has no such month: write the day first, then the month")
    dated = _dated(found, day, month, today, past)
    return Day(dated.value)


def _dated(found: re.Match[str], day: int, month: int, today: date | None, past: bool) -> Day:
    year = found["year"]
    if year is None:
        value = _nearest(day, month, today, past)
    else:
        value = _real(_year(year, today), month, day)
    named = found["week"]
    if named and value.weekday() != _weekday(named):
        raise NotUnderstood(
            f"does not fit: {written_day(value)} is a {WEEKDAYS[value.weekday()].capitalize()}"
        )
    return Day(value, plain=year is not None and len(year) == 4)


def _year(text: str, today: date | None) -> int:
    if len(text) == 4:
        return int(text)
    if today is None:
        raise NotUnderstood("must have a year of four figures")
    century = today.year // 100 * 100
    year = century + int(text)
    return year if year <= today.year + AHEAD else year - 100


def _nearest(day: int, month: int, today: date | None, past: bool) -> date:
    """Return the day of the year that lies nearest to today, of what happened the last one."""
    if today is None:
        raise NotUnderstood("must include a year")
    found = []
    for year in range(today.year - 4, today.year + 5):
        try:
            value = date(year, month, day)
        except ValueError:
            continue
        if not past or value <= today:
            found.append(value)
    if not found:
        raise NotUnderstood("must be a real date")
    return min(found, key=lambda value: (abs((value - today).days), value))


def _real(year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotUnderstood(f"must have a year between {FIRST_YEAR} and {LAST_YEAR}")
    try:
        return date(year, month, day)
    except ValueError:
        raise NotUnderstood("must be a real date") from None


def _near(text: str, today: date, past: bool) -> Day | None:
    if text in _NEAR:
        days, part = _NEAR[text]
        return Day(today + timedelta(days=days), part)
    counted = _COUNTED.fullmatch(text)
    if counted is not None:
        number = counted[1] or counted[3]
        unit = 7 if (counted[2] or counted[4]).startswith("week") else 1
        days = (1 if number == "a" else int(number)) * unit
        return Day(today + timedelta(days=-days if counted[1] else days))
    found = _OF_WEEK.fullmatch(text)
    if found is None:
        return None
    wanted, which = _weekday(found["week"]), found["which"]
    if which is None and not past:
        raise NotUnderstood(f"could be last {found['week']} or the next: write “last”, “next” or the date")
    back = (today.weekday() - wanted) % 7
    if which == "next" or (which == "this" and not past):
        return Day(today + timedelta(days=(wanted - today.weekday()) % 7 or (7 if which == "next" else 0)))
    return Day(today - timedelta(days=back or (7 if which == "last" else 0)))


def _month_of(text: str) -> int:
    return next(number for number, name in enumerate(MONTHS, 1) if name.startswith(text[:3]))


def _weekday(text: str) -> int:
    return next(number for number, name in enumerate(WEEKDAYS) if name.startswith(text[:3]))
