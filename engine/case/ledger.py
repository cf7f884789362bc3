"""The ledger: every duty that arose, once for each obligation, role and occasion.

Only open entries are held; of ended ones the ledger keeps that they were raised and a summary for each obligation,
so that an act costs the same after a thousand of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.case import codec
from engine.case.model import Changes, Entry, Outcome, Step
from engine.pack.model import Pack

NEVER: dict[str, Any] = {
    "raised": False,
    "open": False,
    "outcome": None,
    "raised_at": None,
    "done_at": None,
    "count": 0,
}


@dataclass(slots=True)
class Summary:
    """What is remembered of one obligation's entries."""

    count: int = 0
    open: int = 0
    groundless: int = 0
    raised_at: datetime | None = None
    done_at: datetime | None = None
    outcome: str | None = None

    def as_context(self) -> dict[str, Any]:
        return {
            "raised": self.count > self.groundless,
            "open": self.open > 0,
            "outcome": self.outcome,
            "raised_at": self.raised_at,
            "done_at": self.done_at,
            "count": self.count,
        }


class Ledger(Mapping[str, Any]):
    """The entries of one case; as a mapping it is the `ledger` that expressions read."""

    def __init__(self, pack: Pack, changes: Changes, changed: Callable[[str], None]) -> None:
        self._pack = pack
        self._changed = changed
        self.changes = changes
        self.entries: dict[int, Entry] = {}
        self._raised: dict[str, int] = {}
        self._summary: dict[str, Summary] = {}
        self._until: dict[int, frozenset[str]] = {}
        self._next = 1

    # --- what expressions read

    def __getitem__(self, obligation: str) -> dict[str, Any]:
        if obligation not in self._pack.vocabulary.obligations:
            raise KeyError(obligation)
        summary = self._summary.get(obligation)
        return NEVER if summary is None else summary.as_context()

    def __contains__(self, obligation: object) -> bool:
        return obligation in self._pack.vocabulary.obligations

    def __iter__(self) -> Iterator[str]:
        return iter(self._pack.vocabulary.obligations)

    def __len__(self) -> int:
        return len(self._pack.vocabulary.obligations)

    # --- entries

    def find(self, obligation: str, role: str, occasion: str) -> tuple[bool, Entry | None]:
        """Return whether the duty was raised for this role and occasion, and its entry while that is held."""
        number = self._raised.get(_key(obligation, role, occasion))
        return number is not None, self.entries.get(number) if number is not None else None

    def open_of(self, obligation: str) -> list[Entry]:
        """Return the open entries of an obligation, oldest first."""
        return [e for e in self.entries.values() if e.open and e.obligation == obligation]

    def is_open(self, number: int) -> bool:
        """Whether an entry is open; what is no longer held has ended."""
        entry = self.entries.get(number)
        return entry is not None and entry.open

    def open_entries(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.open]

    def next_number(self) -> int:
        number = self._next
        self._next += 1
        return number

    def count_on(self, later: Ledger) -> int:
        """Go on counting where the later ledger of the same case stands; return what the next number was here."""
        first, self._next = self._next, later._next
        return first

    def add(self, entry: Entry, until: frozenset[str]) -> None:
        """Write a new entry; `until` are the events that end the scope of the timer behind it."""
        self.entries[entry.number] = entry
        self._raised[_key(entry.obligation, entry.role, entry.occasion)] = entry.number
        if until:
            self._until[entry.number] = until
        summary = self._summary.setdefault(entry.obligation, Summary())
        summary.count += 1
        summary.open += 1
        summary.raised_at = entry.raised
        self._changed(f"ledger.{entry.obligation}")
        self.changes.entries[entry.number] = entry

    def change(self, entry: Entry) -> None:
        """Write an open entry again (its task, its limit)."""
        self.entries[entry.number] = entry
        self.changes.entries[entry.number] = entry

    def end(
        self, number: int, outcome: Outcome, at: datetime, *, by: str, reason: str | None = None
    ) -> Entry:
        """End an open entry."""
        entry = replace(
            self.entries[number],
            outcome=outcome,
            done=at,
            by=by,
            reason=reason,
            task=None,
        )
        self.entries[number] = entry
        summary = self._summary[entry.obligation]
        summary.open -= 1
        summary.done_at = at
        summary.outcome = outcome.value
        self._changed(f"ledger.{entry.obligation}")
        self.changes.entries[number] = entry
        return entry

    def move(self, entry: Entry, role: str, *, external: bool) -> Entry | None:
        """Give an open entry to another role; None where that role has the duty on this occasion already."""
        key = _key(entry.obligation, role, entry.occasion)
        if key in self._raised:
            return None
        moved = replace(entry, role=role, external=external)
        self._raised.pop(_key(entry.obligation, entry.role, entry.occasion), None)
        self._raised[key] = entry.number
        self.change(moved)
        return moved

    def forget(self, entry: Entry) -> None:
        """Let a duty that was withdrawn as groundless arise again, as if it had never been raised."""
        self._raised.pop(_key(entry.obligation, entry.role, entry.occasion), None)
        self._summary[entry.obligation].groundless += 1
        self._changed(f"ledger.{entry.obligation}")

    def groundless(self, event: str, actual: datetime) -> list[Entry]:
        """Return the open entries whose timer lies at or after the moment that `event` really happened."""
        return [
            entry
            for entry in self.open_entries()
            if entry.trigger is not None
            and entry.trigger >= actual
            and event in self._until.get(entry.number, frozenset())
        ]

    def forget_ended(self) -> None:
        """Drop ended entries from memory; what was raised and the summaries stay."""
        for number in [n for n, entry in self.entries.items() if not entry.open]:
            del self.entries[number]
            self._until.pop(number, None)

    # --- storing

    def dump(self) -> dict[str, Any]:
        return {
            "next": self._next,
            "raised": self._raised,
            "open": [_entry_row(e, self._until.get(e.number)) for e in self.open_entries()],
            "sum": {
                obligation: [
                    s.count,
                    s.open,
                    codec.moment(s.raised_at),
                    codec.moment(s.done_at),
                    s.outcome,
                    s.groundless,
                ]
                for obligation, s in self._summary.items()
            },
        }

    def restore(self, state: dict[str, Any]) -> None:
        self._next = state["next"]
        self._raised = state["raised"]
        for row in state["open"]:
            entry, until = _entry_from(row)
            self.entries[entry.number] = entry
            if until:
                self._until[entry.number] = until
        for obligation, (count, is_open, raised_at, done_at, outcome, *groundless) in state["sum"].items():
            self._summary[obligation] = Summary(
                count, is_open, sum(groundless), codec.to_moment(raised_at), codec.to_moment(done_at), outcome
            )


def _key(obligation: str, role: str, occasion: str) -> str:
    return f"{obligation}|{role}|{occasion}"


def _entry_row(entry: Entry, until: frozenset[str] | None) -> list[Any]:
    return [
        entry.number,
        entry.obligation,
        entry.role,
        entry.external,
        list(entry.clauses),
        entry.force,
        entry.process,
        entry.element,
        entry.occasion,
        codec.moment(entry.raised),
        codec.moment(entry.trigger),
        codec.moment(entry.clock),
        codec.moment(entry.due),
        entry.whole_day,
        [[step.text, step.value] for step in entry.working],
        codec.moment(entry.target),
        entry.task,
        sorted(until) if until else 0,
    ]


def _entry_from(row: list[Any]) -> tuple[Entry, frozenset[str]]:
    raised, clock = codec.to_moment(row[9]), codec.to_moment(row[11])
    if raised is None or clock is None:
        raise codec.StateError(f"the stored entry {row[0]} has no moment")
    entry = Entry(
        number=row[0],
        obligation=row[1],
        role=row[2],
        external=row[3],
        clauses=tuple(row[4]),
        force=row[5],
        process=row[6],
        element=row[7],
        occasion=row[8],
        raised=raised,
        trigger=codec.to_moment(row[10]),
        clock=clock,
        due=codec.to_moment(row[12]),
        whole_day=row[13],
        working=tuple(Step(text, value) for text, value in row[14]),
        target=codec.to_moment(row[15]),
        task=row[16],
    )
    return entry, frozenset(row[17] or ())
