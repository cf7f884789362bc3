"""Days and moments as people type them: "12.5.26", "yesterday 23.40", "0915 today", "last Friday at 9pm".

A small grammar of our own and no library: a wrong deadline is worse than a question, so whatever can be read in two ways
is asked about, English alone is understood, and the day always comes before the month. What is understood is never
final here: the caller shows it to the person before it counts, unless the text itself said it in full (`plain`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from engine.clock import LOCAL_ZONE, local
from engine.pack.typeddays import LIKE_MOMENT, Day, NotUnderstood, day_of, folded, is_day, written_day


@dataclass(frozen=True)
class TypedMoment:
    """A moment that was understood, in local time; `plain` where the text said all of it itself."""

    value: datetime
    plain: bool


@dataclass(frozen=True)
class _Clock:
    """A time of day: `half` says whether am or pm stood there, or a word that settles it."""

    value: time
    half: bool
    zone: str | None

    @property
    def plain(self) -> bool:
        """Tell whether nobody could take it for the other half of the day, as "3:15" of an afternoon."""
        return self.half or not 1 <= self.value.hour <= 12


def read_moment(text: str, now: datetime | None, *, past: bool = False) -> TypedMoment:
    """Read a day with a time of day. Without `now` only whole dates are understood; `past` refuses what is to come.

    A time alone is one of today. Raises NotUnderstood.
    """
    plainly = folded(text)
    ago = _ago(plainly, now)
    if ago is not None:
        return TypedMoment(ago, plain=False)
    iso = _iso(plainly)
    if iso is None:
        found = _apart(plainly, None if now is None else local(now).date(), past)
        value, plain = _placed(*found), found[0].plain and found[1].plain
    else:
        value, plain = iso, True
    if past and now is not None and value > now:
        hint = "" if plain else f": it would be {written(value)}"
        raise NotUnderstood(f"lies in the future{hint}")
    return TypedMoment(value, plain)


def read_clock(text: str) -> tuple[time, str | None]:
    """Read a time of day by itself, with GMT or BST where it is named. Raises NotUnderstood."""
    clock = _clock(folded(text))
    if clock is None:
        raise NotUnderstood("must have a time like 14:30 or 2:30pm")
    return clock.value, clock.zone


def at_local(day: date, clock: time, zone: str | None = None) -> datetime:
    """Put a time of day on a day, in local time.

    Raises NotUnderstood for a time that the clocks skip that night, and for one that comes twice with nothing to say
    which of them is meant.
    """
    first = datetime.combine(day, clock.replace(fold=0), LOCAL_ZONE)
    if local(first.astimezone(UTC)).time() != clock:
        raise NotUnderstood("must be a time that exists: the clocks went forward over it that night")
    second = first.replace(fold=1)
    named = {first.tzname(): first, second.tzname(): second}
    if zone is not None:
        if zone not in named:
            raise NotUnderstood(f"was not on {zone} at that time: leave {zone} out")
        return named[zone]
    if len(named) == 2:
        shown = written_time(clock)
        raise NotUnderstood(
            f"comes twice that night, as the clocks went back: write {shown} BST for the first {shown}, "
            f"{shown} GMT for the one an hour later"
        )
    return first


def written(value: date | datetime) -> str:
    """Return a day or moment as a field shows it: "12 May 2026 at 9:15am". Reading it gives the same again."""
    if not isinstance(value, datetime):
        return written_day(value)
    there = local(value)
    words = written_time(there.time())
    if there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset():
        words += f" {there.tzname()}"
    return f"{written_day(there.date())} at {words}"


def written_time(clock: time) -> str:
    """Return a time of day as "9:15am", "midnight" or "midday"; seconds where there are any."""
    if clock in (time(0), time(12)):
        return "midday" if clock.hour else "midnight"
    half = "am" if clock.hour < 12 else "pm"
    seconds = f":{clock.second:02d}" if clock.second else ""
    return f"{clock.hour % 12 or 12}:{clock.minute:02d}{seconds}{half}"


# --- reading

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[t ](\d{2}):(\d{2})(?::(\d{2})(?:\.0+)?)?(z|[+-]\d{2}:\d{2})?", re.IGNORECASE
)


def _iso(text: str) -> datetime | None:
    if _ISO.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise NotUnderstood("must be a real date and time") from None
    return at_local(moment.date(), moment.time()) if moment.tzinfo is None else local(moment)


_AGO = re.compile(r"(\d{1,4}|an?) (minutes?|mins?|hours?|hrs?) ago")


def _ago(text: str, now: datetime | None) -> datetime | None:
    if now is not None and text in ("now", "just now", "right now"):
        return local(now).replace(second=0, microsecond=0)
    found = _AGO.fullmatch(text)
    if found is None or now is None:
        return None
    number = int(found[1]) if found[1].isdigit() else 1
    span = timedelta(hours=number) if found[2].startswith("h") else timedelta(minutes=number)
    return local((now - span).astimezone(UTC)).replace(second=0, microsecond=0)


_HALF = r"(?P<half>\s?[ap]m)?"
_ZONE = r"(?:\s?(?P<zone>gmt|bst))?"
_BESIDE = r"(?<![\d./:-])"
_ENDS = r"(?![\d/:-]|\.\d)"
_CLOCKS = (
    re.compile(rf"{_BESIDE}(?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?::(?P<s>\d{{2}}))?{_HALF}{_ZONE}{_ENDS}"),
    re.compile(rf"{_BESIDE}(?P<h>\d{{1,2}})\.(?P<m>\d{{2}})(?:\s?hrs?|\s?hours?)?{_HALF}{_ZONE}{_ENDS}"),
    re.compile(rf"{_BESIDE}(?P<h>\d{{1,2}})(?P<half>\s?[ap]m){_ZONE}\b"),
    re.compile(rf"{_BESIDE}(?P<h>\d{{2}})(?P<m>\d{{2}})(?:\s?hrs?|\s?hours?|h)?{_HALF}{_ZONE}{_ENDS}"),
    re.compile(r"\b(?P<word>noon|midday|midnight)\b"),
)
_WORDS = {"noon": time(12), "midday": time(12), "midnight": time(0)}


def _clock(text: str) -> _Clock | None:
    """Read a text that is a time of day and nothing else; None where it is something else."""
    for pattern in _CLOCKS:
        found = pattern.fullmatch(text)
        if found is not None:
            return _clock_of(found)
    return None


def _clock_of(found: re.Match[str]) -> _Clock | None:
    parts = found.groupdict()
    if parts.get("word"):
        return _Clock(_WORDS[parts["word"]], half=True, zone=None)
    hour, minute, second = (int(parts.get(part) or 0) for part in ("h", "m", "s"))
    half = (parts.get("half") or "").strip()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return _Clock(time(hour, minute, second), bool(half), (parts.get("zone") or "").upper() or None)


def _apart(text: str, today: date | None, past: bool) -> tuple[Day, _Clock]:
    """Part a text into its day and its time in the one way that makes sense of all of it."""
    readings: dict[tuple[date, time], tuple[Day, _Clock]] = {}
    told: NotUnderstood | None = None
    if is_day(text, today, past):  # "12 May 2015" is a day of that year, and no quarter past eight
        raise NotUnderstood(f"must include a time, {LIKE_MOMENT}")
    for pattern in _CLOCKS:
        for found in pattern.finditer(text):
            clock = _clock_of(found)
            if clock is None:
                continue
            rest = " ".join((text[: found.start()] + " " + text[found.end() :]).split())
            try:
                day = day_of(rest, today, past) if rest else None if today is None else Day(today)
                if day is not None:
                    day, clock = _fitted(day, clock, today)
                    readings[(day.value, clock.value)] = (day, clock)
            except NotUnderstood as error:
                told = error
    if len(readings) == 1:
        return next(iter(readings.values()))
    if readings:
        raise NotUnderstood(f"can be read in two ways: write the month as a word, {LIKE_MOMENT}")
    if told is not None:
        raise told
    raise NotUnderstood(f"is not understood: write a day and a time, {LIKE_MOMENT}")


def _fitted(day: Day, clock: _Clock, today: date | None) -> tuple[Day, _Clock]:
    """Settle what a part of the day says about its time: "this evening 9.15", "last night 23:40"."""
    value, hour = clock.value, clock.value.hour
    if not day.part:
        return day, clock
    if day.part in ("afternoon", "evening") and not clock.half and 1 <= hour < 12:
        value = value.replace(hour=hour + 12)
        hour += 12
    fits = {
        "morning": hour < 12,
        "afternoon": 12 <= hour < 19,
        "evening": 16 <= hour,
        "night": hour >= 17,
    }[day.part]
    if day.part == "night" and hour < 6 and clock.half and today is not None and day.value < today:
        # "last night at 2am" is a time of this morning
        return Day(day.value + timedelta(days=1)), clock
    if not fits:
        raise NotUnderstood(f"could be another day: write the date with the time, {LIKE_MOMENT}")
    return Day(day.value), _Clock(value, half=True, zone=clock.zone)


def _placed(day: Day, clock: _Clock) -> datetime:
    return at_local(day.value, clock.value, clock.zone)
