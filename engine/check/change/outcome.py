"""What would have been otherwise in a case: two runs of it held against each other, duty by duty.

Duties are paired by what they are and on which occasion, not by their numbers, so that a duty that arises before another
than it did makes no difference by that alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from engine.case.model import Entry
from engine.check.change.again import Doubt, Played
from engine.clock import elapsed

APPEARS, VANISHES, DUE, OUTCOME, ROLE, ANSWER, CLOSED, CANNOT = (
    *("appears", "vanishes", "due", "outcome", "role", "answer", "closed", "cannot"),
)
KINDS = (APPEARS, VANISHES, DUE, OUTCOME, ROLE, ANSWER, CLOSED, CANNOT)
"""The kinds of difference, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class CaseDifference:
    """One thing that would be otherwise in a case.

    `what` is the duty, the fact that a table answers, or the element of a doubt; `before` and `after` are JSON: a limit
    or None, an outcome, a role, an answer. `by` is by how many seconds a limit moves. `open`: the duty stands open.
    """

    kind: str
    what: str
    element: str = ""
    before: Any = None
    after: Any = None
    by: float | None = None
    open: bool = False
    role: str = ""

    @property
    def group(self) -> str:
        """What this is counted with: equal for differences of the same kind in several cases."""
        if self.kind == DUE:
            change = "none" if self.by is None else f"{self.by:.0f}"
            if self.by is None:
                change = "gone" if self.after is None else "new"
            elif (
                abs(self.by) >= _HOUR and self.by % _HOUR
            ):  # a few minutes more or less are the same to a reader
                change = f"{round(self.by / _HOUR) * _HOUR:.0f}"
            return f"{self.kind}|{self.what}|{change}"
        if self.kind in (APPEARS, VANISHES):
            return f"{self.kind}|{self.what}|{self.role}"
        if self.kind == CANNOT:
            return f"{self.kind}|{self.before}|{self.what}"
        return f"{self.kind}|{self.what}|{self.before}|{self.after}"

    def to_json(self) -> dict[str, Any]:
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            field.name: told[field.name] for field in fields(self) if told[field.name] is not field.default
        }

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> CaseDifference:
        return cls(**told)


_HOUR = 3600
SLACK = timedelta(seconds=60)
"""Limits that differ by less are the same: a timer's own second counts for nobody."""


def between(old: Played, new: Played) -> list[CaseDifference]:
    """Return what differs between two runs of a case, in the order of KINDS."""
    cannot = [
        CaseDifference(CANNOT, doubt.element, before=doubt.kind, after=doubt.says)
        for doubt in dict.fromkeys(new.doubts)
        if doubt not in old.doubts
    ]
    if not old.whole:
        return [
            CaseDifference(
                CANNOT, _first(old.doubts).element, before="unplayable", after=_first(old.doubts).says
            )
        ]
    if not new.whole:
        return cannot or [CaseDifference(CANNOT, "", before="unrepeatable")]
    found = [*_ledgers(old.entries.values(), new.entries.values())]
    found += [
        CaseDifference(ANSWER, fact, before=old.answers.get(fact), after=new.answers.get(fact))
        for fact in sorted(old.answers.keys() | new.answers.keys())
        if old.answers.get(fact) != new.answers.get(fact)
    ]
    if old.closed != new.closed:
        found.append(CaseDifference(CLOSED, "case", before=old.closed, after=new.closed))
    found += cannot
    return sorted(found, key=lambda one: KINDS.index(one.kind))


def _first(doubts: list[Doubt]) -> Doubt:
    return doubts[0] if doubts else Doubt("unrepeatable", "", "")


def _ledgers(old: Iterable[Entry], new: Iterable[Entry]) -> Iterator[CaseDifference]:
    before, after = _by_duty(old), _by_duty(new)
    for obligation in dict.fromkeys((*before, *after)):
        pairs = _paired(before.get(obligation, []), after.get(obligation, []))
        for was, now in pairs:
            yield from _entry(obligation, was, now)


def _by_duty(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.number):
        found[entry.obligation].append(entry)
    return found


def _paired(old: list[Entry], new: list[Entry]) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Pair the entries of one duty: those most alike first, what is left in the order in which it arose."""
    left, right = list(old), list(new)
    for alike in (
        lambda e: (e.occasion, e.element, e.role),
        lambda e: (e.occasion, e.element),
        lambda e: (e.occasion, e.role),
        lambda e: e.occasion,
        lambda e: (e.element, e.role),
        lambda e: None,
    ):
        for was in list(left):
            now = next((one for one in right if alike(one) == alike(was)), None)
            if now is not None:
                left.remove(was)
                right.remove(now)
                yield was, now
    yield from ((was, None) for was in left)
    yield from ((None, now) for now in right)


def _entry(obligation: str, was: Entry | None, now: Entry | None) -> Iterator[CaseDifference]:
    if was is None or now is None:
        there = was or now
        assert there is not None
        kind, limit = (APPEARS if was is None else VANISHES), _moment(there.due)
        yield CaseDifference(
            kind,
            obligation,
            there.element,
            before=None if was is None else limit,
            after=None if now is None else limit,
            open=there.open,
            role=there.role,
        )
        return
    if _moved(was.due, now.due):
        by = (
            elapsed(was.due, now.due).total_seconds() if was.due is not None and now.due is not None else None
        )
        yield CaseDifference(
            DUE, obligation, now.element, _moment(was.due), _moment(now.due), by, now.open, now.role
        )
    if was.outcome is not now.outcome:
        yield CaseDifference(
            OUTCOME, obligation, now.element, was.outcome.value, now.outcome.value, open=now.open, role=now.role
        )  # fmt: skip
    if was.role != now.role:
        yield CaseDifference(ROLE, obligation, now.element, was.role, now.role, open=now.open)


def _moved(was: datetime | None, now: datetime | None) -> bool:
    if was is None or now is None:
        return was is not now
    return abs(now - was) >= SLACK


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
