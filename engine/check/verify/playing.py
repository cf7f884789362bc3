"""Playing one story of an exploration: what became of each check, and what was seen on the way.

What comes back is small and plain, because it travels between processes a few thousand times a minute; the story itself
need not, since it can be played again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zlib import crc32

from engine.case.case import Case
from engine.case.model import Changes, Entry, Incident
from engine.check.clauses.judge import Kind, judge
from engine.check.scenarios.cases import NoRest, StoryFault
from engine.check.scenarios.people import NoAnswer
from engine.check.scenarios.play import Pace as WhenDone
from engine.check.scenarios.play import play
from engine.check.scenarios.story import Happens, Scenario, UnknownMoment
from engine.check.scenarios.telling import Played
from engine.check.scenarios.verdict import judge as expectations
from engine.check.trace import BACK, Trace
from engine.check.verify.periods import run_period
from engine.check.verify.stories import Pace, Story, after
from engine.errors import HomewardError
from engine.pack.checks import Asks, Check, Never
from engine.pack.model import Pack

HOUR = timedelta(hours=1)
AWKWARD = (StoryFault, NoAnswer, UnknownMoment)
"""Faults of a story that cannot be told, not of the procedure."""
NOTHING = "nothing happened"
"""Why a story cannot be told in which no case began."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something on the way that no case should come to: `kind` is incident, no rest, stays open or exception.

    `where` names the element, decision or fact that tells this one from others of its kind.
    """

    kind: str
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Breach:
    """A check that a story broke: what happened, when, in which case."""

    check: str
    why: str
    at: datetime | None
    case: int
    elements: tuple[str, ...] = ()


@dataclass(slots=True)
class Result:
    """What came of playing a story.

    `held` are the checks that applied and held; `seen` everything that counts as covered: elements, flows, rules, how
    duties stood; `read` the facts that it read, in order; `instants` when something fell due or time did something.
    """

    held: tuple[str, ...] = ()
    broken: tuple[Breach, ...] = ()
    faults: tuple[Fault, ...] = ()
    seen: frozenset[str] = frozenset()
    read: tuple[str, ...] = ()
    instants: tuple[datetime, ...] = ()
    awkward: str | None = None
    carried: tuple[Happens, ...] = ()
    passed: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    """What the story itself expects and did not get; one that was made up expects nothing."""
    ledger: int = 0
    """A digest of the ledger at the end: equal where every duty arose, stood and ended alike."""


def told_whole(story: Story, result: Result) -> Scenario:
    """Return a story as a scenario that tells by itself when each duty is done."""
    scenario = story.scenario
    if not result.carried:
        return scenario
    return replace(scenario, timeline=(*scenario.timeline, *result.carried))


def play_story(
    story: Story,
    pack: Pack,
    checks: Iterable[Check] | None = None,
    settled: frozenset[str] = frozenset(),
    known: int | None = None,
) -> Result:
    """Play a story and judge every check of the pack, or those given.

    Of `settled` ones that forbid something it is not asked again whether they came up, where nothing forbidden arose,
    nor what forms ask, which hangs on no story. `known` is the digest of a ledger that has been judged before: where it
    comes out again, nothing is judged.
    """
    trace = Trace(pack, prompt=story.prompt)
    watch = _Watch(trace)
    played = _played(story, pack, watch)
    awkward = isinstance(played.fault, AWKWARD)
    if not trace.cases and isinstance(played.fault, Incident):  # in its very first act
        return Result(faults=tuple(_faults(played, watch, story)))
    if awkward or not trace.cases:
        return Result(awkward=played.stopped or NOTHING)
    end = _until(story, played)
    trace.end(min(end, watch.last or end) if played.fault is not None else end)
    held: list[str] = []
    broken: list[Breach] = []
    arisen = {entry.obligation for entry in played.entries.values()}
    ledger = _digest(played)
    if ledger == known:
        checks = ()
    for check in pack.checks.values() if checks is None else checks:
        if check.id in settled and _tells_nothing(check, arisen):
            continue
        verdict = judge(check, trace)
        if verdict.kind is Kind.HOLDS:
            held.append(check.id)
        elif verdict.kind is Kind.BROKEN:
            broken.append(Breach(check.id, verdict.why, verdict.at, verdict.case, verdict.elements))
    return Result(
        held=tuple(held),
        broken=tuple(broken),
        faults=tuple(_faults(played, watch, story)),
        seen=frozenset(_seen(played, watch)),
        read=tuple(watch.read),
        instants=tuple(sorted(watch.instants)),
        carried=tuple(played.carried),
        passed=tuple(sorted(played.passed)),
        unmet=() if ledger == known else tuple(expectations(played).hard_failures),
        ledger=ledger,
    )


def _tells_nothing(check: Check, arisen: Collection[str]) -> bool:
    if isinstance(check.consequence, Never):
        return not any(obligation in arisen for obligation in check.consequence.obligations)
    return isinstance(check.consequence, Asks)


def _digest(played: Played) -> int:
    rows = sorted(
        (
            case,
            e.number,
            e.obligation,
            e.role,
            e.clauses,
            str(e.raised),
            str(e.due),
            e.outcome.value,
            str(e.done),
        )
        for (case, _), e in played.entries.items()
    )
    return crc32(repr((rows, played.closed)).encode())


def _played(story: Story, pack: Pack, watch: _Watch) -> Played:
    if story.period is None:
        return play(story.scenario, pack, watch=watch, pace=_pace(story))
    played = Played(story.scenario)

    def take(number: int, changes: Changes, case: Case, at: datetime) -> None:
        played.tell(number, changes, case, at)
        watch(number, changes, case, at)

    try:
        played.moments["until"] = run_period(story, pack, take)
    except HomewardError as error:
        played.stopped, played.fault = str(error), error
    return played


class _Watch:
    """Looks at each case after every act."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.read: dict[str, None] = {}
        self.instants: set[datetime] = set()
        self.events: set[str] = set()
        self.cancelled: set[str] = set()
        self.last: datetime | None = None
        self.cases: dict[int, Case] = {}

    def __call__(self, number: int, changes: Changes, case: Case, at: datetime) -> None:
        self.trace.take(number, changes, case, at)
        self.last = at
        self.cases[number] = case
        self.read.update(case.facts.reads)
        for entry in changes.entries.values():
            if entry.due is not None:
                self.instants.add(entry.due)
        for happening in changes.history:
            if happening.kind == "timer_fired":
                self.instants.add(at)
            elif happening.kind in ("event", "started"):
                self.events.add(str(happening.detail.get("event")))
            elif happening.kind == "task_cancelled":
                self.cancelled.add(str(happening.element))
        self.instants.update(timer.due for timer in case.timers)


def _pace(story: Story) -> WhenDone | None:
    """Return when the people of a story do what arises; None: at once or never."""
    if story.pace in (Pace.PROMPT, Pace.IDLE):
        return None

    def when(number: int, entry: Entry, now: datetime) -> Happens:
        if story.pace is Pace.LATE:
            moment = max(entry.due or now, now) + HOUR
        else:
            # Neither at once nor late, and different from one duty to the next, yet the same whenever it is played.
            shares = (0.0, 0.5, 1.0, 1.2)
            share = shares[(sum(map(ord, entry.obligation)) + entry.number) % len(shares)]
            left = max(entry.due - now, HOUR) if entry.due is not None else 48 * HOUR
            moment = now + left * share + timedelta(minutes=1)
        moment = moment.replace(microsecond=0)
        at = after(moment - story.scenario.reported)
        return Happens(at, 0, done=entry.obligation, role=entry.role, case=number)

    return when


def _until(story: Story, played: Played) -> datetime:
    scenario = story.scenario
    if story.period is not None:
        return played.moments.get("until", story.period.until)
    try:
        return scenario.until.resolve(played.moments)
    except HomewardError:
        return scenario.received


def _seen(played: Played, watch: _Watch) -> Iterable[str]:
    """Yield everything that the story covered, as texts that begin with what they are."""
    for element in played.passed:
        yield f"element:{element}"
    for entry in played.entries.values():
        yield f"duty:{entry.obligation}:{entry.role}:{entry.outcome.value}:{entry.due is not None}"
        for clause in entry.clauses:
            yield f"clause:{clause}"
    for event in watch.events:
        yield f"event:{event}"
    for element in watch.cancelled:
        yield f"cancelled:{element}"
    for case in watch.cases.values():
        for flow in case.flows:
            yield f"flow:{flow}"
        for decision, rule in case.facts.rules:
            yield f"rule:{decision}:{rule}"


def _faults(played: Played, watch: _Watch, story: Story) -> Iterable[Fault]:
    fault = played.fault
    if isinstance(fault, Incident):
        kind = "no rest" if "come to rest" in str(fault) else "incident"
        yield Fault(kind, fault.element or fault.fact or fault.process or "", str(fault))
    elif isinstance(fault, NoRest):
        yield Fault("no rest", fault.element, str(fault))
    elif fault is not None:
        where = type(fault).__name__
        yield Fault("exception", where, str(played.stopped))
    elif story.prompt:
        yield from _stuck(watch)


def _stuck(watch: _Watch) -> Iterable[Fault]:
    """Yield the cases that stay open although the child is back and nothing is owed, timed or waited for."""
    for number, case in watch.cases.items():
        if case.closed or case.timers or case.ledger.open_entries() or case.tasks:
            continue
        if case.facts.stored.get(BACK) is None:
            continue
        waiting = [
            element
            for _, element, state in case.live_elements()
            if state != "inside" and not case.plan.element(element).watch
        ]
        listening = [e for e in waiting if case.plan.element(e).trigger in ("message", "conditional")]
        if waiting and not listening:
            yield Fault("stays open", ",".join(sorted(waiting)), f"case {number} stays open, nothing is owed")
