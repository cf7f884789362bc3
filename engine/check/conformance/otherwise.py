"""Where a recorded case would stand if one of its acts had told something else.

Its later acts are repeated as far as their work exists there: what was answered to work that does not is told as facts.
It is what a person is shown of the way that a wrong answer closed, and never what a case is made to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.case.asked import ACTS, carry_out
from engine.case.case import Case
from engine.case.model import Entry, Outcome
from engine.check.conformance.record import RecordedAct, RecordedCase
from engine.clock import local
from engine.errors import HomewardError
from engine.pack.values import to_json

REFUSED = (HomewardError, ValueError, KeyError, TypeError, AttributeError)
NOT_REPEATED = frozenset({"take_back", "void", "migrate", "return"})


def told_by(record: RecordedCase, fact: str) -> int | None:
    """Return the number of the act that told a fact as it stands; None where no person's act did."""
    for act in reversed(record.acts):
        if any(row[0] == fact and (*row, None, None)[2] in _TOLD for row in act.facts):
            return act.seq if ACTS.get(act.action) in _CHANGED else None
    return None


_TOLD = frozenset({"form", "event", "record"})
_CHANGED = {"complete": "answers", "event": "facts", "facts": "facts", "start": "facts"}
"""Where each kind of act keeps what it told."""


def otherwise(
    record: RecordedCase, seq: int, told: Mapping[str, Any], forgotten: frozenset[str], until: datetime
) -> tuple[Entry, ...] | None:
    """Return every duty that had arisen by `until`, as it would stand, if the act `seq` had told `told` (JSON).

    None where the record does not show it: an act is no longer kept, or some were taken back.
    """
    case: Case | None = None
    state = b""
    entries: dict[int, Entry] = {}
    for act in record.acts:
        if act.action not in ACTS or act.asked is None or ACTS[act.action] in NOT_REPEATED:
            return None
        asked = {**act.asked, "do": ACTS[act.action]}
        if act.seq == seq:
            asked = _changed(record, asked, told, forgotten)
        try:
            case = carry_out(case, _placed(case, act, asked), record.pack, at=local(act.at), by=act.by)
        except REFUSED:
            if case is None or act.seq == seq:
                return None
            case = _as_facts(Case.load(record.pack, state), record, act, asked)
            if case is None:
                case = Case.load(record.pack, state)
        entries |= case.drain().entries
        state = case.dump()
    if case is None:
        return None
    try:
        case.fire_timers(local(until))
        entries |= case.drain().entries
    except REFUSED:
        pass
    return tuple(entry for _, entry in sorted(entries.items()) if entry.outcome is not Outcome.WITHDRAWN)


def _changed(
    record: RecordedCase, asked: dict[str, Any], told: Mapping[str, Any], forgotten: frozenset[str]
) -> dict[str, Any]:
    place = _CHANGED.get(asked["do"])
    if place is None:
        return asked
    kept = {name: value for name, value in asked.get(place, {}).items() if name not in forgotten}
    moments = {}
    if asked["do"] == "event":
        known = record.pack.vocabulary.events[asked["event"]]
        marks = {fact for fact, value in known.sets.items() if value == "actual"}
        moments = (
            dict.fromkeys(("actual",), next(told[name] for name in marks if name in told))
            if marks & told.keys()
            else {}
        )
        told = {name: value for name, value in told.items() if name not in marks}
    return {**asked, **moments, place: {**kept, **{name: to_json(value) for name, value in told.items()}}}


def _placed(case: Case | None, act: RecordedAct, asked: dict[str, Any]) -> dict[str, Any]:
    """Let a completion find its task by its element: tasks are numbered as they come, and others came."""
    if asked["do"] != "complete" or case is None:
        return asked
    element = next((row[2] for row in act.happened if row[0] in ("task_completed", "left_open")), None)
    task = case.tasks.get(asked["task"])
    if element is None or (task is not None and task.element == element):
        return asked
    found = next((one.id for one in case.tasks.values() if one.element == element), "")
    return {**asked, "task": found, "entries": None}


def _as_facts(case: Case, record: RecordedCase, act: RecordedAct, asked: Mapping[str, Any]) -> Case | None:
    facts = {
        row[0]: row[1]
        for row in act.facts
        if (*row, None, None)[2] in _TOLD and row[0] in record.pack.vocabulary.facts
    }
    if not facts:
        return None
    try:
        change = {"do": "correct", "facts": facts}
        return carry_out(case, change, record.pack, at=local(act.at), by=act.by)
    except REFUSED:
        return None
