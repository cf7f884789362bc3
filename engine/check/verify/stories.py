"""Stories made by code: the ordinary one, random ones, and how two of them differ.

A story is an ordinary scenario, so that whatever it shows can be written down and played again by anybody. Only the pace
of its people is kept beside it: somebody who comes an hour after each limit can be written down only once the story has
been played.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from engine.case.facts import Facts
from engine.case.scopes import REPORTED, plan_of
from engine.check.scenarios.story import EarlierEpisode, Happens, Moment, Scenario
from engine.check.verify.domains import LEFT_OUT, Domains, Told
from engine.clock import local
from engine.errors import HomewardError
from engine.feel import Expression
from engine.pack.model import Pack

BACK = "ret"
"""What the moment of the return is called in a story."""
RETURNED, MISSING_AGAIN = "returned", "missing_again"
MINUTE = timedelta(minutes=1)
STARTS = tuple(
    local(datetime.fromisoformat(text))
    for text in (
        "2026-05-12T09:00+01:00",  # a Tuesday morning: the ordinary start
        "2026-05-15T18:30+01:00",  # a Friday evening
        "2026-05-16T14:00+01:00",  # a Saturday
        "2026-03-28T20:00+00:00",  # the night in which the clocks go forward
        "2026-10-24T20:00+01:00",  # the night in which they go back
        "2026-04-02T16:55+01:00",  # the eve of Good Friday
        "2026-05-25T10:00+01:00",  # a bank holiday
        "2026-12-24T15:00+00:00",  # Christmas Eve
        "2026-01-31T23:30+00:00",  # the last minutes of a month
        "2026-05-13T08:59+01:00",  # just before most offices open
        "2026-05-13T17:01+01:00",  # just after most offices close
        "2026-02-27T11:00+00:00",  # the end of February
    )
)


class Pace(StrEnum):
    """How soon people do what they owe."""

    PROMPT = "prompt"
    MIXED = "mixed"
    LATE = "late"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Period:
    """A period for which a process that time starts is run."""

    process: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario and the pace of its people; or the run of a period, of which the scenario gives the facts only."""

    scenario: Scenario
    pace: Pace = Pace.PROMPT
    period: Period | None = None

    @property
    def prompt(self) -> bool:
        """Whether everybody acts at once, so that nothing is owed by delay."""
        return self.pace is Pace.PROMPT and not self.scenario.waits


def after(delta: timedelta, name: str | None = None) -> Moment:
    """Return the moment that lies so far after T0 or a named moment, as elapsed time."""
    seconds = round(delta.total_seconds())
    sign = "-" if seconds < 0 else "+"
    hours, rest = divmod(abs(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    length = "".join(f"{n}{unit}" for n, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if n) or "0h"
    return Moment.parse(f"{name or ''}{sign}{length}" if name is None or seconds else name)


def at_instant(instant: datetime, scenario: Scenario) -> Moment:
    """Return the moment of a story that lies at an instant."""
    return after(instant - scenario.reported)


def shifted(earlier: Iterable[EarlierEpisode], by: timedelta) -> tuple[EarlierEpisode, ...]:
    """Return earlier episodes so much later."""
    return tuple(
        replace(
            one,
            reported=local(one.reported + by),
            returned=None if one.returned is None else local(one.returned + by),
        )
        for one in earlier
    )


class Storyteller:
    """Makes the stories of one pack; every choice is the given generator's."""

    def __init__(self, pack: Pack, domains: Domains) -> None:
        self.pack = pack
        self.domains = domains
        words = pack.vocabulary.facts
        self.changing = tuple(name for name in domains.varied if not words[name].with_report)
        """The facts that may become otherwise on the way."""
        self.duties = frozenset(duty.obligation for element in pack.elements for duty in element.duties)
        self.ordinary = self._ordinary()

    # --- the ordinary story

    def _ordinary(self) -> Story:
        reported = STARTS[0]
        facts = {name: settled(values[0], reported) for name, values in self.domains.facts.items()}
        scenario = Scenario(
            id="ordinary",
            title="An ordinary child",
            authority=self.pack.id,
            file="",
            line=0,
            reported=reported,
            received=reported,
            started_by=REPORTED if REPORTED in self.domains.openers else self.domains.openers[0],
            facts={name: value for name, value in facts.items() if value is not None},
            earlier=(),
            timeline=(Happens(Moment.parse("+20h"), 0, event=RETURNED, name=BACK),),
            hold=frozenset(),
            until=Moment.parse(f"{BACK}+14d"),
            expect=(),
            forbid=(),
            expect_facts={},
            closed=None,
        )
        return Story(scenario)

    def adopt(self, scenario: Scenario) -> Story:
        """Return a story that somebody wrote, without what it expects and with the ordinary facts it leaves out."""
        facts = {**self._untold(scenario), **scenario.facts}
        return Story(
            replace(
                scenario,
                facts=facts,
                expect=(),
                forbid=(),
                expect_facts={},
                closed=None,
                file="",
            )
        )

    def _untold(self, scenario: Scenario) -> dict[str, Any]:
        """Return the ordinary facts without the dates of the record: a story that leaves one out means that."""
        words = self.pack.vocabulary.facts
        return {
            name: value
            for name, value in usual(self.ordinary.scenario, scenario.reported).items()
            if words[name].source != "record" or not isinstance(value, date)
        }

    # --- random stories

    def at_random(self, rng: random.Random) -> Story:
        """Return a story that differs from the ordinary one in many ways at once."""
        reported = rng.choice(STARTS) if rng.random() < 0.5 else STARTS[0]
        facts = self.random_facts(rng, reported)
        received = reported + self.random_delay(rng)
        scenario = replace(
            self.ordinary.scenario,
            id="random",
            title="A random story",
            reported=reported,
            received=local(received),
            started_by=self._opener(rng),
            facts=facts,
            earlier=self.random_episodes(rng, reported),
            timeline=(),
        )
        lines: list[Happens | None] = list(self.random_return(rng, scenario))
        back = BACK if lines else None
        lines += [self.random_event(rng, scenario, back) for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))]
        lines += [self.random_change(rng, scenario, back) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))]
        end = f"{back}+{rng.choice((8, 14, 14, 35))}d" if back else f"+{rng.choice((5, 8, 14, 35))}d"
        timeline = numbers_once(line for line in lines if line is not None)
        scenario = replace(scenario, timeline=timeline, until=Moment.parse(end))
        return self.at_pace(Story(scenario), rng.choice(tuple(Pace) + (Pace.PROMPT,) * 4), rng)

    def random_facts(self, rng: random.Random, reported: datetime) -> dict[str, Any]:
        """Return facts that differ from the ordinary ones in some places, and that are not impossible together."""
        chance = rng.choice((0.05, 0.15, 0.5))
        facts = {}
        for name, values in self.domains.facts.items():
            value = values[0] if len(values) == 1 or rng.random() > chance else rng.choice(values)
            if (told := settled(value, reported)) is not None:
                facts[name] = told
        return self.possible(rng, facts, reported)

    def possible(self, rng: random.Random, facts: dict[str, Any], reported: datetime) -> dict[str, Any]:
        """Return the facts with those changed anew that are impossible together."""
        for _ in range(20):
            broken = self.impossible(facts, reported)
            if broken is None:
                return facts
            name = rng.choice(sorted(n for n in broken.names if n in self.domains.facts))
            told = settled(rng.choice(self.domains.facts[name]), reported)
            if told is not None:
                facts = {**facts, name: told}
        return usual(self.ordinary.scenario, reported)

    def impossible(self, facts: Mapping[str, Any], at: datetime) -> Expression | None:
        """Return the first combination of the pack's impossible ones that the facts are."""
        if not self.pack.impossible:
            return None
        known = Facts(self.pack, dict(facts), (), plan_of(self.pack).dependencies)
        known.at(at)
        for expression in self.pack.impossible:
            try:
                if expression.evaluate(known.context(), known.environment()) is True:
                    return expression
            except HomewardError:  # it hangs on what nobody has said
                continue
        return None

    def random_delay(self, rng: random.Random) -> timedelta:
        """Return how long after the report the council hears of it."""
        if rng.random() < 0.5:
            return timedelta(0)
        late = [timedelta(hours=1), timedelta(hours=13)]
        late += [length + MINUTE * n for length in self.domains.lengths for n in (-1, 0, 1)]
        return max(rng.choice(late), timedelta(0))

    def random_episodes(self, rng: random.Random, reported: datetime) -> tuple[EarlierEpisode, ...]:
        """Return earlier episodes, often as many and as long ago as a limit says."""
        if rng.random() < 0.5:
            return ()
        window = rng.choice(self.domains.windows)
        number = rng.choice((*self.domains.counts, 1, 2))
        edge = rng.choice(
            (timedelta(days=-1), timedelta(0), timedelta(days=1), timedelta(days=-window.days // 2))
        )
        categories = self.domains.facts.get("episode.category", ("missing",))
        usual = categories[0]
        episodes = []
        for n in range(number):
            ago = window + edge if n == 0 else max(window * (number - n) / (number + 1), timedelta(hours=30))
            began = local(reported - timedelta(hours=round(ago / timedelta(hours=1))))
            length = rng.choice((timedelta(hours=5), timedelta(hours=25), timedelta(hours=80)))
            category = usual if rng.random() < 0.8 else rng.choice(categories)
            episodes.append(
                EarlierEpisode(category, began, local(min(began + length, reported - timedelta(hours=1))))
            )
        return tuple(sorted(episodes, key=lambda episode: episode.reported))

    def random_return(self, rng: random.Random, scenario: Scenario) -> Iterable[Happens]:
        """Return the line of the return, just before, at or after a limit; learnt late in some; none in some."""
        if rng.random() < 0.12:
            return
        length = rng.choice((*self.domains.lengths, timedelta(hours=2), timedelta(hours=20)))
        back = length + MINUTE * rng.choice((-1, 0, 1, 30))
        delay = scenario.received - scenario.reported
        if rng.random() < 0.25:
            heard = max(back, delay) + rng.choice((timedelta(hours=1), timedelta(hours=26), length))
            yield Happens(after(heard), 0, event=RETURNED, actual=after(back), name=BACK)
        else:
            yield Happens(after(back), 0, event=RETURNED, name=BACK)

    def random_event(self, rng: random.Random, scenario: Scenario, back: str | None) -> Happens | None:
        """Return a line by which something that the pack listens for happens."""
        events = [event for event in self.domains.events if event not in (REPORTED, RETURNED)]
        event = MISSING_AGAIN if back and rng.random() < 0.12 else rng.choice(events) if events else None
        if event is None:
            return None
        brings = self.domains.brings.get(event, ())
        facts: dict[str, Any] = {}
        if brings and rng.random() < 0.6:
            for name in rng.sample(brings, rng.randint(1, min(2, len(brings)))):
                facts[name] = rng.choice(self.domains.facts.get(name, (None,)))
        if self.impossible({**scenario.facts, **facts}, scenario.reported) is not None:
            facts = {}
        facts = {
            name: value
            for name, value in facts.items()
            if value is not None and not falls(scenario.facts.get(name), value)
        }
        after_return = event == MISSING_AGAIN or self.tells_return(event)
        late = back is not None and (after_return or rng.random() < 0.4)
        return Happens(self.random_moment(rng, scenario, back if late else None), 0, event=event, facts=facts)

    def tells_return(self, event: str) -> bool:
        """Whether an event tells of the return by itself, so that it comes after the one that a story tells of."""
        return self.pack.vocabulary.events[event].tells == RETURNED

    def random_change(self, rng: random.Random, scenario: Scenario, back: str | None) -> Happens | None:
        """Return a line by which one fact changes on the way."""
        if not self.changing:
            return None
        name = rng.choice(self.changing)
        value = settled(rng.choice(self.domains.facts[name]), scenario.reported)
        if value is None or falls(scenario.facts.get(name), value):
            return None
        if self.impossible({**scenario.facts, name: value}, scenario.reported) is not None:
            return None
        moment = self.random_moment(rng, scenario, back if back and rng.random() < 0.4 else None)
        return Happens(moment, 0, facts={name: value})

    def random_moment(self, rng: random.Random, scenario: Scenario, name: str | None) -> Moment:
        """Return a moment near a limit after the report, or after a named moment."""
        length = rng.choice((timedelta(hours=1), timedelta(hours=6), *self.domains.lengths))
        near = max(length + MINUTE * rng.choice((-1, 0, 1, -120, 90)), MINUTE)
        if name is None:
            near = max(near, scenario.received - scenario.reported + MINUTE)
        return after(near, name)

    def _opener(self, rng: random.Random) -> str:
        usual = self.ordinary.scenario.started_by
        return usual if rng.random() < 0.85 else rng.choice(self.domains.openers)

    # --- people

    def at_pace(self, story: Story, pace: Pace, rng: random.Random | None = None) -> Story:
        """Return the story with people of another pace; some leave only one thing undone."""
        hold = story.scenario.hold
        if pace is not Pace.PROMPT:
            hold = self.duties
        elif rng is not None and rng.random() < 0.1:
            hold = frozenset(rng.sample(sorted(self.duties), 1))
        elif hold == self.duties:
            hold = frozenset()
        return Story(replace(story.scenario, hold=hold), pace)


def usual(ordinary: Scenario, reported: datetime) -> dict[str, Any]:
    """Return the facts of an ordinary child in a story that begins at another time: moments move with the report."""
    shift = reported - ordinary.reported
    days = timedelta(days=(reported.date() - ordinary.reported.date()).days)
    facts: dict[str, Any] = {}
    for name, value in ordinary.facts.items():
        if isinstance(value, datetime):
            value = local(value + shift)
        elif isinstance(value, date):
            value = value + days
        facts[name] = value
    return facts


def falls(before: Any, now: Any) -> bool:
    """Whether a number becomes smaller, which no age and no count does as time goes by."""
    return isinstance(now, Decimal) and isinstance(before, Decimal | int) and now < before


def numbers_once(lines: Iterable[Happens]) -> tuple[Happens, ...]:
    """Return the lines without those that tell a number a second time: it could fall between the two."""
    told: set[str] = set()
    kept = []
    for line in lines:
        numbers = {name for name, value in line.facts.items() if isinstance(value, Decimal)}
        if not numbers & told:
            told |= numbers
            kept.append(line)
    return tuple(kept)


def settled(value: Any, reported: datetime) -> Any:
    """Return a fact's value in a story: a length from the report becomes its moment, what is left out None."""
    if isinstance(value, Told):
        return value.at(reported)
    return None if value is LEFT_OUT else value
