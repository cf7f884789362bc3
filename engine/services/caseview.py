"""A case as its pages show it, read off the rows; only where its tokens stand is asked of the core.

The provenance of facts and the history come from the case's acts (its audit chain), which hold both: there is no
second record that could disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.case.codec import StateError
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import Desk, NotFound
from engine.services.rows import EntryRow, Page, at, at_or_none, entry_row, people
from engine.services.tasks import TaskFilter, TaskRow, named
from engine.services.tasks import list as list_tasks
from engine.store.casefile import CaseFile, NotStarted
from engine.store.packed import unpack
from engine.store.packs import pack_of
from engine.store.tables import (
    AuditEvent,
    CaseLink,
    CaseRecord,
    CaseState,
    Child,
    Incident,
    LedgerEntry,
    Notice,
    PackVersion,
    Timer,
)

MOST_CHILDREN = 500
"""A search that fits more children than these shows the cases of so many: it has to be narrowed."""


@dataclass(frozen=True)
class FactValue:
    """A value that a fact had. `origin` and `where` are those of engine.case.model.FactChange; `value` is JSON."""

    value: Any
    origin: str
    where: str
    by: str
    recorded: datetime
    actual: datetime
    reason: str | None


@dataclass(frozen=True)
class FactRow:
    """A fact as it stands; `history` holds earlier values, newest first. A derived fact's `origin` is derived."""

    fact: str
    meaning: str
    now: FactValue
    history: tuple[FactValue, ...]


@dataclass(frozen=True)
class HistoryLine:
    """A line of the case's history: an act (`kind` is its name) or what the core did in it (Happening's kinds).

    `name` is the element's or process's name; `act` is the act's number, the same for all that happened in it.
    """

    act: int
    at: datetime
    kind: str
    by: str
    process: str | None = None
    element: str | None = None
    name: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TimerRow:
    """A timer that waits."""

    process: str
    element: str
    name: str
    due: datetime


@dataclass(frozen=True)
class NoticeRow:
    """A notice of the case and how it stands."""

    id: int
    notice: str
    recipient: str
    state: str
    created: datetime
    sent: datetime | None
    problem: str | None


@dataclass(frozen=True)
class DiagramRow:
    """A diagram of the case's procedure with the states of each element: done, waiting, live, overdue, failed."""

    process: str
    title: str
    states: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class LinkedCase:
    """A case that belongs together with this one."""

    id: int
    reference: str
    kind: str


@dataclass(frozen=True)
class CaseView:
    """A case with everything its pages show. Lists are in the order in which people read them."""

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
    updated: datetime
    next_due: datetime | None
    pack: Pack
    facts: tuple[FactRow, ...]
    entries: tuple[EntryRow, ...]
    tasks: tuple[TaskRow, ...]
    awaited: tuple[EntryRow, ...]
    """Open duties for which nobody here has a task."""
    timers: tuple[TimerRow, ...]
    history: tuple[HistoryLine, ...]
    """Newest first."""
    notices: tuple[NoticeRow, ...]
    diagrams: tuple[DiagramRow, ...]
    links: tuple[LinkedCase, ...]
    incidents: tuple[int, ...]

    @property
    def pack_title(self) -> str:
        return self.pack.title

    @property
    def pack_edition(self) -> str:
        return self.pack.edition


@dataclass(frozen=True)
class CaseRow:
    """A case in a list of results; `child` is "Restricted record" where it may not be known."""

    id: int
    reference: str
    status: str
    child: str | None
    child_id: int | None
    opened: datetime
    closed: datetime | None
    next_due: datetime | None


def view(desk: Desk, case_id: int) -> CaseView:
    """Show a case, and log that it was read. Raises NotFound, NotAllowed for a restricted one."""
    access.require(desk.caller, "see_case")
    session = desk.session
    found = session.execute(
        sa.select(CaseRecord, PackVersion.hash, Child)
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
        access.read_child(desk, child)
    access.log(desk, "case", case_id=case.id)
    pack = pack_of(session, case.pack_id, found.hash)
    entries = session.scalars(
        sa.select(LedgerEntry).where(LedgerEntry.case_id == case.id).order_by(LedgerEntry.number)
    ).all()
    acts = session.scalars(
        sa.select(AuditEvent).where(AuditEvent.chain == case.id).order_by(AuditEvent.seq)
    ).all()
    names = people(session, [*(act.account_id for act in acts), *(entry.by for entry in entries)])
    rows = tuple(entry_row(entry, pack, names) for entry in entries)
    tasks = list_tasks(desk, TaskFilter(whose="all", case_id=case.id), size=200).rows
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
        updated=at(case.updated_at),
        next_due=at_or_none(case.next_due),
        pack=pack,
        facts=_facts(pack, case, acts, names),
        entries=rows,
        tasks=tasks,
        awaited=_awaited(rows, tasks),
        timers=_timers(desk, case.id, pack),
        history=_history(pack, acts, names),
        notices=_notices(desk, case.id),
        diagrams=_diagrams(desk, case, pack, rows),
        links=_links(desk, case.id),
        incidents=tuple(
            session.scalars(
                sa.select(Incident.id)
                .where(Incident.case_id == case.id, Incident.resolved_at.is_(None))
                .order_by(Incident.id)
            )
        ),
    )


def ledger(desk: Desk, case_id: int) -> tuple[EntryRow, ...]:
    """Return a case's duties, by number."""
    access.require(desk.caller, "see_case")
    found = desk.session.execute(
        sa.select(CaseRecord.pack_id, CaseRecord.child_id, PackVersion.hash)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(CaseRecord.id == case_id)
    ).first()
    if found is None:
        raise NotFound("there is no such case")
    if found.child_id is not None:
        child = desk.session.get(Child, found.child_id)
        if child is not None:
            access.read_child(desk, child)
    access.log(desk, "ledger", case_id=case_id)
    pack = pack_of(desk.session, found.pack_id, found.hash)
    entries = desk.session.scalars(
        sa.select(LedgerEntry).where(LedgerEntry.case_id == case_id).order_by(LedgerEntry.number)
    ).all()
    names = people(desk.session, [entry.by for entry in entries])
    return tuple(entry_row(entry, pack, names) for entry in entries)


def search(
    desk: Desk, text: str, *, status: str | None = None, page: int = 1, size: int = 25
) -> Page[CaseRow]:
    """Find cases by reference or by the beginnings of a child's names, open ones first, newest first.

    A restricted child's cases are found by reference alone.
    """
    access.require(desk.caller, "see_case")
    wanted: list[sa.ColumnElement[bool]] = []
    if text.strip():
        children = sa.select(Child.id).where(*named(text), access.open_to(desk)).limit(MOST_CHILDREN)
        of_child = sa.select(CaseRecord.id).where(CaseRecord.child_id.in_(children.scalar_subquery()))
        by_number = sa.select(CaseRecord.id).where(CaseRecord.reference == text.strip().upper())
        wanted.append(CaseRecord.id.in_(sa.union(of_child, by_number)))
    if status is not None:
        wanted.append(CaseRecord.status == status)
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(CaseRecord).where(*wanted)) or 0
    found = desk.session.execute(
        sa.select(CaseRecord, Child, access.open_to(desk).label("visible"))
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(*wanted)
        .order_by(CaseRecord.status == "closed", CaseRecord.id.desc())
        .limit(size)
        .offset((max(1, page) - 1) * size)
    )
    rows = tuple(_case_row(row.CaseRecord, row.Child, row.visible) for row in found)
    return Page(rows, total, max(1, page), size)


def _case_row(case: CaseRecord, child: Child | None, visible: bool) -> CaseRow:
    name = None
    if child is not None:
        name = f"{child.given_names} {child.surname}".strip() if visible else access.HIDDEN
    return CaseRow(
        id=case.id,
        reference=case.reference,
        status=case.status,
        child=name,
        child_id=child.id if child is not None and visible else None,
        opened=at(case.opened_at),
        closed=at_or_none(case.closed_at),
        next_due=at_or_none(case.next_due),
    )


def recent(desk: Desk, case_id: int, pack: Pack, *, most: int = 6) -> tuple[HistoryLine, ...]:
    """Return the latest acts of a case, newest first, for a page whose own service has checked and logged the read."""
    acts = desk.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.chain == case_id).order_by(AuditEvent.seq.desc()).limit(most)
    ).all()
    names = people(desk.session, (act.account_id for act in acts))
    return _history(pack, acts[::-1], names)


# --- what the parts of the view are made of


def _detail(act: AuditEvent) -> dict[str, Any]:
    return (unpack(act.detail) if act.detail is not None else None) or {}


def _padded(row: Sequence[Any], length: int) -> tuple[Any, ...]:
    """Return a row of an act's details with what was left off at its end."""
    return (*row, *(None for _ in range(length - len(row))))


def _facts(
    pack: Pack, case: CaseRecord, acts: Sequence[AuditEvent], names: Mapping[str, str]
) -> tuple[FactRow, ...]:
    """Return every fact that the case knows, in the vocabulary's order, with the acts that gave it."""
    values: dict[str, list[FactValue]] = {}
    for act in acts:
        by = names.get(str(act.account_id), "system")
        for row in _detail(act).get("facts", []):
            fact, value, origin, where, actual, reason = _padded(row, 6)
            moment = datetime.fromisoformat(actual) if actual else act.at
            values.setdefault(fact, []).append(
                FactValue(value, origin, where, by, at(act.at), at(moment), reason)
            )
    order = {fact: number for number, fact in enumerate(pack.vocabulary.facts)}
    rows = []
    for fact in sorted(values, key=lambda name: order.get(name, len(order))):
        known = pack.vocabulary.facts.get(fact)
        *earlier, last = values[fact]
        rows.append(
            FactRow(fact, known.meaning if known is not None else fact, last, tuple(reversed(earlier)))
        )
    return tuple(rows)


def _history(pack: Pack, acts: Sequence[AuditEvent], names: Mapping[str, str]) -> tuple[HistoryLine, ...]:
    lines: list[HistoryLine] = []
    for act in acts:
        detail = _detail(act)
        by = names.get(str(act.account_id), "system")
        lines.append(HistoryLine(act.seq, at(act.at), act.action, by, detail=detail.get("act", {})))
        for row in detail.get("happened", []):
            kind, process, element, more = _padded(row, 4)
            lines.append(
                HistoryLine(
                    act.seq, at(act.at), kind, by, process, element, _name(pack, process, element), more or {}
                )
            )
    return tuple(reversed(lines))


def _name(pack: Pack, process: str | None, element: str | None) -> str | None:
    known = pack.processes.get(process or "")
    if known is None:
        return None
    if element is None:
        return known.title
    at_element = known.elements.get(element)
    return at_element.name if at_element is not None else None


def _awaited(entries: Sequence[EntryRow], tasks: Sequence[TaskRow]) -> tuple[EntryRow, ...]:
    """Return the open duties that no task of the council's people performs."""
    own = [entry for entry in entries if entry.open and (entry.external or entry.task is None)]
    return tuple(sorted(own, key=lambda entry: (entry.due is None, entry.due or entry.raised, entry.number)))


def _timers(desk: Desk, case_id: int, pack: Pack) -> tuple[TimerRow, ...]:
    rows = desk.session.scalars(sa.select(Timer).where(Timer.case_id == case_id).order_by(Timer.due))
    return tuple(
        TimerRow(row.process, row.element, _name(pack, row.process, row.element) or row.element, at(row.due))
        for row in rows
    )


def _notices(desk: Desk, case_id: int) -> tuple[NoticeRow, ...]:
    rows = desk.session.scalars(sa.select(Notice).where(Notice.case_id == case_id).order_by(Notice.id))
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


def _diagrams(
    desk: Desk, case: CaseRecord, pack: Pack, entries: Sequence[EntryRow]
) -> tuple[DiagramRow, ...]:
    """Return the diagrams that the case has come to, in the pack's order, with where it stands in each."""
    stored = desk.session.execute(
        sa.select(CaseState.state, CaseState.version).where(CaseState.case_id == case.id)
    ).first()
    if stored is None or not stored.state:
        return ()
    file = CaseFile(
        id=case.id,
        child_id=case.child_id,
        pack_id=case.pack_id,
        reference=case.reference,
        status=case.status,
        opened_at=case.opened_at,
        updated_at=case.updated_at,
        acts=case.acts,
        version=stored.version,
        pack=pack,
        state=stored.state,
    )
    try:
        core = file.case
    except (StateError, NotStarted):
        return ()
    states: dict[str, dict[str, set[str]]] = {}
    for process in pack.processes.values():
        for element in process.elements:
            if element in core.passed:
                states.setdefault(process.id, {}).setdefault(element, set()).add("done")
    for process_id, element, how in core.live_elements():
        live = "waiting" if how == "waiting" else "live"
        states.setdefault(process_id, {}).setdefault(element, set()).add(live)
    now = desk.now()
    marks = [(entry.process, entry.element, "overdue") for entry in entries if entry.overdue(now)]
    marks += [
        (process, element, "failed")
        for process, element in desk.session.execute(
            sa.select(Incident.process, Incident.element).where(
                Incident.case_id == case.id, Incident.resolved_at.is_(None), Incident.element.is_not(None)
            )
        )
        if process is not None and element is not None
    ]
    for process_id, element, mark in marks:
        states.setdefault(process_id, {}).setdefault(element, set()).add(mark)
    return tuple(
        DiagramRow(
            process.id,
            process.title,
            {element: frozenset(found) for element, found in states[process.id].items()},
        )
        for process in pack.processes.values()
        if process.id in states
    )


def _links(desk: Desk, case_id: int) -> tuple[LinkedCase, ...]:
    rows = desk.session.execute(
        sa.select(CaseRecord.id, CaseRecord.reference, CaseLink.kind)
        .join(
            CaseLink,
            sa.or_(
                sa.and_(CaseLink.case_id == case_id, CaseLink.other_id == CaseRecord.id),
                sa.and_(CaseLink.other_id == case_id, CaseLink.case_id == CaseRecord.id),
            ),
        )
        .order_by(CaseRecord.id)
    )
    return tuple(LinkedCase(*row) for row in rows)
