"""Turns a tree into closures, once, so that evaluating is only calling them.

Each closure takes a Scope and returns a value. What a name means is settled here as far as the text can tell: a local
variable by its distance, everything else by the context; only inside a filter must the item be asked first, because
any name there may be an entry of the item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from engine.feel import tree
from engine.feel.arithmetic import Undefined, calculate, negative
from engine.feel.builtins import BUILTINS
from engine.feel.errors import FeelLimit
from engine.feel.properties import property_of
from engine.feel.run import MAX_CALLS, Run, Scope
from engine.feel.types import conforms
from engine.feel.values import (
    LIMITS_HELP,
    MAX_LIST,
    UNKNOWN,
    Function,
    Range,
    Value,
    compare,
    equal,
    feel_type,
    read,
)

Code = Callable[[Scope], Value]
_MISSING: Final = object()
_FEW: Final = frozenset({Decimal, str, bool, type(None), date, datetime, timedelta})


@dataclass
class _Level:
    """A scope as the compiler knows it; `names` is None in a filter, whose item may define any name."""

    names: set[str] | None


@dataclass
class Compiler:
    """Compiles nodes inside the local scopes around them, innermost last."""

    levels: list[_Level] = field(default_factory=list)

    def compile(self, node: tree.Node) -> Code:
        """Return the closure of a node."""
        return _COMPILE[type(node)](self, node)

    def inside(self, names: set[str] | None) -> Compiler:
        return Compiler([*self.levels, _Level(names)])

    # --- names

    def name(self, node: tree.Name) -> Code:
        return self.lookup(node.name)

    def lookup(self, name: str) -> Code:
        distance = 0
        filters: list[int] = []
        for level in reversed(self.levels):
            if level.names is None:
                filters.append(distance)
            elif name in level.names:
                return _maybe_item(name, filters, _local(name, distance))
            distance += 1
        return _maybe_item(name, filters, _from_context(name))

    def is_local(self, name: str) -> bool:
        return any(level.names is not None and name in level.names for level in self.levels)

    def path(self, node: tree.Path) -> Code:
        base, name = self.compile(node.base), node.name
        whole = tree.dotted(node) or name

        def path(scope: Scope) -> Value:
            value = base(scope)
            if type(value) is dict or isinstance(value, Mapping):
                found = value.get(name, _MISSING)
                if type(found) in _FEW:
                    return found
                if found is _MISSING:
                    scope.run.warn(f"{whole}: the context has no entry {name}")
                    return None
                return read(found, whole)
            return _path_of_other(value, name, whole, scope.run)

        return path

    def is_known(self, node: tree.IsKnown) -> Code:
        parts: list[str] = []
        base: tree.Node = node.path
        while isinstance(base, tree.Path):
            parts.insert(0, base.name)
            base = base.base
        assert isinstance(base, tree.Name)
        first, local = base.name, self.is_local(base.name)
        start = self.lookup(first) if local else None

        def is_known(scope: Scope) -> bool:
            value = start(scope) if start else scope.context.get(first, _MISSING)
            for part in parts:
                if not isinstance(value, Mapping):
                    break
                value = value.get(part, _MISSING)
            else:
                return value is not UNKNOWN and value is not _MISSING
            return False

        return is_known

    # --- literals

    def constant(self, node: Any) -> Code:
        value = node.value
        return lambda scope: value

    def temporal(self, node: tree.Temporal) -> Code:
        value, text = node.value, node.text
        if value is None:

            def nothing(scope: Scope) -> None:
                scope.run.warn(f'@"{text}" is no date, time or duration')

            return nothing
        return lambda scope: value

    def null(self, node: tree.Null) -> Code:
        return lambda scope: None

    def list_of(self, node: tree.ListOf) -> Code:
        items = [self.compile(item) for item in node.items]
        return lambda scope: scope.run.list_of([item(scope) for item in items])

    def context_of(self, node: tree.ContextOf) -> Code:
        names: set[str] = set()
        inside = self.inside(names)
        entries: list[tuple[str, Code]] = []
        for key, value in node.entries:
            # A function may call itself by the name of its own entry; any other entry sees only those before it.
            if isinstance(value, tree.FunctionOf):
                names.add(key)
            entries.append((key, inside.compile(value)))
            names.add(key)

        def context_of(scope: Scope) -> Value:
            variables: dict[str, Value] = {}
            inner = scope.inner(variables)
            for key, code in entries:
                variables[key] = code(inner)
            return variables

        return context_of

    def range_of(self, node: tree.RangeOf) -> Code:
        start = self.compile(node.start) if node.start else None
        end = self.compile(node.end) if node.end else None
        start_included, end_included = node.start_included, node.end_included

        def range_of(scope: Scope) -> Value:
            low = start(scope) if start else None
            high = end(scope) if end else None
            if start and end and (low is None or high is None):
                return Range(low, high, low is not None and start_included, high is not None and end_included)
            if start and end:
                order = compare(low, high)
                if order is None or order > 0:
                    scope.run.warn("the ends of the range have no such order")
                    return None
            elif low is None and high is None:
                return None
            return Range(low, high, start_included, end_included)

        return range_of

    def function_of(self, node: tree.FunctionOf) -> Code:
        if node.external:

            def external(scope: Scope) -> None:
                scope.run.warn("external functions are not run")

            return external
        names = tuple(name for name, _ in node.parameters)
        types = [kind for _, kind in node.parameters]
        body = self.inside(set(names)).compile(node.body)

        def function_of(scope: Scope) -> Value:
            def call(arguments: Sequence[Value]) -> Value:
                run = scope.run
                run.spend(5)
                for kind, argument in zip(types, arguments, strict=True):
                    if kind is not None and argument is not None and not conforms(argument, kind):
                        run.warn(f"a {feel_type(argument)} was given where {kind.name} is expected")
                        return None
                run.calls += 1
                if run.calls > MAX_CALLS:
                    raise FeelLimit(f"functions call each other more than {MAX_CALLS} deep: {LIMITS_HELP}")
                try:
                    return body(scope.inner(dict(zip(names, arguments, strict=True))))
                finally:
                    run.calls -= 1

            return Function(names, call)

        return function_of

    # --- operators

    def arithmetic(self, node: tree.Arithmetic) -> Code:
        operator = node.operator
        left, right = self.compile(node.left), self.compile(node.right)

        def arithmetic(scope: Scope) -> Value:
            try:
                result = calculate(operator, left(scope), right(scope))
            except Undefined as reason:
                scope.run.warn(str(reason))
                return None
            if type(result) is str:
                scope.run.spend(1 + len(result) // 100)
            return result

        return arithmetic

    def negate(self, node: tree.Negate) -> Code:
        operand = self.compile(node.operand)

        def negate(scope: Scope) -> Value:
            try:
                return negative(operand(scope))
            except Undefined as reason:
                scope.run.warn(str(reason))
                return None

        return negate

    def compare(self, node: tree.Compare) -> Code:
        left, right = self.compile(node.left), self.compile(node.right)
        return _comparison(node.operator, left, right)

    def between(self, node: tree.Between) -> Code:
        value, low, high = (self.compile(part) for part in (node.value, node.low, node.high))

        def between(scope: Scope) -> bool | None:
            middle = value(scope)
            above = _ordered(">=", middle, low(scope), scope.run)
            below = _ordered("<=", middle, high(scope), scope.run)
            return None if above is None or below is None else above and below

        return between

    def membership(self, node: tree.In) -> Code:
        value = self.compile(node.value)
        tests = [self.test(test) for test in node.tests]

        def membership(scope: Scope) -> bool | None:
            subject = value(scope)
            return any_of(test(subject, scope) for test in tests)

        return membership

    def test(self, test: tree.Test) -> Callable[[Value, Scope], bool | None]:
        """Return the closure of one unary test: it takes the input and the scope."""
        if isinstance(test, tree.CompareTest):
            operator, operand = test.operator, self.compile(test.operand)
            if operator in ("=", "!="):
                same = operator == "="

                def equality(value: Value, scope: Scope) -> bool | None:
                    result = equal(value, operand(scope))
                    return None if result is None else result is same

                return equality
            return lambda value, scope: _ordered(operator, value, operand(scope), scope.run)
        expression = self.compile(test.expression)
        condition = is_condition(test.expression)

        def value_test(value: Value, scope: Scope) -> bool | None:
            found = expression(scope)
            if condition and isinstance(found, bool):
                return found
            return matches(value, found)

        return value_test

    def instance_of(self, node: tree.InstanceOf) -> Code:
        value, kind = self.compile(node.value), node.type
        return lambda scope: conforms(value(scope), kind)

    def conjunction(self, node: tree.And) -> Code:
        operands = [self.compile(operand) for operand in node.operands]

        def conjunction(scope: Scope) -> bool | None:
            result: bool | None = True
            for operand in operands:
                value = operand(scope)
                if value is False:
                    return False
                if value is not True:
                    result = None
            return result

        return conjunction

    def disjunction(self, node: tree.Or) -> Code:
        operands = [self.compile(operand) for operand in node.operands]

        def disjunction(scope: Scope) -> bool | None:
            result: bool | None = False
            for operand in operands:
                value = operand(scope)
                if value is True:
                    return True
                if value is not False:
                    result = None
            return result

        return disjunction

    # --- control

    def if_then_else(self, node: tree.If) -> Code:
        condition, then, otherwise = (
            self.compile(part) for part in (node.condition, node.then, node.otherwise)
        )

        def if_then_else(scope: Scope) -> Value:
            return then(scope) if condition(scope) is True else otherwise(scope)

        return if_then_else

    def rounds(
        self, iterations: Iterable[tree.Iteration]
    ) -> tuple[Compiler, list[tuple[str, Code, Code | None]]]:
        compiler, out = self, []
        for iteration in iterations:
            end = compiler.compile(iteration.end) if iteration.end else None
            out.append((iteration.name, compiler.compile(iteration.domain), end))
            compiler = compiler.inside({iteration.name})
        return compiler, out

    def for_return(self, node: tree.For) -> Code:
        outer = self.inside({"partial"})
        compiler, rounds = outer.rounds(node.iterations)
        body = compiler.compile(node.body)

        def for_return(scope: Scope) -> Value:
            results: list[Value] = []
            start = scope.inner({"partial": results})
            for inner in _each(start, rounds, 0):
                if inner is None:
                    return None
                # A copy, because a body may keep the list that partial is at this moment.
                if uses_partial:
                    start.variables = {"partial": scope.run.list_of(list(results))}
                results.append(body(inner))
                if len(results) > MAX_LIST:
                    raise FeelLimit(f"a for builds more than {MAX_LIST} items: {LIMITS_HELP}")
            return results

        uses_partial = "partial" in _words(node.body)
        return for_return

    def quantified(self, node: tree.Quantified) -> Code:
        compiler, rounds = self.rounds(node.iterations)
        condition = compiler.compile(node.condition)
        decisive = node.quantifier == "some"

        def quantified(scope: Scope) -> bool | None:
            result: bool | None = not decisive
            for inner in _each(scope, rounds, 0):
                if inner is None:
                    return None
                value = condition(inner)
                if value is decisive:
                    return decisive
                if value is not (not decisive):
                    result = None
            return result

        return quantified

    def filter(self, node: tree.Filter) -> Code:
        base = self.compile(node.base)
        outside = (
            self.compile(node.condition) if isinstance(node.condition, (tree.Number, tree.Negate)) else None
        )
        condition = outside or self.inside({"item"}).inside(None).compile(node.condition)

        def filter_(scope: Scope) -> Value:
            value = base(scope)
            if value is None:
                return None
            items = value if isinstance(value, list) else [value]
            run = scope.run
            if outside:
                return _nth(items, outside(scope), run)
            if not items:
                return []
            kept: list[Value] = []
            for position, item in enumerate(items):
                run.spend(1)
                outer = scope.inner({"item": item})
                found = condition(Scope(scope.context, run, None, outer, item))
                if position == 0 and isinstance(found, Decimal):
                    return _nth(items, found, run)
                if found is True:
                    kept.append(item)
                elif found is not False and found is not None:
                    run.warn(f"a filter needs a condition or a number, not a {feel_type(found)}")
                    return None
            return kept

        return filter_

    # --- calls

    def call(self, node: tree.Call) -> Code:
        arguments = [self.compile(argument) for argument in node.arguments]
        keys = node.keys
        name = node.function.name if isinstance(node.function, tree.Name) else ""
        if name in BUILTINS and not self.is_local(name):
            return self.call_builtin(name, arguments, keys)
        function = self.compile(node.function)

        def call(scope: Scope) -> Value:
            target = function(scope)
            if not isinstance(target, Function):
                scope.run.warn(f"{name or 'this'} is no function")
                return None
            values = [argument(scope) for argument in arguments]
            if keys:
                if set(keys) != set(target.parameters):
                    scope.run.warn(f"{target.name} takes the parameters {', '.join(target.parameters)}")
                    return None
                given = dict(zip(keys, values, strict=True))
                values = [given[parameter] for parameter in target.parameters]
            return invoke(target, values, scope.run)

        return call

    def call_builtin(self, name: str, arguments: list[Code], keys: tuple[str, ...]) -> Code:
        builtin = BUILTINS[name]

        def call_builtin(scope: Scope) -> Value:
            values = [argument(scope) for argument in arguments]
            return builtin.invoke(scope.run, values, keys)

        return call_builtin


def invoke(function: Function, arguments: Sequence[Value], run: Run) -> Value:
    """Call a function value; null with a warning where the number of arguments is wrong."""
    if len(arguments) != len(function.parameters):
        run.warn(f"{function.name} takes {len(function.parameters)} arguments, not {len(arguments)}")
        return None
    return function.call(arguments)


def _words(node: tree.Node) -> set[str]:
    """Collect every name written in a node."""
    found = {node.name} if isinstance(node, tree.Name) else set()
    for part in tree.children(node):
        found |= _words(part)
    return found


def is_condition(node: tree.Node) -> bool:
    """Tell whether a test is a condition whose truth decides, and not a value to be compared with the input.

    A cell `true` asks whether the input is true; a cell `? > 3` or `contains(?, "x")` is itself the answer.
    """
    if isinstance(node, (tree.Boolean, tree.Name, tree.Path)):
        return False
    return True


def matches(value: Value, found: Value) -> bool | None:
    """Test an input against the value of a test: member of a list, inside a range, or equal (DMN 1.3, table 55)."""
    if isinstance(found, Range) and not isinstance(value, Range):
        return found.contains(value)
    if isinstance(found, list):
        if isinstance(value, list) and equal(value, found) is True:
            return True
        return any_of(_member(value, item) for item in found)
    return equal(value, found)


def _member(value: Value, item: Value) -> bool | None:
    if isinstance(item, Range) and not isinstance(value, Range):
        return item.contains(value)
    return equal(value, item)


def any_of(results: Iterable[bool | None]) -> bool | None:
    """Join tests by or, stopping at the first that holds; a test that is null neither holds nor fails."""
    total: bool | None = False
    for result in results:
        if result is True:
            return True
        if result is None:
            total = None
    return total


def _local(name: str, distance: int) -> Code:
    if distance == 0:

        def nearest(scope: Scope) -> Value:
            assert scope.variables is not None
            return read(scope.variables.get(name), name)

        return nearest

    def local(scope: Scope) -> Value:
        for _ in range(distance):
            assert scope.parent is not None
            scope = scope.parent
        assert scope.variables is not None
        return read(scope.variables.get(name), name)

    return local


def _from_context(name: str) -> Code:
    builtin = BUILTINS.get(name)

    def from_context(scope: Scope) -> Value:
        value = scope.context.get(name, _MISSING)
        if type(value) in _FEW:
            return value
        if value is not _MISSING:
            return read(value, name)
        if name == "now" and scope.run.environment.now is not None:
            return scope.run.environment.now
        if builtin is not None:
            return builtin.as_function(scope.run)
        scope.run.warn(f"nothing is named {name}")
        return None

    return from_context


def _maybe_item(name: str, filters: list[int], otherwise: Code) -> Code:
    """Ask the items of the filters around a name first, innermost first."""
    if not filters or name == "item":
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
                return read(item[name], name)
        return otherwise(scope)

    return maybe_item


def _path_of_other(value: Value, name: str, whole: str, run: Run) -> Value:
    """Follow a path into a list (item by item) or to a property of a date, time, duration or range."""
    if isinstance(value, list):
        return run.list_of([_path_of_item(item, name, whole, run) for item in value])
    if value is None:
        return None
    found = property_of(value, name)
    if found is NotImplemented:
        run.warn(f"{whole}: a {feel_type(value)} has no {name}")
        return None
    return found


def _path_of_item(item: Value, name: str, whole: str, run: Run) -> Value:
    if isinstance(item, Mapping):
        return read(item.get(name), whole)
    return _path_of_other(item, name, whole, run)


def _nth(items: list[Value], position: Value, run: Run) -> Value:
    """Return the item at a position counted from 1, or from the end when it is negative."""
    if (
        isinstance(position, Decimal)
        and position == position.to_integral_value()
        and abs(position) <= MAX_LIST
    ):
        index = int(position)
        if 1 <= index <= len(items):
            return items[index - 1]
        if -len(items) <= index <= -1:
            return items[index]
    run.warn(f"the list of {len(items)} has no item {position}")
    return None


def _each(scope: Scope, rounds: list[tuple[str, Code, Code | None]], at: int) -> Iterable[Scope | None]:
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
            yield from _each(inner, rounds, at + 1)
        else:
            yield inner


def _domain(scope: Scope, domain: Code, end: Code | None) -> Iterable[Value] | None:
    start = domain(scope)
    if end is None:
        if isinstance(start, Range):
            first, last = _inner_ends(start)
            return _count(first, last, scope.run, start.end)
        if start is None:
            scope.run.warn("an iteration needs a list or a range, not null")
            return None
        return start if isinstance(start, list) else [start]
    return _count(start, end(scope), scope.run, None)


def _inner_ends(domain: Range) -> tuple[Value, Value]:
    """Return the first and last whole member of a range; the ends themselves where it is not of numbers or dates."""
    first, last = domain.start, domain.end
    one: Value = Decimal(1) if isinstance(first, Decimal) else timedelta(days=1)
    if feel_type(first) in ("number", "date") and feel_type(last) == feel_type(first):
        if not domain.start_included:
            first = first + one
        if not domain.end_included:
            last = last - one
    return first, last


def _count(first: Value, last: Value, run: Run, _: Value) -> Iterable[Value] | None:
    """Return the numbers or dates from first to last, downwards when last is smaller."""
    if isinstance(first, Decimal) and isinstance(last, Decimal):
        if first != first.to_integral_value() or last != last.to_integral_value():
            run.warn("an iteration runs over whole numbers only")
            return None
        length = abs(last - first) + 1
        step: Value = Decimal(1 if last >= first else -1)
    elif feel_type(first) == "date" and feel_type(last) == "date":
        length = Decimal(abs((last - first).days) + 1)
        step = timedelta(days=1 if last >= first else -1)
    else:
        run.warn(f"an iteration cannot run from a {feel_type(first)} to a {feel_type(last)}")
        return None
    if length > MAX_LIST:
        raise FeelLimit(f"an iteration over {length} values is too long: {LIMITS_HELP}")
    return (first + step * index for index in range(int(length)))


def _ordered(operator: str, a: Value, b: Value, run: Run) -> bool | None:
    order = compare(a, b)
    if order is None:
        if a is not None and b is not None:
            run.warn(f"a {feel_type(a)} and a {feel_type(b)} cannot be compared by {operator}")
        return None
    if operator == "<":
        return order < 0
    if operator == "<=":
        return order <= 0
    return order > 0 if operator == ">" else order >= 0


def _comparison(operator: str, left: Code, right: Code) -> Code:  # noqa: C901 - one closure for each operator
    """Compile a comparison; numbers, by far the most frequent, take the short way."""
    if operator == "=":

        def same(scope: Scope) -> bool | None:
            a, b = left(scope), right(scope)
            if type(a) is type(b) and (type(a) is str or type(a) is Decimal):
                return bool(a == b)
            return equal(a, b)

        return same
    if operator == "!=":

        def differs(scope: Scope) -> bool | None:
            result = equal(left(scope), right(scope))
            return None if result is None else not result

        return differs
    if operator == "<":

        def less(scope: Scope) -> bool | None:
            a, b = left(scope), right(scope)
            return bool(a < b) if type(a) is Decimal is type(b) else _ordered("<", a, b, scope.run)

        return less
    if operator == "<=":

        def at_most(scope: Scope) -> bool | None:
            a, b = left(scope), right(scope)
            return bool(a <= b) if type(a) is Decimal is type(b) else _ordered("<=", a, b, scope.run)

        return at_most
    if operator == ">":

        def more(scope: Scope) -> bool | None:
            a, b = left(scope), right(scope)
            return bool(a > b) if type(a) is Decimal is type(b) else _ordered(">", a, b, scope.run)

        return more

    def at_least(scope: Scope) -> bool | None:
        a, b = left(scope), right(scope)
        return bool(a >= b) if type(a) is Decimal is type(b) else _ordered(">=", a, b, scope.run)

    return at_least


_COMPILE: Final[dict[type[tree.Node], Callable[[Compiler, Any], Code]]] = {
    tree.Number: Compiler.constant,
    tree.String: Compiler.constant,
    tree.Boolean: Compiler.constant,
    tree.Temporal: Compiler.temporal,
    tree.Null: Compiler.null,
    tree.ListOf: Compiler.list_of,
    tree.ContextOf: Compiler.context_of,
    tree.RangeOf: Compiler.range_of,
    tree.FunctionOf: Compiler.function_of,
    tree.Name: Compiler.name,
    tree.Path: Compiler.path,
    tree.Filter: Compiler.filter,
    tree.Call: Compiler.call,
    tree.IsKnown: Compiler.is_known,
    tree.Negate: Compiler.negate,
    tree.Arithmetic: Compiler.arithmetic,
    tree.Compare: Compiler.compare,
    tree.Between: Compiler.between,
    tree.In: Compiler.membership,
    tree.InstanceOf: Compiler.instance_of,
    tree.And: Compiler.conjunction,
    tree.Or: Compiler.disjunction,
    tree.If: Compiler.if_then_else,
    tree.For: Compiler.for_return,
    tree.Quantified: Compiler.quantified,
}

TestCode = Callable[[Value, Scope], bool | None]


@lru_cache(maxsize=8192)
def compile_expression(node: tree.Node) -> Code:
    """Compile an expression that stands in no scope but the context."""
    return Compiler().compile(node)


@lru_cache(maxsize=8192)
def compile_tests(tests: tree.Tests) -> TestCode:
    """Compile the unary tests of a cell; `?` is a local variable that holds the input."""
    compiler = Compiler([_Level({"?"})])
    codes = [compiler.test(test) for test in tests.tests]
    negated = tests.negated
    if not codes:
        return lambda value, scope: True

    def run(value: Value, scope: Scope) -> bool | None:
        inner = scope.inner({"?": value})
        result = any_of(code(value, inner) for code in codes)
        return (None if result is None else not result) if negated else result

    return run
