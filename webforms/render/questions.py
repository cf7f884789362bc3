"""A form's questions, made ready for the GOV.UK macros.

Whatever has to be shown (a draft, a prefilled value, a post with mistakes in it) is first put into the shape of a post,
so that one piece of code fills the fields and a mistyped date comes back exactly as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.pack import forms
from engine.pack.forms import ToCheck
from engine.pack.model import Form
from webforms.render import moments, words

FEW = 7
"""Up to this many choices are radios; more are a list to pick from."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer a person can pick."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where the answer in a question came from, with a link to it; `changed` says what is known since the draft."""

    words: str = ""
    href: str = ""
    changed: str = ""


NO_SOURCE = Source()


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what to ask, how, and what is filled in.

    `posted` holds the texts in its fields by the part's name ("" for the field itself). `show` is the rule under which
    it is asked, in posted words; `condition` says the same in English. A typed day or moment has its meaning as JSON in
    `meant` and in words in `echo`; `check` says that the person has not yet been shown it.
    """

    name: str
    id: str
    kind: str
    title: str
    hint: str
    required: bool
    choices: tuple[Choice, ...] = ()
    posted: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    error: str | None = None
    show: Mapping[str, list[str]] = field(default_factory=dict)
    condition: str = ""
    why: str = ""
    clauses: tuple[str, ...] = ()
    origin: str = ""
    origin_href: str = ""
    changed: str = ""
    suffix: str = ""
    copy: str = ""
    meant: str = ""
    echo: str = ""
    check: bool = False
    past: bool = False

    @property
    def error_id(self) -> str:
        """The id of the field that the error summary leads to."""
        return self.id + {"duration": "-days"}.get(self.kind, "")


def field_id(name: str) -> str:
    """Return the id of a question's first field: `interview.accepted` gives "interview-accepted"."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name)


def questions(
    form: Form,
    posted: Mapping[str, str | list[str]],
    *,
    errors: Mapping[str, str] | None = None,
    origins: Mapping[str, Source] | None = None,
    systems: Mapping[str, str] | None = None,
    copies: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> list[Question]:
    """Return the form's questions in order, filled with `posted`; `now` is what "yesterday" goes by.

    `origins` says where a filled-in value came from, or what the case has learnt since a draft was saved; `systems`
    names other systems, `copies` holds ready texts to copy.
    """
    schema = form.schema
    shown = schema.get("x-show", {})
    required = set(schema.get("required", ()))
    properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
    made = []
    for name, rule in properties.items():
        kind = kind_of(rule)
        named = _labels(rule)
        error = (errors or {}).get(name)
        source = (origins or {}).get(name, NO_SOURCE)
        typed = _typed(name, kind, posted)
        meant = _meant(kind, rule, typed, now)
        made.append(
            Question(
                name=name,
                id=field_id(name),
                kind=kind,
                title=filled(str(rule.get("title", words.plain(name))), systems),
                hint=filled(str(rule.get("description", "")), systems),
                required=name in required,
                choices=_choices(rule, kind, named, _list(posted.get(name))),
                posted={"": typed}
                if kind in TYPED
                else {
                    part: _one(posted.get(f"{name}-{part}" if part else name))
                    for part in _PARTS.get(kind, ("",))
                },
                limit=rule.get("maxLength"),
                error=None if isinstance(error, ToCheck) else error,
                show={other: _posted_values(value) for other, value in shown.get(name, {}).items()},
                condition=_condition(shown.get(name, {}), properties),
                why=filled(str(rule.get("x-why", "")), systems),
                clauses=tuple(rule.get("x-clauses", ())),
                origin=source.words,
                origin_href=source.href,
                changed=source.changed,
                suffix=str(rule.get("x-suffix", "")),
                copy=(copies or {}).get(name, ""),
                meant=meant,
                echo=meant_words(meant),
                check=isinstance(error, ToCheck),
                past=bool(rule.get("x-past")),
            )
        )
    return made


def said(question: Question) -> str:
    """Return a question's answer in words as it stands in its fields; nothing where it is not answered."""
    if question.choices:
        return ", ".join(choice.text for choice in question.choices if choice.chosen)
    values = question.posted
    if question.meant:
        return question.echo
    if question.kind == "duration" and any(values.values()):
        return f"{values['days'] or 0} days {values['hours'] or 0} hours"
    return values.get("", "")


TYPED = frozenset({"date", "date-time"})
"""The kinds of question that are one text, read as people type it."""
_IN_PARTS = ("day", "month", "year", "time")
_PARTS = {"duration": ("days", "hours")}


def _typed(name: str, kind: str, posted: Mapping[str, str | list[str]]) -> str:
    """Return the text of a day or moment, also of one that was posted in parts."""
    text = _one(posted.get(name))
    if text or kind not in TYPED:
        return text
    return " ".join(filter(None, (_one(posted.get(f"{name}-{part}")) for part in _IN_PARTS)))


def _meant(kind: str, rule: Mapping[str, Any], text: str, now: datetime | None) -> str:
    """Return what a typed day or moment means, as JSON; nothing where it is not understood."""
    if kind not in TYPED:
        return ""
    try:
        return forms.understood(rule, text, now) or ""
    except ValueError:
        return ""


def meant_words(meant: str) -> str:
    """Return a day or moment (JSON) in words: "Tuesday 12 May 2026 at 9:15am"."""
    if not meant:
        return ""
    if "T" in meant:
        return moments.moment_words(datetime.fromisoformat(meant))
    return moments.day_words(date.fromisoformat(meant))


def problem_words(problem: str) -> str:
    """Return a problem as an error summary says it: of an answer to check, with what it was understood as."""
    return f"{problem}: is it {meant_words(problem.value)}?" if isinstance(problem, ToCheck) else problem


def kind_of(rule: Mapping[str, Any]) -> str:
    """Say how a question is asked: radios, select, checkboxes, date, date-time, duration, number, or a kind of text."""
    if rule.get("type") == "boolean":
        return "radios"
    if rule.get("type") == "array":
        return "checkboxes"
    if "enum" in rule:
        few = len(rule["enum"]) <= FEW and rule.get("x-widget") != "select"
        return "radios" if few or rule.get("x-widget") == "radios" else "select"
    if rule.get("format") in {"date", "date-time", "duration"}:
        return str(rule["format"])
    if rule.get("type") in {"integer", "number"}:
        return "number"
    return str(rule["x-widget"]) if rule.get("x-widget") in {"textarea", "password"} else "text"


def _labels(rule: Mapping[str, Any]) -> Mapping[str, str]:
    inner = rule.get("items", rule)
    return {**rule.get("x-labels", {}), **inner.get("x-labels", {})}


def _choices(
    rule: Mapping[str, Any], kind: str, named: Mapping[str, str], chosen: list[str]
) -> tuple[Choice, ...]:
    if rule.get("type") == "boolean":
        return tuple(Choice(value, named.get(value, text), value in chosen) for value, text in YES_NO)
    if kind in {"radios", "select", "checkboxes"}:
        values: Iterable[Any] = rule.get("enum") or rule.get("items", {}).get("enum", ())
        return tuple(Choice(str(v), named.get(str(v), words.plain(str(v))), str(v) in chosen) for v in values)
    return ()


YES_NO = (("true", "Yes"), ("false", "No"))


def _posted_values(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [{True: "true", False: "false"}.get(v, str(v)) if isinstance(v, bool) else str(v) for v in values]


def _condition(rule: Mapping[str, Any], properties: Mapping[str, Mapping[str, Any]]) -> str:
    parts = []
    for other, value in rule.items():
        asked = properties.get(other, {})
        named = {**dict(YES_NO), **_labels(asked)} if asked.get("type") == "boolean" else _labels(asked)
        answers = " or ".join(f"“{named.get(v, words.plain(v))}”" for v in _posted_values(value))
        parts.append(f"you answered {answers} to “{asked.get('title', words.plain(other))}”")
    return f"Answer this only if {' and '.join(parts)}." if parts else ""


def filled(text: str, systems: Mapping[str, str] | None) -> str:
    """Put the council's names of its systems in the place of `{case_system}` and the like."""
    for key, name in (systems or {}).items():
        text = text.replace("{" + key + "}", name)
    return text


def _list(value: str | list[str] | None) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _one(value: str | list[str] | None) -> str:
    found = _list(value)
    return found[0] if found else ""
