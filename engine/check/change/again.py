"""A recorded case run again on any version of the procedure: what was done is done again where that version asks for it.

Tasks and duties are found by what they are (element, duty, occasion) and not by the numbers they had, and timers fire at
their own moments, so that two versions are played by the same hand and differ only where they ask otherwise. What was
answered to a question that nobody asks on this version is still known, and the run says that it cannot tell further.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.case.asked import ACTS, carry_out, values
from engine.case.case import Case
from engine.case.model import CaseError, Entry, Incident, OpenTask
from engine.check.conformance.places import Places
from engine.check.conformance.record import RecordedAct, RecordedCase, Row
from engine.clock import local
from engine.errors import HomewardError
from engine.feel import UNKNOWN
from engine.pack.model import Pack
from engine.pack.values import to_json

_NEVER = datetime.min.replace(tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)
_NOTHING_DONE = frozenset({"timers", "migrate", "return"})
"""Acts that are not done again: time has its own way here, and a run is on one version from its start to its end."""
FIRINGS = 400
"""Timers that may fire between two acts: one that never ends is a fault of the version, and is said to be."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Where a run cannot tell how the case would have gone on: `element` is where, `kind` why.

    `kind` is not_asked (an answer to what nobody asks here), stopped (the procedure could not go on), or
    unrepeatable (what was done is no longer kept, or cannot be done).
    """

    kind: str
    element: str
    says: str


@dataclass(slots=True)
class Played:
    """A case as it stands at the end of a run: its ledger, whether it is closed, and what its tables answered."""

    pack: Pack
    entries: dict[int, Entry] = field(default_factory=dict)
    closed: bool = False
    answers: dict[str, Any] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    whole: bool = True
    """False where the run ended before its last act."""


def play(record: RecordedCase, pack: Pack, until: datetime | None = None) -> Played:
    """Run a recorded case again on a version; `until` is up to when timers fire behind its last act."""
    run = _Run(record, pack)
    try:
        for act in record.acts:
            run.act(act)
        if until is not None:
            run.time(until)
    except Incident as incident:
        run.stop("stopped", incident.element or incident.fact or "", str(incident))
    except (HomewardError, ValueError, KeyError, TypeError, AttributeError) as error:
        run.stop("unrepeatable", "", str(error))
    return run.end(record.acts[-1].at if record.acts else None, until)


class _Run:
    """One case on one version."""

    def __init__(self, record: RecordedCase, pack: Pack) -> None:
        self.record, self.pack = record, pack
        self.case: Case | None = None
        self.moment = local(record.acts[0].at) if record.acts else _NEVER
        self.played = Played(pack)
        taken = any(ACTS.get(act.action) == "take_back" for act in record.acts)
        self.places = Places(record) if taken else None
        self.rows: Mapping[int, Row] = {row["number"]: row for row in record.stored.entries}

    def stop(self, kind: str, element: str, says: str) -> None:
        self.played.doubts.append(Doubt(kind, element, says))
        self.played.whole = False

    def end(self, last: datetime | None, until: datetime | None) -> Played:
        case = self.case
        if case is None:
            self.played.whole = False
            return self.played
        self.played.closed = case.closed
        if self.played.whole and last is not None:
            self.played.answers = _answers(case, max(last, until) if until else last)
        return self.played

    # --- time

    def time(self, until: datetime) -> None:
        """Fire what is due up to a moment, each timer at its own; what people do at that instant comes first."""
        case = self.case
        for _ in range(FIRINGS):
            if case is None or case.next_due is None or case.next_due > until:
                return
            case.fire_timers(max(case.next_due, self.moment))
            self.come()
        raise CaseError(f"more than {FIRINGS} timers fired between two acts")

    # --- acts

    def act(self, act: RecordedAct) -> None:
        do = ACTS.get(act.action)
        if do is None or act.asked is None:
            raise CaseError("what was done then is no longer kept")
        at = local(act.at)
        if self.case is not None:
            self.time(at if do == "timers" else at - _INSTANT)
        self.moment = at
        if do in _NOTHING_DONE:
            return
        asked: dict[str, Any] = {**act.asked, "do": do}
        if do == "complete":
            self.complete(act, asked, at)
        elif do == "entry":
            self.entry(act, asked, at)
        else:
            earlier = self.places.before(asked["act"]) if self.places and do == "take_back" else None
            self.carry(asked, at, act.by, earlier)
        self.come(act.seq)

    def carry(self, asked: Mapping[str, Any], at: datetime, by: str, earlier: Any = None) -> None:
        self.case = carry_out(self.case, asked, self.pack, at=at, by=by, earlier=earlier)

    def come(self, seq: int | None = None) -> None:
        """Take down what an act or a timer changed."""
        case = self.case
        if case is None:
            return
        changes = case.drain()
        self.played.entries.update(changes.entries)
        if self.places is not None and seq is not None:
            self.places.come(seq, case.dump(), changes)

    def complete(self, act: RecordedAct, asked: dict[str, Any], at: datetime) -> None:
        """Do the task again that was done, found by its element, else by the duty that it performed."""
        case = self._case()
        number = asked["task"]
        element = next(
            (row[2] for row in act.happened if row[0] == "task_completed" and _of(row).get("task") == number), ""
        )  # fmt: skip
        mine = [row for row in self.rows.values() if row["task"] == number]
        if asked.get("entries") is not None:
            mine = [row for row in mine if row["number"] in asked["entries"]] or mine
        mine = mine or [self.rows[int(n)] for n in act.entries or {} if int(n) in self.rows]
        element = element or next((row["element"] for row in mine), "")
        task = _task(case.tasks.values(), element, mine, case)
        if task is None:
            self.not_asked(element or next((row["obligation"] for row in mine), ""), asked, at, act.by)
            return
        entries = None
        if asked.get("entries") is not None:
            wanted = {row["obligation"] for row in mine}
            known = case.ledger.entries
            entries = [n for n in task.entries if n in known and known[n].obligation in wanted]
        self.carry({**asked, "task": task.id, "entries": entries or None}, at, act.by)

    def entry(self, act: RecordedAct, asked: dict[str, Any], at: datetime) -> None:
        """Meet the duty again that was met."""
        case, row = self._case(), self.rows.get(asked["number"])
        found = _entry(case.ledger.open_entries(), row) if row is not None else None
        if found is None:
            self.not_asked(row["element"] if row is not None else "", asked, at, act.by)
            return
        self.carry({**asked, "number": found.number}, at, act.by)

    def not_asked(self, element: str, asked: Mapping[str, Any], at: datetime, by: str) -> None:
        """Keep what was answered to something that this version does not ask, and say so."""
        self.played.doubts.append(Doubt("not_asked", element, "it was answered, and is not asked then"))
        learnt = asked.get("answers") or asked.get("facts") or {}
        facts = {
            name: value
            for name, value in values(self.pack, learnt).items()
            if name in self.pack.vocabulary.facts and name not in self.pack.derived
        }
        if facts:
            self._case().set_facts(facts, at=at, by=by, origin="form", where=element or "record")

    def _case(self) -> Case:
        if self.case is None:
            raise CaseError("a case begins with its start")
        return self.case


def _of(row: tuple[Any, ...]) -> Mapping[str, Any]:
    detail = row[3] if len(row) > 3 else None
    return detail if isinstance(detail, Mapping) else {}


def _task(tasks: Iterable[OpenTask], element: str, rows: list[Row], case: Case) -> OpenTask | None:
    """Return the open task of an element; of several the one with the same duties on the same occasion."""
    wanted = {(row["obligation"], row["occasion"]) for row in rows}
    duties = {obligation for obligation, _ in wanted}

    def rank(task: OpenTask) -> tuple[bool, bool, bool]:
        held = [case.ledger.entries[n] for n in task.entries if n in case.ledger.entries]
        same = {(entry.obligation, entry.occasion) for entry in held}
        return task.element == element, bool(same & wanted), bool({o for o, _ in same} & duties)

    best = max(tasks, key=rank, default=None)
    if best is None:
        return None
    of_element, _, of_duty = rank(best)
    return best if of_element or of_duty else None


def _entry(entries: Iterable[Entry], row: Row) -> Entry | None:
    def rank(entry: Entry) -> tuple[bool, bool, bool]:
        return (
            entry.occasion == row["occasion"],
            entry.element == row["element"],
            entry.role == row["role"],
        )

    return max((e for e in entries if e.obligation == row["obligation"]), key=rank, default=None)


def _answers(case: Case, at: datetime) -> dict[str, Any]:
    """Return what the tables answer as the case stands, in JSON: derived facts, and those a decision has set."""
    found: dict[str, Any] = {}
    for fact, rule in case.pack.derived.items():
        if rule.decision is None:
            continue
        try:
            value = case.value(fact, at)
        except Incident:
            continue
        if value is not UNKNOWN:
            found[fact] = to_json(value)
    for element in case.pack.elements:
        if element.decision is not None and element.decision in case.pack.decisions:
            decision = case.pack.decisions[element.decision].decisions.get(element.decision)
            for fact in decision.outputs if decision is not None else ():
                if fact in case.facts.stored:
                    found[fact] = to_json(case.facts.stored[fact])
    return found
