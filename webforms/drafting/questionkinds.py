"""How a question can be answered, in the words of those who build forms, and what a form file says for each.

The kinds are what forms can ask (engine/pack/formfiles.py), no more: whatever a fact's type settles is not asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.pack.model import Fact, Pack, Vocabulary
from webforms.render import words
from webforms.render.questions import kind_of

YES_NO, ONE, SEVERAL, SHORT, LONG = "yes-no", "one", "several", "short", "long"
DATE, MOMENT, LENGTH, WHOLE, NUMBER = "date", "date-time", "duration", "whole", "number"
KINDS: dict[str, tuple[str, str]] = {
    YES_NO: ("Yes or no", "one of the two"),
    ONE: ("One of a list", "you write the choices"),
    SEVERAL: ("Several of a list", "boxes to tick; you write the choices"),
    SHORT: ("A short text", "one line"),
    LONG: ("A long text", "several lines"),
    DATE: ("A date", "typed as people write dates"),
    MOMENT: ("A date and time", "typed as people write them, with a button for now"),
    LENGTH: ("A length of time", "days and hours"),
    WHOLE: ("A whole number", "such as 3"),
    NUMBER: ("A number", "such as 3.5"),
}
"""The kinds with their names and a few words on each."""
_OF_FACTS = {
    "boolean": YES_NO,
    "integer": WHOLE,
    "string": LONG,
    "enum": ONE,
    "role": ONE,
    "date": DATE,
    "datetime": MOMENT,
    "duration": LENGTH,
}
_SCHEMAS: dict[str, dict[str, Any]] = {
    YES_NO: {"type": "boolean"},
    ONE: {"type": "string"},
    SEVERAL: {"type": "array"},
    SHORT: {"type": "string"},
    LONG: {"type": "string", "x-widget": "textarea"},
    DATE: {"type": "string", "format": "date"},
    MOMENT: {"type": "string", "format": "date-time"},
    LENGTH: {"type": "string", "format": "duration"},
    WHOLE: {"type": "integer"},
    NUMBER: {"type": "number"},
}
LISTS = frozenset({ONE, SEVERAL})
TEXTS = frozenset({SHORT, LONG})
DAYS = frozenset({DATE, MOMENT})
NUMBERS = frozenset({WHOLE, NUMBER})
SOURCES = {
    "asked": "answered by people",
    "record": "known from the record",
    "decided": "set by the procedure",
}
"""Where a fact comes from, as the list of facts says it."""


def kind_of_question(question: Mapping[str, Any]) -> str:
    """Return of which kind a question of a form file is."""
    kind = question.get("type")
    if kind == "string" and "enum" in question:
        return ONE
    found = {"boolean": YES_NO, "array": SEVERAL, "integer": WHOLE, "number": NUMBER}.get(str(kind))
    if found:
        return found
    if question.get("format") in (DATE, MOMENT, LENGTH):
        return str(question["format"])
    return LONG if kind_of(question) == "textarea" else SHORT


def kind_for(fact: Fact) -> str:
    """Return how a question must be answered that sets a fact."""
    return _OF_FACTS[fact.type]


def schema_of(kind: str) -> dict[str, Any]:
    """Return what a form file says of a question's kind alone."""
    return dict(_SCHEMAS[kind])


def values_of(fact: Fact | None, vocabulary: Vocabulary) -> tuple[str, ...] | None:
    """Return the only choices that a fact has; None where whoever builds the form writes them."""
    if fact is None or fact.type not in ("enum", "role"):
        return None
    return fact.values if fact.type == "enum" else tuple(vocabulary.roles)


def value_words(fact: Fact, value: str, pack: Pack) -> str:
    """Return what a choice of a fact is called where the form says nothing."""
    if fact.type == "role":
        known = pack.roles.get(value)
        return known.label if known else pack.vocabulary.roles[value].meaning
    return words.plain(value)


def answer_words(fact: Fact) -> str:
    """Return how a fact is answered: "Yes or no", "One of: low, medium, high"."""
    if fact.type == "enum":
        return "One of: " + ", ".join(words.plain(value).lower() for value in fact.values)
    return {"role": "A role", "string": "A text"}.get(fact.type) or KINDS[kind_for(fact)][0]


def facts_for(vocabulary: Vocabulary, looked_for: str, taken: frozenset[str]) -> dict[str, list[Fact]]:
    """Return the facts that a question can set, by what they are about; those with all the words looked for."""
    wanted = looked_for.lower().split()
    found: dict[str, list[Fact]] = {}
    for fact in vocabulary.facts.values():
        told = " ".join((fact.meaning, fact.id.replace("_", " "), *fact.values)).lower()
        if fact.source != "derived" and fact.id not in taken and all(word in told for word in wanted):
            found.setdefault(words.plain(fact.id.partition(".")[0]), []).append(fact)
    for facts in found.values():
        facts.sort(key=lambda fact: (fact.source != "asked", fact.meaning))
    return found
