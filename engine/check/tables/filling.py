"""The rule that a gap asks for: cells that hold for the situation found, and for all that the table cannot tell from it.

A witness is one situation (an age of 13). A rule for exactly that would leave the gap open at 14, so each cell takes in
every value that the column's cells treat alike: all between the nearest two limits, or every word that no cell names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine import feel
from engine.check.finding import Finding
from engine.check.tables.domains import MOMENT
from engine.check.tables.sheet import nested
from engine.dmn.model import DecisionTable
from engine.feel import UNKNOWN, Range, UnknownFact, tree
from engine.feel.builtins.conversion import literal_text
from engine.feel.compile import constant_value
from engine.feel.constants import is_constant
from engine.feel.printer import to_text
from engine.pack.model import Pack

ANY = "-"
_CONSTRUCTORS = {"date": "date", "date and time": "date and time", "days and time duration": "duration"}


def filling(pack: Pack, table: DecisionTable, gap: Finding) -> tuple[str, ...]:
    """Return the input cells, in FEEL, of a rule for the situation of a gap; `-` where the column is not answered."""
    env = feel.Environment(now=MOMENT, calendar=pack.calendar)
    context = nested(dict(gap.witness))
    cells = []
    for n, column in enumerate(table.inputs):
        expression = column.expression.expression
        tests = [rule.cells[n].test for rule in table.rules]
        try:
            value = UNKNOWN if expression is None else expression.evaluate(context, env)
        except (UnknownFact, feel.FeelError):
            value = UNKNOWN
        cells.append(_cell(value, [test for test in tests if test is not None]))
    return tuple(cells)


def _cell(value: Any, tests: Sequence[feel.UnaryTests]) -> str:
    if value is UNKNOWN or not tests:
        return ANY
    if value is None or isinstance(value, bool):
        return literal_text(value)
    limits = _limits(tests)
    if limits is None:
        return written(value)
    alike = {text: limit for text, limit in limits.items() if type(limit) is type(value)}
    if isinstance(value, str):
        named = value in alike.values()
        return written(value) if named else f"not({', '.join(alike)})" if alike else ANY
    if any(limit == value for limit in alike.values()):
        return next(text for text, limit in alike.items() if limit == value)
    below = max(((v, t) for t, v in alike.items() if v < value), default=None, key=lambda pair: pair[0])
    above = min(((v, t) for t, v in alike.items() if v > value), default=None, key=lambda pair: pair[0])
    if below and above:
        return f"({below[1]}..{above[1]})"
    if below:
        return f"> {below[1]}"
    return f"< {above[1]}" if above else ANY


def _limits(tests: Sequence[feel.UnaryTests]) -> dict[str, Any] | None:
    """Return the constants that cells compare with, by their text; None where a cell asks more than a comparison."""
    found: dict[str, Any] = {}
    for test in (test for cell in tests for test in cell.tree.tests):
        node = test.operand if isinstance(test, tree.CompareTest) else test.expression
        ends = [node.start, node.end] if isinstance(node, tree.RangeOf) else [node]
        for end in ends:
            items = end.items if isinstance(end, tree.ListOf) else (end,)
            for item in items:
                if not is_constant(item):
                    return None
                value = constant_value(item)
                if isinstance(value, Range | list):
                    return None
                found.setdefault(to_text(item), value)
    return found


def written(value: Any) -> str:
    """Return a value as it stands in a cell: dates and durations by the function that makes them."""
    kind = feel.feel_type(value)
    if kind in _CONSTRUCTORS:
        return f'{_CONSTRUCTORS[kind]}("{literal_text(value)}")'
    return literal_text(value)
