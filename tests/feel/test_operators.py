"""What operators mean on every pair of types, ternary logic, and unary tests."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest

from engine.feel import UNKNOWN, UnknownFact, equal, parse, parse_unary
from engine.feel.values import YearsMonths

from .asking import passes, same, value, warnings_of

SAMPLES = {
    "number": "1",
    "string": '"a"',
    "boolean": "true",
    "null": "null",
    "date": '@"2026-02-04"',
    "time": '@"10:00:00"',
    "moment": '@"2026-02-04T10:00:00Z"',
    "duration": '@"PT1H"',
    "months": '@"P1M"',
    "list": "[1]",
    "context": "{a: 1}",
    "range": "[1..2]",
    "function": "(function(x) x)",
}
DEFINED = {
    "+": {
        ("number", "number"),
        ("string", "string"),
        ("duration", "duration"),
        ("months", "months"),
        ("date", "duration"),
        ("duration", "date"),
        ("date", "months"),
        ("months", "date"),
        ("time", "duration"),
        ("duration", "time"),
        ("moment", "duration"),
        ("duration", "moment"),
        ("moment", "months"),
        ("months", "moment"),
    },
    "-": {
        ("number", "number"),
        ("duration", "duration"),
        ("months", "months"),
        ("date", "date"),
        ("date", "moment"),
        ("moment", "date"),
        ("moment", "moment"),
        ("time", "time"),
        ("date", "duration"),
        ("date", "months"),
        ("time", "duration"),
        ("moment", "duration"),
        ("moment", "months"),
    },
    "*": {
        ("number", "number"),
        ("duration", "number"),
        ("number", "duration"),
        ("months", "number"),
        ("number", "months"),
    },
    "/": {
        ("number", "number"),
        ("duration", "number"),
        ("months", "number"),
        ("duration", "duration"),
        ("months", "months"),
    },
    "**": {("number", "number")},
}
ORDERED = {(kind, kind) for kind in ("number", "string", "date", "time", "moment", "duration", "months")}


@pytest.mark.parametrize("operator", sorted(DEFINED))
def test_arithmetic_is_defined_on_just_the_pairs_of_the_standard(operator: str) -> None:
    for left, right in product(SAMPLES, SAMPLES):
        text = f"{SAMPLES[left]} {operator} {SAMPLES[right]}"
        defined = (left, right) in DEFINED[operator]
        assert (value(text) is not None) is defined, text
        assert bool(warnings_of(text)) is not defined, text


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
def test_order_is_defined_on_just_the_pairs_of_the_standard(operator: str) -> None:
    for left, right in product(SAMPLES, SAMPLES):
        text = f"{SAMPLES[left]} {operator} {SAMPLES[right]}"
        assert (value(text) is not None) is ((left, right) in ORDERED), text


def test_unlike_types_are_neither_equal_nor_different() -> None:
    for left, right in product(SAMPLES, SAMPLES):
        answer = value(f"{SAMPLES[left]} = {SAMPLES[right]}")
        opposite = value(f"{SAMPLES[left]} != {SAMPLES[right]}")
        if "null" in (left, right):
            assert answer is (left == right)
        elif left != right:
            assert answer is None
            assert opposite is None
        elif left != "function":
            assert answer is True
            assert opposite is False


VALUES = [
    ("0.1 + 0.2", "0.3"),
    ("1 / 3 * 3", "0.9999999999999999999999999999999999"),
    ("10 / 0", "null"),
    ("2 ** -1", "0.5"),
    ("0 ** 0", "1"),
    ("(-8) ** 0.5", "null"),
    ("1e6144 * 10", "null"),
    ('@"P1D" * 1.5', '@"PT36H"'),
    ('@"P1Y1M" * 2', '@"P2Y2M"'),
    ('@"P1Y" / 5', '@"P2M"'),
    ('@"P1D" / @"PT6H"', "4"),
    ('@"P1D" / 0', "null"),
    ('-@"P1Y"', '@"-P1Y"'),
    ("[1, [2]] = [1, [2]]", "true"),
    ("[1] = [2]", "false"),
    ("{a: 1, b: 2} = {b: 2, a: 1}", "true"),
    ("{a: 1} = {a: 1, b: null}", "false"),
    ("[1..2] = [1..2]", "true"),
    ("[1..2] = [1..2)", "false"),
    ('@"2026-02-04T10:00:00Z" = @"2026-02-04T11:00:00+01:00"', "true"),
    ('@"10:00:00Z" = @"11:00:00+01:00"', "true"),
    ('@"2026-02-04T10:00:00" < @"2026-02-04T10:00:00Z"', "null"),
    ('"B" < "a"', "true"),
    ("1 between null and 2", "null"),
    ("3 between 1 and 2", "false"),
    ("1 in null", "false"),
    ("null in null", "true"),
    ("5 in (null..10]", "null"),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_an_operator_has_its_value(text: str, expected: str) -> None:
    assert same(text, expected), value(text)


TRUTH = {"true": True, "false": False, "null": None, "1": None}


@pytest.mark.parametrize(("left", "right"), list(product(TRUTH, TRUTH)))
def test_and_and_or_follow_the_ternary_table(left: str, right: str) -> None:
    """DMN 1.3, table 50; what is not boolean counts as null."""
    a, b = TRUTH[left], TRUTH[right]
    conjunction = False if False in (a, b) else True if a is b is True else None
    disjunction = True if True in (a, b) else False if a is b is False else None
    assert value(f"{left} and {right}") is conjunction
    assert value(f"{left} or {right}") is disjunction


def test_quantifiers_join_like_and_and_or() -> None:
    assert value("some x in [null, true] satisfies x") is True
    assert value("some x in [null, false] satisfies x") is None
    assert value("every x in [null, false] satisfies x") is False
    assert value("every x in [null, true] satisfies x") is None


def test_a_warning_tells_why_a_value_is_null() -> None:
    assert warnings_of('1 + "a"') == ["number + string is not defined"]
    assert warnings_of("1 / 0") == ["a number is divided by zero"]
    assert warnings_of('1 < "a"') == ["a number and a string cannot be compared by <"]
    assert warnings_of("substring(1, 2)") == ["substring: string must be a string, not a number"]
    assert warnings_of("count()") == ["count: these arguments do not fit it"]
    assert warnings_of('@"2026-02-30"') == ['@"2026-02-30" is no date, time or duration']
    assert warnings_of("x(1)", {"x": 3}) == ["x is no function"]


def test_python_numbers_in_the_facts_are_exact_numbers() -> None:
    assert parse("x / 4").evaluate({"x": 1}) == Decimal("0.25")
    assert parse("x + y").evaluate({"x": 0.1, "y": 0.2}) == Decimal("0.3")
    assert parse("x ** -1").evaluate({"x": 2}) == Decimal("0.5")
    assert parse("sum(list)").evaluate({"list": (1, 2)}) == 3
    assert parse("a.b[1].c / 2").evaluate({"a": {"b": [{"c": 1}]}}) == Decimal("0.5")
    assert parse("flag and x").evaluate({"flag": True, "x": 1}) is None


def test_equal_compares_values_of_facts() -> None:
    assert equal([1, {"a": 1.0}], [Decimal(1), {"a": Decimal(1)}]) is True
    assert equal(YearsMonths(12), YearsMonths(12)) is True


UNARY = [
    ("-", 1, True),
    ("", None, True),
    ("3", 3, True),
    ("3", 4, False),
    ("< 3", 2, True),
    ("< 3", 3, False),
    (">= 3, < 1", 0, True),
    ("!= 3", 4, True),
    ("= 3", 3, True),
    ("[24..72)", 24, True),
    ("[24..72)", 72, False),
    ("]24..72[", 24, False),
    ("(24..72]", 72, True),
    ('("b".."d"]', "b", False),
    ('["b".."d")', "d", False),
    ('["b".."d"]', "b", True),
    ('"low", "medium"', "medium", True),
    ('not("low", "medium")', "medium", False),
    ('not("low", "medium")', "high", True),
    ("not(< 3)", 3, True),
    ("not([1..2], 5)", 5, False),
    ("true", True, True),
    ("true", False, False),
    ("false", False, True),
    ("not(true)", False, True),
    ("not(true)", True, False),
    ("? > 3", 4, True),
    ("? > 3 and ? < 5", 4, True),
    ("? = 3 or ? = 5", 5, True),
    ("not(? > 3)", 4, False),
    ("not(? > 3) and ? > 1", 2, True),
    ('contains(?, "x")', "axb", True),
    ('starts with(?, "x"), ends with(?, "b")', "axb", True),
    ("? in [1, 2]", 2, True),
    ("[1, 2]", 2, True),
    ("[1, 2], 5", 5, True),
    ("null", None, True),
    ("null", 1, False),
    ("not(null)", 1, True),
    ("not(null)", None, False),
    ("limit", 3, True),
    ("> limit", 4, True),
    ("limits", 7, True),
    ("limit + 1", 4, True),
    ("count(?) > 1", [1, 2], True),
    ("some x in ? satisfies x > 1", [1, 2], True),
    ('"a"', 1, None),
    ("< 3", None, None),
    ("not(< 3)", None, None),
    ('@"2026-02-04"', None, False),
]


@pytest.mark.parametrize(("cell", "given", "expected"), UNARY)
def test_a_cell_passes_what_it_should(cell: str, given: object, expected: bool | None) -> None:
    assert passes(cell, given, {"limit": 3, "limits": [5, 7]}) is expected


def test_a_dash_does_not_read_its_input() -> None:
    assert parse_unary("-").test(UNKNOWN) is True
    assert parse_unary("-").is_any
    with pytest.raises(UnknownFact):
        parse_unary("< 3").test(UNKNOWN)


def test_a_test_stops_at_the_first_that_holds() -> None:
    cell = parse_unary("< 3, > limit")
    assert cell.test(1, {"limit": UNKNOWN}) is True
    with pytest.raises(UnknownFact, match="limit"):
        cell.test(5, {"limit": UNKNOWN})


def test_a_question_mark_is_the_input_in_nested_scopes_too() -> None:
    assert passes("some x in [1, 2] satisfies x = ?", 2) is True
    assert passes("count([1, 2, 3][item > ?]) = 1", 2) is True
