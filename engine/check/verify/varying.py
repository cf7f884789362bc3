"""Varying a story: in one place to look just beside it, or towards what a check is about.

Everything here gives a story of the same child that differs in little, so that what changes in its course can be laid at
the door of what was varied.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.case.facts import Facts
from engine.case.ledger import Ledger
from engine.case.model import Changes, Episode
from engine.case.scopes import plan_of
from engine.check.scenarios.story import Happens, Moment, Scenario
from engine.check.trace import BACK as RETURNED_AT
from engine.check.verify.domains import CLOCKS, LEFT_OUT, Told
from engine.check.verify.stories import (
    BACK,
    MINUTE,
    RETURNED,
    STARTS,
    Pace,
    Story,
    Storyteller,
    after,
    falls,
    numbers_once,
    settled,
    shifted,
)
from engine.clock import local
from engine.errors import HomewardError
from engine.feel import Environment
from engine.pack.checks import Check, OnEvent, Reached
from engine.pack.checks.model import Condition
from engine.pack.checks.moments import Shifted

EPISODES = "child.earlier_episodes"
FEW = 8
"""So many instants of a story are tried for the return beside those that the check itself names."""


class Varying:
    """Varies the stories of one pack."""

    def __init__(self, teller: Storyteller) -> None:
        self.teller = teller
        self.pack = teller.pack
        self.domains = teller.domains
        self._bases: dict[str, tuple[str, ...]] = {}

    # --- beside a story

    def beside(self, story: Story, rng: random.Random, instants: Sequence[datetime] = ()) -> Story:
        """Return a story that differs in one to three places, chosen at random."""
        for _ in range(rng.choice((1, 1, 2, 3))):
            kind = rng.choices(
                ("fact", "time", "event", "change", "episodes", "pace", "start", "drop"),
                (8, 6, 3, 2, 2, 2, 1, 1),
            )[0]
            story = self._once(kind, story, rng, instants)
        return story

    def _once(self, kind: str, story: Story, rng: random.Random, instants: Sequence[datetime]) -> Story:
        scenario, teller = story.scenario, self.teller
        back = next((line.name for line in scenario.timeline if line.event == RETURNED and line.name), None)
        if kind == "fact":
            if not self.domains.varied:
                return story
            name = rng.choice(self.domains.varied)
            return self.told(story, name, rng.choice(self.domains.facts[name])) or story
        if kind == "time":
            if instants and rng.random() < 0.7:
                return self.back_at(story, rng.choice(instants) + MINUTE * rng.choice((-1, 0, 1)))
            return self.returning(story, list(teller.random_return(rng, scenario)))
        if kind in ("event", "change"):
            make = teller.random_event if kind == "event" else teller.random_change
            line = make(rng, scenario, back)
            if line is None:
                return story
            return Story(replace(scenario, timeline=numbers_once((*scenario.timeline, line))), story.pace)
        if kind == "episodes":
            return Story(
                replace(scenario, earlier=teller.random_episodes(rng, scenario.reported)), story.pace
            )
        if kind == "pace":
            return teller.at_pace(story, rng.choice(tuple(Pace)), rng)
        if kind == "start":
            return self.starting(story, rng.choice(STARTS), teller.random_delay(rng))
        lines = [line for line in scenario.timeline if line.name is None]
        if not lines:
            return story
        lost = rng.choice(lines)
        kept = tuple(line for line in scenario.timeline if line is not lost)
        return Story(replace(scenario, timeline=kept), story.pace)

    # --- one difference

    def told(self, story: Story, name: str, value: Any) -> Story | None:
        """Return the story with another value of a fact; None where that is impossible together with the others."""
        scenario = story.scenario
        told = settled(value, scenario.reported)
        if told is None and value is not LEFT_OUT:
            return None
        facts = {**scenario.facts, name: told}
        if told is None:
            del facts[name]
        if self._impossible(facts, scenario):
            return None
        return Story(replace(scenario, facts=facts), story.pace)

    def _impossible(self, facts: Mapping[str, Any], scenario: Scenario) -> bool:
        """Whether facts are impossible together, as the story begins or with what one of its lines brings.

        A child who is back as the story begins does not come back in it, and no age falls on the way.
        """
        if RETURNED_AT in facts and any(line.event == RETURNED for line in scenario.timeline):
            return True
        if any(
            falls(facts.get(name), value) for line in scenario.timeline for name, value in line.facts.items()
        ):
            return True
        brought: list[Mapping[str, Any]] = [{}, *(line.facts for line in scenario.timeline if line.facts)]
        return any(
            self.teller.impossible({**facts, **more}, scenario.reported) is not None for more in brought
        )

    def returning(self, story: Story, lines: list[Happens]) -> Story:
        """Return the story with another return, or with none."""
        scenario = story.scenario
        others = [line for line in scenario.timeline if line.event != RETURNED]
        if not lines:
            others = [line for line in others if line.at.name is None]
            until = scenario.until if scenario.until.name is None else Moment.parse("+14d")
            return Story(replace(scenario, timeline=tuple(others), until=until), story.pace)
        # What told of the return by itself and does not hang on it would now be a return before the return.
        others = [
            line
            for line in others
            if line.event is None or line.at.name is not None or not self.teller.tells_return(line.event)
        ]
        facts = {name: value for name, value in scenario.facts.items() if name != RETURNED_AT}
        return Story(replace(scenario, facts=facts, timeline=(*lines, *others)), story.pace)

    def back_at(self, story: Story, instant: datetime, heard: datetime | None = None) -> Story:
        """Return the story in which the child is back at an instant, heard of then or later."""
        scenario = story.scenario
        first = scenario.received + MINUTE
        instant = max(instant, scenario.reported + MINUTE)
        heard = max(heard or instant, instant)
        actual = None
        if heard > instant:
            actual, heard = after(instant - scenario.reported), max(heard, first)
        line = Happens(
            after(heard - scenario.reported), 0, event=RETURNED, actual=actual, name=self._name(scenario)
        )
        return self.returning(story, [line])

    def _name(self, scenario: Scenario) -> str:
        return next(
            (line.name for line in scenario.timeline if line.event == RETURNED and line.name is not None),
            BACK,
        )

    def starting(self, story: Story, reported: datetime, delay: timedelta | None = None) -> Story:
        """Return the story at another time of the year, received so long after the report."""
        scenario = story.scenario
        shift = reported - scenario.reported
        if delay is None:
            delay = scenario.received - scenario.reported
        facts = {
            name: self._shifted(name, value, scenario.reported, reported)
            for name, value in scenario.facts.items()
        }
        moved = replace(
            scenario,
            reported=reported,
            received=local(reported + max(delay, timedelta(0))),
            facts=facts,
            earlier=shifted(scenario.earlier, shift),
        )
        return Story(moved, story.pace)

    def _shifted(self, name: str, value: Any, before: datetime, now: datetime) -> Any:
        for told in self.domains.facts.get(name, ()):
            if isinstance(told, Told):
                if told.at(before) == value:
                    return told.at(now)
        if isinstance(value, datetime):
            return local(now + (value - before))
        return value

    # --- towards a check

    def towards(self, check: Check, story: Story, rng: random.Random) -> Story:
        """Return the story brought as near as can be to what a check is about: its facts, its event, its moment."""
        story = self.meeting(check, story, rng)
        when = check.when
        if isinstance(when, OnEvent) and when.event != RETURNED and not self._happens(story, when.event):
            story = self._with_event(check, story, when.event, rng)
        elif isinstance(when, OnEvent) and when.event == RETURNED and not self._happens(story, RETURNED):
            story = self.back_at(story, story.scenario.reported + timedelta(hours=20))
        elif isinstance(when, Reached):
            if rng.random() < 0.6:
                story = self.returning(story, [])
            length = max((one.length.days + 30 * one.length.months for one in _shifts(check)), default=0)
            story = Story(replace(story.scenario, until=Moment.parse(f"+{length + 40}d")), story.pace)
        if rng.random() < 0.3:
            story = self.beside(story, rng)
        return self.teller.at_pace(story, Pace.PROMPT) if rng.random() < 0.8 else story

    def _happens(self, story: Story, event: str) -> bool:
        return story.scenario.started_by == event or any(
            line.event == event for line in story.scenario.timeline
        )

    def _with_event(self, check: Check, story: Story, event: str, rng: random.Random) -> Story:
        """Return the story with an event, which in some brings the facts that the check gives."""
        scenario = story.scenario
        if event in self.domains.openers and rng.random() < 0.5:
            return Story(replace(scenario, started_by=event), story.pace)
        back = next((line.name for line in scenario.timeline if line.event == RETURNED and line.name), None)
        late = back is not None and (self.teller.tells_return(event) or rng.random() < 0.5)
        moment = self.teller.random_moment(rng, scenario, back if late else None)
        brought: dict[str, Any] = {}
        if rng.random() < 0.5:
            given = [one.fact for one in check.given if one.fact in self.teller.changing]
            brought = {
                name: scenario.facts[name]
                for name in given
                if name in scenario.facts and not isinstance(scenario.facts[name], Decimal)
            }
        facts = scenario.facts
        if brought and rng.random() < 0.5:  # it was otherwise before
            other = self.teller.random_facts(rng, scenario.reported)
            facts = {**facts, **{name: other[name] for name in brought if name in other}}
            if self._impossible(facts, scenario):
                facts = scenario.facts
        line = Happens(moment, 0, event=event, facts=brought)
        return Story(replace(scenario, facts=facts, timeline=(*scenario.timeline, line)), story.pace)

    def meeting(self, check: Check, story: Story, rng: random.Random) -> Story:
        """Return the story with facts that meet what a check gives, as far as what is told decides them."""
        for _ in range(30):
            unmet = self._unmet(check, story)
            names = [name for fact in unmet for name in self.behind(fact)]
            if not names:
                break
            name = rng.choice(names)
            if name == EPISODES:
                scenario = story.scenario
                episodes = self.teller.random_episodes(rng, scenario.reported)
                story = Story(replace(scenario, earlier=episodes), story.pace)
                continue
            tried = self.told(story, name, rng.choice(self.domains.facts[name]))
            if tried is None:
                continue
            if len(self._unmet(check, tried)) <= len(unmet):
                story = tried
        return story

    def _unmet(self, check: Check, story: Story) -> list[str]:
        """Return the facts that keep a check from applying when the case starts, exceptions included."""
        scenario = story.scenario
        stored = {**scenario.facts, **dict.fromkeys(sorted(CLOCKS), scenario.reported)}
        stored["notification.received_at"] = scenario.received
        episodes = tuple(Episode(e.reported, e.returned, e.category, e.facts) for e in scenario.earlier)
        facts = Facts(self.pack, stored, episodes, plan_of(self.pack).dependencies)
        facts.at(scenario.received)
        environment = Environment(now=scenario.received, calendar=self.pack.calendar)
        facts.ledger = Ledger(self.pack, Changes(), lambda name: None)

        def met(condition: Condition) -> bool:
            try:
                value = facts.read(condition.fact)
                return condition.meets(value, environment, facts.context())
            except HomewardError:
                return False

        found = [condition.fact for condition in check.given if not met(condition)]
        for group in check.unless:
            if group and all(map(met, group)):
                found += [condition.fact for condition in group]
        return found

    def behind(self, fact: str) -> tuple[str, ...]:
        """Return the facts that can be told and that decide this one; earlier episodes under their own name."""
        if fact not in self._bases:
            if fact in self.domains.facts:
                found = {fact}
            elif fact in self.pack.derived:
                found = set(plan_of(self.pack).dependencies.of_derived(fact))
            else:
                found = set()
            self._bases[fact] = tuple(
                sorted(n for n in found if n == EPISODES or len(self.domains.facts.get(n, ())) > 1)
            )
        return self._bases[fact]

    # --- around a story to which a check applies

    def around(
        self,
        check: Check,
        story: Story,
        read: Sequence[str],
        instants: Sequence[datetime],
        rng: random.Random,
    ) -> Iterator[Story]:
        """Yield stories just beside one to which a check applies: its facts first, then moments, then what was read."""
        own = [name for fact in sorted(check.facts) for name in self.behind(fact)]
        yield from self._values(story, own)
        if EPISODES in own:
            for _ in range(6):
                episodes = self.teller.random_episodes(rng, story.scenario.reported)
                yield Story(replace(story.scenario, earlier=episodes), story.pace)
        for pace in (Pace.LATE, Pace.IDLE, Pace.MIXED, Pace.PROMPT):
            if pace is not story.pace:
                yield self.teller.at_pace(story, pace)
        yield from self._moments(story, instants, rng)
        others = [name for name in read if name not in own and len(self.domains.facts.get(name, ())) > 1]
        rng.shuffle(others)
        yield from self._values(story, others)

    def _values(self, story: Story, names: Sequence[str]) -> Iterator[Story]:
        for name in dict.fromkeys(names):
            for value in self.domains.facts.get(name, ()):
                if settled(value, story.scenario.reported) == story.scenario.facts.get(name):
                    continue
                varied = self.told(story, name, value)
                if varied is not None:
                    yield varied

    def _moments(self, story: Story, instants: Sequence[datetime], rng: random.Random) -> Iterator[Story]:
        """Yield the story with the return just before, at and after moments that count, and heard of later."""
        scenario = story.scenario
        near = [scenario.reported + length for length in self.domains.lengths]
        some = list(instants) if len(instants) <= FEW else rng.sample(list(instants), FEW)
        for instant in dict.fromkeys((*near, *sorted(some))):
            for step in (-1, 0, 1):
                yield self.back_at(story, instant + MINUTE * step)
            yield self.back_at(story, instant - MINUTE, heard=instant + timedelta(hours=3))
            yield self.back_at(story, instant + MINUTE, heard=instant + timedelta(hours=27))
        for length in self.domains.lengths:
            for step in (-1, 0, 1):
                yield self.starting(story, scenario.reported, length + MINUTE * step)
        yield self.starting(story, rng.choice(STARTS))
        yield self.returning(story, [])


def _shifts(check: Check) -> list[Shifted]:
    return [moment for moment in check.moments if isinstance(moment, Shifted)]
