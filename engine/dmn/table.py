"""Evaluating a decision table (DMN 1.3, 8.2).

A rule is decided by as few facts as can decide it: `-` reads nothing, and a rule that any known input rules
out needs no unknown one. So the order of the columns never changes what a table answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine import feel
from engine.dmn.cells import is_constant, short_read, short_test
from engine.dmn.model import (
    Aggregation,
    DecisionTable,
    HitPolicy,
    Input,
    MatchedRule,
    Output,
    Rule,
    TableTrace,
)
from engine.dmn.state import (
    DecisionError,
    NoRuleMatches,
    RulesDisagree,
    RulesOverlap,
    State,
    ValueNotAllowed,
)
from engine.dmn.types import show

_UNREAD: Any = object()
_CLASSES: dict[str, type] = {"string": str, "number": Decimal, "boolean": bool}
"""What needs no conversion to its declared type; a class here has no other type's values."""


class _NoAnswer(Exception):
    """A fault, already noted, leaves the table without an answer."""


class TableEvaluator:
    """One table, made ready once and evaluated often."""

    def __init__(self, table: DecisionTable) -> None:
        self.table = table
        self.where = f"table {table.name!r}"
        self.rows = tuple(
            (
                rule,
                tuple(
                    (n, short_test(cell.test)) for n, cell in enumerate(rule.cells) if cell.test is not None
                ),
            )
            for rule in table.rules
        )
        self.columns = tuple(
            None if column.expression.expression is None else short_read(column.expression.expression)
            for column in table.inputs
        )
        self.allowed = tuple(
            None if column.allowed is None else short_test(column.allowed) for column in table.inputs
        )
        self.kinds = tuple(_CLASSES.get(column.expression.type.kind) for column in table.inputs)
        self.fired = {
            rule.number: MatchedRule(table.id, rule.id, rule.number, rule.description, rule.annotations)
            for rule in table.rules
        }
        self.has_default = any(output.default is not None for output in table.outputs)
        self.constants = {rule.number: self._constant(rule) for rule in table.rules}

    def __call__(self, scope: Mapping[str, Any], state: State) -> Any:
        """Return what the table answers; which rules fired goes into the state's trace."""
        table = self.table
        read = [_UNREAD] * len(table.inputs)
        rules: Sequence[Rule] = ()
        value = None
        try:
            rules = self._matching(scope, state, read)
            rules, value = self._answer(rules, scope, state, read)
            value = state.settle(value, table.type, self.where, table.id)
        except _NoAnswer:
            pass
        fired = tuple(self.fired[rule.number] for rule in rules)
        state.trace.append(TableTrace(table.id, table.owner, tuple(self._inputs(read)), fired, value))
        return value

    def _inputs(self, read: Sequence[Any]) -> list[tuple[str, Any]]:
        return [
            (column.expression.text, value)
            for column, value in zip(self.table.inputs, read, strict=True)
            if value is not _UNREAD and not isinstance(value, feel.UnknownFact)
        ]

    def _matching(self, scope: Mapping[str, Any], state: State, read: list[Any]) -> list[Rule]:
        run = state.run
        only_first = self.table.policy is HitPolicy.FIRST
        matching = []
        for rule, cells in self.rows:
            unknown: feel.UnknownFact | None = None
            for column, test in cells:
                value = read[column]
                if value is _UNREAD:
                    value = read[column] = self._read(column, scope, state)
                if type(value) is feel.UnknownFact:
                    unknown = unknown or value
                    continue
                try:
                    if test(value, scope, run) is not True:
                        break
                except feel.UnknownFact as missing:
                    unknown = unknown or missing
            else:
                if unknown is not None:
                    raise unknown
                matching.append(rule)
                if only_first:
                    break
        return matching

    def _read(self, number: int, scope: Mapping[str, Any], state: State) -> Any:
        """Return the value of a column, or the UnknownFact that reading it raised."""
        column, evaluate = self.table.inputs[number], self.columns[number]
        try:
            value = None if evaluate is None else evaluate(scope, state.run)
        except feel.UnknownFact as unknown:
            return unknown
        if type(value) is not self.kinds[number] or column.expression.type.allowed is not None:
            value = state.settle(value, column.expression.type, self._column(column), self.table.id)
        allowed = self.allowed[number]
        if allowed is None or value is None or allowed(value, scope, state.run) is True:
            return value
        listed = "" if column.allowed is None else column.allowed.text.strip()
        message = f"{self._column(column)}: {show(value)} is not one of the input values {listed}"
        state.fault(ValueNotAllowed(message, self.table.id))
        raise _NoAnswer

    def _column(self, column: Input | Output) -> str:
        return f"{self.where}, column {column.label!r}"

    def _answer(
        self, rules: Sequence[Rule], scope: Mapping[str, Any], state: State, read: Sequence[Any]
    ) -> tuple[Sequence[Rule], Any]:
        policy = self.table.policy
        if not rules:
            return (), self._default(scope, state, read)
        if policy is HitPolicy.UNIQUE and len(rules) > 1:
            raise self._fails(state, self._overlap(rules, read))
        answers = [self._outputs(rule, scope, state) for rule in rules]
        if policy is HitPolicy.ANY and any(feel.equal(answers[0], other) is not True for other in answers):
            raise self._fails(state, self._overlap(rules, read, disagree=True))
        if policy is HitPolicy.PRIORITY:
            best = min(range(len(rules)), key=lambda n: self._priority(answers[n]))
            return [rules[best]], answers[best]
        if policy is HitPolicy.OUTPUT_ORDER:
            order = sorted(range(len(rules)), key=lambda n: self._priority(answers[n]))
            return [rules[n] for n in order], [answers[n] for n in order]
        if policy is HitPolicy.COLLECT and self.table.aggregation is not None:
            return rules, self._aggregate(self.table.aggregation, answers, state)
        return rules, answers if policy.many else answers[0]

    def _fails(self, state: State, error: DecisionError) -> _NoAnswer:
        state.fault(error)
        return _NoAnswer()

    def _overlap(self, rules: Sequence[Rule], read: Sequence[Any], disagree: bool = False) -> RulesOverlap:
        numbers = [rule.number for rule in rules]
        listed = " and ".join(filter(None, [", ".join(map(str, numbers[:-1])), str(numbers[-1])]))
        facts = self._facts(read)
        if disagree:
            message = f"{self.where}: rules {listed} match and answer differently, with {facts}"
            return RulesDisagree(f"{message}; give them the same answer", self.table.id, numbers)
        message = f"{self.where} is UNIQUE but rules {listed} match, with {facts}"
        return RulesOverlap(f"{message}; make the rules exclude each other", self.table.id, numbers)

    def _facts(self, read: Sequence[Any]) -> str:
        shown = [f"{text} = {show(value)}" for text, value in self._inputs(read)]
        return ", ".join(shown) or "no input"

    def _default(self, scope: Mapping[str, Any], state: State, read: Sequence[Any]) -> Any:
        table = self.table
        if not self.has_default:
            message = f"{self.where}: no rule matches, with {self._facts(read)}"
            raise self._fails(state, NoRuleMatches(f"{message}; add a rule or a default output", table.id))
        values = {
            output.name: None
            if output.default is None or output.default.expression is None
            else output.default.expression.evaluate(scope, run=state.run)
            for output in table.outputs
        }
        value = values if len(table.outputs) > 1 else next(iter(values.values()))
        if table.policy.many and table.aggregation is None and not isinstance(value, list):
            return [value]
        return value

    def _constant(self, rule: Rule) -> Any:
        """Return what a rule answers whatever the facts are; _UNREAD where that depends on them."""
        expressions = [literal.expression for literal in rule.outputs if literal.expression is not None]
        if not all(is_constant(expression) for expression in expressions):
            return _UNREAD
        try:
            return self._work_out(rule, {}, State(None, strict=True))
        except DecisionError:
            return _UNREAD

    def _outputs(self, rule: Rule, scope: Mapping[str, Any], state: State) -> Any:
        value = self.constants[rule.number]
        if value is _UNREAD:
            return self._work_out(rule, scope, state)
        return dict(value) if isinstance(value, dict) else value

    def _work_out(self, rule: Rule, scope: Mapping[str, Any], state: State) -> Any:
        values = []
        for output, literal in zip(self.table.outputs, rule.outputs, strict=True):
            value = None
            if literal.expression is not None:
                value = literal.expression.evaluate(scope, run=state.run)
            where = f"{self.where}, rule {rule.number}, output {output.label or 'column'!r}"
            value = state.settle(value, output.type, where, self.table.id)
            allowed = output.allowed
            if (
                allowed is not None
                and value is not None
                and allowed.test(value, scope, run=state.run) is not True
            ):
                message = f"{where}: {show(value)} is not one of the output values {allowed.text.strip()}"
                state.fault(ValueNotAllowed(message, self.table.id))
                value = None
            values.append(value)
        if len(values) == 1:
            return values[0]
        return {output.name: value for output, value in zip(self.table.outputs, values, strict=True)}

    def _priority(self, answer: Any) -> tuple[int, ...]:
        """Return the ranks of an answer's values, the most important 0; values not listed come last."""
        outputs = self.table.outputs
        values = [answer] if len(outputs) == 1 else [answer[output.name] for output in outputs]
        return tuple(
            next(
                (n for n, listed in enumerate(output.values) if feel.equal(listed, value)), len(output.values)
            )
            for output, value in zip(outputs, values, strict=True)
            if output.values
        )

    def _aggregate(self, how: Aggregation, answers: list[Any], state: State) -> Any:
        if how is Aggregation.COUNT:
            return Decimal(len(answers))
        function = {Aggregation.SUM: "sum", Aggregation.MIN: "min", Aggregation.MAX: "max"}[how]
        return _AGGREGATES[function].evaluate({"answers": answers}, run=state.run)


_AGGREGATES = {name: feel.parse(f"{name}(answers)") for name in ("sum", "min", "max")}
