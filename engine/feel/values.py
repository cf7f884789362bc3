"""The values of FEEL as Python values.

number Decimal, string str, boolean bool, date/time/date and time the classes of `datetime` (naive where
FEEL's has no zone), days and time duration timedelta, context any Mapping, list list. Only years-months
durations, ranges and functions need classes of their own. Facts come as plain Python, so ints and floats
are taken for numbers where they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from engine.feel.errors import FeelLimit, UnknownFact

Value = Any
"""Any FEEL value; the classes are listed above and cannot be told apart statically."""

NUMBERS: Final = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[])
"""IEEE 754 decimal128, as the standard asks of numbers (DMN 1.3, 10.3.2.3.1); overflow shows as infinity."""

MAX_LIST: Final = 100_000
MAX_STRING: Final = 1_000_000
LIMITS_HELP: Final = "make the expression or its data smaller"


class _Unknown:
    """The one value UNKNOWN."""

    _only: _Unknown | None = None

    def __new__(cls) -> _Unknown:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __reduce__(self) -> tuple[type[_Unknown], tuple[()]]:
        return (_Unknown, ())

    def __bool__(self) -> bool:
        raise UnknownFact("(unnamed)")


UNKNOWN: Final = _Unknown()
"""Stands in a context for a fact of the vocabulary that nobody has answered; null means “answered: none”."""


@dataclass(frozen=True, order=True, slots=True)
class YearsMonths:
    """A years and months duration as a whole number of months, negative ones included."""

    months_in_all: int

    @property
    def years(self) -> int:
        return abs(self.months_in_all) // 12 * (-1 if self.months_in_all < 0 else 1)

    @property
    def months(self) -> int:
        return abs(self.months_in_all) % 12 * (-1 if self.months_in_all < 0 else 1)


@dataclass(frozen=True, slots=True)
class Range:
    """A range.

    `operator` is set for one written with a comparison: `(< 5)` has no start and reaches down without end,
    while the start of `(null..5)` is merely null, so that nothing can be said of its members.
    """

    start: Value
    end: Value
    start_included: bool = True
    end_included: bool = True
    operator: str = ""

    def contains(self, value: Value) -> bool | None:
        """Tell whether `value` lies in the range; None where it cannot be compared with an end."""
        start, end = self.start, self.end
        if type(value) is Decimal and type(start) is Decimal and type(end) is Decimal and not self.operator:
            above = start <= value if self.start_included else start < value
            return above and (value <= end if self.end_included else value < end)
        if value is None or (not self.operator and (self.start is None or self.end is None)):
            return None
        if self.operator in ("=", "!="):
            same = equal(value, self.start)
            return None if same is None else same is (self.operator == "=")
        if self.start is not None:
            order = compare(self.start, value)
            if order is None:
                return None
            if order > 0 or (order == 0 and not self.start_included):
                return False
        if self.end is not None:
            order = compare(value, self.end)
            if order is None:
                return None
            if order > 0 or (order == 0 and not self.end_included):
                return False
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function value; `call` takes one argument for each of `parameters`, in order.

    Other modules put their own functions (a business knowledge model, for instance) into a context with
    this class.
    """

    parameters: tuple[str, ...]
    call: Callable[[Sequence[Value]], Value]
    name: str = "function"


Spend = Callable[[int], None]
"""Is told of work before it is done, and raises FeelLimit when there is none left."""


def _free(steps: int) -> None:
    """Let work on values pass that no hostile expression can have built."""


_PLAIN: Final = frozenset(
    {Decimal, str, bool, type(None), date, datetime, time, timedelta, YearsMonths, Range, Function, dict}
)
"""Classes that need no conversion when read; tested by exact class because that is what makes reading fast."""


def read(value: Value, path: str, spend: Spend = _free) -> Value:
    """Return a value of a context as FEEL sees it; raise UnknownFact(path) for UNKNOWN.

    `spend` is told how many items are looked at.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if value is UNKNOWN:
        raise UnknownFact(path)
    if kind is int:
        return Decimal(value)
    if kind is float:
        number = Decimal(repr(value))
        return number if number.is_finite() else None
    if isinstance(value, (list, tuple)):
        if len(value) > MAX_LIST:
            raise FeelLimit(f"the list {path} holds more than {MAX_LIST} items: {LIMITS_HELP}")
        spend(len(value))
        return [read(item, path, spend) for item in value]
    if isinstance(value, (Mapping, bool, int, Decimal, str, datetime, date, time, timedelta)):
        return Decimal(int(value)) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(value, (YearsMonths, Range, Function)):
        return value
    if isinstance(value, (set, frozenset)):
        return [read(item, path) for item in sorted(value, key=str)]
    raise TypeError(f"{path} holds a {kind.__name__}, which is no FEEL value")


def from_python(value: Value, path: str = "value") -> Value:
    """Turn plain Python, nested as it may be, into FEEL values; raise TypeError for what FEEL cannot hold."""
    if isinstance(value, Mapping):
        return {str(key): from_python(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [from_python(item, path) for item in value]
    return read(value, path)


def entry(context: Mapping[str, Value], key: str, spend: Spend = _free) -> Value:
    """Return the entry of a context, null where there is none; raise UnknownFact(key) for UNKNOWN."""
    return read(context.get(key), key, spend)


def feel_type(value: Value) -> str:  # noqa: C901 - one line for each type
    """Name the FEEL type of a value as `instance of` writes it; "Null" for null."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (Decimal, int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, datetime):
        return "date and time"
    if isinstance(value, date):
        return "date"
    if isinstance(value, time):
        return "time"
    if isinstance(value, timedelta):
        return "days and time duration"
    if isinstance(value, YearsMonths):
        return "years and months duration"
    if isinstance(value, (list, tuple)):
        return "list"
    if isinstance(value, Range):
        return "range"
    if isinstance(value, Function):
        return "function"
    if isinstance(value, Mapping):
        return "context"
    raise TypeError(f"{type(value).__name__} is no FEEL value")


def offset_of(zone: tzinfo | None) -> timedelta | None:
    """Return the fixed offset of a zone, None for none or for a zone whose offset depends on the date."""
    return None if zone is None else zone.utcoffset(None)


_DAY = timedelta(days=1)


def since_midnight(value: time) -> timedelta:
    """Return the elapsed time since midnight on the clock face."""
    return timedelta(
        hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
    )


def _compare_times(a: time, b: time) -> int | None:
    """Compare clock times: as written when neither has a zone, in UTC when both have a fixed offset."""
    if a.tzinfo is None and b.tzinfo is None:
        return (a > b) - (a < b)
    offset_a, offset_b = offset_of(a.tzinfo), offset_of(b.tzinfo)
    if offset_a is not None and offset_b is not None:
        left, right = since_midnight(a) - offset_a, since_midnight(b) - offset_b
        return (left > right) - (left < right)
    if str(a.tzinfo) == str(b.tzinfo):
        return compare(a.replace(tzinfo=None), b.replace(tzinfo=None))
    return None


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def since_epoch(moment: datetime) -> timedelta:
    """Return the elapsed time from 1970 in UTC to a moment with a zone; no moment is too early or late for it."""
    return moment.replace(tzinfo=None) - _EPOCH - (moment.utcoffset() or timedelta())


def _compare_moments(a: datetime, b: datetime) -> int | None:
    """Compare moments; in UTC because Python compares two moments of one zone by their clock faces."""
    if a.tzinfo is None and b.tzinfo is None:
        return (a > b) - (a < b)
    if a.tzinfo is None or b.tzinfo is None:
        return None
    left, right = since_epoch(a), since_epoch(b)
    return (left > right) - (left < right)


_ORDERED: Final = frozenset({Decimal, str, timedelta, YearsMonths})


def compare(a: Value, b: Value) -> int | None:
    """Return -1, 0 or 1 as a is below, at or above b; None where the standard defines no order between them."""
    kind = type(a)
    if kind is type(b) and (kind in _ORDERED or kind is date):
        return int(a > b) - int(a < b)
    if isinstance(a, datetime):
        return _compare_moments(a, b) if isinstance(b, datetime) else None
    if isinstance(a, time):
        return _compare_times(a, b) if isinstance(b, time) else None
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return None
    type_a = feel_type(a)
    if type_a == feel_type(b) and type_a in ("number", "string", "date"):
        return int(a > b) - int(a < b)
    return None


_EQUAL_AS_IN_PYTHON: Final = frozenset({Decimal, str, bool, date, timedelta, YearsMonths})


def equal(a: Value, b: Value, spend: Spend = _free) -> bool | None:
    """Tell whether two values are equal; None where their types differ (DMN 1.3, table 42).

    `spend` is told how many items are compared: lists that share their parts can be far larger than they look.
    """
    kind = type(a)
    if kind is type(b) and kind in _EQUAL_AS_IN_PYTHON:
        return bool(a == b)
    if isinstance(a, list) and isinstance(b, list):
        spend(2 * len(a) + 2)
        return len(a) == len(b) and all(equal(x, y, spend) is True for x, y in zip(a, b, strict=True))
    if a is None or b is None:
        return a is b
    type_a = feel_type(a)
    if type_a != feel_type(b):
        return None
    if type_a in ("number", "string", "boolean", "date"):
        return bool(a == b)
    if type_a in ("date and time", "time"):
        # A time of FEEL is a number of whole seconds (10.3.2.3.4), so fractions of one make no difference.
        return compare(a.replace(microsecond=0), b.replace(microsecond=0)) == 0
    if type_a == "context":
        if set(a) != set(b):
            return False
        spend(len(a))
        return all(equal(entry(a, key, spend), entry(b, key, spend), spend) is True for key in a)
    if type_a == "range":
        return (
            a.operator == b.operator
            and a.start_included == b.start_included
            and a.end_included == b.end_included
            and equal(a.start, b.start) is True
            and equal(a.end, b.end) is True
        )
    return a is b
