"""The tree of an expression: frozen dataclasses from which everything else works.

Evaluation, explanation, boundary values, names and a deadline's working all read this one tree. `and` and
`or` hold a tuple of operands, so that a long chain is wide and not deep; a comment or a needless bracket
leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal

from engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression."""


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    """A number as it was written: 1.5 and 1.50 are equal values, but step and text differ, and trees key caches."""

    value: Decimal

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and self.value.as_tuple() == other.value.as_tuple()

    def __hash__(self) -> int:
        return hash(self.value.as_tuple())


@dataclass(frozen=True, slots=True)
class String(Node):
    value: str


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class Null(Node):
    pass


@dataclass(frozen=True, slots=True)
class Temporal(Node):
    """A temporal literal @"…"; `value` is None where the text is none."""

    text: str
    value: Value


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeOf(Node):
    """A range with two ends: `[1..5)`."""

    start: Node
    end: Node
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True)
class OpenRange(Node):
    """A range written with a comparison: `(< 5)`."""

    operator: str
    end: Node


@dataclass(frozen=True, slots=True)
class Type(Node):
    """A type as written after `instance of` or a parameter; `parts` are element, entry or parameter types."""

    name: str
    parts: tuple[Type, ...] = ()
    keys: tuple[str, ...] = ()
    result: Type | None = None


@dataclass(frozen=True, slots=True)
class FunctionOf(Node):
    parameters: tuple[tuple[str, Type | None], ...]
    body: Node
    external: bool = False


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """An invocation; `keys` holds the parameter names of a call by name and is empty for one by position."""

    function: Node
    arguments: tuple[Node, ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IsKnown(Node):
    """Our `is known(path)`: whether somebody has answered the fact."""

    path: Name | Path


@dataclass(frozen=True, slots=True)
class Negate(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class CompareTest(Node):
    """A unary test that compares the input: `< 3`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class ValueTest(Node):
    """A unary test that is an expression: a value, a range, a list, or a condition."""

    expression: Node


Test = CompareTest | ValueTest


@dataclass(frozen=True, slots=True)
class In(Node):
    value: Node
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    value: Node
    type: Type


@dataclass(frozen=True, slots=True)
class And(Node):
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iteration(Node):
    """`name in domain`, or `name in domain..end`."""

    name: str
    domain: Node
    end: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some` or `every`."""

    quantifier: str
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class Tests(Node):
    """The unary tests of a cell; no tests at all is `-`, which everything passes."""

    tests: tuple[Test, ...]
    negated: bool = False


def children(node: Node) -> Iterator[Node]:
    """Yield the parts of a node in the order they are written."""
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Node):
                    yield item
                elif isinstance(item, tuple):
                    yield from (part for part in item if isinstance(part, Node))


def dotted(node: Node, past_filters: bool = False) -> str | None:
    """Return a path of plain names as `child.age`; None for anything else, unless it is to look past filters."""
    parts: list[str] = []
    while isinstance(node, Path) or (past_filters and isinstance(node, Filter)):
        if isinstance(node, Path):
            parts.append(node.name)
        node = node.base
    if not isinstance(node, Name):
        return None
    parts.append(node.name)
    return ".".join(reversed(parts))
