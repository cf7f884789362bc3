"""The short way through cells gives what the evaluator gives."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import feel
from engine.dmn.cells import short_read, short_test
from engine.feel.run import Environment, Run

numbers = st.decimals(min_value=-5, max_value=5, places=1).map(lambda number: number + 0)
strings = st.sampled_from(["", "a", "b", "low", "high"])
values = st.one_of(
    numbers,
    strings,
    st.booleans(),
    st.none(),
    st.integers(-5, 5),
    st.just(date(2026, 1, 1)),
    st.just(timedelta(hours=3)),
    st.lists(st.one_of(numbers, strings), max_size=2),
    st.just({"a": 1}),
)
number_texts = numbers.map(str)
constants = st.one_of(
    strings.map(lambda text: f'"{text}"'), number_texts, st.sampled_from(["true", "false", "null"])
)
tests = st.one_of(
    constants,
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), constants).map(" ".join),
    st.tuples(st.sampled_from("[]("), number_texts, number_texts, st.sampled_from("[])")).map(
        lambda parts: f"{parts[0]}{parts[1]}..{parts[2]}{parts[3]}"
    ),
)
cells = st.tuples(st.lists(tests, min_size=1, max_size=3).map(", ".join), st.booleans()).map(
    lambda parts: f"not({parts[0]})" if parts[1] else parts[0]
)


@given(cell=cells, value=values)
def test_a_cell_by_the_short_way_passes_what_the_evaluator_passes(cell: str, value: Any) -> None:
    test = feel.parse_unary(cell)
    assert short_test(test)(value, {}, Run(Environment(), None)) is test.test(value, {})


@given(value=values, text=st.sampled_from(["a", "a.b", "c", "a.c"]))
def test_a_column_by_the_short_way_reads_what_the_evaluator_reads(value: Any, text: str) -> None:
    expression = feel.parse(text)
    for facts in ({"a": value}, {"a": {"b": value}}, {"a": None}, {}):
        short = short_read(expression)(facts, Run(Environment(), None))
        assert type(short) is type(expression.evaluate(facts))
        assert feel.equal(short, expression.evaluate(facts)) is not False


@pytest.mark.parametrize("facts", [{"a": feel.UNKNOWN}, {"a": {"b": feel.UNKNOWN}}])
def test_the_short_way_stops_at_an_unknown_fact(facts: Any) -> None:
    with pytest.raises(feel.UnknownFact):
        short_read(feel.parse("a.b" if isinstance(facts["a"], dict) else "a"))(
            facts, Run(Environment(), None)
        )


def test_the_short_way_is_taken_where_it_leads() -> None:
    untouched = feel.parse_unary('"low", "medium"')
    object.__setattr__(untouched, "_code", None)
    assert short_test(untouched)("low", {}, Run(Environment(), None)) is True
    bounded = feel.parse_unary("[1..3]")
    object.__setattr__(bounded, "_code", None)
    assert short_test(bounded)(Decimal(2), {}, Run(Environment(), None)) is True


def test_a_cell_of_two_classes_whose_values_are_equal_in_python_takes_the_long_way() -> None:
    test = feel.parse_unary("false, 0")
    for value in (True, False, Decimal(0), Decimal(1)):
        assert short_test(test)(value, {}, Run(Environment(), None)) is test.test(value, {})
