"""Which elements of the diagrams a check is about: computed from the clauses and duties that they carry."""

from __future__ import annotations

from collections.abc import Collection

from engine.check.verify.playing import Breach
from engine.pack.checks import Check
from engine.pack.model import Element, Pack

MOST = 12


def concerned(pack: Pack, check: Check, breach: Breach, passed: Collection[str]) -> list[str]:
    """Return the elements that a breach concerns, those that it names first, then those that carry the check's words.

    Those that the story passed come before those that it did not; of what only shares a clause with the check nothing
    is named where something carries its duties.
    """
    carriers = [element for element in pack.elements if _performs(element, check)]
    citing = [element for element in pack.elements if _cites(element, check)]
    ordered = dict.fromkeys(breach.elements)
    for elements in (carriers, citing):
        ordered.update(dict.fromkeys(e.id for e in elements if e.id in passed))
        ordered.update(dict.fromkeys(e.id for e in elements if e.id not in passed))
    return list(ordered)[:MOST]


def elements_of(pack: Pack, check: Check) -> list[str]:
    """Return the elements that carry a check's clauses or perform its duties."""
    return [element.id for element in pack.elements if _cites(element, check) or _performs(element, check)]


def _performs(element: Element, check: Check) -> bool:
    return any(
        duty.obligation in check.obligations and set(duty.clauses) & set(check.clauses)
        for duty in element.duties
    )


def _cites(element: Element, check: Check) -> bool:
    cited = {*element.clauses, *(clause for duty in element.duties for clause in duty.clauses)}
    return bool(cited & set(check.clauses))
