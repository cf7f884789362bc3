"""Closures of operators and unary tests.

`and` and `or` stop as soon as the answer is settled, so that what follows need not be known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.feel import tree
from engine.feel.arithmetic import Undefined, calculate, negative
from engine.feel.closures import Code, comparison
from engine.feel.run import Scope
from engine.feel.semantics import any_of, is_condition, matches, ordered
from engine.feel.types import conforms
from engine.feel.values import Range, Value, equal

if TYPE_CHECKING:
    from engine.feel.compile import Compiler


def arithmetic(compiler: Compiler, node: tree.Arithmetic) -> Code:
    operator = node.operator
    left, right = compiler.compile(node.left), compiler.compile(node.right)

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


def negate(compiler: Compiler, node: tree.Negate) -> Code:
    operand = compiler.compile(node.operand)

    def negate(scope: Scope) -> Value:
        try:
            return negative(operand(scope))
        except Undefined as reason:
            scope.run.warn(str(reason))
            return None

    return negate


def compare(compiler: Compiler, node: tree.Compare) -> Code:
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    return comparison(node.operator, left, right)


def between(compiler: Compiler, node: tree.Between) -> Code:
    value, low, high = (compiler.compile(part) for part in (node.value, node.low, node.high))

    def between(scope: Scope) -> bool | None:
        middle = value(scope)
        above = ordered(">=", middle, low(scope), scope.run)
        below = ordered("<=", middle, high(scope), scope.run)
        return None if above is None or below is None else above and below

    return between


def membership(compiler: Compiler, node: tree.In) -> Code:
    value = compiler.compile(node.value)
    tests = [unary_test(compiler, test) for test in node.tests]
    if len(tests) == 1:
        only = tests[0]
        return lambda scope: only(value(scope), scope)

    def membership(scope: Scope) -> bool | None:
        subject = value(scope)
        return any_of(test(subject, scope) for test in tests)

    return membership


def unary_test(compiler: Compiler, test: tree.Test) -> Callable[[Value, Scope], bool | None]:
    """Return the closure of one unary test: it takes the input and the scope."""
    if isinstance(test, tree.CompareTest):
        operator, operand = test.operator, compiler.compile(test.operand)
        if operator in ("=", "!="):
            same = operator == "="

            def equality(value: Value, scope: Scope) -> bool | None:
                result = equal(value, operand(scope), scope.run.spend)
                return None if result is None else result is same

            return equality
        return lambda value, scope: ordered(operator, value, operand(scope), scope.run)
    expression = compiler.compile(test.expression)
    condition = is_condition(test.expression)

    def value_test(value: Value, scope: Scope) -> bool | None:
        found = expression(scope)
        if type(found) is Range and type(value) is not Range:
            return found.contains(value)
        if condition and isinstance(found, bool):
            return found
        return matches(value, found, scope.run.spend)

    return value_test


def instance_of(compiler: Compiler, node: tree.InstanceOf) -> Code:
    value, kind = compiler.compile(node.value), node.type
    return lambda scope: conforms(value(scope), kind, scope.run.environment.types, scope.run.spend)


def conjunction(compiler: Compiler, node: tree.And) -> Code:
    operands = [compiler.compile(operand) for operand in node.operands]

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


def disjunction(compiler: Compiler, node: tree.Or) -> Code:
    operands = [compiler.compile(operand) for operand in node.operands]

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
