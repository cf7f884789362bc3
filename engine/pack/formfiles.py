"""Reading form files, strictly.

JSON Schema lets unknown keywords pass; here each keyword is one that the rendering and the checking of answers know,
because a misspelt `required` would be a question nobody has to answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import regex
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from engine.pack.faults import Faults, FileFaults, an, suggest
from engine.pack.jsonfile import Lines, read_json
from engine.pack.model import Clause, Fact, Form, Vocabulary
from engine.pack.register import KNOWN_CLAUSE
from engine.pack.values import BadValue, parse_fact

COPY_NAMES = frozenset({"reference", "case.reference", "child.reference", "child.name", "council", "link"})
"""What a text to copy can name in curly brackets, beside the council's other systems and the facts."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_TEXTS = ("title", "description", "x-why", "x-copy")
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TOP = frozenset(
    {
        "$schema",
        "$id",
        "title",
        "description",
        "type",
        "properties",
        "required",
        "x-show",
        "x-copy",
        "x-figures",
        "x-list",
    }
)
FIGURES = ("period",)
"""What figures a form can show beside its questions: those of the period of a process that time starts."""
_ANY = frozenset(
    {"type", "title", "description", "default", "x-clauses", "x-why", "x-copy", "x-widget", "x-settled-by"}
)
_BY_TYPE = {
    "boolean": frozenset({"x-labels"}),
    "integer": frozenset({"minimum", "maximum", "x-suffix"}),
    "number": frozenset({"minimum", "maximum", "x-suffix"}),
    "string": frozenset({"enum", "x-labels", "format", "minLength", "maxLength", "pattern", "x-past"}),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems", "x-labels"}),
}
FORMATS = ("date", "date-time", "duration")
WIDGETS = ("textarea", "text", "radios", "select", "checkboxes")
_FACT_TYPES = {
    "boolean": ("boolean", None),
    "integer": ("integer", None),
    "string": ("string", None),
    "enum": ("string", None),
    "role": ("string", None),
    "date": ("string", "date"),
    "datetime": ("string", "date-time"),
    "duration": ("string", "duration"),
}


@dataclass(frozen=True)
class _Reader:
    faults: FileFaults
    lines: Lines
    form: str
    systems: Collection[str]

    def fault(self, path: tuple[str, ...], message: str, remedy: str, rule: str = "") -> None:
        line = next((self.lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.lines), 0)
        element = path[1] if len(path) > 1 and path[0] == "properties" else self.form
        self.faults.add(line, element, message, remedy, rule)


def read_form(
    data: bytes,
    file: str,
    vocabulary: Vocabulary,
    clauses: Mapping[str, Clause],
    systems: Collection[str],
    faults: Faults,
) -> Form | None:
    """Read one form; None when it is no JSON object at all. `systems` are names its texts may use in brackets."""
    noted = faults.of(file)
    read = read_json(data, noted)
    if read is None:
        return None
    schema, lines = read
    expected = PurePosixPath(file).stem
    reader = _Reader(noted, lines, expected, systems)
    _check_top(schema, expected, reader)
    _check_list(schema, vocabulary, reader)
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    cited: list[str] = []
    for name, question in properties.items():
        if isinstance(question, dict):
            _check_question(name, question, vocabulary, reader)
            cited += _clauses(name, question, clauses, reader)
        else:
            reader.fault(("properties", name), f"{name} is no question", "Write a schema in curly brackets.")
    _check_required(schema, properties, reader)
    _check_show(schema, properties, reader)
    _check_texts(schema, vocabulary, reader)
    return Form(
        id=expected,
        title=str(schema.get("title") or expected),
        schema=schema,
        facts=tuple(name for name in properties if name in vocabulary.facts),
        clauses=tuple(dict.fromkeys(cited)),
    )


def _check_top(schema: Mapping[str, Any], expected: str, reader: _Reader) -> None:
    for key in schema:
        if key not in _TOP:
            reader.fault((key,), f"{key} is not a keyword that forms know", suggest(key, _TOP, "Remove it."))
    if schema.get("$schema") != DIALECT:
        reader.fault(
            ("$schema",), "the form is not marked as JSON Schema 2020-12", f'Write "$schema": "{DIALECT}".'
        )
    if schema.get("$id") != expected:
        message = f"the form is called {schema.get('$id') or 'nothing'}, its file {expected}"
        reader.fault(("$id",), message, "Give both one name.")
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        reader.fault(
            ("type",), "a form is an object with properties", 'Write "type": "object", "properties": {…}.'
        )
    if not isinstance(schema.get("title"), str) or not schema["title"].strip():
        reader.fault(("title",), "the form has no title", 'Add "title".')
    for key in ("description", "x-copy"):
        if key in schema and not isinstance(schema[key], str):
            reader.fault((key,), f"{key} must be a text", "Write it in quotes.")
    if "x-figures" in schema and schema["x-figures"] not in FIGURES:
        shown = schema["x-figures"]
        remedy = suggest(str(shown), FIGURES, f"Use {', '.join(FIGURES)}, or remove it.")
        reader.fault(("x-figures",), f"there are no figures of {shown}", remedy)
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        path = tuple(str(part) for part in error.absolute_path)
        reader.fault(path, f"not a valid JSON Schema: {error.message[:200]}", "Mend the keyword.")


def _check_list(schema: Mapping[str, Any], vocabulary: Vocabulary, reader: _Reader) -> None:
    listed = schema.get("x-list", [])
    if not isinstance(listed, list):
        reader.fault(("x-list",), "x-list must be a list of obligations", 'Write "x-list": ["…"].')
        return
    for name in listed:
        if name not in vocabulary.obligations:
            remedy = suggest(str(name), vocabulary.obligations, "Remove it.")
            reader.fault(("x-list",), f"there is no obligation {name}", remedy)
    if listed and "x-figures" not in schema:
        message = "x-list lists the cases of a period, and the form shows none"
        reader.fault(("x-list",), message, 'Add "x-figures": "period".')


def _check_question(name: str, question: Mapping[str, Any], vocabulary: Vocabulary, reader: _Reader) -> None:
    path = ("properties", name)
    kind = question.get("type")
    if kind not in _BY_TYPE:
        shown = kind if isinstance(kind, str) else "nothing"
        remedy = suggest(shown, _BY_TYPE, f"Use one of {', '.join(_BY_TYPE)}.")
        reader.fault((*path, "type"), f"{name} has the type {shown}, which forms do not know", remedy)
        return
    known = _ANY | _BY_TYPE[kind]
    for key in question:
        if key not in known:
            reader.fault(
                (*path, key),
                f"{key} is not a keyword of {an(kind)} question",
                suggest(key, known, "Remove it."),
            )
    if not isinstance(question.get("title"), str) or not question["title"].strip():
        reader.fault(path, f"the question {name} has no title", 'Add "title": the words people read.')
    if "format" in question and question["format"] not in FORMATS:
        remedy = suggest(str(question["format"]), FORMATS, f"Use one of {', '.join(FORMATS)}.")
        reader.fault((*path, "format"), f"forms do not know the format {question['format']}", remedy)
    if "x-past" in question and (
        question["x-past"] is not True or question.get("format") not in ("date", "date-time")
    ):
        message = f"{name} says x-past, which only a date or a moment can be, as true"
        reader.fault((*path, "x-past"), message, 'Write "x-past": true beside a date, or remove it.')
    if "x-widget" in question and question["x-widget"] not in WIDGETS:
        remedy = suggest(str(question["x-widget"]), WIDGETS, f"Use one of {', '.join(WIDGETS)}.")
        reader.fault((*path, "x-widget"), f"there is no widget {question['x-widget']}", remedy)
    if kind == "array":
        _check_items(name, question, reader)
    _check_pattern(name, question, reader)
    _check_labels(name, question, reader)
    _check_fact(name, question, vocabulary, reader)


def _check_items(name: str, question: Mapping[str, Any], reader: _Reader) -> None:
    path = ("properties", name, "items")
    items = question.get("items")
    if not isinstance(items, dict) or not isinstance(items.get("enum"), list):
        reader.fault(
            path, f"the items of {name} must be a choice", 'Write "items": {"type": "string", "enum": […]}.'
        )
        return
    for key in items.keys() - {"type", "enum"}:
        reader.fault((*path, key), f"{key} is not a keyword of items", "Write it beside items, or remove it.")


def _check_pattern(name: str, question: Mapping[str, Any], reader: _Reader) -> None:
    pattern = question.get("pattern")
    if not isinstance(pattern, str):
        return
    try:
        regex.compile(pattern)
    except regex.error as error:
        path = ("properties", name, "pattern")
        reader.fault(
            path, f"the pattern of {name} is no regular expression: {error}", "Mend it, or remove it."
        )


def _check_labels(name: str, question: Mapping[str, Any], reader: _Reader) -> None:
    path = ("properties", name, "x-labels")
    labels = question.get("x-labels")
    choices = choices_of(question)
    if labels is None:
        return
    if not isinstance(labels, dict) or not all(isinstance(label, str) for label in labels.values()):
        reader.fault(
            path, "x-labels must give a text for each choice", 'Write "x-labels": {"choice": "words"}.'
        )
        return
    for key in labels:
        if key not in choices:
            reader.fault(
                path, f"x-labels names {key}, which is no choice", suggest(key, choices, "Remove it.")
            )
    for choice in choices:
        if choice not in labels:
            reader.fault(path, f"the choice {choice} has no label", "Add it to x-labels.")


def choices_of(question: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the choices of a question: its enum, that of an array's items, or true and false of a boolean."""
    if question.get("type") == "boolean":
        return ("true", "false")
    items = question.get("items")
    holder = items if question.get("type") == "array" and isinstance(items, dict) else question
    enum = holder.get("enum")
    return tuple(str(choice) for choice in enum) if isinstance(enum, list) else ()


def _check_fact(name: str, question: Mapping[str, Any], vocabulary: Vocabulary, reader: _Reader) -> None:
    path = ("properties", name)
    fact = vocabulary.facts.get(name)
    if fact is None:
        if "." in name:
            remedy = suggest(name, vocabulary.facts, "Name a fact, or choose a name without a dot.")
            reader.fault(path, f"{name} is no fact of the vocabulary", remedy)
        if "x-settled-by" in question:
            message = f"{name} is no fact, and a case never knows its answer before it is given"
            reader.fault((*path, "x-settled-by"), message, "Remove x-settled-by, or ask for a fact.")
        return
    if fact.source == "derived":
        message = f"{name} is derived and cannot be asked"
        reader.fault(path, message, "Ask for what it is derived from.")
    kind, form = _FACT_TYPES[fact.type]
    if question.get("type") != kind or (question.get("format") != form):
        wanted = f'"type": "{kind}"' + (f', "format": "{form}"' if form else "")
        reader.fault(
            path, f"{name} is {an(fact.type)}, and the question asks for something else", f"Write {wanted}."
        )
        return
    _check_choices(fact, question, vocabulary.roles, reader)
    for key in question.keys() & {"default", "x-settled-by"}:
        try:
            parse_fact(fact, question[key])
        except BadValue as error:
            reader.fault((*path, key), str(error), f"Mend {key}.")


def _check_choices(fact: Fact, question: Mapping[str, Any], roles: Collection[str], reader: _Reader) -> None:
    """Note choices that the fact cannot be; a form may offer fewer, since not every council uses every value."""
    path = ("properties", fact.id, "enum")
    if fact.type not in ("enum", "role"):
        return
    known = fact.values if fact.type == "enum" else tuple(roles)
    choices = choices_of(question)
    if not choices:
        message = f"{fact.id} is a choice, and the question offers none"
        reader.fault(path[:2], message, f'Write "enum": with values among {", ".join(known[:12])}.')
    for choice in choices:
        if choice not in known:
            remedy = suggest(choice, known, f"Its values are {', '.join(known[:12])}.")
            reader.fault(path, f"{fact.id} is never {choice}", remedy)


def _clauses(
    name: str, question: Mapping[str, Any], clauses: Mapping[str, Clause], reader: _Reader
) -> tuple[str, ...]:
    cited = question.get("x-clauses", [])
    path = ("properties", name, "x-clauses")
    if not isinstance(cited, list) or not all(isinstance(clause, str) for clause in cited):
        reader.fault(path, "x-clauses must be a list of clause ids", 'Write "x-clauses": ["3.4.a"].')
        return ()
    for clause in cited:
        if clause not in clauses:
            remedy = suggest(clause, clauses, "Cite a clause of clauses.yaml.")
            reader.fault(path, f"there is no clause {clause}", remedy, KNOWN_CLAUSE)
    return tuple(cited)


def _check_required(schema: Mapping[str, Any], properties: Mapping[str, Any], reader: _Reader) -> None:
    required = schema.get("required", [])
    for name in required if isinstance(required, list) else []:
        if name not in properties:
            remedy = suggest(str(name), properties, "Remove it.")
            reader.fault(("required",), f"required names {name}, which is no question", remedy)


def _check_show(schema: Mapping[str, Any], properties: Mapping[str, Any], reader: _Reader) -> None:
    show = schema.get("x-show", {})
    if not isinstance(show, dict):
        reader.fault(
            ("x-show",),
            "x-show must say for a question what shows it",
            'Write {"question": {"other": true}}.',
        )
        return
    order = list(properties)
    for name, condition in show.items():
        path = ("x-show", name)
        if name not in properties:
            reader.fault(
                path, f"x-show names {name}, which is no question", suggest(name, properties, "Remove it.")
            )
        if not isinstance(condition, dict) or not condition:
            reader.fault(path, f"x-show of {name} has no condition", 'Write {"other question": value}.')
            continue
        for other, value in condition.items():
            if other not in properties:
                remedy = suggest(other, properties, "Name a question of this form.")
                reader.fault(
                    (*path, other), f"x-show of {name} waits for {other}, which is no question", remedy
                )
            elif name in properties and order.index(other) >= order.index(name):
                message = f"x-show of {name} waits for {other}, which is asked later"
                reader.fault((*path, other), message, "Put the question that decides first.")
            else:
                _check_shown_value(name, other, value, properties[other], path, reader)


def _check_shown_value(
    name: str, other: str, value: Any, question: Any, path: tuple[str, ...], reader: _Reader
) -> None:
    if not isinstance(question, dict):
        return
    wanted = value if isinstance(value, list) else [value]
    choices = choices_of(question)
    for one in wanted:
        if question.get("type") == "boolean":
            if not isinstance(one, bool):
                message = f"x-show of {name}: {other} is true or false, never {one!r}"
                reader.fault((*path, other), message, "Write true or false without quotes.")
        elif choices and one not in choices:
            message = f"x-show of {name}: {other} is never {one!r}"
            reader.fault(
                (*path, other), message, suggest(str(one), choices, f"Choices: {', '.join(choices)}.")
            )


def _check_texts(schema: Mapping[str, Any], vocabulary: Vocabulary, reader: _Reader) -> None:
    """Note names in curly brackets that nothing will fill in; only a text to copy can name facts."""
    for path, text in _texts(schema):
        known = [*reader.systems]
        if path[-1] == "x-copy":
            known += [*COPY_NAMES, *vocabulary.facts]
        for name in _PLACEHOLDER.findall(text):
            if name not in known:
                remedy = suggest(name, known, "Name a system of procedure.yaml; in x-copy a fact as well.")
                reader.fault(path, f"nothing fills in {{{name}}}", remedy)


def _texts(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    parts: list[tuple[tuple[str, ...], Any]] = [((), schema)]
    properties = schema.get("properties")
    if isinstance(properties, dict):
        parts += [(("properties", name), question) for name, question in properties.items()]
    for path, part in parts:
        for key in _TEXTS:
            text = part.get(key) if isinstance(part, dict) else None
            if isinstance(text, str):
                yield (*path, key), text
