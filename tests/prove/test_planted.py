"""Faulty packs: each with one fault that somebody could draw by mistake, which verification must find and name."""

from __future__ import annotations

import re
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.check.scenarios import stories_beside
from engine.check.verify import verify
from engine.pack.library import Library
from engine.pack.model import Pack
from tests.prove.figures import tell

pytestmark = pytest.mark.prove

LIBRARY = Library(Path(__file__).resolve().parents[2] / "processes")
FAULTS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "planted.yaml").read_text())
SECONDS = 30
"""At most so long for each; what is found ends it sooner."""


@cache
def sound(council: str) -> Pack:
    return LIBRARY.get(council)


def faulty(fault: dict[str, Any]) -> Pack:
    """Return the council's pack with the fault in the one diagram that has its element."""
    pack = sound(fault["council"])
    pattern = re.compile(rf'<bpmn:(\w+) id="{fault["element"]}".*?</bpmn:\1>', re.DOTALL)
    found = {
        name: match[0]
        for name, data in pack.files.items()
        if name.endswith(".bpmn") and (match := pattern.search(data.decode()))
    }
    assert len(found) == 1, fault
    ((name, element),) = found.items()
    changed = element.replace(fault["find"], fault["put"])
    assert changed != element, fault
    text = pack.files[name].decode().replace(element, changed)
    return LIBRARY.read_files({**pack.files, name: text.encode()})


def test_at_least_thirty_faulty_packs_are_found_with_the_right_clause_named() -> None:
    assert len(FAULTS) >= 30
    began = time.monotonic()
    missed: list[str] = []
    first: list[float] = []
    for fault in FAULTS:
        started = time.monotonic()
        pack = faulty(fault)
        wanted = [check.id for check in pack.checks.values() if set(check.clauses) & set(fault["clauses"])]
        stories = stories_beside(LIBRARY, fault["council"])
        found = verify(pack, seconds=SECONDS, checks=wanted, first_only=True, stories=stories)
        broken = [check for check in found["checks"] if check["verdict"] == "broken"]
        first.append(time.monotonic() - started)
        if not broken:
            missed.append(f"{fault['council']}, {fault['element']}: {fault['says']}")
    figures = {
        "faulty packs": len(FAULTS),
        "found with the right clause": len(FAULTS) - len(missed),
        "seconds for one, at most": max(first),
        "seconds": time.monotonic() - began,
    }
    tell("Planted faults", figures)
    assert not missed, "\n".join(missed)
