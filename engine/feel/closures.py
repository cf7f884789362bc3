"""Closures that do not depend on what kind of node they stand for: names, comparisons, rounds of an iteration.

They are chosen when compiling, so that nothing the text already settles is asked again in each evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from engine.feel.builtins import BUILTINS
from engine.feel.run import Scope
from engine.feel.semantics import count_through, inner_ends, ordered
from engine.feel.values import Range, Value, equal, read

Code = Callable[[Scope], Value]
MISSING: Final = object()
"""Stands for an entry that a context does not have."""

FEW: Final = frozenset({Decimal, str, bool, type(None), date, datetime, timedelta})
"""The classes most facts have; a value of one needs no further look."""


def local_variable(name: str, distance: int) -> Code:
    if distance == 0:

        def nearest(scope: Scope) -> Value:
            assert scope.variables is not None
            return scope.variables.get(name)

        return nearest

    def local(scope: Scope) -> Value:
        for _ in range(distance):
            assert scope.parent is not None
            scope = scope.parent
        assert scope.variables is not None
        return scope.variables.get(name)

    return local


def from_context_or_builtin(name: str) -> Code:
    builtin = BUILTINS.get(name)

    def from_context(scope: Scope) -> Value:
        value = scope.context.get(name, MISSING)
        if type(value) in FEW:
            return value
        if value is not MISSING:
            return read(value, name, scope.run.spend)
        if name == "now" and scope.run.environment.now is not None:
            return scope.run.environment.now
        if builtin is not None:
            return builtin.as_function(scope.run)
        scope.run.warn(f"nothing is named {name}")
        return None

    return from_context


def item_first(name: str, filters: list[int], otherwise: Code) -> Code:
    """Ask the items of the filters around a name first, innermost first."""
    if not filters:
        return otherwise

    def maybe_item(scope: Scope) -> Value:
        at = 0
        inner = scope
        for distance in filters:
            while at < distance:
                assert inner.parent is not None
                inner = inner.parent
                at += 1
            item = inner.item
            if isinstance(item, Mapping) and name in item:
                return read(item[name], name, scope.run.spend)
        return otherwise(scope)

    return maybe_item


def each_round(scope: Scope, rounds: list[tuple[str, Code, Code | None]], at: int) -> Iterable[Scope | None]:
    """Yield a scope for each combination of the iterations, the last one running fastest; None for a bad domain."""
    name, domain, end = rounds[at]
    items = _domain(scope, domain, end)
    if items is None:
        yield None
        return
    for item in items:
        scope.run.spend(1)
        inner = scope.inner({name: item})
        if at + 1 < len(rounds):
            yield from each_round(inner, rounds, at + 1)
        else:
            yield inner


def _domain(scope: Scope, domain: Code, end: Code | None) -> Iterable[Value] | None:
    start = domain(scope)
    if end is None:
        if isinstance(start, Range):
            first, last = inner_ends(start)
            return count_through(first, last, scope.run, start.end)
        if start is None:
            scope.run.warn("an iteration needs a list or a range, not null")
            return None
        return start if isinstance(start, list) else [start]
    return count_through(start, end(scope), scope.run, None)


def comparison(operator: str, left: Code, right: Code) -> Code:  # noqa: C901 - one closure for each operator
    """Compile a comparison; numbers, by far the most frequent, take the short way."""
    if operator == "=":

        def same(scope: Scope) -> bool | None:
            a, b = left(scope), right(scope)
            if type(a) is type(b) and (type(a) is str or type(a) is Decimal):
                return bool(a == b)
            return equal(a, b, scope.run.spend)

        return same
    if operator == "!=":

        def differs(scope: Scope) -> bool | None:
            result = equal(left(scope), right(scope), scope.run.spend)
            return None if result is None else not result

        return differs
    if operator == "<":

        def less(scope: Scope) -> bool | None:
            a, b = left(scope), right(scope)
            return bool(a < b) if type(a) is Decimal is type(b) else ordered("<", a, b, scope.run)

        return less
    if operator == "<=":

        def at_most(scope: Scope) -> bool | None:
            a, b = left(scope), right(scope)
            return bool(a <= b) if type(a) is Decimal is type(b) else ordered("<=", a, b, scope.run)

        return at_most
    if operator == ">":

        def more(scope: Scope) -> bool | None:
            a, b = left(scope), right(scope)
            return bool(a > b) if type(a) is Decimal is type(b) else ordered(">", a, b, scope.run)

        return more

    def at_least(scope: Scope) -> bool | None:
        a, b = left(scope), right(scope)
        return bool(a >= b) if type(a) is Decimal is type(b) else ordered(">=", a, b, scope.run)

    return at_least
