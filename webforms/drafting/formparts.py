"""What the pages of the form builder say of a form: its questions one by one, what uses it, what reads an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from flask import url_for

from engine.pack.edit.jsontext import NotEditable, read
from engine.pack.model import Form, Pack
from engine.problems import Problem
from engine.services.drafting.drafts import DraftView
from webforms.drafting import questionkinds as kinds
from webforms.drafting.changing import Edited, pack_of
from webforms.drafting.desk import EDITORS
from webforms.drafting.parts import DIAGRAM
from webforms.render import casewords, words
from webforms.render.posted import as_posted
from webforms.render.questions import Question, field_id, questions

FORM_PROPERTY, NOTICE_PROPERTY = "form", "notice"
_SHOWN_READERS = 12


@dataclass(frozen=True)
class Use:
    """What uses a form or a notice: its words and, where it has a page, its address."""

    text: str
    where: str
    href: str | None = None


@dataclass(frozen=True)
class Item:
    """A question in the builder: as people see it, with how it is answered, what it sets and when it is asked."""

    question: Question
    name: str
    anchor: str
    kind: str
    sets: str
    condition: str
    faults: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def uses(draft: DraftView, name: str, key: str = FORM_PROPERTY) -> tuple[Use, ...]:
    """Return what uses a form (or, by `key`, a notice), in the order of the diagrams' files."""
    endpoint = EDITORS.get(DIAGRAM)
    found = []
    for file, diagram in draft.inspection.diagrams.items():
        for node in diagram.nodes.values():
            named = node.properties.get(key)
            if named is not None and named.value == name:
                stem = PurePosixPath(file).stem
                href = url_for(endpoint, draft=draft.id, name=stem, element=node.id) if endpoint else None
                found.append(
                    Use(" ".join(node.name.split()) or words.plain(node.id), _titled(draft, file), href)
                )
    if key == FORM_PROPERTY:
        pack = pack_of(draft)
        found += [
            Use(kind.label, "the kinds of meeting") for kind in pack.meetings.values() if name in kind.fills
        ]
    return tuple(found)


def _titled(draft: DraftView, file: str) -> str:
    """Return what people call the process of a file."""
    known = [one.title for one in pack_of(draft).processes.values() if one.file == file]
    return known[0] if known else words.plain(PurePosixPath(file).stem.replace("-", "_"))


def sound(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's schema so that it can be shown: parts that are not of the shape that forms have are left out."""
    properties = schema.get("properties")
    kept = {
        name: dict(rule)
        for name, rule in (properties.items() if isinstance(properties, Mapping) else ())
        if isinstance(rule, Mapping)
    }
    for rule in kept.values():
        _shape(rule)
    show = schema.get("x-show")
    required = schema.get("required")
    return {
        **schema,
        "properties": kept,
        "required": [one for one in required if isinstance(one, str)] if isinstance(required, list) else [],
        "x-show": {
            name: condition
            for name, condition in (show.items() if isinstance(show, Mapping) else ())
            if isinstance(condition, Mapping) and name in kept
        },
    }


def _shape(rule: dict[str, Any]) -> None:
    """Mend what the rendering of a question could not bear; the file's faults say what is wrong with it."""
    if rule.get("type") not in ("boolean", "integer", "number", "string", "array"):
        rule["type"] = "string"
    if not isinstance(rule.get("x-labels", {}), Mapping):
        del rule["x-labels"]
    if not isinstance(rule.get("x-clauses", []), list):
        del rule["x-clauses"]
    if not isinstance(rule.get("enum", []), list):
        del rule["enum"]
    items = rule.get("items")
    if rule["type"] == "array" and not (isinstance(items, Mapping) and isinstance(items.get("enum"), list)):
        rule["items"] = {"type": "string", "enum": []}
    if not isinstance(rule.get("maxLength", 1), int):
        del rule["maxLength"]


def items(pack: Pack, frame: Edited, name: str, schema: Mapping[str, Any]) -> list[Item]:
    """Return the questions of a form that is `sound`, in order."""
    shown = questions(
        Form(name, str(schema.get("title", name)), schema, (), ()),
        as_posted(schema, _defaults(schema)),
        systems=pack.systems,
        copies={key: str(rule["x-copy"]) for key, rule in schema["properties"].items() if "x-copy" in rule},
    )
    return [
        Item(
            one,
            one.name,
            anchor(one.name),
            kinds.KINDS[kinds.kind_of_question(schema["properties"][one.name])][0],
            sets(pack, one.name),
            one.condition.replace("Answer this only if you answered", "Asked only after the answer"),
            tuple(fault for fault in frame.faults if fault.element == one.name),
            tuple(warning for warning in frame.warnings if warning.element == one.name),
        )
        for one in shown
    ]


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is filled in beforehand, but for what is no day or moment where one is asked for."""
    return {
        name: rule["default"]
        for name, rule in schema["properties"].items()
        if rule.get("default") is not None and "format" not in rule
    }


def anchor(question: str) -> str:
    """Return the id of a question's place on the builder's page."""
    return f"q-{field_id(question)}"


def sets(pack: Pack, question: str) -> str:
    """Return what is known once a question is answered, in words; nothing where its answer stays with the task."""
    fact = pack.vocabulary.facts.get(question)
    return casewords.meaning(pack, question) if fact else ""


def title_in(schema: Mapping[str, Any], question: str | None = None) -> str:
    """Return the title of a form, or of one of its questions."""
    if question is None:
        return str(schema.get("title") or "without a title")
    rule = schema.get("properties", {}).get(question)
    return (
        str(rule.get("title") or words.plain(question))
        if isinstance(rule, Mapping)
        else words.plain(question)
    )


def title_of(data: bytes, question: str | None = None) -> str:
    """Return the title of a form's file, or of one of its questions, also of a file that cannot be read."""
    try:
        return title_in(read(data), question)
    except NotEditable:
        return words.plain(question) if question else "that cannot be read"


def read_by(pack: Pack, question: str) -> tuple[str, ...]:
    """Return what reads the answer to a question: elements, ways out of them and facts worked out from it."""
    found: list[str] = []
    for process in pack.processes.values():
        for element in process.elements.values():
            if any(question in one.names for one in element.expressions):
                found.append(
                    f"“{' '.join(element.name.split()) or words.plain(element.id)}” in {process.title}"
                )
        for flow in process.flows.values():
            if flow.condition is not None and question in flow.condition.names:
                source = process.elements[flow.source]
                gateway = " ".join(source.name.split()) or words.plain(source.id)
                found.append(f"the way “{flow.name}” out of “{gateway}” in {process.title}")
    for derived in pack.derived.values():
        if derived.expression is not None and question in derived.expression.names:
            found.append(f"what is worked out as “{pack.vocabulary.facts[derived.fact].meaning}”")
    for name, model in pack.decisions.items():
        table = model.decisions[name].table
        asked_in = [column.expression.expression for column in (table.inputs if table else ())]
        if any(one is not None and question in one.names for one in asked_in):
            found.append(f"the decision table “{words.plain(name.replace('-', '_'))}”")
    unique = list(dict.fromkeys(found))
    more = len(unique) - _SHOWN_READERS
    return tuple(unique[:_SHOWN_READERS] + ([f"and {more} more"] if more > 0 else []))
