"""The types that a DMN file declares, and what a value must be to have one.

A value that does not conform becomes null with a reason, as the standard says (DMN 1.3, 10.3.2.9.4); whether
that is only a warning or an error is the caller's choice. A context that is not a plain dict is a view on a
case's facts: it is taken as conforming, because looking inside would read facts that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine import feel
from engine.feel import tree
from engine.feel.values import NUMBERS

_ALIASES = {
    "datetime": "date and time",
    "daytimeduration": "days and time duration",
    "yearmonthduration": "years and months duration",
    "days and time duration": "days and time duration",
    "years and months duration": "years and months duration",
    "date and time": "date and time",
    # What Camunda 7's modeller offers beside the standard's own names.
    "integer": "number",
    "long": "number",
    "double": "number",
}
_BASIC = frozenset(
    {"any", "number", "string", "boolean", "date", "time", "list", "context", "function", "null"}
)


@dataclass(frozen=True, slots=True)
class Type:
    """A type: a FEEL type by its name, or `list` with `item`, or `context` with `components`.

    `name` is what messages call it. `allowed` restricts the values (of the items, for a collection). A function
    has `parameters` and its result as `item`.
    """

    kind: str
    name: str
    item: Type | None = None
    components: tuple[tuple[str, Type], ...] | None = None
    allowed: feel.UnaryTests | None = None
    parameters: tuple[Type, ...] | None = None


ANY = Type("any", "Any")


def builtin(name: str) -> Type | None:
    """Return the built-in type of that name (with any prefix such as `feel:`), None when there is none."""
    plain = name.strip().rsplit(":", 1)[-1]
    folded = plain.lower()
    if folded in _ALIASES:
        return Type(_ALIASES[folded], _ALIASES[folded])
    if folded in _BASIC:
        return ANY if folded == "any" else Type(folded, folded)
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, Decimal | int | float) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "any": lambda value: True,
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "date": _is_date,
    "time": lambda value: feel.feel_type(value) == "time",
    "date and time": lambda value: isinstance(value, datetime),
    "days and time duration": lambda value: isinstance(value, timedelta),
    "years and months duration": lambda value: feel.feel_type(value) == "years and months duration",
    "list": lambda value: isinstance(value, list),
    "context": lambda value: isinstance(value, Mapping),
    "function": lambda value: feel.feel_type(value) == "function",
    "null": lambda value: value is None,
}


def misfit(value: Any, kind: Type, env: feel.Environment | None = None) -> str | None:
    """Say why a value does not conform to a type; None when it does. Null and unknown conform to all."""
    if value is None or value is feel.UNKNOWN or (kind.kind == "any" and kind.allowed is None):
        return None
    if not _CHECKS[kind.kind](value):
        declared = kind.kind if kind.name == kind.kind else f"{kind.kind} ({kind.name})"
        return f"{feel.feel_type(value)} where {declared} is declared"
    if kind.parameters is not None and len(value.parameters) != len(kind.parameters):
        return f"a function of {len(value.parameters)} parameters where {kind.name} is declared"
    if kind.kind == "list" and kind.item is not None:
        for index, element in enumerate(value, 1):
            if reason := misfit(element, kind.item, env):
                return f"item {index}: {reason}"
    elif kind.components is not None and isinstance(value, dict):
        for name, component in kind.components:
            if name not in value:
                return f"no {name}, which {kind.name} declares"
            if reason := misfit(value[name], component, env):
                return f"{name}: {reason}"
    if kind.allowed is not None and kind.allowed.test(value, {}, env) is not True:
        return f"a value outside the allowed values {kind.allowed.text.strip()}"
    return None


def coerce(value: Any, kind: Type, env: feel.Environment | None = None) -> tuple[Any, str | None]:
    """Convert a value to a declared type (DMN 1.3, 10.3.2.9.4); one that cannot be becomes null, with why.

    A singleton list becomes its element and an element a singleton list where the type asks for it; a date
    becomes the midnight, UTC, that begins it where a date and time is declared.
    """
    reason = misfit(value, kind, env)
    if reason is None:
        return value, None
    if kind.kind == "date and time" and _is_date(value):
        return datetime.combine(value, time(), UTC), None
    if isinstance(value, list):
        if kind.kind != "list" and len(value) == 1 and misfit(value[0], kind, env) is None:
            return value[0], None
    elif kind.kind == "list" and misfit([value], kind, env) is None:
        return [value], None
    return None, reason


def as_written(kind: Type) -> tree.Type:
    """Return a type as FEEL's `instance of` knows types: by structure, without allowed values."""
    if kind.kind == "any":
        return tree.Type("Any")
    if kind.kind == "list":
        return tree.Type("list", (as_written(kind.item),) if kind.item else ())
    if kind.kind == "context" and kind.components is not None:
        keys = tuple(name for name, _ in kind.components)
        return tree.Type("context", tuple(as_written(part) for _, part in kind.components), keys)
    if kind.kind == "function" and kind.parameters is not None:
        result = as_written(kind.item) if kind.item else tree.Type("Any")
        return tree.Type("function", tuple(as_written(part) for part in kind.parameters), (), result)
    return tree.Type("Null" if kind.kind == "null" else kind.kind)


def with_types(node: Any, types: Mapping[str, Type]) -> Any:
    """Return a tree in which the names of declared types stand for what they declare."""
    if isinstance(node, tree.Type):
        found = types.get(node.name)
        if found is not None and not node.parts:
            return as_written(found)
    if isinstance(node, tuple):
        changed = tuple(with_types(part, types) for part in node)
        return node if all(a is b for a, b in zip(changed, node, strict=True)) else changed
    if not isinstance(node, tree.Node):
        return node
    parts = {field.name: getattr(node, field.name) for field in fields(node)}
    new = {name: with_types(part, types) for name, part in parts.items()}
    return node if all(new[name] is parts[name] for name in parts) else type(node)(**new)


_TEXT = feel.parse("string(value)")


def show(value: Any) -> str:
    """Return a value as a message shows it: a string in quotes, all else as FEEL's `string()` has it."""
    if isinstance(value, str):
        return f'"{value}"'
    return "null" if value is None else str(_TEXT.evaluate({"value": value}))


def from_json(value: Any, kind: Type) -> tuple[Any, tuple[str, ...]]:
    """Turn a value read from JSON into the FEEL value that its declared type asks for, with what went wrong.

    A string becomes a date, time, date and time or duration where one is declared; where nothing is declared,
    only a string of the form `@"2026-01-01"` does. Components that a context leaves out are null. Raises FeelError
    for such a string that is no date, time or duration, and for data beyond FEEL's limits.
    """
    warnings: list[str] = []
    return _from_json(value, kind, "", warnings), tuple(warnings)


def _from_json(value: Any, kind: Type, place: str, warnings: list[str]) -> Any:
    if isinstance(value, list):
        inner = kind.item or (kind if kind.kind != "list" else ANY)
        return [_from_json(element, inner, f"{place}[{n}]", warnings) for n, element in enumerate(value, 1)]
    if isinstance(value, dict):
        declared = dict(kind.components or ())
        found = {
            key: _from_json(inner, declared.get(key, ANY), f"{place}.{key}".lstrip("."), warnings)
            for key, inner in value.items()
        }
        return {**found, **{key: None for key in declared if key not in found}}
    target = kind.item if kind.kind == "list" and kind.item else kind
    if isinstance(value, str) and target.kind in _TEMPORAL:
        parsed = _temporal(value, target.kind)
        if parsed is None:
            warnings.append(f"{place or 'the value'}: {show(value)} is not a {target.kind}")
        return parsed
    return _plain(feel.from_json(value))


def _plain(value: Any) -> Any:
    """Return a number without needless zeros, so that 2.0 in JSON is FEEL's 2."""
    if isinstance(value, Decimal) and value.is_finite():
        whole = value.to_integral_value()
        return whole if whole == value else value.normalize(NUMBERS)
    return value


_TEMPORAL = {
    "date": "date",
    "time": "time",
    "date and time": "date and time",
    "days and time duration": "duration",
    "years and months duration": "duration",
}
_CONVERSIONS = {name: feel.parse(f"{name}(text)") for name in ("date", "time", "date and time", "duration")}


def _temporal(text: str, kind: str) -> Any:
    inner = text[2:-1] if text.startswith('@"') and text.endswith('"') else text
    value = _CONVERSIONS[_TEMPORAL[kind]].evaluate({"text": inner})
    return value if value is None or _CHECKS[kind](value) or kind == "date and time" else None
