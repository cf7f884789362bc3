"""Judging a case that really ran: each limit missed, each duty that never arose or arose late, each order violated.

A check says what must follow where everybody acts at once. Real people never do, and the procedure gives them time:
what a duty still open keeps from arising is nobody's breach while that duty is in time, the breach of whoever was late
with it once its limit has passed, and a fault of the diagrams only where nothing stood open that leads there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engine.case.model import Entry
from engine.case.scopes import plan_of
from engine.check.clauses.judge import GIVEN_UP, TOLERANCE, Fault, applies, findings, required
from engine.check.clauses.moments import Place
from engine.check.conformance.breaches import Because, Breach, Tallies
from engine.check.conformance.replay import Replayed, Work
from engine.check.conformance.ways import ways_of
from engine.clock import local
from engine.pack.checks import Asks, Check, Closes, Holds, Requires

_KINDS = {
    "limit": "wrong limit",
    "ended": "ended otherwise",
    "withdrawn": "not withdrawn",
    "arose": "forbidden",
    "order": "order",
    "fact": "fact",
    "closed": "closing",
}


@dataclass(slots=True)
class Judged:
    """What judging a case found: its breaches, and how often each clause came up."""

    breaches: list[Breach] = field(default_factory=list)
    tallies: Tallies = field(default_factory=Tallies)


def judge_case(done: Replayed, checks: Iterable[Check] | None = None) -> Judged:
    """Judge a case that was run again by the limits in its ledger and by the checks of its pack, or those given.

    A case that went over from another version is judged by the limits in its ledger only.
    """
    judged = Judged()
    if not done.trace.acts:
        return judged
    judge = _Judge(done)
    judge.limits(judged)
    if (
        done.record.went_over
    ):  # no version's clauses were its rules from beginning to end: its limits alone tell
        judged.breaches.sort(key=lambda breach: (breach.at, breach.entry or 0, breach.check or ""))
        return judged
    for check in done.trace.pack.checks.values() if checks is None else checks:
        if check.process == done.trace.process and not isinstance(check.consequence, Asks):
            judge.check(check, judged)
    judged.breaches.sort(key=lambda breach: (breach.at, breach.entry or 0, breach.check or ""))
    return judged


class _Judge:
    """Judges one case; `done` tells what happened in it."""

    def __init__(self, done: Replayed) -> None:
        self.done = done
        self.trace = done.trace
        self.ways = ways_of(done.trace.pack)
        self.plan = plan_of(done.trace.pack)
        self.last = len(self.trace.acts) - 1
        self.ledger = self.trace.entries(self.last)

    # --- limits that the ledger shows

    def limits(self, judged: Judged) -> None:
        """Judge each limit that was met or has passed; what was withdrawn or goes on as another entry missed none."""
        for number, (arose, entry) in self.ledger.items():
            if entry.due is None or entry.outcome.value in GIVEN_UP:
                continue
            if entry.open and self.trace.end <= entry.due:
                continue
            missed = (entry.done or self.trace.end) > entry.due
            for clause in entry.clauses:
                tally = judged.tallies.of(local(entry.due), clause)
                tally.came_up += 1
                tally.held += not missed
                tally.broken += missed
            if missed:
                judged.breaches.append(self._missed(number, arose, entry, entry.due))

    def _missed(self, number: int, arose: int, entry: Entry, due: datetime) -> Breach:
        cause, because = ("outside", None) if entry.external else ("own", None)
        if entry.raised > due and not entry.external:
            cause, because = self._why_raised_late(arose)
        kind = "overdue" if entry.open else "late"
        told = f"{entry.obligation} of {entry.role} was due {_moment(due)}"
        told += "; it is still open" if entry.done is None else f"; it ended {_moment(entry.done)}"
        if entry.raised > due:
            told += f"; it arose only {_moment(entry.raised)}"
        return Breach(
            kind=kind,
            cause=cause,
            clauses=entry.clauses,
            check=None,
            obligation=entry.obligation,
            role=entry.role,
            at=due,
            due=due,
            done=entry.done,
            says=told + _told(because),
            entry=number,
            because=because,
        )

    def _why_raised_late(self, arose: int) -> tuple[str, Because | None]:
        """Return why an entry arose only after its limit had passed."""
        for work in self.done.work:
            if work.ended == arose and work.how == "completed" and (late := self._late(work)) is not None:
                return late.cause, late
        entry = self.trace.acts[arose].entries
        raised = self.trace.acts[arose].at
        if any(stall.until == raised for stall in self.done.stalls) and any(
            e.trigger for e in entry.values()
        ):
            return "system", None
        return "heard late", None

    def _late(self, work: Work) -> Because | None:
        """Return the duty of a piece of work that was done late or stands open after its limit."""
        for number in work.entries:
            entry = self.ledger[number][1]
            if entry.due is None or entry.outcome.value in GIVEN_UP:
                continue
            if (entry.done or self.trace.end) > entry.due:
                return Because(entry.obligation, entry.role, entry.raised, entry.due, entry.done)
        return None

    # --- checks

    def check(self, check: Check, judged: Judged) -> None:
        """Judge a check at each place where it came up."""
        for place, fault in findings(check, self.trace):
            if fault is not None and not fault.judged and fault.what == "withdrawn":
                continue  # there was nothing to withdraw
            state, breach = self._state(check, place, fault)
            for clause in check.clauses:
                tally = judged.tallies.of(local(place.at), clause)
                tally.came_up += 1
                tally.held += state == "held"
                tally.broken += state == "broken"
                tally.waiting += state == "waiting"
            if breach is not None:
                judged.breaches.append(breach)

    def _state(self, check: Check, place: Place, fault: Fault | None) -> tuple[str, Breach | None]:
        if fault is None:
            return "held", None
        if not fault.judged:
            return "waiting", None
        if fault.what == "missing" and isinstance(check.consequence, Requires):
            return self._missing(check, check.consequence, place, fault)
        if fault.what in ("fact", "closed"):
            return self._not_so(check, place, fault)
        cause = "own" if fault.what == "ended" else self._drawn(place)
        return "broken", self._breach(check, place, _KINDS[fault.what], cause, fault.text)

    def _missing(
        self, check: Check, requires: Requires, place: Place, fault: Fault
    ) -> tuple[str, Breach | None]:
        """Say why a duty that must have arisen had not: somebody's open work, this software, or the diagrams."""
        settled = self.trace.last_at(place.at + timedelta(minutes=requires.within) + TOLERANCE)
        settled = max(settled, place.after)
        came = self._came(check, requires, settled)
        targets = self.ways.carriers(requires.obligations)
        behind = self._behind(targets, settled, came)
        if came is not None:
            return self._came_late(check, requires, place, came, behind, targets)
        if self._stalled(place.at, targets) or (not behind and self._stood_still(place.at)):
            return "broken", self._breach(check, place, "never raised", "system", fault.text)
        if not behind:
            return "broken", self._breach(check, place, "never raised", self._drawn(place), fault.text)
        late = self._latest(behind)
        if late is not None:
            return "broken", self._breach(check, place, "never raised", late.cause, fault.text, late)
        if any(work.ended is None for work in behind):
            return "waiting", None
        over = max(work.ended or 0 for work in behind)
        if applies(check, Place(self.trace, over, self.trace.acts[over].at, place.event, place.actual)):
            cause = "system" if self._stood_still(place.at) else self._drawn(place)
            return "broken", self._breach(check, place, "never raised", cause, fault.text)
        return (
            "waiting",
            None,
        )  # overtaken: by the time that work was done, in time, it was no longer required

    def _came_late(
        self,
        check: Check,
        requires: Requires,
        place: Place,
        came: int,
        behind: Sequence[Work],
        targets: frozenset[str],
    ) -> tuple[str, Breach | None]:
        at = self.trace.acts[came].at
        again = required(check, replace(requires, within=_minutes(at - place.at)), place)
        if again is not None and again.what != "missing":
            cause = "own" if again.what == "ended" else self._drawn(place)
            return "broken", self._breach(check, place, _KINDS[again.what], cause, again.text)
        told = f"{_first(requires.obligations)} arose only {_moment(at)}"
        if self._stalled(place.at, targets):
            return "broken", self._breach(check, place, "raised late", "system", told)
        done = tuple(work for work in behind if work.ended is not None and work.ended <= came)
        late = self._latest(done)
        if late is not None:
            return "broken", self._breach(check, place, "raised late", late.cause, told, late)
        if done:
            return "held", None  # whoever's work it waited for was in time
        cause = "system" if self._stood_still(place.at) else self._drawn(place)
        return "broken", self._breach(check, place, "raised late", cause, told)

    def _not_so(self, check: Check, place: Place, fault: Fault) -> tuple[str, Breach | None]:
        """Say why a fact, or the case, stands otherwise than it must: open work, or the diagrams."""
        settled = max(self.trace.last_at(place.at), place.after)
        match check.consequence:
            case Holds(facts):
                sources = [self.ways.sources(condition.fact) for condition in facts]
                behind = self._behind(frozenset().union(*sources), settled, settled)
            case Closes(True):
                behind = [w for w in self._open(settled, settled) if self._owed(w) and not w.external]
            case _:
                behind = []
        late = self._latest(behind)
        if late is not None:
            return "broken", self._breach(check, place, _KINDS[fault.what], late.cause, fault.text, late)
        if behind:
            return "waiting", None
        cause = "system" if self._stood_still(place.at) else self._drawn(place)
        return "broken", self._breach(check, place, _KINDS[fault.what], cause, fault.text)

    # --- work that stood open

    def _came(self, check: Check, requires: Requires, settled: int) -> int | None:
        """Return the act by which such a duty arose after all."""
        acts = [
            arose
            for arose, entry in self.ledger.values()
            if arose > settled
            and entry.obligation in requires.obligations
            and (not requires.roles or entry.role in requires.roles)
            and (not requires.cites or set(check.clauses) & set(entry.clauses))
        ]
        return min(acts, default=None)

    def _behind(self, targets: frozenset[str], settled: int, until: int | None) -> list[Work]:
        """Return the work that leads to one of the targets and stood open then, with what followed it up to an act.

        Nothing where no such work stood open at that very time: then nobody kept it from arising.
        """
        found = [
            work
            for work in self._open(settled, self.last if until is None else until)
            if self._owed(work) and not targets.isdisjoint(self.ways.leads_to(work.element))
        ]
        return found if any(work.opened <= settled for work in found) else []

    def _open(self, since: int, until: int) -> Iterator[Work]:
        """Yield the work that stood open at some time after an act, and was opened up to another."""
        for work in self.done.work:
            if work.opened <= until and (work.ended is None or work.ended > since):
                yield work

    def _owed(self, work: Work) -> bool:
        """Whether anybody has to do it: what is only offered keeps nothing waiting."""
        return bool(work.entries) or not self.plan.is_offer(work.element)

    def _latest(self, works: Iterable[Work]) -> Because | None:
        """Return the late duty among work that ended last, or is still open."""
        newest, found = -1, None
        for work in works:
            ended, late = self.last + 1 if work.ended is None else work.ended, self._late(work)
            if late is not None and ended > newest:
                newest, found = ended, late
        return found

    def _drawn(self, place: Place) -> str:
        """Return whose fault it is where nobody's work explains it: the diagrams', or that the case came in late.

        What a check demands at a report holds for one that is entered at once; by the time that a later one is, its
        night may be over.
        """
        late = place.after == 0 and self.trace.received - self.trace.heard > TOLERANCE
        return "heard late" if late else "procedure"

    def _stalled(self, at: datetime, targets: frozenset[str]) -> bool:
        """Whether a timer that leads to one of the targets was due at a moment and had not fired."""
        return any(
            stall.since <= at + TOLERANCE
            and (stall.until is None or stall.until > at + TOLERANCE)
            and not targets.isdisjoint(self.ways.leads_to(stall.element))
            for stall in self.done.stalls
        )

    def _stood_still(self, at: datetime) -> bool:
        """Whether the case waited for an incident to be resolved at a moment."""
        return any(
            since <= at + TOLERANCE and (until is None or until >= at)
            for since, until in self.done.record.incidents
        )

    def _breach(
        self,
        check: Check,
        place: Place,
        kind: str,
        cause: str,
        says: str,
        because: Because | None = None,
    ) -> Breach:
        obligations = check.obligations
        roles: tuple[str, ...] = getattr(check.consequence, "roles", ())
        return Breach(
            kind=kind,
            cause=cause,
            clauses=check.clauses,
            check=check.id,
            obligation=obligations[0] if obligations else None,
            role=roles[0] if len(roles) == 1 else None,
            at=place.at,
            due=None,
            done=None,
            says=says + _told(because),
            because=because,
        )


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds() // 60) + 1


def _first(obligations: Sequence[str]) -> str:
    return " or ".join(obligations)


def _told(because: Because | None) -> str:
    if because is None:
        return ""
    limit = f", due {_moment(because.due)}," if because.due is not None else ""
    end = f"was done {_moment(because.done)}" if because.done is not None else "is still open"
    return f": {because.obligation} of {because.role}{limit} {end}"


def _moment(moment: datetime) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M}"
