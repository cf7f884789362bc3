"""Shows how a deadline was reckoned: from which moment, by which steps, over which days that do not count.

It follows the one thread of the expression that leads to the result: the branch an `if` took, the date a
`min` chose, the side of a sum that is a point in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from engine.feel import tree
from engine.feel.compile import compile_expression
from engine.feel.explain import Label, explain_node, plain_label
from engine.feel.expression import Expression
from engine.feel.run import Environment, Run, Scope
from engine.feel.values import Value, YearsMonths, equal
from engine.feel.words import counted, in_words

_UNITS: Final = {"working days after": "working day", "days after": "day", "months after": "month"}
_COUNTING: Final = frozenset({"working days after", "working day of", "end of working day"})


@dataclass(frozen=True)
class Working:
    """How a result came about.

    `clock_path` and `clock_value` are the fact the clock started from, None where the expression starts
    from none; `steps` pairs each step in words with the value after it; `skipped` lists the days passed
    over, with why.
    """

    clock_path: str | None
    clock_value: Value
    steps: tuple[tuple[str, Value], ...]
    skipped: tuple[tuple[date, str], ...]
    result: Value


def working(
    expression: Expression,
    context: Mapping[str, Value],
    env: Environment | None = None,
    label: Label = plain_label,
) -> Working:
    """Evaluate an expression and return how its result was reckoned; raises what `evaluate` raises."""
    environment = env or Environment()
    result = expression.evaluate(context, environment)
    thread = _Thread(context, environment, label)
    thread.follow(expression.tree)
    skipped = tuple(sorted(set(thread.skipped)))
    return Working(thread.clock_path, thread.clock_value, tuple(thread.steps), skipped, result)


@dataclass
class _Thread:
    context: Mapping[str, Value]
    environment: Environment
    label: Label
    clock_path: str | None = None
    clock_value: Value = None
    steps: list[tuple[str, Value]] = field(default_factory=list)
    skipped: list[tuple[date, str]] = field(default_factory=list)

    def value(self, node: tree.Node) -> Value:
        return compile_expression(node)(Scope(self.context, Run(self.environment, None)))

    def say(self, node: tree.Node) -> str:
        return explain_node(node, self.label)

    def follow(self, node: tree.Node) -> None:
        path = tree.dotted(node)
        if path is not None:
            self.clock_path, self.clock_value = path, self.value(node)
        elif isinstance(node, tree.If):
            self.branch(node)
        elif isinstance(node, tree.Arithmetic):
            self.sum(node)
        elif isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
            self.call(node, node.function.name)

    def branch(self, node: tree.If) -> None:
        """Follow the branch taken; the condition is told as the first step."""
        holds = self.value(node.condition) is True
        asked = self.say(node.condition)
        text = f"because {asked}" if holds else f"because it is not so that {asked}"
        taken = node.then if holds else node.otherwise
        self.steps.append((text, self.value(node.condition)))
        self.follow(taken)

    def sum(self, node: tree.Arithmetic) -> None:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(left, (timedelta, YearsMonths)) and isinstance(right, (date, time)):
            start, added, word = node.right, node.left, "plus"
        else:
            start, added, word = node.left, node.right, "plus" if node.operator == "+" else "minus"
        self.follow(start)
        self.steps.append((f"{word} {self.say(added)}", self.value(node)))

    def call(self, node: tree.Call, name: str) -> None:
        if name in ("min", "max"):
            self.choice(node, name)
            return
        if not node.arguments or not isinstance(self.value(node.arguments[0]), date):
            return
        start = node.arguments[0]
        self.follow(start)
        before, after = self.value(start), self.value(node)
        text = self.step(node, name)
        if text and equal(before, after) is not True:
            self.steps.append((text, after))
        if name in _COUNTING and isinstance(after, date):
            self.skipped.extend(self.environment.calendar.skipped(before, after))

    def step(self, node: tree.Call, name: str) -> str:
        if name in _UNITS and len(node.arguments) == 2:
            return f"plus {_count(self.value(node.arguments[1]), _UNITS[name])}"
        if name == "end of working day":
            return "the office closes on that working day"
        if name == "working day of":
            return "the working day it belongs to"
        if name == "date and time" and len(node.arguments) == 2:
            return f"at {in_words(self.value(node.arguments[1]))}"
        if name in ("date", "local date"):
            return "the date of it"
        return self.say(node)

    def choice(self, node: tree.Call, name: str) -> None:
        """Follow the argument that min or max chose."""
        chosen = self.value(node)
        options = node.arguments
        if len(options) == 1 and isinstance(options[0], tree.ListOf):
            options = options[0].items
        values = [self.value(option) for option in options]
        for option, value in zip(options, values, strict=True):
            if value is not None and equal(value, chosen) is True:
                self.follow(option)
                break
        which = "earliest" if name == "min" else "latest"
        if len(options) > 1 and isinstance(chosen, (date, datetime)):
            self.steps.append((f"the {which} of {' and '.join(in_words(value) for value in values)}", chosen))


def _count(number: Value, unit: str) -> str:
    return counted(int(number), unit)
