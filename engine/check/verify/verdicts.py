"""Verifying a pack: each check ends as holds, broken or vacuous, a clause that lacks the check it is due as uncovered.

The result is one document of plain values, the same that the command prints, the report shows and the QA desk keeps. A
broken check is in it only with a story that the live case core has played to the same breach.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.check.scenarios.story import Scenario
from engine.check.verify.concern import concerned
from engine.check.verify.crew import Crew, play_here
from engine.check.verify.explore import Exploration, Explorer, Listen, Tally, explore
from engine.check.verify.findings import story_findings, written_findings
from engine.check.verify.playing import Breach, Result
from engine.check.verify.shrink import Shrunk, Target, shrink_here
from engine.check.verify.stories import Story
from engine.check.verify.writing import written
from engine.clock import Clock, SystemClock, local
from engine.pack.checks import Check
from engine.pack.model import Clause, Pack

FORMAT = 1
SHRINKING = 0.12
"""The share of the time that is kept for shrinking counterexamples."""
SLOWEST = 8.0
"""Seconds that shrinking may take at most of a long exploration."""
QUICKEST = 0.8
"""Seconds that each counterexample is given at least."""
JUDGED = ("case", "periodic")
LIMITS = ("deadline", "notification")


def verify(
    pack: Pack,
    *,
    seconds: float = 60.0,
    patience: float = 0.0,
    jobs: int = 2,
    seed: int = 1,
    most: int | None = None,
    stories: Sequence[Scenario] = (),
    checks: Collection[str] | None = None,
    first_only: bool = False,
    listen: Listen | None = None,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Explore a pack and return the document; `checks` are the ids of those to be looked at, None for all.

    It takes `seconds`, and up to `patience` seconds more while a check has come up in no story yet. `most` bounds the
    number of stories, which with `seed` fixes what is found whatever the number of `jobs`; `stories` are scenarios to
    begin with; `first_only` ends at the first breach. Tables and structure are looked at when all checks are.
    """
    reserve = min(seconds * SHRINKING, SLOWEST)
    part = Part(seconds - reserve, None if most is not None else reserve, patience=patience)
    (document,) = verify_in_parts(
        pack,
        [part],
        jobs=jobs,
        seed=seed,
        most=most,
        stories=stories,
        checks=checks,
        first_only=first_only,
        listen=listen,
        clock=clock,
    )
    return document


@dataclass(frozen=True, slots=True)
class Part:
    """How long a part of a verification explores and then shrinks what is new, in seconds; None: as long as it takes.

    Each counterexample is given `least` seconds, even where that is longer in all. For a check that has come up in no
    story yet it explores up to `patience` seconds more.
    """

    exploring: float
    shrinking: float | None
    least: float = QUICKEST
    patience: float = 0.0


def verify_in_parts(
    pack: Pack,
    parts: Sequence[Part],
    *,
    jobs: int = 2,
    seed: int = 1,
    most: int | None = None,
    stories: Sequence[Scenario] = (),
    checks: Collection[str] | None = None,
    first_only: bool = False,
    listen: Listen | None = None,
    clock: Clock | None = None,
    given: bool = False,
) -> Iterator[dict[str, Any]]:
    """Explore a pack and yield the document as it stands after each part; each goes on from the one before.

    With `given` the last also tells, as `unmet`, which of the stories do not get what they expect. Whoever no longer
    needs it closes the iterator, or raises in `listen`.
    """
    chosen = [check for check in pack.checks.values() if checks is None or check.id in checks]
    explorer = Explorer(
        pack, chosen, seed=seed, stories=stories, narrow=checks is not None, first_only=first_only
    )
    began = (clock or SystemClock()).now()
    with Crew(pack, chosen, jobs) as crew:
        for number, part in enumerate(parts, start=1):
            found = explore(
                explorer,
                crew,
                seconds=part.exploring,
                patience=part.patience,
                stories=most,
                listen=listen,
            )
            if listen is not None:
                listen(1.0, "shrinking what was found")
            work = None if part.shrinking is None else part.shrinking * jobs
            shrunk = _shrunk(explorer, found, crew, work, part.least)
            ended = (clock or SystemClock()).now()
            told = given and number == len(parts)
            yield {
                **({"unmet": _unmet(crew, stories)} if told else {}),
                "format": FORMAT,
                "council": pack.id,
                "pack": pack.hash,
                "edition": pack.edition,
                "at": local(ended).isoformat(timespec="seconds"),
                "seconds": round((ended - began).total_seconds(), 1),
                "seed": seed,
                "jobs": jobs,
                "stories": found.stories,
                "untellable": found.awkward,
                "whole": checks is None,
                "checks": [
                    _row(pack, tally, shrunk.get(("check", tally.check.id)))
                    for tally in found.tallies.values()
                ],
                "uncovered": uncovered(pack) if checks is None else [],
                "findings": story_findings(pack, shrunk) + (written_findings(pack) if checks is None else []),
                "coverage": coverage(pack, found),
                "mutants": None,
            }


def _unmet(crew: Crew, stories: Sequence[Scenario]) -> dict[str, list[str]]:
    """Return by story what it expects and does not get, as it was written and not as an exploration varies it."""
    results = crew.each(play_here, [Story(scenario) for scenario in stories])
    return {
        story.id: list(result.unmet) for story, result in zip(stories, results, strict=True) if result.unmet
    }


def faulty(document: dict[str, Any]) -> bool:
    """Whether a document tells of something that somebody has to mend."""
    return any(row["verdict"] == "broken" for row in document["checks"]) or any(
        finding["accepted"] is None and not finding["note"] for finding in document["findings"]
    )


def suite(
    pack: Pack,
    *,
    seconds: float = 60.0,
    jobs: int = 2,
    seed: int = 1,
    stories: Sequence[Scenario] = (),
    most: int | None = None,
) -> list[tuple[Story, Result]]:
    """Return the telling stories of an exploration with what came of each, the smallest first.

    They are those that covered something new when they were told, and for each check some in which it held, most of them
    told to look just beside its facts and moments; behind them the given ones as they were written, with what they
    expect. Stories that broke a check are left out.
    """
    checks = list(pack.checks.values())
    explorer = Explorer(pack, checks, seed=seed, stories=stories)
    with Crew(pack, checks, jobs) as crew:
        explore(explorer, crew, seconds=seconds, stories=most)
        given = [Story(scenario) for scenario in stories]
        played = list(zip(given, crew.each(play_here, given), strict=True))
    told = sorted(explorer.telling.values(), key=lambda pair: explorer.size(pair[0]))
    return [(story, result) for story, result in (*told, *played) if not result.broken and not result.awkward]


# --- clauses


def due_a_check(pack: Pack, clause: Clause) -> bool:
    """Whether a clause should have a check: it runs, and it must be done, or should be with a limit or a recipient."""
    if clause.scope not in JUDGED:
        return False
    if clause.force == "must":
        return True
    return clause.force == "should" and (clause.kind in LIMITS or clause.id in _limited(pack))


def uncovered(pack: Pack) -> list[str]:
    """Return the clauses that should have a check and have none, in the order of the register."""
    covered = {clause for check in pack.checks.values() for clause in check.clauses}
    return [
        clause.id
        for clause in pack.clauses.values()
        if clause.id not in covered and due_a_check(pack, clause)
    ]


def _limited(pack: Pack) -> set[str]:
    return {
        clause
        for element in pack.elements
        for duty in element.duties
        if duty.due is not None
        for clause in duty.clauses
    }


# --- checks


def _shrunk(
    explorer: Explorer, found: Exploration, crew: Crew, seconds: float | None, least: float
) -> dict[tuple[str, str], Shrunk]:
    """Shrink what was found, in `seconds` of work; where a smallest story cannot be told again, the next is tried."""
    ordinary = explorer.teller.ordinary.scenario
    open_ones: dict[tuple[str, str], list[tuple[Story, Target]]] = {}
    for name, tally in found.tallies.items():
        if tally.broken:
            target = Target(check=name)
            open_ones["check", name] = [(story, target) for _, story, _ in tally.broken]
    for key, (_, story, _) in found.faults.items():
        open_ones["fault", ":".join(key)] = [(story, Target(fault=key))]
    shrunk: dict[tuple[str, str], Shrunk] = {}
    each = None if seconds is None else max(seconds / max(len(open_ones), 1), least)
    while open_ones:
        keys = list(open_ones)
        work = [(open_ones[key][0][0], ordinary, open_ones[key][0][1], each) for key in keys]
        for key, result in zip(keys, crew.each(shrink_here, work), strict=True):
            del open_ones[key][0]
            if result is not None:
                shrunk[key] = result
            if result is not None or not open_ones[key]:
                del open_ones[key]
    return shrunk


def _row(pack: Pack, tally: Tally, shrunk: Shrunk | None) -> dict[str, Any]:
    check = tally.check
    row: dict[str, Any] = {
        "check": check.id,
        "clauses": list(check.clauses),
        "says": check.says,
        "verdict": "broken" if tally.broken else "holds" if tally.applied else "vacuous",
        "judged": tally.judged,
        "vacuous_because": check.vacuous,
        "why": None,
        "counterexample": None,
    }
    if tally.broken:
        row["why"] = tally.broken[0][2].why
    if shrunk is not None and isinstance(shrunk.shows, Breach):
        row["why"] = shrunk.shows.why
        row["counterexample"] = _counterexample(pack, check, shrunk, shrunk.shows)
    return row


def _counterexample(pack: Pack, check: Check, shrunk: Shrunk, breach: Breach) -> dict[str, Any]:
    return {
        "story": story_text(shrunk.story, f"{check.id}-broken", check.says),
        "at": None if breach.at is None else local(breach.at).isoformat(timespec="seconds"),
        "case": breach.case,
        "elements": concerned(pack, check, breach, shrunk.passed),
    }


def story_text(story: Story, name: str, title: str) -> str | None:
    """Return a story as a scenario file of one scenario; None for the run of a period, which is no child's story."""
    if story.period is not None:
        return None
    return written([replace(story.scenario, id=name, title=title)])


# --- coverage


def coverage(pack: Pack, found: Exploration) -> dict[str, Any]:
    """Return in how many stories each element, flow, rule and clause played a part; 0 where in none."""
    seen = found.seen
    elements: dict[str, dict[str, int]] = {}
    for process in pack.processes.values():
        counts = {name: seen[f"element:{name}"] for name in process.elements}
        for element in process.elements.values():  # a scope is passed when its start is
            if element.kind == "subProcess":
                inside = [e.id for e in process.elements.values() if e.scope == element.id]
                counts[element.id] = max((seen[f"element:{name}"] for name in inside), default=0)
            elif element.calls is not None:
                start = pack.processes[element.calls].start_element
                counts[element.id] = max(counts[element.id], seen[f"element:{start}"])
        for flow in process.flows.values():
            decided = flow.condition is not None or process.elements[flow.source].default_flow == flow.id
            source, target = counts.get(flow.source, 0), counts.get(flow.target, 0)
            counts[flow.id] = seen[f"flow:{flow.id}"] if decided else min(source, target)
        elements[process.id] = counts
    rules = {
        decision: {rule.id: seen[f"rule:{decision}:{rule.id}"] for rule in table.rules}
        for decision, table in _tables(pack)
    }
    return {
        "elements": elements,
        "rules": rules,
        "clauses": {clause: seen[f"clause:{clause}"] for clause in pack.clauses},
    }


def _tables(pack: Pack) -> Iterable[tuple[str, Any]]:
    for decision, model in pack.decisions.items():
        found = model.decisions.get(decision)
        if found is not None and found.table is not None:
            yield decision, found.table
