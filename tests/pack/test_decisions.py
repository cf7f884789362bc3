"""Citations in rules, and where clauses are carried."""

from __future__ import annotations

import pytest

from engine.pack.carriers import carriers
from engine.pack.decisions import rule_clauses
from engine.pack.read import BrokenPack, read_files

from .building import edited, small_pack

CLAUSES = ("3.4", "3.4.a", "3.4-1", "B47", "App1-High-e", "7.5.a-3")


@pytest.mark.parametrize(
    ("description", "cited", "sentence", "unknown"),
    [
        ("clauses: 3.4.a A second episode.", ("3.4.a",), "A second episode.", ()),
        ("clauses: 3.4.a 3.4-1 A second episode.", ("3.4.a", "3.4-1"), "A second episode.", ()),
        ("clauses: 3.4.a, B47; A second episode.", ("3.4.a", "B47"), "A second episode.", ()),
        ("Clause: 3.4.a. 72 hours after the return.", ("3.4.a",), "72 hours after the return.", ()),
        ("clauses: App1-High-e\nHigh risk.", ("App1-High-e",), "High risk.", ()),
        ("clauses: 3.4.a 72 hours after the return.", ("3.4.a",), "72 hours after the return.", ()),
        ("clauses: 3.4.b A second episode.", (), "A second episode.", ("3.4.b",)),
        ("clauses: 3.4.a 3.5.c A second episode.", ("3.4.a",), "A second episode.", ("3.5.c",)),
        ("clauses: none", (), "", ("none",)),
        ("A sentence alone.", (), "A sentence alone.", ()),
        ("", (), "", ()),
    ],
)
def test_a_rules_description_cites_clauses_and_says_why(
    description: str, cited: tuple[str, ...], sentence: str, unknown: tuple[str, ...]
) -> None:
    assert rule_clauses(description, CLAUSES) == (cited, sentence, unknown)


def test_everything_that_carries_a_clause_is_found() -> None:
    clause = "  obligations: [hold_return_interview]\n"
    files = edited(
        "clauses.yaml", clause, clause + "  carried_by: [override]\n  how: Judgement overrides it.\n"
    )
    flow = '<bpmn:sequenceFlow id="flow_held" sourceRef="hold_interview" targetRef="interview_held" />'
    cites = (
        "<bpmn:extensionElements><spiffworkflow:properties>"
        '<spiffworkflow:property name="clauses" value="2.2" />'
        "</spiffworkflow:properties></bpmn:extensionElements></bpmn:sequenceFlow>"
    )
    files["missing-episode.bpmn"] = files["missing-episode.bpmn"].replace(
        flow.encode(), (flow.replace(" />", ">") + cites).encode()
    )
    found = carriers(read_files(files))
    assert {(c.kind, c.part) for c in found["2.2"]} == {
        ("element", "decide_interview"),
        ("element", "hold_interview"),
        ("flow", "flow_held"),
        ("rule", "rule_vulnerable"),
        ("rule", "rule_again"),
        ("question", "risk.vulnerable"),
        ("question", "interview.accepted"),
        ("derived", "episode.count_90_days"),
        ("engine", "override"),
    }
    assert [c.label for c in found["2.1"]] == ["Tell the director"]
    assert found["3.1"] == ()


def test_the_decisions_of_all_files_have_ids_of_their_own() -> None:
    files = small_pack()
    files["copy.dmn"] = files["return-interview.dmn"]
    with pytest.raises(BrokenPack, match=r"the decision return-interview also stands in copy\.dmn"):
        read_files(files)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("&gt;= 2", '[duration("P1D")..duration("P2D")]', "a number is compared with a duration"),
        ("&gt;= 2", '&gt; duration("P1D")', "a number is compared with a duration"),
        ("&gt;= 2", '"two"', "episode.count_90_days is an integer and never the text 'two'"),
        ("&gt;= 2", "? &gt; chid.age", "chid.age is no fact"),
        (
            "<text>false</text>",
            '<text>"no"</text>',
            "interview.required is a boolean and never the text 'no'",
        ),
        ("<text>false</text>", "<text>child.age</text>", "this gives a number"),
    ],
)
def test_cells_are_held_against_the_fact_of_their_column(old: str, new: str, message: str) -> None:
    with pytest.raises(BrokenPack, match=message):
        read_files(edited("return-interview.dmn", old, new))
