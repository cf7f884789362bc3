"""What verification finds besides broken checks: faults that stories ran into, and what analyses of the model report.

All of it is told in one form, for the command, the report and the QA desk alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.check.finding import Finding
from engine.check.structure import examine_structure
from engine.check.tables import examine_tables
from engine.check.verify.playing import Fault
from engine.check.verify.shrink import Shrunk
from engine.check.verify.writing import written
from engine.pack.model import Pack

REMEDIES = {
    "incident": "Play the story and mend the element, or ask for the fact before it is read.",
    "no rest": "Give the loop an end, or somebody to wait for.",
    "stays open": "Lead the token on to an end, or mark what waits as a watch.",
    "exception": "This is a fault of the program: report it with the story.",
}


def story_findings(pack: Pack, shrunk: Mapping[tuple[str, str], Shrunk]) -> list[dict[str, Any]]:
    """Return the faults that stories ran into, each with the story."""
    places: dict[str, tuple[str, tuple[str, ...]]] = {}
    for process in pack.processes.values():
        places |= {element.id: (process.id, element.clauses) for element in process.elements.values()}
        places |= {flow.id: (process.id, flow.clauses) for flow in process.flows.values()}
    found = []
    for (kind, _), one in sorted(shrunk.items()):
        if kind != "fault" or not isinstance(one.shows, Fault):
            continue
        fault = one.shows
        part = fault.where.split(",")[0]
        where, clauses = places.get(part, ("", ()))
        name = f"{fault.kind.replace(' ', '-')}-{part or 'story'}".replace("_", "-").replace(".", "-")
        text = None
        if one.story.period is None:
            text = written(
                [replace(one.story.scenario, id=name, title=f"{fault.kind}: {fault.message}"[:100])]
            )
        found.append(
            {
                "kind": "story",
                "rule": fault.kind,
                "where": where or fault.where,
                "part": part if where else "",
                "clauses": list(clauses),
                "message": fault.message,
                "remedy": REMEDIES[fault.kind],
                "witness": [],
                "steps": [],
                "story": text,
                "accepted": None,
                "note": False,
            }
        )
    return found


def written_findings(pack: Pack) -> list[dict[str, Any]]:
    """Return what the analyses of tables and of structure report."""
    return [_row(pack, "table", finding) for finding in examine_tables(pack)] + [
        _row(pack, "structure", finding) for finding in examine_structure(pack)
    ]


def _row(pack: Pack, kind: str, finding: Finding) -> dict[str, Any]:
    told = finding.as_json()
    return {
        "kind": kind,
        "rule": finding.kind,
        "where": _place(pack, finding),
        "part": finding.element,
        "clauses": list(finding.clauses),
        "message": finding.message,
        "remedy": finding.remedy,
        "witness": [[fact, str(value)] for fact, value in told["witness"].items()],
        "changed": [[fact, str(value)] for fact, value in told["changed"].items()],
        "steps": list(finding.steps),
        "story": None,
        "accepted": finding.accepted,
        "note": finding.note,
        "id": finding.id,
    }


def _place(pack: Pack, finding: Finding) -> str:
    """Return the decision or process in which a finding lies."""
    for process in pack.processes.values():
        if process.file == finding.file:
            return process.id
    for decision, model in pack.decisions.items():
        table = model.decisions[decision].table if decision in model.decisions else None
        named = {decision} | ({table.id, *(rule.id for rule in table.rules)} if table else set())
        if model.file == finding.file and finding.element in named:
            return decision
    return finding.file
