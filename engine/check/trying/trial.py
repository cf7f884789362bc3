"""A trial as values: how the story starts, and the steps that were taken, each at its moment of the virtual clock.

Values of facts are JSON, as forms give them; the moments of steps are instants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.check.scenarios.story import Happens, Moment, Scenario
from engine.clock import local
from engine.errors import HomewardError
from engine.pack.model import Pack, Vocabulary
from engine.pack.values import parse_fact, parse_moment

DONE, TASK, EVENT, FACTS, GO = "done", "task", "event", "facts", "go"
MOST_STEPS = 200


class BadTrial(HomewardError):
    """A trial says something that the procedure has no word for; the message names it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the person did: a duty done (`obligation`, `role`), work without a duty (`element`), an event
    (`event`, since `actual`), facts that changed, or a move of the clock (`to`). `case` 0 stands for the newest.

    `also` are the duties, with their roles, that the same work ends."""

    kind: str
    at: datetime
    case: int = 0
    obligation: str = ""
    role: str = ""
    element: str = ""
    event: str = ""
    actual: datetime | None = None
    to: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the step as it is stored; what it does not say is left out."""
        told: dict[str, Any] = {"kind": self.kind, "at": self.at.isoformat(), "case": self.case}
        told |= {
            name: getattr(self, name)
            for name in ("obligation", "role", "element", "event")
            if getattr(self, name)
        }
        told |= {
            name: moment.isoformat()
            for name in ("actual", "to")
            if (moment := getattr(self, name)) is not None
        }
        if self.also:
            told["also"] = [list(one) for one in self.also]
        return {**told, **({"facts": dict(self.facts)} if self.facts else {})}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Step:
        """Read a stored step."""
        return cls(
            kind=told["kind"],
            at=parse_moment(told["at"]),
            case=told.get("case", 0),
            **{name: told.get(name, "") for name in ("obligation", "role", "element", "event")},
            actual=parse_moment(told["actual"]) if "actual" in told else None,
            to=parse_moment(told["to"]) if "to" in told else None,
            facts=told.get("facts", {}),
            also=tuple((obligation, role) for obligation, role in told.get("also", ())),
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """A story in the making. `facts` are what the record says of the child at the start."""

    started_by: str
    reported: datetime
    received: datetime
    facts: Mapping[str, Any]
    steps: tuple[Step, ...] = ()

    @property
    def now(self) -> datetime:
        """The moment at which the virtual clock stands."""
        if not self.steps:
            return local(self.received)
        last = self.steps[-1]
        return local(last.to or last.at)

    def start_json(self) -> dict[str, Any]:
        """Return how the story starts, as it is stored."""
        return {
            "started_by": self.started_by,
            "reported": self.reported.isoformat(),
            "received": self.received.isoformat(),
            "facts": dict(self.facts),
        }

    def steps_json(self) -> list[dict[str, Any]]:
        return [step.as_json() for step in self.steps]

    @classmethod
    def read(cls, start: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> Trial:
        """Read a stored trial."""
        return cls(
            started_by=start["started_by"],
            reported=parse_moment(start["reported"]),
            received=parse_moment(start["received"]),
            facts=start["facts"],
            steps=tuple(Step.read(one) for one in steps),
        )

    def with_step(self, step: Step) -> Trial:
        """Return the story with one step more. Raises BadTrial where it has too many."""
        if len(self.steps) >= MOST_STEPS:
            raise BadTrial(f"A story that is tried has at most {MOST_STEPS} steps: begin another")
        return replace(self, steps=(*self.steps, step))

    def up_to(self, number: int) -> Trial:
        """Return the story with its first steps only."""
        return replace(self, steps=self.steps[:number])


def scenario_of(trial: Trial, pack: Pack, *, hold: frozenset[str] = frozenset()) -> Scenario:
    """Return a trial as a scenario that ends where its clock stands. Raises BadTrial."""
    known = pack.vocabulary
    if trial.started_by not in known.events:
        raise BadTrial(f"The procedure knows no event {trial.started_by}")
    return Scenario(
        id="trial",
        title="A story that is tried",
        authority=pack.id,
        file="",
        line=0,
        reported=local(trial.reported),
        received=local(trial.received),
        started_by=trial.started_by,
        facts=read_facts(trial.facts, known),
        earlier=(),
        timeline=tuple(
            line
            for number, step in enumerate(trial.steps, start=1)
            if step.kind != GO
            for line in _lines(step, number, known)
        ),
        hold=hold,
        until=instant(trial.now),
        expect=(),
        forbid=(),
        expect_facts={},
        closed=None,
    )


def instant(moment: datetime) -> Moment:
    """Return a moment of a story that is an instant."""
    return Moment.parse(local(moment).isoformat(timespec="seconds"))


def _lines(step: Step, number: int, known: Vocabulary) -> Iterator[Happens]:
    """Yield the lines of the timeline that a step stands for: one for each duty that it ends."""
    line = Happens(
        at=instant(step.at),
        line=number,
        event=step.event or None,
        actual=None if step.actual is None else instant(step.actual),
        done=step.obligation or None if step.kind == DONE else None,
        facts=read_facts(step.facts, known),
        case=step.case or None,
        role=step.role or None,
        task=step.element if step.kind == TASK else None,
    )
    yield line
    for obligation, role in step.also:
        yield replace(line, done=obligation, role=role)


def read_facts(told: Mapping[str, Any], known: Vocabulary) -> dict[str, Any]:
    """Return facts as FEEL values; what is worked out or not of the vocabulary is left out. Raises BadTrial."""
    found = {}
    for name, value in told.items():
        fact = known.facts.get(name)
        if fact is None or fact.source == "derived":
            continue
        try:
            found[name] = None if value is None else parse_fact(fact, value)
        except (HomewardError, ValueError) as error:
            raise BadTrial(f"{name}: {error}") from None
    return found
