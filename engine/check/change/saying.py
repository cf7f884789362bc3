"""Values of a pack in plain words: expressions, roles, limits, and whatever else may differ.

A limit that only counts otherwise is told by what counts (“96 hours after … instead of 72 hours”), because two sentences
that differ in one number are read as the same sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from engine.feel import Expression, UnaryTests
from engine.feel.explain import explain, plain_label
from engine.feel.words import in_words
from engine.pack.model import Pack

Label = Callable[[Pack, str], str]
"""What a path of an expression is called."""
UNSAID = frozenset({"line", "evaluator", "order"})
"""Fields that say nothing of what a procedure asks."""


def by_path(pack: Pack, path: str) -> str:
    """Return a path as plain words, for callers without labels of their own."""
    return plain_label(path)


@dataclass(frozen=True, slots=True)
class Saying:
    """Says the values of one version."""

    pack: Pack
    label: Label

    def fact(self, path: str) -> str:
        return self.label(self.pack, path)

    def role(self, role: str | Expression | None) -> str | None:
        if role is None:
            return None
        if isinstance(role, Expression):
            return self.expression(role)
        known = self.pack.roles.get(role)
        if known is not None:
            return known.label
        return role.replace("_", " ").capitalize()

    def expression(self, expression: Expression) -> str:
        return explain(expression, self.fact)

    def obligation(self, name: str) -> str:
        known = self.pack.vocabulary.obligations.get(name)
        return known.meaning if known is not None else plain_label(name)

    def value(self, value: Any) -> str | None:
        """Return any value in words, None for nothing."""
        if value is None or (isinstance(value, str | tuple | list | Mapping) and not value):
            return None
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Expression):
            return self.expression(value)
        if isinstance(value, UnaryTests):
            return value.text
        if isinstance(value, StrEnum):
            return str(value)
        if isinstance(value, str):
            return value
        if isinstance(value, tuple | list | frozenset | set):
            items = sorted(map(str, value)) if isinstance(value, frozenset | set) else value
            return ", ".join(self.value(item) or "nothing" for item in items)
        if isinstance(value, Mapping):
            return "; ".join(f"{plain_label(str(k))}: {self.value(v) or 'nothing'}" for k, v in value.items())
        if isinstance(value, datetime | date | time | timedelta | Decimal):
            return in_words(value)
        if is_dataclass(value):
            told = [
                (field.name, self.value(getattr(value, field.name)))
                for field in fields(value)
                if field.compare and field.name not in UNSAID
            ]
            return "; ".join(f"{plain_label(name)}: {said}" for name, said in told if said)
        return str(value)


def written(value: Any) -> str:
    """Return an expression as it stands in its file, nothing for another value."""
    return value.text if isinstance(value, Expression | UnaryTests) else ""


_COUNTED_FROM = frozenset({"after", "before"})


def instead(before: str, after: str) -> str:
    """Return what `before` said where `after` says otherwise, without the moment that both count from.

    `3 days after the return` beside `4 days after the return` is `3 days`; anything else is given whole.
    """
    old, new = before.split(), after.split()
    shared = 0
    while shared < min(len(old), len(new)) - 1 and old[-1 - shared] == new[-1 - shared]:
        shared += 1
    for place in range(max(1, len(old) - shared), len(old)):
        if old[place] in _COUNTED_FROM:
            return " ".join(old[:place])
    return before


LONG = 16
"""Words up to which a sentence gives an expression whole."""
AROUND = 6
"""Words that are given on either side of a difference in a longer one."""


def contrast(before: str, after: str) -> str:
    """Return what a value says now and what it said: whole where it is short, else the words around the difference."""
    if max(len(before.split()), len(after.split())) <= LONG:
        return f"{after} instead of {instead(before, after)}"
    old, new = before.split(), after.split()
    least = min(len(old), len(new))
    start = 0
    while start < least and old[start] == new[start]:
        start += 1
    end = 0
    while end < least - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return f"“{_around(new, start, end)}” instead of “{_around(old, start, end)}”"


def _around(words: list[str], start: int, end: int) -> str:
    """Return the words that differ, from `start` on and up to `end` words before the last, with a few beside them."""
    first, last = max(0, start - AROUND), min(len(words), len(words) - end + AROUND)
    kept = words[first:last]
    if len(kept) > LONG + 2 * AROUND:
        kept = [*kept[: LONG + AROUND], "…"]
        last = len(words)
    return " ".join([*(["…"] if first else []), *kept, *(["…"] if last < len(words) else [])])
