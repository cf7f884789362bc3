"""A case's history as people read it: one item for each act, with what followed from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from engine.clock import elapsed, local
from engine.pack.model import Pack
from engine.services.caseview import HistoryLine
from webforms.render import casewords, moments, words
from webforms.render.recording import recording_of

FOLLOWED = {
    "task_opened": "New task: {}",
    "task_completed": "Done: {}",
    "task_cancelled": "No longer needed: {}",
    "left_open": "Stays open: {}",
    "moved": "Went to another role: {}",
    "timer_fired": "Time reached: {}",
    "decision": "Decided: {}",
    "process_started": "Began: {}",
    "process_ended": "Finished: {}",
}
STILL_TO_DO = "Still to do, though its step is over: {}"
"""Of a task whose step was interrupted while its duty goes on."""
NAMED = {
    "case_started": "Case opened",
    "facts_changed": "Changed: {}",
    "child_facts_changed": "Changed in another case of the child: {}",
    "corrected": "Corrected: {}",
    "child_facts_corrected": "Brought up to date with the child’s record: {}",
    "taken_back": "Taken back",
    "voided": "Case voided: it was opened in error",
    "migrated": "Went over to another version of the procedure",
    "migration_reversed": "Went back to the version of the procedure that it had run on before",
    "duty_recorded": "Recorded that a duty was met",
    "earlier_episodes_changed": "The child’s earlier episodes were brought up to date",
}
"""Acts by their names, with the facts that they were about."""
SAID_IN_TITLE = {("task_completed", "task_completed"), ("timers_fired", "timer_fired")}
ENTERED = "Entered, and it stays open: {}"
LATE = timedelta(minutes=1)
"""Something that was recorded within a minute was recorded at once."""


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """An act: its number, when, what, by whom, and what followed. `corrected`: what, the wrong value, the right one."""

    act: int
    kind: str
    at: datetime
    title: str
    by: str
    notes: tuple[str, ...]
    followed: tuple[str, ...]
    corrected: tuple[tuple[str, str, str], ...] = ()


def history_items(lines: Iterable[HistoryLine], pack: Pack) -> list[HistoryItem]:
    """Return the items of a history; `lines` are newest first, those of one act together."""
    return [_item(list(group), pack) for _, group in groupby(lines, key=lambda line: line.act)]


def _item(lines: list[HistoryLine], pack: Pack) -> HistoryItem:
    lines.reverse()  # what happened in an act reads forwards
    act, happened = lines[0], lines[1:]
    title = _title(act, happened, pack)
    followed = [
        (STILL_TO_DO if line.detail.get("kept") else FOLLOWED[line.kind]).format(
            line.name or words.plain(line.element or line.process or "")
        )
        for line in happened
        if line.kind in FOLLOWED
        and (act.kind, line.kind) not in SAID_IN_TITLE
        and not _offer_over(line, pack)
        and not (line.kind == "left_open" and title == ENTERED.format(line.name))
    ]
    if any(line.kind == "closed" for line in happened):
        followed.append("The case is closed: nothing is left to do")
    if any(line.kind == "reopened" for line in happened):
        followed.append("The case is open again")
    by = "" if act.by == "system" else act.by
    told_by = act.detail.get("told_by")
    if told_by:  # an answer from outside: the body, with whoever here accepted it
        by = f"{told_by}, by a link" + (f"; accepted by {by}" if by else "")
    notes, corrected = tuple(_notes(act)), tuple(_corrected(act, pack))
    return HistoryItem(act.act, act.kind, act.at, title, by, notes, tuple(dict.fromkeys(followed)), corrected)


def _offer_over(line: HistoryLine, pack: Pack) -> bool:
    """Tell whether a task ended that was only offered: nobody had to do it, so its end is no news."""
    process = pack.processes.get(line.process or "")
    element = process.elements.get(line.element or "") if process is not None else None
    return line.kind == "task_cancelled" and element is not None and element.watch and not element.duties


def _title(act: HistoryLine, happened: list[HistoryLine], pack: Pack) -> str:
    detail = act.detail
    match act.kind:
        case "event_recorded":
            return _event_title(str(detail.get("event", "")), pack)
        case "task_completed":
            done = next((line.name for line in happened if line.kind == "task_completed" and line.name), None)
            kept = next((line.name for line in happened if line.kind == "left_open" and line.name), None)
            return f"Done: {done}" if done else ENTERED.format(kept) if kept else "Task done"
        case kind if kind in NAMED:
            return NAMED[kind].format(_fact_names(detail))
        case "timers_fired":
            passed = [line.name for line in happened if line.kind == "timer_fired" and line.name]
            return f"Time reached: {', '.join(dict.fromkeys(passed))}" if passed else "A time was reached"
    return words.plain(act.kind)


def _event_title(event: str, pack: Pack) -> str:
    if event == "override_recorded":
        return "Professional judgement recorded"
    known = pack.vocabulary.events.get(event)
    return recording_of(event, known.meaning if known else "").title


def _fact_names(detail: Mapping[str, Any]) -> str:
    names = [*detail.get("facts", {}), *detail.get("forgotten", [])]
    return ", ".join(casewords.label(name) for name in names) or "nothing"


def _corrected(act: HistoryLine, pack: Pack) -> Iterable[tuple[str, str, str]]:
    """Yield each fact that was set right, with the value that stood and the one that stands."""
    was = act.detail.get("was")
    if was is None:
        return
    facts = act.detail.get("facts", {})
    for name in (*facts, *act.detail.get("forgotten", [])):
        before = casewords.fact_words(pack, name, was[name]) if name in was else "Not known"
        after = casewords.fact_words(pack, name, facts[name]) if name in facts else "Not known"
        yield casewords.label(name), before, after


def _notes(act: HistoryLine) -> Iterable[str]:
    actual = act.detail.get("actual")
    if isinstance(actual, str):
        moment = local(datetime.fromisoformat(actual))
        if abs(elapsed(moment, act.at)) > LATE:
            yield f"It happened {moments.moment_words(moment)}; it was recorded later."
    reason = act.detail.get("reason")
    if reason:
        yield f"“{reason}”"
