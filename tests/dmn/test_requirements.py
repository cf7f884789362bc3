"""Decisions on decisions, knowledge models, decision services, and the names they are known by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine import feel
from engine.dmn import DecisionError, UnknownDecision
from tests.dmn.models import decision, dmn, input_data, literal, of_file, read, table

REPORTED = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "The Child": {"age": 14, "Legal Status": "looked after"},
    "Risk Now": "low",
    "Reported At": REPORTED,
    "Looked At": REPORTED + timedelta(hours=30),
}
SERVICE = '<decisionService id="s" name="serve">{}</decisionService>'


def test_a_decision_is_made_from_the_decisions_it_requires() -> None:
    result = of_file("requirements.dmn").decide("Who Is Told", FACTS, strict=True)
    assert result.value == {"who": "manager", "within": timedelta(hours=4)}
    assert [trace.owner for trace in result.trace] == ["weight", "told"]
    assert [rule.number for rule in result.rules] == [2]


def test_a_decision_may_be_named_by_its_id() -> None:
    assert of_file("requirements.dmn").decide("by_when", FACTS).value == REPORTED + timedelta(hours=34)


def test_an_unknown_decision_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        UnknownDecision, match="no decision 'Nobody'; it has: 'Hours Away', 'Weight of the Case'"
    ):
        of_file("requirements.dmn").decide("Nobody", {})


def test_a_decision_service_is_a_function_of_its_input_data_and_then_its_input_decisions() -> None:
    assert of_file("requirements.dmn").decide("Told If Heavier", FACTS, strict=True).value == "director"


def test_a_decision_service_called_by_position_takes_input_data_first() -> None:
    model = read(
        dmn(
            input_data("x"),
            decision("given", literal("1")),
            decision("inside", literal('x + "-" + given'), "input:x", "decision:given"),
            SERVICE.format(
                '<outputDecision href="#inside"/><inputDecision href="#given"/><inputData href="#x"/>'
            ),
            decision("top", literal('serve("first", "second")'), "knowledge:s"),
        )
    )
    assert model.decide("top", {}).value == "first-second"


def test_a_decision_service_can_be_asked_itself() -> None:
    given = {"Weight of the Case": 2, "Hours Away": 3, "Looked At": REPORTED}
    value = of_file("requirements.dmn").decide("Telling", given, strict=True).value
    assert value["Who Is Told"] == {"who": "social worker", "within": timedelta(hours=24)}
    assert value["By When"] == REPORTED + timedelta(hours=24)


def test_the_names_of_a_decision_include_what_its_requirements_read() -> None:
    decisions = of_file("requirements.dmn").decisions
    assert decisions["weight"].names == {"The Child.age", "The Child.Legal Status", "Risk Now"}
    assert decisions["hours_away"].names == {"Reported At", "Looked At"}
    assert decisions["told"].names == decisions["weight"].names | decisions["hours_away"].names
    assert decisions["told"].outputs == ("who", "within")
    assert decisions["by_when"].outputs == ("By When",)
    assert decisions["again"].names == decisions["weight"].names | {"Looked At"}


def test_a_required_decision_is_made_once() -> None:
    model = read(
        dmn(
            decision("base", table(["x"], ["y"], "- | x")),
            decision("left", literal("base + 1"), "decision:base"),
            decision("right", literal("base + 2"), "decision:base"),
            decision("top", literal("left * right"), "decision:left", "decision:right"),
        )
    )
    result = model.decide("top", {"x": 1})
    assert result.value == 6
    assert len(result.trace) == 1


def test_a_required_decision_that_nothing_reads_is_not_made() -> None:
    model = read(
        dmn(
            decision("costly", literal("missing_fact + 1")),
            decision("top", literal("if urgent then 1 else costly"), "decision:costly"),
        )
    )
    assert model.decide("top", {"urgent": True, "missing_fact": feel.UNKNOWN}).value == 1
    with pytest.raises(feel.UnknownFact):
        model.decide("top", {"urgent": False, "missing_fact": feel.UNKNOWN})


def test_a_decision_that_is_not_required_is_not_seen() -> None:
    model = read(dmn(decision("other", literal("1")), decision("top", literal("other"))))
    assert model.decide("top", {}).value is None


def test_a_required_decision_hides_a_fact_of_its_name() -> None:
    model = read(dmn(decision("risk", literal('"high"')), decision("top", literal("risk"), "decision:risk")))
    assert model.decide("top", {"risk": "low"}).value == "high"


def test_a_decision_is_also_known_by_its_id_unless_a_fact_has_that_name() -> None:
    model = read(
        dmn(
            decision("Risk Level", literal("1"), id="risk"), decision("top", literal("risk"), "decision:risk")
        )
    )
    assert model.decide("top", {}).value == 1
    assert model.decide("top", {"risk": 2}).value == 2


def test_a_decision_named_as_a_dotted_fact_is_read_as_that_fact() -> None:
    model = read(
        dmn(
            decision("interview.required", literal("child.age > 10")),
            decision(
                "top",
                table(
                    ["interview.required", "interview.accepted"], ["y"], "true | true | 1", "false | - | 0"
                ),
                "decision:interview.required",
            ),
        )
    )
    facts = {"child": {"age": 11}, "interview": {"required": False, "accepted": True}}
    assert model.decide("top", facts, strict=True).value == 1
    assert model.decisions["top"].names == {"child.age", "interview.accepted"}


def test_outputs_named_as_dotted_facts_are_read_as_these_facts() -> None:
    model = read(
        dmn(
            decision("base", table(["x"], ["case.holder", "case.level"], '- | "duty" | 3')),
            decision("top", literal("case.holder + string(case.level) + case.name"), "decision:base"),
        )
    )
    assert model.decide("top", {"x": 1, "case": {"holder": "other", "name": "!"}}).value == "duty3!"


def test_input_data_may_be_named_as_a_dotted_fact() -> None:
    model = read(dmn(input_data("child.age"), decision("d", literal("child.age + 1"), "input:child.age")))
    assert model.decide("d", {"child": {"age": 9}}).value == 10


def test_a_name_may_hold_dots_among_its_words() -> None:
    model = read(dmn(input_data("Grade 2.1"), decision("d", literal("Grade 2.1 + 1"), "input:Grade 2.1")))
    assert model.decide("d", {"Grade 2.1": 4}).value == 5
    made = read(
        dmn(
            decision("Grade 2.1", literal("6")), decision("d", literal("Grade 2.1 + 1"), "decision:Grade 2.1")
        )
    )
    assert made.decide("d", {"Grade 2.1": 4}).value == 7


def test_an_unknown_fact_of_declared_input_data_stops_the_decision() -> None:
    model = read(dmn(input_data("x", "number"), decision("d", literal("x + 1"), "input:x")))
    with pytest.raises(feel.UnknownFact) as caught:
        model.decide("d", {"x": feel.UNKNOWN})
    assert caught.value.path == "x"


def test_a_decision_without_logic_takes_its_value_from_the_facts_or_has_none() -> None:
    model = read(dmn(decision("asked"), decision("top", literal("asked"), "decision:asked")))
    assert model.decide("top", {"asked": 4}).value == 4
    result = model.decide("top", {})
    assert result.value is None
    assert "'asked' has no logic" in result.warnings[0]
    with pytest.raises(DecisionError):
        model.decide("top", {}, strict=True)


KNOWLEDGE = (
    '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic>'
    '<formalParameter name="a" typeRef="number"/><formalParameter name="b b" typeRef="string"/>'
    "<literalExpression><text>string(a) + b b</text></literalExpression>"
    "</encapsulatedLogic></businessKnowledgeModel>"
)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ('k(1, "x")', "1x"),
        ('k(b b: "x", a: 1)', "1x"),
        ('k([1], "x")', "1x"),
        ('k("1", "x")', None),
        ("k(1)", None),
        ('k(1, "x", 2)', None),
        ('k(a: 1, c: "x")', None),
        ("k(1, null)", None),
        ('for n in [1, 2] return k(n, "!")', ["1!", "2!"]),
        ("k instance of function<number, string> -> string", True),
    ],
)
def test_a_knowledge_model_is_a_function(call: str, value: Any) -> None:
    model = read(dmn(KNOWLEDGE, decision("d", literal(call), "knowledge:k")))
    assert model.decide("d", {}).value == value


def test_a_knowledge_model_reads_what_it_requires() -> None:
    inner = KNOWLEDGE.replace('id="k" name="k"', 'id="i" name="inner"')
    outer = (
        '<businessKnowledgeModel id="o" name="outer"><encapsulatedLogic><formalParameter name="n"/>'
        '<literalExpression><text>inner(n, "?")</text></literalExpression></encapsulatedLogic>'
        '<knowledgeRequirement><requiredKnowledge href="#i"/></knowledgeRequirement></businessKnowledgeModel>'
    )
    model = read(dmn(inner, outer, decision("d", literal("outer(3)"), "knowledge:o")))
    assert model.decide("d", {}).value == "3?"


def test_functions_that_call_each_other_without_end_are_stopped() -> None:
    runaway = (
        '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic><formalParameter name="f"/>'
        "<literalExpression><text>f(f)</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )
    model = read(dmn(runaway, decision("d", literal("k(k)"), "knowledge:k")))
    with pytest.raises(DecisionError, match="more than 25 deep"):
        model.decide("d", {})


def test_many_small_calls_share_one_measure_of_work() -> None:
    counting = (
        '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic><formalParameter name="n"/>'
        "<literalExpression><text>count(for i in 1..5000 return i)</text></literalExpression>"
        "</encapsulatedLogic></businessKnowledgeModel>"
    )
    model = read(dmn(counting, decision("d", literal("for n in 1..5000 return k(n)"), "knowledge:k")))
    with pytest.raises(feel.FeelLimit):
        model.decide("d", {})


def test_a_service_sees_its_parameters_and_not_the_facts_of_their_names() -> None:
    model = read(
        dmn(
            input_data("x", "number"),
            decision("inside", literal("x * 2"), "input:x"),
            SERVICE.format('<outputDecision href="#inside"/><inputData href="#x"/>'),
            decision("top", literal("[serve(5), x, inside]"), "input:x", "decision:inside", "knowledge:s"),
        )
    )
    assert model.decide("top", {"x": 1}).value == [10, 1, 2]


@pytest.mark.parametrize("call", ['serve("5")', "serve()", "serve(1, 2)", "serve(y: 1)"])
def test_a_service_called_wrongly_gives_null(call: str) -> None:
    model = read(
        dmn(
            input_data("x", "number"),
            decision("inside", literal("1"), "input:x"),
            SERVICE.format('<outputDecision href="#inside"/><inputData href="#x"/>'),
            decision("top", literal(call), "knowledge:s"),
        )
    )
    result = model.decide("top", {})
    assert result.value is None
    assert result.warnings


def test_a_reference_may_carry_the_namespace_of_the_file() -> None:
    data = dmn(decision("base", literal("1")), decision("top", literal("base"), "decision:base"))
    assert read(data.replace(b'href="#base"', b'href="urn:test#base"')).decide("top", {}).value == 1


def test_the_present_moment_comes_from_the_environment() -> None:
    model = read(dmn(decision("d", literal("now"))))
    assert model.decide("d", {}, feel.Environment(now=REPORTED)).value == REPORTED


def test_a_number_of_any_python_kind_is_a_number() -> None:
    model = read(dmn(input_data("x", "number"), decision("d", literal("x + 1"), "input:x")))
    assert [model.decide("d", {"x": x}).value for x in (1, 1.5, Decimal(2))] == [2, Decimal("2.5"), 3]
