"""The figures of a period, each with the cases behind it.

A duty counts in the period in which it was raised and stands as it does at the moment of reading; a missed limit counts
in the period in which it passed, so that one raised late in a month and missed in the next is in one of the two reports.
Each table says from when on it can be complete, because episodes may be loaded from before the ledger began.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import elapsed, local
from engine.errors import HomewardError
from engine.pack.model import Obligation, Pack
from engine.reports.coverage import coverage
from engine.store.tables import COULD_BE_MISSED, CaseRecord, Council, Episode, LedgerEntry

NOTIFICATION = "process_notification"
INTERVIEW = "hold_return_interview"
SHOWN_CATEGORIES = ("missing", "absent")
"""Categories that are shown with a nought too; the others only where there was one."""
HELD = frozenset({"done", "done_late"})


class NoPeriod(HomewardError):
    """The two moments are no period."""


class CaseRef(NamedTuple):
    """A case behind a figure; a tuple, because a year's figures hold hundreds of thousands of them."""

    id: int
    reference: str


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `value` None means that there is nothing to work it out from.

    `cases` are those behind it, each once, by id: fewer than `value` where a case has several or an episode was loaded
    without one.
    """

    id: str
    label: str
    value: int | float | None
    cases: tuple[CaseRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Figures about one thing. `note` says what is counted; before `complete_from` some of it was never recorded."""

    id: str
    title: str
    note: str
    lines: tuple[Line, ...]
    complete_from: datetime
    complete: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures from `since` up to but without `until`, as the records stood at `as_at`."""

    since: datetime
    until: datetime
    as_at: datetime
    history_from: date | None
    """The day from which the council's episodes are loaded; None where none are."""
    tables: tuple[Table, ...]

    @property
    def over(self) -> bool:
        """Say whether the period had ended when the figures were read."""
        return self.until <= self.as_at

    def line(self, name: str) -> Line:
        """Return a line by its id, such as `interviews.held`."""
        return next(line for table in self.tables for line in table.lines if line.id == name)


def period_figures(
    session: Session,
    council: Council,
    pack: Pack,
    since: datetime,
    until: datetime,
    as_at: datetime,
    listed: Collection[str] = (),
) -> Figures:
    """Read the figures of the transaction's council from `since` up to but without `until`; moments are aware.

    `pack` gives the words, and the duties that are shown with a nought. `listed` are obligations whose cases a meeting
    of the period takes up: they are counted first. Raises NoPeriod where `until` is not later.
    """
    if until <= since:
        raise NoPeriod("a period ends after it begins: give a later end")
    covered = coverage(session, council, as_at)
    entries = _raised(session, pack, since, until, listed)
    shown = _carried(pack) | {entry.obligation for entry in entries}

    def table(
        name: str, title: str, note: str, lines: Iterable[Line], start: datetime = covered.ledger_from
    ) -> Table:
        return Table(name, title, note, tuple(lines), start, since >= start)

    tables = [
        table(
            "episodes",
            "Episodes",
            "Episodes reported in the period, those loaded from the council’s own records too.",
            _episodes(session, since, until),
            covered.episodes_from,
        )
    ]
    if listed:
        lines = [_listed(pack.vocabulary.obligations[name], entries) for name in listed]
        note = "Cases put on it in the period. Who they are about stands with the task while it is open."
        tables.insert(0, table("listed", "The list", note, lines))
    if NOTIFICATION in shown:
        tables.append(
            table(
                "notifications",
                "Notifications",
                "Notifications that had to be worked through, by when that began.",
                _notifications(entries, as_at),
            )
        )
    if INTERVIEW in shown:
        tables.append(
            table(
                "interviews",
                "Return interviews",
                "Return interviews that became due in the period, and how each stands now.",
                _interviews(entries, as_at),
            )
        )
    meetings = [
        obligation
        for obligation in pack.vocabulary.obligations.values()
        if obligation.id in shown and obligation.kind == "meeting" and not obligation.periodic
    ]
    if meetings:
        tables.append(
            table(
                "meetings",
                "Meetings",
                "Meetings that were called for in the period, and how each stands now.",
                [line for meeting in meetings for line in _meeting(meeting, entries)],
            )
        )
    tables.append(
        table(
            "missed",
            "Limits missed",
            "Duties of the council whose time limit passed in the period before they were done. "
            "Duties withdrawn or handed on are left out.",
            _missed(session, pack, since, until, as_at),
        )
    )
    return Figures(
        local(since),
        local(until),
        local(as_at),
        covered.history_from,
        tuple(tables),
    )


def _carried(pack: Pack) -> set[str]:
    """Return the obligations that something in the pack can raise."""
    return {duty.obligation for element in pack.elements for duty in element.duties}


# --- what is read: three statements


class _Raised(NamedTuple):
    """An entry that was raised in the period."""

    case: CaseRef
    obligation: str
    outcome: str
    clock: datetime
    due: datetime | None
    done: datetime | None


class _Missed(NamedTuple):
    """A limit that passed in the period."""

    case: CaseRef
    obligation: str
    done: datetime | None


class _Reported(NamedTuple):
    """An episode of the period; one that was only loaded has no case."""

    case: CaseRef | None
    child_id: int
    category: str
    returned_at: datetime | None


_Row = _Raised | _Missed | _Reported


def _raised(
    session: Session, pack: Pack, since: datetime, until: datetime, listed: Collection[str]
) -> list[_Raised]:
    """Return the entries raised in the period of what is counted one by one.

    One that was superseded is left out: the entry that took its place is there.
    """
    meetings = {
        obligation.id
        for obligation in pack.vocabulary.obligations.values()
        if obligation.kind == "meeting" and not obligation.periodic
    }
    found: Any = session.execute(
        sa.select(
            LedgerEntry.case_id,
            CaseRecord.reference,
            LedgerEntry.obligation,
            LedgerEntry.outcome,
            LedgerEntry.clock,
            LedgerEntry.due,
            LedgerEntry.done,
        )
        .join(CaseRecord, CaseRecord.id == LedgerEntry.case_id)
        .where(
            LedgerEntry.raised >= since,
            LedgerEntry.raised < until,
            LedgerEntry.obligation.in_({NOTIFICATION, INTERVIEW, *listed} | meetings),
            LedgerEntry.outcome != "superseded",
            CaseRecord.voided_at.is_(None),
        )
        .order_by(LedgerEntry.case_id, LedgerEntry.number)
    )
    return [_Raised(CaseRef(number, reference), *rest) for number, reference, *rest in found]


def _episodes(session: Session, since: datetime, until: datetime) -> list[Line]:
    found: Any = session.execute(
        sa.select(
            Episode.case_id, CaseRecord.reference, Episode.child_id, Episode.category, Episode.returned_at
        )
        .outerjoin(CaseRecord, CaseRecord.id == Episode.case_id)
        .where(
            Episode.reported_at >= since,
            Episode.reported_at < until,
            CaseRecord.voided_at.is_(None),
        )
        .order_by(Episode.id)
    )
    rows = [
        _Reported(None if number is None else CaseRef(number, reference or ""), *rest)
        for number, reference, *rest in found
    ]
    categories = [*SHOWN_CATEGORIES, *sorted({row.category for row in rows} - set(SHOWN_CATEGORIES))]
    lines = [_line("episodes.all", "Episodes", rows)]
    lines += [
        _line(
            f"episodes.{category}",
            category.replace("_", " ").capitalize(),
            [row for row in rows if row.category == category],
        )
        for category in categories
    ]
    children: dict[int, list[_Reported]] = {}
    for row in rows:
        children.setdefault(row.child_id, []).append(row)
    again = [own for own in children.values() if len(own) > 1]
    return [
        *lines,
        _line("episodes.open", "Not known to be back", [row for row in rows if row.returned_at is None]),
        Line("episodes.children", "Children", len(children), _cases(rows)),
        Line(
            "episodes.repeated",
            "Children with more than one episode",
            len(again),
            _cases([row for own in again for row in own]),
        ),
    ]


def _missed(session: Session, pack: Pack, since: datetime, until: datetime, as_at: datetime) -> list[Line]:
    """Return the missed limits by obligation. A limit that had passed before the duty was raised counts from then."""
    noticed = sa.func.greatest(LedgerEntry.due, LedgerEntry.raised)
    found: Any = session.execute(
        sa.select(LedgerEntry.case_id, CaseRecord.reference, LedgerEntry.obligation, LedgerEntry.done)
        .join(CaseRecord, CaseRecord.id == LedgerEntry.case_id)
        .where(
            noticed >= since,
            noticed < until,
            LedgerEntry.due < min(until, as_at),
            CaseRecord.voided_at.is_(None),
            sa.text(COULD_BE_MISSED),  # in the words of its index, which stands only for these very words
        )
        .order_by(LedgerEntry.case_id, LedgerEntry.number)
    )
    rows = [_Missed(CaseRef(number, reference), *rest) for number, reference, *rest in found]
    duties: dict[str, list[_Missed]] = {}
    for row in rows:
        duties.setdefault(row.obligation, []).append(row)
    order = {name: number for number, name in enumerate(pack.vocabulary.obligations)}
    return [
        _line("missed.all", "Limits missed", rows),
        _line("missed.open", "Still not done", [row for row in rows if row.done is None]),
        *(
            _line(f"missed.{name}", _meaning(pack.vocabulary.obligations, name), duties[name])
            for name in sorted(duties, key=lambda name: order.get(name, len(order)))
        ),
    ]


# --- what is made of it


def _notifications(entries: Sequence[_Raised], as_at: datetime) -> list[Line]:
    rows = [entry for entry in entries if entry.obligation == NOTIFICATION]
    choose = _chooser("notifications", rows)
    return [
        choose("raised", "Notifications", lambda row: True),
        choose("done", "Worked through", _held),
        choose("in_time", "Worked through within the limit", lambda row: _held(row) and _in_time(row)),
        choose("late", "Worked through after the limit", lambda row: _held(row) and _late(row, as_at)),
        choose("open", "Still open", lambda row: row.outcome == "open"),
    ]


def _interviews(entries: Sequence[_Raised], as_at: datetime) -> list[Line]:
    rows = [entry for entry in entries if entry.obligation == INTERVIEW]
    choose = _chooser("interviews", rows)
    held = [row for row in rows if _held(row)]
    hours = [elapsed(row.clock, row.done).total_seconds() / 3600 for row in held if row.done is not None]
    return [
        choose("raised", "Became due", lambda row: True),
        choose("held", "Held", _held),
        choose("in_time", "Held within the limit", lambda row: _held(row) and _in_time(row)),
        choose("late", "Held after the limit", lambda row: _held(row) and _late(row, as_at)),
        choose("refused", "Refused", lambda row: row.outcome == "refused"),
        choose("not_engaged", "Child did not engage", lambda row: row.outcome == "not_engaged"),
        choose("withdrawn", "Withdrawn", lambda row: row.outcome == "withdrawn"),
        choose("open", "Still open", lambda row: row.outcome == "open"),
        choose(
            "overdue",
            "Still open and past the limit",
            lambda row: row.outcome == "open" and _late(row, as_at),
        ),
        Line(
            "interviews.median_hours",
            "Median hours from the start of the clock to the interview",
            round(median(hours), 1) if hours else None,
            _cases(held),
        ),
    ]


def _listed(obligation: Obligation, entries: Sequence[_Raised]) -> Line:
    rows = [entry for entry in entries if entry.obligation == obligation.id]
    return _line(f"listed.{obligation.id}", obligation.meaning, rows)


def _meeting(meeting: Obligation, entries: Sequence[_Raised]) -> list[Line]:
    """Return a kind of meeting's lines: how each stands only where there was one."""
    rows = [entry for entry in entries if entry.obligation == meeting.id]
    choose = _chooser(meeting.id, rows)
    lines = [choose("raised", meeting.meaning, lambda row: True)]
    if rows:
        lines += [
            choose("held", "of these held", _held),
            choose("open", "of these still open", lambda row: row.outcome == "open"),
            choose(
                "other",
                "of these ended without being held",
                lambda row: row.outcome != "open" and not _held(row),
            ),
        ]
    return lines


def _held(row: _Raised) -> bool:
    return row.outcome in HELD


def _late(row: _Raised, as_at: datetime) -> bool:
    """Say whether a duty was done after its limit, or stands open past it."""
    return row.due is not None and (row.done or as_at) > row.due


def _in_time(row: _Raised) -> bool:
    return row.due is not None and row.done is not None and row.done <= row.due


def _chooser(table: str, rows: Sequence[_Raised]) -> Callable[[str, str, Callable[[_Raised], bool]], Line]:
    def choose(name: str, label: str, fits: Callable[[_Raised], bool]) -> Line:
        return _line(f"{table}.{name}", label, [row for row in rows if fits(row)])

    return choose


def _line(name: str, label: str, rows: Sequence[_Row]) -> Line:
    return Line(name, label, len(rows), _cases(rows))


def _cases(rows: Iterable[_Row]) -> tuple[CaseRef, ...]:
    known = dict.fromkeys(row.case for row in rows if row.case is not None)
    return tuple(sorted(known))


def _meaning(obligations: Mapping[str, Obligation], name: str) -> str:
    return obligations[name].meaning if name in obligations else name.replace("_", " ").capitalize()
