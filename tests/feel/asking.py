"""Short ways to ask for the value of an expression in a test."""

from __future__ import annotations

from collections.abc import Mapping

from engine.feel import Environment, Value, from_python, parse, parse_unary
from engine.feel.exchange import names_of


def value(text: str, facts: Mapping[str, Value] | None = None, env: Environment | None = None) -> Value:
    """Evaluate over facts given as plain Python."""
    context = from_python(facts or {})
    return parse(text, names_of(context)).evaluate(context, env)


def warnings_of(text: str, facts: Mapping[str, Value] | None = None) -> list[str]:
    """Return why parts of an expression became null."""
    found: list[str] = []
    context = from_python(facts or {})
    parse(text, names_of(context)).evaluate(context, None, found)
    return found


def passes(cell: str, given: Value, facts: Mapping[str, Value] | None = None) -> bool | None:
    """Test an input, given as plain Python, against the unary tests of a cell."""
    context = from_python(facts or {})
    return parse_unary(cell, names_of(context)).test(from_python(given), context)


def same(text: str, expected: str, facts: Mapping[str, Value] | None = None) -> bool:
    """Tell whether two expressions have the same value of the same type."""
    ours, theirs = value(text, facts), value(expected, facts)
    return type(ours) is type(theirs) and bool(ours == theirs)
