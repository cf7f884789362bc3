"""What a piece of work leads to: the elements, facts and duties that can only come once it has been done.

Over-estimated on purpose: what may lead somewhere leads there, whatever the conditions on the way say. It serves to
tell who kept a duty from arising; that somebody did is told by what happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from engine.case.dependencies import EVERYTHING
from engine.case.scopes import plan_of
from engine.pack.model import Element, Pack, Process, Start

_SCOPES = frozenset({"subProcess", "callActivity"})


class Ways:
    """The ways of one pack. Nodes are elements by id, the ends of scopes, facts, and `ledger.<obligation>`."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._reached: dict[str, frozenset[str]] = {}

    def leads_to(self, element: str) -> frozenset[str]:
        """Return everything that the work at an element leads to once it is done."""
        found = self._reached.get(element)
        if found is None:
            seen: set[str] = set()
            waiting = list(self._after[element])
            while waiting:
                node = waiting.pop()
                if node not in seen:
                    seen.add(node)
                    waiting.extend(self._next[node])
            found = self._reached[element] = frozenset(seen)
        return found

    def carriers(self, obligations: tuple[str, ...]) -> frozenset[str]:
        """Return the elements that carry a duty of one of the obligations."""
        return frozenset(
            element.id
            for element in self._elements
            if any(duty.obligation in obligations for duty in element.duties)
        )

    def sources(self, fact: str) -> frozenset[str]:
        """Return the facts that a fact hangs on, itself included."""
        if fact in self.pack.derived:
            return plan_of(self.pack).dependencies.of_derived(fact) | {fact}
        return frozenset({fact})

    @cached_property
    def _elements(self) -> tuple[Element, ...]:
        return tuple(self.pack.elements)

    @cached_property
    def _after(self) -> dict[str, set[str]]:
        """What follows when an element is done, by its id."""
        after: dict[str, set[str]] = defaultdict(set)
        for process in self.pack.processes.values():
            for flow in process.flows.values():
                after[flow.source].add(flow.target)
        for element in self._elements:
            after[element.id] |= set(self._brings(element))
        return after

    def _brings(self, element: Element) -> Iterator[str]:
        """Yield what an element brings about beside the flows out of it."""
        yield from element.sets
        if element.form is not None:
            yield from self.pack.forms[element.form].facts
        if element.decision is not None:
            yield from self.pack.decisions[element.decision].decisions[element.decision].outputs
        for duty in element.duties:
            yield f"ledger.{duty.obligation}"
        if element.kind == "endEvent":
            yield f"end of {element.scope}"
        if element.kind in ("endEvent", "intermediateThrowEvent"):
            for other in self._elements:
                catches = other.kind in ("boundaryEvent", "startEvent", "intermediateCatchEvent")
                if catches and (
                    (element.code is not None and other.code == element.code)
                    or (element.event is not None and other.event == element.event)
                ):
                    yield other.id

    @cached_property
    def _next(self) -> dict[str, set[str]]:
        """What may come once a token has come to an element, a fact has changed or a scope has ended."""
        following: dict[str, set[str]] = defaultdict(set)
        for element in self._elements:
            if element.kind not in _SCOPES:
                following[element.id] |= self._after[element.id]
                continue
            inner = element.calls if element.kind == "callActivity" else element.id
            following[element.id] |= {
                other.id
                for other in self._elements
                if other.scope == inner and other.attached_to is None and not other.incoming
            }
            following[f"end of {inner}"] |= self._after[element.id]
        for element in self._elements:
            if element.attached_to is not None:
                following[element.attached_to].add(element.id)
        for process in self.pack.processes.values():
            for element in process.elements.values():
                self._wait(following, process, element)
        ledger = (f"ledger.{obligation}" for obligation in self.pack.vocabulary.obligations)
        for name in (*self.pack.vocabulary.facts, *ledger):
            following[name].add(EVERYTHING)
        return following

    def _wait(self, following: dict[str, set[str]], process: Process, element: Element) -> None:
        """Let what a condition reads lead to what waits for it."""
        condition = element.expression if element.trigger == "conditional" else None
        if process.start is Start.CONDITION and element.id == process.start_element:
            condition = process.start_expression
        if condition is not None:
            for name in plan_of(self.pack).dependencies.of(condition):
                following[name].add(element.id)


_ways: dict[str, Ways] = {}


def ways_of(pack: Pack) -> Ways:
    """Return the ways of a pack, worked out once."""
    found = _ways.get(pack.hash)
    if found is None or found.pack is not pack:
        found = _ways[pack.hash] = Ways(pack)
    return found
