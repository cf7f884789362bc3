"""Turns a tree into closures, once, so that evaluating is only calling them.

Each closure takes a Scope and returns a value. What a name means is settled here as far as the text can
tell: a local variable by its distance, everything else by the context; only inside a filter must the item
be asked first, because any name there may be an entry of the item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from engine.feel import compile_control, compile_operators, compile_values, tree
from engine.feel.closures import (
    FEW,
    MISSING,
    Code,
    from_context_or_builtin,
    item_first,
    local_variable,
)
from engine.feel.constants import CONVERSIONS, is_constant
from engine.feel.run import Environment, Run, Scope
from engine.feel.semantics import any_of, path_of_other
from engine.feel.values import (
    UNKNOWN,
    Value,
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


_COMPILE: Final[dict[type[tree.Node], Callable[[Compiler, Any], Code]]] = {
    tree.Number: compile_values.constant,
    tree.String: compile_values.constant,
    tree.Boolean: compile_values.constant,
    tree.Temporal: compile_values.temporal,
    tree.Null: compile_values.null,
    tree.ListOf: compile_values.list_of,
    tree.ContextOf: compile_values.context_of,
    tree.RangeOf: compile_values.range_of,
    tree.OpenRange: compile_values.open_range,
    tree.FunctionOf: compile_values.function_of,
    tree.Name: Compiler.name,
    tree.Path: Compiler.path,
    tree.Filter: compile_control.filter,
    tree.Call: compile_control.call,
    tree.IsKnown: Compiler.is_known,
    tree.Negate: compile_operators.negate,
    tree.Arithmetic: compile_operators.arithmetic,
    tree.Compare: compile_operators.compare,
    tree.Between: compile_operators.between,
    tree.In: compile_operators.membership,
    tree.InstanceOf: compile_operators.instance_of,
    tree.And: compile_operators.conjunction,
    tree.Or: compile_operators.disjunction,
    tree.If: compile_control.if_then_else,
    tree.For: compile_control.for_return,
    tree.Quantified: compile_control.quantified,
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
    codes = [compile_operators.unary_test(compiler, test) for test in tests.tests]
    negated = tests.negated
    if not codes:
        return lambda value, scope: True

    def run(value: Value, scope: Scope) -> bool | None:
        inner = scope.inner({"?": value})
        result = any_of(code(value, inner) for code in codes)
        return (None if result is None else not result) if negated else result

    return run
