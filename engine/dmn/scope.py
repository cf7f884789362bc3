"""What a name means where an expression stands.

Values are found when they are read and not before: a decision that no rule asks for is not made, and a fact
that nobody has answered hurts nobody until a rule depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

_MISSING: Any = object()


class Scope(Mapping[str, Any]):
    """Names of its own before those outside it."""

    __slots__ = ("outer", "own")

    def __init__(self, outer: Mapping[str, Any], own: Mapping[str, Any]) -> None:
        self.outer, self.own = outer, own

    def get(self, key: str, default: Any = None) -> Any:
        found = self.own.get(key, _MISSING)
        return self.outer.get(key, default) if found is _MISSING else found

    def __getitem__(self, key: str) -> Any:
        found = self.get(key, _MISSING)
        if found is _MISSING:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return key in self.own or key in self.outer

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self.own), **dict.fromkeys(self.outer)})

    def __len__(self) -> int:
        return len(set(self.own) | set(self.outer))


class Computed(Mapping[str, Any]):
    """Names whose values are worked out when they are read, over a mapping with all others.

    `behind` names that are only looked at when the mapping has no such name.
    """

    __slots__ = ("ahead", "behind", "outer")

    def __init__(
        self,
        outer: Mapping[str, Any],
        ahead: Mapping[str, Callable[[], Any]],
        behind: Mapping[str, Callable[[], Any]],
    ) -> None:
        self.outer, self.ahead, self.behind = outer, ahead, behind

    def get(self, key: str, default: Any = None) -> Any:
        compute = self.ahead.get(key)
        if compute is not None:
            return compute()
        if key in self.outer:
            return self.outer[key]
        compute = self.behind.get(key)
        return default if compute is None else compute()

    def __getitem__(self, key: str) -> Any:
        found = self.get(key, _MISSING)
        if found is _MISSING:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return key in self.ahead or key in self.outer or key in self.behind

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self.ahead, *self.outer]))

    def __len__(self) -> int:
        return len({*self.ahead, *self.outer})


def layered(
    outer: Mapping[str, Any], ahead: Mapping[str, Callable[[], Any]], behind: Mapping[str, Callable[[], Any]]
) -> Computed:
    """Return a mapping in which computed names hide those outside; a dotted one hides an entry of a context.

    Packs name their facts by dotted paths, so a decision called `interview.required` must be what an
    expression reads as `interview.required` while the rest of `interview` stays as it is.
    """
    plain = dict(ahead)
    heads: dict[str, dict[str, Callable[[], Any]]] = {}
    for name, compute in ahead.items():
        head, dot, tail = name.partition(".")
        if dot and head not in ahead:
            heads.setdefault(head, {})[tail] = compute
    for head, tails in heads.items():
        plain[head] = partial(_within, outer, head, tails)
    return Computed(outer, plain, behind)


def _within(outer: Mapping[str, Any], head: str, tails: Mapping[str, Callable[[], Any]]) -> Computed:
    inner = outer.get(head)
    return layered(inner if isinstance(inner, Mapping) else {}, tails, {})


def follow(facts: Mapping[str, Any], name: str) -> Any:
    """Return the value of a name, or of the dotted path that it spells; null where there is none."""
    if name in facts:
        return facts[name]
    value: Any = facts
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value
