"""Tables as people see them, whatever is wrong with their cells."""

from __future__ import annotations

from engine.dmn.grids import grids_of, places_of

FILE = b"""<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
  <decision id="who" name="Who goes?">
    <decisionTable id="t" hitPolicy="FIRST">
      <input id="age" label="Age"><inputExpression id="age_asked"><text>child.age</text></inputExpression></input>
      <output id="goes" name="interview.interviewer">
        <defaultOutputEntry id="otherwise"><text>"nobody"</text></defaultOutputEntry>
      </output>
      <rule id="first"><description>clauses: 1 Young.</description>
        <inputEntry id="first_1"><text>&lt; &lt; 12</text></inputEntry>
        <outputEntry id="first_2"><text>"worker"</text></outputEntry></rule>
      <rule id="second"><inputEntry id="second_1"><text>-</text></inputEntry>
        <outputEntry id="second_2"><text></text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="sum" name="Sum"><literalExpression id="l"><text>1 + 1</text></literalExpression></decision>
</definitions>"""


def test_a_table_is_shown_although_a_cell_is_no_feel() -> None:
    table, expression = grids_of(FILE)
    assert (table.name, table.policy) == ("Who goes?", "FIRST")
    assert [(column.label, column.text) for column in table.inputs] == [("Age", "child.age")]
    assert [(column.text, column.default) for column in table.outputs] == [
        ("interview.interviewer", '"nobody"')
    ]
    assert [(rule.number, rule.tests, rule.description) for rule in table.rules] == [
        (1, (("first_1", "< < 12"),), "clauses: 1 Young."),
        (2, (("second_1", "-"),), ""),
    ]
    assert (expression.is_table, expression.text) == (False, "1 + 1")


def test_each_element_is_placed_by_rule_and_column() -> None:
    places = places_of(FILE)
    cell = places["first_1"]
    assert (cell.decision, cell.holder, cell.rule, cell.rule_id, cell.column) == (
        "who",
        "first_1",
        1,
        "first",
        "Age",
    )
    asked = places["age_asked"]
    assert (asked.holder, asked.rule, asked.column) == ("age", 0, "Age")
    assert (places["second"].rule, places["second"].column) == (2, "")
    assert (places["l"].decision, places["l"].holder) == ("sum", "sum")


def test_an_empty_answer_is_marked_and_an_empty_condition_is_not() -> None:
    assert [name for name, place in places_of(FILE).items() if place.unanswered] == ["second_2"]


def test_what_is_no_xml_has_no_tables() -> None:
    assert grids_of(b"<definitions") == ()
    assert places_of(b'<!DOCTYPE x [<!ENTITY a "b">]><definitions/>') == {}
