"""The short way through cells that need no evaluator.

Most cells compare with constants, most columns read one fact and most answers are constants. For these a plain
Python function does what the FEEL evaluator would do, for the types it was made for; for every other type, and
every other cell, the evaluator is asked. The tests hold the two ways against each other.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from engine import feel
from engine.feel import tree
from engine.feel.run import Run

Test = Callable[[Any, Mapping[str, Any], Run], bool | None]
Read = Callable[[Mapping[str, Any], Run], Any]

_CONSTANT = (tree.String, tree.Number, tree.Boolean)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_READ_AS_IS = frozenset({str, Decimal, bool, timedelta})


def short_test(tests: feel.UnaryTests) -> Test:
    """Return a function of a value, its scope and the run that tests as `tests.test` would."""
    short = _values(tests.tree) or _comparison(tests.tree)
    if short is None:
        return lambda value, scope, run: tests.test(value, scope, run=run)
    kind, passes = short

    def test(value: Any, scope: Mapping[str, Any], run: Run) -> bool | None:
        return passes(value) if type(value) is kind else tests.test(value, scope, run=run)

    return test


def _values(tests: tree.Tests) -> tuple[type, Callable[[Any], bool]] | None:
    """Return the class and the test of a cell that lists constants of one class."""
    constants = [
        test.expression.value
        for test in tests.tests
        if isinstance(test, tree.ValueTest) and isinstance(test.expression, _CONSTANT)
    ]
    if len(constants) != len(tests.tests):
        return None
    kinds = {type(value) for value in constants}  # not of the set: there false and 0 are one
    if len(kinds) != 1:
        return None
    values = frozenset(constants)
    negated = tests.negated
    return kinds.pop(), lambda value: (value in values) is not negated


def _comparison(tests: tree.Tests) -> tuple[type, Callable[[Any], bool]] | None:
    """Return the class and the test of a cell that compares numbers once, with one bound or two."""
    if len(tests.tests) != 1:
        return None
    (test,), negated = tests.tests, tests.negated
    if isinstance(test, tree.CompareTest) and isinstance(test.operand, tree.Number):
        compare, bound = _ORDER.get(test.operator), test.operand.value
        if compare is not None:
            return Decimal, lambda value: compare(value, bound) is not negated
    elif isinstance(test, tree.ValueTest) and isinstance(test.expression, tree.RangeOf):
        span = test.expression
        if isinstance(span.start, tree.Number) and isinstance(span.end, tree.Number):
            low, high = span.start.value, span.end.value
            above = operator.le if span.start_included else operator.lt
            below = operator.le if span.end_included else operator.lt
            if low <= high:
                return Decimal, lambda value: (above(low, value) and below(value, high)) is not negated
    return None


def short_read(expression: feel.Expression) -> Read:
    """Return a function that reads a column's value as `expression.evaluate` would."""
    match expression.tree:
        case tree.Path(base=tree.Name(name=head), name=tail):

            def read(scope: Mapping[str, Any], run: Run) -> Any:
                outer = scope.get(head)
                if type(outer) is dict or isinstance(outer, Mapping):
                    value = outer.get(tail)
                    if type(value) in _READ_AS_IS:
                        return value
                return expression.evaluate(scope, run=run)

            return read
        case tree.Name(name=name):

            def read_name(scope: Mapping[str, Any], run: Run) -> Any:
                value = scope.get(name)
                return value if type(value) in _READ_AS_IS else expression.evaluate(scope, run=run)

            return read_name
    return lambda scope, run: expression.evaluate(scope, run=run)


def is_constant(expression: feel.Expression) -> bool:
    """Tell whether an expression is a literal, whose value no fact changes."""
    return isinstance(expression.tree, _CONSTANT)
