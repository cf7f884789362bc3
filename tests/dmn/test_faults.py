"""What is wrong in a DMN file is said all at once, with file, line, element and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.dmn import read_dmn
from engine.dmn.graph import MAX_CHAIN, circle, longest_chain
from tests.dmn.models import DMN_1_3, decision, dmn, faults, input_data, literal, read, table

GOOD = table(["x"], ["y"], "1 | 2")


def changed(old: str, new: str) -> Callable[[], bytes]:
    """Return a maker of a sound file with one thing changed in it."""
    sound = dmn(
        input_data("age", "number"),
        decision("first", table(["age"], ["a", "b"], "1 | 2 | 3", "4 | 5 | 6"), "input:age"),
        decision("second", literal("first.a"), "decision:first"),
    ).decode()
    assert old in sound
    return lambda: sound.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("make", "line", "message"),
    [
        (changed(">4<", ">4 +<"), 5, "table 'first', rule 2, column 'age'"),
        (changed(">6<", ">)<"), 5, "table 'first', rule 2, output 'b'"),
        (changed(">age</text>", "></text>"), 3, "input column 1 () asks nothing"),
        (changed(">age</text>", ">age age</text>"), 3, "table 'first', input column 1"),
        (
            changed("<outputEntry><text>6</text></outputEntry>", ""),
            5,
            "rule 2 has 1 input and 1 output entries",
        ),
        (changed('output name="b"', 'output name="a"'), 3, "output column 2 is called 'a' like another"),
        (changed('output name="b"', 'output label="b"'), 3, "output column 2 has no name"),
        (changed("UNIQUE", "SOMETIMES"), 3, "no hit policy 'SOMETIMES'"),
        (
            changed('hitPolicy="UNIQUE" ', 'hitPolicy="COLLECT" aggregation="MEAN"'),
            3,
            "no hit policy 'COLLECT' MEAN",
        ),
        (
            changed('hitPolicy="UNIQUE" ', 'hitPolicy="COLLECT" aggregation="SUM"'),
            3,
            "SUM of several output columns",
        ),
        (changed('typeRef="number"', 'typeRef="tNumber"'), 2, "the type 'tNumber' is not declared"),
        (changed("#age", "#agee"), 3, "requiredInput names '#agee'"),
        (
            changed('requiredDecision href="#first"', 'requiredDecision href="#age"'),
            6,
            "requiredDecision names '#age'",
        ),
        (changed("first.a", "first.a +"), 6, "second: "),
        (
            changed("<literalExpression>", '<literalExpression expressionLanguage="juel">'),
            6,
            "language 'juel'",
        ),
        (
            changed('id="second" name="second"', 'id="first" name="second"'),
            6,
            "two elements have the id 'first'",
        ),
        (changed('id="second" name="second"', 'id="second" name="first"'), 6, "are called 'first'"),
        (changed('id="second" name="second"', 'id="second" name=""'), 6, "a decision has no name"),
    ],
)
def test_a_fault_is_told_with_its_line_and_place(make: Callable[[], bytes], line: int, message: str) -> None:
    problems = faults(make(), "place.dmn")
    found = next((problem for problem in problems if message in problem.message), None)
    assert found is not None, problems
    assert (found.file, found.line) == ("place.dmn", line)
    assert found.remedy


def test_the_element_of_a_fault_is_named() -> None:
    named = table(["x"], ["y"], "1 +| 2").replace("<inputEntry>", '<inputEntry id="here">')
    assert faults(dmn(decision("d", named)))[0].element == "here"


def test_all_faults_are_told_at_once() -> None:
    data = dmn(
        decision("a", table(["x"], ["y"], "1 + | 2", "3 | 4 +")),
        decision("b", literal("1 +")),
        decision("c", literal("1"), "decision:nowhere", kind="tNone"),
    )
    assert len(faults(data)) == 5


def test_no_model_comes_from_a_file_with_a_fault_unless_asked_for_in_part() -> None:
    data = dmn(
        decision("good", literal("1")),
        decision("bad", literal("1 +")),
        decision("top", literal("bad"), "decision:bad"),
    )
    assert read_dmn(data, "f")[0] is None
    model, problems = read_dmn(data, "f", partial=True)
    assert model is not None
    assert len(problems) == 1
    assert model.decide("good", {}).problems == ()
    result = model.decide("top", {})
    assert result.value is None
    assert result.problems == tuple(problems)


@pytest.mark.parametrize(
    "logic",
    [
        "<conditional><if><literalExpression><text>true</text></literalExpression></if></conditional>",
        '<for iteratorVariable="i"><in/><return/></for>',
        '<functionDefinition kind="Java"><literalExpression><text>1</text></literalExpression></functionDefinition>',
        '<relation><column name="a"/><row/></relation>',
        "<context><contextEntry><variable name='a'/></contextEntry></context>",
        "<literalExpression><importedValues/></literalExpression>",
        "<decisionTable><input/></decisionTable>",
    ],
)
def test_logic_that_is_not_whole_is_a_fault(logic: str) -> None:
    faults(dmn(decision("d", logic)))


def test_an_import_is_refused() -> None:
    data = dmn('<import name="other" namespace="urn:other" importType="x" locationURI="../../secret.dmn"/>')
    (problem,) = faults(data)
    assert "imports 'urn:other', and imports are not read" in problem.message
    assert read_dmn(data, "f", partial=True)[0] is None


def test_requirements_that_run_in_a_circle_are_refused() -> None:
    data = dmn(
        decision("a", literal("b"), "decision:b"),
        decision("b", literal("c"), "decision:c"),
        decision("c", literal("a"), "decision:a"),
    )
    (problem,) = faults(data)
    assert "run in a circle: 'a' → 'b' → 'c' → 'a'" in problem.message
    assert read_dmn(data, "f", partial=True)[0] is None


def test_a_knowledge_model_that_requires_itself_is_refused() -> None:
    itself = (
        '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic><literalExpression><text>k()</text>'
        '</literalExpression></encapsulatedLogic><knowledgeRequirement><requiredKnowledge href="#k"/>'
        "</knowledgeRequirement></businessKnowledgeModel>"
    )
    assert "circle" in faults(dmn(itself))[0].message


def chain(length: int) -> bytes:
    return dmn(
        decision("d0", literal("1")),
        *(decision(f"d{n}", literal(f"d{n - 1} + 1"), f"decision:d{n - 1}") for n in range(1, length)),
    )


def test_a_chain_of_requirements_may_be_long_but_not_endless() -> None:
    assert read(chain(MAX_CHAIN)).decide(f"d{MAX_CHAIN - 1}", {}).value == MAX_CHAIN
    assert f"{MAX_CHAIN + 1} requirements build on each other" in faults(chain(MAX_CHAIN + 1))[0].message


def test_circles_and_chains_are_found_in_any_graph() -> None:
    assert circle({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}) == []
    assert circle({"a": ["a"]}) == ["a"]
    assert circle({"a": ["b"], "b": [], "c": ["d"], "d": ["e"], "e": ["d"]}) == ["d", "e"]
    assert longest_chain({"a": ["b", "c"], "b": ["c"], "c": [], "z": []}) == ["a", "b", "c"]
    assert longest_chain({}) == []


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        DMN_1_3,
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
        "https://www.omg.org/spec/DMN/20240513/MODEL/",
    ],
)
def test_every_version_of_dmn_is_read(namespace: str) -> None:
    assert read(dmn(decision("d", GOOD), namespace=namespace)).decide("d", {"x": 1}).value == 2


def test_a_prefix_makes_no_difference() -> None:
    data = dmn(decision("d", literal("1"))).decode()
    for tag in ("definitions", "decision", "variable", "literalExpression", "text"):
        data = (
            data.replace(f"<{tag} ", f"<dmn:{tag} ")
            .replace(f"<{tag}>", f"<dmn:{tag}>")
            .replace(f"</{tag}>", f"</dmn:{tag}>")
        )
    assert read(data.replace("xmlns=", "xmlns:dmn=").encode()).decide("d", {}).value == 1


@pytest.mark.parametrize(
    "language",
    ["feel", "http://www.omg.org/spec/FEEL/20140401", "https://www.omg.org/spec/DMN/20191111/FEEL/"],
)
def test_feel_is_known_by_all_its_names(language: str) -> None:
    data = dmn(decision("d", GOOD), attributes=f'expressionLanguage="{language}"')
    assert read(data).decide("d", {"x": 1}).value == 2


def test_another_file_is_no_dmn() -> None:
    (problem,) = faults(b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>')
    assert "is no DMN definitions element of DMN 1.1, 1.2, 1.3" in problem.message


def test_comments_and_line_breaks_in_a_cell_do_not_matter() -> None:
    spread = table(["x"], ["y"], "1 | 2").replace("<text>1</text>", "<text>\n  <!-- one -->\n 1\n</text>")
    assert read(dmn(decision("d", spread))).decide("d", {"x": 1}).value == 2
