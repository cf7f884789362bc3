"""Everything that bears on one table or two: the facts they read, what ties these together, and which rows can match.

Facts are free but for what the pack says of them: combinations declared impossible; derived facts that share facts with
the table, which follow from these (an expression or another table); what a ledger's names say of each other. Derived
facts that cannot be worked out from finitely many values (elapsed hours, counts of earlier episodes) vary freely, which
may show a situation that cannot be, and never hides one that can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from engine import feel
from engine.check.tables.definitions import definitions_of
from engine.check.tables.domains import MOMENT, representatives
from engine.check.tables.relation import Relation, Trail, choices, parts
from engine.check.tables.sheet import Masks, Sheet, nested
from engine.check.tables.uses import Uses
from engine.feel import UNKNOWN, UnknownFact
from engine.pack.model import Pack

CHEAP = 20_000
"""Assignments of a derived fact's own facts up to which it is tied to them."""
OTHER = "′"
"""Marks a fact in the second of two situations."""


class Space:
    """The facts of one or two tables, and the relations between facts and rows."""

    def __init__(self, pack: Pack, sheets: Sequence[Sheet]) -> None:
        self.pack, self.sheets = pack, tuple(sheets)
        self.env = feel.Environment(now=MOMENT, calendar=pack.calendar)
        uses = Uses()
        for sheet in sheets:
            sheet.note(uses)
        self.read = frozenset(uses.paths)
        self.definitions = definitions_of(pack, sheets, self.read, CHEAP)
        for definition in self.definitions.values():
            definition.note(uses)
        self.impossible = [e for e in pack.impossible if e.names & uses.paths.keys()]
        for expression in self.impossible:
            uses.truth(expression)
        self.domains: dict[str, list[Any]] = {path: self._domain(path, uses) for path in sorted(uses.paths)}
        self.sampled = tuple(
            path
            for path, use in sorted(uses.paths.items())
            if use.opaque and path not in self.definitions and not self._whole(path)
        )
        self._defined = {path: self._work_out(path, uses) for path in self._in_order()}
        self._left: dict[int, list[tuple[tuple[str, ...], list[tuple[tuple[int, ...], Masks]]]]] = {}

    def _domain(self, path: str, uses: Uses) -> list[Any]:
        values = representatives(path, uses.of(path), self.pack.vocabulary)
        derived = self.pack.derived.get(path)
        if derived is None or derived.decision is None or path in self.definitions:
            return values
        given = _answers_given(self.pack, derived.decision, path)
        if given is None:
            return values
        named = [v for v in given if v in uses.of(path).constants or uses.of(path).opaque]
        others = [v for v in given if v not in named]
        return [*named, *others[:1], *(v for v in values if v is UNKNOWN)] or values

    def _whole(self, path: str) -> bool:
        fact = self.pack.vocabulary.facts.get(path)
        return fact is not None and fact.type in ("boolean", "enum", "role")

    def _in_order(self) -> list[str]:
        """Return the defined paths, each after those that its definition reads."""
        order: list[str] = []

        def visit(path: str) -> None:
            if path not in order:
                for needed in self.definitions[path].reads:
                    if needed in self.definitions:
                        visit(needed)
                order.append(path)

        for path in self.definitions:
            visit(path)
        return order

    def _work_out(self, path: str, uses: Uses) -> tuple[tuple[str, ...], dict[tuple[int, ...], int]]:
        """Return the facts a derived fact follows from, and the number of its value for each assignment of them."""
        definition = self.definitions[path]
        names = definition.reads
        domain: list[Any] = []
        found: dict[tuple[int, ...], int] = {}
        for numbers in product(*(range(len(self.domains[name])) for name in names)):
            facts = {name: self.domains[name][n] for name, n in zip(names, numbers, strict=True)}
            try:
                value = definition.value(nested(facts), self.env)
            except UnknownFact:
                value = UNKNOWN
            value = _stand_in(value, self.domains[path], uses.of(path).constants)
            number = next((n for n, v in enumerate(domain) if _same(v, value)), None)
            if number is None:
                number = len(domain)
                domain.append(value)
            found[numbers] = number
        self.domains[path] = domain
        return names, found

    # --- relations

    def _masks(self, sheet: int) -> list[tuple[tuple[str, ...], list[tuple[tuple[int, ...], Masks]]]]:
        """Return for each column of a sheet its facts, and what their assignments leave standing; worked out once."""
        if sheet not in self._left:
            self._left[sheet] = [
                (column.variables, list(column.assignments(self.domains, self.env)))
                for column in self.sheets[sheet].columns
            ]
        return self._left[sheet]

    def affected(self, path: str) -> frozenset[str]:
        """Return a fact and the derived facts that follow from it."""
        found = {path}
        for defined in self._in_order():
            if found & set(self.definitions[defined].reads):
                found.add(defined)
        return frozenset(found)

    def situations(
        self,
        planes: Sequence[int],
        other: frozenset[str] = frozenset(),
        fixed: Mapping[str, int] | None = None,
        answered: bool = False,
    ) -> Situations:
        """Return what can match together.

        `planes` are the numbers of sheets, one after the other in the masks; in the second, the facts `other` are
        those of a second situation. `fixed` gives variables the number of one value. `answered` leaves out what would
        read a fact that nobody has answered.
        """
        widths = [2 * len(self.sheets[sheet].rows) for sheet in planes]
        everything = (1 << sum(widths)) - 1
        relations: list[Relation] = []
        shift = 0
        for plane, sheet in enumerate(planes):
            renamed = other if plane else frozenset()
            size = len(self.sheets[sheet].rows)
            outside = everything & ~(((1 << widths[plane]) - 1) << shift)
            for variables, assignments in self._masks(sheet):
                rows = {
                    numbers: {((masks.possible | masks.sure << size) << shift) | outside: ()}
                    for numbers, masks in assignments
                    if not answered or masks.possible == masks.sure
                }
                relations.append(Relation(_renamed(variables, renamed), rows))
            shift += widths[plane]
        for renamed in {frozenset(), other}:
            relations += self._ties(renamed, everything)
        relations += [Relation((name,), {(n,): {everything: ()}}) for name, n in (fixed or {}).items()]
        sizes = {**{p: len(d) for p, d in self.domains.items()}}
        sizes |= {p + OTHER: len(self.domains[p]) for p in other}
        return Situations(self, planes, parts(relations, sizes))

    def _ties(self, renamed: frozenset[str], everything: int) -> Iterable[Relation]:
        for path, (names, found) in self._defined.items():
            if not renamed or path in renamed:
                rows = {(*numbers, value): {everything: ()} for numbers, value in found.items()}
                yield Relation(_renamed((*names, path), renamed), rows)
        for expression in self.impossible:
            names = tuple(sorted(expression.names))
            if not renamed or renamed & set(names):
                yield Relation(_renamed(names, renamed), self._possible(names, expression, everything))
        for names in _of_one_obligation(self.domains):
            if not renamed or renamed & set(names):
                yield Relation(_renamed(names, renamed), self._in_ledger(names, everything))

    def _possible(
        self, names: tuple[str, ...], expression: feel.Expression, everything: int
    ) -> dict[tuple[int, ...], dict[int, Trail]]:
        rows: dict[tuple[int, ...], dict[int, Trail]] = {}
        for numbers in product(*(range(len(self.domains[name])) for name in names)):
            facts = {name: self.domains[name][n] for name, n in zip(names, numbers, strict=True)}
            try:
                excluded = expression.evaluate(nested(facts), self.env) is True
            except UnknownFact:
                excluded = False
            if not excluded:
                rows[numbers] = {everything: ()}
        return rows

    def _in_ledger(self, names: tuple[str, ...], everything: int) -> dict[tuple[int, ...], dict[int, Trail]]:
        rows: dict[tuple[int, ...], dict[int, Trail]] = {}
        for numbers in product(*(range(len(self.domains[name])) for name in names)):
            entry = {n.rpartition(".")[2]: self.domains[n][i] for n, i in zip(names, numbers, strict=True)}
            if _consistent(entry):
                rows[numbers] = {everything: ()}
        return rows


class Situations:
    """What can match together in the tables of a space."""

    def __init__(self, space: Space, planes: Sequence[int], found: list[Mapping[int, Trail]]) -> None:
        self.space, self.planes, self.parts = space, planes, found

    def sure(self, row: int, plane: int = 0) -> int:
        """Return the bit that says a row is surely met."""
        return 1 << (self._shift(plane) + self._size(plane) + row)

    def possible(self, rows: int, plane: int = 0) -> int:
        """Return the bits that say rows (as bits) are not ruled out."""
        return rows << self._shift(plane)

    def all(self, plane: int = 0) -> int:
        return self.possible((1 << self._size(plane)) - 1, plane)

    def _size(self, plane: int) -> int:
        return len(self.space.sheets[self.planes[plane]].rows)

    def _shift(self, plane: int) -> int:
        return sum(2 * self._size(n) for n in range(plane))

    def facts(self, trail: Trail, marked: bool = False) -> dict[str, Any]:
        """Return the facts behind an answer: of the first situation, or (`marked`) the differing ones of the second."""
        found = choices(trail)
        domains = self.space.domains
        if marked:
            return {
                name.removesuffix(OTHER): domains[name.removesuffix(OTHER)][n]
                for name, n in sorted(found.items())
                if name.endswith(OTHER)
            }
        return {name: domains[name][n] for name, n in sorted(found.items()) if not name.endswith(OTHER)}


def _renamed(names: tuple[str, ...], other: frozenset[str]) -> tuple[str, ...]:
    return tuple(name + OTHER if name in other else name for name in names)


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and a is not UNKNOWN and bool(a == b))


def _stand_in(value: Any, domain: Sequence[Any], limits: Sequence[Any]) -> Any:
    """Return the value of a domain that fares like `value` against the limits; the value itself where none does."""
    if value is None or value is UNKNOWN or any(_same(value, v) for v in domain):
        return value
    if isinstance(value, str):
        return next((v for v in domain if isinstance(v, str) and v not in limits), value)
    for candidate in domain:
        if type(candidate) is type(value) and all(
            (candidate < limit, candidate == limit) == (value < limit, value == limit)
            for limit in limits
            if type(limit) is type(value)
        ):
            return candidate
    return value


def _answers_given(pack: Pack, decision: str, path: str) -> list[Any] | None:
    """Return the answers that a decision's table can give for a fact; None where they are not all constants."""
    model = pack.decisions[decision]
    found = model.decisions[decision]
    if found.table is None or path not in found.outputs:
        return None
    sheet = Sheet(model, found, found.table)
    column = found.outputs.index(path)
    answers = [row.answer[column] for row in sheet.rows]
    answers += [] if sheet.default is None else [sheet.default[column]]
    plain = all(isinstance(answer, (str, bool)) or answer is None for answer in answers)
    return list(dict.fromkeys(answers)) if plain else None


def _of_one_obligation(paths: Iterable[str]) -> list[tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for path in paths:
        if path.startswith("ledger."):
            groups.setdefault(path.rpartition(".")[0], []).append(path)
    return [tuple(sorted(names)) for names in groups.values() if len(names) > 1]


def _consistent(entry: Mapping[str, Any]) -> bool:
    """Whether what is said of one obligation's entries can be true together."""
    ended = [entry[name] is not None for name in ("outcome", "done_at") if name in entry]
    there = [entry[name] is not None for name in ("raised_at",) if name in entry]
    there += [entry["raised"]] if "raised" in entry else []
    there += [entry["count"] > 0] if "count" in entry else []
    if len(set(ended)) > 1 or len(set(there)) > 1:
        return False
    raised = all(there)
    return raised or not (any(ended) or entry.get("open", False))
