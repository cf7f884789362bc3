"""Boxed expressions other than tables."""

from __future__ import annotations

from typing import Any

import pytest

from engine.dmn import DecisionError
from tests.dmn.models import asked, decision, dmn, literal, of_file, read

AGES = {"Ages": [15, 9, 12]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Summary", {"the youngest": 9, "the oldest": 15, "spread": 6}),
        ("Spread", 12),
        ("Ends", [9, 15]),
        ("Bands", [{"band": "child", "from": 0}, {"band": "young person", "from": 11}]),
        ("Band of the Youngest", "child"),
    ],
)
def test_a_boxed_expression_of_dmn_1_3_has_a_value(name: str, value: Any) -> None:
    assert of_file("boxed.dmn").decide(name, AGES, strict=True).value == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Any Young", "yes"),
        ("Young", [9]),
        ("Next Year", [16, 10, 13]),
        ("Some Young", True),
        ("All Young", False),
    ],
)
def test_a_boxed_expression_of_dmn_1_4_has_a_value(name: str, value: Any) -> None:
    assert of_file("boxed-1.4.dmn").decide(name, AGES, strict=True).value == value


def test_the_names_a_boxed_expression_reads_leave_out_its_own() -> None:
    for file in ("boxed.dmn", "boxed-1.4.dmn"):
        for found in of_file(file).decisions.values():
            assert found.names <= {"Ages"}
    assert of_file("boxed.dmn").decisions["bands"].names == frozenset()


def test_the_rules_of_a_table_inside_a_knowledge_model_are_in_the_trace() -> None:
    result = of_file("boxed.dmn").decide("band", AGES)
    assert result.rules == ()
    assert [(trace.owner, [rule.number for rule in trace.rules]) for trace in result.trace] == [
        ("band_of", [1])
    ]


def iteration(kind: str, source: str, body: str, last: str = "satisfies") -> str:
    return (
        f'<{kind} iteratorVariable="each"><in>{literal(source)}</in><{last}>{literal(body)}</{last}></{kind}>'
    )


@pytest.mark.parametrize(
    ("logic", "value"),
    [
        (iteration("some", "[1, 2]", 'if each = 2 then true else "?"'), None),
        (iteration("some", "[2, 1]", 'if each = 2 then true else "?"'), True),
        (iteration("some", "[1, 2]", "each > 5"), False),
        (iteration("some", "[1, null]", "each > 5"), None),
        (iteration("some", "[null, 6]", "each > 5"), True),
        (iteration("every", "[]", "false"), True),
        (iteration("every", "[1, null]", "each > 0"), None),
        (iteration("every", "[null, 0]", "each > 0"), False),
        (iteration("every", "null", "true"), None),
        (iteration("for", "7", "each + 1", "return"), [8]),
        (iteration("for", "[1..3]", "each * 2", "return"), [2, 4, 6]),
        (iteration("for", "[1, 2]", "count(partial)", "return"), [0, 1]),
        (iteration("for", "null", "each", "return"), None),
    ],
)
def test_iterations_follow_ternary_logic(logic: str, value: Any) -> None:
    assert asked(logic) == value


def conditional(condition: str) -> str:
    parts = {"if": condition, "then": '"then"', "else": '"else"'}
    return "<conditional>" + "".join(f"<{k}>{literal(v)}</{k}>" for k, v in parts.items()) + "</conditional>"


@pytest.mark.parametrize(
    ("condition", "value"), [("1 = 1", "then"), ("1 = 2", "else"), ("null", "else"), ("3", None)]
)
def test_a_conditional_wants_a_boolean(condition: str, value: Any) -> None:
    assert asked(conditional(condition)) == value


def test_a_conditional_on_no_boolean_is_an_error_where_faults_are() -> None:
    with pytest.raises(DecisionError, match="the if part gives 3"):
        asked(conditional("3"), strict=True)


@pytest.mark.parametrize(
    ("match", "value"),
    [
        ("item.age < 11", [{"age": 9}]),
        ("age < 11", [{"age": 9}]),
        ("null", []),
        ('"yes"', None),
        ("2", {"age": 12}),
    ],
)
def test_a_filter_keeps_the_items_that_match(match: str, value: Any) -> None:
    logic = f"<filter><in>{literal('children')}</in><match>{literal(match)}</match></filter>"
    assert asked(logic, {"children": [{"age": 9}, {"age": 12}]}) == value


def test_a_context_without_a_result_is_its_entries_each_seeing_those_before() -> None:
    logic = (
        f'<context><contextEntry><variable name="a b"/>{literal("1")}</contextEntry>'
        f'<contextEntry><variable name="c" typeRef="string"/>{literal("a b + 1")}</contextEntry></context>'
    )
    assert asked(logic) == {"a b": 1, "c": None}


def invocation(called: str, **bindings: str) -> str:
    bound = "".join(
        f'<binding><parameter name="{name}"/>{literal(value)}</binding>' for name, value in bindings.items()
    )
    return f"<invocation>{literal(called)}{bound}</invocation>"


@pytest.mark.parametrize(
    ("logic", "value"),
    [
        (invocation("abs", n="-3"), 3),
        (invocation("function(x, y) x - y", y="1", x="5"), 4),
        (invocation("function(x, y) x - y", x="5"), None),
        (invocation("function(x) x", z="5"), None),
        (invocation("5", x="5"), None),
    ],
)
def test_an_invocation_binds_parameters_by_name(logic: str, value: Any) -> None:
    assert asked(logic) == value


def test_a_function_may_be_a_value_and_checks_its_types() -> None:
    function = (
        '<functionDefinition typeRef="number"><formalParameter name="n" typeRef="number"/>'
        + literal('if n > 1 then n else "small"')
        + "</functionDefinition>"
    )
    model = read(dmn(decision("f", function), decision("d", literal('[f(2), f(1), f("2")]'), "decision:f")))
    assert model.decide("d", {}).value == [2, None, None]
