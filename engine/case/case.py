"""A case: what can be done to it and what it shows.

Scenarios, the live system, previews and replays share this one class. Acts take the moment from the caller and leave
their changes in `drain()`; nothing here reads a clock or a database. After an Incident the case must be thrown away
and loaded again, because the process may have moved half way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.case import storing
from engine.case.duties import Duties
from engine.case.evaluate import decide, evaluate, truth
from engine.case.facts import Facts, plain
from engine.case.interpreter import Instance, Token, TokenState
from engine.case.ledger import Ledger
from engine.case.model import (
    CaseError,
    Changes,
    Entry,
    Episode,
    FactChange,
    Happening,
    Incident,
    NoticeOrder,
    OpenTask,
    Outcome,
    WaitingTimer,
)
from engine.case.scopes import Plan, plan_of
from engine.case.timetable import Timetable
from engine.clock import local
from engine.feel import Expression
from engine.pack.model import Act, Element, Flow, Pack, Process, Start

ROUNDS = 1_000
"""An act that has not come to rest after so many rounds never will."""


class Case:
    """One episode's case, or one period's where the process is periodic."""

    def __init__(self, pack: Pack, number: int, facts: dict[str, Any], episodes: tuple[Episode, ...]) -> None:
        self.pack = pack
        self.number = number
        self.plan: Plan = plan_of(pack)
        self.facts = Facts(pack, facts, episodes, self.plan.dependencies)
        self.changes = Changes()
        self.ledger = Ledger(pack, self.changes, self.facts.changes.note)
        self.facts.ledger = self.ledger
        self.duties = Duties(self.plan, self.facts, self.ledger)
        self.instances: dict[int, Instance] = {}
        self.tasks: dict[str, OpenTask] = {}
        self.closed = False
        self.hold: frozenset[str] = frozenset()
        """Obligations whose automatic notices wait until somebody completes them."""
        self.passed: dict[str, None] = {}
        self.tokens: dict[str, tuple[int, int]] = {}
        self.conditions: dict[str, bool] = {}
        self._read: dict[str, int] = {}
        self.timetable = Timetable(self.plan, self.facts)
        self._interrupted: list[Element] = []
        self.next_task = 1
        self.next_instance = 1
        self.moment: datetime | None = None
        self._by = "system"

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

        Raises CaseError, Incident.
        """
        processes = plan_of(pack).started_by(event)
        if not processes:
            raise CaseError(f"no process of {pack.id} starts with the event {event}")
        case = cls._opened(pack, number, facts, at, tuple(earlier_episodes), by, hold)
        case._history(
            "started", detail={"event": event, "pack": pack.hash, "calendar": pack.calendar.version}
        )
        case._bring(event, actual or at, None)
        for process in processes:
            case._start_process(process, {"event": event})
        case._rest()
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
        case._history(
            "started", detail={"process": process, "pack": pack.hash, "calendar": pack.calendar.version}
        )
        case._start_process(started, {})
        case._rest()
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
        case._begin(at, by)
        for fact in pack.vocabulary.facts.values():
            if fact.source == "record" and fact.has_default and fact.id not in facts:
                case._set(fact.id, fact.default, actual=at, origin="record", where="vocabulary")
        for name, value in facts.items():
            case._set(name, value, actual=at, origin="record", where="start")
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

        Its facts are set first, then everything that waits for it goes on, then the processes that it starts. Entries
        whose timer lies at or after the real moment of an event that ended their scope are withdrawn.
        """
        if event not in self.pack.vocabulary.events:
            raise CaseError(f"{event} is no event of the vocabulary")
        true_moment = actual or at
        self._begin(at, by)
        self._history("event", detail={"event": event, "actual": true_moment.isoformat()})
        origin = "override" if event == "override_recorded" else "event"
        self._bring(event, true_moment, reason)
        for fact, value in (facts or {}).items():
            self._set(fact, value, actual=true_moment, origin=origin, where=event, reason=reason)
        self._deliver(event)
        for process in self.plan.started_by(event):
            self._start_process(process, {"event": event})
        self._rest()
        for entry in self.ledger.groundless(event, true_moment):
            self._end_entry(entry, Outcome.WITHDRAWN, reason=f"{event} before this arose")
        self._rest()

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
        self._begin(at, by)
        for fact, value in facts.items():
            self._set(fact, value, actual=actual or at, origin=origin, where=where, reason=reason)
        self._rest()

    def set_earlier_episodes(self, episodes: Iterable[Episode], *, at: datetime, by: str = "system") -> None:
        """Replace what the child's record says of earlier episodes (more was loaded, or it was corrected)."""
        self._begin(at, by)
        self.facts.tell_of(tuple(episodes))
        self._rest()

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

        Answers named as facts are set. The token moves on when the task's last entry has ended. Raises CaseError
        when the task is not open.
        """
        task = self.tasks.get(task_id)
        if task is None:
            raise CaseError("this task is no longer open")
        chosen = list(task.entries if entries is None else entries)
        if not set(chosen) <= set(task.entries):
            raise CaseError("this duty does not belong to the task")
        self._begin(at, by)
        self._answer(task, answers)
        for number in chosen:
            if self.ledger.is_open(number):
                self._perform(task, self.ledger.entries[number])
        if not task.entries:
            self._finish_task(task)
        self._rest()

    def complete_entry(self, number: int, *, at: datetime, by: str = "system") -> None:
        """Record that a duty was met which no task stands for (raised by an event, or awaited from outside)."""
        entry = self.ledger.entries.get(number)
        if entry is None or not entry.open:
            raise CaseError("this duty is no longer open")
        if entry.task is not None:
            self.complete(entry.task, {}, at=at, by=by, entries=[number])
            return
        self._begin(at, by)
        self._end_entry(entry, self.duties.outcome(entry, at))
        self._rest()

    def fire_timers(self, at: datetime) -> int:
        """Fire every timer due at or before `at`, oldest first, resting after each; return how many fired."""
        fired = 0
        while due := [timer for timer in self.timetable.waiting if timer.due <= at]:
            timer = min(due, key=lambda t: t.due)
            self._begin(at, "system")
            self._fire(timer)
            self._rest()
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

    # --- inside an act

    def _begin(self, at: datetime, by: str) -> None:
        if at.tzinfo is None:
            raise CaseError("a moment without a zone cannot be recorded")
        if self.moment is not None and at < self.moment:
            raise CaseError(
                f"the case already stands at {self.moment.isoformat()}; {at.isoformat()} is before that"
            )
        self.moment = local(at)
        self._by = by
        self.facts.at(self.moment)
        self.duties.at(self.moment, by)

    @property
    def _now(self) -> datetime:
        if self.moment is None:
            raise CaseError("the case has no moment yet")
        return self.moment

    def _history(
        self,
        kind: str,
        *,
        process: str | None = None,
        element: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        self.changes.history.append(Happening(self._now, kind, process, element, self._by, detail or {}))

    def _set(
        self,
        fact: str,
        value: Any,
        *,
        actual: datetime,
        origin: str,
        where: str,
        reason: str | None = None,
    ) -> None:
        known = self.pack.vocabulary.facts.get(fact)
        if known is None and not fact.startswith("period."):
            raise CaseError(f"{fact} is no fact of the vocabulary")
        if known is not None and known.source == "derived" and origin != "override":
            raise CaseError(f"{fact} is computed; it cannot be typed in")
        value = plain(value)
        if fact in self.facts.stored and self.facts.stored[fact] == value:
            return
        self.facts.store(fact, value)
        self.changes.facts.append(FactChange(fact, value, self._now, actual, self._by, origin, where, reason))

    def _bring(self, event: str, actual: datetime, reason: str | None) -> None:
        """Set the facts that the event brings by itself."""
        for fact, value in self.pack.vocabulary.events[event].sets.items():
            taken = {"actual": local(actual), "recorded": self._now}.get(str(value), plain(value))
            self._set(fact, taken, actual=actual, origin="event", where=event, reason=reason)

    def _start_process(self, process: Process, detail: dict[str, Any]) -> None:
        number = self.next_instance
        self.next_instance += 1
        self.instances[number] = Instance.start(number, process.id, self.plan.specs)
        self._history("process_started", process=process.id, detail=detail)

    def _deliver(self, event: str) -> None:
        for one in list(self.instances.values()):
            for token, element in one.awaited():
                awaited = self.plan.element(element)
                if awaited.trigger == "message" and awaited.event == event:
                    one.fire(token, element)
        for task in list(self.tasks.values()):
            if not task.detached and self.plan.element(task.element).event == event and task.id in self.tasks:
                self._finish_task(task)

    # --- coming to rest

    def _rest(self) -> None:
        for _ in range(ROUNDS):
            moved = False
            for one in list(self.instances.values()):
                moved |= one.advance(self._before, self._after, self._condition)
            moved |= self._interrupt()
            moved |= self._arrive()
            moved |= self._send_automatic()
            moved |= self._watch()
            if not moved:
                break
        else:
            raise Incident(f"the case does not come to rest after {ROUNDS} rounds")
        self._end_instances()
        self.duties.rework()
        self.timetable.rework(self.instances.values(), self._now)
        self._close()

    def _condition(self, flow: Flow) -> bool:
        if flow.condition is None:
            return True
        return truth(flow.condition, self.facts, process=flow.process, element=flow.id)

    def _before(self, one: Instance, element_id: str, mark: tuple[str, ...]) -> None:
        element = self.plan.element(element_id)
        if element.kind != "businessRuleTask" or element.decision is None:
            return
        outputs = decide(self.facts, element.decision, process=element.process, element=element.id)
        for fact, value in outputs.items():
            self._set(fact, value, actual=self._now, origin="decision", where=element.decision)
        self._history(
            "decision", process=element.process, element=element.id, detail={"decision": element.decision}
        )

    def _after(self, one: Instance, element_id: str, mark: tuple[str, ...]) -> None:
        element = self.plan.element(element_id)
        self._passed(element, mark)
        if element.kind == "boundaryEvent" and element.interrupting and element.attached_to:
            self._interrupted.append(self.plan.element(element.attached_to))

    def _passed(self, element: Element, mark: tuple[str, ...]) -> None:
        """What an element does when a token leaves it: set facts, then raise and settle duties."""
        self.passed[element.id] = None
        for fact, expression in element.sets.items():
            value = evaluate(expression, self.facts, process=element.process, element=element.id)
            self._set(fact, value, actual=self._now, origin="element", where=element.id)
        for duty in element.duties:
            if duty.act is Act.RAISES:
                self.duties.raise_duty(duty, element, mark)
            elif duty.act is Act.SETTLES:
                for entry in self.ledger.open_of(duty.obligation):
                    self._end_entry(entry, self.duties.settled(duty, element, entry), reason=duty.reason)

    def _interrupt(self) -> bool:
        """Give up the tasks whose token is gone; what an interruption does to a duty is the duty's to say."""
        moved = False
        hosts, self._interrupted = self._interrupted, []
        live = {
            (one.number, token.number)
            for one in self.instances.values()
            for token in one.tokens()
            if token.state is TokenState.WORK
        }
        for task in list(self.tasks.values()):
            if not task.detached and self.tokens[task.id] not in live:
                self._cancel_task(task)
                moved = True
        for host in hosts:
            inside = self.plan.inside(host)
            for entry in self.ledger.open_entries():
                if entry.task is None and entry.element in inside:
                    self._interrupt_entry(entry, entry.element)
                    moved = True
        return moved

    def _cancel_task(self, task: OpenTask) -> None:
        del self.tokens[task.id]
        kept = []
        for number in task.entries:
            if self.ledger.is_open(number) and self._interrupt_entry(
                self.ledger.entries[number], task.element
            ):
                kept.append(number)
        self._history("task_cancelled", process=task.process, element=task.element, detail={"task": task.id})
        if kept:
            self.tasks[task.id] = replace(task, entries=tuple(kept), detached=True)
            self.changes.tasks_changed[task.id] = self.tasks[task.id]
        else:
            self._end_task(task, "cancelled")

    def _interrupt_entry(self, entry: Entry, element: str) -> bool:
        """Do to an entry what its duty says of an interruption; return whether it is kept."""
        word, reason = self.duties.on_interrupt(entry, element)
        if word == "keep":
            return True
        outcome = Outcome.WITHDRAWN if word == "withdraw" else Outcome.SUPERSEDED
        self.ledger.end(entry.number, outcome, self._now, by=self._by, reason=reason)
        return False

    def _arrive(self) -> bool:
        """Open a task for every token that has come to a person's work, or pass it over."""
        known = set(self.tokens.values())
        moved = False
        for one in list(self.instances.values()):
            for token in one.tokens():
                if token.state is TokenState.WORK and (one.number, token.number) not in known:
                    moved = True
                    self._open_task(one, token)
        return moved

    def _open_task(self, one: Instance, token: Token) -> None:
        element = self.plan.element(token.element)
        task_id = f"t{self.next_task}"
        entries = self.duties.take_on(element, token.mark, task_id)
        performing = any(d.act in (Act.RAISES_PERFORMS, Act.PERFORMS) for d in element.duties)
        if performing and not entries:
            one.complete(token.number)  # every duty here was met before, or none arises
            return
        self.next_task += 1
        role = entries[0].role if entries else self.duties.role(None, element)
        task = OpenTask(
            id=task_id,
            process=element.process,
            element=element.id,
            name=element.name,
            role=role,
            form=element.form,
            notice=element.notice,
            entries=tuple(entry.number for entry in entries),
            created=self._now,
            external=self.duties.external_role(role),
            automatic=element.kind == "sendTask",
        )
        self.tasks[task_id] = task
        self.tokens[task_id] = (one.number, token.number)
        self.changes.tasks_opened[task_id] = task

    def _send_automatic(self) -> bool:
        moved = False
        for task in list(self.tasks.values()):
            if not task.automatic or task.id not in self.tasks:
                continue
            due = [
                n
                for n in task.entries
                if self.ledger.is_open(n) and self.ledger.entries[n].obligation not in self.hold
            ]
            if due or not task.entries:
                moved = True
                for number in due:
                    self._perform(task, self.ledger.entries[number])
                if not task.entries:
                    self._finish_task(task)
        return moved

    def _watch(self) -> bool:
        """Let conditions that have become true start their process or wake what waits for them.

        Only conditions are read that hang on something changed since they were read last.
        """
        moved = False
        for process in self.plan.starts(Start.CONDITION):
            condition = process.start_expression
            if condition is None or not self._fresh(process.start_element, condition):
                continue
            holds = truth(condition, self.facts, process=process.id, element=process.start_element)
            if holds and not self.conditions.get(process.id, False):
                self._start_process(process, {"condition": process.start_element})
                moved = True
            self.conditions[process.id] = holds
        for one in list(self.instances.values()):
            for token, element_id in one.awaited():
                element = self.plan.element(element_id)
                if element.trigger != "conditional" or element.expression is None:
                    continue
                if self._fresh(f"{one.number}.{token}.{element_id}", element.expression) and truth(
                    element.expression, self.facts, process=element.process, element=element.id
                ):
                    moved |= one.fire(token, element_id)
        return moved

    def _fresh(self, name: str, expression: Expression) -> bool:
        """Whether an expression, read under this name, hangs on anything changed since; it counts as read now."""
        stamp = self._read.get(name, -1)
        if stamp >= 0 and not self.facts.changes.since(self.plan.dependencies.of(expression), stamp):
            return False
        self._read[name] = self.facts.changes.stamp
        return True

    def _end_instances(self) -> None:
        for number, one in list(self.instances.items()):
            if one.completed:
                one.check()
                del self.instances[number]
                self._history("process_ended", process=one.process)

    def _close(self) -> None:
        live = any(
            not self.plan.element(token.element).watch
            for one in self.instances.values()
            for token in one.tokens()
            if token.state is not TokenState.INSIDE
        )
        owed = any(not entry.external for entry in self.ledger.open_entries())
        closed = not live and not owed
        if closed != self.closed:
            self.closed = closed
            self._history("closed" if closed else "reopened")

    # --- tasks

    def _answer(self, task: OpenTask, answers: Mapping[str, Any]) -> None:
        form = self.pack.forms.get(task.form or "")
        allowed = set(form.facts) if form else set()
        for name, value in answers.items():
            if name in allowed:
                self._set(name, value, actual=self._now, origin="form", where=task.element)

    def _perform(self, task: OpenTask, entry: Entry) -> None:
        self._end_entry(entry, self.duties.outcome(entry, self._now, element=task.element))

    def _end_entry(self, entry: Entry, outcome: Outcome, *, reason: str | None = None) -> None:
        task_id = entry.task
        self.ledger.end(entry.number, outcome, self._now, by=self._by, reason=reason)
        task = self.tasks.get(task_id or "")
        if task is not None and not any(self.ledger.is_open(n) for n in task.entries):
            self._finish_task(task)

    def _finish_task(self, task: OpenTask) -> None:
        """End a task whose work is done and let its token go on."""
        for number in task.entries:
            if self.ledger.is_open(number):
                entry = self.ledger.entries[number]
                outcome = self.duties.outcome(entry, self._now, element=task.element)
                self.ledger.end(number, outcome, self._now, by=self._by)
        self._history("task_completed", process=task.process, element=task.element, detail={"task": task.id})
        self._end_task(task, "completed")
        element = self.plan.element(task.element)
        if task.automatic and task.notice:
            self.changes.notices.append(
                NoticeOrder(f"{self.number}/{task.id}", task.notice, task.element, task.entries)
            )
        token = self.tokens.pop(task.id, None)
        mark: tuple[str, ...] = ()
        if token is not None:
            one = self.instances[token[0]]
            mark = next((t.mark for t in one.tokens() if t.number == token[1]), ())
        self._passed(element, mark)
        if token is not None:
            self.instances[token[0]].complete(token[1])

    def _end_task(self, task: OpenTask, how: str) -> None:
        del self.tasks[task.id]
        self.changes.tasks_changed.pop(task.id, None)
        self.changes.tasks_ended[task.id] = how

    # --- timers

    def _fire(self, timer: WaitingTimer) -> None:
        one_number, token = (int(part) for part in timer.id.split(".")[:2])
        element = self.plan.element(timer.element)
        mark = (timer.due.isoformat(), *sorted(self.plan.ended_by(element)))
        self._history(
            "timer_fired",
            process=element.process,
            element=element.id,
            detail={"due": timer.due.isoformat()},
        )
        self.instances[one_number].fire(token, timer.element, mark)
