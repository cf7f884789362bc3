"""The values on both sides of every limit an expression names."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from engine.feel import ANOTHER, UNKNOWN, UnaryTests, Value, YearsMonths, boundaries, parse, parse_unary

MOMENT = datetime(2026, 3, 29, 1, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)

LIMITS: list[tuple[str, dict[str, list[Value]]]] = [
    ("child.age < 16", {"child.age": [15, 16, 17]}),
    ("16 >= child.age", {"child.age": [15, 16, 17]}),
    ("x >= 1.5", {"x": [Decimal("1.4"), Decimal("1.5"), Decimal("1.6")]}),
    ("x between 1 and 2", {"x": [0, 1, 2, 3]}),
    ("x in [24..72)", {"x": [23, 24, 25, 71, 72, 73]}),
    ("x in (< 3, 7)", {"x": [2, 3, 4, 6, 7, 8]}),
    ('hours >= duration("PT24H")', {"hours": [24 * HOUR - SECOND, 24 * HOUR, 24 * HOUR + SECOND]}),
    ('day > @"2026-02-28"', {"day": [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]}),
    (
        'at >= @"2026-03-29T02:00:00@Europe/London"',
        {"at": [MOMENT - SECOND, MOMENT, MOMENT + SECOND]},
    ),
    ('clock < @"09:00:00"', {"clock": [time(8, 59, 59), time(9), time(9, 0, 1)]}),
    ('since < @"P1Y"', {"since": [YearsMonths(11), YearsMonths(12), YearsMonths(13)]}),
    ('risk = "high" or risk = "low"', {"risk": ["high", "low", ANOTHER]}),
    ('risk in ("high", "low")', {"risk": ["high", "low", ANOTHER]}),
    ('not(risk in ["high"])', {"risk": ["high", ANOTHER]}),
    ("flag = true", {"flag": [False, True]}),
    ("flag and not(other)", {"flag": [False, True], "other": [False, True]}),
    ("if flag then 1 else 2", {"flag": [False, True]}),
    ("x = null", {"x": [None]}),
    ("is known(x) and x > 1", {"x": [0, 1, 2, UNKNOWN]}),
    ("x + 1 > 2", {}),
    ("x > y", {}),
    ("some e in list satisfies e.x > 3", {}),
    ("-x = 3 or x = -3", {"x": [-4, -3, -2]}),
]


@pytest.mark.parametrize(("text", "expected"), LIMITS, ids=[text for text, _ in LIMITS])
def test_a_limit_is_given_with_its_neighbours(text: str, expected: dict[str, list[Value]]) -> None:
    assert boundaries(parse(text)) == expected


def test_a_cell_gives_the_limits_of_its_input() -> None:
    assert boundaries(parse_unary("[24..72), ? > 80 and y < 2"), "hours") == {
        "hours": [23, 24, 25, 71, 72, 73, 79, 80, 81],
        "y": [1, 2, 3],
    }
    assert boundaries(parse_unary("-"), "hours") == {}
    assert boundaries(parse_unary('not("a")'), "risk") == {"risk": ["a", ANOTHER]}


@pytest.mark.parametrize(
    "text", ["x < 5", "x in [2..9)", "x = 4", "x between 3 and 8", "not(x >= 5) or x = 7"]
)
def test_trying_the_boundary_values_finds_every_answer(text: str) -> None:
    """Between the boundary values the answer does not change."""
    expression = parse(text)
    found = {expression.evaluate({"x": number}) for number in boundaries(expression)["x"]}
    everywhere = {expression.evaluate({"x": Decimal(number) / 2}) for number in range(-20, 60)}
    assert found == everywhere


def test_a_single_test_is_enough_to_ask_for() -> None:
    tests: UnaryTests = parse_unary("< 3")
    assert boundaries(tests) == {"?": [2, 3, 4]}


def test_equal_numbers_that_are_written_otherwise_keep_their_own_step() -> None:
    for text, step in (("x >= 2.50", "0.01"), ("x >= 2.5", "0.1")):
        values = boundaries(parse(text))["x"]
        assert values[1] - values[0] == Decimal(step)  # type: ignore[operator]
