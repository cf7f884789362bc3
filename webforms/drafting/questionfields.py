"""One question as its page shows it: what can be said about it, its choices, when it is asked, its clauses.

What the page does not show of a question stays in the file as it is, and a page that is sent as it came changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.pack.edit.form import Asked, deciding
from engine.pack.formfiles import choices_of
from engine.pack.model import Fact, Form, Pack
from engine.pack.values import MAX_TEXT
from webforms.drafting import questionkinds as kinds
from webforms.drafting.desk import asked
from webforms.render import words

SPARE = 2
"""Empty rows behind the choices, for further ones."""
MOST_CHOICES = 60
_GENERAL = ("title", "description", "x-why", "x-clauses", "x-copy")
"""What a question keeps when it is answered in another way from now on."""
_SHORT, _LONG_TEXT = 200, 4000
Posted = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Row:
    """A choice: its value in the file (empty for a new one), its words, and whether it is offered."""

    value: str
    label: str
    offered: bool = True
    meaning: str = ""


@dataclass(frozen=True)
class Decides:
    """An earlier question whose answers can show this one: value, words and whether it is ticked, for each."""

    name: str
    title: str
    answers: tuple[tuple[str, str, bool], ...]

    @property
    def ticked(self) -> bool:
        return any(chosen for _, _, chosen in self.answers)


@dataclass(frozen=True)
class Cited:
    """A clause that can be ticked as the one that asks the question."""

    id: str
    place: str
    paraphrase: str
    ticked: bool


@dataclass(frozen=True)
class Subject:
    """What is edited: a question of a form (`old` None for a new one), how it is answered and which fact it sets."""

    pack: Pack
    schema: Mapping[str, Any]
    old: Asked | None
    kind: str
    fact: Fact | None

    @property
    def same(self) -> bool:
        """Whether it is answered as before, so that what the page does not show can stay."""
        if self.old is None:
            return False
        before = kinds.kind_of_question(self.old.schema)
        alike = before == self.kind or {before, self.kind} <= kinds.TEXTS
        return alike and (self.fact.id if self.fact else None) == self.known_fact

    @property
    def known_fact(self) -> str | None:
        """The fact that the question sets so far."""
        return self.old.name if self.old and self.old.name in self.pack.vocabulary.facts else None

    @property
    def question(self) -> Mapping[str, Any]:
        """What of the question so far still counts."""
        if self.old is None:
            return {}
        if self.same:
            return self.old.schema
        return {key: self.old.schema[key] for key in _GENERAL if key in self.old.schema}


@dataclass(frozen=True)
class Shown:
    """The whole page: its fields as a form and as a post, and the parts that are no plain fields."""

    form: Form
    posted: Posted
    rows: tuple[Row, ...] = ()
    default: str = ""
    decides: tuple[Decides, ...] = ()
    clauses: tuple[Cited, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


def fields(subject: Subject) -> Form:
    """Return the plain fields of the page, as a form."""
    kind, made = subject.kind, dict[str, Any]()
    made["title"] = _text("The question, in the words that people read", 300)
    made["description"] = _text("A hint beneath it", 1000, long=True)
    if kind in kinds.TEXTS:
        made["layout"] = _choice("How much room is there?", {"short": "One line", "long": "Several lines"})
        made["maxLength"] = _whole("Most letters that can be written", 1, MAX_TEXT)
        made["minLength"] = _whole("Fewest letters", 1, MAX_TEXT)
    if kind == kinds.YES_NO:
        made["yes"] = _text("The word for yes", 100, hint="Left empty: Yes")
        made["no"] = _text("The word for no", 100, hint="Left empty: No")
    if kind == kinds.ONE:
        made["widget"] = _choice(
            "How are the choices shown?",
            {
                "auto": "As suits their number",
                "radios": "All at once, one to tick",
                "select": "As a list to open",
            },
        )
    if kind == kinds.SEVERAL:
        made["minItems"] = _whole("At least so many are ticked", 1, MOST_CHOICES)
        made["maxItems"] = _whole("At most so many are ticked", 1, MOST_CHOICES)
    if kind in kinds.NUMBERS:
        plain = "integer" if kind == kinds.WHOLE else "number"
        made["minimum"] = {"type": plain, "title": "Smallest answer"}
        made["maximum"] = {"type": plain, "title": "Largest answer"}
        made["suffix"] = _text("Unit behind the box", 20, hint="Such as hours")
    if kind in kinds.DAYS:
        made["past"] = {
            "type": "boolean",
            "title": "Is it about something that has happened?",
            "description": "Then an answer that lies in the future is refused.",
        }
    made["required"] = {"type": "boolean", "title": "Does it have to be answered?"}
    if kind == kinds.YES_NO:
        answers = {"true": "Yes", "false": "No"}
        made["default"] = _choice("Filled in beforehand with", {"": "Nothing", **answers})
        if subject.fact is not None:
            made["settled"] = _choice(
                "Left out where the case knows already that the answer is",
                {"": "Never: it is always asked", **answers},
            )
    elif kind in kinds.TEXTS:
        made["default"] = _text("Filled in beforehand with", MAX_TEXT)
    elif kind in kinds.NUMBERS:
        plain = "integer" if kind == kinds.WHOLE else "number"
        made["default"] = {"type": plain, "title": "Filled in beforehand with"}
    read = "Practitioners can read it beside the question"
    made["why"] = _text("Why it is asked", 1000, long=True, hint=read)
    bracketed = "It may name facts and other systems in brackets, such as {case.reference}"
    made["copy"] = _text("Text ready to copy, beneath the question", MAX_TEXT, long=True, hint=bracketed)
    needed: list[str] = ["title", "layout", "widget", "past", "required"]
    return asked("Question", made, [name for name in needed if name in made])


def _text(title: str, longest: int, *, long: bool = False, hint: str = "") -> dict[str, Any]:
    more = {"x-widget": "textarea"} if long else {}
    return {"type": "string", "title": title, "description": hint, "maxLength": longest, **more}


def _whole(title: str, smallest: int, largest: int) -> dict[str, Any]:
    return {"type": "integer", "title": title, "minimum": smallest, "maximum": largest}


def _choice(title: str, labels: Mapping[str, str]) -> dict[str, Any]:
    choices = {"enum": list(labels), "x-labels": dict(labels), "x-widget": "radios"}
    return {"type": "string", "title": title, **choices}


def initial(subject: Subject) -> Shown:
    """Return the page as it is opened."""
    question, old = subject.question, subject.old
    posted: dict[str, str | list[str]] = {
        "title": str(question.get("title", "")),
        "description": str(question.get("description", "")),
        "why": str(question.get("x-why", "")),
        "copy": str(question.get("x-copy", "")),
        "layout": "short" if subject.kind == kinds.SHORT else "long",
        "widget": str(question.get("x-widget", "auto")),
        "suffix": str(question.get("x-suffix", "")),
        "settled": _said(question.get("x-settled-by")),
        "default": _said(question.get("default")),
    }
    for key in ("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"):
        posted[key] = _said(question.get(key))
    if subject.kind in kinds.TEXTS and not subject.same:
        posted["maxLength"] = str(_SHORT if subject.kind == kinds.SHORT else _LONG_TEXT)
    labels = question.get("x-labels", {})
    if subject.kind == kinds.YES_NO:
        posted |= {"yes": str(labels.get("true", "")), "no": str(labels.get("false", ""))}
    if old is not None:
        posted["required"] = _said(old.required)
    if subject.kind in kinds.DAYS and (subject.same or old is None):
        posted["past"] = _said(bool(question.get("x-past"))) if subject.same else ""
    shown = {} if old is None or old.shown is None else old.shown
    return Shown(
        form=fields(subject),
        posted=posted,
        rows=rows_of(subject, [Row(value, str(labels.get(value, ""))) for value in choices_of(question)])
        if subject.kind in kinds.LISTS
        else (),
        default=_said(question.get("default")),
        decides=decides(subject, {other: [_said(one) for one in values] for other, values in shown.items()}),
        clauses=cited(subject, [str(one) for one in question.get("x-clauses", ())]),
    )


def _said(value: Any) -> str:
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def rows_of(subject: Subject, known: Sequence[Row]) -> tuple[Row, ...]:
    """Return the rows of the choices: a fact's own values, or those written here with empty ones behind."""
    values = kinds.values_of(subject.fact, subject.pack.vocabulary)
    if values is None or subject.fact is None:
        filled = [Row(row.value, row.label or words.plain(row.value)) for row in known]
        return (*filled, *[Row("", "")] * max(SPARE, 4 - len(filled)))
    have = {row.value for row in known}
    rest = [
        Row(value, "", offered=not known and subject.fact.type == "enum")
        for value in values
        if value not in have
    ]
    return tuple(
        Row(row.value, row.label or name, row.offered, name)
        for row in [*known, *rest]
        for name in [kinds.value_words(subject.fact, row.value, subject.pack) if row.value in values else ""]
    )


def decides(subject: Subject, ticked: Mapping[str, Sequence[str]]) -> tuple[Decides, ...]:
    name = subject.old.name if subject.old else None
    properties = subject.schema["properties"]
    made = []
    for other, choices in deciding(subject.schema, name).items():
        labels = {"true": "Yes", "false": "No"} if properties[other].get("type") == "boolean" else {}
        labels |= properties[other].get("x-labels", {})
        answers = tuple(
            (choice, str(labels.get(choice, words.plain(choice))), choice in ticked.get(other, ()))
            for choice in choices
        )
        made.append(Decides(other, str(properties[other].get("title", words.plain(other))), answers))
    return tuple(made)


def cited(subject: Subject, ticked: Sequence[str]) -> tuple[Cited, ...]:
    """Return the clauses that can be ticked: those cited, then those that the form's tasks and questions cite."""
    pack = subject.pack
    near = list(ticked)
    for element in pack.elements:
        if element.form is not None and element.form == subject.schema.get("$id"):
            near += element.clauses
    for question in subject.schema["properties"].values():
        near += question.get("x-clauses", ()) if isinstance(question, Mapping) else ()
    made = []
    for one in dict.fromkeys(near):
        clause = pack.clauses.get(one)
        if clause is not None or one in ticked:
            told = (clause.place, clause.paraphrase) if clause else ("", "It is not in the register.")
            made.append(Cited(one, *told, one in ticked))
    return tuple(made)
