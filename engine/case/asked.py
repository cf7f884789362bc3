"""Acts as they are asked for and kept: JSON that says what to do to a case, carried out in the core.

The live system, the trying again of what failed and the replay of a stored case all come through here, so that what is
repeated is what was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.case.case import Case
from engine.case.correction import CORRECTION, Earlier
from engine.case.migrating import go_back, match, migrate
from engine.case.model import CaseError, Episode
from engine.pack.model import Pack
from engine.pack.values import parse_fact, parse_moment

Asked = Mapping[str, Any]
"""An act as it was asked for, in JSON: `do` and what that needs."""
AUDIT_WORDS = {
    "start": "case_started",
    "event": "event_recorded",
    "facts": "facts_changed",
    "complete": "task_completed",
    "entry": "duty_recorded",
    "timers": "timers_fired",
    "episodes": "earlier_episodes_changed",
    "correct": "corrected",
    "take_back": "taken_back",
    "void": "voided",
    "migrate": "migrated",
    "return": "migration_reversed",
}
"""What each act is called in the chain of a case."""
SIBLING_WORDS = {
    "facts": "child_facts_changed",
    "episodes": "earlier_episodes_changed",
    "correct": "child_facts_corrected",
}
"""The same for what was learnt about the child in another of its cases."""
ACTS = {word: do for words in (AUDIT_WORDS, SIBLING_WORDS) for do, word in words.items()}
"""Which act a word of the chain tells of."""


def carry_out(
    case: Case | None, asked: Asked, pack: Pack, *, at: datetime, by: str, earlier: Earlier | None = None
) -> Case:
    """Carry out an act in memory and return the case: a new one where it is a start or takes acts back.

    `earlier` is where the case stood before the acts that are taken back. The act `migrate` brings the case over to
    `pack`, `return` brings it back to where it stood before. Raises Incident, CaseError.
    """
    do = asked["do"]
    if do == "start":
        return _started(pack, asked, at=at, by=by)
    if case is None:
        raise CaseError(f"a case begins with its start, and not with {do}")
    if do in ("migrate", "return"):
        return _other_version(case, asked, pack, at=at, by=by, earlier=earlier)
    actual = parse_moment(asked["actual"]) if asked.get("actual") else None
    if do == "event":
        facts = values(pack, asked.get("facts", {}))
        case.record_event(
            asked["event"], at=at, actual=actual, facts=facts, by=by, reason=asked.get("reason")
        )
    elif do == "facts":
        case.set_facts(
            values(pack, asked["facts"]),
            at=at,
            by=by,
            actual=actual,
            reason=asked.get("reason"),
            origin=asked.get("origin", "record"),
            where=asked.get("where", "record"),
        )
    elif do == "complete":
        case.complete(
            asked["task"], values(pack, asked["answers"]), at=at, by=by, entries=asked.get("entries")
        )
    elif do == "entry":
        if asked.get("facts"):
            case.set_facts(values(pack, asked["facts"]), at=at, by=by, where=f"duty {asked['number']}")
        case.complete_entry(asked["number"], at=at, by=by)
    elif do == "timers":
        case.fire_timers(at, only=asked.get("only"), without=asked.get("without", ()))
    elif do == "episodes":
        case.set_earlier_episodes(episodes(asked.get("episodes", ()), pack), at=at, by=by)
    elif do in ("correct", "void", "take_back"):
        return _set_right(case, asked, pack, at=at, by=by, actual=actual, earlier=earlier)
    else:
        raise ValueError(f"no act is called {do}")
    return case


def _other_version(
    case: Case, asked: Asked, pack: Pack, *, at: datetime, by: str, earlier: Earlier | None
) -> Case:
    if asked["do"] == "migrate":
        matching = match(case.pack, pack, asked.get("mapping"))
        detail = {"from": case.pack.hash, "to": pack.hash}
        return migrate(matching, case.dump(), at=at, by=by, detail=detail, hold=case.hold).case
    if earlier is None:
        raise CaseError("it is not known how the case stood before it went over: nothing was reversed")
    return go_back(case, pack, earlier.state, by=by)


def _set_right(
    case: Case,
    asked: Asked,
    pack: Pack,
    *,
    at: datetime,
    by: str,
    actual: datetime | None,
    earlier: Earlier | None,
) -> Case:
    reason = asked.get("reason")
    if asked["do"] == "void":
        case.void(at=at, by=by, reason=asked["reason"])
    elif asked["do"] == "correct":
        facts = values(pack, asked.get("facts", {}))
        case.correct(
            facts,
            at=at,
            by=by,
            actual=actual,
            reason=reason,
            forgotten=asked.get("forgotten", ()),
            where=asked.get("where", CORRECTION),
        )
    elif earlier is None:
        raise CaseError("it is not known how the case stood before: nothing was taken back")
    else:
        return case.take_back(earlier, act=asked["act"], at=at, by=by, reason=reason)
    return case


def _started(pack: Pack, asked: Asked, *, at: datetime, by: str) -> Case:
    if "process" in asked:
        return Case.start_period(
            pack,
            asked["process"],
            since=parse_moment(asked["from"]),
            until=parse_moment(asked["to"]),
            at=at,
            by=by,
        )
    return Case.start(
        pack,
        facts=values(pack, asked["facts"]),
        earlier_episodes=episodes(asked.get("episodes", ()), pack),
        event=asked["event"],
        at=at,
        by=by,
    )


def values(pack: Pack, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON answers as FEEL values: those named as facts by the fact's type, others as they are."""
    facts = pack.vocabulary.facts
    return {
        name: parse_fact(facts[name], value) if name in facts else value for name, value in answers.items()
    }


def episodes(rows: Iterable[Any], pack: Pack) -> tuple[Episode, ...]:
    """Return earlier episodes from rows of [reported, returned, category, facts]."""
    return tuple(
        Episode(
            reported=parse_moment(reported),
            returned=parse_moment(returned) if returned else None,
            category=category,
            facts=values(pack, facts),
        )
        for reported, returned, category, facts in rows
    )
