"""What a case holds, and the only ways in which it is written: a line of history, a fact.

The acts (case.py), the work that stands open (work.py) and coming to rest (rest.py) all change this one state. After an
Incident it must be thrown away and loaded again, because the process may have moved half way.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.case.duties import Duties
from engine.case.facts import Facts, plain
from engine.case.interpreter import Instance, TokenState
from engine.case.ledger import Ledger
from engine.case.model import CaseError, Changes, Entry, Episode, FactChange, Happening, OpenTask
from engine.case.roles import Roles
from engine.case.scopes import Plan, plan_of
from engine.case.timetable import Timetable
from engine.clock import local
from engine.feel import Expression
from engine.pack.model import Element, Pack


class State:
    """The facts, the ledger, the running processes and the open tasks of one case, at one moment."""

    def __init__(self, pack: Pack, number: int, facts: dict[str, Any], episodes: tuple[Episode, ...]) -> None:
        self.pack = pack
        self.number = number
        self.plan: Plan = plan_of(pack)
        self.facts = Facts(pack, facts, episodes, self.plan.dependencies)
        self.changes = Changes()
        self.ledger = Ledger(pack, self.changes, self.facts.changes.note)
        self.facts.ledger = self.ledger
        self.roles = Roles(self.plan, self.facts, self.ledger, self._interrupts)
        self.duties = Duties(self.plan, self.facts, self.ledger, self.roles)
        self.timetable = Timetable(self.plan, self.facts)
        self.instances: dict[int, Instance] = {}
        self.tasks: dict[str, OpenTask] = {}
        self.tokens: dict[str, tuple[int, int]] = {}
        """id of a task → the instance and the token that stand at it; a detached task has none."""
        self.closed = False
        self.voided = False
        """Whether it was opened in error: nothing happens in it any more."""
        self.hold: frozenset[str] = frozenset()
        """Obligations whose automatic notices wait until somebody completes them."""
        self.passed: dict[str, None] = {}
        """The elements that a token has left, in order."""
        self.flows: dict[str, None] = {}
        """The flows that were chosen because of their condition, or for want of another."""
        self.conditions: dict[str, bool] = {}
        """How the condition of each standing watch stood when it was read last."""
        self.interrupted: list[Element] = []
        """The scopes that an interrupting event has ended since the case came to rest."""
        self.next_task = 1
        self.next_instance = 1
        self.moment: datetime | None = None
        self.by = "system"
        self._read: dict[str, int] = {}

    def begin(self, at: datetime, by: str) -> None:
        """Begin an act of somebody at a moment; time never runs backwards."""
        if at.tzinfo is None:
            raise CaseError("a moment without a zone cannot be recorded")
        if self.voided:
            raise CaseError("this case was voided: nothing can be recorded in it")
        if self.moment is not None and at < self.moment:
            raise CaseError(
                f"the case already stands at {self.moment.isoformat()}; {at.isoformat()} is before that"
            )
        self.moment = local(at)
        self.by = by
        self.facts.at(self.moment)
        self.duties.at(self.moment, by)

    @property
    def now(self) -> datetime:
        if self.moment is None:
            raise CaseError("the case has no moment yet")
        return self.moment

    def note(
        self,
        kind: str,
        *,
        process: str | None = None,
        element: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Write a line of the case's history."""
        self.changes.history.append(Happening(self.now, kind, process, element, self.by, detail or {}))

    def write_fact(
        self,
        fact: str,
        value: Any,
        *,
        actual: datetime,
        origin: str,
        where: str,
        reason: str | None = None,
    ) -> None:
        """Set a fact, true since `actual`; nothing happens where it stands so already. Raises CaseError."""
        known = self.pack.vocabulary.facts.get(fact)
        if known is None and not fact.startswith("period."):
            raise CaseError(f"{fact} is no fact of the vocabulary")
        if known is not None and known.source == "derived" and origin != "override":
            raise CaseError(f"{fact} is computed; it cannot be typed in")
        value = plain(value)
        if fact in self.facts.stored and self.facts.stored[fact] == value:
            return
        self.facts.store(fact, value)
        self.changes.facts.append(FactChange(fact, value, self.now, actual, self.by, origin, where, reason))

    def bring(self, event: str, actual: datetime, reason: str | None) -> None:
        """Set the facts that an event of the vocabulary brings by itself."""
        for fact, value in self.pack.vocabulary.events[event].sets.items():
            taken = {"actual": local(actual), "recorded": self.now}.get(str(value), plain(value))
            self.write_fact(fact, taken, actual=actual, origin="event", where=event, reason=reason)

    def told_with(self, event: str, actual: datetime) -> dict[str, datetime]:
        """Return the event that this one tells of, with its moment, where the case has not heard of it; else nothing."""
        known = self.pack.vocabulary.events[event]
        if known.tells is None:
            return {}
        marks = [
            fact for fact, value in self.pack.vocabulary.events[known.tells].sets.items() if value == "actual"
        ]
        if any(self.facts.stored.get(fact) is not None for fact in marks):
            return {}
        since = self.facts.stored.get(known.tells_since or "")
        moment = min(actual, since) if since is not None else actual
        self.note("event", detail={"event": known.tells, "actual": moment.isoformat()})
        return {known.tells: moment}

    def _interrupts(self, entry: Entry) -> bool:
        """Whether the act at hand has interrupted the work on an entry, which is still to be told so."""
        place = self.tokens.get(entry.task or "")
        if place is None:
            return entry.task is None and any(
                entry.element in self.plan.inside(host) for host in self.interrupted
            )
        return not any(
            token.number == place[1] and token.state is TokenState.WORK
            for token in self.instances[place[0]].tokens()
        )

    def fresh(self, name: str, expression: Expression) -> bool:
        """Whether an expression, read under this name, hangs on anything changed since; it counts as read now."""
        changes = self.facts.changes
        before, self._read[name] = self._read.get(name, -1), changes.stamp
        return before < 0 or (
            before < changes.stamp and changes.since(self.plan.dependencies.of(expression), before)
        )
