"""How a built-in function is declared, found and called.

A built-in declares its signature as the standard prints it, `substring(string: string, start position:
number, length?: number)`; from it come the choice between variants, calls by name, the conversions of DMN
1.3 10.3.2.9.4 (a list of one item for that item, an item for a list of one, a date for its midnight) and
null for a wrong argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel.arithmetic import Undefined
from engine.feel.run import Run
from engine.feel.values import Function, Range, Value, YearsMonths, feel_type

_SIGNATURE: Final = re.compile(r"([^(]+)\((.*)\)")
_CLASSES: Final[dict[str, tuple[type, ...]]] = {
    "number": (Decimal,),
    "string": (str,),
    "boolean": (bool,),
    "list": (list,),
    "context": (Mapping,),
    "time": (time,),
    "duration": (timedelta, YearsMonths),
    "range": (Range,),
    "function": (Function,),
    "date and time": (datetime,),
    "date or date and time": (date,),
}


@dataclass(frozen=True)
class _Parameter:
    name: str
    type: str
    optional: bool = False
    nullable: bool = False
    variadic: bool = False


@dataclass(frozen=True)
class _Variant:
    parameters: tuple[_Parameter, ...]
    run: Callable[..., Value]

    @property
    def required(self) -> int:
        return sum(not parameter.optional for parameter in self.parameters)

    def arrange(self, values: Sequence[Value], keys: tuple[str, ...]) -> list[Value] | None:
        """Put arguments in the order of the parameters; None where they do not fit this variant."""
        if keys:
            given = dict(zip(keys, values, strict=True))
            names = [parameter.name for parameter in self.parameters]
            missing = any(p.name not in given and not p.optional and p.type != "any" for p in self.parameters)
            if missing or any(key not in names for key in keys):
                return None
            last = max(names.index(key) for key in keys)
            arranged = [given.get(name) for name in names[: max(last + 1, self.required)]]
            final = self.parameters[-1]
            if final.variadic and final.type == "any" and not isinstance(arranged[-1], list):
                arranged[-1] = [arranged[-1]]
            return arranged
        if self.parameters and self.parameters[-1].variadic:
            fixed = len(self.parameters) - 1
            if len(values) < fixed + 1:
                return None
            rest = list(values[fixed:])
            if len(rest) == 1 and isinstance(rest[0], list) and not fixed:
                return rest
            return [*values[:fixed], rest]
        return list(values) if self.required <= len(values) <= len(self.parameters) else None


@dataclass
class Builtin:
    """A built-in function with its variants."""

    name: str
    variants: list[_Variant] = field(default_factory=list)

    def invoke(self, run: Run, values: Sequence[Value], keys: tuple[str, ...] = ()) -> Value:
        """Call the variant that fits; null with a warning where none does or the arguments are wrong."""
        reason = "these arguments do not fit it"
        for variant in self.variants:
            arranged = variant.arrange(values, keys)
            if arranged is None:
                continue
            try:
                arguments = [
                    _convert(value, parameter)
                    for value, parameter in zip(arranged, variant.parameters, strict=False)
                ]
                return variant.run(run, *arguments)
            except _WrongType as problem:
                reason = str(problem)
            except Undefined as problem:
                run.warn(f"{self.name}: {problem}")
                return None
            except OverflowError:
                run.warn(f"{self.name}: the result lies outside the years 1 to 9999")
                return None
        run.warn(f"{self.name}: {reason}")
        return None

    def as_function(self, run: Run) -> Function:
        """Return the built-in as a value, for sort(list, precedes) and the like."""
        first = self.variants[0]
        names = tuple(parameter.name for parameter in first.parameters)
        return Function(names, lambda values: self.invoke(run, values), self.name)


class _WrongType(Exception):
    """An argument cannot be converted to what a variant takes; another variant may take it."""


def _convert(value: Value, parameter: _Parameter) -> Value:
    kind = parameter.type
    if kind == "any":
        return value
    if value is None:
        if parameter.nullable:
            return None
        raise _WrongType(f"{parameter.name} is null")
    if kind == "list":
        return value if isinstance(value, list) else [value]
    if kind == "date":
        if isinstance(value, datetime) or not isinstance(value, date):
            raise _WrongType(f"{parameter.name} must be a date, not a {feel_type(value)}")
        return value
    if isinstance(value, _CLASSES[kind]) and not (kind == "number" and isinstance(value, bool)):
        return value
    if isinstance(value, list) and len(value) == 1:
        return _convert(value[0], parameter)
    if kind == "date and time" and isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise _WrongType(f"{parameter.name} must be a {kind}, not a {feel_type(value)}")


BUILTINS: Final[dict[str, Builtin]] = {}

Implementation = Callable[..., Any]


def builtin(*signatures: str) -> Callable[[Implementation], Implementation]:
    """Register a function under one or more signatures.

    `name?` may be left out, `name...` takes the rest as a list, and `type?` admits null.
    """

    def register(function: Implementation) -> Implementation:
        for signature in signatures:
            match = _SIGNATURE.fullmatch(signature)
            if not match:
                raise ValueError(f"{signature} is no signature")
            name, body = match.groups()
            parameters = []
            for part in body.split(",") if body else ():
                label, _, kind = part.strip().partition(":")
                parameters.append(
                    _Parameter(
                        label.rstrip("?."),
                        kind.strip().rstrip("?"),
                        optional=label.endswith("?"),
                        nullable=kind.endswith("?"),
                        variadic=label.endswith("..."),
                    )
                )
            BUILTINS.setdefault(name, Builtin(name)).variants.append(_Variant(tuple(parameters), function))
        return function

    return register


def whole(number: Decimal, what: str) -> int:
    """Return a number as an int, its fraction cut off; raise Undefined when it is absurdly large."""
    if abs(number) > 10**9:
        raise Undefined(f"{what} must be a number of reasonable size")
    return int(number)
