"""What happened in a story, line by line, and the ledger that is left at its end.

The account is told while the story is played, so that it can be listened to; the judging reads only what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.case.case import Case
from engine.case.model import Changes, Entry, Happening
from engine.check.scenarios.story import Happens, Scenario

TOLD = frozenset({"event", "timer_fired", "decision", "left_open", "process_started", "closed", "reopened"})
"""The kinds of happenings that the account tells; tasks show in the duties they raise and end."""

Watch = Callable[[int, Changes, Case, datetime], None]
"""Called after every act with the case's number, what the act changed, the case and the moment."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the account: when, in which case, and what happened in words."""

    at: datetime
    case: int
    kind: str
    text: str


@dataclass(slots=True)
class Played:
    """A story that was played: its cases' entries, what happened, and why it stopped early, if it did."""

    scenario: Scenario
    entries: dict[tuple[int, int], Entry] = field(default_factory=dict)
    account: list[Line] = field(default_factory=list)
    moments: dict[str, datetime] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    closed: bool = False
    stopped: str | None = None
    fault: Exception | None = None
    """What stopped it."""
    carried: list[Happens] = field(default_factory=list)
    """The lines that the pace of its people added, in the order in which they took place."""
    passed: set[str] = field(default_factory=set)
    """The elements that a token passed, for coverage."""
    listen: Callable[[Line], None] | None = None
    watch: Watch | None = None

    def tell(self, number: int, changes: Changes, case: Case, at: datetime) -> None:
        """Take down what an act changed in the case of this number."""
        for happening in changes.history:
            if happening.kind in TOLD:
                self._line(at, number, happening.kind, _happened(happening, case))
        for change in changes.facts:
            self._line(at, number, "fact", f"{change.fact} = {_shown(change.value)} ({change.origin})")
        for entry in changes.entries.values():
            before = self.entries.get((number, entry.number))
            self.entries[number, entry.number] = entry
            if before is None:
                self._line(at, number, "raised", _raised(entry))
            if not entry.open and (before is None or before.open):
                self._line(at, number, "ended", _ended(entry))
        self.passed.update(case.passed)
        if self.watch is not None:
            self.watch(number, changes, case, at)

    def _line(self, at: datetime, number: int, kind: str, text: str) -> None:
        line = Line(at, number, kind, text)
        self.account.append(line)
        if self.listen is not None:
            self.listen(line)


def renumbered(entries: Mapping[tuple[int, int], Entry]) -> list[tuple[int, Entry]]:
    """Return (case, entry) pairs in the order in which they arose."""
    return [
        (case, entry) for (case, _), entry in sorted(entries.items(), key=lambda kv: (kv[1].raised, kv[0]))
    ]


def _happened(happening: Happening, case: Case) -> str:
    words = ", ".join(f"{key} {value}" for key, value in happening.detail.items())
    where = case.plan.element(happening.element).name if happening.element else happening.process or ""
    parts = (happening.kind.replace("_", " "), where, f"({words})" if words else "")
    return " ".join(part for part in parts if part)


def _raised(entry: Entry) -> str:
    due = (
        "no limit"
        if entry.due is None
        else f"due {entry.due:%a %d %b %Y}" + ("" if entry.whole_day else f" {entry.due:%H:%M}")
    )
    return f"raised {entry.obligation} for {entry.role}, {due} [{', '.join(entry.clauses)}]"


def _ended(entry: Entry) -> str:
    reason = f": {entry.reason}" if entry.reason else ""
    return f"{entry.outcome.value} {entry.obligation} ({entry.role}){reason}"


def _shown(value: Any) -> str:
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else str(value)
