"""Values to and from JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.feel import (
    FeelError,
    Range,
    YearsMonths,
    feel_type,
    from_json,
    from_python,
    json_text,
    parse,
    to_json,
)
from engine.feel.exchange import names_of, read_facts

PAIRS: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (Decimal("3"), 3),
    (Decimal("3.50"), 3.5),
    (Decimal("1E+3"), 1000),
    ("a", "a"),
    (date(2026, 2, 4), "2026-02-04"),
    (time(9, tzinfo=UTC), "09:00:00Z"),
    (datetime(2026, 2, 4, 9, tzinfo=UTC), "2026-02-04T09:00:00Z"),
    (timedelta(hours=72), "P3D"),
    (timedelta(hours=30), "P1DT6H"),
    (YearsMonths(14), "P1Y2M"),
    ([Decimal(1), {"a": date(2026, 2, 4)}], [1, {"a": "2026-02-04"}]),
    (Range(Decimal(1), Decimal(5), True, False), "[1..5)"),
]


@pytest.mark.parametrize(("value", "expected"), PAIRS)
def test_a_value_becomes_json(value: object, expected: object) -> None:
    found = to_json(value)
    assert found == expected
    assert type(found) is type(expected)
    json.dumps(found)


def test_only_marked_text_becomes_a_temporal_value() -> None:
    assert from_json("2026-02-04") == "2026-02-04"
    assert from_json('@"2026-02-04"') == date(2026, 2, 4)
    assert from_json(['@"PT72H"', {"a": '@"P1Y"'}]) == [timedelta(hours=72), {"a": YearsMonths(12)}]
    assert from_json('see @"2026-02-04"') == 'see @"2026-02-04"'
    with pytest.raises(FeelError, match="is no date, time or duration"):
        from_json('@"soon"')


def test_numbers_lose_no_digit_on_their_way_through_json() -> None:
    facts = read_facts('{"x": 0.1234567890123456789012345, "y": 12345678901234567890}', "--facts")
    assert json_text(facts) == '{"x": 0.1234567890123456789012345, "y": 12345678901234567890}'
    assert json_text(parse("1 / 3").evaluate()) == "0.3333333333333333333333333333333333"
    assert json_text(["a\u0000b", Decimal("1.10")]) == '["a\\u0000b", 1.10]'


def test_indented_json_reads_back_the_same() -> None:
    value = {"a": [Decimal(1), {}, [], {"b": "x"}], "c": None}
    assert json_text(value, indent=2) == json.dumps(to_json(value), indent=2)


def test_a_dotted_key_makes_contexts_and_stays_a_key() -> None:
    facts = read_facts('{"child.age": 14, "child.name": "Ann", "child": {"x": 1}}', "--facts")
    assert facts["child"] == {"x": 1, "age": 14, "name": "Ann"}
    assert facts["child.age"] == 14
    with pytest.raises(FeelError, match="lies inside child, which is no object"):
        read_facts('{"child": 1, "child.age": 14}', "--facts")


@pytest.mark.parametrize("text", ["", "[1]", "{", "nonsense", '{"x": NaN}', "[" * 100_000])
def test_what_is_no_json_object_is_refused_with_its_source(text: str) -> None:
    with pytest.raises(FeelError, match="^--facts "):
        read_facts(text, "--facts")


def test_python_values_become_feel_values_all_the_way_down() -> None:
    assert from_python({"a": (1, 2.5, {"b": True})}) == {"a": [Decimal(1), Decimal("2.5"), {"b": True}]}
    assert from_python(float("nan")) is None
    with pytest.raises(TypeError, match="value holds a object"):
        from_python(object())


def test_the_keys_of_all_contexts_are_names() -> None:
    assert names_of({"a b": [{"c d": 1}], "e": {"f": None}}) == {"a b", "c d", "e", "f"}


def test_every_value_has_a_type() -> None:
    texts = {
        "1": "number",
        '"a"': "string",
        "true": "boolean",
        "null": "Null",
        '@"2026-02-04"': "date",
        '@"10:00:00"': "time",
        '@"2026-02-04T10:00:00"': "date and time",
        '@"PT1H"': "days and time duration",
        '@"P1Y"': "years and months duration",
        "[]": "list",
        "{}": "context",
        "[1..2]": "range",
        "function(x) x": "function",
    }
    assert {text: feel_type(parse(text).evaluate()) for text in texts} == texts
