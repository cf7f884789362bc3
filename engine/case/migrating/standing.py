"""Whether a case could have come to stand so under a procedure: what is side by side, and what joins wait for.

A change of a diagram can leave a case with two tokens where there is one way, or a join that waits for a branch which
was never begun (the dynamic change bug: Ellis, Keddara and Rozenberg, 1995). Both are found from the diagram, without
running it; where the diagram leaves a doubt (inclusive joins) nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from engine.case.interpreter import Standing
from engine.pack.model import Element, Pack, Process

Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a case cannot stand so: `why` is beside (`one` and `other` are never at work together) or waits (the join
    `one` waits for what comes from `other`, where nothing can come from any more)."""

    why: str
    one: str
    other: str


class Scope:
    """The diagram of one process or subprocess, as far as it says what can stand beside what."""

    def __init__(self, process: Process, scope: str) -> None:
        self.elements: dict[str, Element] = {e.id: e for e in process.elements.values() if e.scope == scope}
        self.after: dict[str, list[str]] = {
            name: [process.flows[flow].target for flow in element.outgoing]
            for name, element in self.elements.items()
        }
        self.before: dict[str, list[str]] = {name: [] for name in self.elements}
        for name, targets in self.after.items():
            for target in targets:
                self.before[target].append(name)
        self.beside = {
            e.id: [b.id for b in self.elements.values() if b.attached_to == e.id]
            for e in self.elements.values()
        }
        self.joins = [
            name
            for name, element in self.elements.items()
            if element.kind == "parallelGateway" and len(self.before[name]) > 1
        ]

    def reach(self, starts: Iterable[str], without: str | None = None) -> set[str]:
        """Return the elements to which tokens at `starts` may come, those themselves included, not through `without`."""
        found: set[str] = set()
        todo = [name for name in starts if name in self.elements]
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found.add(name)
            if name != without:
                todo += self.after[name] + self.beside[name]
        return found

    def pairs(self) -> frozenset[Pair]:
        """Return the places that may hold tokens at the same time: elements, and `from>join` before a join."""
        found: set[Pair] = set()
        todo: list[Pair] = []

        def put(one: str, other: str) -> None:
            pair = frozenset((one, other))
            if pair not in found:
                found.add(pair)
                todo.append(pair)

        for name, element in self.elements.items():
            if element.kind not in ("exclusiveGateway", "eventBasedGateway"):
                for one, other in combinations(self._places(name), 2):
                    put(one, other)
            for event in self.beside[name]:
                if not self.elements[event].interrupting:
                    put(name, event)
        while todo:
            pair = sorted(todo.pop())
            one, other = pair[0], pair[-1]
            for moving, staying in {(one, other), (other, one)}:
                for place in self._steps(moving, staying, found):
                    put(place, staying)
        return frozenset(found)

    def _places(self, name: str) -> list[str]:
        return [f"{name}>{target}" if target in self.joins else target for target in self.after[name]]

    def _steps(self, moving: str, staying: str, found: set[Pair]) -> Iterator[str]:
        """Yield where a token may come from a place while another stays."""
        name, _, join = moving.partition(">")
        if join:
            if all(frozenset((f"{one}>{join}", staying)) in found for one in self.before[join]):
                yield join
            return
        yield from self._places(name)
        yield from self.beside[name]

    def place(self, name: str, join: str | None = None) -> str:
        return f"{name}>{join}" if join is not None and join in self.joins else join or name


@lru_cache(maxsize=64)
def _scopes(digest: str) -> dict[str, tuple[Scope, frozenset[Pair]]]:
    return {}


def _scope(pack: Pack, scope: str) -> tuple[Scope, frozenset[Pair]] | None:
    known = _scopes(pack.hash)
    if scope not in known:
        process = pack.processes.get(scope) or next(
            (one for one in pack.processes.values() if scope in one.elements), None
        )
        if process is None:
            return None
        made = Scope(process, scope)
        known[scope] = made, made.pairs()
    return known[scope]


def faults(pack: Pack, standing: Standing) -> set[Fault]:
    """Return why a process or subprocess could not have come to stand so."""
    known = _scope(pack, standing.scope)
    if known is None:
        return set()
    scope, pairs = known
    places = [(name, name) for name in standing.live]
    places += [(scope.place(name, join), name) for join, name in standing.arrived]
    found = set()
    for (one, first), (other, second) in combinations(places, 2):
        if frozenset((one, other)) not in pairs and not (one == other and ">" in one):
            found.add(Fault("beside", *sorted((first, second))))
    held = {join for join, _ in standing.arrived}
    coming = scope.reach([*standing.live, *held])
    for join in scope.joins:
        if join not in coming:
            continue
        live = [*standing.live, *(held - {join})]
        able = scope.reach(live, without=join) | {name for one, name in standing.arrived if one == join}
        found |= {Fault("waits", join, name) for name in scope.before[join] if name not in able}
    return found


def reached(pack: Pack, standing: Standing) -> set[str]:
    """Return the elements of its scope to which a process or subprocess may still come."""
    known = _scope(pack, standing.scope)
    return known[0].reach([*standing.live, *(join for join, _ in standing.arrived)]) if known else set()
