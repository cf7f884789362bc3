"""Setting right what was recorded wrongly: correct a value, take acts back, void a case that should never have been.

A correction looks forward: the case goes by the right value from now on, its limits and timers are worked out again, and
the way that it took stands. Taking back goes to where the case stood before an act, so that another way can be taken;
numbers of entries, tasks and processes go on counting, because what was written under them stays on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.case import work
from engine.case.model import CaseError, Entry, FactChange, Outcome
from engine.case.rest import come_to_rest
from engine.case.state import State

CORRECTION, FORGOTTEN, TAKEN_BACK = "correction", "forgotten", "taken_back"
"""Origins of facts: set right; unknown again; as it stood before what was taken back."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Where a case stood before the acts that are taken back: its stored state, and the entries they wrote, as last
    written."""

    state: bytes
    entries: Mapping[int, Entry]


def correct(
    case: State,
    facts: Mapping[str, Any],
    *,
    at: datetime,
    by: str,
    reason: str | None,
    actual: datetime | None = None,
    forgotten: Iterable[str] = (),
    where: str = CORRECTION,
) -> None:
    """Set right what was recorded wrongly, true since `actual`; what is `forgotten` is unknown again.

    Where the moment of an event is set right, open entries whose timer lies at or after the right moment are withdrawn
    and may arise again, as if the event had been recorded so at first; what arose when it was recorded or since stays.
    """
    case.begin(at, by)
    for fact in forgotten:
        forget(case, fact, actual=actual or at, where=where, reason=reason)
    for fact, value in facts.items():
        case.write_fact(fact, value, actual=actual or at, origin=CORRECTION, where=where, reason=reason)
    come_to_rest(case)
    for event, moment, heard in _moments(case, facts):
        for entry in case.ledger.groundless(event, moment):
            again = entry.number in case.duties.written | case.duties.required_again
            if entry.raised < heard and not again:
                work.end_entry(case, entry, Outcome.WITHDRAWN, reason=f"{event} before this arose")
                case.ledger.forget(entry)
    come_to_rest(case)


def _moments(case: State, facts: Mapping[str, Any]) -> Iterable[tuple[str, datetime, datetime]]:
    """Yield the events whose real moment is among the facts: the event, that moment, and when it was recorded."""
    for event in case.pack.vocabulary.events.values():
        marks = {str(value): fact for fact, value in event.sets.items()}
        moment, heard = facts.get(marks.get("actual", "")), case.facts.stored.get(marks.get("recorded", ""))
        if isinstance(moment, datetime) and isinstance(heard, datetime):
            yield event.id, moment, heard


def forget(case: State, fact: str, *, actual: datetime, where: str, reason: str | None) -> None:
    """Make a stored fact unknown again; nothing happens where it is."""
    if fact in case.facts.stored:
        case.facts.forget(fact)
        case.changes.facts.append(FactChange(fact, None, case.now, actual, case.by, FORGOTTEN, where, reason))


def void(case: State, *, at: datetime, by: str, reason: str) -> None:
    """End a case that should never have been opened: nothing in it is owed, waited for or done any more."""
    case.begin(at, by)
    for entry in case.ledger.open_entries():
        case.ledger.end(entry.number, Outcome.WITHDRAWN, case.now, by=by, reason=reason)
    for task in list(case.tasks.values()):
        case.note("task_cancelled", process=task.process, element=task.element, detail={"task": task.id})
        del case.tasks[task.id]
        case.changes.tasks_ended[task.id] = "cancelled"
    case.tokens.clear()
    case.instances.clear()
    case.timetable.rework((), case.now)
    case.closed = case.voided = True
    case.note("voided")


def take_back(
    case: State, now: State, earlier: Earlier, *, act: int, at: datetime, by: str, reason: str | None
) -> None:
    """Let `case`, loaded from where it stood before `act`, go on in place of `now`, as it stands after it.

    Duties that were open then are open again, what arose since is withdrawn, facts stand as they did. Raises CaseError
    where the acts between did not write what they are said to have written.
    """
    case.begin(max(at, now.now), by)
    case.next_task, case.next_instance = now.next_task, now.next_instance
    case.note(TAKEN_BACK, detail={"act": act})
    _facts_back(case, now, act, reason)
    first = case.ledger.count_on(now.ledger)
    for number, entry in sorted(earlier.entries.items()):
        then = case.ledger.entries.get(number)
        if then is not None:
            case.changes.entries[number] = then
        elif number < first:
            raise CaseError(f"the duty {number} had ended before: what followed cannot be taken back")
        elif entry.outcome not in (Outcome.WITHDRAWN, Outcome.SUPERSEDED):
            case.changes.entries[number] = replace(
                entry, outcome=Outcome.WITHDRAWN, done=case.now, by=by, reason=reason, task=None
            )
    for name in now.tasks.keys() - case.tasks.keys():
        case.changes.tasks_ended[name] = "cancelled"
    for name, task in case.tasks.items():
        if name not in now.tasks:
            case.changes.tasks_opened[name] = task
        elif now.tasks[name] != task:
            case.changes.tasks_changed[name] = task
    if case.closed != now.closed:
        case.note("closed" if case.closed else "reopened")
    come_to_rest(case)


def _facts_back(case: State, now: State, act: int, reason: str | None) -> None:
    was, stands = case.facts.stored, now.facts.stored
    for fact in sorted(was.keys() | stands.keys()):
        if fact not in was:
            origin, value = FORGOTTEN, None
        elif fact not in stands or stands[fact] != was[fact]:
            origin, value = TAKEN_BACK, was[fact]
        else:
            continue
        case.changes.facts.append(
            FactChange(fact, value, case.now, case.now, case.by, origin, f"act {act}", reason)
        )
