"""Running a recorded case again, act by act, in the case core, and comparing it with what is stored.

Everything is taken from the record alone. Each act is compared with what it is recorded to have done, and the end with
the rows as they stand, so that a difference names the act behind which it begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from engine.case.asked import ACTS, carry_out
from engine.case.case import Case
from engine.case.correction import Earlier
from engine.case.model import Changes, Entry, WaitingTimer
from engine.check.conformance.places import GOES_BACK, Places
from engine.check.conformance.record import OVER, Difference, RecordedAct, RecordedCase, Row
from engine.check.trace import CaseTrace
from engine.clock import local
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.pack.values import to_json

SLACK = timedelta(minutes=1)
"""A timer that fires within it is in time: the worker looks every few seconds."""
MOST = 20
"""So many differences of one case are told; one that went another way differs in everything behind it."""


@dataclass(slots=True)
class Work:
    """A piece of work from its opening to its end, by the index of the acts.

    `entries` are the numbers of the duties that it performs. `ended` is None while it stands open; `how` is completed or
    cancelled. A duty that no task stands for is work without an `id`.
    """

    id: str | None
    process: str
    element: str
    name: str
    role: str
    entries: tuple[int, ...]
    opened: int
    external: bool = False
    automatic: bool = False
    ended: int | None = None
    how: str | None = None


@dataclass(frozen=True, slots=True)
class Stall:
    """A timer that could have fired and did not for a while, at an element; `until` is None while it has not."""

    element: str
    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class Replayed:
    """A recorded case that was run again: its trace, its work in order of opening, its stalls, and where it differs.

    `whole` is False where an act could not be repeated, so that nothing behind it can be judged.
    """

    record: RecordedCase
    trace: CaseTrace
    work: list[Work] = field(default_factory=list)
    stalls: list[Stall] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    whole: bool = True

    @property
    def acts(self) -> tuple[RecordedAct, ...]:
        """The acts that were repeated, beside those of the trace."""
        return self.record.acts[: len(self.trace.acts)]


def replay(record: RecordedCase, until: datetime) -> Replayed:
    """Run a recorded case again; `until` is up to when it is watched."""
    done = Replayed(record, CaseTrace(record.pack, record.id))
    case: Case | None = None
    open_work: dict[str, Work] = {}
    notices: list[str] = []
    timers = _Timers()
    places = Places(record)
    for act in record.acts:
        reason = _unrepeatable(record, act) or _elsewhere(record, act, case)
        if reason is None:
            try:
                asked = {**(act.asked or {}), "do": ACTS[act.action]}
                earlier = places.before(asked["act"]) if asked["do"] in GOES_BACK else None
                case = carry_out(
                    case, asked, _pack(record, act), at=local(act.at), by=act.by, earlier=earlier
                )
            except (HomewardError, ValueError, KeyError, TypeError, AttributeError) as error:
                reason = f"refused: {type(error).__name__}: {error}"
        if reason is not None or case is None:
            done.differences.append(Difference(record.reference, act.seq, act.action, "done", str(reason)))
            done.whole = False
            break
        changes = case.drain()
        state = case.dump()  # stored after each act, which numbers its tokens and cuts finished rounds out
        places.come(act.seq, state, changes)
        done.trace.take(changes, case, local(act.at))
        timers.look(case, changes, local(act.at))
        _note_work(done, open_work, changes)
        notices += [f"{record.id}/{order.key}" for order in changes.notices]
        done.differences += _of_act(record, act, changes)
    if case is None:
        done.whole = False
        if not record.acts and record.stored.acts:
            done.differences.append(Difference(record.reference, None, "acts", "none", "never started"))
        return done
    done.work += _work_without_task(done)
    timers.end(until)
    done.stalls += timers.stalls
    done.trace.until = until if done.whole else done.trace.acts[-1].at
    if done.whole:
        done.differences += _of_end(record, case, done.trace, notices)
    done.differences = done.differences[:MOST]
    return done


def place_before(record: RecordedCase, seq: int) -> Earlier | None:
    """Return where a recorded case stood before one of its acts, and the entries written since.

    None where it stood nowhere yet, or where its acts cannot all be repeated as they are recorded.
    """
    places = Places(record, wanted=seq)
    case: Case | None = None
    for act in record.acts:
        if (_unrepeatable(record, act) or _elsewhere(record, act, case)) is not None:
            return None
        asked = {**(act.asked or {}), "do": ACTS[act.action]}
        earlier = places.before(asked["act"]) if asked["do"] in GOES_BACK else None
        try:
            case = carry_out(case, asked, _pack(record, act), at=local(act.at), by=act.by, earlier=earlier)
        except (HomewardError, ValueError, KeyError, TypeError, AttributeError):
            return None
        changes = case.drain()
        places.come(act.seq, case.dump(), changes)
        if any(_of_act(record, act, changes)):
            return None
    return places.before(seq)


def _unrepeatable(record: RecordedCase, act: RecordedAct) -> str | None:
    if act.action not in ACTS:
        return "nothing that is known how to repeat"
    if act.asked is None:
        return "no longer kept"
    if record.pack_at(act) is None:
        return f"an act on another version of the procedure (number {act.pack}), which is not at hand"
    return None


def _elsewhere(record: RecordedCase, act: RecordedAct, case: Case | None) -> str | None:
    """Say where an act ran on another version than the one on which the case stood, and did not bring it there."""
    if case is None or ACTS[act.action] in OVER or _pack(record, act).hash == case.pack.hash:
        return None
    return f"an act on another version of the procedure (number {act.pack})"


def _pack(record: RecordedCase, act: RecordedAct) -> Pack:
    found = record.pack_at(act)
    if found is None:
        raise HomewardError(f"the version number {act.pack} is not at hand")
    return found


class _Timers:
    """Watches the timers of a case from act to act."""

    def __init__(self) -> None:
        self.stalls: list[Stall] = []
        self._waiting: dict[str, tuple[WaitingTimer, datetime]] = {}

    def look(self, case: Case, changes: Changes, at: datetime) -> None:
        """Note which timers an act let pass later than it could, and from when on the others wait."""
        fired = {(h.element, h.detail["due"]) for h in changes.history if h.kind == "timer_fired"}
        for timer, since in self._waiting.values():
            if (timer.element, timer.due.isoformat()) in fired and at - max(timer.due, since) > SLACK:
                self.stalls.append(Stall(timer.element, max(timer.due, since), at))
        waiting = {}
        for timer in case.timers:
            known = self._waiting.get(timer.id)
            waiting[timer.id] = known if known is not None and known[0].due == timer.due else (timer, at)
        self._waiting = waiting

    def end(self, until: datetime) -> None:
        """Note the timers that could have passed and have not."""
        for timer, since in self._waiting.values():
            if until - max(timer.due, since) > SLACK:
                self.stalls.append(Stall(timer.element, max(timer.due, since)))


# --- work


def _note_work(done: Replayed, open_work: dict[str, Work], changes: Changes) -> None:
    index = len(done.trace.acts) - 1
    for name, task in changes.tasks_opened.items():
        work = Work(
            name,
            task.process,
            task.element,
            task.name,
            task.role,
            task.entries,
            index,
            task.external,
            task.automatic,
        )
        done.work.append(work)
        open_work[name] = work
    for name, task in changes.tasks_changed.items():
        if name in open_work:
            known = open_work[name].entries
            open_work[name].entries = tuple(dict.fromkeys((*known, *task.entries)))
    for name, how in changes.tasks_ended.items():
        if name in open_work:
            ended = open_work.pop(name)
            ended.ended, ended.how = index, how


def _work_without_task(done: Replayed) -> Iterator[Work]:
    """Yield the duties that no task ever stood for as work of their own."""
    trace = done.trace
    performed = {number for work in done.work for number in work.entries}
    for number, (arose, entry) in trace.entries(len(trace.acts) - 1).items():
        if number in performed:
            continue
        ended = next(
            (
                index
                for index in range(arose, len(trace.acts))
                if number in trace.acts[index].entries and not trace.acts[index].entries[number].open
            ),
            None,
        )
        yield Work(
            None,
            entry.process,
            entry.element,
            entry.obligation,
            entry.role,
            (number,),
            arose,
            entry.external,
            ended=ended,
            how=None if ended is None else "completed",
        )


# --- comparing


def _of_act(record: RecordedCase, act: RecordedAct, changes: Changes) -> Iterator[Difference]:
    told = record.reference, act.seq
    calendar = _pack(record, act).calendar.version
    if act.calendar is not None and act.calendar != calendar:
        yield Difference(*told, "calendar", act.calendar, calendar)
    again = [(h.kind, h.process, h.element, dict(h.detail) or None) for h in changes.history]
    yield from _rows(told, "what happened", act.happened, again)
    facts = [
        (c.fact, to_json(c.value), c.origin, c.where, None if c.actual == act.at else c.actual, c.reason)
        for c in changes.facts
    ]
    yield from _rows(told, "facts", act.facts, facts)
    kept, now = act.entries or {}, {str(n): entry.outcome.value for n, entry in changes.entries.items()}
    for number in sorted(kept.keys() | now.keys(), key=int):
        if kept.get(number) != now.get(number):
            yield Difference(*told, f"duty {number}", str(kept.get(number)), str(now.get(number)))


def _raw(row: Iterable[Any]) -> bytes:
    """Return a row as text, without what stands empty at its end."""
    cells = list(row)
    while cells and cells[-1] is None:
        cells.pop()
    return orjson.dumps(cells, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> str:
    """Return a value as text by which stored and repeated ones are compared: moments as instants."""
    return orjson.dumps(_instants(value), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()


def _instants(value: Any) -> Any:
    if isinstance(value, datetime):
        return local(value).isoformat()
    if isinstance(value, Mapping):
        return {name: _instants(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_instants(one) for one in value]
    if isinstance(value, str) and len(value) >= 19 and value[10:11] == "T":
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        return local(moment).isoformat() if moment.tzinfo else value
    return value


def _rows(
    told: tuple[str, int | None], what: str, kept: Iterable[Iterable[Any]], again: Iterable[Iterable[Any]]
) -> Iterator[Difference]:
    """Yield what is kept and not repeated, beside what is repeated and not kept."""
    one, other = [_raw(row) for row in kept], [_raw(row) for row in again]
    if one == other:  # nearly always, and then no moment has to be read
        return
    were, are = (Counter(_plain(orjson.loads(row)) for row in rows) for rows in (one, other))
    gone, new = list((were - are).elements()), list((are - were).elements())
    for index in range(max(len(gone), len(new))):
        yield Difference(
            *told,
            what,
            gone[index] if index < len(gone) else "nothing",
            new[index] if index < len(new) else "nothing",
        )


_COLUMNS = (
    "obligation role external clauses force process element occasion raised trigger clock due whole_day target outcome "
    "done by reason task"
).split()


def _of_end(record: RecordedCase, case: Case, trace: CaseTrace, notices: list[str]) -> Iterator[Difference]:
    """Compare how a case stands with what its acts lead to."""
    stored, told = record.stored, (record.reference, None)
    if stored.acts != len(record.acts):
        yield Difference(*told, "number of acts", str(stored.acts), str(len(record.acts)))
    if stored.closed != case.closed:
        words = {True: "closed", False: "open"}
        yield Difference(*told, "state", words[stored.closed], words[case.closed])
    facts = {name: to_json(value) for name, value in case.facts.stored.items()}
    for name in sorted(stored.facts.keys() | facts.keys()):
        one, other = stored.facts.get(name), facts.get(name)
        if one != other and (kept := _plain(one)) != (again := _plain(other)):
            yield Difference(*told, name, kept, again)
    yield from _ledger(record, trace)
    tasks = [(t.id, t.element, t.role, list(t.entries)) for t in case.tasks.values()]
    kept_tasks = [(t["core_id"], t["element"], t["role"], list(t["entries"])) for t in stored.tasks]
    yield from _rows(told, "open tasks", kept_tasks, tasks)
    timers = [(t.id, t.element, t.due) for t in case.timers]
    yield from _rows(told, "timers", [(t["core_id"], t["element"], t["due"]) for t in stored.timers], timers)
    yield from _rows(told, "notices", [(key,) for key in stored.notices], [(key,) for key in notices])


def _ledger(record: RecordedCase, trace: CaseTrace) -> Iterator[Difference]:
    told = (record.reference, None)
    kept = {row["number"]: row for row in record.stored.entries}
    again = {number: _columns(e) for number, (_, e) in trace.entries(len(trace.acts) - 1).items()}
    for number in sorted(kept.keys() | again.keys()):
        if number not in kept or number not in again:
            words = {True: "in the ledger", False: "missing"}
            yield Difference(*told, f"duty {number}", words[number in kept], words[number in again])
            continue
        for column in _COLUMNS:
            one, other = kept[number][column], again[number][column]
            if one != other:
                yield Difference(*told, f"{column} of duty {number}", _plain(one), _plain(other))


def _columns(entry: Entry) -> Row:
    row = {name: getattr(entry, name) for name in _COLUMNS}
    row["clauses"], row["outcome"] = " ".join(entry.clauses), entry.outcome.value
    return row
