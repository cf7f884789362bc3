"""What people answer in a story: a form's fields filled from what the story says is true."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from engine.case.case import Case
from engine.case.facts import plain
from engine.case.model import OpenTask
from engine.errors import HomewardError
from engine.feel import UNKNOWN
from engine.pack.forms import in_case, visible
from engine.pack.values import parse_fact, to_json

PLACEHOLDER = "As told in the story"


class NoAnswer(HomewardError):
    """A form asks for a fact that the story does not give."""


def fill(
    case: Case,
    task: OpenTask,
    told: Mapping[str, Any],
    given: Mapping[str, Any],
    now: datetime,
    answered: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return answers (FEEL values) for a task's form.

    A field takes the first of: `given` (the line's `with`), what the story has told so far, what the case knows,
    the form's or vocabulary's default; free text and the like a placeholder. What the story had told as a part of this
    very task was done (`answered`) stands there as the case knows it by now, unless the story tells otherwise since.
    Raises NoAnswer for a fact that is none of these and is required.
    """
    form = case.pack.forms.get(task.form or "")
    if form is None:
        return dict(given)
    form = in_case(form, case.facts.stored)
    if answered:
        again = {n for n, v in answered.items() if told.get(n) == v and _knows(case, n, now)}
        told = {n: v for n, v in told.items() if n not in again}
    properties: Mapping[str, Any] = form.schema.get("properties", {})
    required = set(form.schema.get("required", ()))
    answers: dict[str, Any] = {}
    for name in properties:
        if name not in visible(form, {n: to_json(v) for n, v in answers.items()}):
            continue
        value = _answer(case, name, properties[name], told, given, now)
        if value is UNKNOWN:
            if name in required:
                raise NoAnswer(f"the form {form.id} asks for {name}, and the story does not say")
            continue
        answers[name] = value
    return {**given, **answers}


def _knows(case: Case, name: str, now: datetime) -> bool:
    return name in case.pack.vocabulary.facts and case.value(name, now) is not UNKNOWN


def _answer(
    case: Case,
    name: str,
    schema: Mapping[str, Any],
    told: Mapping[str, Any],
    given: Mapping[str, Any],
    now: datetime,
) -> Any:
    for source in (given, told):
        if name in source:
            return source[name]
    fact = case.pack.vocabulary.facts.get(name)
    if fact is not None:
        known = case.value(name, now)
        if known is not UNKNOWN:
            return known
        if "default" in schema:
            return parse_fact(fact, schema["default"])
        if fact.has_default:
            return parse_fact(fact, fact.default)
        return PLACEHOLDER if fact.type == "string" else UNKNOWN
    return plain(schema["default"]) if "default" in schema else _placeholder(schema, now)


def _placeholder(schema: Mapping[str, Any], now: datetime) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return Decimal(schema.get("minimum", 1))
    if kind == "array":
        return [schema["items"]["enum"][0]] if schema.get("minItems") else []
    if schema.get("format") == "date":
        return now.date()
    if schema.get("format") == "date-time":
        return now
    return PLACEHOLDER[: schema.get("maxLength", len(PLACEHOLDER))]
