"""What a story may vary: for every fact the values that matter, the lengths of time, the counts, the events.

All of it is read off the pack: a value is worth telling when a condition, a table, a limit or a check tells it from its
neighbours, so what is tried is each constant with what lies just below and just above it. What nothing compares is told
in one way only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.check.verify.ordinary import ordinary_value
from engine.clock import local
from engine.dmn.model import DecisionTable
from engine.feel import UNKNOWN, Expression, UnaryTests, tree
from engine.feel.boundaries import ANOTHER, boundaries
from engine.feel.compile import constant_value
from engine.feel.constants import is_constant
from engine.feel.values import YearsMonths
from engine.pack.checks import Check
from engine.pack.model import Fact, Pack, Start

OF_ONE_EPISODE = ("return.", "interview.", "meeting.")
CLOCKS = frozenset({"notification.received_at", "episode.reported_at", "episode.missing_from"})
"""The clocks of an episode, which come with its report."""
MONTH = timedelta(days=30)
LONGEST = timedelta(days=400)
_EARLIER = "child.earlier_episodes"


@dataclass(frozen=True, slots=True, order=True)
class Told:
    """A moment or a date by its length from the report."""

    length: timedelta
    whole_day: bool = False

    def at(self, reported: datetime) -> Any:
        moment = local(reported + self.length)
        return moment.date() if self.whole_day else moment


class _LeftOut:
    """Stands for a fact that the story does not tell."""

    def __repr__(self) -> str:
        return "left out"

    def __reduce__(self) -> str:
        return "LEFT_OUT"


LEFT_OUT = _LeftOut()


@dataclass(frozen=True)
class Domains:
    """What can be varied in the stories of one pack.

    `facts`: the values of each fact that is told, the ordinary one first; of a moment or date what is Told.
    `lengths`: what limits, timers, conditions and checks name, ascending. `counts`: how many earlier episodes lie
    around a limit; `windows`: how far back they are counted. `events`: what the pack listens for; `openers`: what
    opens a case; `brings`: the facts read behind an event, which it may bring.
    """

    facts: Mapping[str, tuple[Any, ...]]
    lengths: tuple[timedelta, ...]
    counts: tuple[int, ...]
    windows: tuple[timedelta, ...]
    events: tuple[str, ...]
    openers: tuple[str, ...]
    brings: Mapping[str, tuple[str, ...]]

    @property
    def varied(self) -> tuple[str, ...]:
        """The facts that have more than one value."""
        return tuple(name for name, values in self.facts.items() if len(values) > 1)


def domains_of(pack: Pack) -> Domains:
    """Read off a pack what its stories can vary."""
    found = _Finder(pack)
    facts = {
        fact.id: _values(fact, found)
        for fact in pack.vocabulary.facts.values()
        if fact.source in ("record", "asked") and fact.id not in CLOCKS
    }
    return Domains(
        facts={name: values for name, values in facts.items() if values},
        lengths=tuple(sorted(length for length in found.lengths if timedelta(0) < length <= LONGEST)),
        counts=tuple(sorted(found.counts)),
        windows=tuple(sorted(found.windows)) or (timedelta(days=90),),
        events=tuple(sorted(found.events)),
        openers=tuple(sorted(found.openers)),
        brings=found.brings,
    )


# --- values


def _values(fact: Fact, found: _Finder) -> tuple[Any, ...]:
    """Return the values of a fact that are worth telling, the ordinary one first; empty where it is never told."""
    usual = ordinary_value(fact)
    if fact.type == "boolean":
        return _first(usual, (False, True)) if fact.id in found.read else (usual,)
    if fact.type == "enum":
        possible = found.possible(fact)
        usual = usual if usual in possible else possible[0]
        return _first(usual, possible) if fact.id in found.read else (usual,)
    if fact.type == "integer":
        near = {value for value in found.limits.get(fact.id, ()) if isinstance(value, Decimal)}
        return _first(usual, sorted(value for value in near if value >= 0))
    if fact.type == "duration":
        some = {value for value in found.limits.get(fact.id, ()) if isinstance(value, timedelta)}
        return _first(usual, sorted(some)) if usual is not None or some else ()
    if fact.type in ("date", "datetime"):
        return _lengths(fact, usual, found)
    if fact.type == "role":
        return tuple(found.pack.roles)[:1]
    return ()


def _lengths(fact: Fact, usual: Any, found: _Finder) -> tuple[Any, ...]:
    """Return how far from the report a moment may lie; none where it is told by an event or asked in its episode."""
    told_by_event = any(fact.id in event.sets for event in found.pack.vocabulary.events.values())
    if usual is None:
        return ()
    whole = fact.type == "date"
    ordinary = Told(usual, whole)
    if told_by_event or fact.id.startswith(OF_ONE_EPISODE) or fact.id not in found.read:
        return (ordinary,)
    step = timedelta(days=1) if whole else timedelta(minutes=1)
    sign = -1 if usual < timedelta(0) else 1
    near = {
        sign * length + step * n
        for length in found.beside.get(fact.id, ())
        for n in (-1, 0, 1)
        if length <= LONGEST
    }
    if whole:  # a date that is over, the day of the report, and days on which the child may be back
        near |= {step * n for n in (-1, 0, 1, 2, 4)}
    return _first(ordinary, (*(Told(length, whole) for length in sorted(near)), LEFT_OUT))


def _first(usual: Any, others: Iterable[Any]) -> tuple[Any, ...]:
    return (usual, *(value for value in others if value != usual))


# --- finding


class _Finder:
    """Goes once through everything of a pack that decides something."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.limits: dict[str, set[Any]] = {}
        self.read: set[str] = set()
        self.beside: dict[str, set[timedelta]] = {}
        self.lengths: set[timedelta] = set()
        self.counts: set[int] = set()
        self.windows: set[timedelta] = set()
        for expression in expressions_of(pack):
            self._expression(expression)
        for model in {id(model): model for model in pack.decisions.values()}.values():
            for decision in model.decisions.values():
                for table in _parts(decision.logic, DecisionTable):
                    self._table(table)
        for check in pack.checks.values():
            self._check(check)
        elements = list(pack.elements)
        self.openers = {
            process.start_event
            for process in pack.processes.values()
            if process.start is Start.MESSAGE and process.start_event
        }
        self.events = {element.event for element in elements if element.event}
        self.openers = {
            event for event in self.openers if pack.vocabulary.events[event].opens_episode
        } | self._started_by_checks()
        self.brings = {event: tuple(sorted(self._brought(event))) for event in sorted(self.events)}

    def possible(self, fact: Fact) -> tuple[str, ...]:
        """Return the words that a fact can be: of one that people answer, those that somebody or something can give."""
        asked = [
            set(form.schema["properties"][fact.id]["enum"])
            for form in self.pack.forms.values()
            if "enum" in form.schema.get("properties", {}).get(fact.id, {})
        ]
        if fact.source != "asked" or not asked:
            return fact.values
        given: set[Any] = set().union(*asked)
        given |= {event.sets.get(fact.id) for event in self.pack.vocabulary.events.values()}
        for listed in self.pack.lists.values():
            given |= {
                facts.get(fact.id) for facts in (listed.unlisted, *(rule.facts for rule in listed.rules))
            }
        for element in self.pack.elements:
            if fact.id in element.sets:
                given |= set(_words_in(element.sets[fact.id].tree))
        for model in self.pack.decisions.values():
            for decision in model.decisions.values():
                if fact.id in decision.outputs:
                    given |= {
                        word for part in _parts(decision.logic, Expression) for word in _words_in(part.tree)
                    }
        return tuple(value for value in fact.values if value in given) or fact.values

    def _started_by_checks(self) -> set[str]:
        """Return the events that bring a moment with them which no report does: a case may begin with one."""
        found = set()
        for process in self.pack.processes.values():
            event = self.pack.vocabulary.events.get(process.start_event or "")
            if process.start is Start.MESSAGE and event is not None:
                placed = any(fact.startswith("placement.") for fact in event.sets)
                if placed:
                    found.add(event.id)
        return found

    def _brought(self, event: str) -> set[str]:
        """Return the facts that processes read where the event starts or moves them, and that may change by then."""
        found: set[str] = set()
        for process in self.pack.processes.values():
            if not any(element.event == event for element in process.elements.values()):
                continue
            conditions = [flow.condition for flow in process.flows.values() if flow.condition is not None]
            for expression in (*conditions, *(x for e in process.elements.values() for x in e.expressions)):
                found |= self._base(expression.names)
        return found

    def _base(self, names: Iterable[str]) -> set[str]:
        """Return the facts that can be told among names, derived ones followed."""
        found: set[str] = set()
        for name in names:
            fact = self.pack.vocabulary.facts.get(".".join(name.split(".")[:2]))
            if fact is None:
                continue
            rule = self.pack.derived.get(fact.id)
            if rule is not None and rule.expression is not None:
                found |= self._base(rule.expression.names)
            elif rule is not None and rule.decision is not None:
                found |= self._base(self.pack.decisions[rule.decision].decisions[rule.decision].names)
            elif fact.with_report:
                continue
            elif fact.source in ("record", "asked") and fact.type in ("boolean", "enum", "integer"):
                found.add(fact.id)
        return found

    def _expression(self, expression: Expression) -> None:
        names = {".".join(name.split(".")[:2]) for name in expression.names}
        self.read |= names
        for path, values in boundaries(expression).items():
            self._limit(path, values)
        lengths = set(lengths_in(expression.tree))
        self.lengths |= lengths
        for name in names:
            self.beside.setdefault(name, set()).update(lengths)
        if _EARLIER in names:
            self.windows |= {length for length in lengths if length >= timedelta(days=1)}
            self.windows |= {
                timedelta(days=int(n)) for n in _numbers_in(expression.tree) if 7 <= n <= LONGEST.days
            }

    def _limit(self, path: str, values: Iterable[Any]) -> None:
        told = [value for value in values if value is not UNKNOWN and value != ANOTHER]
        self.limits.setdefault(path, set()).update(told)
        fact = self.pack.vocabulary.facts.get(path)
        if fact is None or fact.source == "record" or fact.source == "asked":
            return
        self.lengths |= {value for value in told if isinstance(value, timedelta) and value > timedelta(0)}
        # A number that is counted (episodes in a window) is told by how many there were before.
        self.counts |= {int(n) - 1 for n in told if isinstance(n, Decimal) and 1 <= n <= 12}

    def _table(self, table: DecisionTable) -> None:
        subjects = [
            tree.dotted(column.expression.expression.tree) if column.expression.expression else None
            for column in table.inputs
        ]
        for rule in table.rules:
            for subject, cell in zip(subjects, rule.cells, strict=False):
                if cell.test is not None and subject is not None:
                    for path, values in boundaries(cell.test, subject).items():
                        self._limit(path, values)
                    self.lengths |= set(lengths_in(cell.test.tree))
        for part in _parts(table, Expression, UnaryTests):
            self.read |= {".".join(name.split(".")[:2]) for name in part.names}
            self.lengths |= set(lengths_in(part.tree))

    def _check(self, check: Check) -> None:
        self.read |= check.facts
        conditions = [*check.given, *(one for group in check.unless for one in group)]
        for condition in conditions:
            if condition.tests is not None:
                self._limit(
                    condition.fact, boundaries(condition.tests, condition.fact).get(condition.fact, ())
                )
            self._limit(condition.fact, [v for v in condition.values if not isinstance(v, str | bool)])
        for moment in check.moments:
            length = getattr(moment, "length", None)
            if length is not None:
                self.lengths.add(timedelta(days=length.days, minutes=length.minutes) + MONTH * length.months)


def expressions_of(pack: Pack) -> Iterator[Expression]:
    """Yield every expression of a pack: of its elements, flows, derived facts, tables and impossible combinations."""
    for process in pack.processes.values():
        if process.start_expression is not None:
            yield process.start_expression
        for element in process.elements.values():
            yield from element.expressions
        for flow in process.flows.values():
            if flow.condition is not None:
                yield flow.condition
    for rule in pack.derived.values():
        if rule.expression is not None:
            yield rule.expression
    yield from pack.impossible
    for model in {id(model): model for model in pack.decisions.values()}.values():
        for decision in model.decisions.values():
            yield from _parts(decision.logic, Expression)


def lengths_in(node: tree.Node) -> Iterator[timedelta]:
    """Yield the lengths of time that a tree names; a month counts as thirty days."""
    if is_constant(node):
        value = constant_value(node)
        if isinstance(value, timedelta):
            yield abs(value)
        elif isinstance(value, YearsMonths):
            yield MONTH * abs(value.months_in_all)
        return
    if isinstance(node, tree.Call) and node.function == tree.Name("working days after"):
        for argument in node.arguments:
            if is_constant(argument) and isinstance(number := constant_value(argument), Decimal):
                yield timedelta(days=int(number))
    for child in tree.children(node):
        yield from lengths_in(child)


def _words_in(node: tree.Node) -> Iterator[str]:
    if isinstance(node, tree.String):
        yield node.value
    for child in tree.children(node):
        yield from _words_in(child)


def _numbers_in(node: tree.Node) -> Iterator[Decimal]:
    if isinstance(node, tree.Number):
        yield node.value
    for child in tree.children(node):
        yield from _numbers_in(child)


def _parts(value: Any, *kinds: type) -> Iterator[Any]:
    """Yield the parts of a boxed expression that are of these kinds, whatever they stand in."""
    if isinstance(value, kinds):
        yield value
        if not isinstance(value, DecisionTable) or DecisionTable not in kinds:
            if isinstance(value, Expression | UnaryTests):
                return
    if isinstance(value, tuple):
        for item in value:
            yield from _parts(item, *kinds)
    elif is_dataclass(value) and not isinstance(value, type | Expression | UnaryTests | date | datetime):
        for field in fields(value):
            yield from _parts(getattr(value, field.name), *kinds)
