"""The rule that a gap asks for: it holds for the situation found, and takes in all that the table treats alike."""

from __future__ import annotations

import pytest

from engine.check.tables import examine_tables
from engine.check.tables.filling import filling
from engine.pack.model import Pack
from tests.check.tables.tables import pack


def filled(of: Pack) -> tuple[str, ...]:
    gap = next(finding for finding in examine_tables(of) if finding.kind == "gap")
    table = of.decisions["d"].decisions["d"].table
    assert table is not None
    return filling(of, table, gap)


@pytest.mark.parametrize(
    ("inputs", "rules", "cells"),
    [
        (["a.yes", "b.yes"], ("true | - | true", "- | true | true"), ("false", "false")),
        (["count.times"], ("<= 2 | false", ">= 4 | true"), ("(2..4)",)),
        (["count.times"], ("< 2 | false", "> 2 | true"), ("2",)),
        (["count.times"], ("<= 2 | false",), ("> 2",)),
        (["count.times"], ("> 2 | false", "2 | true"), ("< 2",)),
        (["time.gone"], ('<= duration("PT24H") | false',), ('> duration("PT24H")',)),
        (["risk.level"], ('"low", "high" | true',), ('not("low", "high")',)),
        (["group.kind"], ('not("care") | true',), ('"care"',)),
        (["a.yes", "risk.level"], ("true | - | true",), ("false", "-")),
    ],
)
def test_a_rule_for_a_gap_takes_in_all_that_the_table_treats_alike(
    inputs: list[str], rules: tuple[str, ...], cells: tuple[str, ...]
) -> None:
    assert filled(pack(inputs, *rules)) == cells


@pytest.mark.parametrize("policy", ["FIRST", "UNIQUE"])
def test_adding_the_rule_for_each_gap_ends_without_a_gap_or_an_overlap(policy: str) -> None:
    inputs = ["risk.level", "count.times", "time.gone"]
    rules = ['"high" | - | - | true', '"low" | >= 3 | <= duration("PT24H") | false']
    for _ in range(30):
        made = pack(inputs, *rules, policy=policy)
        found = [finding.kind for finding in examine_tables(made)]
        assert "overlap" not in found
        if "gap" not in found:
            return
        rules.append(f"{' | '.join(filled(made))} | true")
    pytest.fail(f"30 rules did not close the gaps: {rules}")
