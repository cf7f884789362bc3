"""Turns a tree into closures, once, so that evaluating is only calling them.

Each closure takes a Scope and returns a value. What a name means is settled here as far as the text can
tell: a local variable by its distance, everything else by the context; only inside a filter must the item
be asked first, because any name there may be an entry of the item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from engine.feel import tree
from engine.feel.arithmetic import Undefined, calculate, negative
from engine.feel.builtins import BUILTINS
from engine.feel.closures import (
    FEW,
    MISSING,
    Code,
    comparison,
    each_round,
    from_context_or_builtin,
    item_first,
    local_variable,
)
from engine.feel.constants import CONVERSIONS, is_constant
from engine.feel.errors import FeelLimit
from engine.feel.run import MAX_CALLS, Environment, Run, Scope
from engine.feel.semantics import any_of, invoke, is_condition, matches, nth, ordered, path_of_other
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

_FOLDED: Final = (tree.Call, tree.RangeOf, tree.OpenRange, tree.Negate, tree.Arithmetic)


@dataclass
class _Level:
    """A scope as the compiler knows it; `names` is None in a filter, whose item may define any name."""

    names: set[str] | None


@dataclass
class Compiler:
    """Compiles nodes inside the local scopes around them, innermost last."""

    levels: list[_Level] = field(default_factory=list)

    def compile(self, node: tree.Node) -> Code:
        """Return the closure of a node; of a constant, one that holds its value."""
        code = _COMPILE[type(node)](self, node)
        if isinstance(node, _FOLDED) and is_constant(node) and not any(map(self.is_local, CONVERSIONS)):
            warnings: list[str] = []
            value = code(Scope({}, Run(Environment(), warnings)))
            if not warnings:
                return lambda scope: value
        return code

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
                return item_first(name, filters, local_variable(name, distance))
            distance += 1
        return item_first(name, filters, from_context_or_builtin(name))

    def is_local(self, name: str) -> bool:
        return any(level.names is not None and name in level.names for level in self.levels)

    def path(self, node: tree.Path) -> Code:
        base, name = self.compile(node.base), node.name
        whole = tree.dotted(node, past_filters=True) or name

        def path(scope: Scope) -> Value:
            value = base(scope)
            if type(value) is dict or isinstance(value, Mapping):
                found = value.get(name, MISSING)
                if type(found) in FEW:
                    return found
                if found is MISSING:
                    scope.run.warn(f"{whole}: the context has no entry {name}")
                    return None
                return read(found, whole, scope.run.spend)
            return path_of_other(value, name, whole, scope.run)

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
            value = start(scope) if start else scope.context.get(first, MISSING)
            for part in parts:
                if not isinstance(value, Mapping):
                    break
                value = value.get(part, MISSING)
            else:
                return value is not UNKNOWN and value is not MISSING
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
            # A function may call itself by the name of its own entry; any other entry sees only those before
            # it.
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
        start, end = self.compile(node.start), self.compile(node.end)
        start_included, end_included = node.start_included, node.end_included

        def range_of(scope: Scope) -> Value:
            low, high = start(scope), end(scope)
            if low is not None and high is not None:
                order = compare(low, high)
                if order is None or order > 0:
                    scope.run.warn("the ends of the range have no such order")
                    return None
            return Range(low, high, start_included and low is not None, end_included and high is not None)

        return range_of

    def open_range(self, node: tree.OpenRange) -> Code:
        operator, end = node.operator, self.compile(node.end)

        def open_range(scope: Scope) -> Value:
            value = end(scope)
            if operator in ("=", "!="):
                return Range(value, value, True, True, operator)
            if operator in ("<", "<="):
                return Range(None, value, False, operator == "<=", operator)
            return Range(value, None, operator == ">=", False, operator)

        return open_range

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
                    if (
                        kind is not None
                        and argument is not None
                        and not conforms(argument, kind, run.environment.types, run.spend)
                    ):
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
        return comparison(node.operator, left, right)

    def between(self, node: tree.Between) -> Code:
        value, low, high = (self.compile(part) for part in (node.value, node.low, node.high))

        def between(scope: Scope) -> bool | None:
            middle = value(scope)
            above = ordered(">=", middle, low(scope), scope.run)
            below = ordered("<=", middle, high(scope), scope.run)
            return None if above is None or below is None else above and below

        return between

    def membership(self, node: tree.In) -> Code:
        value = self.compile(node.value)
        tests = [self.test(test) for test in node.tests]
        if len(tests) == 1:
            only = tests[0]
            return lambda scope: only(value(scope), scope)

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
                    result = equal(value, operand(scope), scope.run.spend)
                    return None if result is None else result is same

                return equality
            return lambda value, scope: ordered(operator, value, operand(scope), scope.run)
        expression = self.compile(test.expression)
        condition = is_condition(test.expression)

        def value_test(value: Value, scope: Scope) -> bool | None:
            found = expression(scope)
            if type(found) is Range and type(value) is not Range:
                return found.contains(value)
            if condition and isinstance(found, bool):
                return found
            return matches(value, found, scope.run.spend)

        return value_test

    def instance_of(self, node: tree.InstanceOf) -> Code:
        value, kind = self.compile(node.value), node.type
        return lambda scope: conforms(value(scope), kind, scope.run.environment.types, scope.run.spend)

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
            for inner in each_round(start, rounds, 0):
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
            for inner in each_round(scope, rounds, 0):
                if inner is None:
                    return None
                value = condition(inner)
                if isinstance(value, bool) and value is decisive:
                    return value
                if not isinstance(value, bool):
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
                return nth(items, outside(scope), run)
            if not items:
                return []
            kept: list[Value] = []
            for position, item in enumerate(items):
                run.spend(1)
                outer = scope.inner({"item": item})
                found = condition(Scope(scope.context, run, None, outer, item))
                if position == 0 and isinstance(found, Decimal):
                    return nth(items, found, run)
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


def _words(node: tree.Node) -> set[str]:
    """Collect every name written in a node."""
    found = {node.name} if isinstance(node, tree.Name) else set()
    for part in tree.children(node):
        found |= _words(part)
    return found


_COMPILE: Final[dict[type[tree.Node], Callable[[Compiler, Any], Code]]] = {
    tree.Number: Compiler.constant,
    tree.String: Compiler.constant,
    tree.Boolean: Compiler.constant,
    tree.Temporal: Compiler.temporal,
    tree.Null: Compiler.null,
    tree.ListOf: Compiler.list_of,
    tree.ContextOf: Compiler.context_of,
    tree.RangeOf: Compiler.range_of,
    tree.OpenRange: Compiler.open_range,
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


def constant_value(node: tree.Node) -> Value:
    """Return the value of a constant part."""
    return compile_expression(node)(Scope({}, Run(Environment(), None)))


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
