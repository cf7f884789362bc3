"""Files and facts made to do harm are refused with a message, and soon."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from engine import feel
from engine.dmn import read_dmn
from engine.dmn.read import MAX_ENTRIES
from engine.errors import HomewardError
from tests.dmn.models import decision, dmn, faults, literal, read, table


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    """Every test here ends within two seconds of this process's own time."""
    start = time.process_time()
    yield
    assert time.process_time() - start < 2


def test_an_external_entity_is_refused() -> None:
    data = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + dmn(decision("d", literal("&x;")))
    assert "DOCTYPE is not accepted" in faults(data)[0].message


def test_a_bomb_of_entities_is_refused() -> None:
    inner = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    data = f'<!DOCTYPE d [<!ENTITY e0 "ha">{inner}]><d>&e8;</d>'.encode()
    assert "DOCTYPE" in faults(data)[0].message


def test_a_file_beyond_the_size_is_refused() -> None:
    assert "split the file" in faults(dmn(decision("d", literal("1" * 2_100_000))))[0].message


def test_a_table_beyond_counting_is_refused_before_it_is_read() -> None:
    rules = [f"{n} | {n}" for n in range(MAX_ENTRIES // 2)]
    problems = faults(dmn(decision("d", table(["x"], ["y"], *rules))))
    assert "expressions and cells, more than" in problems[0].message


def test_a_table_of_many_thousand_different_cells_is_read() -> None:
    rules = [f"< {n} | {n}" for n in range(2500)]
    assert (
        read(dmn(decision("d", table(["x"], ["y"], *rules, policy="FIRST")))).decide("d", {"x": 2400}).value
        == 2401
    )


def test_boxes_within_boxes_are_refused() -> None:
    assert "deep" in faults(dmn(decision("d", "<list>" * 120 + "</list>" * 120)))[0].message


def test_boxes_as_deep_as_a_file_may_have_them_are_read() -> None:
    depth = 90
    value = (
        read(dmn(decision("d", "<list>" * depth + literal("1") + "</list>" * depth))).decide("d", {}).value
    )
    for _ in range(depth):
        (value,) = value
    assert value == 1


def test_a_cell_beyond_measure_is_a_fault_of_that_cell() -> None:
    deep = "(" * 5000 + "1" + ")" * 5000
    assert "rule 1" in faults(dmn(decision("d", table(["x"], ["y"], [deep, "1"]))))[0].message


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..1000000, j in 1..1000000 return i * j",
        "10 ** 999999999999",
        'string join(for i in 1..99999 return "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")',
        "(function(f) f(f))(function(f) f(f))",
        'matches(string join(for i in 1..5000 return "a"), "(a+)+b")',
    ],
)
def test_an_expression_without_end_ends(text: str) -> None:
    model = read(dmn(decision("d", literal(text))))
    try:
        assert model.decide("d", {}).value is None or len(str(model.decide("d", {}).value)) < 10_000_000
    except HomewardError as error:
        assert str(error)


def test_loops_in_every_cell_share_one_measure_of_work() -> None:
    loop = "count(for i in 1..90000 return i) > 0 and ? > 0"
    rules = [[loop, str(n)] for n in range(200)]
    model = read(dmn(decision("d", table(["x"], ["y"], *rules, policy="COLLECT"))))
    with pytest.raises(feel.FeelLimit):
        model.decide("d", {"x": 1})


def test_a_thousand_decisions_in_a_circle_are_refused() -> None:
    size = 1000
    data = dmn(*(decision(f"d{n}", literal("1"), f"decision:d{(n + 1) % size}") for n in range(size)))
    assert "circle" in faults(data)[0].message


def test_decisions_that_each_require_all_others_below_are_made_once() -> None:
    size = 25
    below = [[f"decision:d{m}" for m in range(n)] for n in range(size)]
    text = ["1" if n == 0 else " + ".join(f"d{m}" for m in range(n)) for n in range(size)]
    model = read(dmn(*(decision(f"d{n}", literal(text[n]), *below[n]) for n in range(size))))
    assert model.decide(f"d{size - 1}", {}).value == 2 ** (size - 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"<",
        b"not xml",
        b"\xff\xfe<\x00a\x00/\x00>\x00",
        b"<a/>",
        b'<?xml version="1.0" encoding="UTF-7"?><a/>',
        dmn(decision("d", "<decisionTable/>")),
        dmn("<decision/>"),
        dmn(
            '<decision name="d"><literalExpression><text><b>1</b></text></literalExpression></decision><itemDefinition/>'
        ),
        dmn('<decisionService name="s"><outputDecision/></decisionService>'),
        dmn(
            '<decision name="d"><informationRequirement><requiredInput/></informationRequirement></decision>'
        ),
    ],
)
def test_what_is_no_whole_file_is_refused(data: bytes) -> None:
    model, problems = read_dmn(data, "file.dmn")
    assert model is None
    assert all(problem.file == "file.dmn" and problem.message for problem in problems)
    assert problems
