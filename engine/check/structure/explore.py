"""Every state that a scope can come to, and what is wrong with the whole: deadlocks, no way to an end, doubled tokens.

States are explored breadth first, so that the steps to a fault are as few as can be. Where a scope holds no inclusive
gateway and no end that terminates it or leaves it by an error, what one active node does never changes what another can
do; then, beyond a number of states, only one node is followed at a time (a partial-order reduction by persistent sets;
a state from which that leads only to known ones is followed in full, so that no circle hides a node). That finds every
deadlock and every unreachable node, but not every state, so not every doubling of tokens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.check.structure.play import LEFT, Inside, Play, State, Step, TooMany
from engine.check.tokengame import Stuck

IN_FULL = 1_000
"""States up to which all are explored before the reduction sets in."""
LIMIT = 5_000
"""States after which exploring is given up, and said to be."""


@dataclass
class Explored:
    """What was found in one scope. `came` gives for each state the step and the state that led to it first."""

    play: Play
    came: dict[State, tuple[str, State | None]] = field(default_factory=dict)
    following: dict[State, list[State]] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    endless: bool = False
    reduced: bool = False
    given_up: bool = False

    def inside(self) -> Inside:
        """Return what the scope does as seen from outside."""
        return Inside(
            ends=((), ()) in self.came,
            rests=any(self.play.rests(state) for state in self.came),
            throws=set(self.play.thrown),
        )

    def steps_to(self, state: State) -> tuple[str, ...]:
        """Return what happens, in order, on the shortest way to a state."""
        steps: list[str] = []
        at: State | None = state
        while at is not None:
            said, at = self.came[at]
            steps.append(said)
        return tuple(reversed(steps))

    def deadlocks(self) -> list[State]:
        """Return states in which nothing can happen any more though tokens are left, the nearest first."""
        return [
            state
            for state in self.came
            if not self.following.get(state)
            and not _over(state)
            and not self.play.rests(state)
            and state in self.following
        ]

    def endless_states(self) -> list[State]:
        """Return states from which neither an end nor a rest nor a deadlock can be reached.

        Those come first in which a token waits at a join, and then the nearest.
        """
        before: dict[State, list[State]] = {}
        for state, following in self.following.items():
            for after in following:
                before.setdefault(after, []).append(state)
        good = {s for s in self.came if _over(s) or self.play.rests(s) or not self.following.get(s)}
        waiting = list(good)
        while waiting:
            for state in before.get(waiting.pop(), ()):
                if state not in good:
                    good.add(state)
                    waiting.append(state)
        return sorted((state for state in self.came if state not in good), key=lambda state: not state[0])

    def doubled(self) -> Iterator[tuple[str, State]]:
        """Yield each element or flow that two tokens can hold at once, with the first such state."""
        told: set[str] = set()
        for state in self.came:
            names = [*state[0], *(name for name, _ in state[1])]
            for name in names:
                if name not in told and names.count(name) > 1:
                    told.add(name)
                    yield name, state


def _over(state: State) -> bool:
    return state in (((), ()), LEFT)


def explore(play: Play, in_full: int = IN_FULL, limit: int = LIMIT) -> Explored:
    """Explore a scope; beyond `in_full` states reduced where that is sound, never beyond `limit`."""
    found = _explore(play, False, in_full if play.reducible else limit)
    if found.given_up and play.reducible:
        found = _explore(play, True, limit)
    return found


def _explore(play: Play, reduced: bool, limit: int) -> Explored:
    found = Explored(play, reduced=reduced)
    waiting: deque[State] = deque()

    def arrive(steps: list[Step], origin: State | None) -> list[State]:
        for step in steps:
            found.passed |= step.passed
            if step.state not in found.came:
                found.came[step.state] = (step.said, origin)
                waiting.append(step.state)
        return [step.state for step in steps]

    try:
        arrive(play.beginnings(), None)
        while waiting:
            if len(found.came) > limit:
                found.given_up = True
                break
            state = waiting.popleft()
            found.following[state] = following = []
            for node in range(len(state[1])):
                steps = list(play.steps(state, node))
                fresh = reduced and steps and all(step.state not in found.came for step in steps)
                following += arrive(steps, state)
                if fresh:
                    break
    except Stuck:
        found.endless = True
    except TooMany:
        found.given_up = True
    return found
