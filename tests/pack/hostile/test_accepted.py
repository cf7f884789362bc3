"""Two hundred unusual but right files: none is refused, and none is changed on its way out and in."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.check.inspection import inspect_files
from engine.check.scenarios import stories_of
from engine.pack import archive
from engine.pack.files import beside_of, checked, files_of
from tests.pack.hostile.accepted import cases

PROCESSES = Path(__file__).parents[3] / "processes"
COUNCILS = sorted(path.parent.name for path in PROCESSES.glob("*/procedure.yaml"))
FILES = 100
"""Each council's pack holds more files than this: all are accepted together."""


def test_what_is_unusual_but_right_is_accepted() -> None:
    refused = []
    every = list(cases())
    for case in every:
        files = case.make()
        assert isinstance(files, dict)
        inspection = inspect_files(checked(archive.read(archive.written(files))), "small")
        if inspection.faults or inspection.pack is None:
            refused.append((case.name, [str(fault) for fault in inspection.faults][:2]))
        elif dict(inspection.pack.files) != dict(sorted(files.items())):
            refused.append((case.name, ["it is not the same any more"]))
    assert not refused, refused
    assert len({case.name for case in every}) == len(every) >= 200


@pytest.mark.parametrize("council", COUNCILS)
def test_every_file_of_every_council_is_accepted(council: str) -> None:
    folder = PROCESSES / council
    files = {**files_of(folder), **beside_of(folder)}
    taken = archive.read(archive.written(files))
    inspection = inspect_files(checked(taken), council)
    assert not inspection.faults and inspection.pack is not None
    assert stories_of(taken, inspection.pack)
    assert len(taken) > FILES
