"""Holding an expression against others while it is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from engine.feel import UNKNOWN, Expression, UnknownFact, beside, parse


def told(own: Expression, others: Mapping[int, str], *contexts: Mapping[str, Any]) -> list[int]:
    found: list[int] = []
    with beside(own, {key: parse(text) for key, text in others.items()}, found.append):
        for context in contexts:
            own.evaluate(context)
    return found


def test_others_are_told_where_they_give_another_value_or_type() -> None:
    others = {1: "a > 4", 2: "a >= 3", 3: "not(a < 3)", 4: '"true"', 5: "null"}
    assert told(parse("a > 3"), others, {"a": Decimal(3)}) == [2, 3, 4, 5]
    assert told(parse("a > 3"), others, {"a": Decimal(4)}) == [1, 4, 5]


def test_the_expression_answers_for_itself_and_is_as_before_afterwards() -> None:
    own = parse("a + 1")
    before = own.__dict__["_code"]
    with beside(own, {1: parse("a + 2")}, lambda key: None):
        assert own.evaluate({"a": Decimal(1)}) == 2
    assert own.__dict__["_code"] is before


def test_a_fact_that_only_one_of_them_needs_is_a_difference() -> None:
    own = parse("a = 1 and b = 2")
    found: list[int] = []
    with beside(own, {1: parse("a = 1 or b = 2"), 2: parse("b = 2")}, found.append):
        with pytest.raises(UnknownFact):
            own.evaluate({"a": Decimal(1), "b": UNKNOWN})
    assert found == [1]
