"""What elements do to duties: raise them, take them on as work, settle them, and what an interruption does.

A duty is raised once for each obligation, role and occasion; a second element that carries it finds it raised and adds
its clauses to the entry while that is open (one that only takes it on as work does not: it may serve several rules).
Limits are worked out when the duty arises and again after every act while it is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from engine.case.deadlines import Deadline, work_out
from engine.case.evaluate import evaluate, truth
from engine.case.facts import Facts
from engine.case.ledger import Ledger
from engine.case.model import Entry, Happening, Incident, Outcome
from engine.case.roles import Roles
from engine.case.scopes import Plan
from engine.clock import LOCAL_ZONE
from engine.feel import Expression, parse
from engine.pack.model import Act, Duty, Element

ANSWERS = {"done": Outcome.DONE, "refused": Outcome.REFUSED, "not_engaged": Outcome.NOT_ENGAGED}
SUBMITTED = {**ANSWERS, "open": Outcome.OPEN}
SETTLEMENTS = {**ANSWERS, "withdrawn": Outcome.WITHDRAWN, "superseded": Outcome.SUPERSEDED}
FORCES = ("must", "should", "may")
INTERRUPTIONS = frozenset({"keep", "withdraw", "supersede"})


_kept = lru_cache(maxsize=4096)(parse)
"""Reads an expression once, so that what is known of it is found again."""


class Duties:
    """Works a case's ledger on behalf of its elements."""

    def __init__(self, plan: Plan, facts: Facts, ledger: Ledger, roles: Roles) -> None:
        self._plan = plan
        self._facts = facts
        self._ledger = ledger
        self._roles = roles
        self._now: datetime | None = None
        self._by = "system"
        self._read: dict[int, int] = {}
        self.kept: dict[int, Duty] = {}
        """Duties as an earlier version of the procedure set their limits, by the entries that arose under it."""
        self.written: set[int] = set()
        self.required_again: set[int] = set()
        """The entries written since the act began, and those open before that a rule has required again since."""

    def at(self, moment: datetime, by: str) -> None:
        self._now = moment
        self._by = by
        self.written.clear()
        self.required_again.clear()

    # --- raising

    def raise_duty(
        self, duty: Duty, element: Element, mark: tuple[str, ...], task: str | None = None
    ) -> Entry | None:
        """Raise a duty unless it does not arise or was raised before; return the new entry."""
        if not self._arises(duty, element):
            return None
        self._roles.follow(self._moment(), self._by, duty.obligation)
        role, occasion = self._roles.of(duty, element), self._occasion(duty, element)
        raised, entry = self._ledger.find(duty.obligation, role, occasion)
        if raised:
            if entry is not None and entry.open:
                self.required_again.add(entry.number)
                self.cite(entry, duty, element)
            return None
        return self._write(duty, element, role, occasion, mark, task)

    def take_on(self, element: Element, mark: tuple[str, ...], task: str) -> list[Entry]:
        """Return the entries that a task at `element` performs: newly raised, or open and without a task."""
        entries = []
        for duty in element.duties:
            if duty.act not in (Act.RAISES_PERFORMS, Act.PERFORMS) or not self._arises(duty, element):
                continue
            entry = self._entry_for(duty, element, mark, task)
            if entry is not None:
                entries.append(entry)
        return entries

    def _entry_for(self, duty: Duty, element: Element, mark: tuple[str, ...], task: str) -> Entry | None:
        self._roles.follow(self._moment(), self._by, duty.obligation)
        role, occasion = self._roles.of(duty, element), self._occasion(duty, element)
        raised, entry = self._ledger.find(duty.obligation, role, occasion)
        if duty.act is Act.RAISES_PERFORMS and not raised:
            return self._write(duty, element, role, occasion, mark, task)
        if duty.act is Act.PERFORMS and not raised:
            waiting = [e for e in self._ledger.open_of(duty.obligation) if e.task is None]
            entry = waiting[0] if waiting else None
        if entry is None or not entry.open:
            return None
        if duty.act is Act.RAISES_PERFORMS:
            self.required_again.add(entry.number)
        if entry.task is not None:
            if duty.act is Act.RAISES_PERFORMS:
                self.cite(entry, duty, element)
            return None
        entry = replace(entry, task=task)
        self._ledger.change(entry)
        return entry

    def cite(self, entry: Entry, duty: Duty, element: Element) -> None:
        """Let an open entry cite the clauses of a further rule that requires it; the stronger force counts."""
        if set(duty.clauses) <= set(entry.clauses):
            return
        cited = replace(
            entry,
            clauses=tuple(dict.fromkeys((*entry.clauses, *duty.clauses))),
            force=min(entry.force, duty.force, key=FORCES.index),
        )
        self._ledger.change(cited)
        self._ledger.changes.history.append(
            Happening(self._moment(), "cited", element.process, element.id, self._by, {"entry": entry.number})
        )

    def _arises(self, duty: Duty, element: Element) -> bool:
        return duty.when is None or truth(duty.when, self._facts, process=element.process, element=element.id)

    def _occasion(self, duty: Duty, element: Element) -> str:
        if duty.occasion is None:
            return ""
        value = evaluate(duty.occasion, self._facts, process=element.process, element=element.id)
        if value is None:
            raise Incident(
                f"the occasion of {duty.obligation} at {element.id} is null",
                process=element.process,
                element=element.id,
                expression=duty.occasion.text,
            )
        return value.isoformat() if isinstance(value, date) else str(value)

    def _write(
        self,
        duty: Duty,
        element: Element,
        role: str,
        occasion: str,
        mark: tuple[str, ...],
        task: str | None,
    ) -> Entry:
        now = self._moment()
        trigger = datetime.fromisoformat(mark[0]).astimezone(LOCAL_ZONE) if mark else None
        obligation = self._plan.pack.vocabulary.obligations[duty.obligation]
        moments = {"raised": now, "trigger": trigger}
        limit = self._limit(duty.due, element, now, moments)
        target = self._limit(duty.target, element, now, moments).at
        entry = Entry(
            number=self._ledger.next_number(),
            obligation=duty.obligation,
            role=role,
            external=self._roles.outside(role) or obligation.external,
            clauses=duty.clauses,
            force=duty.force,
            process=element.process,
            element=element.id,
            occasion=occasion,
            raised=now,
            trigger=trigger,
            clock=self._clock(duty, element, limit, now, moments),
            due=limit.at,
            whole_day=limit.whole_day,
            working=limit.steps,
            target=target,
            task=task,
        )
        self._ledger.add(entry, frozenset(mark[1:]))
        self.written.add(entry.number)
        self._read[entry.number] = self._facts.changes.stamp
        return entry

    def _limit(
        self, limit: Expression | None, element: Element, moment: datetime, moments: dict[str, Any]
    ) -> Deadline:
        """Work out a duty's due date or target as of the moment it was raised."""
        return work_out(
            limit,
            self._facts,
            process=element.process,
            element=element.id,
            extra=moments,
            moment=moment,
        )

    def _clock(
        self, duty: Duty, element: Element, limit: Deadline, now: datetime, moments: dict[str, Any]
    ) -> datetime:
        if duty.clock is not None:
            value = evaluate(
                duty.clock,
                self._facts,
                process=element.process,
                element=element.id,
                extra=moments,
                moment=now,
            )
            if isinstance(value, datetime):
                return value
        return limit.clock or now

    def rework(self) -> None:
        """Work limits and targets of open entries out again whose facts have changed; write those that differ."""
        for entry in self._ledger.open_entries():
            duty = self.kept.get(entry.number) or self._plan.duty(entry.element, entry.obligation)
            if duty is None or not self._changed_since_read(entry, duty):
                continue
            element = self._plan.element(entry.element)
            moments = {"raised": entry.raised, "trigger": entry.trigger}
            limit = self._limit(duty.due, element, entry.raised, moments)
            target = self._limit(duty.target, element, entry.raised, moments).at
            if (limit.at, target) != (entry.due, entry.target):
                self._ledger.change(
                    replace(
                        entry,
                        due=limit.at,
                        whole_day=limit.whole_day,
                        working=limit.steps,
                        clock=self._clock(duty, element, limit, entry.raised, moments),
                        target=target,
                    )
                )

    def _changed_since_read(self, entry: Entry, duty: Duty) -> bool:
        """Whether anything has changed that a duty's limit or target hangs on; they count as read now."""
        limits = [limit for limit in (duty.due, duty.target) if limit is not None]
        stamp, changes = self._read.get(entry.number, -1), self._facts.changes
        if not limits:
            return False
        if stamp >= 0 and not any(changes.since(self._plan.dependencies.of(one), stamp) for one in limits):
            return False
        self._read[entry.number] = changes.stamp
        return True

    def keep_limits(self, number: int, limits: Sequence[str | None]) -> None:
        """Let an entry's limit, target and clock be worked out by these expressions, whatever its element says now."""
        entry = self._ledger.entries[number]
        duty = self._plan.duty(entry.element, entry.obligation) or Duty(
            entry.obligation, Act.RAISES, (), "must"
        )
        due, target, clock = (None if text is None else _kept(text) for text in limits)
        self.kept[number] = replace(duty, due=due, target=target, clock=clock)

    def kept_limits(self) -> dict[str, list[str | None]]:
        """Return the expressions that `keep_limits` took, of entries that are still open."""
        return {
            str(number): [one.text if one else None for one in (duty.due, duty.target, duty.clock)]
            for number, duty in self.kept.items()
            if self._ledger.is_open(number)
        }

    # --- ending

    def outcome(self, entry: Entry, at: datetime, element: str | None = None) -> Outcome:
        """Return how an entry stands when its work is submitted at `at`: as its duty says, or done, or done late.

        Open: what was submitted does not meet the duty.
        """
        carrier = element or entry.element
        duty = self._plan.duty(carrier, entry.obligation) or self._plan.duty(entry.element, entry.obligation)
        word = "done"
        if duty is not None and duty.outcome is not None:
            word = self._word(duty.outcome, carrier, entry)
        outcome = SUBMITTED.get(word)
        if outcome is None:
            raise Incident(
                f"the outcome of {entry.obligation} at {carrier} gives {word!r}; it is one of "
                + ", ".join(SUBMITTED),
                element=carrier,
            )
        if outcome is Outcome.DONE and entry.due is not None and at > entry.due:
            return Outcome.DONE_LATE
        return outcome

    def settled(self, duty: Duty, element: Element, entry: Entry) -> Outcome:
        """Return how an element settles an open entry; done where the duty says nothing."""
        word = "done" if duty.outcome is None else self._word(duty.outcome, element.id, entry)
        outcome = SETTLEMENTS.get(word)
        if outcome is None:
            raise Incident(
                f"{element.id} settles {entry.obligation} as {word!r}; it is one of "
                + ", ".join(SETTLEMENTS),
                process=element.process,
                element=element.id,
            )
        if outcome is Outcome.DONE and entry.due is not None and self._moment() > entry.due:
            return Outcome.DONE_LATE
        return outcome

    def on_interrupt(self, entry: Entry, element: str) -> tuple[str, str | None]:
        """Return what an interruption does to an entry (keep, withdraw, supersede) and the reason given."""
        duty = self._plan.duty(element, entry.obligation) or self._plan.duty(entry.element, entry.obligation)
        if duty is None:
            return "keep", None
        word = duty.on_interrupt
        if not isinstance(word, str):
            word = self._word(word, element, entry)
        if word not in INTERRUPTIONS:
            raise Incident(
                f"on_interrupt of {entry.obligation} gives {word!r}; it is one of "
                + ", ".join(sorted(INTERRUPTIONS)),
                element=element,
            )
        return word, duty.on_interrupt_reason

    def _word(self, expression: Any, element: str, entry: Entry) -> str:
        carrier = self._plan.element(element)
        value = evaluate(
            expression,
            self._facts,
            process=carrier.process,
            element=element,
            extra={"due": entry.due, "raised": entry.raised, "trigger": entry.trigger},
        )
        return str(value)

    def _moment(self) -> datetime:
        if self._now is None:
            raise Incident("the case has no moment yet")
        return self._now
