"""Runs of the processes that time starts: a month's report, a quarter's audit.

They are cases of their own, without a child and without a story: what can differ is when the period lies and whether
people do the work at once or never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from engine.case.case import Case
from engine.case.model import OpenTask
from engine.case.periodic import next_period
from engine.check.scenarios.people import fill
from engine.check.scenarios.telling import Watch
from engine.check.verify.stories import Pace, Period, Story
from engine.clock import local
from engine.errors import HomewardError
from engine.pack.model import Pack, Start

FIRST = local(datetime.fromisoformat("2026-01-01T00:00+00:00"))
IDLE = 3
"""In the first so many periods people are idle once as well."""
PERIODS = 13
"""So many periods one after the other are run: a year of months and one more."""
WATCHED = timedelta(days=62)
ACTS = 200


def runs_of(pack: Pack, ordinary: Story) -> Iterator[Story]:
    """Yield the runs of every process that time starts, with prompt people and with idle ones."""
    for process in pack.processes.values():
        if process.start is not Start.TIMER:
            continue
        since = FIRST
        for number in range(PERIODS):
            try:
                until = next_period(pack, process.id, since)
            except HomewardError:  # that it does not say when it starts next is told by the run itself
                until = since + timedelta(days=28)
            for pace in (Pace.PROMPT, Pace.IDLE) if number < IDLE else (Pace.PROMPT,):
                named = replace(ordinary.scenario, id=process.id, title=process.title, timeline=())
                yield Story(named, pace, Period(process.id, since, until))
            since = until


def run_period(story: Story, pack: Pack, watch: Watch) -> datetime:
    """Run a period and return the moment up to which it was watched. Raises HomewardError where it cannot go on."""
    period = story.period
    if period is None:
        raise ValueError("the story is of a child, not of a period")
    now, end = period.until, period.until + WATCHED
    case = Case.start_period(pack, period.process, since=period.since, until=period.until, at=now)
    watch(1, case.drain(), case, now)
    for _ in range(ACTS):
        task = next((one for one in case.tasks.values() if _for_people(case, one)), None)
        if task is not None and story.pace is Pace.PROMPT:
            answers = fill(case, task, story.scenario.facts, {}, now)
            case.complete(task.id, answers, at=now)
        elif case.next_due is not None and case.next_due <= end:
            now = max(case.next_due, now)
            case.fire_timers(now)
        else:
            break
        watch(1, case.drain(), case, now)
    return end


def _for_people(case: Case, task: OpenTask) -> bool:
    return task.detached or case.plan.element(task.element).event is None
