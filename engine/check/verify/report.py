"""The report of a verification as one page that needs nothing else, for a process owner to read and to keep.

It is made from what `homeward verify --json` prints, so that it can be made again from what was kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from engine.check.verify.telling import covered, labelled
from engine.pack.model import Pack


def as_html(documents: Sequence[Mapping[str, Any]], packs: Mapping[str, Pack]) -> str:
    """Return the page; `packs` are those of the documents by council, for the names that people know."""
    councils = [_council(document, packs[document["council"]]) for document in documents]
    return _template().render(councils=councils)


def _council(document: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    counts = Counter(row["verdict"] for row in document["checks"])
    order = {"broken": 0, "vacuous": 1, "holds": 2}
    rows = sorted(document["checks"], key=lambda row: order[row["verdict"]])
    return {
        "name": pack.name,
        "title": pack.title,
        "document": document,
        "counts": counts,
        "covered": covered(dict(document)),
        "rows": [_row(row, pack) for row in rows],
        "uncovered": [_clause(pack, clause) for clause in document["uncovered"]],
        "findings": [finding for finding in document["findings"] if not finding["note"]],
        "unreached": list(_unreached(document, pack)),
    }


def _row(row: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    example = row["counterexample"]
    elements = [labelled(pack, element) for element in example["elements"]] if example else []
    return {**row, "clauses": [_clause(pack, clause) for clause in row["clauses"]], "elements": elements}


def _clause(pack: Pack, clause: str) -> dict[str, str]:
    found = pack.clauses.get(clause)
    return {"id": clause, "says": found.paraphrase if found else ""}


def _unreached(document: Mapping[str, Any], pack: Pack) -> list[str]:
    """Return the steps that no story came to; flows are left out, since a step behind them tells of them."""
    counted = document["coverage"]["elements"]
    return [
        labelled(pack, element)
        for process in pack.processes.values()
        for element in process.elements
        if not counted.get(process.id, {}).get(element, 0)
    ]


@cache
def _template() -> jinja2.Template:
    text = (Path(__file__).parent / "report.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(text)
