"""The token game of BPMN, played on our own reading of a diagram without SpiffWorkflow.

It knows nothing of facts, duties or time: whoever plays says which conditions hold and which waiting event happens. That
makes it an independent judge of the interpreter (random diagrams must end alike in both) and quick enough to explore
with. Source: BPMN 2.0.2, chapter 13 (execution semantics), for the constructs that the lint allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engine.pack.model import Element, Flow, Pack

WORK = frozenset({"userTask", "manualTask", "sendTask", "receiveTask"})
AWAITED = frozenset({"timer", "message", "conditional"})
STEPS = 10_000


class Stuck(Exception):
    """The game does not come to rest, or no flow of a gateway may be taken."""


@dataclass(eq=False)
class Scope:
    """A running process or subprocess: tokens on flows, and the nodes that are active in it."""

    name: str
    parent: Scope | None
    host: Element | None
    tokens: list[str] = field(default_factory=list)
    active: list[Active] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return not self.tokens and not self.active


@dataclass(eq=False)
class Active:
    """A node that holds a token: work, a wait, or a scope running inside."""

    element: Element
    inside: Scope | None = None
    armed: list[Element] = field(default_factory=list)
    """Boundary events that still listen."""


class Board:
    """What does not change while a pack's processes are played: elements, flows, starts and boundary events."""

    def __init__(self, pack: Pack) -> None:
        self.elements = {e.id: e for e in pack.elements}
        self.flows: dict[str, Flow] = {f.id: f for p in pack.processes.values() for f in p.flows.values()}
        self.starts: dict[str, Element] = {}
        self.attached: dict[str, list[Element]] = {}
        for element in self.elements.values():
            if element.kind == "startEvent":
                self.starts.setdefault(element.scope, element)
            if element.attached_to is not None:
                self.attached.setdefault(element.attached_to, []).append(element)


class TokenGame:
    """One play of a process."""

    def __init__(self, pack: Pack, process: str, board: Board | None = None) -> None:
        self.pack = pack
        self.board = board or Board(pack)
        self.elements = self.board.elements
        self.flows = self.board.flows
        self.root = Scope(process, None, None)
        self._condition: Callable[[Flow], bool] = lambda flow: True
        self._enter_start(self.root)

    # --- what a player sees and does

    def work(self) -> Counter[str]:
        """Return the elements where work waits."""
        return Counter(a.element.id for _, a in self._all() if a.element.kind in WORK)

    def awaited(self) -> Counter[str]:
        """Return the events that tokens wait for, boundary events and those behind event gateways included."""
        found: Counter[str] = Counter()
        for _, active in self._all():
            if active.element.kind == "eventBasedGateway":
                found.update(self.flows[f].target for f in active.element.outgoing)
            elif active.element.kind == "intermediateCatchEvent":
                found[active.element.id] += 1
            found.update(event.id for event in active.armed if event.trigger in AWAITED)
        return found

    @property
    def over(self) -> bool:
        return self.root.over

    def advance(self, condition: Callable[[Flow], bool]) -> None:
        """Move tokens until everything waits; raise Stuck when that never happens."""
        self._condition = condition
        for _ in range(STEPS):
            if not self._one():
                return
        raise Stuck("the game does not come to rest")

    def complete(self, element: str) -> None:
        """Complete the work of one token at an element."""
        scope, active = next((s, a) for s, a in self._all() if a.element.id == element)
        scope.active.remove(active)
        self._leave(scope, active.element)

    def fire(self, element: str) -> None:
        """Let an awaited event happen for one token that waits for it."""
        event = self.elements[element]
        for scope, active in self._all():
            if event in active.armed:
                self._boundary(scope, active, event)
                return
            if active.element.id == element:
                scope.active.remove(active)
                self._leave(scope, event)
                return
            if active.element.kind == "eventBasedGateway" and any(
                self.flows[f].target == element for f in active.element.outgoing
            ):
                scope.active.remove(active)
                self._leave(scope, event)
                return
        raise KeyError(element)

    # --- moving

    def _all(self, scope: Scope | None = None) -> Iterator[tuple[Scope, Active]]:
        scope = scope or self.root
        for active in list(scope.active):
            yield scope, active
            if active.inside is not None:
                yield from self._all(active.inside)

    def _one(self) -> bool:
        """Make one move anywhere; return False when nothing can move."""
        for scope in self._scopes(self.root):
            for flow in list(scope.tokens):
                if self._arrive(scope, flow):
                    return True
        return any(self._end_scope(scope) for scope in self._scopes(self.root))

    def _scopes(self, scope: Scope) -> Iterator[Scope]:
        for active in list(scope.active):
            if active.inside is not None:
                yield from self._scopes(active.inside)
        yield scope

    def _end_scope(self, scope: Scope) -> bool:
        if scope.parent is None or not scope.over:
            return False
        for active in list(scope.parent.active):
            if active.inside is scope:
                scope.parent.active.remove(active)
                self._leave(scope.parent, active.element)
                return True
        return False

    def _enter_start(self, scope: Scope) -> None:
        scope.tokens += self.board.starts[scope.name].outgoing

    def _leave(self, scope: Scope, element: Element) -> None:
        scope.tokens += element.outgoing

    def _arrive(self, scope: Scope, flow: str) -> bool:
        element = self.elements[self.flows[flow].target]
        if element.kind in ("parallelGateway", "inclusiveGateway"):
            return self._gateway(scope, element)
        scope.tokens.remove(flow)
        if element.kind in WORK or element.kind in ("intermediateCatchEvent", "eventBasedGateway"):
            scope.active.append(Active(element, None, self._attached(element)))
        elif element.kind in ("subProcess", "callActivity"):
            inside = Scope(element.calls or element.id, scope, element)
            scope.active.append(Active(element, inside, self._attached(element)))
            self._enter_start(inside)
        elif element.kind == "exclusiveGateway":
            scope.tokens += self._taken(element)
        elif element.kind == "endEvent":
            self._end(scope, element)
        else:
            self._leave(scope, element)
            if element.trigger == "escalation":
                self._escalate(scope, element)
        return True

    def _attached(self, host: Element) -> list[Element]:
        return list(self.board.attached.get(host.id, ()))

    def _taken(self, gateway: Element) -> list[str]:
        """Return the flows that a gateway gives tokens to: the first that may be taken, or all of an inclusive one."""
        taken = []
        for flow in gateway.outgoing:
            if flow != gateway.default_flow and (
                self.flows[flow].condition is None or self._condition(self.flows[flow])
            ):
                taken.append(flow)
                if gateway.kind == "exclusiveGateway":
                    break
        if not taken and gateway.default_flow is None:
            raise Stuck(f"no flow of {gateway.id} may be taken")
        return taken or [gateway.default_flow or ""]

    def _gateway(self, scope: Scope, gateway: Element) -> bool:
        marked = [flow for flow in gateway.incoming if flow in scope.tokens]
        missing = [flow for flow in gateway.incoming if flow not in scope.tokens]
        if gateway.kind == "parallelGateway":
            if missing:
                return False
        elif any(self._may_reach(scope, flow, gateway.id) for flow in missing):
            return False
        for flow in marked:
            scope.tokens.remove(flow)
        if gateway.kind == "parallelGateway" or len(gateway.outgoing) == 1:
            scope.tokens += gateway.outgoing
            return True
        scope.tokens += self._taken(gateway)
        return True

    def _may_reach(self, scope: Scope, flow: str, gateway: str) -> bool:
        """Whether a token of this scope could still come to `flow` without passing the gateway."""
        seen: set[str] = set()
        todo = [flow]
        held = set(scope.tokens)
        active = {a.element.id for a in scope.active} | {e.id for a in scope.active for e in a.armed}
        while todo:
            current = todo.pop()
            if current in seen:
                continue
            seen.add(current)
            if current in held:
                return True
            source = self.elements[self.flows[current].source]
            if source.id == gateway:
                continue
            if source.id in active:  # a boundary event that has fired is not: only those that still listen
                return True
            todo += source.incoming
            if source.attached_to:
                todo += self.elements[source.attached_to].incoming
        return False

    def _end(self, scope: Scope, element: Element) -> None:
        if element.trigger == "terminate":
            scope.tokens.clear()
            scope.active.clear()
        elif element.trigger == "error":
            if not self._throw(scope, element, "error"):
                raise Stuck(f"nothing catches the error of {element.id}")
        elif element.trigger == "escalation":
            self._escalate(scope, element)

    def _escalate(self, scope: Scope, element: Element) -> None:
        self._throw(scope, element, "escalation")

    def _throw(self, scope: Scope, element: Element, kind: str) -> bool:
        """Carry an error or escalation outwards to the first boundary that catches it."""
        while scope.parent is not None:
            for active in scope.parent.active:
                if active.inside is not scope:
                    continue
                for event in active.armed:
                    if event.trigger == kind and event.code in (None, element.code):
                        self._boundary(scope.parent, active, event)
                        return True
            scope = scope.parent
        return False

    def _boundary(self, scope: Scope, active: Active, event: Element) -> None:
        if event.interrupting:
            scope.active.remove(active)
        else:
            active.armed.remove(event)
        self._leave(scope, event)
