"""Says in plain English what an expression asks or works out.

Written for the person whose task or deadline hangs on it: operators become words, paths the labels the
caller knows, values what `words` makes of them. It is read beside the expression, never instead of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from engine.feel import tree
from engine.feel.compile import constant_value
from engine.feel.constants import is_constant
from engine.feel.expression import Expression, UnaryTests
from engine.feel.values import Value
from engine.feel.words import counted, duration_in_words, in_words, joined

Label = Callable[[str], str]

_NUMBER_WORDS: Final = {
    "=": "is {}",
    "!=": "is not {}",
    "<": "is less than {}",
    "<=": "is {} or less",
    ">": "is more than {}",
    ">=": "is {} or more",
}
_DATE_WORDS: Final = {
    "=": "is {}",
    "!=": "is not {}",
    "<": "is before {}",
    "<=": "is {} or earlier",
    ">": "is after {}",
    ">=": "is {} or later",
}
_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_SIGNS: Final = {"+": "plus", "-": "minus", "*": "times", "/": "divided by", "**": "to the power of"}
_TEMPORAL_FUNCTIONS: Final = frozenset(
    {
        "date",
        "time",
        "date and time",
        "working days after",
        "working day of",
        "end of working day",
        "days after",
        "months after",
        "local date",
        "now",
        "today",
    }
)


def plain_label(path: str) -> str:
    """Turn a path into words, for callers without labels: `child.legal_status` is “child legal status”."""
    return re.sub(r"[._]+", " ", path).strip()


def explain(expression: Expression, label: Label = plain_label) -> str:
    """Say in plain English what an expression asks or works out; `label` names a path."""
    return _Speaker(label).say(expression.tree)


def explain_node(node: tree.Node, label: Label = plain_label) -> str:
    """Say in plain English what a part of an expression asks or works out."""
    return _Speaker(label).say(node)


def explain_unary(tests: UnaryTests, subject: str, label: Label = plain_label) -> str:
    """Say what the unary tests of a cell ask of their input, which `subject` names."""
    speaker = _Speaker(lambda path: subject if path == "?" else label(path))
    return speaker.tests(tests.tree, subject)


class _Speaker:
    """Turns nodes into phrases; a condition becomes a clause, a value a noun."""

    def __init__(self, label: Label, local: tuple[str, ...] = ()) -> None:
        self.label = label
        self.local = local

    def with_local(self, *names: str) -> _Speaker:
        """Return a speaker for what stands inside the scope of local variables."""
        return _Speaker(self.label, (*self.local, *names))

    def say(self, node: tree.Node) -> str:
        path = tree.dotted(node)
        if path is not None:
            return self.named(path)
        if isinstance(node, tree.Call) and node.function == tree.Name("duration") and is_constant(node):
            return self.duration(node)
        if isinstance(node, tree.Temporal) and isinstance(node.value, timedelta):
            return duration_in_words(node.value, in_days="D" in node.text)
        if is_constant(node) and not isinstance(node, tree.Arithmetic):
            return in_words(constant_value(node))
        return _SAY[type(node)](self, node)

    def named(self, path: str) -> str:
        """Say a path: by its label, or as “its …” when it belongs to the only thing being spoken of."""
        first, _, rest = path.partition(".")
        if first in self.local:
            if len(self.local) == 1:
                return f"its {plain_label(rest)}" if rest else "it"
            return f"{plain_label(rest)} of {first}" if rest else first
        return "now" if path == "now" else self.label(path)

    def duration(self, node: tree.Call) -> str:
        value = constant_value(node)
        written = node.arguments[0]
        if isinstance(value, timedelta) and isinstance(written, tree.String):
            return duration_in_words(value, in_days="D" in written.value)
        return in_words(value)

    def condition(self, node: tree.Node) -> str:
        """Say a node whose truth is asked: a bare fact is told to be true."""
        if tree.dotted(node) is not None:
            return f"{self.say(node)} is true"
        return self.say(node)

    def not_(self, node: tree.Node) -> str:
        """Say that a condition does not hold."""
        if isinstance(node, tree.IsKnown):
            return f"{self.say(node.path)} is not yet known"
        if tree.dotted(node) is not None:
            return f"{self.say(node)} is not true"
        if isinstance(node, tree.Compare) and node.operator in ("=", "!="):
            other = "!=" if node.operator == "=" else "="
            return self.compare(tree.Compare(other, node.left, node.right))
        if isinstance(node, tree.In):
            return f"{self.say(node.value)} {self.predicate_of(node.tests, negated=True)}"
        return f"it is not so that {self.condition(node)}"

    # --- conditions

    def compare(self, node: tree.Compare) -> str:
        left, right, operator = node.left, node.right, node.operator
        if is_constant(left) and not is_constant(right):
            left, right, operator = right, left, _FLIPPED[operator]
        return f"{self.say(left)} {self.relation(operator, right)}"

    def relation(self, operator: str, right: tree.Node) -> str:
        if isinstance(right, tree.Null):
            return "is not given" if operator == "=" else "is given"
        if isinstance(right, tree.Boolean) and operator in ("=", "!="):
            return "is true" if right.value is (operator == "=") else "is not true"
        words = _DATE_WORDS if _is_point_in_time(right) else _NUMBER_WORDS
        return words[operator].format(self.say(right))

    def between(self, node: tree.Between) -> str:
        return f"{self.say(node.value)} is from {self.say(node.low)} to {self.say(node.high)}"

    def membership(self, node: tree.In) -> str:
        return f"{self.say(node.value)} {self.predicate_of(node.tests)}"

    def predicate_of(self, tests: tuple[tree.Test, ...], negated: bool = False) -> str:
        """Say what one or several tests ask, beginning with “is”."""
        options = [option for test in tests for option in self.options(test)]
        if negated:
            if len(options) == 1:
                return "is given" if options[0] == "not given" else f"is not {options[0]}"
            return f"is neither {' nor '.join(options)}"
        return f"is {joined(options, 'or')}" if options else "is one of none"

    def options(self, test: tree.Test) -> list[str]:
        """Say what a test admits, each option so that it can follow “is”."""
        if isinstance(test, tree.CompareTest):
            return [self.relation(test.operator, test.operand).removeprefix("is ")]
        node = test.expression
        if isinstance(node, tree.ListOf):
            return [option for item in node.items for option in self.options(tree.ValueTest(item))]
        if isinstance(node, tree.RangeOf):
            return [self.span(node)]
        if isinstance(node, tree.OpenRange):
            return [self.relation(node.operator, node.end).removeprefix("is ")]
        if isinstance(node, tree.Boolean):
            return ["true" if node.value else "not true"]
        if isinstance(node, tree.Null):
            return ["not given"]
        if tree.dotted(node) is not None and not is_constant(node):
            return [f"one of {self.say(node)} or the same as it"]
        return [self.say(node)]

    def span(self, node: tree.RangeOf) -> str:
        start, end = self.say(node.start), self.say(node.end)
        if node.start_included:
            return f"from {start} to {end}" if node.end_included else f"from {start} to less than {end}"
        return f"more than {start} and {'at most' if node.end_included else 'less than'} {end}"

    def instance_of(self, node: tree.InstanceOf) -> str:
        return f"{self.say(node.value)} is a {node.type.name}"

    def is_known(self, node: tree.IsKnown) -> str:
        return f"{self.say(node.path)} is known"

    def conjunction(self, node: tree.And) -> str:
        parts = []
        for operand in node.operands:
            said = self.condition(operand)
            parts.append(f"either {said}" if isinstance(operand, tree.Or) else said)
        if any(isinstance(operand, tree.Or) for operand in node.operands):
            return ", and ".join(parts)
        return joined(parts, "and")

    def disjunction(self, node: tree.Or) -> str:
        parts = [self.condition(operand) for operand in node.operands]
        if any(isinstance(operand, tree.And) for operand in node.operands):
            return ", or ".join(parts)
        return joined(parts, "or")

    def quantified(self, node: tree.Quantified) -> str:
        what = "at least one of" if node.quantifier == "some" else "each of"
        inside = self.with_local(*(one.name for one in node.iterations))
        return f"for {self.each(node.iterations, what)}, {inside.condition(node.condition)}"

    def each(self, iterations: tuple[tree.Iteration, ...], what: str) -> str:
        """Say what is gone through; the variables are named only where there are several."""
        if len(iterations) == 1 and not self.local:
            return f"{what} {self.domain(iterations[0])}"
        return joined((f"{what} {self.domain(one)} ({one.name})" for one in iterations), "and")

    def domain(self, iteration: tree.Iteration) -> str:
        if iteration.end is None:
            return self.say(iteration.domain)
        return f"the numbers {self.say(iteration.domain)} to {self.say(iteration.end)}"

    # --- values

    def list_of(self, node: tree.ListOf) -> str:
        return joined((self.say(item) for item in node.items), "and") or "none"

    def context_of(self, node: tree.ContextOf) -> str:
        return joined((f"{key}: {self.say(value)}" for key, value in node.entries), "and") or "nothing"

    def range_of(self, node: tree.RangeOf) -> str:
        return self.span(node)

    def open_range(self, node: tree.OpenRange) -> str:
        return f"what {self.relation(node.operator, node.end)}"

    def path(self, node: tree.Path) -> str:
        return f"the {node.name} of {self.say(node.base)}"

    def filter(self, node: tree.Filter) -> str:
        if is_constant(node.condition):
            position = in_words(constant_value(node.condition))
            return {"1": "the first", "-1": "the last"}.get(
                position.replace("minus ", "-"), f"number {position}"
            ) + (f" of {self.say(node.base)}")
        return f"{self.say(node.base)} where {self.with_local('item').condition(node.condition)}"

    def arithmetic(self, node: tree.Arithmetic) -> str:
        left, right = self.say(node.left), self.say(node.right)
        if node.operator in ("+", "-") and _is_duration(node.right) and not _is_duration(node.left):
            return f"{right} {'after' if node.operator == '+' else 'before'} {left}"
        if node.operator == "+" and _is_duration(node.left):
            return f"{left} after {right}"
        if node.operator == "-" and (_is_point_in_time(node.left) or _is_point_in_time(node.right)):
            return f"the time from {right} to {left}"
        return f"{left} {_SIGNS[node.operator]} {right}"

    def negate(self, node: tree.Negate) -> str:
        return f"minus {self.say(node.operand)}"

    def if_then_else(self, node: tree.If) -> str:
        return f"if {self.condition(node.condition)}, {self.say(node.then)}; otherwise {self.say(node.otherwise)}"

    def for_return(self, node: tree.For) -> str:
        inside = self.with_local(*(one.name for one in node.iterations))
        return f"for {self.each(node.iterations, 'each of')}, {inside.say(node.body)}"

    def function_of(self, node: tree.FunctionOf) -> str:
        names = [name for name, _ in node.parameters]
        return f"a rule for {joined(names, 'and')}: {self.with_local(*names, '').say(node.body)}"

    def call(self, node: tree.Call) -> str:
        name = node.function.name if isinstance(node.function, tree.Name) else self.say(node.function)
        if name == "not" and len(node.arguments) == 1:
            return self.not_(node.arguments[0])
        arguments = [self.say(argument) for argument in node.arguments]
        template = _CALLS.get((name, len(arguments)))
        if arguments == ["now"] and name in _OF_NOW:
            return _OF_NOW[name]
        if template is not None:
            if name in ("working days after", "days after", "months after") and is_constant(
                node.arguments[1]
            ):
                unit = {"working days after": "working day", "days after": "day", "months after": "month"}[
                    name
                ]
                return f"{_counted(constant_value(node.arguments[1]), unit)} after {arguments[0]}"
            return template.format(*arguments)
        if name in ("min", "max") and len(arguments) > 1:
            kind = any(map(_is_point_in_time, node.arguments))
            most = (
                ("earliest" if kind else "smallest") if name == "min" else ("latest" if kind else "largest")
            )
            return f"the {most} of {joined(arguments, 'and')}"
        return f"the {name} of {joined(arguments, 'and')}" if arguments else f"the {name}"

    def tests(self, node: tree.Tests, subject: str) -> str:
        if not node.tests:
            return f"{subject} may be anything"
        # A condition on the input (`? > 3 and x`) is a clause of its own; values and comparisons follow the
        # subject.
        conditions = [
            test for test in node.tests if isinstance(test, tree.ValueTest) and _asks(test.expression)
        ]
        values = tuple(test for test in node.tests if test not in conditions)
        parts = [f"{subject} {self.predicate_of(values, node.negated)}"] if values else []
        for test in conditions:
            parts.append(self.not_(test.expression) if node.negated else self.condition(test.expression))
        return joined(parts, "and" if node.negated else "or")


def _counted(number: Value, unit: str) -> str:
    return counted(int(number), unit)


def _asks(node: tree.Node) -> bool:
    """Tell whether a test is a condition of its own."""
    kinds = (
        tree.Compare,
        tree.Between,
        tree.In,
        tree.And,
        tree.Or,
        tree.Quantified,
        tree.InstanceOf,
        tree.IsKnown,
    )
    return isinstance(node, kinds) or (isinstance(node, tree.Call) and not is_constant(node))


def _is_duration(node: tree.Node) -> bool:
    if isinstance(node, tree.Call) and node.function == tree.Name("duration"):
        return True
    return is_constant(node) and isinstance(constant_value(node), timedelta)


def _is_point_in_time(node: tree.Node) -> bool:
    """Tell, as far as the text shows, whether a node is a date or a moment."""
    if isinstance(node, tree.Name) and node.name == "now":
        return True
    if isinstance(node, tree.Arithmetic):
        return _is_point_in_time(node.left) or (
            _is_duration(node.right) and node.operator in ("+", "-") and not _is_duration(node.left)
        )
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
        return node.function.name in _TEMPORAL_FUNCTIONS
    return is_constant(node) and isinstance(constant_value(node), (date, datetime))


_CALLS: Final[dict[tuple[str, int], str]] = {
    ("working days after", 2): "{1} working days after {0}",
    ("days after", 2): "{1} days after {0}",
    ("months after", 2): "{1} months after {0}",
    ("working day of", 1): "the working day of {0}",
    ("end of working day", 1): "the end of the working day of {0}",
    ("is working day", 1): "{0} is a working day",
    ("in office hours", 1): "{0} is in office hours",
    ("working days between", 2): "the working days from {0} to {1}",
    ("days between", 2): "the days from {0} to {1}",
    ("local date", 1): "the date of {0}",
    ("date", 1): "the date of {0}",
    ("time", 1): "the time of {0}",
    ("date and time", 1): "{0}",
    ("date and time", 2): "{0} at {1}",
    ("count", 1): "the number of {0}",
    ("contains", 2): "{0} contains {1}",
    ("starts with", 2): "{0} starts with {1}",
    ("ends with", 2): "{0} ends with {1}",
    ("matches", 2): "{0} has the form {1}",
    ("list contains", 2): "{0} include {1}",
    ("string length", 1): "the length of {0}",
    ("before", 2): "{0} is before {1}",
    ("after", 2): "{0} is after {1}",
    ("includes", 2): "{0} includes {1}",
    ("during", 2): "{0} is during {1}",
    ("now", 0): "now",
    ("today", 0): "today",
}

_OF_NOW: Final = {
    "local date": "today",
    "date": "today",
    "working day of": "the current working day",
    "end of working day": "the end of the current working day",
    "is working day": "today is a working day",
    "in office hours": "the office is open now",
}

_SAY: Final[dict[type[tree.Node], Callable[[_Speaker, Any], str]]] = {
    tree.Compare: _Speaker.compare,
    tree.Between: _Speaker.between,
    tree.In: _Speaker.membership,
    tree.InstanceOf: _Speaker.instance_of,
    tree.IsKnown: _Speaker.is_known,
    tree.And: _Speaker.conjunction,
    tree.Or: _Speaker.disjunction,
    tree.Quantified: _Speaker.quantified,
    tree.ListOf: _Speaker.list_of,
    tree.ContextOf: _Speaker.context_of,
    tree.RangeOf: _Speaker.range_of,
    tree.OpenRange: _Speaker.open_range,
    tree.Path: _Speaker.path,
    tree.Filter: _Speaker.filter,
    tree.Arithmetic: _Speaker.arithmetic,
    tree.Negate: _Speaker.negate,
    tree.If: _Speaker.if_then_else,
    tree.For: _Speaker.for_return,
    tree.FunctionOf: _Speaker.function_of,
    tree.Call: _Speaker.call,
    tree.Temporal: lambda speaker, node: f"“{node.text}”",
}
