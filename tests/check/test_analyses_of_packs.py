"""The five councils' tables and diagrams, looked at whole: nothing is wrong but what the pack itself explains."""

from __future__ import annotations

import pytest

from engine.check.structure import examine_structure
from engine.check.tables import compare_tables, examine_tables
from engine.pack.read import read_pack
from tests.case.diagrams import ROOT

COUNCILS = sorted(path.parent.name for path in (ROOT / "processes").glob("*/procedure.yaml"))


@pytest.mark.parametrize("council", COUNCILS)
def test_tables_and_diagrams_have_no_unexplained_fault(council: str) -> None:
    pack = read_pack(ROOT / "processes" / council)
    found = [*examine_tables(pack), *examine_structure(pack)]
    assert [str(finding) for finding in found if finding.fault] == []
    assert [str(finding) for finding in found if finding.kind == "accepted-nothing"] == []
    assert all(finding.exact for finding in found if finding.accepted)
    assert {finding.id for finding in found if finding.accepted} == set(pack.accepted)


@pytest.mark.parametrize("council", COUNCILS)
def test_a_pack_differs_in_nothing_from_itself(council: str) -> None:
    pack = read_pack(ROOT / "processes" / council)
    assert compare_tables(pack, pack) == []
