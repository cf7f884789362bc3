"""The forms with which people record what happened: made from the vocabulary, because every pack shares its events.

An event that is not named here still gets a plain form, so that a pack may use any event of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.pack.model import Fact, Form, Pack
from webforms.render import casewords, words

ACTUAL = "actual"
REASON = "reason"
LEARNT_LATE = "Give the true moment, also if you learnt of it later."


@dataclass(frozen=True, slots=True)
class Recording:
    """How an event is recorded: the link and title, the question for its moment, and the facts to ask for with it."""

    title: str
    moment: str = "When did it happen?"
    facts: tuple[str, ...] = ()
    reason_needed: bool = False


RECORDINGS: Mapping[str, Recording] = {
    "returned": Recording("The child is back", "When did the child come back, or when were they found safe?"),
    "whereabouts_known": Recording("We know where the child is", "Since when is it known?"),
    "whereabouts_unknown": Recording("We no longer know where the child is", "Since when?"),
    "second_report": Recording("Another report of this absence", "When was it reported?"),
    "missing_again": Recording("The child is missing again", "When did the new absence begin?"),
    "return_reported_unverified": Recording(
        "We heard of a return, not yet verified", "When is the child said to be back?"
    ),
    "return_verified": Recording("The return is verified", "When was it verified?"),
    "found_notification": Recording("A found notification arrived", "When did it arrive?"),
    "police_notification": Recording("The police notification arrived", "When did it arrive?"),
    "daily_police_list": Recording("The police’s daily list arrived", "When did it arrive?"),
    "child_placed": Recording(
        "The child moved to another placement",
        "When did the placement begin?",
        ("placement.type", "placement.area"),
    ),
    "placement_found": Recording("A placement was found", "When was it found?"),
    "child_agrees_after_refusal": Recording("The child now agrees to talk", "When did the child agree?"),
    "disagreement": Recording(
        "There is a disagreement about the interview or meeting", "Since when?", reason_needed=True
    ),
    "case_closed_by_service": Recording("The service closed its case", "When did it close?"),
    "meeting_call": Recording(
        "A strategy meeting is called for", "When was it called for?", reason_needed=True
    ),
    "serious_event": Recording(
        "There was a serious event", "When did the manager learn of it?", reason_needed=True
    ),
    "social_worker_asked": Recording("The child asks for another interviewer", "When did the child ask?"),
    "interview_handover_requested": Recording(
        "Hand the interview over to the front door", "When was it asked for?"
    ),
    "help_requested": Recording("The responsible authority asks for help", "When did it ask?"),
    "risk_assessment_received": Recording("The risk assessment arrived", "When did it arrive?"),
    "session_held": Recording("A session of the programme was held", "When was it held?"),
}
FIRST = ("returned", "whereabouts_known", "whereabouts_unknown", "second_report")
"""Offered on every case whose child may still be away, before all others."""
STATUS_FACTS = (
    "child.legal_status",
    "child.looked_after_basis",
    "child.responsible_authority",
    "child.on_child_protection_plan",
)
"""Asked when a child's legal status changes."""


def recording_of(event: str, meaning: str = "") -> Recording:
    """Return how an event is recorded; one without words of its own is named by the vocabulary."""
    return RECORDINGS.get(event) or Recording(
        words.plain(event) if not meaning else meaning.split(";")[0].rstrip(".")
    )


def event_form(event: str, pack: Pack) -> Form:
    """Return the form that records an event."""
    how = recording_of(event, pack.vocabulary.events[event].meaning)
    properties: dict[str, Any] = {
        ACTUAL: {
            "type": "string",
            "format": "date-time",
            "title": how.moment,
            "description": LEARNT_LATE,
            "x-past": True,
        }
    }
    properties |= fact_questions(pack, how.facts)
    properties[REASON] = {
        "type": "string",
        "title": "What you know about it",
        "description": "Who told you, and anything the next person needs to know.",
        "maxLength": 2000,
        "x-widget": "textarea",
    }
    required = [ACTUAL, *([REASON] if how.reason_needed else [])]
    return _form(f"record-{words.kebab(event)}", how.title, properties, required)


def facts_form(identifier: str, title: str, pack: Pack, facts: Iterable[str], *, moment: bool = True) -> Form:
    """Return the form that changes facts, with the moment since when it is so and the reason why.

    A fact with a few possible values needs one of them; any other may be left empty, which says that there is none.
    """
    properties = fact_questions(pack, facts)
    chosen = [name for name, asked in properties.items() if "enum" in asked or asked["type"] == "boolean"]
    for name in properties.keys() - chosen:
        properties[name]["description"] += " Leave it empty to say that there is none."
    if moment:
        properties[ACTUAL] = {
            "type": "string",
            "format": "date-time",
            "title": "Since when is it so?",
            "description": "Leave it empty if it is so from now on.",
            "x-past": True,
        }
    properties[REASON] = {
        "type": "string",
        "title": "Why",
        "description": "It is recorded with your name.",
        "maxLength": 2000,
        "x-widget": "textarea",
    }
    return _form(identifier, title, properties, [*chosen, REASON])


def fact_questions(pack: Pack, facts: Iterable[str]) -> dict[str, Any]:
    """Return a question for each fact, asked by its type, explained by its meaning, in the words of the pack's forms."""
    known = pack.vocabulary.facts
    return {fact: _question(pack, known[fact]) for fact in facts if fact in known}


def _question(pack: Pack, fact: Fact) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "title": casewords.label(fact.id),
        "description": f"{casewords.meaning(pack, fact.id)}.",
    }
    choices = pack.vocabulary.roles if fact.type == "role" else fact.values
    match fact.type:
        case "boolean" | "integer":
            asked["type"] = fact.type
        case "enum" | "role":
            labels = {choice: casewords.fact_words(pack, fact.id, choice) for choice in choices}
            asked |= {"type": "string", "enum": list(choices), "x-labels": labels}
        case "date" | "datetime" | "duration":
            asked |= {"type": "string", "format": "date-time" if fact.type == "datetime" else fact.type}
        case _:
            asked |= {"type": "string", "maxLength": 500}
    return asked


def _form(identifier: str, title: str, properties: Mapping[str, Any], required: list[str]) -> Form:
    schema = {
        "$id": identifier,
        "title": title,
        "type": "object",
        "properties": dict(properties),
        "required": required,
    }
    return Form(identifier, title, schema, tuple(name for name in properties if "." in name), ())
