"""What stands on a timeline as one row of one table: notices, attempts, notes, absences, the child's record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import LOCAL_ZONE
from engine.services.case_notes import note_rows, note_values
from engine.services.child_entries import entry_values
from engine.services.contact_attempts import attempt_values, belongs_to
from engine.services.notices import PERSON
from engine.services.rows import at, at_or_none
from engine.services.timeline.acts import acts, duties_ended, duties_raised, read_acts, read_duties
from engine.services.timeline.model import ACTIONS, Read, Reading, Row, Scope, Source, Values
from engine.store.tables import (
    AllocatedWorker,
    CaseNote,
    ChildEntry,
    ChildLink,
    ContactAttempt,
    Episode,
    LedgerEntry,
    LegalStatus,
    Notice,
    Placement,
)


def simple(
    table: Any, people_of: Sequence[str], make: Callable[[Reading, Any], tuple[int | None, Any]]
) -> Read:
    """Return how rows of one table are read by their id."""

    def read(reading: Reading, rows: Sequence[Row]) -> Callable[[], Values]:
        seconds = {row.first: row.second for row in rows}
        found = reading.desk.session.scalars(sa.select(table).where(table.id.in_(list(seconds)))).all()
        reading.people |= {getattr(one, name) for one in found for name in people_of}
        return lambda: {(one.id, seconds[one.id]): make(reading, one) for one in found}

    return read


def by_id(moment: Any, table: Any, *wanted: Callable[[Scope], Any], whole: bool = False) -> Any:
    """Return where rows of a table stand; `whole`: on the timeline of a child alone."""

    def select(scope: Scope) -> Any:
        if whole and not scope.whole:
            return None
        return sa.select(moment, table.id, sa.literal(0)).where(*(one(scope) for one in wanted))

    return select


def _local_start(day: Any) -> Any:
    return sa.func.timezone(LOCAL_ZONE.key, sa.cast(day, sa.DateTime()))


def _attempts(scope: Scope) -> Any:
    mine = (
        belongs_to(scope.child)
        if scope.whole and scope.child is not None
        else ContactAttempt.case_id.in_(scope.cases)
    )
    return sa.select(ContactAttempt.at, ContactAttempt.id, sa.literal(0)).where(mine)


def _read_notes(reading: Reading, rows: Sequence[Row]) -> Callable[[], Values]:
    found = reading.desk.session.execute(
        note_rows().where(CaseNote.id.in_([row.first for row in rows]))
    ).all()
    reading.people |= {row.CaseNote.account_id for row in found}
    return lambda: {
        (row.CaseNote.id, 0): (row.CaseNote.case_id, value)
        for row, value in zip(found, note_values(found, reading.names), strict=True)
    }


@dataclass(frozen=True)
class NoticeLine:
    """A notice on the timeline; the fields are those of the outbox.

    `subject` is None for one of the pack's; `person` names the recipient where it is a person.
    """

    notice: str
    recipient: str
    subject: str | None
    person: str | None
    state: str
    sent: datetime | None
    problem: str | None


@dataclass(frozen=True)
class Absence:
    """An absence on the child's timeline, as it was reported or as it ended."""

    reported: datetime
    returned: datetime | None
    category: str
    left_from: str | None
    found_at: str | None


@dataclass(frozen=True)
class Line:
    """A line of the record: what about (`what` is its source), what it says, what more, by whom and why."""

    what: str
    says: str
    more: str | None = None
    by: str | None = None
    reason: str | None = None
    number: int = 0
    """The row's number, by which its page is found."""
    at: datetime | None = None
    """A moment that it names besides its own."""


def _read_notices(reading: Reading, rows: Sequence[Row]) -> Callable[[], Values]:
    found = reading.desk.session.scalars(
        sa.select(Notice).where(Notice.id.in_([row.first for row in rows]))
    ).all()
    reading.people |= {_person(row) for row in found}

    def line(row: Notice) -> NoticeLine:
        person = reading.names.get(str(_person(row))) if _person(row) is not None else None
        sent = at_or_none(row.sent_at)
        return NoticeLine(row.notice, row.recipient, row.subject, person, row.state, sent, row.problem)

    return lambda: {(row.id, 0): (row.case_id, line(row)) for row in found}


def _person(row: Notice) -> str | None:
    kind, _, number = row.recipient.partition(":")
    return number if kind == PERSON else None


def _attempt(reading: Reading, row: ContactAttempt) -> tuple[int | None, Any]:
    return row.case_id, attempt_values([row], reading.names)[0]


def _absence(_reading: Reading, row: Episode) -> tuple[int | None, Any]:
    told = Absence(
        at(row.reported_at), at_or_none(row.returned_at), row.category, row.left_from, row.found_at
    )
    return row.case_id, told


def _entry(reading: Reading, row: ChildEntry) -> tuple[int | None, Any]:
    return None, entry_values([row], reading.names)[0]


def _link(reading: Reading, row: ChildLink) -> tuple[int | None, Any]:
    return None, Line("link", row.kind, by=reading.names.get(str(row.recorded_by)))


def _unlink(reading: Reading, row: ChildLink) -> tuple[int | None, Any]:
    by = reading.names.get(str(row.ended_by))
    return None, Line("unlink", row.kind, by=by, reason=row.ended_reason)


def _status(reading: Reading, row: LegalStatus) -> tuple[int | None, Any]:
    return None, Line("status", row.status, row.basis, reading.names.get(str(row.recorded_by)))


def _worker(_reading: Reading, row: AllocatedWorker) -> tuple[int | None, Any]:
    return None, Line("worker", row.name, row.role)


def _placement(_reading: Reading, row: Placement) -> tuple[int | None, Any]:
    return None, Line("placement", row.type, row.place)


def in_cases(column: Any) -> Callable[[Scope], Any]:
    """Return the condition that a row belongs to the timeline's cases."""
    return lambda scope: column.in_(scope.cases)


def _of_child(column: Any) -> Callable[[Scope], Any]:
    return lambda scope: column == scope.child


def _of_either(scope: Scope) -> Any:
    return sa.or_(ChildLink.child_id == scope.child, ChildLink.other_id == scope.child)


def is_told(column: Any) -> Callable[[Scope], Any]:
    """Return the condition that a moment is there."""
    return lambda _scope: column.is_not(None)


def _earlier(moment: Any) -> Callable[[Scope], Any]:
    """Select absences: of a child, all; of a case, those of the child's others."""

    def select(scope: Scope) -> Any:
        if scope.child is None:
            return None
        rows = sa.select(moment, Episode.id, sa.literal(0)).where(
            Episode.child_id == scope.child, moment.is_not(None)
        )
        others = sa.or_(Episode.case_id.is_(None), Episode.case_id.not_in(scope.cases))
        return rows if scope.whole else rows.where(others)

    return select


_episode = simple(Episode, (), _absence)
_entries = simple(ChildEntry, ("recorded_by", "ended_by"), _entry)
SOURCES: tuple[Source, ...] = (
    *(Source(f"act-{kind}", kind, 0, acts(kind), read_acts) for kind in ("recorded", *ACTIONS)),
    Source("raised", "duties", 1, duties_raised, read_duties(LedgerEntry.raised)),
    Source("ended", "duties", 2, duties_ended, read_duties(LedgerEntry.done)),
    Source(
        "notice",
        "notices",
        3,
        by_id(sa.func.coalesce(Notice.sent_at, Notice.created_at), Notice, in_cases(Notice.case_id)),
        _read_notices,
    ),
    Source(
        "attempt",
        "contacts",
        4,
        _attempts,
        simple(ContactAttempt, ("recorded_by", "withdrawn_by"), _attempt),
    ),
    Source("note", "notes", 5, by_id(CaseNote.at, CaseNote, in_cases(CaseNote.case_id)), _read_notes),
    Source("reported", "episodes", 0, _earlier(Episode.reported_at), _episode),
    Source("returned", "episodes", 0, _earlier(Episode.returned_at), _episode),
    Source(
        "entry",
        "record",
        0,
        by_id(ChildEntry.recorded_at, ChildEntry, _of_child(ChildEntry.child_id), whole=True),
        _entries,
    ),
    Source(
        "entry-ended",
        "record",
        0,
        by_id(
            ChildEntry.ended_at,
            ChildEntry,
            _of_child(ChildEntry.child_id),
            is_told(ChildEntry.reason),
            whole=True,
        ),
        _entries,
    ),
    Source(
        "link",
        "record",
        0,
        by_id(ChildLink.recorded_at, ChildLink, _of_either, whole=True),
        simple(ChildLink, ("recorded_by",), _link),
    ),
    Source(
        "unlink",
        "record",
        0,
        by_id(ChildLink.ended_at, ChildLink, _of_either, is_told(ChildLink.ended_at), whole=True),
        simple(ChildLink, ("ended_by",), _unlink),
    ),
    Source(
        "status",
        "record",
        0,
        by_id(_local_start(LegalStatus.since), LegalStatus, _of_child(LegalStatus.child_id), whole=True),
        simple(LegalStatus, ("recorded_by",), _status),
    ),
    Source(
        "worker",
        "record",
        0,
        by_id(
            _local_start(AllocatedWorker.since),
            AllocatedWorker,
            _of_child(AllocatedWorker.child_id),
            whole=True,
        ),
        simple(AllocatedWorker, (), _worker),
    ),
    Source(
        "placement",
        "record",
        0,
        by_id(Placement.placed_at, Placement, _of_child(Placement.child_id), whole=True),
        simple(Placement, (), _placement),
    ),
)
"""What stands on every timeline."""
