"""Types as written after `instance of` and after a parameter's colon (DMN 1.3, 10.3.2.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.feel.tree import Type
from engine.feel.values import Function, Range, Spend, Value, entry, feel_type

_OTHER_NAMES = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
}


Defined = Mapping[str, Callable[[Value], bool]]


def conforms(value: Value, kind: Type, defined: Defined, spend: Spend) -> bool | None:
    """Tell whether a value is of a type; null is of `Null` only, and a type nobody defined is null."""
    spend(1)
    name = _OTHER_NAMES.get(kind.name, kind.name)
    if name == "Null":
        return value is None
    if name == "Any":
        return value is not None
    if value is None:
        return False
    if name in defined:
        return defined[name](value)
    if name == "list":
        return isinstance(value, list) and (
            not kind.parts
            or all(item is None or conforms(item, kind.parts[0], defined, spend) is True for item in value)
        )
    if name == "range":
        if not isinstance(value, Range):
            return False
        ends = [end for end in (value.start, value.end) if end is not None]
        return not kind.parts or all(conforms(end, kind.parts[0], defined, spend) is True for end in ends)
    if name == "context":
        return isinstance(value, Mapping) and all(
            key in value
            and (
                entry(value, key, spend) is None
                or conforms(entry(value, key, spend), part, defined, spend) is True
            )
            for key, part in zip(kind.keys, kind.parts, strict=True)
        )
    if name == "function":
        return isinstance(value, Function) and (
            kind.result is None or len(value.parameters) == len(kind.parts)
        )
    if name in ("number", "string", "boolean", "date", "time", "date and time") or name.endswith("duration"):
        return feel_type(value) == name
    return None
