"""Who has a duty or a task: a role, or an expression that gives one and is followed while the work is open.

`now` in such an expression is the moment at which the work arose, so that nothing changes hands at nightfall.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from engine.case.evaluate import evaluate
from engine.case.facts import Facts
from engine.case.ledger import Ledger
from engine.case.model import Entry, Happening, Incident
from engine.case.scopes import Plan
from engine.feel import Expression
from engine.pack.model import Duty, Element


class Roles:
    """Works out who has what in one case."""

    def __init__(
        self, plan: Plan, facts: Facts, ledger: Ledger, interrupted: Callable[[Entry], bool]
    ) -> None:
        """`interrupted` says whether the act at hand has interrupted the work on an entry."""
        self._plan = plan
        self._facts = facts
        self._ledger = ledger
        self._interrupted = interrupted
        self._read: dict[str, int] = {}

    def of(self, duty: Duty | None, element: Element) -> str:
        """Return the role that acts: the duty's own, else the element's or its lane's. Raises Incident for none."""
        role: Any = duty.role if duty is not None and duty.role is not None else element.role
        if role is not None and not isinstance(role, str):
            role = evaluate(role, self._facts, process=element.process, element=element.id)
        return self._known(role, element)

    def _known(self, role: Any, element: Element) -> str:
        if not isinstance(role, str) or role not in self._plan.pack.vocabulary.roles:
            raise Incident(
                f"nobody acts at {element.id}: its role gives {role!r}, which is no role of the vocabulary",
                process=element.process,
                element=element.id,
            )
        return role

    def outside(self, role: str) -> bool:
        """Whether the role stands outside the council."""
        in_pack = self._plan.pack.roles.get(role)
        return in_pack.external if in_pack is not None else self._plan.pack.vocabulary.roles[role].external

    def follow(self, moment: datetime, by: str, obligation: str | None = None) -> None:
        """Give open entries, or those of one obligation, to the role that their expression gives now.

        An expression that cannot be answered or gives null moves nothing, nothing moves to a role that has the duty on
        this occasion already, and nothing moves that the act at hand interrupts: that ends with who had it.
        """
        for entry in self._ledger.open_entries() if obligation is None else self._ledger.open_of(obligation):
            expression = self._expression(entry)
            if expression is None or self._interrupted(entry):
                continue
            role = self.answered(expression, entry.element, f"entry {entry.number}", entry.raised)
            if role is None or role == entry.role:
                continue
            external = self._plan.pack.vocabulary.obligations[entry.obligation].external or self.outside(role)
            if self._ledger.move(entry, role, external=external) is not None:
                detail = {"entry": entry.number, "from": entry.role, "to": role}
                self._ledger.changes.history.append(
                    Happening(moment, "moved", entry.process, entry.element, by, detail)
                )

    def _expression(self, entry: Entry) -> Expression | None:
        """Return the expression that an open entry's role follows; None where the role is fixed."""
        duty = self._plan.duty(entry.element, entry.obligation)
        if duty is None or duty.keeps_role:
            return None
        role = duty.role if duty.role is not None else self._plan.element(entry.element).role
        return None if isinstance(role, str) else role

    def answered(self, role: Expression, element: str, name: str, moment: datetime) -> str | None:
        """Return what a role's expression gives; None where it gives nothing or nothing it hangs on has changed.

        `name` is whose role it is, `moment` what `now` means in it. Raises Incident for a value that is no role.
        """
        changes = self._facts.changes
        stamp = self._read.get(name, -1)
        if stamp >= 0 and not changes.since(self._plan.dependencies.of(role), stamp):
            return None
        self._read[name] = changes.stamp
        carrier = self._plan.element(element)
        try:
            value = evaluate(role, self._facts, process=carrier.process, element=element, moment=moment)
        except Incident:
            return None
        return None if value is None else self._known(value, carrier)
