"""Declared types: what conforms, what is converted, and how JSON becomes values (DMN 1.3, 7.3.2 and 10.3.2.9.4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from engine import feel
from engine.dmn import ValueNotAllowed
from engine.dmn.facts import typed_facts
from engine.dmn.types import builtin
from tests.dmn.models import decision, dmn, faults, input_data, literal, read, table


def item(name: str, kind: str, *, many: bool = False, allowed: str = "") -> str:
    """Return an item definition of one type."""
    values = f"<allowedValues><text>{allowed}</text></allowedValues>" if allowed else ""
    return (
        f'<itemDefinition name="{name}" isCollection="{str(many).lower()}"><typeRef>{kind}</typeRef>{values}'
        "</itemDefinition>"
    )


def component(name: str, kind: str, many: bool = False) -> str:
    return f'<itemComponent name="{name}" isCollection="{str(many).lower()}"><typeRef>{kind}</typeRef></itemComponent>'


PERSON = (
    f'<itemDefinition name="tPerson">{component("name", "string")}{component("born", "date")}'
    f"{component('moves', 'date', many=True)}</itemDefinition>"
)


def settled(expression: str, kind: str, *items: str) -> Any:
    """Return what an expression gives as the result of a decision of that type."""
    return read(dmn(*items, decision("d", literal(expression), kind=kind))).decide("d", {}).value


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        ("1 + 1", "number", 2),
        ("1 + 1", "string", None),
        ('"a"', "feel:string", "a"),
        ('["a"]', "string", "a"),
        ('["a", "b"]', "string", None),
        ("[1]", "string", None),
        ("null", "string", None),
        ("true", "number", None),
        ('date("2026-02-01")', "date", date(2026, 2, 1)),
        ('date("2026-02-01")', "dateTime", datetime(2026, 2, 1, tzinfo=UTC)),
        ('date and time("2026-02-01T10:00:00")', "date", None),
        ('duration("PT1H")', "dayTimeDuration", timedelta(hours=1)),
        ('duration("P1M")', "dayTimeDuration", None),
        ('duration("P1M")', "yearMonthDuration", feel.YearsMonths(1)),
        ("7", "integer", 7),
        ("7", "Any", 7),
    ],
)
def test_a_result_is_converted_to_its_type_or_null(expression: str, kind: str, value: Any) -> None:
    assert settled(expression, kind) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[1, 2]", [1, 2]),
        ('[1, "2"]', None),
        ("1", [1]),
        ('"1"', None),
        ("null", None),
        ("[1, null]", [1, None]),
    ],
)
def test_a_collection_holds_its_type(expression: str, value: Any) -> None:
    assert settled(expression, "tList", item("tList", "number", many=True)) == value


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ('{name: "A", born: date("2010-01-01"), moves: []}', True),
        ('{name: "A", born: null, moves: [date("2020-01-01")], more: 1}', True),
        ('{name: "A", born: "2010-01-01", moves: []}', False),
        ('{name: "A", born: null}', False),
        ('"A"', False),
    ],
)
def test_a_context_has_its_components(expression: str, kept: bool) -> None:
    assert (settled(expression, "tPerson", PERSON) is not None) is kept


def test_a_type_may_be_declared_after_its_use_and_hold_others() -> None:
    outer = (
        f'<itemDefinition name="tPair">{component("a", "tSmall")}{component("b", "tSmall")}</itemDefinition>'
    )
    small = item("tSmall", "number", allowed="[0..9]")
    assert settled("{a: 1, b: 9}", "tPair", outer, small) == {"a": 1, "b": 9}
    assert settled("{a: 1, b: 10}", "tPair", outer, small) is None


def test_allowed_values_of_a_collection_are_of_its_items() -> None:
    kind = item("tRisks", "string", many=True, allowed='"low", "high"')
    assert settled('["low", "high"]', "tRisks", kind) == ["low", "high"]
    assert settled('["low", "other"]', "tRisks", kind) is None


def test_an_input_outside_its_allowed_values_is_null_or_an_error() -> None:
    model = read(
        dmn(
            item("tRisk", "string", allowed='"low", "high"'),
            input_data("risk", "tRisk"),
            decision("d", literal("risk"), "input:risk"),
        )
    )
    assert model.decide("d", {"risk": "low"}).value == "low"
    result = model.decide("d", {"risk": "other"})
    assert result.value is None
    assert "outside the allowed values" in result.warnings[0]
    with pytest.raises(ValueNotAllowed, match="input 'risk'"):
        model.decide("d", {"risk": "other"}, strict=True)


def test_a_column_outside_the_allowed_values_of_its_type_is_null() -> None:
    kind = item("tRisk", "string", allowed='"low", "high"')
    logic = table([("risk", "tRisk")], ["y"], "null | 1", "not(null) | 2")
    model = read(dmn(kind, decision("d", logic)))
    assert [model.decide("d", {"risk": risk}).value for risk in ("low", "other")] == [2, 1]


def test_a_view_on_facts_is_taken_as_conforming_without_being_read() -> None:
    model = read(dmn(PERSON, input_data("p", "tPerson"), decision("d", literal("p.name"), "input:p")))
    view = MappingProxyType({"name": "A", "born": feel.UNKNOWN})
    assert model.decide("d", {"p": view}, strict=True).value == "A"


def test_instance_of_knows_declared_types_by_their_structure() -> None:
    model = read(
        dmn(
            item("tSmall", "number", allowed="[0..9]"),
            item("tList", "tSmall", many=True),
            PERSON,
            decision(
                "d",
                literal(
                    '[10 instance of tSmall, "x" instance of tSmall, [1, 2] instance of tList, ["x"] instance of tList,'
                    ' {name: "A", born: null, moves: null} instance of tPerson, {} instance of tPerson]'
                ),
            ),
        )
    )
    assert model.decide("d", {}).value == [True, False, True, False, True, False]


def test_a_parameter_of_a_declared_type_is_checked() -> None:
    model = read(
        dmn(
            item("tName", "string"),
            decision("d", literal('[(function(n: tName) n)("a"), (function(n: tName) n)(1)]')),
        )
    )
    assert model.decide("d", {}).value == ["a", None]


def test_a_type_that_holds_itself_is_a_fault() -> None:
    loop = f'<itemDefinition name="tLoop">{component("again", "tLoop")}</itemDefinition>'
    assert "contains itself" in faults(dmn(loop, decision("d", literal("1"))))[0].message


@pytest.mark.parametrize(
    "name", ["string", "feel:number", "dateTime", "date and time", "dayTimeDuration", "Any", "long"]
)
def test_the_names_of_the_built_in_types_are_known(name: str) -> None:
    assert builtin(name) is not None


def test_an_unknown_type_is_none() -> None:
    assert builtin("tOther") is None


TYPED = dmn(
    PERSON,
    input_data("p", "tPerson"),
    input_data("at", "dateTime"),
    input_data("from", "time"),
    input_data("limit", "dayTimeDuration"),
    input_data("term", "yearMonthDuration"),
    input_data("text", "string"),
    input_data("anything"),
    decision(
        "d",
        literal("1"),
        *(f"input:{name}" for name in ("p", "at", "from", "limit", "term", "text", "anything")),
    ),
)


def test_json_becomes_what_the_file_declares() -> None:
    facts, warnings = typed_facts(
        read(TYPED),
        {
            "p": {"name": "2026-01-01", "born": "2010-05-01", "moves": ["2020-01-01", "2021-01-01"]},
            "at": "2026-02-01T10:00:00Z",
            "from": "09:30:00",
            "limit": "PT72H",
            "term": "P1Y2M",
            "text": "2026-01-01",
            "anything": '@"2026-01-01"',
        },
    )
    assert warnings == ()
    assert facts == {
        "p": {"name": "2026-01-01", "born": date(2010, 5, 1), "moves": [date(2020, 1, 1), date(2021, 1, 1)]},
        "at": datetime(2026, 2, 1, 10, tzinfo=UTC),
        "from": time(9, 30),
        "limit": timedelta(hours=72),
        "term": feel.YearsMonths(14),
        "text": "2026-01-01",
        "anything": date(2026, 1, 1),
    }


def test_json_that_cannot_become_what_is_declared_is_null_with_a_warning() -> None:
    facts, warnings = typed_facts(read(TYPED), {"at": "tomorrow", "p": {"born": "2010-13-01"}})
    assert facts == {"at": None, "p": {"born": None, "name": None, "moves": None}}
    assert warnings == (
        'at: the value: "tomorrow" is not a date and time',
        'p: born: "2010-13-01" is not a date',
    )


def test_a_dotted_key_is_an_entry_of_a_context_as_well() -> None:
    facts, _ = typed_facts(
        read(TYPED), {"child.age": 14, "child.name.first": "A", "child": {"status": "cla"}}
    )
    assert facts["child"] == {"age": 14, "name.first": "A", "name": {"first": "A"}, "status": "cla"}
    assert facts["child.age"] == 14


def test_a_column_declares_the_type_where_no_input_data_does() -> None:
    model = read(dmn(decision("d", table([("day", "date"), ("child.born", "date")], ["y"], "- | - | 1"))))
    for given in (
        {"day": "2026-01-01", "child": {"born": "2010-01-01"}},
        {"day": "2026-01-01", "child.born": "2010-01-01"},
    ):
        facts, _ = typed_facts(model, given)
        assert facts["day"] == date(2026, 1, 1)
        assert facts["child"]["born"] == date(2010, 1, 1)


def test_numbers_of_json_have_no_needless_zeros() -> None:
    facts, _ = typed_facts(read(dmn(decision("d", literal("1")))), {"x": 2.0, "y": 1.50})
    assert [str(facts["x"]), str(facts["y"])] == ["2", "1.5"]
