"""Range functions: Allen's interval algebra over points and ranges (DMN 1.3, table 78), and `range` (DMN 1.5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from engine.feel import temporal
from engine.feel.arithmetic import Undefined
from engine.feel.builtins.registry import builtin
from engine.feel.run import Run
from engine.feel.values import NUMBERS, Range, Value, compare, feel_type

_RANGE: Final = re.compile(r"\s*([\[\](])\s*(.*?)\s*\.\.\s*(.*?)\s*([\[\])])\s*", re.DOTALL)
_NUMBER: Final = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)", re.ASCII)
_CALL: Final = re.compile(r'(date and time|date|time|duration)\s*\(\s*"([^"\\]*)"\s*\)')


def _order(a: Value, b: Value) -> int:
    result = compare(a, b)
    if result is None:
        raise Undefined(f"a {feel_type(a)} and a {feel_type(b)} cannot be compared")
    return result


def _closed(value: Value) -> Range:
    """Take a range with both ends, or a point as the range that holds only it."""
    if not isinstance(value, Range):
        if value is None or compare(value, value) is None:
            raise Undefined(f"a {feel_type(value)} is no point of a range")
        return Range(value, value)
    return value


def _low(a: Range, b: Range) -> int:
    """Compare where two ranges begin; one that leaves its start out begins after one that includes it."""
    if a.start is None or b.start is None:
        return (a.start is not None) - (b.start is not None)
    return _order(a.start, b.start) or (not a.start_included) - (not b.start_included)


def _high(a: Range, b: Range) -> int:
    """Compare where two ranges end; one that leaves its end out ends before one that includes it."""
    if a.end is None or b.end is None:
        return (a.end is None) - (b.end is None)
    return _order(a.end, b.end) or a.end_included - b.end_included


def _ends_before(a: Range, b: Range) -> bool:
    """Tell whether a ends before b begins, with nothing in common."""
    if a.end is None or b.start is None:
        return False
    order = _order(a.end, b.start)
    return order < 0 or (order == 0 and not (a.end_included and b.start_included))


def _touches(a: Range, b: Range) -> bool:
    """Tell whether a's end and b's start are one point that both include."""
    if a.end is None or b.start is None:
        return False
    return _order(a.end, b.start) == 0 and a.end_included and b.start_included


def _inside(a: Range, b: Range) -> bool:
    return _low(a, b) >= 0 and _high(a, b) <= 0


def _register(name: str, first: str, second: str, holds: Callable[[Range, Range], bool]) -> None:
    def run_it(run: Run, a: Value, b: Value) -> Value:
        return holds(_closed(a), _closed(b))

    builtin(f"{name}({first}, {second})")(run_it)


for _first, _second in (
    ("point1: any", "point2: any"),
    ("point: any", "range: any"),
    ("range: any", "point: any"),
    ("range1: any", "range2: any"),
):
    _register("before", _first, _second, _ends_before)
    _register("after", _first, _second, lambda a, b: _ends_before(b, a))
_TWO = ("range1: range", "range2: range")
_register("meets", *_TWO, _touches)
_register("met by", *_TWO, lambda a, b: _touches(b, a))
_register("overlaps", *_TWO, lambda a, b: not _ends_before(a, b) and not _ends_before(b, a))
_register(
    "overlaps before",
    *_TWO,
    lambda a, b: not _ends_before(a, b) and _low(a, b) < 0 and _high(a, b) <= 0,
)
_register(
    "overlaps after",
    *_TWO,
    lambda a, b: not _ends_before(b, a) and _low(a, b) >= 0 and _high(a, b) > 0,
)
for _first, _second in (("point: any", "range: range"), ("range1: range", "range2: range")):
    _register("finishes", _first, _second, lambda a, b: _high(a, b) == 0 and _low(a, b) >= 0)
    _register("starts", _first, _second, lambda a, b: _low(a, b) == 0 and _high(a, b) <= 0)
    _register("during", _first, _second, _inside)
for _first, _second in (("range: range", "point: any"), ("range1: range", "range2: range")):
    _register("finished by", _first, _second, lambda a, b: _high(a, b) == 0 and _low(a, b) <= 0)
    _register("started by", _first, _second, lambda a, b: _low(a, b) == 0 and _high(a, b) >= 0)
    _register("includes", _first, _second, lambda a, b: _inside(b, a))
for _first, _second in (("point1: any", "point2: any"), ("range1: any", "range2: any")):
    _register("coincides", _first, _second, lambda a, b: _low(a, b) == 0 and _high(a, b) == 0)


@builtin("range(from: string)")
def range_of(run: Run, text: str) -> Value:
    """Read a range of literals, as in `range("[1..5)")`."""
    match = _RANGE.fullmatch(text)
    if not match:
        raise Undefined(f"“{text[:60]}” is no range")
    opening, low_text, high_text, closing = match.groups()
    low, high = _end(low_text), _end(high_text)
    if low is None and high is None:
        raise Undefined("a range needs one end at least")
    if low is not None and high is not None and _order(low, high) > 0:
        raise Undefined("the range ends before it starts")
    start_included, end_included = opening == "[", closing == "]"
    if (low is None and start_included) or (high is None and end_included):
        raise Undefined("an end that is open cannot be included")
    return Range(low, high, start_included, end_included)


def _end(text: str) -> Value:
    if text in ("", "null"):
        return None
    call = _CALL.fullmatch(text)
    value: Value = None
    if _NUMBER.fullmatch(text):
        value = NUMBERS.create_decimal(text)
    elif call:
        read = {
            "date": temporal.parse_date,
            "time": temporal.parse_time,
            "duration": temporal.parse_duration,
            "date and time": temporal.parse_date_and_time,
        }
        value = read[call.group(1)](call.group(2))
    elif text.startswith('@"') and text.endswith('"'):
        value = temporal.parse_any(text[2:-1])
    elif len(text) > 1 and text[0] == text[-1] == '"':
        value = text[1:-1]
    if value is None:
        raise Undefined(f"{text[:40]} is no literal")
    return value
