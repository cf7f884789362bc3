"""Values as people and other systems write them: dates, moments, names, yes and no.

A time without an offset is local time. An hour that came twice on the night the clocks went back is taken as
the first of the two, because a clock that starts too early harms nobody; an hour that never came is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from engine.clock import LOCAL_ZONE

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_UK_DATE = re.compile(r"(\d{1,2})[./ -](\d{1,2})[./ -](\d{4})")
_WORD_DATE = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]+)\.?,?[ -](\d{4})")
_TIME = re.compile(
    r"(\d{1,2})[:.h]?(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(am|pm)?\s*(hrs|hours)?\s*(Z|UTC|GMT|BST|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_TRUE = {"yes", "y", "true", "1"}
_FALSE = {"no", "n", "false", "0"}


def read_date(text: str) -> date:
    """Read 2012-03-31, 31/03/2012, 31.3.2012 or 31 March 2012; the day always comes first where the year does
    not.

    Raises ValueError, saying what is expected.
    """
    found, rest = _leading_date(text)
    if rest.strip(" T") and not re.fullmatch(r"[T ]0{1,2}:?00(:?00)?(\.0+)?", rest):
        raise ValueError(f"“{text[:40]}” is no date: write it as 31/03/2012 or 2012-03-31")
    return found


def read_moment(text: str) -> datetime:
    """Read a date and a time (2026-11-20T18:40+00:00, 20/11/2026 18:40, 20 Nov 2026 6.40 pm) as an instant in
    UTC.

    Raises ValueError for a date without a time and for an hour that the clocks skipped.
    """
    day, rest = _leading_date(text)
    rest = rest.strip().removeprefix("T").removeprefix("at").strip(" ,")
    if not rest:
        raise ValueError(f"“{text[:40]}” has no time: write it as 20/11/2026 18:40")
    found = _TIME.fullmatch(rest)
    if found is None:
        raise ValueError(f"“{text[:40]}” has no time that can be read: write it as 20/11/2026 18:40")
    hour, minute, second, half, _, zone = found.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(f"“{text[:40]}” has an hour that is not between 1 and 12 {half}")
        hours = hours % 12 + (12 if half.casefold() == "pm" else 0)
    try:
        clock = time(hours, int(minute), int(second or 0))
    except ValueError:
        raise ValueError(f"“{text[:40]}” has a time that does not exist") from None
    return _instant(datetime.combine(day, clock), zone, text)


def _instant(wall: datetime, zone: str | None, text: str) -> datetime:
    if zone:
        upper = zone.upper().replace("BST", "+01:00")
        offset = "+00:00" if upper in ("Z", "UTC", "GMT") else upper
        offset = offset if ":" in offset else f"{offset[:3]}:{offset[3:]}"
        try:
            return datetime.fromisoformat(f"{wall.isoformat()}{offset}").astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError(f"“{text[:40]}” has an offset that does not exist") from None
    moment = wall.replace(tzinfo=LOCAL_ZONE, fold=0).astimezone(UTC)
    if moment.astimezone(LOCAL_ZONE).replace(tzinfo=None) != wall:
        raise ValueError(f"“{text[:40]}” never came: the clocks went forward over that hour")
    return moment


def _leading_date(text: str) -> tuple[date, str]:
    text = text.strip()
    for pattern, order in ((_ISO_DATE, "ymd"), (_UK_DATE, "dmy"), (_WORD_DATE, "dwy")):
        found = pattern.match(text)
        if found is None:
            continue
        parts = dict(zip(order, found.groups(), strict=True))
        month = _MONTHS.get(parts["w"].casefold()) if "w" in parts else int(parts["m"])
        try:
            if month is None:
                break
            return date(int(parts["y"]), month, int(parts["d"])), text[found.end() :]
        except ValueError:
            raise ValueError(
                f"“{text[:40]}” is a date that does not exist (the day is read before the month)"
            ) from None
    raise ValueError(f"“{text[:40]}” is no date: write it as 31/03/2012 or 2012-03-31")


def read_boolean(text: str) -> bool:
    """Read yes or no; raises ValueError for anything else."""
    word = text.strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"“{text[:40]}” is neither yes nor no")


def read_choice(text: str, choices: tuple[str, ...]) -> str:
    """Read one of the vocabulary's values, however it is spaced or capitalised; raises ValueError naming
    them."""
    word = re.sub(r"[^a-z0-9]+", "_", text.strip().casefold()).strip("_")
    if word in choices:
        return word
    raise ValueError(f"“{text[:40]}” is none of {', '.join(choices)}")


def age_on(born: date, day: date) -> int:
    """Return completed years; somebody born on 29 February completes a year on 1 March of a common year."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
