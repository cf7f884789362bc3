"""What kind of value an expression gives, as far as its text can tell.

FEEL compares a duration with a number without complaint and answers null; a due date that is a duration is no date at
all. Both stop a case when it is too late to mend them, so they are found here. Where the text cannot tell, the kind is
None and nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.feel import tree

Kind = str | None
FactKind = Callable[[str], Kind]
"""Gives the kind of a dotted path, None where it is not known."""

OF_FACT = {
    "boolean": "boolean",
    "integer": "number",
    "string": "text",
    "enum": "text",
    "role": "text",
    "date": "date",
    "datetime": "date and time",
    "duration": "duration",
}
OF_LEDGER = {
    "raised": "boolean",
    "open": "boolean",
    "outcome": "text",
    "raised_at": "date and time",
    "done_at": "date and time",
    "count": "number",
}
MOMENT = "date and time"
_CALLS = {
    "boolean": "not|is|all|any|contains|starts with|ends with|matches|list contains|even|odd|is working day"
    "|in office hours|before|after|meets|met by|overlaps|during|includes|starts|finishes|coincides",
    "number": "abs|ceiling|floor|round up|round down|round half up|round half down|decimal|count|modulo|sqrt|log|exp"
    "|number|string length|day of year|week of year|days between|working days between|sum|product|mean|median|stddev",
    "text": "string|substring|substring before|substring after|upper case|lower case|replace|string join"
    "|day of week|month of year",
    "date": "date|local date|working days after|working day of|today",
    MOMENT: "date and time|end of working day|now",
    "duration": "duration",
}
_OF_CALL = {name: kind for kind, names in _CALLS.items() for name in names.split("|")}
_SAME_AS_FIRST = frozenset({"days after", "months after", "abs"})
_EXTREME = frozenset({"min", "max"})
_TIMELIKE = frozenset({"date", MOMENT})


def kind_of(node: tree.Node, fact_kind: FactKind) -> Kind:
    """Return number, text, boolean, date, date and time, duration or null; None where the text cannot tell."""
    path = tree.dotted(node)
    if path is not None:
        return fact_kind(path)
    match node:
        case tree.Number():
            return "number"
        case tree.String():
            return "text"
        case tree.Null():
            return "null"
        case tree.Boolean() | tree.IsKnown() | tree.Compare() | tree.Between() | tree.In():
            return "boolean"
        case tree.And() | tree.Or() | tree.InstanceOf() | tree.Quantified():
            return "boolean"
        case tree.Negate(operand=operand):
            return kind_of(operand, fact_kind)
        case tree.If(then=then, otherwise=otherwise):
            return _either(kind_of(then, fact_kind), kind_of(otherwise, fact_kind))
        case tree.Arithmetic(operator=operator, left=left, right=right):
            return _sum(operator, kind_of(left, fact_kind), kind_of(right, fact_kind))
        case tree.Call(function=tree.Name(name=name), arguments=arguments):
            return _called(name, [kind_of(argument, fact_kind) for argument in arguments])
    return None


def mismatches(node: tree.Node, fact_kind: FactKind) -> Iterator[str]:
    """Say what in one node, not below it, can never work: a comparison or a sum of kinds that do not go together."""
    match node:
        case tree.Compare(left=left, right=right):
            yield from unlike(kind_of(left, fact_kind), kind_of(right, fact_kind))
        case tree.Between(value=value, low=low, high=high):
            for end in (low, high):
                yield from unlike(kind_of(value, fact_kind), kind_of(end, fact_kind))
        case tree.In(value=value, tests=tests):
            for test in tests:
                if isinstance(test, tree.CompareTest):
                    yield from unlike(kind_of(value, fact_kind), kind_of(test.operand, fact_kind))
        case tree.Arithmetic(operator=operator, left=left, right=right):
            one, other = kind_of(left, fact_kind), kind_of(right, fact_kind)
            if one and other and "null" not in (one, other) and _sum(operator, one, other) is None:
                yield f"a {one} {operator} a {other} gives nothing"


def unlike(one: Kind, other: Kind) -> Iterator[str]:
    """Say that values of two kinds are never equal, nor one below the other."""
    if one and other and one != other and "null" not in (one, other):
        yield f"a {one} is compared with a {other}, which is never true"


def _either(one: Kind, other: Kind) -> Kind:
    if one == "null":
        return other
    return one if other in (one, "null") else None


def _sum(operator: str, one: Kind, other: Kind) -> Kind:
    """Return the kind of a sum, difference, product or quotient (DMN 1.3, 10.3.2.13); None where there is none."""
    if one is None or other is None:
        return None
    if one == other == "number":
        return "number"
    if operator == "+":
        return _plus(one, other)
    if operator == "-":
        if one == other == "duration" or (one in _TIMELIKE and other in _TIMELIKE):
            return "duration"
        return one if one in _TIMELIKE and other == "duration" else None
    if operator in ("*", "/") and {one, other} == {"duration", "number"}:
        return "duration" if operator == "*" or one == "duration" else None
    return "number" if operator == "/" and one == other == "duration" else None


def _plus(one: str, other: str) -> Kind:
    if one == other and one in ("text", "duration"):
        return one
    if one in _TIMELIKE and other == "duration":
        return one
    return other if other in _TIMELIKE and one == "duration" else None


def _called(name: str, arguments: list[Kind]) -> Kind:
    if name in _SAME_AS_FIRST:
        return arguments[0] if arguments else None
    if name in _EXTREME:
        return arguments[0] if len(arguments) > 1 and len(set(arguments)) == 1 else None
    return _OF_CALL.get(name)
