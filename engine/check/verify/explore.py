"""Exploring a pack: random stories first, then for each check the stories just beside those to which it applies.

What is tried next hangs on what was seen: a story that covered something new is kept and varied, a check to which
nothing has applied yet is steered towards, one that applied is looked at around its own facts and moments. Everything is
the same again for the same seed and number of stories.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.check.scenarios.story import Scenario
from engine.check.verify.crew import Crew
from engine.check.verify.domains import domains_of
from engine.check.verify.periods import runs_of
from engine.check.verify.playing import Breach, Fault, Result
from engine.check.verify.stories import Pace, Story, Storyteller, usual
from engine.check.verify.varying import Varying
from engine.pack.checks import Asks, Check, OnEvent
from engine.pack.model import Pack

Listen = Callable[[float, str], None]
"""Hears how far the work has come, from 0 to 1, and in words."""

ENOUGH = 1_200
"""After so many stories that showed nothing new, and with every check looked at, there is nothing left to try."""
EXAMPLES = 3
TELLING = 8
"""So many stories in which a check held are kept for the suite."""
TOWARDS = 60
"""So many stories are steered towards a check to which nothing applies, before the others have their turn again."""
SMALL = 6
NEAR = 8
EAGER = 6
"""How many times as often a check is tried to which no story has come yet."""
SETTLED = 40


@dataclass(slots=True)
class Example:
    """A story worth varying, and what came of it."""

    story: Story
    read: tuple[str, ...]
    instants: tuple[datetime, ...]


@dataclass(slots=True)
class Tally:
    """What is known of one check so far. `broken`: the smallest stories that broke it."""

    check: Check
    judged: int = 0
    tries: int = 0
    examples: list[Example] = field(default_factory=list)
    broken: list[tuple[int, Story, Breach]] = field(default_factory=list)
    turn: int = 0
    around: Iterator[Story] | None = None
    done: bool = False

    @property
    def applied(self) -> bool:
        """Whether it came up and held; what a form asks hangs on no story."""
        return self.judged > 0 or (isinstance(self.check.consequence, Asks) and not self.broken)


@dataclass(slots=True)
class Exploration:
    """What an exploration has found. `seen` counts the stories that covered each thing."""

    tallies: dict[str, Tally]
    seen: Counter[str] = field(default_factory=Counter)
    faults: dict[tuple[str, str], tuple[int, Story, Fault]] = field(default_factory=dict)
    stories: int = 0
    awkward: int = 0
    corpus: list[Example] = field(default_factory=list)
    seconds: float = 0.0


class Explorer:
    """Makes up stories and takes in what came of them."""

    def __init__(
        self,
        pack: Pack,
        checks: Sequence[Check],
        *,
        seed: int = 1,
        stories: Sequence[Scenario] = (),
        narrow: bool = False,
        first_only: bool = False,
    ) -> None:
        self.teller = Storyteller(pack, domains_of(pack))
        self.varying = Varying(self.teller)
        self.seed = seed
        self.narrow = narrow
        self.first_only = first_only
        self.made = 0
        self.idle = 0
        self.found = Exploration({check.id: Tally(check) for check in checks})
        self.telling: dict[int, tuple[Story, Result]] = {}
        """The stories that told something, by their place among the stories: new ground, or a check that held."""
        self.near: dict[str, list[Example]] = {}
        """Stories by what they came to: an event, a duty."""
        self._told_of: Counter[str] = Counter()
        self._meant: dict[int, str] = {}
        self._first = self._initial(stories)

    # --- making up

    def lot(self, size: int) -> list[Story]:
        """Make up the next stories."""
        return [self._next() for _ in range(size)]

    def _next(self) -> Story:
        index = self.made
        self.made += 1
        rng = random.Random(f"{self.seed}:{index}")  # noqa: S311 - choices of a search, no secrets
        turn = index % 4
        if turn < 2:
            story = next(self._first, None)
            if story is not None:
                return story
        story = self._for_a_check(rng) if turn > 1 else None
        if story is not None:
            return story
        return self._beside(rng) if turn and self.found.corpus else self.teller.at_random(rng)

    def _initial(self, stories: Sequence[Scenario]) -> Iterator[Story]:
        """Yield the ordinary story, those that come with the pack, then the ordinary one with one difference each."""
        ordinary = self.teller.ordinary
        yield ordinary
        for pace in (Pace.LATE, Pace.IDLE, Pace.MIXED):
            yield self.teller.at_pace(ordinary, pace)
        yield from runs_of(self.teller.pack, ordinary)
        for scenario in stories:
            yield self.teller.adopt(scenario)
        for name in self.teller.domains.varied:
            for value in self.teller.domains.facts[name][1:]:
                varied = self.varying.told(ordinary, name, value)
                if varied is not None:
                    yield varied

    def _beside(self, rng: random.Random) -> Story:
        example = rng.choice(self.found.corpus)
        return self.varying.beside(example.story, rng, example.instants)

    def _for_a_check(self, rng: random.Random) -> Story | None:
        """Return the next story of the check that has been tried least; None where all have been looked at."""
        waiting = [tally for tally in self.found.tallies.values() if not tally.done and not tally.broken]
        for tally in sorted(waiting, key=lambda one: one.tries if one.judged else one.tries / EAGER):
            story = self._towards(tally, rng) if not tally.examples else self._around(tally, rng)
            if story is not None:
                tally.tries += 1
                self._meant[id(story)] = tally.check.id
                return story
            tally.done = True
        return None

    def _towards(self, tally: Tally, rng: random.Random) -> Story | None:
        given_up = tally.check.vacuous is not None and tally.tries >= TOWARDS
        if given_up or tally.check.process is not None:
            return None
        near = [one for thing in self._about(tally.check) for one in self.near.get(thing, ())]
        pick = rng.random()
        if pick < 0.15 or not self.found.corpus:
            start = self.teller.ordinary
        elif pick < 0.3:
            start = self.teller.at_random(rng)
        else:
            start = rng.choice(near if near and pick < 0.85 else self.found.corpus).story
        return self.varying.towards(tally.check, start, rng)

    def _about(self, check: Check) -> list[str]:
        """Return what a story has come to that is near to a check: the event or the duties that it speaks of."""
        event = check.when.event if isinstance(check.when, OnEvent) else None
        return [f"event:{event}", *(f"duty:{obligation}" for obligation in check.obligations)]

    def _around(self, tally: Tally, rng: random.Random) -> Story | None:
        while True:
            if tally.around is None:
                if tally.turn >= len(tally.examples):
                    return None
                example = tally.examples[tally.turn]
                tally.turn += 1
                tally.around = self.varying.around(
                    tally.check, example.story, example.read, example.instants, rng
                )
            story = next(tally.around, None)
            if story is not None:
                return story
            tally.around = None

    # --- taking in

    def look(self, story: Story, result: Result) -> None:
        """Take in what came of a story."""
        found = self.found
        meant = self._meant.pop(id(story), None)
        found.stories += 1
        self.idle += 1
        if result.awkward is not None:
            found.awkward += 1
            return
        example = Example(story, result.read, result.instants)
        new = [thing for thing in result.seen if thing not in found.seen]
        found.seen.update(result.seen)
        if new and story.period is None:
            found.corpus.append(example)
            for thing in {near_of(one) for one in new}:
                kept = self.near.setdefault(thing, [])
                if len(kept) < NEAR:
                    kept.append(example)
            self.idle = 0
        telling = bool(new)
        for name in result.held:
            self._judged(found.tallies[name], example)
            if self._told_of[name] < TELLING and (name == meant or self._told_of[name] < 2):
                self._told_of[name] += 1
                telling = True
        if telling:
            self.telling[found.stories] = story, result
        for breach in result.broken:
            tally = found.tallies[breach.check]
            tally.judged += 1
            self._keep(tally.broken, (self.size(story), story, breach))
        for fault in result.faults:
            known = found.faults.get((fault.kind, fault.where))
            if known is None or self.size(story) < known[0]:
                found.faults[fault.kind, fault.where] = (self.size(story), story, fault)

    def _judged(self, tally: Tally, example: Example) -> None:
        tally.judged += 1
        if example.story.period is not None:
            return
        if len(tally.examples) < EXAMPLES and (tally.judged == 1 or tally.judged % 7 == 0):
            tally.examples.append(example)
            if tally.judged == 1:
                self.idle = 0
                tally.tries = 0  # what it took to come to it does not count against looking around it

    def _keep(self, kept: list[tuple[int, Story, Breach]], one: tuple[int, Story, Breach]) -> None:
        if len(kept) < SMALL or one[0] < kept[-1][0]:
            kept.append(one)
            kept.sort(key=lambda item: item[0])
            del kept[SMALL:]

    def size(self, story: Story) -> int:
        """Return how much there is to a story: what it tells beyond the ordinary one."""
        scenario, ordinary = story.scenario, self.teller.ordinary.scenario
        plain = usual(ordinary, scenario.reported)
        facts: int = sum(value != plain.get(name) for name, value in scenario.facts.items())
        lines = sum(2 + len(line.facts) for line in scenario.timeline)
        late = int(scenario.received != scenario.reported) + (scenario.reported != ordinary.reported)
        pace = 3 if story.pace is not Pace.PROMPT else 0
        return facts + lines + 2 * len(scenario.earlier) + late + pace

    def settled(self) -> frozenset[str]:
        """Return the checks that have held in so many stories that one more tells nothing."""
        return frozenset(name for name, tally in self.found.tallies.items() if tally.judged >= SETTLED)

    @property
    def waits_for_a_check(self) -> bool:
        """Whether some check has come up in no story yet, and says no reason why it cannot."""
        return any(
            not tally.applied and not tally.broken and tally.check.vacuous is None
            for tally in self.found.tallies.values()
        )

    @property
    def exhausted(self) -> bool:
        """Whether every check has been looked at and, where all were asked for, nothing new has come for long."""
        tallies = self.found.tallies.values()
        if self.first_only and any(tally.broken for tally in tallies):
            return True
        if self.narrow and all(tally.broken for tally in tallies):
            return True
        return self.idle > ENOUGH and all(
            tally.done or tally.broken or (not tally.examples and tally.tries > TOWARDS) for tally in tallies
        )


def near_of(seen: str) -> str:
    """Return a covered thing without its details: a duty without its role and outcome."""
    return ":".join(seen.split(":")[:2])


def explore(
    explorer: Explorer,
    crew: Crew,
    *,
    seconds: float,
    patience: float = 0.0,
    stories: int | None = None,
    listen: Listen | None = None,
) -> Exploration:
    """Explore until the time is over, so many stories have been told, or nothing is left to try.

    It goes on for `patience` seconds more, no longer than until each check has come up that says no reason why it
    cannot: a busy machine tells fewer stories in the same time.
    """
    began = time.monotonic()

    def lot(size: int) -> list[Story]:
        enough = explorer.exhausted or (stories is not None and explorer.made >= stories)
        return [] if enough else explorer.lot(size)

    def in_time() -> bool:
        gone = time.monotonic() - began
        return gone < seconds or (gone < seconds + patience and explorer.waits_for_a_check)

    def look(story: Story, result: Result) -> None:
        explorer.look(story, result)
        if listen is not None and explorer.found.stories % 20 == 0:
            share = (time.monotonic() - began) / seconds
            if stories is not None:
                share = max(share, explorer.found.stories / stories)
            told = f"{explorer.found.stories} stories told"
            listen(
                min(share, 1.0),
                told if share < 1 else f"{told}, still looking for checks that have not come up",
            )

    crew.play(lot, look, in_time, explorer.settled)
    explorer.found.seconds = time.monotonic() - began
    return explorer.found
