"""Which derived facts are worked out with a table, and how.

A derived fact that a table reads is tied to what it derives from where that matters: where another fact of the table, or
what another derived fact of it derives from, is among it. Elsewhere it can have any of its values whatever the rest of
the table says, so tying it would cost time and tell nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from engine import feel
from engine.check.tables.domains import representatives
from engine.check.tables.sheet import Sheet, Unworked
from engine.check.tables.uses import Uses
from engine.dmn import DecisionError
from engine.dmn import Model as DecisionModel
from engine.feel import UNKNOWN, FeelError, UnknownFact
from engine.pack.model import Pack


@dataclass(frozen=True)
class Definition:
    """How a fact follows from others: by an expression, or as an output of a decision."""

    path: str
    reads: tuple[str, ...]
    expression: feel.Expression | None = None
    model: DecisionModel | None = None
    decision: str = ""

    def note(self, uses: Uses) -> None:
        """Note what it asks of the facts that it reads."""
        if self.expression is not None:
            uses.answer(self.expression)
        elif (sheet := self._sheet()) is not None:
            sheet.note(uses)
        else:
            for name in self.reads:
                uses.of(name).opaque = True

    def plain(self) -> bool:
        """Whether finitely many values of what it reads show every value that it can have."""
        uses = Uses()
        self.note(uses)
        sheet = self._sheet()
        worked = sheet is None or not any(isinstance(a, Unworked) for row in sheet.rows for a in row.answer)
        return (
            worked and uses.paths.keys() <= set(self.reads) and not any(u.opaque for u in uses.paths.values())
        )

    def value(self, context: Mapping[str, Any], env: feel.Environment) -> Any:
        """Return its value; UNKNOWN where it cannot be worked out."""
        if self.expression is not None:
            return self.expression.evaluate(context, env)
        assert self.model is not None
        try:
            result = self.model.decide(self.decision, context, env, strict=True)
        except (UnknownFact, DecisionError, FeelError):
            return UNKNOWN
        return result.outputs.get(self.path, result.value)

    def _sheet(self) -> Sheet | None:
        if self.model is None:
            return None
        decision = self.model.decisions[self.decision]
        return None if decision.table is None else Sheet(self.model, decision, decision.table)


def definitions_of(
    pack: Pack, sheets: Sequence[Sheet], read: frozenset[str], cheap: int
) -> dict[str, Definition]:
    """Return the definitions to work out with some tables that read the paths `read`.

    A definition whose own facts have more than `cheap` assignments is left out.
    """
    required = _required(sheets)
    found: dict[str, Definition] = {}
    waiting = list(read)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        definition = required.get(path) or _derived(pack, path)
        if definition is not None and definition.plain() and _cost(pack, definition) <= cheap:
            found[path] = definition
            waiting += definition.reads
    below = {path: _below(path, found) for path in read}
    needed: set[str] = set()
    for path in read & found.keys():
        others = (
            set().union(*(below[other] | {other} for other in read if other != path))
            if len(read) > 1
            else set()
        )
        if below[path] & others or path in required:
            needed |= {path} | (below[path] & found.keys())
    return {path: found[path] for path in sorted(needed)}


def _below(path: str, found: Mapping[str, Definition]) -> frozenset[str]:
    """Return everything that a path follows from, directly or not."""
    names: set[str] = set()
    waiting = [path]
    while waiting:
        definition = found.get(waiting.pop())
        if definition is not None:
            new = set(definition.reads) - names
            names |= new
            waiting += new
    return frozenset(names)


def _derived(pack: Pack, path: str) -> Definition | None:
    rule = pack.derived.get(path)
    if rule is None:
        return None
    if rule.expression is not None:
        return Definition(path, tuple(sorted(rule.expression.names)), rule.expression)
    assert rule.decision is not None
    model = pack.decisions[rule.decision]
    return Definition(path, tuple(sorted(model.decisions[rule.decision].names)), None, model, rule.decision)


def _required(sheets: Sequence[Sheet]) -> dict[str, Definition]:
    """Return the outputs of the decisions that the tables require in their own files."""
    found = {}
    for sheet in sheets:
        for key in sheet.decision.requires:
            decision = sheet.model.decisions.get(key)
            if decision is not None:
                for name in {decision.variable, *decision.outputs}:
                    reads = tuple(sorted(decision.names))
                    found[name] = Definition(name, reads, None, sheet.model, decision.id)
    return found


def _cost(pack: Pack, definition: Definition) -> int:
    uses = Uses()
    definition.note(uses)
    return prod(len(representatives(name, use, pack.vocabulary)) for name, use in uses.paths.items())
