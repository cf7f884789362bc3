"""The values at which an expression may change its answer.

For each path that is compared with a constant: the constant and its nearest neighbours on both sides. A
neighbour is one unit of the constant's last digit, a day, or a second; for a word, every other word the
expression names and one it does not. Whoever explores a process tries these and need try no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from engine.feel import temporal, tree
from engine.feel.compile import constant_value
from engine.feel.constants import is_constant
from engine.feel.expression import Expression, UnaryTests
from engine.feel.names import names_in
from engine.feel.values import NUMBERS, UNKNOWN, Range, Value, YearsMonths, compare

ANOTHER: Final = "another value"
"""Stands for any word that the expression does not name."""

_SECOND: Final = timedelta(seconds=1)


def boundaries(expression: Expression | UnaryTests, subject: str = "?") -> dict[str, list[Value]]:
    """List for each path its boundary values, ascending where they have an order.

    UNKNOWN stands among them where the expression asks `is known`. The input of unary tests is found under
    `subject`.
    """
    read = names_in(expression.tree).surely
    found: dict[str, list[Value]] = {}
    for path, value in _limits(expression.tree):
        if path == "?":
            path = subject
        elif path not in read:
            continue
        values = found.setdefault(path, [])
        for candidate in _around(value):
            if not any(candidate is known or _same(candidate, known) for known in values):
                values.append(candidate)
    return {path: _ordered(values) for path, values in found.items()}


def _same(a: Value, b: Value) -> bool:
    return type(a) is type(b) and bool(a == b)


def _limits(node: tree.Node) -> Iterator[tuple[str, Value]]:
    """Yield each path with a constant it is compared with."""
    if isinstance(node, tree.Compare):
        yield from _pair(node.left, node.right)
        yield from _pair(node.right, node.left)
    elif isinstance(node, tree.Between):
        yield from _pair(node.value, node.low)
        yield from _pair(node.value, node.high)
    elif isinstance(node, tree.In):
        for test in node.tests:
            yield from _tested(node.value, test)
    elif isinstance(node, tree.Tests):
        for test in node.tests:
            yield from _tested(tree.Name("?"), test)
    elif isinstance(node, tree.IsKnown):
        path = tree.dotted(node.path)
        assert path is not None
        yield path, UNKNOWN
    for asked in _asked(node):
        path = tree.dotted(asked)
        if path is not None:
            yield path, True
    for part in tree.children(node):
        yield from _limits(part)


def _asked(node: tree.Node) -> tuple[tree.Node, ...]:
    """Return the parts of a node whose truth is asked."""
    if isinstance(node, (tree.And, tree.Or)):
        return node.operands
    if isinstance(node, (tree.If, tree.Quantified)):
        return (node.condition,)
    if isinstance(node, tree.Call) and node.function == tree.Name("not"):
        return node.arguments
    return ()


def _pair(subject: tree.Node, limit: tree.Node) -> Iterator[tuple[str, Value]]:
    path = tree.dotted(subject)
    if path is not None and is_constant(limit):
        value = constant_value(limit)
        if isinstance(value, Range):
            yield from ((path, end) for end in (value.start, value.end) if end is not None)
        else:
            yield path, value


def _tested(subject: tree.Node, test: tree.Test) -> Iterator[tuple[str, Value]]:
    if isinstance(test, tree.CompareTest):
        yield from _pair(subject, test.operand)
    elif isinstance(test.expression, tree.ListOf):
        for item in test.expression.items:
            yield from _pair(subject, item)
    else:
        yield from _pair(subject, test.expression)


def _around(value: Value) -> list[Value]:
    """Return a limit with its neighbours on both sides."""
    if isinstance(value, bool):
        return [False, True]
    if isinstance(value, str):
        return [value, ANOTHER]
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        unit = Decimal(1).scaleb(min(exponent, 0) if isinstance(exponent, int) else 0)
        return [NUMBERS.subtract(value, unit), value, NUMBERS.add(value, unit)]
    if isinstance(value, YearsMonths):
        return [YearsMonths(value.months_in_all + step) for step in (-1, 0, 1)]
    try:
        if isinstance(value, datetime):
            return [temporal.add_elapsed(value, _SECOND * step) for step in (-1, 0, 1)]
        if isinstance(value, date):
            return [value + timedelta(days=step) for step in (-1, 0, 1)]
        if isinstance(value, timedelta):
            return [value + _SECOND * step for step in (-1, 0, 1)]
    except OverflowError:
        return [value]
    if isinstance(value, time):
        return [temporal.add_to_time(value, _SECOND * step) for step in (-1, 0, 1)]
    return [value]


def _ordered(values: list[Value]) -> list[Value]:
    """Sort values that have an order; words keep the order they were named in; ANOTHER and UNKNOWN come last."""
    last = [value for value in values if value is UNKNOWN or value == ANOTHER]
    first = [value for value in values if not any(value is other for other in last)]
    if first and all(not isinstance(value, str) and compare(value, first[0]) is not None for value in first):
        first.sort()
    return first + last
