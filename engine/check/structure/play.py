"""One scope of a process as states and steps: the token game with every condition free and every inner scope closed.

A scope is a process or a subprocess. What runs inside one of its nodes (a subprocess, a called process) is looked at
once, by itself; from outside it can do what was found there: end, come to rest, throw. So the states of scopes add up
instead of multiplying. A state is where everything waits; a step is one piece of work done, one event, one thing that an
inner scope does, and the answers that the gateways behind it give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import TypeVar

from engine.check.tokengame import AWAITED, WORK, Active, Board, Scope, Stuck, TokenGame
from engine.pack.model import Element, Pack

Item = TypeVar("Item", str, tuple[str, tuple[str, ...]])
State = tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]
"""Flows with a token, and active elements, each with its boundary events that still listen."""
LEFT: State = (("left by an error",), ())
"""Where a scope is once an error has carried it out: over, but not ended."""
MANY = 2
"""Tokens at one place beyond which more make no difference: a loop that lets work pile up has no end of them."""
ANSWERS = 60
"""Gateways answered within one step, beyond which tokens run in a circle without waiting."""
OUTCOMES = 1_000
"""Ways in which the gateways of one step may answer, beyond which a scope is not explored to its end."""
INNER = frozenset({"subProcess", "callActivity"})


class TooMany(Exception):
    """One step has too many outcomes."""


@dataclass
class Inside:
    """What a scope can do, seen from outside.

    `rests`: it can come to a state in which it keeps nothing open (only elements marked `watch` are live). `throws` are
    codes of escalations and errors, each with its kind.
    """

    ends: bool = False
    rests: bool = False
    throws: set[tuple[str, str | None]] = field(default_factory=set)


@dataclass(frozen=True)
class Step:
    """One step: what happened, and the elements and flows that tokens passed."""

    said: str
    state: State
    passed: frozenset[str]


class _Run(TokenGame):
    """The token game of one scope that answers gateways from a script and keeps inner scopes closed."""

    def __init__(self, pack: Pack, scope: str, board: Board) -> None:
        super().__init__(pack, scope, board)
        self.script: list[int] = []
        self.asked: list[int] = []
        self.answers: list[str] = []
        self.passed: set[str] = set()
        self.thrown: set[tuple[str, str | None]] = set()
        self.left = False
        self.clipped = False
        self.at: str | None = None
        """The last gateway that had a choice."""

    def set(self, state: State, script: list[int]) -> None:
        tokens, active = state
        self.root.tokens[:] = tokens
        self.root.active[:] = [
            Active(self.elements[name], None, [self.elements[event] for event in armed])
            for name, armed in active
        ]
        self.script, self.asked, self.answers = script, [], []
        self.passed, self.thrown, self.left = set(), set(), False

    def state(self) -> State:
        active = ((a.element.id, tuple(event.id for event in a.armed)) for a in self.root.active)
        return self._few(self.root.tokens), self._few(active)

    def _few(self, items: Iterable[Item]) -> tuple[Item, ...]:
        """Return items in order, without those beyond the second at one place."""
        kept: list[Item] = []
        for item in sorted(items):
            if len(kept) >= MANY and _place(kept[-MANY]) == _place(item):
                self.clipped = True
            else:
                kept.append(item)
        return tuple(kept)

    def _arrive(self, scope: Scope, flow: str) -> bool:
        element = self.elements[self.flows[flow].target]
        self.passed.update(other for other in element.incoming if other in scope.tokens)
        if element.kind in INNER:
            scope.tokens.remove(flow)
            scope.active.append(Active(element, None, self._attached(element)))
            moved = True
        else:
            moved = super()._arrive(scope, flow)
        if moved:
            self.passed.add(element.id)
        return moved

    def _taken(self, gateway: Element) -> list[str]:
        choices = _choices(gateway)
        if len(choices) > 1 or self.at is None:
            self.at = gateway.id
        if len(self.asked) >= ANSWERS:
            raise Stuck(f"tokens run in a circle at {self.at}")
        number = self.script[len(self.asked)] if len(self.asked) < len(self.script) else 0
        self.asked.append(len(choices))
        names = " and ".join(f"“{self.flows[flow].name or flow}”" for flow in choices[number])
        if len(choices) > 1:
            self.answers.append(f"“{gateway.name or gateway.id}” is answered {names}")
        return list(choices[number])

    def _throw(self, scope: Scope, element: Element, kind: str) -> bool:
        self.thrown.add((kind, element.code))
        if kind == "error":
            scope.tokens.clear()
            scope.active.clear()
            self.left = True
        return True


def _choices(gateway: Element) -> list[tuple[str, ...]]:
    """Return what a gateway may answer: one flow, or any of them where it is inclusive."""
    if gateway.kind == "exclusiveGateway":
        return [(flow,) for flow in gateway.outgoing]
    asked = [flow for flow in gateway.outgoing if flow != gateway.default_flow]
    some = chain.from_iterable(combinations(asked, size) for size in range(1, len(asked) + 1))
    return [*some, (gateway.default_flow,)] if gateway.default_flow else list(some)


def _place(item: str | tuple[str, tuple[str, ...]]) -> str:
    return item if isinstance(item, str) else item[0]


class Play:
    """The states and steps of one scope."""

    def __init__(self, pack: Pack, scope: str, board: Board, inside: Mapping[str, Inside]) -> None:
        self.board, self.inside = board, inside
        self.run = _Run(pack, scope, board)
        self.thrown: set[tuple[str, str | None]] = set()
        here = [e for e in board.elements.values() if e.scope == scope]
        self.reducible = not any(
            e.kind == "inclusiveGateway" or (e.kind == "endEvent" and e.trigger in ("terminate", "error"))
            for e in here
        )
        """Whether what one token does never changes what another can do (see `explore`)."""

    def beginnings(self) -> list[Step]:
        """Return the first states."""
        begins = self.board.starts[self.run.root.name]
        state: State = (begins.outgoing, ())
        return list(self._outcomes(state, "it starts", lambda: self.run.passed.add(begins.id)))

    def steps(self, state: State, node: int) -> Iterator[Step]:
        """Yield what the active node of that number can do."""
        name, armed = state[1][node]
        element = self.board.elements[name]
        if element.kind in WORK:
            yield from self._outcomes(state, f"{_named(element)} is done", self._leave(node, element))
        elif element.kind in INNER and self.inside_of(element).ends:
            yield from self._outcomes(state, f"{_named(element)} ends", self._leave(node, element))
        elif element.kind == "intermediateCatchEvent":
            yield from self._outcomes(state, f"{_named(element)} happens", self._leave(node, element))
        elif element.kind == "eventBasedGateway":
            for flow in element.outgoing:
                event = self.board.elements[self.board.flows[flow].target]
                yield from self._outcomes(state, f"{_named(event)} happens", self._leave(node, event))
        for name in armed:
            event = self.board.elements[name]
            if event.trigger in AWAITED or self._thrown_inside(element, event):
                said = f"{_named(event)} happens at {_named(element)}"
                yield from self._outcomes(state, said, self._fire(node, event))

    def inside_of(self, host: Element) -> Inside:
        return self.inside[host.calls or host.id]

    def rests(self, state: State) -> bool:
        """Tell whether a state keeps nothing open: only what is marked `watch` is live."""
        return not state[0] and all(
            self.board.elements[name].watch
            or (self.board.elements[name].kind in INNER and self.inside_of(self.board.elements[name]).rests)
            for name, _ in state[1]
        )

    def _thrown_inside(self, host: Element, event: Element) -> bool:
        return host.kind in INNER and any(
            kind == event.trigger and event.code in (None, code) for kind, code in self.inside_of(host).throws
        )

    def _leave(self, node: int, element: Element) -> Callable[[], None]:
        def act() -> None:
            del self.run.root.active[node]
            self.run.root.tokens += element.outgoing
            self.run.passed.add(element.id)

        return act

    def _fire(self, node: int, event: Element) -> Callable[[], None]:
        def act() -> None:
            host = self.run.root.active[node]
            if event.interrupting:
                self.run.root.active.remove(host)
            else:
                host.armed = [other for other in host.armed if other is not event]
            self.run.root.tokens += event.outgoing
            self.run.passed.add(event.id)

        return act

    def _outcomes(self, state: State, said: str, act: Callable[[], None]) -> Iterator[Step]:
        """Yield a step for each way in which the gateways behind it can answer; raise Stuck where they never end."""
        run = self.run
        script: list[int] = []
        for _ in range(OUTCOMES):
            run.set(state, script)
            act()
            run.advance(run._condition)
            self.thrown |= run.thrown
            after = LEFT if run.left else run.state()
            yield Step("; ".join([said, *run.answers]), after, frozenset(run.passed.union(run.root.tokens)))
            answered = [*script, *[0] * (len(run.asked) - len(script))]
            while answered and answered[-1] + 1 == run.asked[len(answered) - 1]:
                answered.pop()
            if not answered:
                return
            script = [*answered[:-1], answered[-1] + 1]
        raise TooMany


def _named(element: Element) -> str:
    return f"“{element.name or element.id}”"
