"""Hostile expressions end soon, in a clear refusal or an honest null."""

from __future__ import annotations

import time

import pytest

from engine.feel import FeelError, FeelLimit, FeelSyntaxError, parse, parse_unary

REFUSED = [
    "for i in 1..1000000000 return i",
    "for i in 1..1000, j in 1..1000 return i",
    "some i in 1..1000, j in 1..1000, k in 1..1000 satisfies false",
    "for i in 1..100000 return partial",
    "for i in 1..300 return concatenate(partial, partial)",
    "for i in 1..60 return [partial, partial]",
    "{double: function(n, l) if n = 0 then l = l else double(n - 1, [l, l]), r: double(50, [])}.r",
    "string(for i in 1..40 return partial)",
    "distinct values(for i in 1..20000 return i)",
    "{f: function(n) f(n), r: f(1)}",
    "(function(x) x(x))(function(x) x(x))",
    "{f: function(n) [f(n + 1), f(n + 1)], r: f(1)}",
    f'string join(for i in 1..100000 return "{"x" * 1000}")',
    'for i in @"0001-01-01"..@"9999-12-31" return i',
    'working days between(@"0001-01-01", @"9999-12-31")',
    f'matches("{"a" * 4000}!", "(a|aa)+$")',
    f'matches("a", "{"a" * 501}")',
    'matches("a", "a{1000000}")',
    'matches("a", "((a{99}){99}){99}")',
]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_work_without_measure_is_refused_within_two_seconds(text: str) -> None:
    started = time.process_time()
    with pytest.raises(FeelLimit) as caught:
        parse(text).evaluate({})
    assert time.process_time() - started < 2
    assert len(str(caught.value)) < 300


UNREADABLE = [
    "x" * 10_001,
    "(" * 101 + "1" + ")" * 101,
    "-" * 200 + "1",
    "not(" * 200 + "true" + ")" * 200,
    "1" + " + 1" * 500,
    "x" + "[1]" * 500,
    "x" + ".a" * 500,
    "if true then " * 300 + "1" + " else 2" * 300,
    "{a: " * 101 + "1" + "}" * 101,
    "x instance of " + "list<" * 101 + "number" + ">" * 101,
    "1e99999",
    "/* never closed",
    '"never closed',
]


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: text[:20])
def test_an_expression_too_long_or_too_deep_is_no_expression(text: str) -> None:
    started = time.process_time()
    with pytest.raises(FeelSyntaxError) as caught:
        parse(text)
    assert time.process_time() - started < 2
    assert len(str(caught.value)) < 500
    with pytest.raises(FeelSyntaxError):
        parse_unary(text)


HARMLESS = [
    "9 ** 9 ** 9 ** 9 ** 9",
    "10 ** 6144 * 10",
    "exp(1e30)",
    "log(0)",
    "decimal(1 / 3, 6000)",
    'duration("PT999999999999999H")',
    '@"P99999Y" * 1e300',
    "[1, 2][1e300]",
    "date(1e30, 1, 1)",
    "time(1, 1, 1e6000)",
    'matches("a", "(?R)")',
    'matches("a", "(")',
    'time("10:00:00@../../../etc/passwd")',
    f'number("{"9" * 9000}")',
]


@pytest.mark.parametrize("text", HARMLESS, ids=lambda text: text[:40])
def test_what_is_out_of_range_is_null_or_a_number(text: str) -> None:
    started = time.process_time()
    parse(text).evaluate({})
    assert time.process_time() - started < 0.5


def test_facts_that_are_too_large_are_refused_where_they_are_read() -> None:
    with pytest.raises(FeelLimit, match="the list big holds more than"):
        parse("count(big)").evaluate({"big": list(range(100_001))})


def test_a_facts_list_read_over_and_over_counts_as_work() -> None:
    with pytest.raises(FeelLimit):
        parse("for i in 1..1000 return count(big)").evaluate({"big": list(range(10_000))})


def test_facts_that_contain_themselves_are_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(FeelError):
        parse("loop = 1").evaluate({"loop": loop})


def test_a_thousand_honest_steps_are_allowed() -> None:
    assert parse("sum(for i in 1..1000 return i)").evaluate({}) == 500_500
    assert parse("count(for i in 1..300, j in 1..300 return i)").evaluate({}) == 90_000
