"""What a case knows: stored facts, and derived facts computed when they are read.

Expressions see nested contexts (`child.age` is a path), so the root and each group are small lazy mappings: nothing is
copied, and a fact that nobody has answered is UNKNOWN rather than null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.case.dependencies import EARLIER_EPISODES, NOW, Changes, Dependencies
from engine.case.model import Episode, Incident
from engine.dmn import DecisionError, Result
from engine.feel import UNKNOWN, Environment, FeelError, UnknownFact
from engine.pack.model import Derived, Pack


class Group(Mapping[str, Any]):
    """The facts that share a first name, as one context; a name outside the vocabulary is absent."""

    def __init__(self, read: Callable[[str], Any], prefix: str, names: frozenset[str]) -> None:
        self._read = read
        self._prefix = prefix
        self._names = names

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._read(f"{self._prefix}.{name}")

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)


class Facts:
    """The facts of one case, stored and derived."""

    def __init__(
        self,
        pack: Pack,
        stored: dict[str, Any],
        episodes: tuple[Episode, ...],
        dependencies: Dependencies | None = None,
    ) -> None:
        self.pack = pack
        self.stored = stored
        self.episodes = episodes
        self.now: datetime | None = None
        self.ledger: Mapping[str, Any] = {}
        self.dependencies = dependencies or Dependencies(pack)
        self.changes = Changes()
        self.reads: dict[str, None] = {}
        """The facts that were read, in the order in which they were read first."""
        self.rules: dict[tuple[str, str], None] = {}
        """The rules of decision tables that fired, as (decision, rule)."""
        self._derived: dict[str, tuple[int, Any]] = {}
        self._groups = self._make_groups()

    def _make_groups(self) -> dict[str, Group]:
        return {prefix: Group(self.read, prefix, names) for prefix, names in self.dependencies.groups.items()}

    def going_on(
        self, stored: dict[str, Any], episodes: tuple[Episode, ...], changed: Iterable[str]
    ) -> Facts:
        """Return the facts of a later act, at the same moment; derived ones that hang on nothing changed are kept."""
        later = Facts(self.pack, stored, episodes, self.dependencies)
        later.now = self.now
        later.changes = self.changes.copy()
        later._derived = dict(self._derived)
        for name in changed:
            later.changes.note(name)
        return later

    def store(self, fact: str, value: Any) -> None:
        """Set a stored fact."""
        self.stored[fact] = value
        self.changes.note(fact)

    def forget(self, fact: str) -> None:
        """Make a stored fact unknown again, or let its rule work it out."""
        self.stored.pop(fact, None)
        self.changes.note(fact)

    def tell_of(self, episodes: tuple[Episode, ...]) -> None:
        """Replace the child's earlier episodes."""
        self.episodes = episodes
        self.changes.note(f"child.{EARLIER_EPISODES}")

    def at(self, moment: datetime) -> None:
        """Move to a moment; derived facts that depend on it are computed anew."""
        if self.now != moment:
            self.now = moment
            self.changes.note(NOW)

    def context(self, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the context an expression is evaluated in."""
        return {**self._groups, "ledger": self.ledger, **(extra or {})}

    def environment(self, moment: datetime | None = None) -> Environment:
        """Return what built-ins need; `now` is the present moment or the one given."""
        return Environment(now=moment or self.now, calendar=self.pack.calendar)

    def read(self, fact: str) -> Any:
        """Return a fact's value, or UNKNOWN where nobody has answered it (or what it derives from)."""
        self.reads[fact] = None
        if fact in self.stored:
            return self.stored[fact]
        if fact == f"child.{EARLIER_EPISODES}":
            return [_as_context(episode) for episode in self.episodes]
        rule = self.pack.derived.get(fact)
        if rule is None:
            return UNKNOWN
        held, stamp = self._derived.get(fact), self.changes.stamp
        if held is None or self.changes.since(self.dependencies.of_derived(fact), held[0]):
            self._derived[fact] = (stamp, UNKNOWN)  # a circle reads as unknown; the pack reader refuses it
            held = stamp, self._derive(rule)
        value = held[1]
        self._derived[fact] = (stamp, value)
        return value

    def fired(self, result: Result) -> None:
        """Remember the rules that a decision used."""
        for table in result.trace:
            for rule in table.rules:
                self.rules[table.owner, rule.id] = None

    def _derive(self, rule: Derived) -> Any:
        try:
            if rule.decision is not None:
                result = self.pack.decisions[rule.decision].decide(
                    rule.decision, self.context(), self.environment(), strict=True
                )
                self.fired(result)
                return result.outputs.get(rule.fact, result.value)
            if rule.expression is None:
                return UNKNOWN
            return rule.expression.evaluate(self.context(), self.environment())
        except UnknownFact:
            return UNKNOWN
        except (FeelError, DecisionError) as error:
            raise Incident(f"{rule.fact} could not be worked out: {error}", fact=rule.fact) from error


def _as_context(episode: Episode) -> dict[str, Any]:
    """Return an earlier episode as expressions see it.

    Its facts lie under `facts`: at the top they would hide, in a filter, the present episode's facts of the same group.
    """
    facts: dict[str, Any] = {}
    for fact, value in episode.facts.items():
        group = facts
        *path, last = fact.split(".")
        for name in path:
            group = group.setdefault(name, {})
        group[last] = value
    return {
        "category": episode.category,
        "reported": episode.reported,
        "returned": episode.returned,
        "facts": facts,
    }


def plain(value: Any) -> Any:
    """Return a number as FEEL keeps it (Decimal); everything else as it is."""
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
