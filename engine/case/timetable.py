"""The timers a case waits for, worked out again after every act where their facts have changed.

One whose moment cannot be worked out is set aside and told as an incident once: it must stop neither the act at hand nor
the other timers of its case, among them those that look for the child.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from engine.case.deadlines import instant
from engine.case.evaluate import evaluate
from engine.case.facts import Facts
from engine.case.interpreter import Instance
from engine.case.model import Incident, WaitingTimer
from engine.case.scopes import Plan
from engine.feel import Expression
from engine.pack.model import Element

Key = tuple[int, int, str]
"""Instance, token, element."""


def name_of(key: Key) -> str:
    """Return the id of a timer."""
    number, token, element = key
    return f"{number}.{token}.{element}"


class Timetable:
    """What will fire when. `since` remembers when each token began to wait, which is what its `now` means."""

    def __init__(self, plan: Plan, facts: Facts) -> None:
        self._plan = plan
        self._facts = facts
        self.since: dict[Key, datetime] = {}
        self.waiting: list[WaitingTimer] = []
        self.broken: dict[Key, Incident] = {}
        """Those set aside, with what is wrong."""
        self.told: set[Key] = set()
        """Those whose incident was told."""
        self._due: dict[Key, tuple[int, datetime]] = {}

    def rework(self, instances: Iterable[Instance], now: datetime) -> list[Incident]:
        """Work every waiting timer out again whose facts have changed; return the incidents not told before.

        A timer that has fired is no longer here.
        """
        waiting: list[WaitingTimer] = []
        since: dict[Key, datetime] = {}
        due: dict[Key, tuple[int, datetime]] = {}
        self.broken = {}
        for one in instances:
            for token, element_id in one.awaited():
                element = self._plan.element(element_id)
                if element.trigger != "timer" or element.expression is None:
                    continue
                key = (one.number, token, element_id)
                since[key] = self.since.get(key, now)
                try:
                    due[key] = self._work_out(key, element, element.expression, since[key])
                except Incident as incident:
                    incident.timer = name_of(key)
                    self.broken[key] = incident
                    continue
                waiting.append(WaitingTimer(name_of(key), element.process, element_id, due[key][1]))
        self.since, self._due = since, due
        self.waiting = sorted(waiting, key=lambda timer: (timer.due, timer.id))
        new = [incident for key, incident in self.broken.items() if key not in self.told]
        self.told = set(self.broken)
        return new

    def problem(self, timer: str) -> Incident | None:
        """Return what keeps a timer from being worked out."""
        return next((incident for incident in self.broken.values() if incident.timer == timer), None)

    def _work_out(
        self, key: Key, element: Element, expression: Expression, since: datetime
    ) -> tuple[int, datetime]:
        held, stamp = self._due.get(key), self._facts.changes.stamp
        if held is not None and not self._facts.changes.since(
            self._plan.dependencies.of(expression), held[0]
        ):
            return stamp, held[1]
        value = evaluate(expression, self._facts, process=element.process, element=element.id, moment=since)
        return stamp, instant(value, process=element.process, element=element.id, expression=expression)[0]
