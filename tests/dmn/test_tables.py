"""Decision tables: what their cells read, what they make of values, and what they leave unread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine import feel
from engine.dmn import DecisionError, NoRuleMatches, ValueNotAllowed
from tests.dmn.models import asked, decision, dmn, of_file, read, table

CHILD = {
    "episode": {"category": "missing", "hours_missing": Decimal(9), "risk": "low"},
    "child": {"legal_status": "none", "age": Decimal(15), "exploitation_suspected": False},
}


def facts(**changes: Any) -> dict[str, Any]:
    """Return the facts of a child with some changed: `episode__risk="high"`."""
    changed = {group: dict(entries) for group, entries in CHILD.items()}
    for path, value in changes.items():
        group, entry = path.split("__")
        changed[group][entry] = value
    return changed


def route(**changes: Any) -> Any:
    return (
        of_file("screening.dmn").decide("Screening", facts(**changes), strict=True).value["screening.route"]
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "support worker"),
        ({"episode__hours_missing": Decimal("7.99")}, "support worker"),
        ({"episode__hours_missing": Decimal(8), "episode__risk": "medium"}, "social worker"),
        ({"episode__hours_missing": Decimal(24)}, "social worker"),
        ({"child__age": Decimal(10)}, "strategy discussion"),
        ({"child__age": Decimal(11)}, "support worker"),
        ({"child__legal_status": "looked after"}, "social worker"),
        ({"child__legal_status": "looked after", "episode__risk": "high"}, "strategy discussion"),
        (
            {"child__legal_status": "looked after", "episode__hours_missing": Decimal(24)},
            "strategy discussion",
        ),
        ({"episode__category": "absent"}, "no action"),
    ],
)
def test_a_table_of_six_inputs_decides_both_sides_of_its_limits(changes: Any, expected: str) -> None:
    assert route(**changes) == expected


def test_a_fired_rule_is_told_with_its_clause() -> None:
    result = of_file("screening.dmn").decide("screening", facts(episode__category="absent"))
    (rule,) = result.rules
    assert (rule.table, rule.id, rule.number) == ("screening_table", "screening_table_r9", 9)
    assert rule.description.startswith("clauses: 2.9 ")
    assert rule.annotations == (("Clause", "2.9"),)


def test_the_trace_holds_the_inputs_that_were_read() -> None:
    result = of_file("screening.dmn").decide("screening", facts(episode__category="absent"))
    (trace,) = result.trace
    assert trace.owner == "screening"
    assert trace.inputs == (("episode.category", "absent"),)
    assert trace.value == {"screening.route": "no action", "interview.required": False}


def test_the_names_a_decision_reads_are_known_beforehand() -> None:
    found = of_file("screening.dmn").decisions["screening"]
    assert found.names == {
        "child.age",
        "child.exploitation_suspected",
        "child.legal_status",
        "episode.category",
        "episode.hours_missing",
        "episode.risk",
    }
    assert found.outputs == ("screening.route", "interview.required")


class Watched(Mapping[str, Any]):
    """Facts that note what is read of them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values_by_name = values
        self.read: list[str] = []

    def __getitem__(self, key: str) -> Any:
        self.read.append(key)
        return self.values_by_name[key]

    def __contains__(self, key: object) -> bool:
        return key in self.values_by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


def test_an_input_is_read_once_and_only_when_a_cell_asks() -> None:
    seen = Watched({"a": "x", "b": Decimal(1), "c": Decimal(2)})
    model = read(dmn(decision("d", table(["a", "b", "c"], ["y"], '"x" | - | - | 1', '"z" | > 0 | - | 2'))))
    assert model.decide("d", seen).value == 1
    assert seen.read == ["a"]


def test_an_input_of_a_rule_already_ruled_out_is_never_read() -> None:
    logic = table(["a", "b"], ["y"], '"x" | > 0 | 1', '"z" | - | 2')
    assert asked(logic, {"a": "z", "b": feel.UNKNOWN}) == 2


@pytest.mark.parametrize("columns", [["a", "b"], ["b", "a"]])
def test_the_order_of_the_columns_does_not_matter_to_an_unknown_fact(columns: list[str]) -> None:
    rule = {"a": '"x"', "b": "> 0"}
    logic = table(
        columns, ["y"], [*(rule[column] for column in columns), "1"], ["-", "-", "2"], policy="FIRST"
    )
    assert asked(logic, {"a": "other", "b": feel.UNKNOWN}) == 2


def test_a_rule_that_hangs_on_an_unknown_fact_stops_the_table() -> None:
    model = read(
        dmn(decision("d", table(["a", "child.age"], ["y"], '"x" | > 10 | 1', "- | - | 2", policy="FIRST")))
    )
    unknown = {"a": "x", "child": {"age": feel.UNKNOWN}}
    for strict in (False, True):
        with pytest.raises(feel.UnknownFact) as caught:
            model.decide("d", unknown, strict=strict)
        assert caught.value.path == "child.age"


def test_a_unique_table_does_not_answer_while_a_second_rule_may_still_match() -> None:
    logic = table(["a", "b"], ["y"], '"x" | - | 1', "- | true | 2")
    with pytest.raises(feel.UnknownFact):
        asked(logic, {"a": "x", "b": feel.UNKNOWN})


def test_an_unknown_fact_in_a_cell_counts_like_one_in_a_column() -> None:
    logic = table(["a", "b"], ["y"], "limit | 1 | 1", "- | 2 | 2")
    assert asked(logic, {"a": 1, "b": 2, "limit": feel.UNKNOWN}) == 2
    with pytest.raises(feel.UnknownFact):
        asked(logic, {"a": 1, "b": 1, "limit": feel.UNKNOWN})


def test_a_known_check_guards_an_unknown_fact() -> None:
    logic = table(["is known(risk)"], ["y"], "true | risk", 'false | "not assessed"')
    assert asked(logic, {"risk": feel.UNKNOWN}) == "not assessed"


@pytest.mark.parametrize(
    ("cell", "value", "matches"),
    [
        ("", "anything", True),
        ("-", None, True),
        ("null", None, True),
        ("not(null)", 3, True),
        ("> 3, < 1", 0, True),
        ("not(1, 2)", 2, False),
        ("not(1, 2)", 3, True),
        ("[1..3)", 3, False),
        ("]1..3]", 1, False),
        ("]1..3[", 2, True),
        ("? > 3 and ? < 5", 4, True),
        ('ends with(?, "ing")', "missing", True),
        ("other", 7, True),
        ("> other - 1", 7, True),
        ("[other, 9]", 9, True),
        ('"a", null', None, True),
        ('date("2026-01-01")', date(2026, 1, 1), True),
        ('< duration("PT24H")', timedelta(hours=23), True),
        ("> 3", None, False),
        ("> 3", "four", False),
        ('"3"', 3, False),
    ],
)
def test_a_cell_is_a_unary_test(cell: str, value: Any, matches: bool) -> None:
    logic = table(["x"], [("y", {"default": "false"})], [cell, "true"])
    assert asked(logic, {"x": value, "other": 7}) is matches


def test_a_cell_that_cannot_be_compared_warns() -> None:
    model = read(dmn(decision("d", table(["x"], [("y", {"default": "0"})], "> 3 | 1"))))
    assert "cannot be compared" in model.decide("d", {"x": "four"}).warnings[0]


def test_an_input_may_be_any_expression() -> None:
    logic = table(["count(children[age < 11])"], ["y"], "> 1 | true", "<= 1 | false")
    assert asked(logic, {"children": [{"age": 9}, {"age": 10}, {"age": 12}]}) is True


def test_an_output_may_be_any_expression() -> None:
    assert asked(table(["x"], ["y"], "> 1 | x * factor"), {"x": 2, "factor": 3}) == 6


def test_an_empty_output_is_null() -> None:
    assert asked(table(["x"], ["y"], ["1", ""]), {"x": 1}, strict=True) is None


def test_an_input_outside_its_values_has_no_answer() -> None:
    logic = table(["x"], ["y"], "- | 1", values={"x": '"a", "b"'})
    model = read(dmn(decision("d", logic)))
    assert model.decide("d", {"x": "a"}).value == 1
    assert model.decide("d", {"x": None}).value == 1
    checked = table(["x"], ["y"], '"a" | 1', '"c" | 2', values={"x": '"a", "b"'})
    result = read(dmn(decision("d", checked))).decide("d", {"x": "c"})
    assert result.value is None
    assert '"c" is not one of the input values "a", "b"' in result.warnings[0]
    with pytest.raises(ValueNotAllowed):
        asked(checked, {"x": "c"}, strict=True)


def test_an_input_of_another_type_than_declared_is_null_or_an_error() -> None:
    logic = table([("x", "number")], ["y"], "null | 1", "not(null) | 2")
    assert asked(logic, {"x": "7"}) == 1
    with pytest.raises(ValueNotAllowed, match="string where number is declared"):
        asked(logic, {"x": "7"}, strict=True)


def test_an_output_of_another_type_than_declared_is_null_or_an_error() -> None:
    logic = table(["x"], [("y", {"type": "string"})], "1 | 5")
    assert asked(logic, {"x": 1}) is None
    with pytest.raises(ValueNotAllowed, match="rule 1, output 'y': number where string is declared"):
        asked(logic, {"x": 1}, strict=True)


def test_an_output_outside_its_values_is_null_or_an_error() -> None:
    logic = table(["x"], [("y", {"values": '"a", "b"'})], '1 | "c"')
    assert asked(logic, {"x": 1}) is None
    with pytest.raises(ValueNotAllowed, match='"c" is not one of the output values'):
        asked(logic, {"x": 1}, strict=True)


def test_output_values_may_be_a_range() -> None:
    logic = table(["x"], [("y", {"values": "[1..9]"})], "1 | 5", "2 | 10")
    assert asked(logic, {"x": 1}) == 5
    assert asked(logic, {"x": 2}) is None


def test_every_fault_of_a_decision_is_one_kind_of_error() -> None:
    assert issubclass(NoRuleMatches, DecisionError)
    assert issubclass(ValueNotAllowed, DecisionError)


def test_what_a_table_gave_can_be_changed_without_changing_the_table() -> None:
    model = of_file("screening.dmn")
    model.decide("screening", facts()).value["screening.route"] = "changed"
    assert model.decide("screening", facts()).value["screening.route"] == "support worker"


def test_a_table_as_camunda_7_writes_it_works() -> None:
    model = of_file("camunda-7.dmn")
    assert model.decide("dish", {"season": "Winter", "guestCount": 8, "day": None}).value == "Roast"
    summer = {"season": "Summer", "guestCount": 8}
    assert model.decide("Dish", {**summer, "day": date(2026, 6, 30)}).value == "Salad"
    assert model.decide("Dish", {**summer, "day": date(2026, 7, 1)}, strict=True).value is None
