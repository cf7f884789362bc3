"""A case: what can be done to it and what it shows.

Scenarios, the live system, previews and replays share this one class. Acts take the moment from the caller and leave
their changes in `drain()`; nothing here reads a clock or a database. After an Incident the case must be thrown away
and loaded again, because the process may have moved half way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.case import correction, storing, work
from engine.case.correction import Earlier
from engine.case.model import CaseError, Changes, Entry, Episode, Incident, Outcome, WaitingTimer
from engine.case.rest import ROUNDS, come_to_rest, deliver, fire, start_process
from engine.case.scopes import plan_of
from engine.case.state import State
from engine.pack.model import Pack, Start


class Case(State):
    """One episode's case, or one period's where the process is periodic."""

    # --- starting, storing, loading

    @classmethod
    def start(
        cls,
        pack: Pack,
        *,
        facts: Mapping[str, Any],
        at: datetime,
        actual: datetime | None = None,
        earlier_episodes: Iterable[Episode] = (),
        event: str = "reported",
        by: str = "system",
        number: int = 1,
        hold: frozenset[str] = frozenset(),
    ) -> Case:
        """Open a case by an event that happened at `actual`; `facts` are those known at the start, by id.

        An event that tells that a child is away is a report too: what a report starts, starts behind what the event
        itself starts. Raises CaseError, Incident.
        """
        processes = plan_of(pack).opened_by(event)
        if not processes:
            raise CaseError(f"no process of {pack.id} starts with the event {event}")
        case = cls._opened(pack, number, facts, at, tuple(earlier_episodes), by, hold)
        case.note("started", detail={"event": event, "pack": pack.hash, "calendar": pack.calendar.version})
        case.bring(event, actual or at, None)
        for process in processes:
            start_process(case, process, {"event": event})
        come_to_rest(case)
        return case

    @classmethod
    def start_period(
        cls, pack: Pack, process: str, *, since: datetime, until: datetime, at: datetime, by: str = "system"
    ) -> Case:
        """Open a case of a periodic process for the period from `since` to `until`."""
        started = pack.processes[process]
        if started.start is not Start.TIMER:
            raise CaseError(f"the process {process} is not started by time")
        case = cls._opened(pack, 1, {"period.from": since, "period.to": until}, at, (), by, frozenset())
        case.note(
            "started", detail={"process": process, "pack": pack.hash, "calendar": pack.calendar.version}
        )
        start_process(case, started, {})
        come_to_rest(case)
        return case

    @classmethod
    def _opened(
        cls,
        pack: Pack,
        number: int,
        facts: Mapping[str, Any],
        at: datetime,
        episodes: tuple[Episode, ...],
        by: str,
        hold: frozenset[str],
    ) -> Case:
        case = cls(pack, number, {}, episodes)
        case.hold = hold
        case.begin(at, by)
        for fact in pack.vocabulary.facts.values():
            if fact.source == "record" and fact.has_default and fact.id not in facts:
                case.write_fact(fact.id, fact.default, actual=at, origin="record", where="vocabulary")
        for name, value in facts.items():
            case.write_fact(name, value, actual=at, origin="record", where="start")
        return case

    def dump(self) -> bytes:
        """Return the case's state; finished rounds and ended entries are left out."""
        for one in self.instances.values():
            one.check()
        self.ledger.forget_ended()
        return storing.state_of(self)

    @classmethod
    def load(cls, pack: Pack, data: bytes) -> Case:
        """Bring a case back. Raises StateError for another version's or another pack's state."""
        state = storing.opened(pack, data)
        facts, episodes = storing.known(state)
        case = cls(pack, state["number"], facts, episodes)
        storing.restore(case, state)
        return case

    def drain(self) -> Changes:
        """Return what has changed since the last drain."""
        drained, self.changes = self.changes, Changes()
        self.ledger.changes = self.changes
        return drained

    # --- acts

    def record_event(
        self,
        event: str,
        *,
        at: datetime,
        actual: datetime | None = None,
        facts: Mapping[str, Any] | None = None,
        by: str = "system",
        reason: str | None = None,
    ) -> None:
        """Record that an event of the vocabulary happened: at `actual`, learnt at `at`.

        Its facts are set first, then everything that waits for it goes on, then the processes that it starts; an event
        that it tells of, and that the case has not heard of, happens with it and before it. Entries whose timer lies at
        or after the real moment of an event that ended their scope are withdrawn and may arise again, but for those
        that a rule has just required again on the facts as they now are.
        """
        if event not in self.pack.vocabulary.events:
            raise CaseError(f"{event} is no event of the vocabulary")
        true_moment = actual or at
        self.begin(at, by)
        self.note("event", detail={"event": event, "actual": true_moment.isoformat()})
        origin = "override" if event == "override_recorded" else "event"
        happened = {**self.told_with(event, true_moment), event: true_moment}
        for one, moment in happened.items():
            self.bring(one, moment, reason)
        for fact, value in (facts or {}).items():
            self.write_fact(fact, value, actual=true_moment, origin=origin, where=event, reason=reason)
        for one in happened:
            deliver(self, one)
            for process in self.plan.started_by(one):
                start_process(self, process, {"event": one})
        come_to_rest(self)
        for one, moment in happened.items():
            for entry in self.ledger.groundless(one, moment):
                if entry.number not in self.duties.written | self.duties.required_again:
                    work.end_entry(self, entry, Outcome.WITHDRAWN, reason=f"{one} before this arose")
                    self.ledger.forget(entry)
        come_to_rest(self)

    def set_facts(
        self,
        facts: Mapping[str, Any],
        *,
        at: datetime,
        by: str = "system",
        actual: datetime | None = None,
        reason: str | None = None,
        origin: str = "record",
        where: str = "record",
    ) -> None:
        """Change facts as a person records them; `origin` child: the change came from the child's record."""
        self.begin(at, by)
        for fact, value in facts.items():
            self.write_fact(fact, value, actual=actual or at, origin=origin, where=where, reason=reason)
        come_to_rest(self)

    def correct(
        self,
        facts: Mapping[str, Any],
        *,
        at: datetime,
        by: str = "system",
        reason: str | None = None,
        actual: datetime | None = None,
        forgotten: Iterable[str] = (),
        where: str = correction.CORRECTION,
    ) -> None:
        """Set right what was recorded wrongly, true since `actual`; what is `forgotten` is unknown again."""
        correction.correct(
            self, facts, at=at, by=by, reason=reason, actual=actual, forgotten=forgotten, where=where
        )

    def take_back(
        self, earlier: Earlier, *, act: int, at: datetime, by: str = "system", reason: str | None = None
    ) -> Case:
        """Return the case as it stood before `act`, going on in place of this one. Raises CaseError, StateError."""
        back = Case.load(self.pack, earlier.state)
        correction.take_back(back, self, earlier, act=act, at=at, by=by, reason=reason)
        return back

    def void(self, *, at: datetime, by: str = "system", reason: str) -> None:
        """End a case that should never have been opened; nothing can be recorded in it afterwards."""
        correction.void(self, at=at, by=by, reason=reason)

    def set_earlier_episodes(self, episodes: Iterable[Episode], *, at: datetime, by: str = "system") -> None:
        """Replace what the child's record says of earlier episodes (more was loaded, or it was corrected)."""
        self.begin(at, by)
        self.facts.tell_of(tuple(episodes))
        come_to_rest(self)

    def complete(
        self,
        task_id: str,
        answers: Mapping[str, Any],
        *,
        at: datetime,
        by: str = "system",
        entries: Iterable[int] | None = None,
    ) -> None:
        """Complete a task, or only some of its `entries`; `answers` are FEEL values by form field.

        Answers named as facts are set. The token moves on when the task's last entry has ended; an entry whose outcome
        is open stays, and its task with it. Raises CaseError when the task is not open.
        """
        task = self.tasks.get(task_id)
        if task is None:
            raise CaseError("this task is no longer open")
        chosen = list(task.entries if entries is None else entries)
        if not set(chosen) <= set(task.entries):
            raise CaseError("this duty does not belong to the task")
        self.begin(at, by)
        work.answer(self, task, answers)
        work.perform(self, task, chosen)
        come_to_rest(self)

    def complete_entry(self, number: int, *, at: datetime, by: str = "system") -> None:
        """Record that a duty was met which no task stands for (raised by an event, or awaited from outside)."""
        entry = self.ledger.entries.get(number)
        if entry is None or not entry.open:
            raise CaseError("this duty is no longer open")
        if entry.task is not None:
            self.complete(entry.task, {}, at=at, by=by, entries=[number])
            return
        self.begin(at, by)
        work.meet(self, entry)
        come_to_rest(self)

    def fire_timers(
        self, at: datetime, *, only: str | None = None, without: Collection[str] = frozenset()
    ) -> int:
        """Fire every timer due at or before `at`, oldest first, resting after each; return how many fired.

        `only` fires the one of this id, `without` leaves some out. Raises Incident, whose `timer` is the one behind
        which the procedure cannot go on, so that the caller may fire the others without it; and for `only` where its
        moment cannot be worked out.
        """
        if only is not None and (problem := self.timetable.problem(only)) is not None:
            raise problem
        fired = 0
        while due := [
            timer
            for timer in self.timetable.waiting
            if timer.due <= at and timer.id not in without and only in (None, timer.id)
        ]:
            timer = min(due, key=lambda t: t.due)
            self.begin(at, "system")
            try:
                fire(self, timer)
                come_to_rest(self)
            except Incident as incident:
                incident.timer = timer.id
                raise
            fired += 1
            if fired > ROUNDS:
                raise Incident(f"more than {ROUNDS} timers fired at one moment", element=timer.element)
        return fired

    # --- what the case shows

    @property
    def entries(self) -> dict[int, Entry]:
        """The open entries, and those ended since the case was loaded."""
        return self.ledger.entries

    @property
    def timers(self) -> list[WaitingTimer]:
        return list(self.timetable.waiting)

    @property
    def next_due(self) -> datetime | None:
        """The moment of the next timer."""
        return min((timer.due for timer in self.timetable.waiting), default=None)

    def value(self, fact: str, at: datetime) -> Any:
        """Return a stored or derived fact as it stands at a moment; UNKNOWN where nobody has answered it."""
        self.facts.at(at)
        return self.facts.read(fact)

    def live_elements(self) -> list[tuple[str, str, str]]:
        """Return where tokens stand, as (process, element, work | waiting | inside)."""
        return [
            (self.plan.element(token.element).process, token.element, token.state.value)
            for one in self.instances.values()
            for token in one.tokens()
        ]
