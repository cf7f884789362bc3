"""Expressions and unary tests as other modules hold them: text, tree, the names they read, and how to evaluate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

from engine.feel import tree
from engine.feel.builtins import FUNCTION_NAMES
from engine.feel.closures import Code
from engine.feel.compile import TestCode, compile_expression, compile_tests
from engine.feel.errors import FeelError, FeelLimit
from engine.feel.names import names_in
from engine.feel.parser import read_expression, read_tests
from engine.feel.run import MAX_STEPS, Environment, Run, Scope
from engine.feel.values import LIMITS_HELP, Value, read

_NOTHING: Final[Mapping[str, Value]] = MappingProxyType({})
_ENVIRONMENT: Final = Environment()


@dataclass(frozen=True)
class Expression:
    """A FEEL expression."""

    text: str
    tree: tree.Node
    _code: Code = field(init=False, repr=False, compare=False)

    @cached_property
    def names(self) -> frozenset[str]:
        """The paths it surely reads from the context, as written: `child.age`; local variables are left out."""
        return names_in(self.tree).surely

    @cached_property
    def item_names(self) -> frozenset[str]:
        """Names inside filters, which may be entries of the filtered items or names of the context."""
        return names_in(self.tree).in_filters

    @cached_property
    def functions(self) -> frozenset[str]:
        """The functions it calls by name, built-in or not."""
        return names_in(self.tree).functions

    def __post_init__(self) -> None:
        object.__setattr__(self, "_code", compile_expression(self.tree))

    def evaluate(
        self,
        context: Mapping[str, Value] = _NOTHING,
        env: Environment | None = None,
        warnings: list[str] | None = None,
        run: Run | None = None,
    ) -> Value:
        """Return the value over a context.

        `warnings` collects why parts became null. Evaluations that belong together share a `run`, whose
        environment, warnings and measure of work then count. Raises UnknownFact when a fact nobody has
        answered is read, and FeelLimit when the work is without measure.
        """
        try:
            value = self._code(Scope(context, run or Run(env or _ENVIRONMENT, warnings)))
        except RecursionError:
            raise FeelLimit(f"the expression calls itself too deeply: {LIMITS_HELP}") from None
        if type(value) is list or type(value) is dict:
            _measure(value)
        return value


@contextmanager
def beside(
    expression: Expression, others: Mapping[int, Expression], differs: Callable[[int], None]
) -> Iterator[None]:
    """Hold an expression against others while it lasts: at each evaluation, tell the keys of those that differ.

    The others are evaluated over the same names, with a measure of work of their own; what fails in both alike is no
    difference. `others` may shrink on the way. Whatever they do, the expression's own value is what the caller gets.
    """
    own = expression._code

    def code(scope: Scope) -> Value:
        value = _outcome(own, scope)
        for key in list(others):
            away = Scope(scope.context, Run(scope.run.environment, None))
            if not _alike(_outcome(others[key]._code, away), value):
                differs(key)
        if isinstance(value, FeelError):
            raise value
        return value

    object.__setattr__(expression, "_code", code)
    try:
        yield
    finally:
        object.__setattr__(expression, "_code", own)


def _outcome(code: Callable[[Scope], Value], scope: Scope) -> Value | FeelError:
    try:
        return code(scope)
    except FeelError as error:
        return error


def _alike(one: Value | FeelError, other: Value | FeelError) -> bool:
    if isinstance(one, FeelError) or isinstance(other, FeelError):
        return type(one) is type(other)
    return type(one) is type(other) and bool(one == other)


def _measure(value: Value) -> None:
    """Refuse a result that written out in full would have no end, because its lists share their parts."""
    left = MAX_STEPS
    waiting = [value]
    while waiting:
        item = waiting.pop()
        inside = item if isinstance(item, list) else list(item.values())
        left -= 1 + len(inside)
        if left < 0:
            raise FeelLimit(f"the result has more than {MAX_STEPS} parts: {LIMITS_HELP}")
        waiting.extend(part for part in inside if isinstance(part, (list, dict)))


@dataclass(frozen=True)
class UnaryTests:
    """The unary tests of a cell of a decision table."""

    text: str
    tree: tree.Tests
    _code: TestCode = field(init=False, repr=False, compare=False)

    @cached_property
    def names(self) -> frozenset[str]:
        """The paths the tests surely read from the context, `?` left out."""
        return names_in(self.tree).surely

    @cached_property
    def item_names(self) -> frozenset[str]:
        """Names inside filters, which may be entries of the filtered items or names of the context."""
        return names_in(self.tree).in_filters

    @cached_property
    def functions(self) -> frozenset[str]:
        """The functions they call by name, built-in or not."""
        return names_in(self.tree).functions

    @property
    def is_any(self) -> bool:
        """Whether the cell is `-`, which passes without reading its input."""
        return not self.tree.tests

    def __post_init__(self) -> None:
        object.__setattr__(self, "_code", compile_tests(self.tree))

    def test(
        self,
        value: Value,
        context: Mapping[str, Value] = _NOTHING,
        env: Environment | None = None,
        warnings: list[str] | None = None,
        run: Run | None = None,
    ) -> bool | None:
        """Tell whether an input passes: True, False, or None where the standard leaves it null.

        `run` is as for an expression. Raises UnknownFact("?") when the input itself is a fact nobody has
        answered.
        """
        if self.is_any:
            return True
        try:
            scope = Scope(context, run or Run(env or _ENVIRONMENT, warnings))
            return self._code(read(value, "?", scope.run.spend), scope)
        except RecursionError:
            raise FeelLimit(f"the test calls itself too deeply: {LIMITS_HELP}") from None


def parse(text: str, names: frozenset[str] = frozenset()) -> Expression:
    """Read an expression; a leading `=` is passed over.

    `names` are the names of the context that are more than one word; dotted paths count by their segments.
    Raises FeelSyntaxError with the column.
    """
    return Expression(text, read_expression(text, frozenset(names), FUNCTION_NAMES))


def parse_unary(text: str, names: frozenset[str] = frozenset()) -> UnaryTests:
    """Read the unary tests of a cell; empty or `-` passes everything. Raises FeelSyntaxError with the column."""
    return UnaryTests(text, read_tests(text, frozenset(names), FUNCTION_NAMES))
