"""What the pages of a case show, made of the service's view of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from engine.pack.model import Pack, Start
from engine.services.caseview import CaseView, Derivation, FactRow, FactValue
from engine.services.rows import role_label
from webforms import db
from webforms.render import casewords, moments, words
from webforms.render.casehead import warned
from webforms.render.derivations import How, how
from webforms.render.recording import FIRST, recording_of

STATUSES = {
    "open": ("Open", "govuk-tag--blue"),
    "quarantined": ("Cannot go on: an incident waits", "govuk-tag--red"),
    "closed": ("Closed", "govuk-tag--grey"),
    "voided": ("Opened in error", "govuk-tag--grey"),
}
PARTS = (
    ("Overview", "cases.show"),
    ("Duties", "cases.duties"),
    ("Facts", "cases.facts"),
    ("Timeline", "cases.history"),
    ("Meetings", "meetings.of_case"),
    ("Notes", "notes.listing"),
    ("Documents", "attachments.of_case"),
    ("Contact attempts", "contacts.of_case"),
    ("Diagrams", "cases.diagrams"),
)
GROUPS = {
    "child": "The child",
    "worker": "The child’s workers",
    "placement": "Where the child lives",
    "authority": "The responsible authority",
    "notification": "The report",
    "episode": "The episode",
    "return": "The return",
    "risk": "Risk",
    "exploitation": "Exploitation",
    "interview": "Return interview",
    "meeting": "Meetings",
    "review": "Reviews",
    "assessment": "Assessment",
    "programme": "Programme",
    "dispute": "Disagreement",
    "case": "The case",
}
RETURNED = "returned"
OF_THE_REPORT = ("notification.", "episode.")
"""What a case begins with and the child's record does not hold: the report told it."""
NOT_RECORDED = frozenset({"reported", "override_recorded", "panel_list_due", "missing_meeting_due"})
"""Events that a person never records on a case: they start it, have a page of their own, or come with the calendar."""


@dataclass(frozen=True, slots=True)
class EventLink:
    """Something that can be recorded on the case."""

    text: str
    href: str
    first: bool


@dataclass(frozen=True, slots=True)
class ShownFact:
    """A fact with its value in words, where it came from, how a rule came to it, and its earlier values."""

    id: str
    label: str
    meaning: str
    words: str
    source: str
    how: How | None
    history: tuple[tuple[str, str], ...]


def heading(view: CaseView, here: str) -> dict[str, Any]:
    """Return what every page of the case shows at its top."""
    periodic = view.pack.processes.get(view.started_by)
    status, colour = (
        STATUSES["voided"] if view.voided else STATUSES.get(view.status, (words.plain(view.status), ""))
    )
    return {
        "case": view,
        "case_heading": view.child or (periodic.title if periodic else "Case"),
        "away": casewords.away_words(view.known, db.now()),
        "status": {"words": status, "colour": colour},
        "warned": warned(view.pressing),
        "parts": [
            {"text": text, "href": url_for(endpoint, case=view.id), "current": endpoint == here}
            for text, endpoint in PARTS
            if view.child_id is not None or endpoint != "contacts.of_case"
        ],
    }


def summary(view: CaseView) -> list[tuple[str, str]]:
    """Return the case at a glance."""
    rows = casewords.glance(view.pack, view.known)
    age = casewords.age_words(view.birth_date, db.now())
    return ([("Child", age)] if age else []) + rows


def event_links(view: CaseView) -> list[EventLink]:
    """Return what can be recorded on the case: what its procedure listens for, the most urgent first.

    That the child is back has a place of its own (`back_link`) while the child is away.
    """
    if view.status == "closed" or view.child_id is None:
        return []
    first = FIRST if is_away(view) else ()
    known = view.pack.vocabulary.events
    listened = [event for event in events_of(view.pack) if event in known and event not in NOT_RECORDED]
    wanted = [event for event in first if event in known]
    wanted += [event for event in listened if event not in wanted]
    return [
        _event_link(view, event, event in first)
        for event in wanted
        if event != RETURNED or back_link(view) is None
    ]


def back_link(view: CaseView) -> EventLink | None:
    """Return where it is recorded that the child is back; None where the child is not away."""
    return (
        _event_link(view, RETURNED, True)
        if is_away(view) and RETURNED in view.pack.vocabulary.events
        else None
    )


def _event_link(view: CaseView, event: str, first: bool) -> EventLink:
    title = recording_of(event, view.pack.vocabulary.events[event].meaning).title
    return EventLink(title, url_for("cases.record", case=view.id, event=event), first)


def is_away(view: CaseView) -> bool:
    """Say whether the case is about a child whose return nobody has recorded."""
    return view.status != "closed" and view.child_id is not None and not view.known.get("return.returned_at")


def events_of(pack: Pack) -> list[str]:
    """Return the events that a pack's processes start with or wait for, in the pack's order."""
    found: dict[str, None] = {}
    for process in sorted(pack.processes.values(), key=lambda process: process.order):
        if process.start is Start.MESSAGE and process.start_event:
            found[process.start_event] = None
        found |= dict.fromkeys(e.event for e in process.elements.values() if e.event is not None)
    return list(found)


def shown_facts(view: CaseView) -> list[tuple[str, list[ShownFact]]]:
    """Return what the case was told, what was decided and what is worked out, by what it is about."""
    rules = {row.fact: row for row in view.derived}
    told = {row.fact: _told(view, row, rules.get(row.fact)) for row in view.facts}
    worked_out = {fact: _worked_out(view, row) for fact, row in rules.items() if fact not in told}
    groups: dict[str, list[ShownFact]] = {title: [] for title in GROUPS.values()}
    for fact in view.pack.vocabulary.facts:
        shown = told.get(fact) or worked_out.get(fact)
        if shown is not None:
            groups.setdefault(GROUPS.get(fact.split(".", 1)[0], "Other"), []).append(shown)
    return [(title, facts) for title, facts in groups.items() if facts]


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice that left or is to leave: about what, to whom, when, and how it stands."""

    subject: str
    to: str
    at: datetime
    state: str
    colour: str
    problem: str


def shown_notices(view: CaseView) -> list[ShownNotice]:
    """Return what was told to others about the case, the latest first."""
    shown = []
    for row in reversed(view.notices):
        known = view.pack.notices.get(row.notice)
        kind, _, role = row.recipient.partition(":")
        state, colour = words.NOTICE_STATES.get(row.state, (words.plain(row.state), ""))
        shown.append(
            ShownNotice(
                casewords.copy_text(known.subject, view.pack, {}, {"case.reference": view.reference})
                if known is not None
                else words.plain(row.notice.replace("-", "_")),
                role_label(view.pack, role) if kind == "role" else words.plain(role or kind),
                row.sent or row.created,
                state,
                colour,
                row.problem or "",
            )
        )
    return shown


def values_of(view: CaseView) -> dict[str, Any]:
    """Return every fact as it stands, JSON by id, the derived ones too."""
    return {**{row.fact: row.value for row in view.derived if row.known}, **view.known}


def _told(view: CaseView, row: FactRow, rule: Derivation | None) -> ShownFact:
    return ShownFact(
        row.fact,
        casewords.label(row.fact),
        row.meaning,
        casewords.fact_words(view.pack, row.fact, row.now.value),
        source_words(view.pack, row.now, row.fact),
        # a rule that would decide otherwise by now did not give this value
        how(view.pack, rule, values_of(view)) if rule is not None and rule.value == row.now.value else None,
        tuple(
            (casewords.fact_words(view.pack, row.fact, old.value), source_words(view.pack, old, row.fact))
            for old in row.history
        ),
    )


def _worked_out(view: CaseView, rule: Derivation) -> ShownFact:
    said = casewords.fact_words(view.pack, rule.fact, rule.value) if rule.known else "Not known yet"
    source = "Cannot be worked out" if rule.problem else "Worked out from the procedure’s rule"
    how_so = how(view.pack, rule, values_of(view))
    return ShownFact(rule.fact, casewords.label(rule.fact), rule.meaning, said, source, how_so, ())


def source_words(pack: Pack, value: FactValue, fact: str = "") -> str:
    """Say where a value came from, who gave it and when, and since when it is so where that is earlier."""
    where = {
        "form": _form_title(pack, value.where),
        "event": recording_of(value.where).title,
        "decision": _decision_title(value.where),
    }.get(value.origin)
    said = words.ORIGINS.get(value.origin, words.plain(value.origin))
    if value.origin == "record" and fact.startswith(OF_THE_REPORT):
        said = "From the report"
    parts = [f"{said}: {where}" if where else said]
    if value.by != "system":
        parts.append(value.by)
    parts.append(moments.short_moment_words(value.recorded, db.now()))
    if value.recorded != value.actual:
        parts.append(f"true since {moments.short_moment_words(value.actual, db.now())}")
    if value.reason:
        parts.append(f"“{value.reason}”")
    return ", ".join(parts)


def _form_title(pack: Pack, form: str) -> str:
    return pack.forms[form].title if form in pack.forms else words.plain(form)


def _decision_title(decision: str) -> str:
    return words.plain(decision.replace("-", "_"))


def states_of(view: CaseView) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Return the states of the diagrams' elements by process; of a closed case, what its history passed."""
    if view.diagrams:
        return {row.process: row.states for row in view.diagrams}
    passed: dict[str, dict[str, frozenset[str]]] = {}
    for line in view.history:
        if line.process and line.process in view.pack.processes:
            elements = passed.setdefault(line.process, {})
            if line.element:
                elements[line.element] = frozenset({"done"})
    return passed
