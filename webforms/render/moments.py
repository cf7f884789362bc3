"""Moments, days and spans in plain words, in local time.

An hour that the clocks repeat in October is named with GMT or BST, because "1:30am" alone would stand for two instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.clock import elapsed, local

SOON = timedelta(hours=4)


def day_words(day: date) -> str:
    """Return a day as "Tuesday 12 May 2026"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_day_words(day: date, today: date) -> str:
    """Return a day as "today", "tomorrow", "yesterday", "Tue 12 May", with the year where it is another."""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((day - today).days)
    if near:
        return near
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if day.year != today.year else "")


def time_words(moment: datetime) -> str:
    """Return the time of day as "4:30pm"; "midday" and "midnight" are written so."""
    there = local(moment)
    if (there.hour, there.minute) in {(0, 0), (12, 0)}:
        words = "midnight" if there.hour == 0 else "midday"
    else:
        hour, half = (there.hour % 12 or 12), ("am" if there.hour < 12 else "pm")
        words = f"{hour}:{there.minute:02d}{half}" if there.minute else f"{hour}{half}"
    return f"{words} {there.tzname()}" if _repeated(there) else words


def _repeated(there: datetime) -> bool:
    return there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset()


def moment_words(moment: datetime) -> str:
    """Return a moment as "Tuesday 12 May 2026 at 4:30pm"."""
    return _on_day(day_words(local(moment).date()), moment)


def short_moment_words(moment: datetime, now: datetime) -> str:
    """Return a moment as "today at 4:30pm", "Tue 12 May at 9am"."""
    return _on_day(short_day_words(local(moment).date(), local(now).date()), moment)


def _on_day(day: str, moment: datetime) -> str:
    """Return the words of a moment of a day; midnight is said to begin it, or a limit would seem a day longer."""
    words = time_words(moment)
    return f"{words} at the start of {day}" if words.startswith("midnight") else f"{day} at {words}"


def period_words(since: datetime, until: datetime) -> str:
    """Return a period as "1 May to 31 May 2026", its last day included; with times where it does not keep to days."""
    first, end = local(since), local(until)
    if any((there.hour, there.minute, there.second) != (0, 0, 0) for there in (first, end)):
        return f"{_on_day(_short_date(first.date()), first)} to {_on_day(_short_date(end.date()), end)}"
    last = end.date() - timedelta(days=1)
    if first.date() == last:
        return _short_date(last)
    start = f"{first.day} {first:%B}" if first.year == last.year else _short_date(first.date())
    return f"{start} to {_short_date(last)}"


def _short_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def span_words(span: timedelta) -> str:
    """Return a span as "45 minutes", "3 hours 20 minutes", "2 days 4 hours": at most two units, rounded down."""
    minutes = int(abs(span).total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        parts = [(days, "day"), (hours, "hour")]
    elif hours:
        parts = [(hours, "hour"), (rest, "minute")]
    else:
        parts = [(rest, "minute")]
    words = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n]
    return " ".join(words) or "less than a minute"


def hours_words(span: timedelta) -> str:
    """Return a limit or duration as people write it: "72 hours", "28 days", "90 minutes"."""
    seconds = int(span.total_seconds())
    if seconds % 86400 == 0 and abs(seconds) > 72 * 3600:
        return _counted(seconds // 86400, "day")
    if seconds % 3600 == 0:
        return _counted(seconds // 3600, "hour")
    if seconds % 60 == 0 and abs(seconds) < 3 * 3600:
        return _counted(seconds // 60, "minute")
    return span_words(span)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Countdown:
    """How a limit stands: `state` is late, soon, later or none; `words` and `when` say it."""

    state: str
    words: str
    when: str


def countdown(due: datetime | None, now: datetime, *, whole_day: bool = False) -> Countdown:
    """Say how long there is until `due`, or how long ago it passed; of a whole day only its date is shown."""
    if due is None:
        return Countdown("none", "No time limit stated", "")
    day, today = local(due).date(), local(now).date()
    when = f"by the end of {day_words(day)}" if whole_day else moment_words(due)
    if now > due:
        if whole_day:
            late = (today - day).days
            words = "Overdue since yesterday" if late == 1 else f"Overdue by {_counted(late, 'day')}"
            return Countdown("late", words, when)
        return Countdown("late", f"Overdue by {span_words(elapsed(due, now))}", when)
    if whole_day:
        ahead = (day - today).days
        words = {0: "Due today", 1: "Due tomorrow"}.get(ahead, f"Due in {_counted(ahead, 'day')}")
        return Countdown("soon" if ahead == 0 else "later", words, when)
    if now == due:
        return Countdown("soon", "Due now", when)
    return Countdown(
        "soon" if elapsed(now, due) <= SOON else "later", f"Due in {span_words(elapsed(now, due))}", when
    )
