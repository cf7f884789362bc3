"""A case as its pages show it: what every page needs is read at once, the rest when a page asks for it.

One statement reads the case with its child, links and incidents, so that the page that everybody opens stays as quick
after a year of daily updates as on the first day; no page reads what another one shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from engine.case.case import Case
from engine.clock import local
from engine.pack.model import Pack
from engine.services import access
from engine.services.caseview.facts import derivations, fact_rows
from engine.services.caseview.history import acts_of, name_of
from engine.services.caseview.model import (
    Derivation,
    DiagramRow,
    FactRow,
    HistoryLine,
    LinkedCase,
    NoticeRow,
    OtherAbsence,
    Pressing,
    TimerRow,
)
from engine.services.caseview.standing import core_of, diagram_rows
from engine.services.child_entries import ORDER, WARNED_BEFORE, WARNING
from engine.services.desk import Desk, NotFound
from engine.services.rows import EntryRow, at, at_or_none, entry_row, people
from engine.services.tasks.rows import TaskRow, task_row, task_rows
from engine.store.packs import pack_of
from engine.store.tables import (
    Account,
    CaseLink,
    CaseNote,
    CaseRecord,
    Child,
    ChildEntry,
    ContactAttempt,
    Incident,
    LedgerEntry,
    Notice,
    PackVersion,
    Task,
    Timer,
)

MOST_TASKS = 200
HOLDING = ("hold_return_interview", "hold_return_interview_by_target", "hold_social_worker_return_interview")
"""The duties that holding the return interview meets."""


@dataclass(frozen=True)
class CaseView:
    """A case for its pages. Lists are in the order in which people read them; `known` are the facts as JSON, by id.

    What is a plain field was read with the case; each of the others is read once, when it is first asked for.
    """

    id: int
    reference: str
    status: str
    child_id: int | None
    child: str | None
    birth_date: Any
    restricted: bool
    started_by: str
    opened: datetime
    closed: datetime | None
    voided: datetime | None
    """When it was found to have been opened in error."""
    updated: datetime
    next_due: datetime | None
    acts: int
    pack: Pack
    known: Mapping[str, Any]
    links: tuple[LinkedCase, ...]
    others: tuple[OtherAbsence, ...]
    """The child's other open cases, the latest absence first."""
    interview_due: datetime | None
    """Until when the return interview of this absence is due, where one is owed with a limit."""
    interview_owed: bool
    interview_held: bool
    """Whether a return interview was held for this absence."""
    pressing: tuple[Pressing, ...]
    """Warnings for visits, and court orders that have expired or soon will."""
    attempts: int
    """How many contact attempts are logged."""
    last_attempt: datetime | None
    notes: int
    incidents: tuple[int, ...]
    """What keeps the case from going on."""
    unsent: tuple[int, ...]
    """Incidents of notices that have not left, which keep nothing else from going on."""
    _desk: Desk = field(repr=False)
    _record: CaseRecord = field(repr=False)

    @property
    def pack_title(self) -> str:
        return self.pack.title

    @property
    def pack_edition(self) -> str:
        return self.pack.edition

    @cached_property
    def tasks(self) -> tuple[TaskRow, ...]:
        """The open tasks of the council's people, soonest due first."""
        rows = self._desk.session.execute(
            task_rows(self._desk)
            .where(Task.case_id == self.id, Task.external.is_(False))
            .order_by(Task.due.asc().nulls_last(), Task.id)
            .limit(MOST_TASKS)
        )
        return tuple(task_row(self._desk, row, self.pack) for row in rows)

    @cached_property
    def awaited(self) -> tuple[EntryRow, ...]:
        """Open duties for which nobody here has a task, soonest due first."""
        entries = self._desk.session.scalars(
            sa.select(LedgerEntry).where(
                LedgerEntry.case_id == self.id,
                LedgerEntry.outcome == "open",
                sa.or_(LedgerEntry.external, LedgerEntry.task.is_(None)),
            )
        )
        own = [entry_row(entry, self.pack, {}) for entry in entries]
        return tuple(
            sorted(own, key=lambda entry: (entry.due is None, entry.due or entry.raised, entry.number))
        )

    @cached_property
    def entries(self) -> tuple[EntryRow, ...]:
        """The ledger, by number."""
        return _entries(self._desk, self.id, self.pack)

    @cached_property
    def timers(self) -> tuple[TimerRow, ...]:
        """The timers that wait, the next one first."""
        rows = self._desk.session.scalars(
            sa.select(Timer).where(Timer.case_id == self.id).order_by(Timer.due)
        )
        return tuple(
            TimerRow(
                row.process,
                row.element,
                name_of(self.pack, row.process, row.element) or row.element,
                at(row.due),
            )
            for row in rows
        )

    @cached_property
    def notices(self) -> tuple[NoticeRow, ...]:
        """What was told to others, oldest first."""
        rows = self._desk.session.scalars(
            sa.select(Notice).where(Notice.case_id == self.id).order_by(Notice.id)
        )
        return tuple(
            NoticeRow(
                row.id,
                row.notice,
                row.recipient,
                row.state,
                at(row.created_at),
                at_or_none(row.sent_at),
                row.problem,
            )
            for row in rows
        )

    @cached_property
    def facts(self) -> tuple[FactRow, ...]:
        """Every fact that the case was told or decided, in the vocabulary's order."""
        return fact_rows(self._desk.session, self.id, self.pack)

    @cached_property
    def derived(self) -> tuple[Derivation, ...]:
        """How each derived fact, and each that a table decided, comes about; of a closed case, at its last act."""
        decided = {row.fact: row.now.where for row in self.facts if row.now.origin == "decision"}
        now = self.updated if self.status == "closed" else self._desk.now()
        return derivations(self.pack, self._core, decided, now)

    @cached_property
    def history(self) -> tuple[HistoryLine, ...]:
        """Everything that has happened, newest first."""
        return acts_of(self._desk.session, self.id, self.pack)

    def history_of(self, most: int, skip: int = 0) -> tuple[HistoryLine, ...]:
        """Return what has happened in `most` acts after the newest `skip`, newest first."""
        return acts_of(self._desk.session, self.id, self.pack, most=most, skip=skip)

    @cached_property
    def diagrams(self) -> tuple[DiagramRow, ...]:
        """The diagrams that the case has come to; none for one that could not even start."""
        now = self._desk.now()
        return diagram_rows(self._desk.session, self.id, self.pack, self._core, self.entries, now)

    @cached_property
    def _core(self) -> Case | None:
        return core_of(self._desk.session, self._record, self.pack)


def view(desk: Desk, case_id: int) -> CaseView:
    """Show a case, and log that it was read. Raises NotFound, NotAllowed for a restricted one."""
    access.require(desk.caller, "see_case")
    found = desk.session.execute(
        sa.select(
            CaseRecord,
            PackVersion.hash,
            Child,
            _OPEN_INCIDENTS,
            _UNSENT,
            _LINKS,
            _OTHERS,
            _OWED,
            _HELD,
            _PRESSING,
            _ATTEMPTS,
            _NOTES,
        )
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(CaseRecord.id == case_id)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound("there is no such case")
    case: CaseRecord = found.CaseRecord
    child: Child | None = found.Child
    if child is not None:
        access.check_child(desk, child)
    access.log(desk, "case", case_id=case.id, child_id=case.child_id)
    return CaseView(
        id=case.id,
        reference=case.reference,
        status=case.status,
        child_id=case.child_id,
        child=f"{child.given_names} {child.surname}".strip() if child is not None else None,
        birth_date=child.birth_date if child is not None else None,
        restricted=child is not None and child.restricted,
        started_by=case.started_by,
        opened=at(case.opened_at),
        closed=at_or_none(case.closed_at),
        voided=at_or_none(case.voided_at),
        updated=at(case.updated_at),
        next_due=at_or_none(case.next_due),
        acts=case.acts,
        pack=pack_of(desk.session, case.pack_id, found.hash),
        known=dict(case.facts),
        links=tuple(LinkedCase(*link) for link in found.links or ()),
        others=tuple(_other_absence(one) for one in found.others or ()),
        interview_due=min((m for text in found.owed or () if (m := _moment(text))), default=None),
        interview_owed=found.owed is not None,
        interview_held=bool(found.held),
        pressing=pressing_of(found.pressing or (), local(desk.now()).date()),
        attempts=found.attempts[0],
        last_attempt=_moment(found.attempts[1]),
        notes=found.notes,
        incidents=tuple(found.incidents or ()),
        unsent=tuple(found.unsent or ()),
        _desk=desk,
        _record=case,
    )


def ledger(desk: Desk, case_id: int) -> tuple[EntryRow, ...]:
    """Return a case's duties, by number."""
    access.require(desk.caller, "see_case")
    found = desk.session.execute(
        sa.select(CaseRecord.pack_id, PackVersion.hash, Child)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(CaseRecord.id == case_id)
    ).first()
    if found is None:
        raise NotFound("there is no such case")
    child: Child | None = found.Child
    if child is not None:
        access.check_child(desk, child)
    access.log(desk, "ledger", case_id=case_id, child_id=child.id if child is not None else None)
    return _entries(desk, case_id, pack_of(desk.session, found.pack_id, found.hash))


def _entries(desk: Desk, case_id: int, pack: Pack) -> tuple[EntryRow, ...]:
    entries: Sequence[LedgerEntry] = desk.session.scalars(
        sa.select(LedgerEntry).where(LedgerEntry.case_id == case_id).order_by(LedgerEntry.number)
    ).all()
    names = people(desk.session, (entry.by for entry in entries))
    return tuple(entry_row(entry, pack, names) for entry in entries)


def pressing_of(rows: Sequence[Sequence[Any]], today: date) -> tuple[Pressing, ...]:
    """Return what a page about a child has to point out, of its warnings and orders as `PRESSING` reads them."""
    found = []
    for kind, says, until, order, by, recorded in rows:
        day = date.fromisoformat(until) if until else None
        if kind == WARNING or (day is not None and day <= today + WARNED_BEFORE):
            found.append(
                Pressing(kind, says, day, order, by or "system", at(datetime.fromisoformat(recorded)))
            )
    return tuple(found)


def pressing_for(desk: Desk, child_id: int) -> tuple[Pressing, ...]:
    """Return the same for one child, for a page whose own service has checked and logged the read."""
    rows = desk.session.scalar(sa.select(pressing(child_id)))
    return pressing_of(rows or (), local(desk.now()).date())


def pressing(child: Any) -> sa.ScalarSelect[Any]:
    """Return a subquery of the warnings and orders that stand for a child, for `pressing_of`."""
    return (
        sa.select(
            sa.func.json_agg(
                aggregate_order_by(
                    sa.func.json_build_array(
                        ChildEntry.kind,
                        ChildEntry.says,
                        ChildEntry.until,
                        ChildEntry.more["order"].astext,
                        Account.display_name,
                        ChildEntry.recorded_at,
                    ),
                    ChildEntry.kind.desc(),
                    ChildEntry.id,
                ),
                type_=sa.JSON,
            )
        )
        .select_from(ChildEntry)
        .outerjoin(Account, Account.id == ChildEntry.recorded_by)
        .where(
            ChildEntry.child_id == child,
            ChildEntry.ended_at.is_(None),
            ChildEntry.kind.in_((WARNING, ORDER)),
        )
        .scalar_subquery()
    )


def _other_absence(row: Sequence[Any]) -> OtherAbsence:
    number, reference, since, returned, due, owed = row
    return OtherAbsence(number, reference, _moment(since), _moment(returned), _moment(due), owed > 0)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else at(datetime.fromisoformat(text))


def _interview_of(case: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions of an open duty to hold a return interview in a case."""
    return (
        LedgerEntry.case_id == case.id,
        LedgerEntry.outcome == "open",
        LedgerEntry.obligation.in_(HOLDING),
    )


def _open_incidents(label: str, kinds: sa.ColumnElement[bool]) -> Any:
    return (
        sa.select(sa.func.array_agg(aggregate_order_by(Incident.id, Incident.id)))
        .where(Incident.case_id == CaseRecord.id, Incident.resolved_at.is_(None), kinds)
        .correlate(CaseRecord)
        .scalar_subquery()
        .label(label)
    )


_OPEN_INCIDENTS = _open_incidents("incidents", Incident.kind != "notice")
_UNSENT = _open_incidents("unsent", Incident.kind == "notice")
_other = sa.orm.aliased(CaseRecord)
_LINKS = (
    sa.select(
        sa.func.json_agg(
            aggregate_order_by(
                sa.func.json_build_array(_other.id, _other.reference, CaseLink.kind), _other.id
            ),
            type_=sa.JSON,
        )
    )
    .join_from(
        CaseLink,
        _other,
        sa.or_(
            sa.and_(CaseLink.case_id == CaseRecord.id, CaseLink.other_id == _other.id),
            sa.and_(CaseLink.other_id == CaseRecord.id, CaseLink.case_id == _other.id),
        ),
    )
    .correlate(CaseRecord)
    .scalar_subquery()
    .label("links")
)
_sibling = sa.orm.aliased(CaseRecord)
_OTHERS = (
    sa.select(
        sa.func.json_agg(
            aggregate_order_by(
                sa.func.json_build_array(
                    _sibling.id,
                    _sibling.reference,
                    sa.func.coalesce(
                        _sibling.facts["episode.missing_from"].astext,
                        _sibling.facts["episode.reported_at"].astext,
                        _sibling.facts["episode.absence_started_at"].astext,
                    ),
                    _sibling.facts["return.returned_at"].astext,
                    sa.select(sa.func.min(LedgerEntry.due))
                    .where(*_interview_of(_sibling))
                    .correlate(_sibling)
                    .scalar_subquery(),
                    sa.select(sa.func.count())
                    .where(*_interview_of(_sibling))
                    .correlate(_sibling)
                    .scalar_subquery(),
                ),
                _sibling.id.desc(),
            ),
            type_=sa.JSON,
        )
    )
    .where(
        _sibling.child_id == CaseRecord.child_id,
        _sibling.id != CaseRecord.id,
        _sibling.status.in_(("open", "quarantined")),
    )
    .correlate(CaseRecord)
    .scalar_subquery()
    .label("others")
)
_OWED = (
    sa.select(sa.func.json_agg(LedgerEntry.due, type_=sa.JSON))
    .where(*_interview_of(CaseRecord))
    .correlate(CaseRecord)
    .scalar_subquery()
    .label("owed")
)
_HELD = (
    sa.select(sa.func.bool_or(LedgerEntry.outcome.in_(("done", "done_late"))))
    .where(LedgerEntry.case_id == CaseRecord.id, LedgerEntry.obligation.in_(HOLDING))
    .correlate(CaseRecord)
    .scalar_subquery()
    .label("held")
)
_PRESSING = pressing(CaseRecord.child_id).label("pressing")
_ATTEMPTS = (
    sa.select(sa.func.json_build_array(sa.func.count(), sa.func.max(ContactAttempt.at), type_=sa.JSON))
    .where(ContactAttempt.case_id == CaseRecord.id, ContactAttempt.withdrawn_at.is_(None))
    .correlate(CaseRecord)
    .scalar_subquery()
    .label("attempts")
)
_NOTES = (
    sa.select(sa.func.count())
    .select_from(CaseNote)
    .where(CaseNote.case_id == CaseRecord.id)
    .correlate(CaseRecord)
    .scalar_subquery()
    .label("notes")
)
