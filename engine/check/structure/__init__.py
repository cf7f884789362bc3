"""What a diagram does as a whole, whatever facts say: places where a case gets stuck, never arrives, or never ends.

Every condition is a free choice and every awaited event may happen at any time, so a fault is one of the drawing and not
of the facts. What the lint sees in the shape of a diagram already (a node without a way to it, alternatives before a
parallel join) is left to it. Cost: the states of each scope by itself, in the worst case exponential in its parallel
branches; a bound on them is reported where it is met.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.finding import Finding, accept
from engine.check.structure.explore import Explored, explore
from engine.check.structure.play import INNER, Inside, Play, State
from engine.check.tokengame import AWAITED, Board
from engine.pack.model import Element, Pack, Process

__all__ = ["KINDS", "examine_process", "examine_structure"]

KINDS = frozenset({"deadlock", "never-ends", "never-rests", "unreachable", "doubled", "not-explored"})


def examine_structure(pack: Pack) -> list[Finding]:
    """Return what is wrong with the processes of a pack, in their order; findings it accepts with their reason."""
    board = Board(pack)
    inside: dict[str, Inside] = {}
    found: dict[str, list[Finding]] = {}
    for process in called_first(pack):
        found[process.id] = list(_examine(pack, process, board, inside))
    ordered = [item for process in pack.processes for item in found[process]]
    return accept(ordered, pack.accepted, KINDS)


def examine_process(pack: Pack, process: str) -> list[Finding]:
    """Return what is wrong with one process."""
    board = Board(pack)
    inside: dict[str, Inside] = {}
    for one in called_first(pack):
        found = list(_examine(pack, one, board, inside))
        if one.id == process:
            return found
    return []


def called_first(pack: Pack) -> list[Process]:
    """Return the processes, each after those that it calls."""
    order: list[Process] = []

    def visit(process: Process) -> None:
        if process in order:
            return
        for element in process.elements.values():
            if element.calls is not None and element.calls in pack.processes:
                visit(pack.processes[element.calls])
        order.append(process)

    for process in pack.processes.values():
        visit(process)
    return order


def _examine(pack: Pack, process: Process, board: Board, inside: dict[str, Inside]) -> Iterator[Finding]:
    for scope in scopes_of(process):
        explored = explore(Play(pack, scope, board, inside))
        inside[scope] = explored.inside()
        yield from _Report(pack, process, scope, board, explored, inside).findings()


def scopes_of(process: Process) -> list[str]:
    """Return the subprocesses of a process, each after those inside it, and the process itself."""
    depth = {}
    for element in process.elements.values():
        if element.kind == "subProcess":
            at, steps = element, 0
            while at.scope in process.elements:
                at, steps = process.elements[at.scope], steps + 1
            depth[element.id] = steps
    return [*sorted(depth, key=lambda name: -depth[name]), process.id]


class _Report:
    """Words for what exploring one scope has found."""

    def __init__(
        self,
        pack: Pack,
        process: Process,
        scope: str,
        board: Board,
        explored: Explored,
        inside: dict[str, Inside],
    ) -> None:
        self.pack, self.process, self.scope, self.board = pack, process, scope, board
        self.explored, self.inside = explored, inside

    def findings(self) -> Iterator[Finding]:
        explored = self.explored
        if explored.endless:
            yield self._finding(
                "never-rests",
                self.board.elements.get(explored.play.run.at or "") or self._whole(),
                "tokens run in a circle here without waiting for anything",
                "Put a task or a wait into the circle.",
            )
            return
        if explored.given_up:
            count = len(explored.came)
            yield self._finding(
                "not-explored",
                self._whole(),
                f"more than {count:,} states: what was found is right, but more may be wrong",
                "Move branches that have nothing to do with each other into processes of their own.",
                whole=True,
                note=True,
            )
        yield from self._deadlocks()
        if not explored.given_up:
            yield from self._endless()
            yield from self._unreachable()
        for name, state in explored.doubled():
            element = self.board.elements.get(name) or self.board.elements[self.board.flows[name].target]
            yield self._finding(
                "doubled",
                element,
                f"two tokens can be at {_named(element)} at once, so that what follows happens twice",
                "See that it is meant: work of a loop that may still be open in the next round, say.",
                state,
                note=True,
            )

    def _deadlocks(self) -> Iterator[Finding]:
        told: set[str] = set()
        for state in self.explored.deadlocks():
            for flow in dict.fromkeys(state[0]):
                join = self.board.elements[self.board.flows[flow].target]
                if join.id in told:
                    continue
                told.add(join.id)
                missing = [f for f in join.incoming if f not in state[0]]
                froms = " and ".join(_named(self.board.elements[self.board.flows[f].source]) for f in missing)
                waits = f"waits for a token from {froms} that never comes" if froms else "never goes on"
                yield self._finding(
                    "deadlock",
                    join,
                    f"{_named(join)} {waits}",
                    "Join only branches that were split together, all of which arrive.",
                    state,
                )

    def _endless(self) -> Iterator[Finding]:
        states = self.explored.endless_states()
        if not states or self._interruptible():
            return
        state = states[0]
        place = self._whole()
        if state[0]:
            place = self.board.elements[self.board.flows[state[0][0]].target]
        elif state[1]:
            place = self.board.elements[state[1][0][0]]
        yield self._finding(
            "never-ends",
            place,
            "from here no end can be reached any more",
            "Give the circle a way out, or mark what only watches with `watch`.",
            state,
            whole=True,
        )

    def _interruptible(self) -> bool:
        """Whether whatever runs this scope inside it can be interrupted, so that the scope need not end by itself."""
        hosts = [e for e in self.pack.elements if e.kind in INNER and (e.calls or e.id) == self.scope]
        return bool(hosts) and all(
            any(
                event.interrupting
                and (
                    event.trigger in AWAITED
                    or any(
                        kind == event.trigger and event.code in (None, code)
                        for kind, code in self.inside[self.scope].throws
                    )
                )
                for event in self.board.attached.get(host.id, ())
            )
            for host in hosts
        )

    def _unreachable(self) -> Iterator[Finding]:
        passed = self.explored.passed
        for element in self.process.elements.values():
            if element.scope != self.scope or element.id in passed:
                continue
            sources = {self.board.flows[flow].source for flow in element.incoming} | {element.attached_to}
            if element.incoming and (not sources & passed or passed.intersection(element.incoming)):
                continue  # told of where the way to it breaks off, or of a join where tokens wait in vain
            if element.attached_to is not None and element.attached_to not in passed:
                continue
            if self._formal_end(element):
                continue
            yield self._finding(
                "unreachable",
                element,
                f"no token ever comes to {_named(element)}",
                "See what should lead here; remove it if nothing should.",
                whole=True,
            )

    def _formal_end(self, element: Element) -> bool:
        """Whether an element only ends what an interruption ends before: such an end is drawn for form's sake."""
        sources = [self.board.elements[self.board.flows[flow].source] for flow in element.incoming]
        plain = element.kind == "endEvent" and element.trigger in (None, "none") and not element.duties
        return plain and all(s.kind in INNER and not self.inside[s.calls or s.id].ends for s in sources)

    def _whole(self) -> Element:
        """Return the element that stands for the scope: the subprocess, or the process's start."""
        return self.board.elements.get(self.scope) or self.board.elements[self.process.start_element]

    def _finding(
        self,
        kind: str,
        element: Element,
        message: str,
        remedy: str,
        state: State | None = None,
        whole: bool = False,
        note: bool = False,
    ) -> Finding:
        """Return a finding; `whole`: it is only sure where every state was looked at, and no state shows it."""
        return Finding(
            kind=kind,
            file=self.process.file,
            line=element.line,
            element=element.id,
            message=message,
            remedy=remedy,
            clauses=element.clauses,
            steps=() if state is None else self.explored.steps_to(state),
            exact=not (whole and (self.explored.given_up or self.explored.play.run.clipped)),
            note=note,
        )


def _named(element: Element) -> str:
    return f"“{element.name or element.id}”"
