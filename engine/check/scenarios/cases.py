"""The cases of a story: all of one child, each an episode or opened by something else.

A case knows at its start what the record says; what people answer it learns as they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from engine.case.case import Case
from engine.case.model import Episode
from engine.case.scopes import REPORTED
from engine.check.scenarios.story import Happens, Scenario
from engine.errors import HomewardError
from engine.feel import UNKNOWN
from engine.pack.model import Pack

CHILD_FACTS = ("child.", "worker.", "placement.")
OF_ONE_EPISODE = ("return.", "interview.", "meeting.")
"""The moments under these names are told of one episode and are not known when the next one begins."""


class StoryFault(HomewardError):
    """The story cannot go on: the message says at which moment and why."""


class NoRest(HomewardError):
    """Whatever people do makes more work arise at the very same instant: the procedure goes round in a circle."""

    def __init__(self, message: str, element: str) -> None:
        super().__init__(message)
        self.element = element


class Cases:
    """The cases that a story has opened so far, oldest first."""

    def __init__(self, scenario: Scenario, pack: Pack) -> None:
        self._scenario = scenario
        self._pack = pack
        self._cases: list[Case] = []
        self._reported: list[datetime | None] = []  # None: the case is no episode

    def __iter__(self) -> Iterator[Case]:
        return iter(list(self._cases))

    def __len__(self) -> int:
        return len(self._cases)

    def __getitem__(self, index: int) -> Case:
        return self._cases[index]

    def index(self, case: Case) -> int:
        return self._cases.index(case)

    def replace(self, index: int, case: Case) -> None:
        """Put a case in the place of another that was stored and loaded again."""
        self._cases[index] = case

    def chosen(self, line: Happens) -> Case:
        """Return the case that a line of the timeline means: the newest where it says nothing."""
        if line.case is None:
            return self._cases[-1]
        if not 1 <= line.case <= len(self._cases):
            raise StoryFault(f"there is no case {line.case} yet (line {line.line})")
        return self._cases[line.case - 1]

    # --- opening

    def open(self, event: str, *, actual: datetime, told: Mapping[str, Any], now: datetime) -> Case:
        """Open a case by an event; an episode's clocks are known only where the event tells of an absence."""
        episode = self._pack.vocabulary.events[event].opens_episode
        clocks = {"notification.received_at": now}
        if episode:
            clocks |= {"episode.reported_at": actual, "episode.missing_from": actual}
        facts = self._pack.vocabulary.facts
        of_one = {n for n in facts if n.startswith(OF_ONE_EPISODE) and facts[n].type == "datetime"}
        known = dict(told) if not self._cases else {n: v for n, v in told.items() if n not in of_one}
        known = {**known, **clocks} if self._cases else {**clocks, **known}
        case = Case.start(
            self._pack,
            facts={n: value for n, value in known.items() if n in facts and facts[n].source == "record"},
            at=now,
            actual=actual,
            earlier_episodes=self._earlier(now),
            event=event,
            number=len(self._cases) + 1,
            hold=self._scenario.waits,
        )
        self._cases.append(case)
        self._reported.append(actual if episode else None)
        return case

    def opens_another(self, line: Happens, now: datetime) -> bool:
        """Whether an event of the timeline tells of an absence that no case of the story is about.

        What belongs to an absence that is over (a notification that comes after the return) opens no other case; only
        a new report does.
        """
        if line.event is None or line.case is not None:
            return False
        if not self._pack.vocabulary.events[line.event].opens_episode:
            return False
        episodes = [one for one, since in zip(self._cases, self._reported, strict=True) if since is not None]
        if not episodes:
            return True
        back = episodes[-1].value("return.returned_at", now)
        return line.event == REPORTED and back is not UNKNOWN and back is not None

    def _earlier(self, now: datetime) -> list[Episode]:
        told = [Episode(e.reported, e.returned, e.category, e.facts) for e in self._scenario.earlier]
        return told + [
            _episode_of(case, reported, now)
            for case, reported in zip(self._cases, self._reported, strict=True)
            if reported is not None
        ]

    # --- looking

    def value(self, fact: str, now: datetime) -> Any:
        """Return a fact as the newest case that knows it has it; UNKNOWN where none does."""
        for case in reversed(self._cases):
            value = case.value(fact, now)
            if value is not UNKNOWN:
                return value
        return UNKNOWN


def of_the_child(facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part facts of one case from those of the child, which every open case shares."""
    shared = {name: value for name, value in facts.items() if name.startswith(CHILD_FACTS)}
    return {name: value for name, value in facts.items() if name not in shared}, shared


def _episode_of(case: Case, reported: datetime, now: datetime) -> Episode:
    returned, category = case.value("return.returned_at", now), case.value("episode.category", now)
    stored = {
        name: value
        for name, value in case.facts.stored.items()
        if not name.startswith(CHILD_FACTS) and name in case.pack.vocabulary.facts
    }
    return Episode(
        reported,
        None if returned is UNKNOWN else returned,
        "missing" if category is UNKNOWN else category,
        stored,
    )
