"""Every council's checks over its whole procedure: a minute each on two cores, nothing broken, nothing unexplained."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from engine.check.scenarios import stories_beside
from engine.check.verify import verify
from engine.pack.library import Library
from tests.prove.figures import tell

pytestmark = pytest.mark.prove

LIBRARY = Library(Path(__file__).resolve().parents[2] / "processes")
SECONDS = 60.0


@pytest.mark.parametrize("council", LIBRARY.councils())
def test_no_check_is_broken_and_none_is_vacuous_without_a_reason(council: str) -> None:
    began = time.monotonic()
    document: dict[str, Any] = verify(
        LIBRARY.get(council), seconds=SECONDS - 1, jobs=2, stories=stories_beside(LIBRARY, council)
    )
    took = time.monotonic() - began
    verdicts = [row["verdict"] for row in document["checks"]]
    parts = [n for counts in document["coverage"]["elements"].values() for n in counts.values()]
    rules = [n for counts in document["coverage"]["rules"].values() for n in counts.values()]
    tell(
        f"Verification of {council}",
        {
            "checks that hold": verdicts.count("holds"),
            "broken": verdicts.count("broken"),
            "vacuous": verdicts.count("vacuous"),
            "clauses without a check": len(document["uncovered"]),
            "stories": document["stories"],
            "stories a second": document["stories"] / took,
            "seconds": took,
            "elements and flows reached, %": 100 * sum(map(bool, parts)) / len(parts),
            "rules reached, %": 100 * sum(map(bool, rules)) / max(len(rules), 1),
        },
    )
    broken = [f"{row['check']}: {row['why']}" for row in document["checks"] if row["verdict"] == "broken"]
    unexplained = [
        row["check"]
        for row in document["checks"]
        if row["verdict"] == "vacuous" and row["vacuous_because"] is None
    ]
    found = [
        f"{finding['rule']} {finding['where']} {finding['part']}: {finding['message']}"
        for finding in document["findings"]
        if finding["accepted"] is None and not finding["note"]
    ]
    assert document["checks"] and not broken, "\n".join(broken)
    assert not unexplained
    assert not document["uncovered"]
    assert not found, "\n".join(found)
    assert took <= SECONDS + 5
