"""Every construct of the grammar: what it means, and what is said of text that is none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.feel import FeelSyntaxError, Function, Range, parse, parse_unary
from engine.feel.parser import MAX_DEPTH

from .asking import same, value, warnings_of

CONSTRUCTS = [
    # literals
    ("1.50", "1.5"),
    (".5", "0.5"),
    ("1.2e2", "120"),
    (r'"a\"b\\c\n\u0041\U01F40E"', '"a" + "\\"" + "b" + "\\\\" + "c\\n" + "A🐎"'),
    (r'"\uD83D\uDC0E"', '"🐎"'),
    ('@"2026-02-04"', "date(2026, 2, 4)"),
    ('@"PT72H"', 'duration("P3D")'),
    ("=1 + 1", "2"),
    ("1 /* one */ + // and\n 2", "3"),
    # arithmetic
    ("1 + 2 * 3", "7"),
    ("(1 + 2) * 3", "9"),
    ("10 - 4 - 3", "3"),
    ("2 ** 3 ** 2", "64"),
    ("-3 ** 2", "9"),
    ("--3", "3"),
    ("1 - -1", "2"),
    ('"a" + "b"', '"ab"'),
    ("1 / 4", "0.25"),
    # comparison
    ("1 < 2", "true"),
    ("2 between 1 and 3", "true"),
    ("2 between 1 and 3 and false", "false"),
    ("1 = 1 = true", "true"),
    ("2 in [1..3]", "true"),
    ("2 in (1..2)", "false"),
    ("2 in ]1..2]", "true"),
    ("2 in [1..2[", "false"),
    ("2 in (1, 2)", "true"),
    ("2 in (< 1, > 1)", "true"),
    ("2 in >= 2", "true"),
    ("2 in [1, 2]", "true"),
    ("2 in ([0..1], [2..3])", "true"),
    ("5 in (< 6)", "true"),
    ("5 in (!= 5)", "false"),
    ("1 instance of number", "true"),
    ('@"P1D" instance of days and time duration', "true"),
    ('@"P1Y" instance of years and months duration', "true"),
    ('@"2026-01-01T00:00:00" instance of date and time', "true"),
    ("[1, 2] instance of list<number>", "true"),
    ('[1, "a"] instance of list<number>', "false"),
    ('{a: 1, b: "x"} instance of context<a: number, b: string>', "true"),
    ("{a: 1} instance of context<a: number, b: string>", "false"),
    ("[1..2] instance of range<number>", "true"),
    ("(function(x) x) instance of function<number> -> number", "true"),
    ("null instance of number", "false"),
    # logic and control
    ("true and false or true", "true"),
    ("true or false and false", "true"),
    ("if 1 > 2 then 3 else 4", "4"),
    ("if null then 3 else 4", "4"),
    ("1 + if true then 1 else 2 + 3", "2"),
    ("for x in [1, 2] return x * 2", "[2, 4]"),
    ("for x in [1, 2], y in [x, 10] return x + y", "[2, 11, 4, 12]"),
    ("for i in 1..3 return i", "[1, 2, 3]"),
    ("for i in 3..1 return i", "[3, 2, 1]"),
    ("for i in [1..3) return i", "[1, 2]"),
    ('for d in @"2026-01-30"..@"2026-02-01" return d.day', "[30, 31, 1]"),
    ("for i in 1..4 return if i = 1 then 1 else partial[-1] * i", "[1, 2, 6, 24]"),
    ("for i in [1, 2] return for j in [i, i + 1] return j", "[[1, 2], [2, 3]]"),
    ("some x in [1, 2] satisfies x > 1", "true"),
    ("every x in [1, 2] satisfies x > 1", "false"),
    ("some x in [1, 2], y in [2, 3] satisfies x > y", "false"),
    ("every x in [] satisfies false", "true"),
    # lists, filters, paths
    ("[1, 2, 3][2]", "2"),
    ("[1, 2, 3][-1]", "3"),
    ("[1, 2, 3][item >= 2]", "[2, 3]"),
    ("[{a: 1}, {a: 2}][a = 2]", "[{a: 2}]"),
    ("[{a: 1}, {a: 2}][a = 2].a", "[2]"),
    ("[{a: 1}, {b: 2}].a", "[1, null]"),
    ("[{x: 1}, {x: 2}][item.x = 1]", "[{x: 1}]"),
    ("[[1, 2], [3]][1][2]", "2"),
    ("5[1]", "5"),
    ("5[item > 9]", "[]"),
    ("[1, 2][true]", "[1, 2]"),
    ("{a: {b: {c: 1}}}.a.b.c", "1"),
    ('{"quoted key": 1}.quoted key', "1"),
    ("[1, [2, [3]]]", "[1, [2, [3]]]"),
    # contexts and functions
    ("{a: 1, b: a + 1}.b", "2"),
    ("{a b: 1, c: a b + 1}.c", "2"),
    ("{a: 1, inner: {b: a + 1}}.inner.b", "2"),
    ("(function(x, y) x + y)(1, 2)", "3"),
    ("(function(x: number) x * 2)(4)", "8"),
    ("(function(first one, second) first one - second)(second: 1, first one: 3)", "2"),
    ("{twice: function(n) n * 2, four: twice(2)}.four", "4"),
    ("{sum up: function(n) if n = 0 then 0 else n + sum up(n - 1), r: sum up(4)}.r", "10"),
    ('substring(start position: 2, string: "abc")', '"bc"'),
    ("count([1, 2])", "2"),
    # properties
    ('@"2026-02-04".year', "2026"),
    ('@"2026-02-04".weekday', "3"),
    ('@"2026-02-04T09:10:11+01:00".time offset', '@"PT1H"'),
    ('@"2026-07-04T09:10:11@Europe/London".time offset', '@"PT1H"'),
    ('@"2026-07-04T09:10:11@Europe/London".timezone', '"Europe/London"'),
    ('@"09:10:11".minute', "10"),
    ('@"P1DT2H3M4S".hours', "2"),
    ('@"-P1DT2H".days', "-1"),
    ('@"P1Y2M".months', "2"),
    ("[1..5).end", "5"),
    ("[1..5).end included", "false"),
    ("(< 5).start", "null"),
]


@pytest.mark.parametrize(("text", "expected"), CONSTRUCTS)
def test_a_construct_has_its_value(text: str, expected: str) -> None:
    assert same(text, expected), value(text)


def test_names_may_hold_spaces_and_operators_where_the_context_knows_them() -> None:
    facts = {"Monthly Salary": 100, "a+b": 5, "Monthly": 1, "don't know": True, "x": {"full name": "Ann"}}
    assert value("Monthly Salary * 12", facts) == 1200
    assert value("Monthly   Salary", facts) == 100
    assert value("Monthly + 1", facts) == 2
    assert value("a + b", facts) == 5
    assert value("don't know", facts) is True
    assert value("x.full name", facts) == "Ann"


def test_the_longest_known_name_wins() -> None:
    assert value("a b c", {"a": 1, "a b": 2, "a b c": 3}) == 3
    assert value("[a b, 1]", {"a": 1, "a b": 2, "a b c": 3}) == [2, 1]


def test_the_longest_name_wins_wherever_it_was_declared() -> None:
    assert value("{a b: 1, x: a b c}.x", {"a b c": 3}) == 3
    assert value("{a b c: 3, x: a b c}.x", {"a b": 1}) == 3


def test_a_known_name_may_end_before_a_keyword() -> None:
    assert value("if risk level = 1 then child age else 0", {"risk level": 1, "child age": 14}) == 14
    assert value("for one item in all items return one item + 1", {"all items": [1, 2]}) == [2, 3]


def test_names_given_as_dotted_paths_count_by_their_segments() -> None:
    expression = parse("child.legal status", frozenset({"child.legal status"}))
    assert expression.names == {"child.legal status"}
    assert expression.evaluate({"child": {"legal status": "none"}}) == "none"


def test_a_dot_that_cannot_begin_a_segment_belongs_to_the_name() -> None:
    assert value("Grade 2.1 + 1", {"Grade 2.1": 4}) == 5


def test_a_keyword_may_begin_a_path() -> None:
    assert value("return.returned_at + 1", {"return": {"returned_at": 1}}) == 2
    assert value("for x in [1] return return.returned_at", {"return": {"returned_at": 1}}) == [1]


def test_a_path_may_use_any_word_as_a_name() -> None:
    assert value("x.in + x.date + x.if", {"x": {"in": 1, "date": 2, "if": 3}}) == 6


def test_a_variable_of_the_name_of_a_builtin_does_not_hide_it() -> None:
    assert value("date(date).year", {"date": "2026-02-04"}) == 2026


def test_a_builtin_can_be_passed_as_a_function() -> None:
    assert value("sort([3, 1], before)") == [1, 3]
    assert isinstance(value("count"), Function)


def test_a_local_name_hides_the_context_and_an_item_hides_both() -> None:
    assert value("for a in [1] return a", {"a": 9}) == [1]
    assert value("for a in [9] return [{a: 1}, {a: 2}][a = 2].a", {"a": 7}) == [[2]]
    assert value("[{b: 1}, {b: 2}][b = a].b", {"a": 2}) == [2]


def test_ranges_are_values() -> None:
    assert value("[1..2)") == Range(Decimal(1), Decimal(2), True, False)
    assert value("[a..b]", {"a": 1, "b": 2}) == Range(Decimal(1), Decimal(2))
    assert value("{r: [1..5]}.r.start") == 1
    assert value("[2..1]") is None


def test_an_undefined_name_is_null_with_a_warning() -> None:
    assert value("nobody") is None
    assert warnings_of("nobody") == ["nothing is named nobody"]
    assert warnings_of("a.b", {"a": {"c": 1}}) == ["a.b: the context has no entry b"]


def test_names_lists_what_an_expression_reads() -> None:
    read = parse(
        "child.age > 3 and count(earlier[kind = limit and e.x > 1]) > n and (for i in list return i + k) = [] "
        "and {a: 1, b: a + z}.b = 2 and (function(q) q + w)(1) > 0 and now > start and is known(known.fact)"
    )
    assert read.names == {"child.age", "earlier", "e.x", "n", "list", "k", "z", "w", "start", "known.fact"}
    assert read.item_names == {"kind", "limit"}
    assert read.functions >= {"count"}
    assert parse("for i in 1..3 return partial[-1] + item").names == {"item"}
    assert parse_unary("? > a, < b.c").names == {"a", "b.c"}


ERRORS = [
    ("", 1, "empty"),
    ("   ", 1, "empty"),
    ("1 +", 4, "end of the expression is not expected"),
    ("1 2", 3, "an operator is missing before 2"),
    ("(1", 1, "bracket ( is never closed"),
    ("1)", 2, "was never opened"),
    ("[1)", 3, "cannot be closed by )"),
    ('"abc', 1, "string is never closed"),
    ("foo bar", 5, "“foo bar” is a name that nothing defines"),
    ("then 1", 1, "a value is expected here, not the word then"),
    ("if 1 then 2", 12, "else"),
    ("for x return 1", 5, "a variable name and the word in"),
    ("1 # 2", 3, "# has no meaning here"),
    ("{a: 1, a: 2}", 13, "stands twice"),
    ("f(a: 1, a: 2)", 14, "named twice"),
    ("x instance of", 14, "name of a type is expected"),
    ("x instance of list<number", 26, "never closed with >"),
    ("is known(1 + 1)", 16, "is known takes the name of one fact"),
    ("a ==b", 4, "= is not expected"),
    ("1e9999", 7, "larger than any number"),
    (r'"\UFFFFFF"', 2, "is no character"),
]


@pytest.mark.parametrize(("text", "column", "message"), ERRORS)
def test_a_syntax_error_says_where_and_what(text: str, column: int, message: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        parse(text)
    assert message in caught.value.problem
    assert caught.value.column == column


def test_a_caret_shows_the_place_on_its_line() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        parse("1 +\n  2 3")
    assert caught.value.caret() == "  2 3\n    ^"


def test_what_is_not_python_stays_text() -> None:
    """No expression reaches Python: neither its names nor its attributes."""
    assert value("__import__") is None
    assert value("x.__class__", {"x": "a"}) is None
    assert value('@"2026-01-01".max') is None


def test_a_long_chain_is_wide_and_not_deep() -> None:
    assert value(" and ".join(["true"] * 1000)) is True
    assert value("+".join(["1"] * (MAX_DEPTH - 1))) == MAX_DEPTH - 1
