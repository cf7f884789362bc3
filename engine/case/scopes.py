"""What lies inside what: the elements that an interruption reaches, and the events that end a scope.

Worked out once per pack from its diagrams, called processes included.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from engine.case.dependencies import Dependencies
from engine.case.interpreter import Specs, build_specs, rebuild_specs
from engine.pack.model import Duty, Element, Pack, Process, Start

REPORTED = "reported"
"""The event by which an absence is reported to the council."""

_TASKS = frozenset({"userTask", "manualTask"})


class Plan:
    """A pack made ready to run: specs and the answers about scopes that every act needs."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    @cached_property
    def dependencies(self) -> Dependencies:
        return Dependencies(self.pack)

    @cached_property
    def specs(self) -> Specs:
        return build_specs(self.pack)

    def element(self, element: str) -> Element:
        """Return an element; ids are unique within a pack."""
        return self._elements[element]

    def find(self, element: str | None) -> Element | None:
        """Return an element, None where the pack has none of this id."""
        return self._elements.get(element or "")

    def is_offer(self, element: str) -> bool:
        """Tell whether a task is only offered: it may be done at any time, and no duty and no end waits for it."""
        found = self._elements[element]
        return found.kind in _TASKS and found.watch and not found.duties

    @cached_property
    def _elements(self) -> dict[str, Element]:
        return {e.id: e for e in self.pack.elements}

    def starts(self, start: Start) -> list[Process]:
        """Return the processes that start this way, in the pack's order."""
        return self._by_start[start]

    @cached_property
    def _by_start(self) -> dict[Start, list[Process]]:
        processes = sorted(self.pack.processes.values(), key=lambda process: (process.order, process.id))
        return {start: [p for p in processes if p.start is start] for start in Start}

    def started_by(self, event: str) -> list[Process]:
        """Return the processes that an event of the vocabulary starts."""
        return [p for p in self.starts(Start.MESSAGE) if p.start_event == event]

    def opened_by(self, event: str) -> list[Process]:
        """Return the processes that run from the start in a case which the event opens."""
        known = self.pack.vocabulary.events.get(event)
        processes = self.started_by(event)
        if known is not None and known.opens_episode and event != REPORTED:
            processes = processes + self.started_by(REPORTED)
        return processes

    def inside(self, host: Element) -> frozenset[str]:
        """Return the ids of everything inside a subprocess or a called process, at any depth."""
        found: set[str] = set()
        self._collect(host, found)
        return frozenset(found)

    def _collect(self, host: Element, found: set[str]) -> None:
        for element in self._children(host):
            if element.id not in found:
                found.add(element.id)
                self._collect(element, found)

    def _children(self, host: Element) -> Iterator[Element]:
        if host.kind == "callActivity" and host.calls:
            called = self.pack.processes[host.calls]
            yield from (e for e in called.elements.values() if e.scope == called.id)
        elif host.kind == "subProcess":
            process = self.pack.processes[host.process]
            yield from (e for e in process.elements.values() if e.scope == host.id)

    def ended_by(self, element: Element) -> frozenset[str]:
        """Return the events of the vocabulary whose interrupting boundary ends a scope that `element` stands in."""
        cached = self._ended_by.get(element.id)
        if cached is None:
            cached = self._ended_by[element.id] = frozenset(self._enders(element, set()))
        return cached

    @cached_property
    def _ended_by(self) -> dict[str, frozenset[str]]:
        return {}

    def _enders(self, element: Element, seen: set[str]) -> Iterator[str]:
        if element.id in seen:
            return
        seen.add(element.id)
        if element.attached_to:
            yield from self._interrupters(element.process, element.attached_to)
        yield from self._interrupters(element.process, element.scope)
        if element.scope == element.process:
            for caller in self._elements.values():
                if caller.kind == "callActivity" and caller.calls == element.process:
                    yield from self._interrupters(caller.process, caller.id)
                    yield from self._enders(caller, seen)
        else:
            yield from self._enders(self._elements[element.scope], seen)

    def _interrupters(self, process: str, host: str) -> Iterator[str]:
        for element in self.pack.processes[process].elements.values():
            if element.attached_to == host and element.interrupting and element.trigger == "message":
                yield element.event or ""

    def duty(self, element: str, obligation: str) -> Duty | None:
        """Return a duty as an element carries it."""
        carrier = self._elements.get(element)
        if carrier is None:
            return None
        return next((duty for duty in carrier.duties if duty.obligation == obligation), None)


_plans: dict[str, Plan] = {}


def plan_of(pack: Pack) -> Plan:
    """Return the pack's plan, made once for each hash."""
    found = _plans.get(pack.hash)
    if found is None or found.pack is not pack:
        found = _plans[pack.hash] = Plan(pack)
    return found


@contextmanager
def trying(variant: Pack, pack: Pack, process: str | None) -> Iterator[None]:
    """Run cases on a variant of a pack that differs from it in one process, or in none, and shares everything else."""
    plan, stands = Plan(variant), plan_of(pack)
    plan.__dict__["specs"] = (
        rebuild_specs(stands.specs, variant.processes[process]) if process else stands.specs
    )
    _plans[variant.hash] = plan
    try:
        yield
    finally:
        _plans[pack.hash] = stands
