"""Playing a story on a virtual clock.

At one instant the order is: the timeline's lines, then the timers due, then people's open duties that the story does
not name, oldest first. `reload` stores and loads every case after every act, to show that nothing hangs on memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.case.case import Case
from engine.case.model import Changes, Entry, Episode, OpenTask
from engine.case.scopes import REPORTED
from engine.check.scenarios.people import fill
from engine.check.scenarios.story import Happens, Scenario
from engine.clock import VirtualClock
from engine.errors import HomewardError
from engine.feel import UNKNOWN
from engine.pack.model import Pack

ACTS_AT_ONE_INSTANT = 1_000
MISSING_AGAIN = "missing_again"
CHILD_FACTS = ("child.", "worker.", "placement.")


class StoryFault(HomewardError):
    """The story cannot go on: the message says at which moment and why."""


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
    passed: set[str] = field(default_factory=set)
    """The elements that a token passed, for coverage."""
    listen: Callable[[Line], None] | None = None


def play(
    scenario: Scenario,
    pack: Pack,
    *,
    reload: bool = False,
    listen: Callable[[Line], None] | None = None,
) -> Played:
    """Play a story to its end and return what the ledger then holds; a fault stops it and is told in `stopped`."""
    played = Played(scenario, listen=listen)
    story = _Story(scenario, pack, played, reload)
    try:
        story.run()
    except HomewardError as error:
        played.stopped = f"{story.clock.now():%Y-%m-%d %H:%M}: {error}"
    story.close()
    return played


class _Story:
    def __init__(self, scenario: Scenario, pack: Pack, played: Played, reload: bool) -> None:
        self.scenario = scenario
        self.pack = pack
        self.played = played
        self.reload = reload
        self.clock = VirtualClock(scenario.received)
        self.cases: list[Case] = []
        self.told: dict[str, Any] = dict(scenario.facts)
        self.moments = played.moments
        self.moments["T0"] = scenario.reported
        self.acts = 0
        self.reported: list[datetime | None] = []
        """When each case's child was reported away; None for a case that is no episode."""
        self.tried: dict[tuple[int, int], Mapping[str, Any]] = {}
        """(case, entry) → the answers with which somebody tried a duty that they left open."""

    # --- running

    def run(self) -> None:
        self._open_case(self.scenario.reported, self.scenario.started_by, self._earlier())
        timeline = list(self.scenario.timeline)
        until: datetime | None = None
        while True:
            timeline = self._instant(timeline)
            try:
                until = self.scenario.until.resolve(self.moments)
            except HomewardError:
                if not timeline:
                    raise
            upcoming = [case.next_due for case in self.cases if case.next_due is not None]
            if timeline:
                upcoming.append(timeline[0].at.resolve(self.moments))
            moment = min((m for m in upcoming), default=None)
            if until is not None and (moment is None or moment > until):
                if self.clock.now() < until:
                    self.clock.move_to(until)
                    self._instant([])
                return
            if moment is None:
                raise StoryFault(f"nothing happens any more and {self.scenario.until.text} never comes")
            if moment > self.clock.now():
                self.clock.move_to(moment)

    def _instant(self, timeline: list[Happens]) -> list[Happens]:
        """Do everything that belongs to the present instant; return the lines still to come."""
        self.acts = 0
        postponed: list[Happens] = []
        while timeline and timeline[0].at.resolve(self.moments) <= self.clock.now():
            line = timeline.pop(0)
            if line.name:
                self.moments[line.name] = line.at.resolve(self.moments)
            if line.done and self._find(line) is None:
                postponed.append(line)  # a timer of this very instant may raise it
            else:
                self._happen(line)
        while self._timers() or self._people() or self._postponed(postponed):
            pass
        if postponed:
            line = postponed[0]
            raise StoryFault(f"{line.done} should be done here, but no such duty is open (line {line.line})")
        return timeline

    def _postponed(self, postponed: list[Happens]) -> bool:
        for line in postponed:
            if self._find(line) is not None:
                postponed.remove(line)
                self._happen(line)
                return True
        return False

    def _act(self, case: Case) -> None:
        """Take in what an act changed."""
        self.acts += 1
        if self.acts > ACTS_AT_ONE_INSTANT:
            raise StoryFault(f"more than {ACTS_AT_ONE_INSTANT} acts at one instant")
        index = self.cases.index(case)
        changes = case.drain()
        self._tell(index + 1, changes, case)
        self.played.passed.update(case.passed)
        if self.reload:
            again = Case.load(self.pack, case.dump())
            again.hold = case.hold
            self.cases[index] = again

    # --- cases

    def _earlier(self) -> list[Episode]:
        return [Episode(e.reported, e.returned, e.category, e.facts) for e in self.scenario.earlier]

    def _open_case(self, reported: datetime, event: str, earlier: list[Episode]) -> None:
        clocks = {"notification.received_at": self.clock.now()}
        episode = self._opens_episode(event)
        if episode:
            clocks |= {"episode.reported_at": reported, "episode.missing_from": reported}
        facts = {
            name: value
            for name, value in {**clocks, **self.told}.items()
            if name in self.pack.vocabulary.facts and self.pack.vocabulary.facts[name].source == "record"
        }
        if self.cases:  # a later episode of the same child: clocks of its own, the child's present record
            facts.update((name, value) for name, value in clocks.items() if name in facts)
            for name in [n for n in facts if n.startswith(("return.", "interview.", "meeting."))]:
                del facts[name]
        case = Case.start(
            self.pack,
            facts=facts,
            at=self.clock.now(),
            actual=reported,
            earlier_episodes=earlier,
            event=event,
            number=len(self.cases) + 1,
            hold=self.scenario.waits,
        )
        self.cases.append(case)
        self.reported.append(reported if episode else None)
        self._act(case)

    def _episode_of(self, case: Case, reported: datetime) -> Episode:
        now = self.clock.now()
        returned, category = case.value("return.returned_at", now), case.value("episode.category", now)
        stored = {
            name: value
            for name, value in case.facts.stored.items()
            if name.startswith(("episode.", "return.")) and name in self.pack.vocabulary.facts
        }
        return Episode(
            reported,
            None if returned is UNKNOWN else returned,
            "missing" if category is UNKNOWN else category,
            stored,
        )

    def _chosen(self, line: Happens) -> Case:
        if line.case is not None:
            if not 1 <= line.case <= len(self.cases):
                raise StoryFault(f"there is no case {line.case} yet (line {line.line})")
            return self.cases[line.case - 1]
        return self.cases[-1]

    # --- what happens

    def _happen(self, line: Happens) -> None:
        if line.event == MISSING_AGAIN:
            self._missing_again(line)
        elif line.event is not None and self._starts_episode(line):
            self._next_episode(line, line.event)
        elif line.event is not None:
            actual = line.actual.resolve(self.moments) if line.actual else self._before_receipt(line)
            self.told.update(line.facts)
            own, shared = self._shared(line.facts)
            case = self._chosen(line)
            case.record_event(
                line.event,
                at=self.clock.now(),
                actual=actual,
                facts={**own, **shared},
                by="scenario",
                reason="As told in the story",
            )
            self._act(case)
            self._share(shared, except_for=self.cases.index(self._chosen(line)))
        elif line.done is not None:
            self.told.update(line.facts)
            found = self._find(line)
            if found is None:
                raise StoryFault(f"{line.done} is not open (line {line.line})")
            self._do(*found, line.facts)
        else:
            self._facts_change(line)

    def _before_receipt(self, line: Happens) -> datetime | None:
        """Return when an event happened that came before the case: the council learns of it with the notification."""
        at = line.at.resolve(self.moments)
        return at if at < self.scenario.received else None

    def _facts_change(self, line: Happens) -> None:
        self.told.update(line.facts)
        own, shared = self._shared(line.facts)
        if own:
            case = self._chosen(line)
            case.set_facts(own, at=self.clock.now(), by="scenario", where="timeline")
            self._act(case)
        self._share(shared)

    def _shared(self, facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Part facts of the case from those of the child, which every open case shares."""
        shared = {name: value for name, value in facts.items() if name.startswith(CHILD_FACTS)}
        return {name: value for name, value in facts.items() if name not in shared}, shared

    def _share(self, facts: Mapping[str, Any], except_for: int | None = None) -> None:
        if not facts:
            return
        for index in range(len(self.cases)):
            if index != except_for:
                case = self.cases[index]
                case.set_facts(facts, at=self.clock.now(), by="scenario", where="timeline", origin="child")
                self._act(case)

    def _missing_again(self, line: Happens) -> None:
        before = self._chosen(line)
        before.record_event(MISSING_AGAIN, at=self.clock.now(), by="scenario")
        self._act(before)
        self._next_episode(line, REPORTED)

    def _next_episode(self, line: Happens, event: str) -> None:
        """Open the case of a further episode of the same child."""
        self.told.update(line.facts)
        earlier = self._earlier() + [
            self._episode_of(case, reported)
            for case, reported in zip(self.cases, self.reported, strict=True)
            if reported is not None
        ]
        reported = line.actual.resolve(self.moments) if line.actual else line.at.resolve(self.moments)
        self._open_case(reported, event, earlier)

    def _opens_episode(self, event: str) -> bool:
        return self.pack.vocabulary.events[event].opens_episode

    def _starts_episode(self, line: Happens) -> bool:
        """Whether an event tells of an absence and no case of the story is about one that still lasts.

        What belongs to an absence that is over (a notification that comes after the return) starts no other; only a
        new report does.
        """
        if line.event is None or line.case is not None or not self._opens_episode(line.event):
            return False
        episodes = [case for case, since in zip(self.cases, self.reported, strict=True) if since is not None]
        if not episodes:
            return True
        back = episodes[-1].value("return.returned_at", self.clock.now())
        return line.event == REPORTED and back is not UNKNOWN and back is not None

    def _timers(self) -> bool:
        now = self.clock.now()
        due = [(case.next_due, index) for index, case in enumerate(self.cases) if case.next_due is not None]
        due = [(moment, index) for moment, index in due if moment is not None and moment <= now]
        if not due:
            return False
        case = self.cases[min(due)[1]]
        case.fire_timers(now)
        self._act(case)
        return True

    def _people(self) -> bool:
        """Carry out the oldest open duty that the story neither names nor holds; False when there is none.

        A duty that what people can answer leaves open is tried again when they can answer something else.
        """
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

    def _tried_so(self, index: int, number: int, task: OpenTask) -> bool:
        """Whether somebody tried this duty with the very answers that they would give now, which left it open."""
        tried = self.tried.get((index, number))
        case = self.cases[index]
        return tried is not None and tried == fill(case, task, self.told, {}, self.clock.now())

    def _for_people(self, case: Case, task: OpenTask) -> bool:
        """What is awaited as an event comes as an event; everything else somebody does."""
        return task.detached or case.plan.element(task.element).event is None

    def _find(self, line: Happens) -> tuple[Case, Entry] | None:
        """Return the oldest open entry that a `done` line means."""
        chosen = [self._chosen(line)] if line.case is not None else self.cases
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

    def _do(
        self, case: Case, entry: Entry | None, given: Mapping[str, Any], task: OpenTask | None = None
    ) -> None:
        now = self.clock.now()
        task = task or case.tasks.get((entry.task if entry else None) or "")
        if task is None:
            if entry is not None:
                if given:
                    case.set_facts(given, at=now, by="scenario", where="timeline")
                case.complete_entry(entry.number, at=now, by="scenario")
                self._act(case)
            return
        answers = fill(case, task, self.told, given, now)
        self.told.update({n: v for n, v in given.items() if n in self.pack.vocabulary.facts})
        form = self.pack.forms.get(task.form or "")
        beside = {n: v for n, v in given.items() if form is None or n not in form.facts}
        if beside:  # what the person says beyond the form is recorded as they would
            case.set_facts(beside, at=now, by="scenario", where="timeline")
        _, shared = self._shared(answers)
        entries = None if entry is None else [entry.number]
        if task.id in case.tasks:
            case.complete(task.id, answers, at=now, by="scenario", entries=entries)
        index = self.cases.index(case)
        if entry is not None and case.ledger.is_open(entry.number):
            self.tried[index, entry.number] = answers
        self._act(case)
        self._share(shared, except_for=index)

    # --- the account

    def _tell(self, number: int, changes: Changes, case: Case) -> None:
        for happening in changes.history:
            if happening.kind in (
                "event",
                "timer_fired",
                "decision",
                "left_open",
                "process_started",
                "closed",
                "reopened",
            ):
                words = ", ".join(f"{key} {value}" for key, value in happening.detail.items())
                where = (
                    case.plan.element(happening.element).name
                    if happening.element
                    else happening.process or ""
                )
                text = " ".join(
                    part
                    for part in (happening.kind.replace("_", " "), where, f"({words})" if words else "")
                    if part
                )
                self._line(number, happening.kind, text)
        for change in changes.facts:
            self._line(number, "fact", f"{change.fact} = {_shown(change.value)} ({change.origin})")
        for entry in changes.entries.values():
            before = self.played.entries.get((number, entry.number))
            self.played.entries[number, entry.number] = entry
            if before is None:
                self._line(number, "raised", _raised(entry))
            if not entry.open and (before is None or before.open):
                self._line(number, "ended", _ended(entry))

    def _line(self, number: int, kind: str, text: str) -> None:
        line = Line(self.clock.now(), number, kind, text)
        self.played.account.append(line)
        if self.played.listen is not None:
            self.played.listen(line)

    def close(self) -> None:
        """Take down how everything stands at the end."""
        now = self.clock.now()
        for case in self.cases:
            for name in self.scenario.expect_facts:
                try:
                    self.played.facts[name] = case.value(name, now)
                except (HomewardError, ValueError) as error:
                    self.played.stopped = self.played.stopped or str(error)
        self.played.closed = bool(self.cases) and all(case.closed for case in self.cases)


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


def renumbered(entries: Mapping[tuple[int, int], Entry]) -> list[tuple[int, Entry]]:
    """Return (case, entry) pairs in the order in which they arose."""
    return [
        (case, entry) for (case, _), entry in sorted(entries.items(), key=lambda kv: (kv[1].raised, kv[0]))
    ]
