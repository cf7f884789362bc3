"""The hit policies of DMN 1.3, 8.2.11, on the same three rules: from 24, from 48 and from 72 hours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.dmn import NoRuleMatches, RulesDisagree, RulesOverlap
from tests.dmn.models import asked, decision, dmn, faults, of_file, read, table

POLICE, MEETING, DIRECTOR = "inform the police", "hold a meeting", "tell the director"


def decide(name: str, hours: float, **options: Any) -> Any:
    return of_file("hit-policies.dmn").decide(name, {"Hours": hours}, **options)


def test_unique_answers_with_its_one_matching_rule() -> None:
    result = decide("Unique", 30)
    assert result.value == POLICE
    assert [rule.number for rule in result.rules] == [1]


def test_unique_with_two_matching_rules_has_no_answer_and_names_them() -> None:
    result = decide("Unique", 50)
    assert result.value is None
    assert [rule.number for rule in result.rules] == [1, 2]
    assert "rules 1 and 2 match, with Hours = 50" in result.warnings[0]


def test_unique_with_two_matching_rules_is_an_error_where_faults_are_errors() -> None:
    with pytest.raises(RulesOverlap, match="rules 1, 2 and 3 match") as caught:
        decide("Unique", 80, strict=True)
    assert caught.value.rules == (1, 2, 3)
    assert caught.value.element == "unique_table"


def test_any_needs_its_rules_to_agree() -> None:
    assert decide("Any", 30).value == POLICE
    disagreeing = decide("Any", 50)
    assert disagreeing.value is None
    assert "answer differently" in disagreeing.warnings[0]
    with pytest.raises(RulesDisagree):
        decide("Any", 50, strict=True)


def test_any_takes_the_answer_on_which_its_rules_agree() -> None:
    agreeing = table(["x"], ["y"], ">= 1 | 1.0", ">= 2 | 1", policy="ANY")
    result = read(dmn(decision("d", agreeing))).decide("d", {"x": 5})
    assert result.value == 1
    assert [rule.number for rule in result.rules] == [1, 2]


def test_first_answers_with_the_first_matching_rule() -> None:
    result = decide("First", 80)
    assert result.value == POLICE
    assert [rule.number for rule in result.rules] == [1]


def test_priority_answers_with_the_value_listed_first() -> None:
    result = decide("Priority", 80)
    assert result.value == DIRECTOR
    assert [rule.number for rule in result.rules] == [3]


def test_rule_order_answers_with_all_in_the_order_of_the_rules() -> None:
    assert decide("Rule order", 80).value == [POLICE, MEETING, DIRECTOR]


def test_output_order_answers_with_all_in_the_order_of_the_output_values() -> None:
    result = decide("Output order", 80)
    assert result.value == [DIRECTOR, MEETING, POLICE]
    assert [rule.number for rule in result.rules] == [3, 2, 1]


def test_collect_answers_with_all() -> None:
    assert sorted(decide("Collect", 50).value) == [MEETING, POLICE]
    assert decide("Collect", 30).value == [POLICE]


@pytest.mark.parametrize(
    ("name", "value"), [("Sum", Decimal("35.5")), ("Least", 5), ("Most", Decimal("20.5")), ("Count", 3)]
)
def test_collect_aggregates(name: str, value: Decimal) -> None:
    assert decide(name, 80).value == value


def test_collect_takes_the_least_and_the_most_of_what_has_an_order() -> None:
    rows = ['>= 1 | date("2026-02-01")', '>= 2 | date("2026-01-01")']
    least = table(["x"], ["y"], *rows, policy="COLLECT", attributes='aggregation="MIN"')
    assert str(asked(least, {"x": 2})) == "2026-01-01"


def test_several_output_columns_make_contexts() -> None:
    assert decide("Everyone", 50).value == [
        {"who": "police", "weight": 1},
        {"who": "manager", "weight": 2},
    ]


def test_priority_goes_through_the_output_columns_from_left_to_right() -> None:
    assert decide("Weightiest", 80).value == {"who": "manager", "weight": 2}
    assert [row["who"] for row in decide("By weight", 80).value] == ["manager", "director", "police"]


def test_output_values_may_come_from_the_type_of_the_column() -> None:
    kind = '<itemDefinition name="t"><typeRef>string</typeRef><allowedValues><text>"b", "a"</text></allowedValues>'
    ordered = table([], [("y", {"type": "t"})], '"a"', '"b"', policy="PRIORITY")
    model = read(dmn(kind + "</itemDefinition>", decision("d", ordered)))
    assert model.decide("d", {}).value == "b"


def test_an_order_by_output_values_needs_some() -> None:
    problems = faults(dmn(decision("d", table([], ["y"], '"a"', policy="OUTPUT ORDER"))))
    assert "no output values to give the priority" in problems[0].message


def test_a_null_comes_after_every_listed_value() -> None:
    ordered = table([], [("y", {"values": '"a"'})], [""], '"a"', policy="OUTPUT ORDER")
    assert asked(ordered) == ["a", None]


@pytest.mark.parametrize(
    "name", ["Unique", "Any", "First", "Priority", "Rule order", "Collect", "Sum", "Count"]
)
def test_no_matching_rule_without_default_is_null_and_where_faults_are_errors_an_error(
    name: str,
) -> None:
    result = decide(name, 5)
    assert result.value is None
    assert "no rule matches, with Hours = 5" in result.warnings[0]
    with pytest.raises(NoRuleMatches, match="add a rule or a default output"):
        decide(name, 5, strict=True)


def test_no_matching_rule_gives_the_default() -> None:
    result = decide("With default", 5, strict=True)
    assert result.value == {"who": "nobody", "urgent": False}
    assert result.rules == ()
    assert decide("With default", 72, strict=True).value == {"who": "director", "urgent": True}


def test_the_default_of_a_table_with_many_answers_is_a_list() -> None:
    assert decide("List with default", 5, strict=True).value == []
    one = table(["x"], [("y", {"default": '"none"'})], '1 | "one"', policy="RULE ORDER")
    assert asked(one, {"x": 2}, strict=True) == ["none"]


def test_a_table_without_inputs_always_matches() -> None:
    assert asked(table([], ["y"], "7")) == 7


def test_the_outputs_are_given_by_name() -> None:
    assert decide("With default", 80).outputs == {"who": "director", "urgent": True}
    assert decide("First", 80).outputs == {"step": POLICE}
    assert decide("Everyone", 50).outputs == {"who": ["police", "manager"], "weight": [1, 2]}
    assert decide("With default", 80).outputs == {"who": "director", "urgent": True}
