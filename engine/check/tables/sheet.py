"""A decision table laid out for analysis: rows with constant answers, and what each column leaves standing.

A rule whose answer is chosen by conditions (`if … then "a" else "b"`) becomes one row for each answer, with that answer
as a further condition. For each assignment of a column's facts two masks are kept: rows that the column does not
rule out, and rows that it surely meets. They differ where an unanswered fact would be read: a row that is not ruled out
and not surely met makes the evaluation an incident (`engine.dmn.table`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

from engine import feel
from engine.check.tables.relation import LIMIT, TooWide
from engine.check.tables.uses import Uses
from engine.dmn import Model as DecisionModel
from engine.dmn.model import Decision, DecisionTable, HitPolicy, Rule
from engine.feel import UNKNOWN, UnknownFact, tree
from engine.feel.compile import constant_value
from engine.feel.constants import is_constant


@dataclass(frozen=True)
class Unworked:
    """An answer that depends on facts in another way than by conditions; equal texts are the same answer."""

    text: str


@dataclass(frozen=True)
class Row:
    """A rule with one of its answers; `guards` are the expressions that must give the values beside them."""

    rule: Rule
    answer: tuple[Any, ...]
    guards: tuple[tuple[feel.Expression, Any], ...] = ()


@dataclass(frozen=True)
class Masks:
    """For an assignment (numbers of the variables' values): rows not ruled out, rows surely met."""

    possible: int
    sure: int


class Sheet:
    """One table."""

    def __init__(self, model: DecisionModel, decision: Decision, table: DecisionTable) -> None:
        self.model, self.decision, self.table = model, decision, table
        self.rows = tuple(row for rule in table.rules for row in _rows(rule))

    @property
    def default(self) -> tuple[Any, ...] | None:
        """The answer where no rule matches, or None where there is none."""
        outputs = self.table.outputs
        if all(output.default is None for output in outputs):
            return None
        found = []
        for output in outputs:
            expression = output.default.expression if output.default is not None else None
            found.append(None if expression is None else _fixed(expression))
        return tuple(found)

    @cached_property
    def columns(self) -> tuple[_Column, ...]:
        """The columns, and the guards as further ones."""
        found = []
        for n, column in enumerate(self.table.inputs):
            if column.expression.expression is not None:
                cells = tuple(row.rule.cells[n].test for row in self.rows)
                found.append(_Column(column.expression.expression, cells, column.allowed))
        for guard in dict.fromkeys(expression for row in self.rows for expression, _ in row.guards):
            wanted = tuple(next((v for e, v in row.guards if e == guard), UNKNOWN) for row in self.rows)
            found.append(_Guard(guard, (), None, wanted))
        return tuple(found)

    def note(self, uses: Uses) -> None:
        """Note what the columns ask of facts."""
        for column in self.columns:
            if isinstance(column, _Guard):
                uses.truth(column.expression)
            else:
                tests = [cell for cell in column.cells if cell is not None]
                uses.input(column.expression, tests if column.allowed is None else [*tests, column.allowed])

    def spoilers(self, row: int) -> int:
        """Return the rows, as bits, that a row must not match beside if its answer is to be the table's."""
        every = range(len(self.rows))
        if self.table.policy is HitPolicy.UNIQUE:
            return sum(1 << n for n in every if self.rows[n].rule is not self.rows[row].rule)
        if self.table.policy is HitPolicy.ANY:
            return sum(1 << n for n in every if self.rows[n].answer != self.rows[row].answer)
        return self.rivals(row)

    def clashes(self) -> list[tuple[int, int]]:
        """Return the pairs of rows that leave the table without an answer where both match."""
        if self.table.policy not in (HitPolicy.UNIQUE, HitPolicy.ANY):
            return []
        every = range(len(self.rows))
        return [(n, m) for n in every for m in every if n < m and self.spoilers(n) >> m & 1]

    def rivals(self, row: int) -> int:
        """Return the rows, as bits, that take the answer from a row where they match too."""
        policy = self.table.policy
        if policy is HitPolicy.FIRST:
            return sum(
                1 << n for n, other in enumerate(self.rows) if other.rule.number < self.rows[row].rule.number
            )
        if policy is HitPolicy.PRIORITY:
            own = self._rank(row)
            return sum(
                1 << n
                for n in range(len(self.rows))
                if (self._rank(n), self.rows[n].rule.number) < (own, self.rows[row].rule.number)
            )
        return 0

    def _rank(self, row: int) -> tuple[int, ...]:
        """Return the ranks of a row's answers among the listed output values, as PRIORITY orders them."""
        pairs = zip(self.table.outputs, self.rows[row].answer, strict=True)
        return tuple(
            next((n for n, v in enumerate(output.values) if feel.equal(v, value)), len(output.values))
            for output, value in pairs
            if output.values
        )


@dataclass(frozen=True)
class _Column:
    expression: feel.Expression
    cells: tuple[feel.UnaryTests | None, ...]
    allowed: feel.UnaryTests | None

    @cached_property
    def variables(self) -> tuple[str, ...]:
        names = set(self.expression.names)
        for cell in self.cells:
            names |= cell.names if cell is not None else frozenset()
        return tuple(sorted(names))

    def assignments(
        self, domains: Mapping[str, Sequence[Any]], env: feel.Environment
    ) -> Iterator[tuple[tuple[int, ...], Masks]]:
        """Yield every assignment of the column's facts that is an allowed input, with what it leaves standing."""
        choices = [domains[name] for name in self.variables]
        if prod(map(len, choices)) > LIMIT:
            raise TooWide(f"the column {self.expression.text!r} reads too many facts; derive some of them")
        known: dict[Any, Masks | None] = {}
        alone = all(cell is None or not cell.names for cell in self.cells)
        for numbers in product(*(range(len(choice)) for choice in choices)):
            values = [choice[n] for choice, n in zip(choices, numbers, strict=True)]
            context = nested(dict(zip(self.variables, values, strict=True)))
            try:
                value = self.expression.evaluate(context, env)
            except UnknownFact:
                value = UNKNOWN
            key = (type(value), repr(value))
            if not alone or key not in known:
                known[key] = self._masks(value, context, env)
            if (masks := known[key]) is not None:
                yield numbers, masks

    def _masks(self, value: Any, context: Mapping[str, Any], env: feel.Environment) -> Masks | None:
        if self.allowed is not None and value is not None and value is not UNKNOWN:
            if self.allowed.test(value, context, env) is not True:
                return None
        possible = sure = 0
        met: dict[str, bool | None] = {}
        for n, cell in enumerate(self.cells):
            if cell is None:
                answer: bool | None = True
            elif cell.text in met:
                answer = met[cell.text]
            else:
                answer = met[cell.text] = _meets(cell, value, context, env)
            if answer is not False:
                possible |= 1 << n
                sure |= (answer is True) << n
        return Masks(possible, sure)


@dataclass(frozen=True)
class _Guard(_Column):
    wanted: tuple[Any, ...] = ()

    def _masks(self, value: Any, context: Mapping[str, Any], env: feel.Environment) -> Masks | None:
        if value is UNKNOWN:
            mask = sum(1 << n for n, wanted in enumerate(self.wanted) if wanted is UNKNOWN)
            return Masks((1 << len(self.wanted)) - 1, mask)
        mask = sum(
            1 << n
            for n, wanted in enumerate(self.wanted)
            if wanted is UNKNOWN or feel.equal(wanted, value) is True
        )
        return Masks(mask, mask)


def _meets(
    cell: feel.UnaryTests, value: Any, context: Mapping[str, Any], env: feel.Environment
) -> bool | None:
    """Tell whether a value passes; None where an unanswered fact would be read."""
    if value is UNKNOWN:
        return None
    try:
        return cell.test(value, context, env) is True
    except UnknownFact:
        return None


def _rows(rule: Rule) -> Iterator[Row]:
    choices: list[list[tuple[Any, tuple[tuple[feel.Expression, Any], ...]]]] = []
    for literal in rule.outputs:
        expression = literal.expression
        if expression is None or is_constant(expression.tree):
            choices.append([(None if expression is None else constant_value(expression.tree), ())])
            continue
        answers = _answers(expression.tree)
        if answers is None:
            choices.append([(Unworked(expression.text), ())])
        else:
            choices.append([(answer, ((expression, answer),)) for answer in answers])
    for chosen in product(*choices):
        yield Row(rule, tuple(a for a, _ in chosen), tuple(g for _, guards in chosen for g in guards))


def _answers(node: tree.Node) -> list[Any] | None:
    """Return the constants that conditions choose among; None where something else is answered."""
    if isinstance(node, tree.If):
        then, otherwise = _answers(node.then), _answers(node.otherwise)
        if then is None or otherwise is None:
            return None
        return then + [value for value in otherwise if not any(feel.equal(value, v) is True for v in then)]
    return [constant_value(node)] if is_constant(node) else None


def _fixed(expression: feel.Expression) -> Any:
    return constant_value(expression.tree) if is_constant(expression.tree) else Unworked(expression.text)


def nested(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts by dotted path as the contexts that expressions read."""
    root: dict[str, Any] = {}
    for path, value in facts.items():
        *groups, last = path.split(".")
        group = root
        for name in groups:
            group = group.setdefault(name, {})
        group[last] = value
    return root
