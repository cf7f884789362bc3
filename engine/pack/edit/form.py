"""Changing a form: its questions added, edited, moved and removed in its JSON, with what hangs on them.

What names a question elsewhere in the form (which are required, which wait for its answer) follows when it gets
another name and goes when it is removed, so that no edit by itself leaves the form broken.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import HomewardError
from engine.pack.edit.jsontext import fresh, read, rewritten
from engine.pack.formfiles import DIALECT, choices_of

Shown = Mapping[str, list[Any]]
"""When a question is asked: by the name of an earlier one, the answers of which one must be given."""

_ORDER = (
    "type", "title", "description", "format", "enum", "items", "x-labels", "uniqueItems", "minItems", "maxItems",
    "minLength", "maxLength", "pattern", "minimum", "maximum", "x-past", "x-suffix", "x-widget", "default",
    "x-settled-by", "x-copy", "x-clauses", "x-why",
)  # fmt: skip
"""How the keywords of a new question follow each other; those of an old one keep their places."""
_TOP = ("$schema", "$id", "title", "description", "type", "properties", "required", "x-show", "x-copy")


class NoQuestion(HomewardError):
    """A form has no question of that name (any more), or has one already."""


@dataclass(frozen=True)
class Asked:
    """A question as a whole: its name, its schema, whether it must be answered, and when it is asked."""

    name: str
    schema: Mapping[str, Any]
    required: bool = False
    shown: Shown | None = None


def new(name: str, title: str, description: str = "") -> bytes:
    """Return a form without questions."""
    told = {"description": description} if description else {}
    head = {"$schema": DIALECT, "$id": name, "title": title, **told}
    return fresh({**head, "type": "object", "properties": {}, "required": []})


def copied(data: bytes, name: str, title: str) -> bytes:
    """Return a form's copy under another name and title. Raises NotEditable."""
    return rewritten(data, {**read(data), "$id": name, "title": title})


def entitled(data: bytes, title: str, description: str, copy: str) -> bytes:
    """Return the form with another title, lead and text ready to copy; empty ones are left out. Raises NotEditable."""
    schema = read(data)
    wanted = {"title": title, "description": description, "x-copy": copy}
    return rewritten(data, _put(schema, {key: text or None for key, text in wanted.items()}, _TOP))


def asked(data: bytes, name: str) -> Asked:
    """Return a question of the form. Raises NotEditable, NoQuestion."""
    schema = read(data)
    properties = _properties(schema)
    if not isinstance(properties.get(name), Mapping):
        raise NoQuestion("this question is not in the form any more")
    show = schema.get("x-show")
    condition = show.get(name) if isinstance(show, Mapping) else None
    return Asked(
        name,
        properties[name],
        name in _required(schema),
        {other: _listed(value) for other, value in condition.items()}
        if isinstance(condition, Mapping)
        else None,
    )


def added(data: bytes, question: Asked, before: str | None = None) -> bytes:
    """Return the form with a further question, at its end or before another. Raises NotEditable, NoQuestion."""
    schema = read(data)
    properties = _properties(schema)
    if question.name in properties:
        raise NoQuestion("the form asks this already")
    names = list(properties)
    names.insert(names.index(before) if before in properties else len(names), question.name)
    every = {**properties, question.name: _in_order(question.schema)}
    schema = {**schema, "properties": {name: every[name] for name in names}}
    return rewritten(data, _hung(schema, question))


def changed(data: bytes, name: str, question: Asked) -> bytes:
    """Return the form with a question as it is now wanted, in its place; it may have another name.

    Raises NotEditable, NoQuestion.
    """
    schema = read(data)
    properties = _properties(schema)
    if name not in properties:
        raise NoQuestion("this question is not in the form any more")
    if question.name != name and question.name in properties:
        raise NoQuestion("the form asks this already")
    old = properties[name] if isinstance(properties[name], Mapping) else {}
    gone = {key: None for key in old if key not in question.schema}
    made = _put(dict(old), {**gone, **question.schema}, _ORDER)
    schema["properties"] = {
        (question.name if other == name else other): (made if other == name else kept)
        for other, kept in properties.items()
    }
    if question.name != name:
        schema = _renamed(schema, name, question.name)
    return rewritten(data, _hung(schema, question))


def merged(before: Asked, wanted: Asked, now: Asked) -> Asked:
    """Return a question as it is now, with what somebody changed in it as they had it before them.

    Keywords, being required and the condition count one by one; what they left as it was stays as it is now.
    """
    schema: dict[str, Any] = {}
    for key in dict.fromkeys([*now.schema, *wanted.schema]):
        untouched = before.schema.get(key) == wanted.schema.get(key)
        value = (now if untouched else wanted).schema.get(key)
        if value is not None:
            schema[key] = value
    return Asked(
        wanted.name,
        schema,
        now.required if before.required == wanted.required else wanted.required,
        now.shown if (before.shown or {}) == (wanted.shown or {}) else wanted.shown,
    )


def moved(data: bytes, name: str, by: int) -> bytes:
    """Return the form with a question `by` places further down (up where negative), as far as it goes.

    Raises NotEditable, NoQuestion.
    """
    schema = read(data)
    properties = _properties(schema)
    if name not in properties:
        raise NoQuestion("this question is not in the form any more")
    names = list(properties)
    at = names.index(name)
    names.insert(max(0, min(len(names) - 1, at + by)), names.pop(at))
    return rewritten(data, {**schema, "properties": {other: properties[other] for other in names}})


def removed(data: bytes, name: str) -> bytes:
    """Return the form without a question; what waited for its answer no longer does. Raises NotEditable, NoQuestion."""
    schema = read(data)
    properties = _properties(schema)
    if name not in properties:
        raise NoQuestion("this question is not in the form any more")
    schema["properties"] = {other: kept for other, kept in properties.items() if other != name}
    if "required" in schema:
        schema["required"] = [other for other in _required(schema) if other != name]
    show = {
        other: {waited: value for waited, value in condition.items() if waited != name}
        for other, condition in _show(schema).items()
        if other != name
    }
    return rewritten(data, _shown(schema, {other: rest for other, rest in show.items() if rest}))


def waiting(schema: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the questions that are asked only after certain answers to this one."""
    return tuple(other for other, condition in _show(schema).items() if name in condition)


def deciding(schema: Mapping[str, Any], name: str | None) -> dict[str, tuple[str, ...]]:
    """Return what a question can wait for: by name the earlier questions with choices, each with its choices.

    All questions are earlier than a new one (None).
    """
    found: dict[str, tuple[str, ...]] = {}
    for other, question in _properties(schema).items():
        if other == name:
            break
        choices = choices_of(question) if isinstance(question, Mapping) else ()
        if choices:
            found[other] = choices
    return found


def name_for(title: str, taken: Collection[str], longest: int = 40) -> str:
    """Return a name for a question or choice made of its words: small letters, digits and _, unlike those taken."""
    words = re.findall(r"[a-z0-9]+", title.lower().replace("'", "").replace("’", ""))
    made = ""
    for word in words:
        if made and len(made) + 1 + len(word) > longest:
            break
        made = f"{made}_{word}" if made else word[:longest]
    made = made or "answer"
    number, found = 2, made
    while found in taken:
        found, number = f"{made}_{number}", number + 1
    return found


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    found = schema.get("properties")
    return dict(found) if isinstance(found, Mapping) else {}


def _required(schema: Mapping[str, Any]) -> list[Any]:
    found = schema.get("required")
    return list(found) if isinstance(found, list) else []


def _show(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = schema.get("x-show")
    sound = found.items() if isinstance(found, Mapping) else ()
    return {name: dict(condition) for name, condition in sound if isinstance(condition, Mapping)}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _put(kept: dict[str, Any], wanted: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    """Return a mapping with some keys set or (None) left out; new ones stand where the order has them."""
    made = {key: wanted.get(key, value) for key, value in kept.items() if wanted.get(key, value) is not None}
    for key, value in wanted.items():
        if value is not None and key not in made:
            rank = order.index(key) if key in order else len(order)
            names = list(made)
            after = [n for n, name in enumerate(names) if (order.index(name) if name in order else -1) < rank]
            names.insert(after[-1] + 1 if after else 0, key)
            made[key] = value
            made = {name: made[name] for name in names}
    return made


def _in_order(question: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(question.items(), key=lambda item: _ORDER.index(item[0]) if item[0] in _ORDER else 99))


def _hung(schema: dict[str, Any], question: Asked) -> dict[str, Any]:
    """Return a form in which a question is required or not, and is asked when it is wanted."""
    required = _required(schema)
    if question.required and question.name not in required:
        order = list(schema["properties"])
        later = set(order[order.index(question.name) :])
        place = next((n for n, other in enumerate(required) if other in later), len(required))
        required.insert(place, question.name)
        schema = _put(dict(schema), {"required": required}, _TOP)
    elif not question.required and question.name in required:
        schema = {**schema, "required": [name for name in required if name != question.name]}
    show = _show(schema)
    before = show.get(question.name, {})
    wanted = {
        other: before[other] if other in before and _listed(before[other]) == values else _plainly(values)
        for other, values in (question.shown or {}).items()
    }
    if wanted == before and list(wanted) == list(before):
        return schema
    if wanted:
        show[question.name] = wanted
    else:
        show.pop(question.name, None)
    return _shown(schema, show)


def _plainly(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _shown(schema: dict[str, Any], show: Mapping[str, Any]) -> dict[str, Any]:
    if _show(schema) == show and ("x-show" in schema or not show):
        return schema
    return _put(dict(schema), {"x-show": dict(show) or None}, _TOP)


def _renamed(schema: dict[str, Any], name: str, other: str) -> dict[str, Any]:
    """Return a form in which what named a question by its old name uses the new one."""

    def now(one: Any) -> Any:
        return other if one == name else one

    if "required" in schema:
        schema = {**schema, "required": [now(one) for one in _required(schema)]}
    show = {
        now(one): {now(waited): value for waited, value in condition.items()}
        for one, condition in _show(schema).items()
    }
    return _shown(schema, show)
