"""Changing the clause register: fields of a clause in its YAML, and a clause added, all else as it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.errors import HomewardError
from engine.pack.edit.jsontext import NotEditable
from engine.pack.edit.yamltext import Text, Value, proved, written

ORDER = (
    "id", "place", "paraphrase", "kind", "force", "actor", "scope", "obligations", "reason", "reading",
    "carried_by", "how",
    "problem", "chosen", "because", "strength",
)  # fmt: skip
"""How the keys of a clause, and those of its reading, follow each other."""
WORDS = frozenset({"kind", "force", "actor", "scope", "strength"})
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._()-]{0,39}")


class NoClause(HomewardError):
    """The register has no clause of that id (any more), or has one already."""


def clauses(data: bytes) -> list[dict[str, Any]]:
    """Return the clauses as the file has them. Raises NotEditable."""
    return _clauses(Text(data))


def clause(data: bytes, name: str) -> dict[str, Any]:
    """Return a clause as the file has it. Raises NotEditable, NoClause."""
    text = Text(data)
    return _clauses(text)[_place(text, name)]


def changed(data: bytes, name: str, changes: Mapping[str, Value]) -> bytes:
    """Return the register with fields of a clause changed, None taking one out; a reading is changed key by key.

    Raises NotEditable, NoClause.
    """
    text = Text(data)
    place = _place(text, name)
    standing = _clauses(text)
    needed = {key: value for key, value in changes.items() if not _same(standing[place].get(key), value)}
    if not needed:
        return data
    made = text.changed(text.item(place), needed, ORDER, WORDS)
    return proved(made, [*standing[:place], _applied(standing[place], needed), *standing[place + 1 :]])


def meant(before: Mapping[str, Any], wanted: Mapping[str, Value], now: Mapping[str, Any]) -> dict[str, Value]:
    """Return what somebody changed in a clause as they had it before them, to be changed in the clause as it is now.

    What they left as it was is not among it, so that nothing is set back that somebody else changed meanwhile.
    """
    made: dict[str, Value] = {}
    for key, value in wanted.items():
        if _same(before.get(key), value) and (value is not None or key not in before):
            continue
        both = (
            isinstance(value, Mapping)
            and isinstance(before.get(key), dict)
            and isinstance(now.get(key), dict)
        )
        if both and isinstance(value, Mapping):
            made[key] = {name: text for name, text in value.items() if before[key].get(name) != text}
        else:
            made[key] = value
    return made


def added(data: bytes, fields: Mapping[str, Value], after: str | None = None) -> bytes:
    """Return the register with a further clause behind another, or at its end. Raises NotEditable, NoClause."""
    text = Text(data)
    standing = _clauses(text)
    name = fields.get("id")
    if any(one.get("id") == name for one in standing):
        raise NoClause(f"there is a clause {name} already")
    given = {key: fields[key] for key in ORDER if fields.get(key) is not None}
    lines = [f"{key}: {written(value, key in WORDS)}" for key, value in given.items()]
    block = "- " + "\n  ".join(lines) + "\n"
    place = len(standing) if after is None else _place(text, after) + 1
    at = len(text.text) if place == len(standing) else text.line_of_item(place)
    head, tail = text.text[:at], text.text[at:]
    if head and not head.endswith("\n"):
        head += "\n"
    meant = {key: list(value) if isinstance(value, list | tuple) else value for key, value in given.items()}
    return proved((head + block + tail).encode(), [*standing[:place], meant, *standing[place:]])


def possible(name: str) -> bool:
    """Tell whether a clause can be called so: letters, digits, dots, dashes and brackets, without spaces."""
    return _ID.fullmatch(name) is not None


def _clauses(text: Text) -> list[dict[str, Any]]:
    found = text.value
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NotEditable("the register must be a list of clauses")
    return list(found)


def _place(text: Text, name: str) -> int:
    for number, one in enumerate(_clauses(text)):
        if one.get("id") == name:
            return number
    raise NoClause("this clause is not in the register any more")


def _same(before: Any, value: Value) -> bool:
    if isinstance(value, Mapping) and isinstance(before, dict):
        return all(before.get(key) == inner for key, inner in value.items())
    return bool(before == (list(value) if isinstance(value, list | tuple) else value))


def _applied(before: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(before)
    for key, value in changes.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(before.get(key), dict):
            made[key] = _applied(before[key], value)
        else:
            made[key] = list(value) if isinstance(value, list | tuple) else value
    return made
