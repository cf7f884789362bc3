"""What expressions ask of each fact: the constants it is compared with, and whether they ask anything else.

Where a fact is only compared with constants, asked for its truth or asked whether it is known, finitely many values of
it stand for all others, and an analysis over these is exact. Whatever else is done with it (arithmetic, a comparison
with another fact, a function) makes its use opaque: then values can only be tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine import feel
from engine.feel import tree
from engine.feel.compile import constant_value
from engine.feel.constants import is_constant
from engine.feel.names import names_in
from engine.feel.values import Range, Value


@dataclass
class Use:
    """How one fact is used: constants it meets, whether `is known` and null are asked for, and whether it is opaque."""

    constants: list[Value] = field(default_factory=list)
    known: bool = False
    null: bool = False
    opaque: bool = False

    def meet(self, value: Value) -> None:
        if value is None:
            self.null = True
        elif isinstance(value, Range):
            for end in (value.start, value.end):
                if end is not None:
                    self.meet(end)
        elif isinstance(value, list):
            for item in value:
                self.meet(item)
        elif not any(type(value) is type(other) and value == other for other in self.constants):
            self.constants.append(value)


class Uses:
    """The uses of every path that some expressions read."""

    def __init__(self) -> None:
        self.paths: dict[str, Use] = {}

    def of(self, path: str) -> Use:
        return self.paths.setdefault(path, Use())

    def input(self, expression: feel.Expression, cells: Iterable[feel.UnaryTests]) -> None:
        """Note a column: its value is held against the tests of its cells."""
        limits: list[Value] = []
        for cell in cells:
            for test in cell.tree.tests:
                if (found := _limit(test)) is None:
                    self._opaque(cell.tree)
                    self._opaque(expression.tree)
                else:
                    limits += found
        self._value(expression.tree, limits)

    def truth(self, expression: feel.Expression) -> None:
        """Note a condition."""
        self._truth(expression.tree)

    def answer(self, expression: feel.Expression) -> None:
        """Note an expression that answers: constants chosen by conditions, or anything else."""
        self._value(expression.tree, None)

    def _value(self, node: tree.Node, limits: Sequence[Value] | None) -> None:
        """Note a node whose value meets limits; None: its value itself counts, so that only words can be told apart."""
        path = tree.dotted(node)
        if path is not None:
            use = self.of(path)
            if limits is None:
                use.opaque = True
            for value in limits or ():
                use.meet(value)
        elif isinstance(node, tree.If):
            self._truth(node.condition)
            self._value(node.then, limits)
            self._value(node.otherwise, limits)
        elif _constant(node):
            return
        else:
            self._truth(node)

    def _truth(self, node: tree.Node) -> None:
        path = tree.dotted(node)
        if path is not None:
            self.of(path).meet(True)
            self.of(path).meet(False)
        elif isinstance(node, tree.IsKnown):
            known = tree.dotted(node.path)
            assert known is not None
            self.of(known).known = True
        elif isinstance(node, (tree.And, tree.Or)):
            for part in node.operands:
                self._truth(part)
        elif isinstance(node, tree.If):
            for part in (node.condition, node.then, node.otherwise):
                self._truth(part)
        elif isinstance(node, tree.Compare):
            self._compared(node.left, node.right)
        elif isinstance(node, tree.Between) and _constant(node.low) and _constant(node.high):
            self._value(node.value, [_value_of(node.low), _value_of(node.high)])
        elif isinstance(node, tree.In) and (limits := _limits(node.tests)) is not None:
            self._value(node.value, limits)
        elif isinstance(node, tree.Call) and isinstance(node.function, tree.Name) and not node.keys:
            self._call(node, node.function.name)
        elif not _constant(node):
            self._opaque(node)

    def _compared(self, left: tree.Node, right: tree.Node) -> None:
        if _constant(right):
            self._value(left, [_value_of(right)])
        elif _constant(left):
            self._value(right, [_value_of(left)])
        else:
            self._opaque(left)
            self._opaque(right)

    def _call(self, node: tree.Call, function: str) -> None:
        if function == "not" and len(node.arguments) == 1:
            self._truth(node.arguments[0])
        elif function == "list contains" and len(node.arguments) == 2 and _constant(node.arguments[0]):
            self._value(node.arguments[1], [_value_of(node.arguments[0])])
        else:
            self._opaque(node)

    def _opaque(self, node: tree.Node) -> None:
        read = names_in(node)
        for path in read.surely | read.in_filters:
            self.of(path).opaque = True


def _constant(node: tree.Node) -> bool:
    if isinstance(node, tree.ListOf):
        return all(_constant(item) for item in node.items)
    return is_constant(node)


def _value_of(node: tree.Node) -> Value:
    if isinstance(node, tree.ListOf):
        return [_value_of(item) for item in node.items]
    return constant_value(node)


def _limits(tests: Iterable[tree.Test]) -> list[Value] | None:
    found: list[Value] = []
    for test in tests:
        limit = _limit(test)
        if limit is None:
            return None
        found += limit
    return found


def _limit(test: tree.Test) -> list[Value] | None:
    """Return the constants of a test; None where it is no comparison with constants."""
    node = test.operand if isinstance(test, tree.CompareTest) else test.expression
    return [_value_of(node)] if _constant(node) else None
