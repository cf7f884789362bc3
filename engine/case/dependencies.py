"""What an expression's value hangs on: the stored facts, ledger entries and clock behind it, derived facts followed.

An act evaluates only what hangs on something that has changed, so that a case with many standing watches costs no more
than one with few.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from engine.feel import Expression
from engine.pack.model import Derived, Pack

NOW = "now"
EVERYTHING = "*"
EARLIER_EPISODES = "earlier_episodes"
_CLOCKS = frozenset({"now", "today"})
_TELLS_TIME = re.compile(r"\b(?:now|today)\b")


class Dependencies:
    """The dependencies of one pack's expressions, each worked out once."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._of: dict[int, tuple[Expression, frozenset[str]]] = {}
        self._derived: dict[str, frozenset[str]] = {}

    def of(self, expression: Expression) -> frozenset[str]:
        """Return what the expression's value hangs on: fact ids, `ledger.<obligation>`, `now`, or everything."""
        held = self._of.get(id(expression))
        if held is None or held[0] is not expression:
            read = set(expression.names) | set(expression.item_names)
            if _TELLS_TIME.search(
                expression.text
            ):  # `now` comes with the environment, so `names` leaves it out
                read.add(NOW)
            held = self._of[id(expression)] = (expression, self._follow(read))
        return held[1]

    def of_derived(self, fact: str) -> frozenset[str]:
        """Return what a derived fact hangs on."""
        if fact not in self._derived:
            self._derived[fact] = frozenset()  # a circle, which the reader refuses, hangs on nothing more
            self._derived[fact] = self._of_rule(self._pack.derived[fact])
        return self._derived[fact]

    def _of_rule(self, rule: Derived) -> frozenset[str]:
        if rule.expression is not None:
            return self.of(rule.expression)
        if rule.decision is not None:
            model = self._pack.decisions[rule.decision]
            # The names leave `now` out; the file is looked through for the word, wherever it may stand.
            clock = {NOW} if _TELLS_TIME.search(self._text(model.file)) else set()
            return self._follow(model.decisions[rule.decision].names) | clock
        return frozenset()

    def _text(self, file: str) -> str:
        return self._pack.files.get(file, b"now").decode("utf-8", "replace")

    def _follow(self, names: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        for name in names:
            parts = name.split(".")
            fact = ".".join(parts[:2])
            if parts[0] in _CLOCKS:
                found.add(NOW)
            elif parts[0] == "ledger":
                found.add(fact if len(parts) > 1 else EVERYTHING)
            elif len(parts) == 1:
                # A whole group, or a name that only an item of a list has.
                found.add(EVERYTHING if name in self.groups else name)
            else:
                # A derived fact may be set outright by an override, so it counts itself as well.
                found.add(fact)
                if fact in self._pack.derived:
                    found |= self.of_derived(fact)
        return frozenset(found)

    @cached_property
    def groups(self) -> dict[str, frozenset[str]]:
        """The names that expressions may read under each first name."""
        names: dict[str, set[str]] = {"child": {EARLIER_EPISODES}, "period": {"from", "to"}}
        for fact in self._pack.vocabulary.facts:
            prefix, _, rest = fact.partition(".")
            names.setdefault(prefix, set()).add(rest)
        return {prefix: frozenset(rest) for prefix, rest in names.items()}


class Changes:
    """A log of the names that have changed; a stamp is a place in it."""

    def __init__(self) -> None:
        self._log: list[str] = []

    @property
    def stamp(self) -> int:
        return len(self._log)

    def copy(self) -> Changes:
        """Return a log that goes on by itself."""
        other = Changes()
        other._log = list(self._log)
        return other

    def note(self, name: str) -> None:
        """Note that something has changed."""
        self._log.append(name)

    def since(self, names: frozenset[str], stamp: int) -> bool:
        """Whether any of the names has changed after the stamp."""
        if stamp == len(self._log):
            return False
        return EVERYTHING in names or not names.isdisjoint(self._log[stamp:])
