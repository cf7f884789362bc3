"""Playing a story on a virtual clock.

At one instant the order is: the timeline's lines, then the timers due, then people's open duties that the story does
not name, oldest first. `reload` stores and loads every case after every act, to show that nothing hangs on memory.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.case.case import Case
from engine.case.model import Changes, Entry, OpenTask
from engine.case.scopes import REPORTED
from engine.check.scenarios.cases import Cases, NoRest, StoryFault, of_the_child
from engine.check.scenarios.people import fill
from engine.check.scenarios.story import Happens, Scenario
from engine.check.scenarios.telling import Line, Played, Watch
from engine.clock import VirtualClock
from engine.errors import HomewardError
from engine.pack.model import Pack

LOG = logging.getLogger("homeward.scenarios")
ACTS_AT_ONE_INSTANT = 300
MISSING_AGAIN = "missing_again"
STORYTELLER = "scenario"
"""By whom the acts of a story are done."""

Pace = Callable[[int, Entry, datetime], Happens | None]
"""Says by a line when a duty will be done that has just arisen (case, entry, now); None: as others are."""


def play(
    scenario: Scenario,
    pack: Pack,
    *,
    reload: bool = False,
    listen: Callable[[Line], None] | None = None,
    watch: Watch | None = None,
    pace: Pace | None = None,
    alone: bool = False,
) -> Played:
    """Play a story to its end and return what the ledger then holds; a fault stops it and is told in `stopped`.

    `listen` hears each line of the account, `watch` sees each case after every act on it. `pace` says of each duty, as
    it arises, when somebody will do it, by a line that joins the timeline; `carried` then holds the lines that took
    place. `alone`: nobody does anything that the timeline does not tell.
    """
    played = Played(scenario, listen=listen, watch=watch)
    story = _Story(scenario, pack, played, reload, pace)
    story.alone = alone
    try:
        story.run()
    except HomewardError as error:
        played.stopped = f"{story.now:%Y-%m-%d %H:%M}: {error}"
        played.fault = error
    except Exception as error:  # a fault of ours must not keep the other stories from being judged
        played.fault = error
        LOG.exception("the story %s", scenario.id)
        played.stopped = (
            f"{story.now:%Y-%m-%d %H:%M}: a fault of the program: {type(error).__name__}: {error}"
        )
    story.close()
    return played


class _Story:
    def __init__(
        self, scenario: Scenario, pack: Pack, played: Played, reload: bool, pace: Pace | None = None
    ) -> None:
        self.scenario = scenario
        self.pack = pack
        self.played = played
        self.reload = reload
        self.pace = pace
        self.alone = False
        self.timeline = list(scenario.timeline)
        self.paced: set[int] = set()
        """The lines that the pace has added, by identity: nobody minds when the duty has ended by then."""
        self.clock = VirtualClock(scenario.received)
        self.cases = Cases(scenario, pack)
        self.told: dict[str, Any] = dict(scenario.facts)
        self.moments = played.moments
        self.moments["T0"] = scenario.reported
        self.acts = 0
        self.tried: dict[tuple[int, int], Mapping[str, Any]] = {}
        """(case, entry) → the answers with which somebody tried a duty that they left open."""
        self.answered: dict[tuple[int, str], Mapping[str, Any]] = {}
        """(case, task) → what the story had told of the facts that somebody answered as they did a part of a task."""

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # --- running

    def run(self) -> None:
        self._open_case(self.scenario.started_by, self.scenario.reported)
        timeline = self.timeline
        until: datetime | None = None
        while True:
            self._instant(timeline)
            try:
                until = self.scenario.until.resolve(self.moments)
            except HomewardError:
                if not timeline:
                    raise
            upcoming = [case.next_due for case in self.cases if case.next_due is not None]
            if timeline:
                upcoming.append(self._next(timeline)[0])
            moment = min((m for m in upcoming), default=None)
            if until is not None and (moment is None or moment > until):
                if self.now < until:
                    self.clock.move_to(until)
                    self._instant([])
                return
            if moment is None:
                raise StoryFault(f"nothing happens any more and {self.scenario.until.text} never comes")
            if moment > self.now:
                self.clock.move_to(moment)

    def _next(self, timeline: list[Happens]) -> tuple[datetime, Happens]:
        """Return the line that comes next, and when: the earliest, in the order of the file where several are at once.

        A line that hangs on a moment which has not come yet waits for it. Raises UnknownMoment where all do.
        """
        found: tuple[datetime, Happens] | None = None
        for line in timeline:
            try:
                at = line.at.resolve(self.moments)
            except HomewardError:
                continue
            if found is None or at < found[0]:
                found = at, line
        return found or (timeline[0].at.resolve(self.moments), timeline[0])

    def _instant(self, timeline: list[Happens]) -> None:
        """Do everything that belongs to the present instant; the lines done are taken out of the timeline."""
        self.acts = 0
        postponed: list[Happens] = []
        while timeline:
            at, line = self._next(timeline)
            if at > self.now:
                break
            timeline.remove(line)
            if id(line) in self.paced:
                if self._find(line) is None:
                    continue
                self.played.carried.append(line)
            if line.name:
                self.moments[line.name] = at
            if not self._possible(line):
                postponed.append(line)  # a timer of this very instant may raise it
            else:
                self._happen(line)
        while self._timers() or self._people() or self._postponed(postponed):
            pass
        if postponed:
            line = postponed[0]
            said = line.done or line.task
            raise StoryFault(f"{said} should be done here, but no such duty is open (line {line.line})")

    def _possible(self, line: Happens) -> bool:
        """Whether what a line says somebody does can be done now."""
        if line.task is not None:
            return self._open_task(line) is not None
        return line.done is None or self._find(line) is not None

    def _postponed(self, postponed: list[Happens]) -> bool:
        for line in postponed:
            if self._possible(line):
                postponed.remove(line)
                self._happen(line)
                return True
        return False

    def _act(self, case: Case) -> None:
        """Take in what an act changed."""
        self.acts += 1
        index = self.cases.index(case)
        changes = case.drain()
        if self.acts > ACTS_AT_ONE_INSTANT:
            message = f"more than {ACTS_AT_ONE_INSTANT} acts at one instant: what is done is asked for again and again"
            raise NoRest(message, next((h.element for h in reversed(changes.history) if h.element), ""))
        if self.pace is not None:
            self._pace(self.pace, index + 1, changes)
        self.played.tell(index + 1, changes, case, self.now)
        if changes.incidents:
            raise changes.incidents[0]
        if self.reload:
            again = Case.load(self.pack, case.dump())
            again.hold = case.hold
            self.cases.replace(index, again)

    def _pace(self, pace: Pace, number: int, changes: Changes) -> None:
        """Ask when somebody will do each duty that has just arisen."""
        for entry in changes.entries.values():
            if entry.open and (number, entry.number) not in self.played.entries:
                line = pace(number, entry, self.now)
                if line is not None:
                    self.timeline.append(line)
                    self.paced.add(id(line))

    # --- what happens

    def _open_case(self, event: str, actual: datetime) -> None:
        self._act(self.cases.open(event, actual=actual, told=self.told, now=self.now))

    def _happen(self, line: Happens) -> None:
        if line.event == MISSING_AGAIN:
            self._missing_again(line)
        elif line.event is not None and self.cases.opens_another(line, self.now):
            self._next_episode(line, line.event)
        elif line.event is not None:
            self._event(line, line.event)
        elif line.done is not None:
            self.told.update(line.facts)
            found = self._find(line)
            if found is None:
                raise StoryFault(f"{line.done} is not open (line {line.line})")
            self._do(*found, line.facts)
        elif line.task is not None:
            self._do_task(line)
        else:
            self._facts_change(line)

    def _event(self, line: Happens, event: str) -> None:
        actual = line.actual.resolve(self.moments) if line.actual else self._before_receipt(line)
        self.told.update(self._told_by(event))
        self.told.update(line.facts)
        _, shared = of_the_child(line.facts)
        case = self.cases.chosen(line)
        index = self.cases.index(case)
        case.record_event(
            event,
            at=self.now,
            actual=actual,
            facts=line.facts,
            by=STORYTELLER,
            reason="As told in the story",
        )
        self._act(case)
        self._share(shared, except_for=index)

    def _told_by(self, event: str) -> dict[str, Any]:
        """Return the facts that an event tells by itself: who is asked for one of them later gives no older answer."""
        moments = {"actual", "recorded"}
        return {
            fact: value
            for fact, value in self.pack.vocabulary.events[event].sets.items()
            if not (isinstance(value, str) and value in moments)
        }

    def _before_receipt(self, line: Happens) -> datetime | None:
        """Return when an event happened that came before the case: the council learns of it with the notification."""
        at = line.at.resolve(self.moments)
        return at if at < self.scenario.received else None

    def _missing_again(self, line: Happens) -> None:
        before = self.cases.chosen(line)
        before.record_event(MISSING_AGAIN, at=self.now, by=STORYTELLER)
        self._act(before)
        self._next_episode(line, REPORTED)

    def _next_episode(self, line: Happens, event: str) -> None:
        """Open the case of a further episode of the same child."""
        self.told.update(line.facts)
        self._open_case(event, (line.actual or line.at).resolve(self.moments))

    def _facts_change(self, line: Happens) -> None:
        self.told.update(line.facts)
        own, shared = of_the_child(line.facts)
        if own:
            case = self.cases.chosen(line)
            case.set_facts(own, at=self.now, by=STORYTELLER, where="timeline")
            self._act(case)
        self._share(shared)

    def _share(self, facts: Mapping[str, Any], except_for: int | None = None) -> None:
        """Tell every case of the child what one of them learnt of it."""
        if not facts:
            return
        for index in range(len(self.cases)):
            if index != except_for:
                case = self.cases[index]
                case.set_facts(facts, at=self.now, by=STORYTELLER, where="timeline", origin="child")
                self._act(case)

    def _timers(self) -> bool:
        due = [
            (case.next_due, index)
            for index, case in enumerate(self.cases)
            if case.next_due is not None and case.next_due <= self.now
        ]
        if not due:
            return False
        case = self.cases[min(due)[1]]
        case.fire_timers(self.now)
        self._act(case)
        return True

    # --- people

    def _people(self) -> bool:
        """Carry out the oldest open duty that the story neither names nor holds; False when there is none.

        A duty that what people can answer leaves open is tried again when they can answer something else.
        """
        if self.alone:
            return False
        waiting: list[tuple[datetime, int, int]] = []
        for index, case in enumerate(self.cases):
            for task in case.tasks.values():
                if not self._for_people(case, task):
                    continue
                for number in task.entries:
                    entry = case.entries.get(number)
                    if entry is None or not entry.open or entry.obligation in self.scenario.waits:
                        continue
                    if not self._tried_so(index, number, task):
                        waiting.append((entry.raised, index, number))
                if not task.entries:
                    self._do(case, None, {}, task)
                    return True
        if not waiting:
            return False
        _, index, number = min(waiting)
        self._do(self.cases[index], self.cases[index].entries[number], {})
        return True

    def _for_people(self, case: Case, task: OpenTask) -> bool:
        """What is awaited as an event comes as an event, what is only offered waits; all else somebody does."""
        if task.detached:
            return True
        return case.plan.element(task.element).event is None and not case.plan.is_offer(task.element)

    def _tried_so(self, index: int, number: int, task: OpenTask) -> bool:
        """Whether somebody tried this duty with the very answers that they would give now, which left it open."""
        tried = self.tried.get((index, number))
        return tried is not None and tried == self._answers(index, task, {})

    def _answers(self, index: int, task: OpenTask, given: Mapping[str, Any]) -> dict[str, Any]:
        answered = self.answered.get((index, task.id), {})
        return fill(self.cases[index], task, self.told, given, self.now, answered)

    def _find(self, line: Happens) -> tuple[Case, Entry] | None:
        """Return the oldest open entry that a `done` line means."""
        chosen = [self.cases.chosen(line)] if line.case is not None else self.cases
        found = [
            (entry.raised, self.cases.index(case), entry.number)
            for case in chosen
            for entry in case.entries.values()
            if entry.open and entry.obligation == line.done and (line.role is None or entry.role == line.role)
        ]
        if not found:
            return None
        _, index, number = min(found)
        return self.cases[index], self.cases[index].entries[number]

    def _open_task(self, line: Happens) -> tuple[Case, OpenTask] | None:
        """Return the oldest open work of the element that a `task` line means."""
        chosen = [self.cases.chosen(line)] if line.case is not None else self.cases
        found = [(case, task) for case in chosen for task in case.tasks.values() if task.element == line.task]
        return min(found, key=lambda one: one[1].created, default=None)

    def _do_task(self, line: Happens) -> None:
        """Do work that no duty stands for."""
        found = self._open_task(line)
        if found is None:
            raise StoryFault(f"{line.task} is not open (line {line.line})")
        self._do(found[0], None, line.facts, found[1])

    def _do(
        self, case: Case, entry: Entry | None, given: Mapping[str, Any], task: OpenTask | None = None
    ) -> None:
        task = task or case.tasks.get((entry.task if entry else None) or "")
        if task is None:
            if entry is not None:
                self._record_met(case, entry, given)
            return
        index = self.cases.index(case)
        answers = self._answers(index, task, given)
        self.told.update({n: v for n, v in given.items() if n in self.pack.vocabulary.facts})
        form = self.pack.forms.get(task.form or "")
        beside = {n: v for n, v in given.items() if form is None or n not in form.facts}
        if beside:  # what the person says beyond the form is recorded as they would
            case.set_facts(beside, at=self.now, by=STORYTELLER, where="timeline")
        _, shared = of_the_child(answers)
        entries = None if entry is None else [entry.number]
        if task.id in case.tasks:
            case.complete(task.id, answers, at=self.now, by=STORYTELLER, entries=entries)
        if entry is not None and case.ledger.is_open(entry.number):
            self.tried[index, entry.number] = answers
        elif task.id in case.tasks:
            self.answered[index, task.id] = {n: self.told[n] for n in answers if n in self.told}
        self._act(case)
        self._share(shared, except_for=index)

    def _record_met(self, case: Case, entry: Entry, given: Mapping[str, Any]) -> None:
        """Record that a duty was met which no task stands for."""
        if given:
            case.set_facts(given, at=self.now, by=STORYTELLER, where="timeline")
        case.complete_entry(entry.number, at=self.now, by=STORYTELLER)
        self._act(case)

    # --- the end

    def close(self) -> None:
        """Take down how everything stands at the end."""
        for name in self.scenario.expect_facts:
            try:
                self.played.facts[name] = self.cases.value(name, self.now)
            except (HomewardError, ValueError) as error:
                self.played.stopped = self.played.stopped or str(error)
        self.played.closed = bool(len(self.cases)) and all(case.closed for case in self.cases)
