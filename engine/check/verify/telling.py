"""A verification told in lines for the terminal: what is broken first, and the story that shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from textwrap import indent
from typing import Any

from engine.pack.model import Pack

WORDS = {"holds": "holds  ", "broken": "BROKEN ", "vacuous": "vacuous"}


def lines_of(document: dict[str, Any], pack: Pack, *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines that tell of a document; checks that hold only where `verbose`."""
    counts = Counter(row["verdict"] for row in document["checks"])
    yield (
        f"{pack.name}: {counts['holds']} checks hold, {counts['broken']} are broken, {counts['vacuous']} never arose, "
        f"{len(document['uncovered'])} clauses have no check"
    )
    yield f"  {document['stories']} stories in {document['seconds']} s, {covered(document)}"
    for row in document["checks"]:
        if row["verdict"] == "broken" or verbose or (row["verdict"] == "vacuous"):
            yield from _check(row, pack)
    if document["uncovered"]:
        yield f"  uncovered: {', '.join(document['uncovered'])}"
    for finding in document["findings"]:
        if finding["note"] and not verbose:
            continue
        accepted = f" (accepted: {finding['accepted']})" if finding["accepted"] else ""
        place = " · ".join(part for part in (finding["where"], finding["part"]) if part)
        yield f"  {finding['kind']}: {finding['rule']}: {place}: {finding['message']}{accepted}"
        if finding["story"] and not finding["accepted"]:
            yield indent(finding["story"].rstrip(), "      ")


def _check(row: dict[str, Any], pack: Pack) -> Iterator[str]:
    yield f"  {WORDS[row['verdict']]} {row['check']} [{', '.join(row['clauses'])}] {row['says']}"
    if row["verdict"] == "vacuous":
        because = row["vacuous_because"] or "no story came to it, and the check does not say why"
        yield f"          {because}"
    if row["verdict"] != "broken":
        return
    yield f"          {row['why']}"
    example = row["counterexample"]
    if example is None:
        return
    if example["elements"]:
        yield f"          look at {', '.join(labelled(pack, element) for element in example['elements'][:5])}"
    if example["story"]:
        yield indent(example["story"].rstrip(), "          ")


def labelled(pack: Pack, element: str) -> str:
    """Return an element's id with what the diagram says of it."""
    for process in pack.processes.values():
        found = process.elements.get(element)
        if found is not None and found.name:
            return f"{element} ({' '.join(found.name.split())}, {process.file})"
    return element


def covered(document: dict[str, Any]) -> str:
    """Return in words how much of the pack the stories came to."""
    coverage = document["coverage"]
    parts = [count for counts in coverage["elements"].values() for count in counts.values()]
    rules = [count for counts in coverage["rules"].values() for count in counts.values()]
    told = [f"{sum(map(bool, parts))} of {len(parts)} elements and flows"]
    if rules:
        told.append(f"{sum(map(bool, rules))} of {len(rules)} rules of tables")
    return " and ".join(told) + " were reached"
