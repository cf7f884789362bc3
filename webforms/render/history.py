"""A case's history as people read it: one item for each act, with what followed from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from engine.clock import local
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
SAID_IN_TITLE = {("task_completed", "task_completed"), ("timers_fired", "timer_fired")}
ENTERED = "Entered, and it stays open: {}"
LATE = timedelta(minutes=1)
"""Something that was recorded within a minute was recorded at once."""


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """An act: when, what, by whom, and what followed."""

    at: datetime
    title: str
    by: str
    notes: tuple[str, ...]
    followed: tuple[str, ...]


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
    return HistoryItem(act.at, title, by, tuple(_notes(act)), tuple(dict.fromkeys(followed)))


def _offer_over(line: HistoryLine, pack: Pack) -> bool:
    """Tell whether a task ended that was only offered: nobody had to do it, so its end is no news."""
    process = pack.processes.get(line.process or "")
    element = process.elements.get(line.element or "") if process is not None else None
    return line.kind == "task_cancelled" and element is not None and element.watch and not element.duties


def _title(act: HistoryLine, happened: list[HistoryLine], pack: Pack) -> str:
    detail = act.detail
    match act.kind:
        case "case_started":
            return "Case opened"
        case "event_recorded":
            return _event_title(str(detail.get("event", "")), pack)
        case "task_completed":
            done = next((line.name for line in happened if line.kind == "task_completed" and line.name), None)
            kept = next((line.name for line in happened if line.kind == "left_open" and line.name), None)
            return f"Done: {done}" if done else ENTERED.format(kept) if kept else "Task done"
        case "facts_changed":
            return f"Changed: {_fact_names(detail)}"
        case "child_facts_changed":
            return f"Changed in another case of the child: {_fact_names(detail)}"
        case "timers_fired":
            passed = [line.name for line in happened if line.kind == "timer_fired" and line.name]
            return f"Time reached: {', '.join(dict.fromkeys(passed))}" if passed else "A time was reached"
        case "duty_recorded":
            return "Recorded that a duty was met"
        case "earlier_episodes_changed":
            return "The child’s earlier episodes were brought up to date"
    return words.plain(act.kind)


def _event_title(event: str, pack: Pack) -> str:
    if event == "override_recorded":
        return "Professional judgement recorded"
    known = pack.vocabulary.events.get(event)
    return recording_of(event, known.meaning if known else "").title


def _fact_names(detail: Mapping[str, Any]) -> str:
    return ", ".join(casewords.label(name) for name in detail.get("facts", {})) or "nothing"


def _notes(act: HistoryLine) -> Iterable[str]:
    actual = act.detail.get("actual")
    if isinstance(actual, str):
        moment = local(datetime.fromisoformat(actual))
        if abs(act.at - moment) > LATE:
            yield f"It happened {moments.moment_words(moment)}; it was recorded later."
    reason = act.detail.get("reason")
    if reason:
        yield f"“{reason}”"
