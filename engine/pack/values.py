"""A fact's value, from what a file, a form or a record wrote to what expressions work on, and back.

Every door (scenario, CSV, JSON, form, database) uses this one conversion. It is strict about moments: one
without an offset is refused, since an hour's difference decides whether a child is searched for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.clock import local
from engine.errors import HomewardError

if TYPE_CHECKING:
    from engine.pack.model import Fact

_ISO_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<weeks>\d+)W|(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?)"
)
_SHORT_DURATION = re.compile(
    r"(?P<sign>[+-])?(?:(?P<weeks>\d+)w)?(?:(?P<days>\d+)d)?(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?"
)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INTEGER = re.compile(r"[+-]?\d{1,12}")
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_YES = frozenset({"true", "yes", "y", "1"})
_NO = frozenset({"false", "no", "n", "0"})
MAX_TEXT = 20_000


class BadValue(HomewardError):
    """A value is not one that its fact can have."""


def parse_fact(fact: Fact, raw: Any) -> Any:
    """Turn what a file or a person wrote into the fact's FEEL value; None stays None ("answered: none").

    boolean bool, integer Decimal, string/enum/role str, date date, datetime aware in Europe/London, duration
    timedelta. Durations are written `42d`, `26h`, `90m`, `26h30m` or as ISO 8601 (`PT72H`). Raises BadValue.
    """
    if raw is None:
        return None
    parse = _PARSERS.get(fact.type)
    if parse is None:
        raise BadValue(f"{fact.id} has the type {fact.type}, which no value can be read for")
    try:
        value = parse(raw)
    except ValueError as error:
        raise BadValue(f"{fact.id} cannot be {_shown(raw)}: {error}") from None
    if fact.values and value not in fact.values:
        raise BadValue(f"{fact.id} cannot be {_shown(raw)}: it is one of {', '.join(fact.values)}")
    return value


def parse_moment(raw: Any) -> datetime:
    """Read a moment with its offset, such as `2026-05-12T09:00+01:00`; ValueError for anything else."""
    if isinstance(raw, str):
        text = raw.strip()
        if not _MOMENT.fullmatch(text):
            raise ValueError("a date and time is written like 2026-05-12T09:00+01:00")
        try:
            raw = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("there is no such date and time") from None
    if not isinstance(raw, datetime):
        raise ValueError("a date and time is written like 2026-05-12T09:00+01:00")
    if raw.tzinfo is None:
        raise ValueError("the offset is missing; write +00:00 or +01:00 after the time")
    try:
        return local(raw)
    except OverflowError:
        raise ValueError("the year is out of range") from None


def parse_date(raw: Any) -> date:
    """Read a calendar date such as `2026-05-12`; ValueError for anything else."""
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if not isinstance(raw, str) or not _DATE.fullmatch(raw.strip()):
        raise ValueError("a date is written like 2026-05-12")
    try:
        return date.fromisoformat(raw.strip())
    except ValueError:
        raise ValueError("there is no such date") from None


def parse_duration(raw: Any) -> timedelta:
    """Read an elapsed duration: `42d`, `26h30m`, `PT72H`; ValueError for anything else, months included."""
    if isinstance(raw, timedelta):
        return raw
    hint = "a duration is written like 42d, 26h, 90m, 26h30m or PT72H"
    if not isinstance(raw, str):
        raise ValueError(hint)
    text = raw.strip()
    found = _ISO_DURATION.fullmatch(text) or _SHORT_DURATION.fullmatch(text)
    parts = {} if found is None else {k: int(v) for k, v in found.groupdict().items() if k != "sign" and v}
    if found is None or not parts:
        raise ValueError(hint)
    try:
        length = timedelta(**parts)
    except OverflowError:
        raise ValueError("it is too long") from None
    return -length if found["sign"] == "-" else length


def _boolean(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("write true or false")


def _integer(raw: Any) -> Decimal:
    if isinstance(raw, str) and _INTEGER.fullmatch(raw.strip()):
        return Decimal(raw.strip())
    if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        number = Decimal(str(raw))
        if number.is_finite() and number == number.to_integral_value() and abs(number) < 10**12:
            return Decimal(int(number))
    raise ValueError("write a whole number")


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError("write a text (in quotes, in YAML)")
    if len(raw) > MAX_TEXT:
        raise ValueError(f"the text is longer than {MAX_TEXT:,} characters")
    return raw


def _role(raw: Any) -> str:
    text = _text(raw).strip()
    if not _ROLE.fullmatch(text):
        raise ValueError("write a role id of the vocabulary, such as social_worker")
    return text


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "integer": _integer,
    "string": _text,
    "enum": lambda raw: _text(raw).strip(),
    "date": parse_date,
    "datetime": parse_moment,
    "duration": parse_duration,
    "role": _role,
}
TYPES = frozenset(_PARSERS)
"""The types a fact can have."""


def to_json(value: Any) -> Any:
    """Turn a FEEL value into plain JSON that `parse_fact` reads back: ISO texts for what has to do with time.

    Lists and mappings are turned whole. Raises TypeError for a value that no fact can have.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal | float):
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else float(number)
    if isinstance(value, datetime):
        return local(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def duration_text(length: timedelta) -> str:
    """Write a duration in ISO 8601 (`PT72H`, `P42DT1H`): days only where the whole days are more than three.

    Fractions of a second are dropped, as no limit counts them.
    """
    seconds = int(abs(length.total_seconds()))
    days, rest = divmod(seconds, 86400) if seconds > 3 * 86400 else (0, seconds)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if n)
    body = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    sign = "-" if length < timedelta(0) and body else ""
    return f"{sign}P{body or 'T0S'}"


def _shown(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else text[:57] + "…"
