"""Keeping a trial as a story of the pack: a scenario file whose expectations are what was seen.

In a story everybody does at once what they owe; in a trial nobody does anything but the person who tries it. So a kept
story holds back whatever was not done, and it is kept only once it has been read again and played to the same ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from engine.case.model import Entry
from engine.check.scenarios.play import play
from engine.check.scenarios.read import BadScenario, read_text
from engine.check.scenarios.story import Expectation, Happens, Moment, Scenario
from engine.check.scenarios.telling import renumbered
from engine.check.scenarios.verdict import judge
from engine.check.trying.stage import Stage
from engine.check.trying.trial import TASK, Trial, read_facts, scenario_of
from engine.check.verify.stories import after
from engine.check.verify.writing import written
from engine.clock import elapsed, local
from engine.errors import HomewardError
from engine.pack.model import Pack

TIED = 40
"""So many lines of expectations at most; a longer story says more than anybody reads."""


class NotKept(HomewardError):
    """A trial cannot be told as a story of the pack; the message says why."""


def kept(stage: Stage, pack: Pack, name: str, title: str) -> str:
    """Return a trial as the text of a scenario file of one story, with what was seen as what it expects.

    Raises NotKept where the story, played as stories are, goes otherwise than it was seen.
    """
    if stage.hitch is not None:
        raise NotKept("The story does not go on to its end: undo the step that cannot be taken, then keep it")
    if not stage.entries:
        raise NotKept("Nothing is required in this story, so there is nothing that it could expect")
    story = _told(stage, pack, name, title)
    text = written([story], expecting=True)
    try:
        (again,) = read_text(text, f"scenarios/{name}.yaml", pack.vocabulary)
    except BadScenario as error:
        raise NotKept(f"The story cannot be written down: {error}") from None
    verdict = judge(play(again, pack))
    if verdict.hard_failures:
        raise NotKept(
            "Told by itself, the story goes otherwise than you saw it. In a story, work that no duty stands for is done "
            f"as soon as it arises, and what is only offered is not done: {verdict.hard_failures[0]}"
        )
    seen = [_seen(case, entry) for case, entry in stage.entries]
    found = [_seen(case, entry) for case, entry in renumbered(verdict.played.entries)]
    if sorted(seen) != sorted(found):
        raise NotKept(
            "Told by itself, the story goes otherwise than you saw it: work that no duty stands for has to be done "
            "as soon as it arises"
        )
    return text


def _seen(case: int, entry: Entry) -> tuple[str, ...]:
    due = "" if entry.due is None else local(entry.due).isoformat()
    return (
        str(case),
        entry.obligation,
        entry.role,
        local(entry.raised).isoformat(),
        due,
        entry.outcome.value,
    )


def _told(stage: Stage, pack: Pack, name: str, title: str) -> Scenario:
    trial = stage.trial
    told = scenario_of(trial, pack)
    named = {line.done for line in told.timeline if line.done}
    several = len(stage.cases) > 1
    return replace(
        told,
        id=name,
        title=title,
        facts={**_of_work_without_duty(trial, pack), **told.facts},
        timeline=tuple(_line(line, trial, several) for line in told.timeline if line.task is None),
        hold=stage.owed - named,
        until=_offset(trial, stage.now),
        expect=tuple(_expected(stage, trial, several)),
        closed=stage.closed,
    )


def _of_work_without_duty(trial: Trial, pack: Pack) -> dict[str, object]:
    """Return what was answered in work that a story does by itself: it asks for it in `facts`."""
    found: dict[str, object] = {}
    for step in trial.steps:
        if step.kind == TASK:
            found |= read_facts(step.facts, pack.vocabulary)
    return found


def _line(line: Happens, trial: Trial, several: bool) -> Happens:
    at = line.at.resolve({"T0": trial.reported})
    actual = None if line.actual is None else _offset(trial, line.actual.resolve({"T0": trial.reported}))
    return replace(line, at=_offset(trial, at), actual=actual, case=line.case if several else None)


def _offset(trial: Trial, moment: datetime) -> Moment:
    return after(elapsed(trial.reported, moment))


def _expected(stage: Stage, trial: Trial, several: bool) -> Iterable[Expectation]:
    """Yield a line for each duty as it was seen: who owes it, by which clauses, since when, by when, how it ended."""
    for number, (case, entry) in enumerate(stage.entries[:TIED], start=1):
        yield Expectation(
            obligation=entry.obligation,
            line=number,
            roles=(entry.role,),
            clauses=entry.clauses,
            raised=_offset(trial, entry.raised),
            due=None if entry.due is None or entry.whole_day else _offset(trial, entry.due),
            no_due=entry.due is None,
            due_date=local(entry.due).date() if entry.due is not None and entry.whole_day else None,
            times=_times(stage, case, entry),
            outcomes=(entry.outcome.value,),
            case=case if several else None,
        )


def _times(stage: Stage, case: int, entry: Entry) -> int:
    """Return how many duties a line about this one matches."""
    return sum(
        one.obligation == entry.obligation
        and one.role == entry.role
        and number == case
        and (not entry.clauses or bool(set(one.clauses) & set(entry.clauses)))
        for number, one in stage.entries
    )
