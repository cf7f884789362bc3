"""Holding two values against each other field by field, whatever they are made of.

It is the net under the comparisons that know their subject: a field that nobody thought of still shows as a difference.
Where a value stands in its file never counts, and neither does how an expression is spaced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.check.change.saying import UNSAID
from engine.feel import Expression, UnaryTests

Place = tuple[str, ...]
MISSING = None


def differences(
    old: Any, new: Any, place: Place = (), *, without: Collection[str] = ()
) -> Iterator[tuple[Place, Any, Any]]:
    """Yield where two values differ, as (place, before, after); `without` are fields of the outermost left out."""
    if old is new:
        return
    if isinstance(old, Expression | UnaryTests) and isinstance(new, Expression | UnaryTests):
        if old.tree != new.tree:
            yield place, old, new
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            if key not in without:
                yield from differences(old.get(key, MISSING), new.get(key, MISSING), (*place, str(key)))
    elif is_dataclass(old) and type(old) is type(new):
        for field in fields(old):
            if field.compare and field.name not in UNSAID and field.name not in without:
                yield from differences(
                    getattr(old, field.name), getattr(new, field.name), (*place, field.name)
                )
    elif isinstance(old, tuple | list) and isinstance(new, tuple | list) and _made_of_parts(old, new):
        yield from differences(_named(old), _named(new), place)
    elif type(old) is not type(new) or old != new:
        yield place, old, new


def same(old: Any, new: Any, *, without: Collection[str] = ()) -> bool:
    """Whether two values say the same."""
    return next(differences(old, new, without=without), None) is None


def _made_of_parts(*several: Collection[Any]) -> bool:
    return any(is_dataclass(item) or isinstance(item, Mapping | tuple) for items in several for item in items)


def _named(items: Collection[Any]) -> dict[str, Any]:
    """Return the items by their ids, by their numbers where they have none that tell them apart."""
    names = [getattr(item, "id", None) or getattr(item, "place", None) or "" for item in items]
    if all(names) and len(set(names)) == len(names):
        return dict(zip(names, items, strict=True))
    return {str(number): item for number, item in enumerate(items, start=1)}
