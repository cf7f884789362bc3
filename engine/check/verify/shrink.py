"""Shrinking a counterexample to the shortest story that still shows it.

Whatever can be taken back is taken back: lines, earlier episodes, facts that differ from an ordinary child's, delays,
odd moments, people's pace. Each step is played, so what is left is known to show the same thing, and the last word is
always a scenario that can be written down.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from engine.check.scenarios.story import Happens, Moment, Scenario
from engine.check.verify.crew import here
from engine.check.verify.playing import Breach, Fault, Result, play_story, told_whole
from engine.check.verify.stories import BACK, MINUTE, RETURNED, STARTS, Pace, Story, after, shifted, usual
from engine.clock import local
from engine.pack.model import Pack

MOST = 150
"""So many stories are played at most to shrink one."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a shrunk story must still show: the breach of a check, or a fault of a kind at a place."""

    check: str | None = None
    fault: tuple[str, str] | None = None

    def found(self, result: Result) -> Breach | Fault | None:
        """Return what was looked for, where a story shows it."""
        if self.check is not None:
            return next((breach for breach in result.broken if breach.check == self.check), None)
        return next((fault for fault in result.faults if (fault.kind, fault.where) == self.fault), None)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A counterexample as it is shown: a story told whole, what it shows, and the elements that were passed."""

    story: Story
    shows: Breach | Fault
    passed: tuple[str, ...]


def shrink_here(work: tuple[Story, Scenario, Target, float | None]) -> Shrunk | None:
    """Shrink a story of the pack that this process plays; None where it cannot be shown again."""
    pack, _ = here()
    story, ordinary, target, seconds = work
    return shrink(story, ordinary, target, pack, seconds)


def shrink(
    story: Story, ordinary: Scenario, target: Target, pack: Pack, seconds: float | None = None
) -> Shrunk | None:
    """Return the shortest story found that shows the target; None where not even the given one shows it.

    With `seconds` it goes on no longer than that, and may give a longer story.
    """
    work = _Shrinking(story, ordinary, target, pack, seconds)
    return work.told() if work.shown() else None


class _Shrinking:
    """The shrinking of one story: the smallest so far and what it shows."""

    def __init__(
        self, story: Story, ordinary: Scenario, target: Target, pack: Pack, seconds: float | None
    ) -> None:
        self.story = story
        self.ordinary = ordinary
        self.target = target
        self.pack = pack
        self.checks = () if target.check is None else (pack.checks[target.check],)
        self.plays = 0
        self.until = None if seconds is None else time.monotonic() + seconds
        self.best = Result()

    def shown(self) -> bool:
        """Shrink as far as it goes; False where the story does not show the target at all."""
        if not self.take(self.story):
            return False
        if self.story.period is not None:
            return True
        shorter = True
        while shorter and not self.tired:
            before = self.plays
            shorter = self.once(_people)
            shorter |= self.facts()
            for kind in (_lines, _before, _moments):
                while self.once(kind):
                    shorter = True
            shorter &= self.plays > before
        return True

    @property
    def tired(self) -> bool:
        """Whether enough has been tried."""
        return self.plays >= MOST or (self.until is not None and time.monotonic() > self.until)

    def take(self, story: Story) -> bool:
        """Make a story the smallest so far if it shows the target."""
        self.plays += 1
        result = play_story(story, self.pack, self.checks)
        if self.target.found(result) is None:
            return False
        self.story, self.best = story, result
        return True

    def once(self, kind: Callable[[Story], Iterator[Story]]) -> bool:
        """Take the first smaller story of a kind that shows the target."""
        return any(not self.tired and self.take(smaller) for smaller in kind(self.story))

    def facts(self) -> bool:
        """Make facts ordinary, in halves, quarters, one by one."""
        odd = self._odd()
        size, any_taken = len(odd), False
        while size and not self.tired:
            place = 0
            while place < len(odd) and not self.tired:
                tried = _ordinary_in(self.story.scenario, self.ordinary, odd[place : place + size])
                if self.take(Story(tried, self.story.pace)):
                    odd, any_taken = odd[:place] + odd[place + size :], True
                else:
                    place += size
            size //= 2
        return any_taken

    def _odd(self) -> list[str]:
        scenario = self.story.scenario
        ordinary = usual(self.ordinary, scenario.reported)
        return [name for name, value in scenario.facts.items() if value != ordinary.get(name)]

    # --- the last word

    def told(self) -> Shrunk | None:
        """Return the story with everything that its people do written down, once that has been played as well."""
        if self.story.period is not None:
            shows = self.target.found(self.best)
            return None if shows is None else Shrunk(self.story, shows, self.best.passed)
        if self.best.carried:
            if not self.take(Story(told_whole(self.story, self.best), Pace.PROMPT)):
                return None
            self._without_needless_work()
        elif self.story.pace is not Pace.PROMPT:  # idle people: whatever they owe is held
            self.story = Story(self.story.scenario, Pace.PROMPT)
        self._without_needless_holding()
        self._with_what_counts()
        found = self.target.found(self.best)
        return None if found is None else Shrunk(self.story, found, self.best.passed)

    def _without_needless_work(self) -> None:
        """Drop the lines of what people do late where the story shows the same without."""
        for line in [one for one in self.story.scenario.timeline if one.done is not None and not self.tired]:
            kept = tuple(one for one in self.story.scenario.timeline if one is not line)
            self.take(Story(replace(self.story.scenario, timeline=kept), self.story.pace))

    def _without_needless_holding(self) -> None:
        """Hold only what arose, and of that what must be held, found in halves like the facts."""
        arisen = {seen.split(":")[1] for seen in self.best.seen if seen.startswith("duty:")}
        if not self.story.scenario.hold <= arisen:
            scenario = replace(self.story.scenario, hold=self.story.scenario.hold & arisen)
            self.take(Story(scenario, self.story.pace))
        held = sorted(self.story.scenario.hold)
        size = len(held)
        while size and not self.tired:
            place = 0
            while place < len(held) and not self.tired:
                left = held[:place] + held[place + size :]
                scenario = replace(self.story.scenario, hold=frozenset(left))
                if self.take(Story(scenario, self.story.pace)):
                    held = left
                else:
                    place += size
            size //= 2

    def _with_what_counts(self) -> None:
        """Tell first what is out of the ordinary, and nothing that neither the case nor a form asked for."""
        facts, odd = self.story.scenario.facts, set(self._odd())
        asked = {
            name
            for element in self.pack.elements
            if (form := self.pack.forms.get(element.form or "")) is not None
            for name in form.facts
        }
        wanted = set(self.best.read) | asked
        ordered = [name for name in facts if name in odd] + [
            name for name in facts if name not in odd and name in wanted
        ]
        told = {name: facts[name] for name in ordered}
        self.take(Story(replace(self.story.scenario, facts=told), self.story.pace))


# --- what is smaller


def _people(story: Story) -> Iterator[Story]:
    """Yield the story with people who act more simply."""
    if story.pace is not Pace.PROMPT:
        yield Story(replace(story.scenario, hold=frozenset()), Pace.PROMPT)
        if story.pace is Pace.MIXED:
            yield Story(story.scenario, Pace.LATE)
        if story.pace is not Pace.IDLE:
            yield Story(story.scenario, Pace.IDLE)
    elif story.scenario.hold:
        yield Story(replace(story.scenario, hold=frozenset()), story.pace)


def _ordinary_in(scenario: Scenario, ordinary: Scenario, names: list[str]) -> Scenario:
    """Return the scenario with an ordinary child's facts in some respects."""
    changed, facts = dict(scenario.facts), usual(ordinary, scenario.reported)
    for name in names:
        if name in facts:
            changed[name] = facts[name]
        else:
            changed.pop(name, None)
    return replace(scenario, facts=changed)


def _lines(story: Story) -> Iterator[Story]:
    """Yield the story without one of its lines, or without one fact that a line tells."""
    for scenario in _fewer_lines(story.scenario):
        yield Story(scenario, story.pace)


def _fewer_lines(scenario: Scenario) -> Iterator[Scenario]:
    for index, line in enumerate(scenario.timeline):
        others = scenario.timeline[:index] + scenario.timeline[index + 1 :]
        if line.name is None or not _hangs_on(line.name, others, scenario.until):
            yield replace(scenario, timeline=others)
        elif line.event == RETURNED:
            free = tuple(one for one in others if one.at.name != line.name)
            yield replace(scenario, timeline=free, until=Moment.parse("+14d"))
        for name in line.facts:
            left = replace(line, facts={n: v for n, v in line.facts.items() if n != name})
            if left.event is not None or left.facts or left.done is not None:
                yield replace(
                    scenario, timeline=(*scenario.timeline[:index], left, *scenario.timeline[index + 1 :])
                )


def _hangs_on(name: str, lines: tuple[Happens, ...], until: Moment) -> bool:
    moments = [until, *(line.at for line in lines), *(line.actual for line in lines if line.actual)]
    return any(moment.name == name for moment in moments)


def _before(story: Story) -> Iterator[Story]:
    """Yield the story with fewer earlier episodes, and reported or received at an ordinary time."""
    for scenario in _plainer_start(story.scenario):
        yield Story(scenario, story.pace)


def _plainer_start(scenario: Scenario) -> Iterator[Scenario]:
    if scenario.earlier:
        yield replace(scenario, earlier=())
    for index in range(len(scenario.earlier)):
        yield replace(scenario, earlier=scenario.earlier[:index] + scenario.earlier[index + 1 :])
    if scenario.received != scenario.reported:
        yield replace(scenario, received=scenario.reported)
    if scenario.reported != STARTS[0]:
        shift = STARTS[0] - scenario.reported
        yield replace(
            scenario,
            reported=STARTS[0],
            received=local(scenario.received + shift),
            earlier=shifted(scenario.earlier, shift),
            facts={
                name: local(value + shift) if hasattr(value, "tzinfo") else value
                for name, value in scenario.facts.items()
            },
        )


def _moments(story: Story) -> Iterator[Story]:
    """Yield the story with a line learnt at once, or at a rounder moment."""
    for scenario in _rounder(story.scenario):
        yield Story(scenario, story.pace)


def _rounder(scenario: Scenario) -> Iterator[Scenario]:
    for index, line in enumerate(scenario.timeline):
        rounder: list[Happens] = []
        if line.actual is not None:
            rounder.append(replace(line, at=line.actual, actual=None))
        moment = line.at
        if moment.instant is None and not moment.days and moment.elapsed % timedelta(hours=1):
            whole = moment.elapsed - moment.elapsed % timedelta(hours=1)
            rounder += [
                replace(line, at=after(step, moment.name))
                for step in (whole, whole + timedelta(hours=1), moment.elapsed - moment.elapsed % MINUTE)
                if step != moment.elapsed
            ]
        for one in rounder:
            yield replace(
                scenario, timeline=(*scenario.timeline[:index], one, *scenario.timeline[index + 1 :])
            )
    for days in (3, 8, 14):
        name = BACK if scenario.until.name == BACK else ""
        shorter = Moment.parse(f"{name}+{days}d")
        if shorter.days < scenario.until.days or (scenario.until.elapsed and not scenario.until.days):
            yield replace(scenario, until=shorter)
