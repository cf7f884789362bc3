"""Draws expressions and unary tests at random from the grammar, by type, so that most of them mean something.

One in twenty operands is null or of a wrong type, because that is where evaluators differ. The draw is seeded: the same
seed gives the same expressions.
"""

from __future__ import annotations

import random
from collections.abc import Callable

CONTEXT: dict[str, object] = {
    "n": 3,
    "half": 0.5,
    "missing hours": 30,
    "risk": "high",
    "flag": True,
    "nothing": None,
    "child": {"age": 14, "name": "Ann", "tags": ["a", "b"]},
    "episodes": [
        {"hours": 5, "kind": "missing"},
        {"hours": 30, "kind": "absent"},
        {"hours": 80, "kind": "missing"},
    ],
    "ages": [12, 14, 17],
    "born": '@"2012-02-29"',
    "seen": '@"2026-03-28T20:15:00Z"',
}

_LETTERS = ('"a"', '"g"', '" "')
_KINDS = ('"missing"', '"absent"', "risk")

Draw = Callable[[int], str]


class Generator:
    """Draws expressions; `depth` bounds how far they nest."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.by_type: dict[str, Draw] = {
            "number": self.number,
            "string": self.string,
            "boolean": self.boolean,
            "numbers": self.numbers,
            "strings": self.strings,
            "date": self.date,
            "time": self.time,
            "moment": self.moment,
            "duration": self.duration,
            "months": self.months,
            "range": self.range,
            "context": self.context,
        }

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def digits(self, low: int, high: int) -> str:
        return f"{self.random.randint(low, high):02}"

    def of(self, kind: str, depth: int) -> str:
        """Draw an expression of a type, or, one time in twenty, of another."""
        if self.random.random() < 0.05:
            if self.random.random() < 0.5:
                return "null"
            kind = self.pick("number", "string", "boolean")
        return self.by_type[kind](depth)

    def expression(self, depth: int = 3) -> str:
        """Draw an expression of any type."""
        return self.by_type[self.random.choice(list(self.by_type))](depth)

    def _choose(self, depth: int, leaves: list[Draw], branches: list[Draw]) -> str:
        options = leaves if depth <= 0 else leaves + branches * 2
        return self.random.choice(options)(depth - 1)

    # --- numbers

    def number(self, depth: int) -> str:
        return self._choose(
            depth,
            [
                lambda d: str(self.random.randint(0, 30)),
                lambda d: f"{self.random.randint(0, 9)}.{self.random.randint(1, 9)}",
                lambda d: self.pick(
                    "n", "half", "missing hours", "child.age", "episodes[1].hours", "ages[2]"
                ),
            ],
            [
                lambda d: f"({self.of('number', d)} {self.pick('+', '-', '*', '/')} {self.of('number', d)})",
                lambda d: f"-{self.number(0)}",
                lambda d: f"({self.number(0)} ** {self.random.randint(0, 3)})",
                lambda d: f"count({self.of('numbers', d)})",
                lambda d: f"{self.pick('min', 'max', 'sum', 'mean')}({self.of('numbers', d)})",
                lambda d: f"{self.pick('floor', 'ceiling', 'abs')}({self.of('number', d)})",
                lambda d: f"modulo({self.of('number', d)}, {self.random.randint(1, 9)})",
                lambda d: f"decimal({self.of('number', d)}, {self.random.randint(0, 3)})",
                lambda d: f"string length({self.of('string', d)})",
                lambda d: f"{self.of('numbers', d)}[{self.random.choice([1, 2, 3, -1, -2, 9])}]",
                lambda d: f"{self.of('date', d)}.{self.pick('year', 'month', 'day', 'weekday')}",
                lambda d: f"{self.of('time', d)}.{self.pick('hour', 'minute', 'second')}",
                lambda d: f"{self.of('duration', d)}.{self.pick('days', 'hours', 'minutes', 'seconds')}",
                lambda d: f"{self.of('months', d)}.{self.pick('years', 'months')}",
                lambda d: f"(if {self.boolean(d)} then {self.of('number', d)} else {self.number(d)})",
                lambda d: f"{self.context(d)}.k",
            ],
        )

    # --- strings

    def string(self, depth: int) -> str:
        return self._choose(
            depth,
            [
                lambda d: self.pick('"a"', '"high"', '"x y"', '""', '"Ünïcode"', '"it\'s"', '"foobar"'),
                lambda d: self.pick("risk", "child.name"),
            ],
            [
                lambda d: f"({self.of('string', d)} + {self.of('string', d)})",
                lambda d: f"{self.pick('upper case', 'lower case')}({self.of('string', d)})",
                lambda d: f"substring({self.of('string', d)}, {self.random.choice([1, 2, -1])})",
                lambda d: f"substring before({self.of('string', d)}, {self.pick(*_LETTERS)})",
                lambda d: f"substring after({self.of('string', d)}, {self.pick(*_LETTERS)})",
                lambda d: f"string({self.of(self.pick('boolean', 'string', 'date', 'months'), d)})",
                lambda d: f'string join({self.strings(d)}, "-")',
                lambda d: f'replace({self.of("string", d)}, "[aeiou]", "_")',
                lambda d: f"(if {self.boolean(d)} then {self.of('string', d)} else {self.string(d)})",
                lambda d: f"day of week({self.of('date', d)})",
                lambda d: f"{self.strings(d)}[{self.random.choice([1, 2, -1])}]",
            ],
        )

    # --- booleans

    def boolean(self, depth: int) -> str:
        return self._choose(
            depth,
            [
                lambda d: self.pick("true", "false", "flag"),
                lambda d: f"({self.number(0)} > {self.number(0)})",
            ],
            [
                lambda d: f"({self.of('boolean', d)} {self.pick('and', 'or')} {self.of('boolean', d)})",
                lambda d: f"not({self.of('boolean', d)})",
                self._comparison,
                self._comparison,
                lambda d: (
                    f"({self.number(d)} between {self.random.randint(0, 9)} and {self.random.randint(9, 40)})"
                ),
                lambda d: f"({self.number(d)} in {self.range(d)})",
                lambda d: f"({self.number(d)} in ({self.tests(d)}))",
                lambda d: f"({self.of('string', d)} in ({self.string(0)}, {self.string(0)}))",
                lambda d: (
                    f"({self.pick('some', 'every')} e in {self.numbers(d)} satisfies e > {self.number(0)})"
                ),
                lambda d: (
                    f"({self.pick('some', 'every')} e in episodes satisfies e.hours > {self.number(0)})"
                ),
                lambda d: f"list contains({self.of('numbers', d)}, {self.of('number', d)})",
                lambda d: (
                    f"{self.pick('contains', 'starts with', 'ends with')}({self.of('string', d)}, {self.string(0)})"
                ),
                lambda d: f'matches({self.of("string", d)}, "^[a-h]+$")',
                lambda d: (
                    f"({self.expression(0)} instance of {self.pick('number', 'string', 'boolean', 'date', 'time')})"
                ),
                lambda d: f"{self.pick('all', 'any')}([{self.of('boolean', d)}, {self.of('boolean', d)}])",
                lambda d: f"{self.pick('before', 'after')}({self.number(0)}, {self.range(d)})",
                lambda d: f"{self.pick('overlaps', 'meets', 'includes')}({self.range(d)}, {self.range(d)})",
                lambda d: f"{self.pick('even', 'odd')}({self.random.randint(-5, 5)})",
            ],
        )

    def _comparison(self, depth: int) -> str:
        kind = self.random.choice(
            ["number", "number", "string", "date", "time", "moment", "duration", "months"]
        )
        if self.random.random() < 0.4:
            return f"({self.of(kind, depth)} {self.pick('=', '!=')} {self.of(kind, depth)})"
        # The order of unlike types is in the table of deviations; here both sides have one.
        draw = self.by_type[kind]
        return f"({draw(depth)} {self.pick('<', '<=', '>', '>=')} {draw(depth)})"

    # --- lists, ranges, contexts

    def numbers(self, depth: int) -> str:
        return self._choose(
            depth,
            [
                lambda d: f"[{', '.join(self.number(0) for _ in range(self.random.randint(1, 4)))}]",
                lambda d: self.pick("ages", "episodes.hours"),
            ],
            [
                lambda d: f"{self.of('numbers', d)}[item > {self.number(0)}]",
                lambda d: f"(for i in {self.numbers(0)} return {self.pick('i', '2 * i', 'i + n')})",
                lambda d: f"(for i in 1..{self.random.randint(1, 4)}, j in {self.numbers(0)} return i + j)",
                lambda d: f"sort({self.numbers(d)}, function(a, b) a {self.pick('<', '>')} b)",
                lambda d: f"{self.pick('reverse', 'distinct values', 'flatten')}({self.of('numbers', d)})",
                lambda d: f"append({self.of('numbers', d)}, {self.number(d)})",
                lambda d: f"{self.pick('concatenate', 'union')}({self.numbers(0)}, {self.numbers(0)})",
                lambda d: f"sublist({self.numbers(0)}, 1, 1)",
                lambda d: f"insert before({self.numbers(d)}, 1, {self.number(d)})",
                lambda d: f"remove({self.numbers(0)}, 1)",
                lambda d: f"index of({self.of('numbers', d)}, {self.number(d)})",
                lambda d: f"episodes[kind = {self.pick(*_KINDS)}].hours",
                lambda d: f"episodes[hours > {self.number(0)}].hours",
            ],
        )

    def strings(self, depth: int) -> str:
        return self._choose(
            depth,
            [
                lambda d: f"[{', '.join(self.string(0) for _ in range(self.random.randint(1, 3)))}]",
                lambda d: self.pick("child.tags", "episodes.kind"),
            ],
            [
                lambda d: f"(for s in {self.strings(d)} return upper case(s))",
                lambda d: f'split({self.string(d)}, "o")',
                lambda d: f"append({self.strings(d)}, {self.string(d)})",
            ],
        )

    def range(self, depth: int) -> str:
        low = self.random.randint(0, 20)
        high = low + self.random.randint(1, 10)
        return f"{self.pick('[', '(')}{low}..{high}{self.pick(']', ')')}"

    def context(self, depth: int) -> str:
        return self._choose(
            depth,
            [lambda d: f"{{k: {self.number(0)}, s: {self.string(0)}}}"],
            [
                lambda d: f"{{k: {self.number(d)}, b: k + 1}}",
                lambda d: f'context put({{k: 1}}, "k", {self.number(d)})',
                lambda d: f"context merge([{{k: 1}}, {{k: {self.number(d)}}}])",
            ],
        )

    # --- temporal

    def date(self, depth: int) -> str:
        return self._choose(
            depth,
            [
                lambda d: f'@"20{self.random.randint(20, 29)}-{self.digits(1, 12)}-{self.digits(1, 28)}"',
                lambda d: f"date(20{self.digits(20, 29)}, {self.digits(1, 12)}, {self.digits(1, 28)})",
                lambda d: "born",
            ],
            [
                lambda d: f"({self.date(d)} {self.pick('+', '-')} {self.months(0)})",
                lambda d: f'({self.date(d)} {self.pick("+", "-")} @"P{self.random.randint(1, 40)}D")',
                lambda d: f"date({self.moment(d)})",
            ],
        )

    def time(self, depth: int) -> str:
        return self._choose(
            depth,
            [lambda d: f'@"{self.digits(0, 23)}:{self.digits(0, 59)}:{self.digits(0, 59)}"'],
            [
                lambda d: f'({self.time(d)} {self.pick("+", "-")} @"PT{self.random.randint(1, 30)}H")',
                lambda d: f"time({self.random.randint(0, 23)}, {self.random.randint(0, 59)}, 0)",
            ],
        )

    def moment(self, depth: int) -> str:
        return self._choose(
            depth,
            [
                lambda d: f'@"2026-{self.digits(1, 12)}-{self.digits(1, 28)}T{self.digits(0, 23)}:30:00Z"',
                lambda d: f'date and time("2026-03-{self.digits(1, 28)}T12:00:00+01:00")',
                lambda d: "seen",
            ],
            [lambda d: f"({self.moment(d)} {self.pick('+', '-')} {self.duration(0)})"],
        )

    def utc(self, depth: int) -> str:
        """Draw a moment in UTC."""
        return f"(seen {self.pick('+', '-')} {self.duration(0)})" if depth > 0 else "seen"

    def duration(self, depth: int) -> str:
        return self._choose(
            depth,
            [
                lambda d: f'duration("PT{self.random.randint(1, 100)}H")',
                lambda d: f'@"P{self.random.randint(0, 9)}DT{self.random.randint(1, 59)}M"',
            ],
            [
                lambda d: f"({self.duration(d)} {self.pick('+', '-')} {self.duration(d)})",
                lambda d: f"({self.utc(0)} - {self.utc(d)})",
            ],
        )

    def months(self, depth: int) -> str:
        return self._choose(
            depth,
            [lambda d: f'@"P{self.random.randint(1, 3)}Y{self.random.randint(1, 11)}M"', lambda d: '@"P6M"'],
            [
                lambda d: f"({self.months(d)} {self.pick('+', '-')} {self.months(d)})",
                lambda d: (
                    f"years and months duration(date(2020, 1, 1), date({self.random.randint(2020, 2029)}, 3, 1))"
                ),
            ],
        )

    # --- unary tests

    def tests(self, depth: int) -> str:
        """Draw the tests of a number."""
        return ", ".join(self._test(depth) for _ in range(self.random.randint(1, 3)))

    def _test(self, depth: int) -> str:
        return self._choose(
            0,
            [
                lambda d: f"{self.pick('<', '<=', '>', '>=')} {self.number(0)}",
                lambda d: self.range(0),
                lambda d: self.number(0),
                lambda d: (
                    self.pick("]", "(", "[")
                    + f"{self.digits(0, 9)}..{self.digits(10, 30)}"
                    + self.pick("[", ")", "]")
                ),
            ],
            [],
        )

    def unary(self) -> tuple[str, str]:
        """Draw unary tests and an input for them."""
        kind = self.random.choice(["number", "number", "string", "date", "boolean", "duration"])
        value = self.by_type[kind](0)
        if kind == "number":
            text = self.pick(
                self.tests(1), f"not({self.tests(1)})", f"? > {self.number(0)}", "? in [1, 3]", "-"
            )
        elif kind == "string":
            names = f"{self.string(0)}, {self.string(0)}"
            text = self.pick(names, f"not({names})", f"contains(?, {self.string(0)})", self.string(1))
        elif kind == "boolean":
            text = self.pick("true", "false", "not(true)", "-")
        else:
            limit = self.by_type[kind]
            text = self.pick(
                f"> {limit(0)}", f"<= {limit(0)}", f"not(< {limit(0)})", limit(0), f"? >= {limit(0)}"
            )
        return text, value


def expressions(count: int, seed: int) -> list[str]:
    """Draw so many different expressions."""
    generator = Generator(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found.setdefault(generator.expression(3))
    return list(found)


def unary_tests(count: int, seed: int) -> list[tuple[str, str]]:
    """Draw so many different pairs of unary tests and input."""
    generator = Generator(seed)
    found: dict[tuple[str, str], None] = {}
    while len(found) < count:
        found.setdefault(generator.unary())
    return list(found)
