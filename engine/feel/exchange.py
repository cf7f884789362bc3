"""FEEL values to and from JSON.

JSON has no dates: they are written as ISO text, and read back only from text of the form `@"2026-02-04"`,
so that a string of the facts stays a string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel import temporal
from engine.feel.builtins.conversion import as_text
from engine.feel.errors import FeelError
from engine.feel.values import MAX_LIST, MAX_STRING, NUMBERS, Value, YearsMonths, entry

_TYPED: Final = re.compile(r'@"([^"]*)"')


def to_json(value: Value) -> Any:
    """Turn a value into what `json` can write.

    A number becomes an int when it is whole and a float when it is not; dates, times and durations become
    ISO text, ranges and functions their FEEL text.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(value)
        return (
            int(number) if number == number.to_integral_value() and number.adjusted() < 34 else float(number)
        )
    if isinstance(value, datetime):
        return temporal.write_date_and_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return temporal.write_time(value)
    if isinstance(value, (timedelta, YearsMonths)):
        return temporal.write_duration(value)
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(entry(value, key)) for key in value}
    return as_text(None, value)


def from_json(value: Any) -> Value:
    """Turn what `json` has read into a value; text of the form `@"…"` is a date, time or duration.

    Raises FeelError for such text that is none, and for data beyond the limits of an evaluation.
    """
    if isinstance(value, str):
        if len(value) > MAX_STRING:
            raise FeelError(f"a string of the facts has more than {MAX_STRING} characters: shorten it")
        typed = _TYPED.fullmatch(value)
        if not typed:
            return value
        found = temporal.parse_any(typed.group(1))
        if found is None:
            raise FeelError(
                f"{value} in the facts is no date, time or duration: correct it or leave out the @"
            )
        return found
    if isinstance(value, list):
        if len(value) > MAX_LIST:
            raise FeelError(f"a list of the facts has more than {MAX_LIST} items: shorten it")
        return [from_json(item) for item in value]
    if isinstance(value, dict):
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        number = NUMBERS.create_decimal(repr(value) if isinstance(value, float) else value)
        if not number.is_finite():
            raise FeelError(f"{value} in the facts is no number of FEEL: correct it")
        return number
    return value


def read_facts(text: str, source: str) -> dict[str, Value]:
    """Read a JSON object of facts; a dotted key also makes contexts, so that `child.age` can be asked for.

    Raises FeelError naming `source` for text that is no JSON object.
    """
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise FeelError(f"{source} is nested too deeply: flatten it") from None
    except ValueError as problem:
        raise FeelError(f'{source} is no JSON: {problem}; write it like {{"child.age": 14}}') from None
    if not isinstance(data, dict):
        raise FeelError(f'{source} must be a JSON object, like {{"child.age": 14}}')
    facts = {key: from_json(value) for key, value in data.items()}
    for key in data:
        _nest(facts, key)
    return facts


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _nest(facts: dict[str, Value], key: str) -> None:
    *parents, last = [part.strip() for part in key.split(".")]
    inside = facts
    for parent in parents:
        inside = inside.setdefault(parent, {})
        if not isinstance(inside, dict):
            raise FeelError(f"the fact {key} lies inside {parent}, which is no object: rename one of them")
    if parents:
        inside.setdefault(last, facts[key])


def names_of(value: Value) -> frozenset[str]:
    """Collect the keys of a context and of all contexts in it, for the parser to know as names."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            found.update(str(key) for key in item)
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
    return frozenset(found)


def json_text(value: Value, indent: int | None = None, margin: str = "") -> str:
    """Write a value as JSON text with every digit of its numbers, which floats would lose.

    With `indent` each part of a list or object stands on a line of its own, so many spaces further in.
    """
    if isinstance(value, Decimal):
        return f"{value:f}"
    inner = margin + " " * (indent or 0)
    if isinstance(value, (list, tuple)):
        return _enclosed("[]", [json_text(item, indent, inner) for item in value], indent, margin)
    if isinstance(value, Mapping):
        pairs = ((json.dumps(str(key), ensure_ascii=False), entry(value, key)) for key in value)
        return _enclosed(
            "{}", [f"{key}: {json_text(item, indent, inner)}" for key, item in pairs], indent, margin
        )
    return json.dumps(to_json(value), ensure_ascii=False)


def _enclosed(brackets: str, parts: list[str], indent: int | None, margin: str) -> str:
    if indent is None or not parts:
        return brackets[0] + ", ".join(parts) + brackets[1]
    line = "\n" + margin + " " * indent
    return brackets[0] + line + f",{line}".join(parts) + f"\n{margin}" + brackets[1]
