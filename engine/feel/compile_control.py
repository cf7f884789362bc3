"""Closures of if, for, some, every, filters and calls.

Each turn of a loop counts as work, and each scope it opens is a fresh one: a function made in a turn keeps that turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import tree
from engine.feel.builtins import BUILTINS
from engine.feel.closures import Code, each_round
from engine.feel.errors import FeelLimit
from engine.feel.run import Scope
from engine.feel.semantics import invoke, nth
from engine.feel.values import LIMITS_HELP, MAX_LIST, Function, Value, feel_type

if TYPE_CHECKING:
    from engine.feel.compile import Compiler


def _words(node: tree.Node) -> set[str]:
    """Collect every name written in a node."""
    found = {node.name} if isinstance(node, tree.Name) else set()
    for part in tree.children(node):
        found |= _words(part)
    return found


def if_then_else(compiler: Compiler, node: tree.If) -> Code:
    condition, then, otherwise = (
        compiler.compile(part) for part in (node.condition, node.then, node.otherwise)
    )

    def if_then_else(scope: Scope) -> Value:
        return then(scope) if condition(scope) is True else otherwise(scope)

    return if_then_else


def _rounds(
    compiler: Compiler, iterations: Iterable[tree.Iteration]
) -> tuple[Compiler, list[tuple[str, Code, Code | None]]]:
    compiler, out = compiler, []
    for iteration in iterations:
        end = compiler.compile(iteration.end) if iteration.end else None
        out.append((iteration.name, compiler.compile(iteration.domain), end))
        compiler = compiler.inside({iteration.name})
    return compiler, out


def for_return(compiler: Compiler, node: tree.For) -> Code:
    outer = compiler.inside({"partial"})
    compiler, rounds = _rounds(outer, node.iterations)
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


def quantified(compiler: Compiler, node: tree.Quantified) -> Code:
    compiler, rounds = _rounds(compiler, node.iterations)
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


def filter(compiler: Compiler, node: tree.Filter) -> Code:
    base = compiler.compile(node.base)
    outside = (
        compiler.compile(node.condition) if isinstance(node.condition, (tree.Number, tree.Negate)) else None
    )
    condition = outside or compiler.inside({"item"}).inside(None).compile(node.condition)

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


def call(compiler: Compiler, node: tree.Call) -> Code:
    arguments = [compiler.compile(argument) for argument in node.arguments]
    keys = node.keys
    name = node.function.name if isinstance(node.function, tree.Name) else ""
    if name in BUILTINS and not compiler.is_local(name):
        return _call_builtin(name, arguments, keys)
    function = compiler.compile(node.function)

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


def _call_builtin(name: str, arguments: list[Code], keys: tuple[str, ...]) -> Code:
    builtin = BUILTINS[name]

    def call_builtin(scope: Scope) -> Value:
        values = [argument(scope) for argument in arguments]
        return builtin.invoke(scope.run, values, keys)

    return call_builtin
