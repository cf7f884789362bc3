"""Which mutants would decide anything differently in a story: found by asking them all while the pack itself is played.

A slip shows in a story only where its expression or table gives another answer than the pack's own. Asked in passing,
at each evaluation of a play, all mutants of an expression cost one play together, and only the stories that can tell a
mutant from the pack need be played with it (weak mutation, as the field calls it).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

from engine import feel
from engine.case.scopes import trying
from engine.check.mutation.mutants import Mutant
from engine.check.verify.playing import play_story
from engine.check.verify.stories import Story
from engine.dmn import DecisionError, Result
from engine.pack.model import Pack

ENOUGH = 80
"""In so many stories of one process a mutant decides differently before it is no longer asked."""


class Infection:
    """The mutants of a pack whose slip is in an expression or a table, ready to be asked."""

    def __init__(self, pack: Pack, mutants: Mapping[int, Mutant]) -> None:
        self._pack = pack
        self._told: Counter[int] = Counter()
        self._expressions: dict[int, tuple[feel.Expression, dict[int, feel.Expression]]] = {}
        self._tables: dict[str, dict[int, Mutant]] = defaultdict(dict)
        for number, mutant in mutants.items():
            if mutant.swap is not None:
                own, slipped = mutant.swap
                self._expressions.setdefault(id(own), (own, {}))[1][number] = slipped
            elif mutant.decision is not None:
                self._tables[mutant.decision][number] = mutant
        self._models: dict[tuple[int, str], Any] = {}

    def of(self, story: Story) -> frozenset[int]:
        """Play a story with the pack itself; return the numbers of the mutants that decided anything differently."""
        found: set[int] = set()
        asked = [
            (own, {n: one for n, one in others.items() if self._told[n] < ENOUGH})
            for own, others in self._expressions.values()
        ]
        tables = {
            decision: {n: one for n, one in several.items() if self._told[n] < ENOUGH}
            for decision, several in self._tables.items()
        }

        def differs(number: int, others: dict[int, Any]) -> None:
            others.pop(number, None)
            found.add(number)

        with ExitStack() as stack:
            for own, others in asked:
                if others:
                    stack.enter_context(feel.beside(own, others, partial(differs, others=others)))
            decisions: dict[str, Any] = {
                name: _Asking(name, model, tables, self._model, differs)
                for name, model in self._pack.decisions.items()
            }
            watched: Any = replace(self._pack, decisions=decisions)
            stack.enter_context(trying(watched, self._pack, None))
            play_story(story, watched, ())
        self._told.update(found)
        return frozenset(found)

    def _model(self, number: int, mutant: Mutant, name: str) -> Any:
        found = self._models.get((number, name))
        if found is None:
            found = self._models[number, name] = mutant.make().decisions[name]
        return found


class _Asking:
    """A decision model that asks the mutants of its tables as well, and answers for itself."""

    def __init__(
        self,
        name: str,
        model: Any,
        tables: Mapping[str, dict[int, Mutant]],
        model_of: Callable[[int, Mutant, str], Any],
        differs: Callable[[int, dict[int, Any]], None],
    ) -> None:
        self._name, self._model, self._tables = name, model, tables
        self._model_of, self._differs = model_of, differs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def decide(self, *asked: Any, **how: Any) -> Result:
        """Decide as the model does."""
        result: Result = self._model.decide(*asked, **how)
        for owner in {table.owner for table in result.trace}:
            several = self._tables.get(owner, {})
            for number, mutant in list(several.items()):
                try:
                    other = self._model_of(number, mutant, self._name).decide(*asked, **how)
                    alike = (other.value, other.outputs) == (result.value, result.outputs)
                except (feel.FeelError, DecisionError):
                    alike = False
                if not alike:
                    self._differs(number, several)
        return result
