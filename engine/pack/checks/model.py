"""What a clause check says, as values; processes/README.md gives the language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from types import MappingProxyType
from typing import Any

from engine.feel import UNKNOWN, Environment, UnaryTests, UnknownFact
from engine.pack.checks.moments import Moment, OfFact


@dataclass(frozen=True, slots=True)
class Condition:
    """What one fact must be: unary tests, a plain value (several: any of them), `known` or `unknown`."""

    fact: str
    text: str
    tests: UnaryTests | None = None
    values: tuple[Any, ...] = ()
    known: bool | None = None
    key: str = field(init=False, compare=False, repr=False)
    """Equal for conditions that ask the same."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.fact} {self.text}")

    @property
    def others(self) -> frozenset[str]:
        """What its tests read beside the fact itself, such as another fact that it is held against."""
        return self.tests.names if self.tests is not None else frozenset()

    def meets(
        self, value: Any, environment: Environment, context: Mapping[str, Any] = MappingProxyType({})
    ) -> bool:
        """Whether a value meets it; a fact that nobody has answered meets nothing but `unknown`.

        `context` gives the other facts that a test reads; one of them that nobody has answered meets nothing either.
        """
        if self.known is not None:
            return (value is not UNKNOWN) is self.known
        if value is UNKNOWN:
            return False
        if self.tests is not None:
            try:
                return self.tests.test(value, context, environment) is True
            except UnknownFact:
                return False
        return value in self.values


Conditions = tuple[Condition, ...]


# --- when


@dataclass(frozen=True, slots=True)
class Starts:
    """The case starts."""


@dataclass(frozen=True, slots=True)
class OnEvent:
    """An event was recorded, each time."""

    event: str


@dataclass(frozen=True, slots=True)
class Reached:
    """An instant is reached; `missing`: and the child is not known to be back then."""

    moment: Moment
    missing: bool = False


@dataclass(frozen=True, slots=True)
class OnState:
    """A duty came to stand so, each time."""

    obligation: str
    state: str


@dataclass(frozen=True, slots=True)
class Becomes:
    """The check's `given` became true."""


Trigger = Starts | OnEvent | Reached | OnState | Becomes


# --- what must follow


@dataclass(frozen=True, slots=True)
class Requires:
    """A duty is required: one of `obligations`, of one of `roles`, with the limit `by`.

    `no_limit`: none may be shown. `within`: minutes after the trigger in which it may still arise. `ends`: how it ends
    where it has ended.
    """

    obligations: tuple[str, ...]
    roles: tuple[str, ...] = ()
    by: Moment | None = None
    no_limit: bool = False
    each_time: bool = False
    within: int = 0
    cites: bool = True
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Never:
    """None of `obligations` arises (of `roles`; before or after a moment, where given).

    `cites`: only what cites one of the check's clauses counts, so that what another rule brings is left alone.
    """

    obligations: tuple[str, ...]
    roles: tuple[str, ...] = ()
    before: Moment | None = None
    after: Moment | None = None
    cites: bool = False


@dataclass(frozen=True, slots=True)
class OnlyAfter:
    """A duty arises only after one of `events` or `states`."""

    obligations: tuple[str, ...]
    roles: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    states: tuple[OnState, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdraws:
    """What was open of `obligations` no longer is."""

    obligations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holds:
    """Facts stand so."""

    facts: Conditions


@dataclass(frozen=True, slots=True)
class Closes:
    """The case is closed, or is not."""

    closed: bool


@dataclass(frozen=True, slots=True)
class Asks:
    """The form by which a duty is done asks these fields."""

    obligations: tuple[str, ...]
    fields: tuple[str, ...]


Consequence = Requires | Never | OnlyAfter | Withdraws | Holds | Closes | Asks


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one or more clauses.

    `unless` are exceptions, any of them. `missing`: only while the child is not known to be back, or only while it is.
    `process` names the periodic process whose runs are judged, None for the cases of children. `vacuous` says why it can
    never arise.
    """

    id: str
    clauses: tuple[str, ...]
    says: str
    given: Conditions
    unless: tuple[Conditions, ...]
    when: Trigger
    missing: bool | None
    consequence: Consequence
    process: str | None = None
    vacuous: str | None = None
    line: int = 0

    @property
    def obligations(self) -> tuple[str, ...]:
        """The obligations that it speaks of, its trigger's included."""
        found = list(getattr(self.consequence, "obligations", ()))
        found += [state.obligation for state in getattr(self.consequence, "states", ())]
        if isinstance(self.when, OnState):
            found.append(self.when.obligation)
        return tuple(dict.fromkeys(found))

    @property
    def facts(self) -> frozenset[str]:
        """The facts that it reads."""
        conditions = [*self.given, *(one for group in self.unless for one in group)]
        if isinstance(self.consequence, Holds):
            conditions += self.consequence.facts
        found = {condition.fact for condition in conditions}
        found |= {name for condition in conditions for name in condition.others}
        return frozenset(found | {one.fact for one in self.moments if isinstance(one, OfFact)})

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Every moment that it names, those within others included."""
        named = [getattr(self.when, "moment", None)]
        named += [getattr(self.consequence, name, None) for name in ("by", "before", "after")]
        return tuple(inner for one in named if one is not None for inner in _walk(one))


def _walk(moment: Any) -> Iterator[Any]:
    yield moment
    for part_of in fields(moment) if is_dataclass(moment) else ():
        value = getattr(moment, part_of.name)
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part) and part_of.name == "of":
                yield from _walk(part)
