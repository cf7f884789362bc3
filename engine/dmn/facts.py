"""Facts from JSON, as a model's declared types ask for them.

JSON has no dates. A string becomes one where the file says so: in the type of its input data, or, in files
without input data (as many modellers write them), in the type of the table column that asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.dmn.model import Boxed, BoxedContext, DecisionTable, Function, Model
from engine.dmn.types import ANY, Type, from_json


def typed_facts(model: Model, raw: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Turn a JSON object into facts for `model`; also return what could not be turned into its declared type.

    A dotted key stands for an entry of a context and is kept under its own name too, for input data so named.
    """
    declared = dict(_declared(model))
    warnings: list[str] = []
    facts: dict[str, Any] = {}
    for key, value in raw.items():
        kind = declared.get(key, ANY)
        if kind is ANY and isinstance(value, dict):
            kind = _entries(key, declared)
        typed, wrong = from_json(value, kind)
        warnings += (f"{key}: {reason}" for reason in wrong)
        _put(facts, key, typed)
    return facts, tuple(warnings)


def _put(facts: dict[str, Any], key: str, value: Any) -> None:
    before = facts.get(key)
    facts[key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    head, dot, tail = key.partition(".")
    if dot and head and tail and isinstance(facts.setdefault(head, {}), dict):
        _put(facts[head], tail, value)


def _declared(model: Model) -> Iterator[tuple[str, Type]]:
    """Yield the names that have a declared type; what input data says comes last and so wins."""
    logics = [decision.logic for decision in model.decisions.values()]
    logics += [knowledge.logic for knowledge in model.knowledge.values()]
    for table in _tables(logics):
        for column in table.inputs:
            if column.expression.type is not ANY:
                yield column.expression.text, column.expression.type
    for decision in model.decisions.values():
        yield decision.name, decision.type
        yield decision.variable, decision.type
    for element in model.inputs.values():
        yield element.name, element.type
        yield element.variable, element.type


def _tables(logics: list[Boxed | None]) -> Iterator[DecisionTable]:
    for logic in logics:
        if isinstance(logic, DecisionTable):
            yield logic
        elif isinstance(logic, BoxedContext):
            yield from _tables([entry.value for entry in logic.entries])
        elif isinstance(logic, Function):
            yield from _tables([logic.body])


def _entries(key: str, declared: Mapping[str, Type]) -> Type:
    """Return a context type made of the types of the paths below `key`."""
    parts = {path[len(key) + 1 :]: kind for path, kind in declared.items() if path.startswith(f"{key}.")}
    single = tuple((name, kind) for name, kind in parts.items() if "." not in name)
    return Type("context", key, components=single) if single else ANY
