"""Laws that hold for every expression: printing and reading, ternary logic, order, and no surprises."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import FeelError, boundaries, explain, parse, parse_unary, to_json, tree
from engine.feel.exchange import from_json, names_of
from engine.feel.printer import quote, to_text
from engine.feel.temporal import parse_any, write_date_and_time, write_duration
from engine.feel.values import YearsMonths

from .generate import CONTEXT, expressions, unary_tests

FACTS = from_json(CONTEXT)
NAMES = names_of(FACTS)

truths = st.sampled_from(["true", "false", "null"])
numbers = st.decimals(min_value=-1000, max_value=1000, places=2, allow_nan=False).map(lambda n: f"{n:f}")
words = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)


def value(text: str) -> object:
    return parse(text).evaluate()


def test_a_tree_printed_and_read_again_is_the_same_tree() -> None:
    for text in expressions(1500, 3):
        read = parse(text, NAMES).tree
        assert parse(to_text(read), NAMES).tree == read, text
    for cell, _ in unary_tests(500, 3):
        tests = parse_unary(cell, NAMES).tree
        assert parse_unary(to_text(tests), NAMES).tree == tests, cell


def test_constructs_the_draw_leaves_out_are_printed_rightly_too() -> None:
    for text in (
        "function(a, b: list<number>) external {x: 1}",
        "(function(x) x)(1)",
        "f(a: 1, b: 2)",
        "(1 + 2) * 3 - -4 ** 2",
        "-(1 + 2)",
        "(if a then b else c) + 1",
        "if a then b else c + 1",
        "(a or b) and c",
        "not(a and b)",
        "x in (< 3, [1..2])",
        "x in (a in b)",
        "(1).year",
        "(< 5)",
        "]1..2[",
        "x instance of context<a: number, b: list<string>>",
        "x instance of function<number, string> -> date and time",
        "every x in a, y in 1..3 satisfies x = y",
        r'"a\"\\\n"',
        "is known(a.b)",
        '{a: 1, "b c": 2}',
        "a[1].b[x > 2]",
        "(for x in a return x)[1]",
        "a between (b and c) and d",
        "(a = b) = c",
        "a = (b = c)",
    ):
        read = parse(text).tree
        assert parse(to_text(read)).tree == read, to_text(read)


@given(words)
def test_any_string_can_be_quoted_and_read(text: str) -> None:
    assert value(quote(text)) == text


@given(truths, truths, truths)
def test_ternary_logic_keeps_its_laws(a: str, b: str, c: str) -> None:
    assert value(f"{a} and {b}") is value(f"{b} and {a}")
    assert value(f"{a} or {b}") is value(f"{b} or {a}")
    assert value(f"({a} and {b}) and {c}") is value(f"{a} and ({b} and {c})")
    assert value(f"not({a} and {b})") is value(f"not({a}) or not({b})")
    assert value(f"{a} and ({b} or {c})") is value(f"{a} and {b} or {a} and {c}")
    assert value(f"not(not({a}))") is value(a)


@given(numbers, numbers, numbers)
def test_numbers_are_ordered_and_ranges_hold_what_lies_between(a: str, b: str, c: str) -> None:
    assert value(f"{a} < {b}") is value(f"{b} > {a}")
    assert value(f"{a} <= {b}") is value(f"not({a} > {b})")
    assert value(f"{a} between {b} and {c}") is value(f"{a} >= {b} and {a} <= {c}")
    low, high = sorted((b, c), key=Decimal)
    assert value(f"{a} in [{low}..{high}]") is value(f"{a} between {low} and {high}")
    assert value(f"{a} in ({low}..{high})") is value(f"{a} > {low} and {a} < {high}")
    assert value(f"{a} in ({b}, {c})") is value(f"{a} = {b} or {a} = {c}")


@given(numbers, numbers)
def test_a_cell_and_its_negation_are_opposites(limit: str, given_: str) -> None:
    number = Decimal(given_)
    for cell in (f"< {limit}", f"{limit}", f"[{limit}..{limit}]", f"? > {limit}"):
        assert parse_unary(f"not({cell})").test(number) is not parse_unary(cell).test(number)


@given(st.lists(st.integers(min_value=-50, max_value=50), min_size=1, max_size=12))
def test_list_functions_agree_with_each_other(items: list[int]) -> None:
    facts = {"x": items}
    assert parse("count(x) * mean(x)").evaluate(facts) - sum(items) < Decimal("1e-20")
    assert parse("sort(x)[1] = min(x) and sort(x)[-1] = max(x)").evaluate(facts) is True
    assert parse("reverse(reverse(x)) = x").evaluate(facts) is True
    assert parse("every e in x satisfies list contains(x, e)").evaluate(facts) is True
    assert parse("concatenate(x[item < 0], x[item >= 0]) != null").evaluate(facts) is True
    assert parse("count(x[item < 0]) + count(x[item >= 0]) = count(x)").evaluate(facts) is True
    assert parse("union(x, x) = distinct values(x)").evaluate(facts) is True


@given(st.timedeltas(min_value=timedelta(days=-9999), max_value=timedelta(days=9999)))
def test_a_duration_written_and_read_is_the_same(duration: timedelta) -> None:
    assert parse_any(write_duration(duration)) == duration


@given(st.integers(min_value=-10_000, max_value=10_000))
def test_a_number_of_months_written_and_read_is_the_same(months: int) -> None:
    assert parse_any(write_duration(YearsMonths(months))) == YearsMonths(months)


@given(st.datetimes(), st.integers(min_value=-(10**6), max_value=10**6))
def test_adding_and_subtracting_a_duration_undo_each_other(moment: object, minutes: int) -> None:
    facts = {"m": moment, "d": timedelta(minutes=minutes)}
    there = parse("m + d").evaluate(facts)
    if there is not None:
        assert parse("m + d - d = m").evaluate(facts) is True
        assert parse("(m + d) - m = d").evaluate(facts) is True
        assert parse_any(write_date_and_time(there)) == there


@settings(max_examples=300)
@given(st.text(alphabet='01ab .,:()[]{}<>=!?+-*/"@ifnotrued\n', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        expression = parse(text)
        to_json(expression.evaluate({"a": 1, "b": [1]}))
        explain(expression)
        boundaries(expression)
    except FeelError:
        pass


def test_damaged_expressions_are_read_or_refused() -> None:
    """Whatever is cut out of a good expression or put into it, the only errors are those of the language."""
    chance = random.Random(9)
    pieces = [
        *"()[]{}.,:?-<>=",
        "..",
        "**",
        "and",
        "or",
        "not",
        "in",
        "if",
        "then",
        "else",
        "for",
        "return",
        "null",
    ]
    for text in expressions(400, 5):
        for _ in range(3):
            at = chance.randrange(len(text))
            damaged = (
                text[:at]
                + chance.choice(["", f" {chance.choice(pieces)} "])
                + text[at + chance.randint(0, 2) :]
            )
            try:
                expression = parse(damaged, NAMES)
                expression.evaluate(FACTS)
                assert parse(to_text(expression.tree), NAMES).tree == expression.tree
            except FeelError:
                continue


def test_evaluation_leaves_its_facts_as_they_were() -> None:
    before = from_json(CONTEXT)
    for text in expressions(300, 13):
        parse(text, NAMES).evaluate(FACTS)
    assert before == FACTS


def test_every_kind_of_node_can_be_printed_and_walked() -> None:
    text = "if some x in [1..n] satisfies x in (< 3, 5) then {a: -n ** 2}.a else (function(q: number) q)(1)[item = 1]"
    node = parse(text).tree
    seen = {type(node)}
    waiting = [node]
    while waiting:
        for part in tree.children(waiting.pop()):
            seen.add(type(part))
            waiting.append(part)
    assert seen >= {
        tree.If,
        tree.Quantified,
        tree.Iteration,
        tree.RangeOf,
        tree.In,
        tree.CompareTest,
        tree.FunctionOf,
    }
