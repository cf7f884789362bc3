"""Judging one clause check over one case: whether it came up, whether it held, and what went against it.

People who are late owe what follows from their work later, so what must arise is judged only where whoever had work did
it at once; limits, what may never arise and what needs something before it are judged always.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from engine.case.model import Entry, Outcome
from engine.check.clauses.moments import Instant, Place, reached, resolve
from engine.check.trace import Act, CaseTrace, Trace
from engine.clock import local
from engine.pack.checks import (
    Asks,
    Becomes,
    Check,
    Closes,
    Condition,
    Holds,
    Never,
    OnEvent,
    OnlyAfter,
    OnState,
    Reached,
    Requires,
    Starts,
    Withdraws,
)
from engine.pack.checks.moments import Moment, OfEvent, OfFact, Shifted
from engine.pack.model import Pack

TOLERANCE = timedelta(minutes=1)
GIVEN_UP = frozenset({"withdrawn", "superseded"})
OF_ITSELF = frozenset({"task_completed", "left_open", "timer_fired"})
"""What happens in acts that follow from the procedure itself: somebody's work, and time."""
BY_WORK = frozenset({Outcome.DONE, Outcome.DONE_LATE, Outcome.REFUSED, Outcome.NOT_ENGAGED})
TOLD = frozenset({"record", "asked"})
"""Where facts come from that a person can enter outside any work."""


class Kind(StrEnum):
    """How a check ended over what happened."""

    HOLDS = "holds"
    BROKEN = "broken"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one check ended. `why`, `case`, `at` and `elements` tell of what broke it."""

    kind: Kind
    why: str = ""
    case: int = 0
    at: datetime | None = None
    elements: tuple[str, ...] = ()


NOT_APPLICABLE = Verdict(Kind.NOT_APPLICABLE)
HOLDS = Verdict(Kind.HOLDS)


def judge(check: Check, trace: Trace) -> Verdict:
    """Judge a check over every case of a trace: broken where it is broken in one."""
    if isinstance(check.consequence, Asks):
        return _asks(check, check.consequence, trace.pack)
    found = NOT_APPLICABLE
    for case in trace.cases.values():
        if case.process != check.process or not case.acts:
            continue
        verdict = _judge(check, case)
        if verdict.kind is Kind.BROKEN:
            return verdict
        if verdict.kind is Kind.HOLDS:
            found = verdict
    return found


def _judge(check: Check, case: CaseTrace) -> Verdict:
    found = NOT_APPLICABLE
    for place, fault in findings(check, case):
        if fault is None:
            found = HOLDS
        elif fault.judged:
            return Verdict(Kind.BROKEN, fault.text, case.number, place.at, fault.elements)
    return found


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong; `judged` False where it is owed to somebody's delay, so that nothing can be said.

    `what` is missing (no such duty), limit, ended, withdrawn, fact, closed, arose (what may not be) or order.
    """

    text: str
    elements: tuple[str, ...] = ()
    judged: bool = True
    what: str = "missing"


def findings(check: Check, case: CaseTrace) -> Iterator[tuple[Place, Fault | None]]:
    """Yield every place at which a check came up in a case, and what is wrong there (None: it holds)."""
    match check.consequence:
        case Never() as never:
            yield from _never(check, never, case)
            return
        case OnlyAfter() as only_after:
            yield from _only_after(check, only_after, case)
            return
    for place in triggers(check, case):
        match check.consequence:
            case Requires() as requires:
                yield place, required(check, requires, place)
            case Withdraws() as withdraws:
                yield place, _withdrawn(withdraws, place)
            case Holds() as holds:
                yield place, _stands(check, holds, place)
            case Closes() as closes:
                yield place, _closed(closes, place)
            case _:
                raise TypeError(check.consequence)


# --- when


def triggers(check: Check, case: CaseTrace) -> Iterator[Place]:
    """Yield every place at which the check's `when` comes while its `given` holds and no exception does."""
    if isinstance(check.when, Becomes):
        yield from _becoming(check, case)
        return
    for place in _whens(check, case):
        if _comes_up(check, place):
            yield place


def applies(check: Check, place: Place) -> bool:
    """Whether `given` holds at a place and no exception does."""
    return _meets(check.given, place) and not any(_meets(group, place) for group in check.unless)


def _meets(conditions: tuple[Condition, ...], place: Place) -> bool:
    """Whether all conditions are met at a place: each is asked once, since many checks ask the same of the same act."""
    known = place.case.met[place.after, place.at]
    unasked: list[Condition] = []
    for condition in conditions:
        met = known.get(condition.key)
        if met is None:
            unasked.append(condition)
        elif not met:
            return False
    if not unasked:
        return True
    derived = place.case.pack.derived
    unasked.sort(
        key=lambda condition: condition.fact in derived
    )  # what is told costs nothing: it comes first
    return all(_met(condition, place, known) for condition in unasked)


def _met(condition: Condition, place: Place, known: dict[str, bool]) -> bool:
    case = place.case
    met = known[condition.key] = condition.meets(
        case.value(condition.fact, place.after, place.at),
        case.environment(place.at),
        case.facts(place.after, place.at).context() if condition.others else {},
    )
    return met


def _becoming(check: Check, case: CaseTrace) -> Iterator[Place]:
    before = False
    for index, act in enumerate(case.acts):
        place = Place(case, index, act.at)
        now = applies(check, place)
        if now and not before and (check.missing is None or case.back(index, act.at) is not check.missing):
            yield place
        before = now


def _whens(check: Check, case: CaseTrace) -> Iterator[Place]:
    match check.when:
        case Starts():
            yield Place(case, 0, case.received)
        case OnEvent(event):
            for index, actual in case.happened(event):
                yield Place(case, index, case.acts[index].at, event, actual)
        case OnState(obligation, state):
            for index in reached(case, obligation, state):
                yield Place(case, index, case.acts[index].at)
        case Reached(moment, missing):
            yield from _reachings(moment, missing, case)


def _reachings(moment: Moment, missing: bool, case: CaseTrace) -> Iterator[Place]:
    """Yield when an instant is reached: for each real moment of the event, or value of the fact, that it counts from."""
    seen: set[datetime] = set()
    for anchor in _anchors(moment, case):
        instant = resolve(moment, anchor)
        if instant is None:
            continue
        at = max(instant.at, case.received)
        if at > case.end or at in seen:
            continue
        after = max(case.before_timers(at), 0)
        place = Place(case, after, at, anchor.event, anchor.actual)
        if resolve(moment, place) != instant or (missing and case.back(after, at)):
            continue  # the clock was set anew before it was reached, or the child is back
        seen.add(at)
        yield place


def _anchors(moment: Moment, case: CaseTrace) -> Iterator[Place]:
    """Yield the places from which a moment may be reckoned: each telling of its event, each value of its fact."""
    inner = moment
    while isinstance(inner, Shifted):
        inner = inner.of
    if isinstance(inner, OfEvent):
        for index, actual in case.happened(inner.event):
            yield Place(case, index, case.acts[index].at, inner.event, actual)
        return
    held: object = None
    for index, act in enumerate(case.acts):
        found = act.stored.get(inner.fact) if isinstance(inner, OfFact) else index
        if found != held or index == 0:
            held = found
            yield Place(case, index, act.at)


# --- what must follow


def _settled(place: Place, within: int = 0) -> int:
    """Return the act after which what had to follow has followed."""
    return max(place.case.last_at(place.at + timedelta(minutes=within) + TOLERANCE), place.after)


def _at_rest(place: Place) -> int:
    """Return the act after which the case had come to rest at that very instant."""
    return max(place.case.last_at(place.at), place.after)


def _told(place: Place, after: int) -> bool:
    """Whether something came in between a place and a later act soon after, as where much is entered at once.

    That is an event, or another word of the record, or an answer, that neither somebody's work nor time brought with it.
    """
    acts = place.case.acts[place.after : after + 1]
    facts = place.case.pack.vocabulary.facts
    for before, act in zip(acts, acts[1:], strict=False):
        if any(happening.kind == "event" for happening in act.history):
            return True
        if not _of_itself(act) and any(
            before.stored.get(name) != value and name in facts and facts[name].source in TOLD
            for name, value in act.stored.items()
        ):
            return True
    return False


def _of_itself(act: Act) -> bool:
    """Whether an act follows from the procedure itself; work that carries several duties may end only one of them."""
    return any(happening.kind in OF_ITSELF for happening in act.history) or any(
        entry.outcome in BY_WORK for entry in act.entries.values()
    )


def required(check: Check, requires: Requires, place: Place) -> Fault | None:
    """Return what is wrong with a duty that is required at a place.

    Where something else was told before it had settled it is judged by what the case then had come to rest on: the limit
    may have been worked out again from it, or nothing be owed any longer.
    """
    fault = _required(check, requires, place)
    if fault is None or fault.what == "ended":
        return fault
    rest = replace(place, after=_settled(place))
    if not _told(place, rest.after):
        return fault
    if not applies(check, rest):
        return Fault("before it had settled something else was told", judged=False)
    return _required(check, requires, rest)


def _required(check: Check, requires: Requires, place: Place) -> Fault | None:
    case = place.case
    allowed = place.at + timedelta(minutes=requires.within) + TOLERANCE
    settled = _settled(place, requires.within)
    ledger = case.entries(settled)
    near = [
        (case.acts[arose], entry)
        for arose, entry in ledger.values()
        if entry.obligation in requires.obligations and _counts(entry, case.acts[arose], place, requires)
    ]
    of_role = [
        (act, entry)
        for act, entry in near
        if (not requires.roles or _of_role(entry, requires.roles, place, settled))
        and (not requires.cites or set(check.clauses) & set(entry.clauses))
    ]
    if not of_role:
        unfinished = case.end < allowed - TOLERANCE
        return Fault(_missing(check, requires, near), _elements(near), case.prompt and not unfinished)
    limit = resolve(requires.by, place) if requires.by is not None else None
    if requires.by is not None and limit is None:
        return None  # what the limit counts from has not come
    fitting = [one for one in of_role if _fits(requires, one[1], limit)]
    if not fitting:
        told = "no limit" if limit is None else f"the limit {_when(limit)}"
        return Fault(
            f"{_names(requires.obligations)} must have {told}; {_found(of_role)}",
            _elements(of_role),
            what="limit",
        )
    if requires.ends:
        final = case.entries(len(case.acts) - 1)
        ended = [final[entry.number][1] for _, entry in fitting]
        if not any(one.open or one.outcome.value in requires.ends for one in ended):
            wanted = " or ".join(requires.ends)
            return Fault(
                f"{_names(requires.obligations)} must end {wanted}; it ended {ended[0].outcome.value}",
                _elements(fitting),
                what="ended",
            )
    return None


def _of_role(entry: Entry, roles: tuple[str, ...], place: Place, settled: int) -> bool:
    """Whether one of the roles had an entry at some act from a place until it had settled.

    What is done within the same minute may give the case to another service, and its open duties with it.
    """
    if entry.role in roles:
        return True
    held = ""
    for turn in place.case.turns(entry.obligation):
        if turn.act > settled:
            break
        if turn.entry.number == entry.number:
            if turn.act > place.after and held in roles:
                return True
            held = turn.entry.role
    return False


def _counts(entry: Entry, arose: Act, place: Place, requires: Requires) -> bool:
    """Whether an entry can be the one that is required: it is not from before where it must arise anew, nor given up."""
    if requires.each_time and arose.at < place.at - TOLERANCE:
        return False
    given_up = entry.outcome.value in GIVEN_UP and entry.outcome.value not in requires.ends
    return not (given_up and entry.done is not None and entry.done < place.at)


def _fits(requires: Requires, entry: Entry, limit: Instant | None) -> bool:
    if requires.no_limit:
        return entry.due is None
    if limit is None:
        return True
    if entry.due is None:
        return False
    if entry.whole_day and not limit.whole_day:
        return local(entry.due).date() == local(limit.at).date()
    return limit.is_that_of(entry.due, TOLERANCE)


def _withdrawn(withdraws: Withdraws, place: Place) -> Fault | None:
    before = place.case.entries(place.after - 1) if place.after > 0 else {}
    now = place.case.entries(_settled(place))
    for number, (_, entry) in before.items():
        if entry.open and entry.obligation in withdraws.obligations and now[number][1].open:
            return Fault(
                f"{entry.obligation} must be withdrawn; it is still open", (entry.element,), what="withdrawn"
            )
    opened = any(e.open and e.obligation in withdraws.obligations for _, e in before.values())
    return None if opened else Fault("nothing was open", judged=False)


def _stands(check: Check, holds: Holds, place: Place) -> Fault | None:
    """Return which fact does not stand as it must once the case had come to rest.

    What an event brought may be told otherwise behind it at that very instant, as it may be at any later one.
    """
    after = _at_rest(place)
    told = _told(place, after)
    if told and not applies(check, replace(place, after=after)):
        return Fault("at that very instant something else was told", judged=False)
    fault = _stands_after(holds, place, after)
    if fault is not None and told and isinstance(check.when, OnEvent):
        news = next(index for index in range(place.after + 1, after + 1) if _told(place, index))
        return fault if _stands_after(holds, place, news - 1) else None
    return fault


def _stands_after(holds: Holds, place: Place, after: int) -> Fault | None:
    """Return which fact does not stand as it must after an act of that instant."""
    at = max(place.at, place.case.acts[after].at)
    environment = place.case.environment(at)
    for condition in holds.facts:
        value = place.case.value(condition.fact, after, at)
        context = place.case.facts(after, at).context() if condition.others else {}
        if not condition.meets(value, environment, context):
            return Fault(
                f"{condition.fact} must be {condition.text}; it is {value}", (), place.case.prompt, "fact"
            )
    return None


def _closed(closes: Closes, place: Place) -> Fault | None:
    if place.case.acts[_at_rest(place)].closed is closes.closed:
        return None
    wanted, found = ("closed", "open") if closes.closed else ("open", "closed")
    return Fault(f"the case must be {wanted}; it is {found}", (), place.case.prompt, "closed")


# --- what may not be


def _never(check: Check, never: Never, case: CaseTrace) -> Iterator[tuple[Place, Fault | None]]:
    first, arose = 0, False
    if not isinstance(check.when, Starts):
        whens = [place.after for place in _whens(check, case)]
        if not whens:
            return
        first = min(whens)
    for index, entry in _arisen(case, never.obligations, never.roles):
        place = Place(case, index, case.acts[index].at)
        if index < first or not _comes_up(check, place):
            continue
        if never.cites and not set(check.clauses) & set(entry.clauses):
            continue
        before = resolve(never.before, place) if never.before is not None else None
        after = resolve(never.after, place) if never.after is not None else None
        if never.before is not None and (before is None or entry.raised >= before.at):
            continue
        if never.after is not None and (after is None or entry.raised <= after.at):
            continue
        if _gone_at_once(case, entry):
            continue
        bound = f" before {_when(before)}" if before else f" after {_when(after)}" if after else ""
        why = f"{entry.obligation} of {entry.role} must not arise{bound}; it did"
        arose = True
        yield place, Fault(why, (entry.element,), what="arose")
    if arose:
        return
    places = (Place(case, index, case.acts[index].at) for index in range(first, len(case.acts)))
    for place in places:
        if _comes_up(check, place):
            yield place, None
            return


def _gone_at_once(case: CaseTrace, entry: Entry) -> bool:
    """Whether an entry was withdrawn or superseded at the very instant it arose: it was asked of nobody."""
    last = [turn.entry for turn in case.turns(entry.obligation) if turn.entry.number == entry.number][-1]
    return last.outcome in (Outcome.WITHDRAWN, Outcome.SUPERSEDED) and last.done == entry.raised


def _comes_up(check: Check, place: Place) -> bool:
    missing = check.missing is None or place.case.back(place.after, place.at) is not check.missing
    return missing and applies(check, place)


def _only_after(check: Check, only: OnlyAfter, case: CaseTrace) -> Iterator[tuple[Place, Fault | None]]:
    first = [index for event in only.events for index, _ in case.happened(event)]
    first += [index for state in only.states for index in reached(case, state.obligation, state.state)]
    for index, entry in _arisen(case, only.obligations, only.roles):
        place = Place(case, index, case.acts[index].at)
        if not applies(check, place):
            continue
        if any(one <= index for one in first):
            yield place, None
            continue
        wanted = " or ".join([*only.events, *(f"{s.obligation} is {s.state}" for s in only.states)])
        yield place, Fault(f"{entry.obligation} arose before {wanted}", (entry.element,), what="order")


def _arisen(
    case: CaseTrace, obligations: tuple[str, ...], roles: tuple[str, ...]
) -> Iterator[tuple[int, Entry]]:
    """Yield the entries of the obligations and roles with the act by which each arose."""
    for obligation in obligations:
        for turn in case.turns(obligation):
            if turn.was is None and (not roles or turn.entry.role in roles):
                yield turn.act, turn.entry


def _asks(check: Check, asks: Asks, pack: Pack) -> Verdict:
    """Whether a form by which the duty is done asks every field; it hangs on no story."""
    forms = {
        element.form
        for element in pack.elements
        for duty in element.duties
        if duty.obligation in asks.obligations and element.form
    }
    lacking = {
        form: [name for name in asks.fields if name not in pack.forms[form].schema.get("properties", {})]
        for form in forms
    }
    if any(not names for names in lacking.values()):
        return HOLDS
    told = "; ".join(f"the form {form} does not ask {', '.join(names)}" for form, names in lacking.items())
    return Verdict(Kind.BROKEN, told or f"no form belongs to {_names(asks.obligations)}")


# --- telling


def _names(obligations: tuple[str, ...]) -> str:
    return " or ".join(obligations)


def _missing(check: Check, requires: Requires, near: list[tuple[Act, Entry]]) -> str:
    wanted = _names(requires.obligations)
    if requires.roles:
        wanted += f" of {' or '.join(requires.roles)}"
    if requires.cites:
        wanted += f" under {' or '.join(check.clauses)}"
    return f"{wanted} must be required; {_found(near)}"


def _found(near: list[tuple[Act, Entry]]) -> str:
    if not near:
        return "nothing of the kind is in the ledger"
    told = (
        f"{entry.obligation} of {entry.role} under {', '.join(entry.clauses)}, "
        + ("no limit" if entry.due is None else f"due {local(entry.due).isoformat(timespec='minutes')}")
        for _, entry in near
    )
    return f"the ledger has {'; '.join(told)}"


def _elements(near: list[tuple[Act, Entry]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.element for _, entry in near))


def _when(instant: Instant | None) -> str:
    if instant is None:
        return ""
    there = local(instant.at)
    return f"{there:%Y-%m-%d}" if instant.whole_day else there.isoformat(timespec="minutes")
