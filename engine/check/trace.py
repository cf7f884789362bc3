"""What happened in cases, act by act: the one thing that clause checks are judged over.

It is taken down in the same way while a story is played, a stored case is run again or a draft is previewed. Each act
keeps what it changed and how facts stood when the case had come to rest, so that facts can be read later as they were at
any of its moments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.case.case import Case
from engine.case.evaluate import evaluate
from engine.case.facts import Facts
from engine.case.ledger import NEVER
from engine.case.model import Changes, Entry, Episode, Happening, Incident
from engine.case.scopes import plan_of
from engine.clock import local
from engine.feel import UNKNOWN, Environment, Expression
from engine.pack.model import Pack

BACK = "return.returned_at"
HEARD = "notification.received_at"
REPORTED_AT = "episode.reported_at"
EARLIER = "child.earlier_episodes"


@dataclass(frozen=True, slots=True)
class Act:
    """One act, at rest: what it wrote, and how everything stood after it.

    `entries` are the entries that it wrote, as they then stood; `ledger` what expressions read of their obligations.
    """

    at: datetime
    entries: Mapping[int, Entry]
    history: tuple[Happening, ...]
    stored: Mapping[str, Any]
    episodes: tuple[Episode, ...]
    ledger: Mapping[str, Mapping[str, Any]]
    closed: bool

    @property
    def by_time(self) -> bool:
        """Whether time did it, and nobody."""
        return any(happening.kind == "timer_fired" for happening in self.history)


@dataclass(frozen=True, slots=True)
class Turn:
    """An entry as an act wrote it, and how it stood before: None where it arose."""

    act: int
    entry: Entry
    was: str | None


@dataclass(slots=True)
class CaseTrace:
    """The acts of one case, in order. `prompt`: whoever had work did it at once, so nothing was owed by delay."""

    pack: Pack
    number: int
    acts: list[Act] = field(default_factory=list)
    until: datetime | None = None
    prompt: bool = True
    process: str | None = None
    met: dict[tuple[int, datetime], dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))
    """Which conditions (fact, words) were met after which act, at which moment, as far as was asked."""
    _facts: dict[tuple[int, datetime], Facts] = field(default_factory=dict)
    _values: dict[tuple[str, int, datetime], Any] = field(default_factory=dict)
    _environments: dict[datetime, Environment] = field(default_factory=dict)
    _ledgers: dict[int, dict[int, tuple[int, Entry]]] = field(default_factory=dict)
    _turns: dict[str, list[Turn]] = field(default_factory=dict)
    _turned: int = 0

    @property
    def received(self) -> datetime:
        """When the case started."""
        return self.acts[0].at

    @property
    def heard(self) -> datetime:
        """When the council received what started the case: earlier than its start where that was entered later."""
        told = self.acts[0].stored.get(HEARD)
        return min(told, self.received) if isinstance(told, datetime) else self.received

    @property
    def end(self) -> datetime:
        """Up to when it was watched."""
        return max(self.until or self.acts[-1].at, self.acts[-1].at)

    def take(self, changes: Changes, case: Case, at: datetime) -> None:
        """Take down an act that has come to rest."""
        last = self.acts[-1] if self.acts else None
        stored = dict(case.facts.stored) if changes.facts or last is None else last.stored
        touched = {entry.obligation for entry in changes.entries.values()}
        if last is None:
            started = changes.history[0].detail if changes.history else {}
            self.process = started.get("process")
        self.acts.append(
            Act(
                at,
                dict(changes.entries),
                tuple(changes.history),
                stored,
                case.facts.episodes,
                {obligation: case.ledger[obligation] for obligation in touched},
                case.closed,
            )
        )

    # --- reading

    def value(self, fact: str, after: int, at: datetime) -> Any:
        """Return a fact as it stood at a moment, after the act of this index; UNKNOWN where nobody had answered."""
        key = fact, after, at
        if key not in self._values:
            try:
                self._values[key] = self.facts(after, at).read(fact)
            except Incident:
                self._values[key] = UNKNOWN
        return self._values[key]

    def facts(self, after: int, at: datetime) -> Facts:
        """Return the facts as they stood at a moment, after the act of this index."""
        found = self._facts.get((after, at))
        if found is None:
            first = after
            while first and (first - 1, self.acts[first - 1].at) not in self._facts:
                first -= 1
            for index in range(first, after):  # in order, so that a case of a year needs no deep recursion
                then = self.acts[index].at
                self._facts[index, then] = self._worked_out(index, then)
            found = self._facts[after, at] = self._worked_out(after, at)
        return found

    def _worked_out(self, after: int, at: datetime) -> Facts:
        """Return the facts after an act: those after the one before it, but for what has changed since."""
        act = self.acts[after]
        if at != act.at:
            found = self.facts(after, act.at).going_on(dict(act.stored), act.episodes, ())
        elif after == 0:
            found = Facts(self.pack, dict(act.stored), act.episodes, plan_of(self.pack).dependencies)
        else:
            last = self.acts[after - 1]
            changed = [f"ledger.{obligation}" for obligation in act.ledger]
            if act.stored is not last.stored:
                names = act.stored.keys() | last.stored.keys()
                changed += [n for n in names if act.stored.get(n, UNKNOWN) is not last.stored.get(n, UNKNOWN)]
            if act.episodes != last.episodes:
                changed.append(EARLIER)
            found = self.facts(after - 1, last.at).going_on(dict(act.stored), act.episodes, changed)
        found.ledger = _LedgerThen(self, after)
        found.at(at)
        return found

    def environment(self, at: datetime) -> Environment:
        found = self._environments.get(at)
        if found is None:
            found = self._environments[at] = Environment(now=at, calendar=self.pack.calendar)
        return found

    def computed(self, expression: Expression, after: int, at: datetime) -> Any:
        """Return an expression's value as things stood; UNKNOWN where it cannot be worked out."""
        try:
            return evaluate(expression, self.facts(after, at), process="", element="")
        except Incident:
            return UNKNOWN

    def back(self, after: int, at: datetime) -> bool:
        """Whether the child was known to be back."""
        return self.value(BACK, after, at) not in (UNKNOWN, None)

    def last_at(self, moment: datetime) -> int:
        """Return the index of the last act up to a moment; -1 before the first."""
        index = len(self.acts) - 1
        while index >= 0 and self.acts[index].at > moment:
            index -= 1
        return index

    def before_timers(self, moment: datetime) -> int:
        """Return the index of the last act before what time did at this instant: people and messages come first."""
        index = self.last_at(moment)
        first = index
        while first >= 0 and self.acts[first].at == moment:
            first -= 1
        for one in range(first + 1, index + 1):
            if self.acts[one].by_time:
                return max(one - 1, 0)
        return index

    def entries(self, after: int) -> Mapping[int, tuple[int, Entry]]:
        """Return the ledger as it stood after an act: by number the act at which an entry arose, and the entry."""
        found = self._ledgers.get(after)
        if found is None:
            found = {}
            for index in range(after + 1):
                for number, entry in self.acts[index].entries.items():
                    found[number] = found[number][0] if number in found else index, entry
            self._ledgers[after] = found
        return found

    def turns(self, obligation: str) -> Sequence[Turn]:
        """Return every time that an entry of an obligation was written, in order."""
        if self._turned != len(self.acts):
            self._turns, self._turned = {}, len(self.acts)
            before: dict[int, str] = {}
            for index, act in enumerate(self.acts):
                for number, entry in act.entries.items():
                    self._turns.setdefault(entry.obligation, []).append(
                        Turn(index, entry, before.get(number))
                    )
                    before[number] = entry.outcome.value
        return self._turns.get(obligation, ())

    def happened(self, event: str) -> list[tuple[int, datetime]]:
        """Return when an event was recorded, as (act, real moment)."""
        return [
            (index, self._actual(event, happening, act))
            for index, act in enumerate(self.acts)
            for happening in act.history
            if happening.kind in ("event", "started") and happening.detail.get("event") == event
        ]

    def _actual(self, event: str, happening: Happening, act: Act) -> datetime:
        told = happening.detail.get("actual")
        if told is not None:
            return local(datetime.fromisoformat(str(told)))
        if happening.kind == "started" and self.pack.vocabulary.events[event].opens_episode:
            reported = act.stored.get(REPORTED_AT)
            return reported if isinstance(reported, datetime) else act.at
        return act.at


class _LedgerThen(Mapping[str, Any]):
    """What expressions read of the ledger, as it stood after an act."""

    def __init__(self, trace: CaseTrace, after: int) -> None:
        self._trace = trace
        self._after = after

    def __getitem__(self, obligation: str) -> Any:
        for index in range(self._after, -1, -1):
            found = self._trace.acts[index].ledger.get(obligation)
            if found is not None:
                return found
        return NEVER

    def __iter__(self) -> Iterator[str]:
        return iter(self._trace.pack.vocabulary.obligations)

    def __len__(self) -> int:
        return len(self._trace.pack.vocabulary.obligations)


@dataclass(slots=True)
class Trace:
    """The cases of one child's story, or of one child, by their numbers."""

    pack: Pack
    cases: dict[int, CaseTrace] = field(default_factory=dict)
    prompt: bool = True

    def take(self, number: int, changes: Changes, case: Case, at: datetime) -> None:
        """Take down an act in the case of this number."""
        if number not in self.cases:
            self.cases[number] = CaseTrace(self.pack, number, prompt=self.prompt)
        self.cases[number].take(changes, case, at)

    def end(self, until: datetime) -> None:
        """Note up to when the cases were watched."""
        for case in self.cases.values():
            case.until = until
