"""Tables in plain English."""

from __future__ import annotations

import pytest

from engine.dmn import DecisionTable, explain_rule, explain_table
from tests.dmn.models import decision, dmn, of_file, read, table

LABELS = {
    "episode.hours_missing": "the time missing",
    "child.age": "the child's age",
    "case.level": "the level",
}


def made(*arguments: object, **options: object) -> DecisionTable:
    found = read(dmn(decision("d", table(*arguments, **options)))).decisions["d"].table  # type: ignore[arg-type]
    assert found is not None
    return found


def label(path: str) -> str:
    return LABELS.get(path, path)


def test_a_rule_is_a_sentence_of_its_conditions_and_its_answer() -> None:
    rules = made(
        ["episode.hours_missing", "child.age"],
        ["case.level"],
        ['>= duration("PT72H")', "-", '"serious"'],
        ["-", "< 11", '"serious"'],
        policy="FIRST",
    )
    assert explain_rule(rules, 1, label) == (
        "Rule 1: if the time missing is 72 hours or more, then the level is serious."
    )
    assert explain_rule(rules, 2, label) == (
        "Rule 2: if the child's age is less than 11, then the level is serious."
    )


def test_conditions_and_answers_are_joined_by_and() -> None:
    rules = made(["child.age", "risk"], ["who", "when"], '< 11 | "high" | "director" | 1')
    assert explain_rule(rules, 1, label) == (
        "Rule 1: if the child's age is less than 11 and risk is high, then who is director and when is 1."
    )


def test_a_rule_without_conditions_applies_in_every_case() -> None:
    assert explain_rule(made(["x"], ["y"], "- | 1"), 1).startswith("Rule 1: in every case, then y is 1")


def test_a_table_says_its_policy_its_rules_and_its_default() -> None:
    rules = made(["x"], [("y", {"default": "0"})], "1 | 2", policy="FIRST")
    first, rule, last = explain_table(rules).splitlines()
    assert first == "The first rule that applies counts."
    assert rule.startswith("Rule 1: ")
    assert last == "If no rule applies, y is 0."


def test_every_rule_of_a_real_table_has_its_sentence() -> None:
    screening = of_file("screening.dmn").decisions["screening"].table
    assert screening is not None
    lines = explain_table(screening, label).splitlines()
    assert len(lines) == 10
    assert "the time missing" in lines[1]
    assert "child.exploitation_suspected" not in "".join(lines)


def test_there_is_no_rule_beyond_the_last_or_before_the_first() -> None:
    rules = made(["x"], ["y"], "1 | 2")
    for number in (0, 2):
        with pytest.raises(IndexError):
            explain_rule(rules, number)
