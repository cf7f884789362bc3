"""The forms about reports of missing and found children: one taken by hand, one corrected, one decided about."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from engine.pack.model import Form, Vocabulary
from engine.services.intake import CandidateView, RowView
from engine.services.intake.notification import COLUMNS, TOLD_BY_PEOPLE
from engine.services.tabular import Column
from webforms.render import moments, words

KINDS = {
    "missing": "A child is missing",
    "absent": "A child is absent: not where they should be, whereabouts known or no apparent risk",
    "found": "A child was found or is back",
    "child_placed": "A child was placed",
    "serious_event": "A serious event",
    "listed": "Named by a list",
    "not_listed": "Away, and left out by a list",
}
SOURCES = {
    "carer_or_parent": "Parent or carer",
    "home": "Children’s home",
    "professional": "Social worker or another professional",
    "police": "Police",
}
TITLES = {
    "kind": "Kind of report",
    "reference": "Notification reference",
    "incident": "Police report number",
    "surname": "Surname",
    "given_names": "Given names",
    "also_known_as": "Also known as",
    "date_of_birth": "Date of birth",
    "sex": "Sex",
    "police_id": "Police number of the child",
    "case_system_id": "Number on the case system",
    "place": "Missing from",
    "placement": "Lives in",
    "category": "Category",
    "reported_at": "Reported to the police",
    "missing_since": "Missing since",
    "last_seen_at": "Last seen",
    "returned_at": "Back since",
    "received_at": "Received by the council",
    "police_told": "Police told",
    "circumstances": "Circumstances",
    "row": "The row",
}
OUTCOMES = {
    "started": ("Case started", "govuk-tag--green"),
    "recorded": ("Added to a case", "govuk-tag--green"),
    "repeated": ("Known already", "govuk-tag--grey"),
    "waiting": ("Waits for a person", "govuk-tag--orange"),
    "bad": ("Cannot be read", "govuk-tag--red"),
    "discarded": ("Set aside", "govuk-tag--grey"),
    "received": ("Being read", "govuk-tag--blue"),
    "loaded": ("Loaded", "govuk-tag--green"),
    "unchanged": ("Known already", "govuk-tag--grey"),
    "refused": ("Refused", "govuk-tag--red"),
}
AWAY = ["missing", "absent"]


def report_form(vocabulary: Vocabulary, *, child_known: bool) -> Form:
    """Return the form that takes a report by hand; of a known child the name is not asked again."""
    facts = vocabulary.facts
    asked: dict[str, Any] = {
        "kind": _choice("What is reported?", {kind: KINDS[kind] for kind in KINDS if kind in TOLD_BY_PEOPLE}),
        "source": _choice("Who reports it?", SOURCES),
    }
    if not child_known:
        asked |= {
            "given_names": _line("Given names of the child"),
            "surname": _line("Surname of the child"),
            "date_of_birth": {"type": "string", "format": "date", "title": "Date of birth"},
            "police_id": _line("Police number of the child", "If you have it.", 60),
        }
    asked |= {
        "reported_at": _moment(
            "When was it reported?",
            "To the police, or to you if the police do not know yet. Of a placement or an event: when it began.",
        ),
        "missing_since": _moment("Since when is the child missing?", "If it is known."),
        "last_seen_at": _moment("When was the child last seen?"),
        "returned_at": _moment("When did the child come back, or when were they found safe?"),
        "police_told": {"type": "boolean", "title": "Do the police have a report?"},
        "incident": _line("Police report number", "If you have it.", 60),
        "place": _line("Where is the child missing from?", most=300),
        "placement": _choice(
            "Where does the child live?",
            {value: words.plain(value) for value in facts["placement.type"].values},
        ),
        "category": _choice(
            "How is the absence classed?",
            {value: words.plain(value) for value in facts["episode.category"].values},
        ),
        "circumstances": {
            "type": "string",
            "title": "What happened?",
            "description": "How and why the child went, who they may be with, and any worries.",
            "maxLength": 4000,
            "x-widget": "textarea",
        },
    }
    show: dict[str, dict[str, Any]] = {
        name: {"kind": AWAY} for name in ("missing_since", "last_seen_at", "place", "category", "police_told")
    }
    show |= {"returned_at": {"kind": "found"}, "placement": {"kind": [*AWAY, "child_placed"]}}
    show["reported_at"] = {"kind": [*AWAY, "child_placed", "serious_event"]}
    required = ["kind", "source", *([] if child_known else ["surname"]), "reported_at", "returned_at"]
    schema = {
        "title": "Record a report",
        "type": "object",
        "properties": asked,
        "required": required,
        "x-show": show,
    }
    return Form("record-report", "Record a report", schema, (), ())


def report_texts(answers: Mapping[str, Any]) -> dict[str, str]:
    """Return a report's answers as the texts of a notification's columns."""
    columns = {column.name for column in COLUMNS}
    told = {name: value for name, value in answers.items() if name in columns and name != "kind"}
    return {
        name: ("yes" if value else "no") if isinstance(value, bool) else str(value)
        for name, value in told.items()
    }


def said(row: RowView, columns: Sequence[Column] = COLUMNS) -> list[tuple[str, str]]:
    """Return what a report says, column by column, as people read it; other texts stay as they came."""
    return [
        (_title(column), _said_words(row.values[column.name]))
        for column in columns
        if row.values.get(column.name)
    ]


def _title(column: Column) -> str:
    return TITLES.get(column.name) or words.plain(column.name.rpartition(".")[2])


def _said_words(text: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text) or re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)", text
    ):
        with contextlib.suppress(ValueError):
            return (
                moments.day_words(date.fromisoformat(text))
                if len(text) == len("2026-01-31")
                else moments.moment_words(datetime.fromisoformat(text))
            )
    return words.plain(text) if re.fullmatch(r"[a-z]+(_[a-z]+)+", text) else text


def reason_words(reason: str) -> str:
    """Return why a report waits, with the names of columns as people know them."""
    for column in sorted(TITLES, key=len, reverse=True):
        reason = re.sub(rf"(^|; ){column}: ", rf"\g<1>{TITLES[column]}: ", reason)
    return reason


def correction_form(row: RowView, columns: Sequence[Column] = COLUMNS) -> Form:
    """Return the form that corrects what a report says, column by column."""
    kept = [column for column in columns if column.name != "kind" or row.kind not in KINDS]
    asked: dict[str, Any] = {
        column.name: _line(_title(column), f"{column.meaning}.".capitalize(), 10_000) for column in kept
    }
    if "circumstances" in asked:
        asked["circumstances"]["x-widget"] = "textarea"
    schema = {"title": "Correct this report", "type": "object", "properties": asked, "required": ["surname"]}
    return Form("correct-report", "Correct this report", schema, (), ())


def decision_form(
    row: RowView, candidates: Iterable[CandidateView], open_cases: Iterable[tuple[int, str]]
) -> Form:
    """Return the form that decides about a report: whose it is, which case it belongs to, or that it is set aside."""
    if row.kind == "not_listed":
        return _unlisted_form(row)
    choices: dict[str, str] = {}
    for candidate in candidates:
        born = f", born {moments.day_words(candidate.birth_date)}" if candidate.birth_date else ""
        choices[f"child-{candidate.child_id}"] = f"It is {candidate.name}{born}"
    for case, reference in open_cases:
        choices[f"case-{case}"] = (
            f"The child is back: record it in case {reference}"
            if row.list_id and row.kind == "found"
            else f"It belongs to the open case {reference}"
        )
    if row.outcome == "bad":
        choices = {}  # nothing can begin from what cannot be read: it is corrected first, or set aside
    elif row.child_id is not None:
        choices["start-case"] = "It is a new absence: start a case"
    else:
        choices["new-child"] = "It is a child who is not on record yet"
    choices["discard"] = "Nothing has to be done: set it aside"
    asked = {
        "choice": _choice("What do you decide?", choices),
        "reason": {
            "type": "string",
            "title": "Why does nothing have to be done?",
            "maxLength": 500,
            "x-widget": "textarea",
        },
    }
    asked["choice"]["x-widget"] = "radios"
    schema = {
        "title": "Decide about this report",
        "type": "object",
        "properties": asked,
        "required": ["choice", "reason"],
        "x-show": {"reason": {"choice": "discard"}},
    }
    return Form("decide-report", "Decide about this report", schema, (), ())


def _unlisted_form(row: RowView) -> Form:
    """Return the form about a child who is away and whom a list leaves out."""
    choices = {
        "back": f"The child is back: record it in case {row.reference or ''}".strip(),
        "still-away": "The child is still away: nothing changes in the case",
    }
    asked = {
        "choice": _choice("Where is the child?", choices),
        "returned_at": _moment("When was the child back?", "The real moment, not when you learnt of it."),
        "reason": {
            "type": "string",
            "title": "How do you know, and who was told?",
            "description": "Whoever sent the list may not know that the child is away.",
            "maxLength": 500,
            "x-widget": "textarea",
        },
    }
    asked["choice"]["x-widget"] = "radios"
    schema = {
        "title": "Decide about a child whom the list leaves out",
        "type": "object",
        "properties": asked,
        "required": ["choice", "returned_at", "reason"],
        "x-show": {"returned_at": {"choice": "back"}, "reason": {"choice": "still-away"}},
    }
    return Form("decide-unlisted", "Decide about a child whom the list leaves out", schema, (), ())


def list_form() -> Form:
    """Return the question that goes with a list: when it was drawn up."""
    asked = {"as_of": _moment("When was the list drawn up?", "A child reported later is not expected on it.")}
    schema = {"title": "Upload a list", "type": "object", "properties": asked, "required": ["as_of"]}
    return Form("upload-list", "Upload a list", schema, (), ())


def _choice(title: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {"type": "string", "title": title, "enum": list(labels), "x-labels": dict(labels)}


def _line(title: str, hint: str = "", most: int = 100) -> dict[str, Any]:
    return {"type": "string", "title": title, "description": hint, "maxLength": most}


def _moment(title: str, hint: str = "") -> dict[str, Any]:
    return {"type": "string", "format": "date-time", "title": title, "description": hint, "x-past": True}
