"""The same child in several councils: one story, played on each procedure, and what each then requires.

Everybody acts at once, so that what is compared are the procedures and not the people. What the circumstances leave open
is the same everywhere: the facts of an ordinary child.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.case.scopes import REPORTED
from engine.check.scenarios.play import play
from engine.check.scenarios.story import EarlierEpisode, Happens, Moment, Scenario
from engine.check.scenarios.telling import renumbered
from engine.check.verify.ordinary import ordinary_value
from engine.clock import local
from engine.errors import HomewardError
from engine.pack.model import Pack, Vocabulary
from engine.pack.values import parse_fact

RETURNED = "returned"
BACK = "back"
WATCHED = timedelta(days=21)
"""A story is watched for so long after the child is back, so that what follows a return is seen."""
NEVER_BACK = timedelta(days=14)


class NoSuchStory(HomewardError):
    """Circumstances that no story can be made of; the message says why."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is told of the child. `facts` are JSON by fact; `away` is how long the child is away, None: not found.

    `earlier` is how many episodes there were in the last 28 days.
    """

    reported: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    away: timedelta | None = timedelta(hours=26)
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class Demand:
    """A duty that a procedure raised in the story; the fields are those of engine.case.model.Entry."""

    obligation: str
    role: str
    external: bool
    clauses: tuple[str, ...]
    force: str
    raised: datetime
    due: datetime | None
    whole_day: bool
    outcome: str
    process: str
    element: str


@dataclass(frozen=True, slots=True)
class Told:
    """What came of the story in one council. `stopped` says why it could not be told to its end."""

    pack: Pack
    scenario: Scenario
    demands: tuple[Demand, ...]
    closed: bool
    stopped: str | None


def ordinary_facts(vocabulary: Vocabulary, reported: datetime) -> dict[str, Any]:
    """Return what is true of an ordinary child, FEEL values by fact; moments are counted from the report."""
    found: dict[str, Any] = {}
    for fact in vocabulary.facts.values():
        if fact.source not in {"record", "asked"}:
            continue
        value = ordinary_value(fact)
        if isinstance(value, timedelta) and fact.type in {"date", "datetime"}:
            moment = local(reported + value)
            value = moment.date() if fact.type == "date" else moment
        if value is not None:
            found[fact.id] = value
    return found


OPEN_TO_SOCIAL_CARE = frozenset({"assessment", "child_in_need", "child_protection_plan", "looked_after"})


def _following(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what follows from a child's standing where the circumstances do not say it themselves."""
    standing = facts.get("child.legal_status", "child_in_need")
    known = standing in OPEN_TO_SOCIAL_CARE
    return {
        "child.open_to_social_care": known,
        "worker.social_worker_allocated": known,
        "child.looked_after_basis": "accommodated" if standing == "looked_after" else "none",
        "child.on_child_protection_plan": standing == "child_protection_plan",
    }


def story_of(circumstances: Circumstances, pack: Pack) -> Scenario:
    """Return the story as a scenario for one council; raise NoSuchStory for a fact that cannot be told."""
    reported = local(circumstances.reported)
    facts = ordinary_facts(pack.vocabulary, reported)
    for name, raw in {**_following(circumstances.facts), **circumstances.facts}.items():
        known = pack.vocabulary.facts.get(name)
        if known is None and name not in circumstances.facts:
            continue
        if known is None or known.source == "derived":
            raise NoSuchStory(f"{name} is no fact that a story can tell")
        try:
            facts[name] = parse_fact(known, raw)
        except HomewardError as error:
            raise NoSuchStory(str(error)) from error
    away = circumstances.away
    hours = None if away is None else f"+{round(away.total_seconds() / 60)}m"
    return Scenario(
        id="same-child",
        title="The same child",
        authority=pack.id,
        file="",
        line=0,
        reported=reported,
        received=reported,
        started_by=REPORTED,
        facts=facts,
        earlier=tuple(
            EarlierEpisode("missing", local(began), local(began + timedelta(hours=9)))
            for number in range(circumstances.earlier, 0, -1)
            if (began := reported - timedelta(days=6 * number))
        ),
        timeline=() if hours is None else (Happens(Moment.parse(hours), 0, event=RETURNED, name=BACK),),
        hold=frozenset(),
        until=Moment.parse(f"{BACK}+{WATCHED.days}d" if hours else f"+{NEVER_BACK.days}d"),
        expect=(),
        forbid=(),
        expect_facts={},
        closed=None,
    )


def tell(circumstances: Circumstances, pack: Pack) -> Told:
    """Play the story on one council's procedure; what it could not go on with is told in `stopped`."""
    scenario = story_of(circumstances, pack)
    played = play(scenario, pack)
    return Told(
        pack=pack,
        scenario=scenario,
        demands=tuple(
            Demand(
                obligation=entry.obligation,
                role=entry.role,
                external=entry.external,
                clauses=entry.clauses,
                force=entry.force,
                raised=local(entry.raised),
                due=None if entry.due is None else local(entry.due),
                whole_day=entry.whole_day,
                outcome=entry.outcome.value,
                process=entry.process,
                element=entry.element,
            )
            for _, entry in renumbered(played.entries)
        ),
        closed=played.closed,
        stopped=played.stopped,
    )
