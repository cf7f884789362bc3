"""The passages of the councils' procedures: made by the rules that hold, and every clause rests on one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.check.drift import unlinked
from engine.check.drift.lexicon import VERSION
from engine.pack.read import read_pack
from engine.settings import PROJECT

COUNCILS = sorted(path.parent for path in (PROJECT / "processes").glob("*/procedure.yaml"))


@pytest.mark.parametrize("folder", COUNCILS, ids=lambda folder: folder.name)
def test_every_clause_of_the_register_rests_on_a_passage(folder: Path) -> None:
    pack = read_pack(folder)
    assert pack.passages is not None and pack.passages.made == VERSION
    assert unlinked(pack) == (), "add the clause to `clauses` of its passage in passages.yaml"
