"""Closures of literals: lists, contexts, ranges and functions.

An entry of a context sees the entries before it; a function sees itself as well, so that it may call itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.feel import tree
from engine.feel.closures import Code
from engine.feel.errors import FeelLimit
from engine.feel.run import MAX_CALLS, Scope
from engine.feel.types import conforms
from engine.feel.values import LIMITS_HELP, Function, Range, Value, compare, feel_type

if TYPE_CHECKING:
    from engine.feel.compile import Compiler


def constant(compiler: Compiler, node: Any) -> Code:
    value = node.value
    return lambda scope: value


def temporal(compiler: Compiler, node: tree.Temporal) -> Code:
    value, text = node.value, node.text
    if value is None:

        def nothing(scope: Scope) -> None:
            scope.run.warn(f'@"{text}" is no date, time or duration')

        return nothing
    return lambda scope: value


def null(compiler: Compiler, node: tree.Null) -> Code:
    return lambda scope: None


def list_of(compiler: Compiler, node: tree.ListOf) -> Code:
    items = [compiler.compile(item) for item in node.items]
    return lambda scope: scope.run.list_of([item(scope) for item in items])


def context_of(compiler: Compiler, node: tree.ContextOf) -> Code:
    names: set[str] = set()
    inside = compiler.inside(names)
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


def range_of(compiler: Compiler, node: tree.RangeOf) -> Code:
    start, end = compiler.compile(node.start), compiler.compile(node.end)
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


def open_range(compiler: Compiler, node: tree.OpenRange) -> Code:
    operator, end = node.operator, compiler.compile(node.end)

    def open_range(scope: Scope) -> Value:
        value = end(scope)
        if operator in ("=", "!="):
            return Range(value, value, True, True, operator)
        if operator in ("<", "<="):
            return Range(None, value, False, operator == "<=", operator)
        return Range(value, None, operator == ">=", False, operator)

    return open_range


def function_of(compiler: Compiler, node: tree.FunctionOf) -> Code:
    if node.external:

        def external(scope: Scope) -> None:
            scope.run.warn("external functions are not run")

        return external
    names = tuple(name for name, _ in node.parameters)
    types = [kind for _, kind in node.parameters]
    body = compiler.inside(set(names)).compile(node.body)

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
