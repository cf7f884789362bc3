"""Recorded cases, read from the database alone: the acts of their chains, and what is stored beside them.

A batch at a time, so that any number of cases takes the same memory, and without a lock: a case on which somebody acts
in between is read once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.check.conformance import RecordedAct, RecordedCase, Stored
from engine.pack.model import Pack
from engine.services.desk import Desk, NotFound
from engine.services.rows import at, at_or_none
from engine.store.packed import unpack
from engine.store.packs import pack_of
from engine.store.tables import (
    AuditEvent,
    CaseRecord,
    Incident,
    LedgerEntry,
    Notice,
    PackVersion,
    Task,
    Timer,
)

BATCH = 50
TRIES = 5
"""So often a case is read again on which somebody acts all the while."""


def numbered(desk: Desk, reference: str) -> int:
    """Return the number of the case of a reference. Raises NotFound."""
    found = desk.session.scalar(sa.select(CaseRecord.id).where(CaseRecord.reference == reference))
    if found is None:
        raise NotFound(f"there is no case {reference}")
    return found


def count(desk: Desk, *, since: datetime | None = None) -> int:
    """Return how many cases there are, or have been acted on since a moment; voided ones are not counted."""
    wanted = _wanted(since, voided=False)
    return desk.session.scalar(sa.select(sa.func.count()).select_from(CaseRecord).where(*wanted)) or 0


def read_cases(
    desk: Desk, *, case: int | None = None, since: datetime | None = None, voided: bool = True
) -> Iterator[RecordedCase]:
    """Yield a case, or all of the council that have been acted on since a moment, in order of their numbers.

    Without `voided`, those that were opened in error are left out: nothing can be judged by them.
    """
    if case is not None:
        yield from read_these(desk, [case])
        return
    last = 0
    while True:
        numbers = desk.session.scalars(
            sa.select(CaseRecord.id)
            .where(CaseRecord.id > last, *_wanted(since, voided=voided))
            .order_by(CaseRecord.id)
            .limit(BATCH)
        ).all()
        if not numbers:
            return
        yield from read_these(desk, numbers)
        last = numbers[-1]


def _wanted(since: datetime | None, *, voided: bool) -> tuple[sa.ColumnElement[bool], ...]:
    lately = () if since is None else (CaseRecord.updated_at >= since,)
    return lately if voided else (*lately, CaseRecord.voided_at.is_(None))


def read_these(desk: Desk, numbers: Sequence[int]) -> Iterator[RecordedCase]:
    """Yield the cases of these numbers, in order."""
    wanted, found = list(numbers), {}
    for _ in range(TRIES):
        batch = {case.id: case for case in _batch(desk, wanted)}
        now = _acts(desk, wanted)
        found.update({number: case for number, case in batch.items() if now[number] == case.stored.acts})
        wanted = [number for number in wanted if number in batch and number not in found]
        if not wanted:
            break
    yield from (found[number] for number in numbers if number in found)


def _acts(desk: Desk, numbers: Sequence[int]) -> dict[int, int]:
    rows = desk.session.execute(sa.select(CaseRecord.id, CaseRecord.acts).where(CaseRecord.id.in_(numbers)))
    return {row.id: row.acts for row in rows}


def _batch(desk: Desk, numbers: Sequence[int]) -> Iterator[RecordedCase]:
    cases = desk.session.execute(
        sa.select(
            CaseRecord.id,
            CaseRecord.reference,
            CaseRecord.status,
            CaseRecord.acts,
            CaseRecord.facts,
            CaseRecord.pack_id,
            PackVersion.hash,
        )
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(CaseRecord.id.in_(numbers))
    ).all()
    events = _of_cases(
        desk,
        sa.select(
            AuditEvent.chain.label("case_id"),
            AuditEvent.seq,
            AuditEvent.at,
            AuditEvent.account_id,
            AuditEvent.action,
            AuditEvent.detail,
        )
        .where(AuditEvent.chain.in_(numbers))
        .order_by(AuditEvent.chain, AuditEvent.seq),
    )
    entries = _of_cases(desk, sa.select(*_ENTRY).where(LedgerEntry.case_id.in_(numbers)))
    tasks = _of_cases(
        desk,
        sa.select(Task.case_id, Task.core_id, Task.element, Task.role, Task.entries).where(
            Task.case_id.in_(numbers)
        ),
    )
    timers = _of_cases(
        desk,
        sa.select(Timer.case_id, Timer.core_id, Timer.element, Timer.due).where(Timer.case_id.in_(numbers)),
    )
    notices = _of_cases(desk, sa.select(Notice.case_id, Notice.key).where(Notice.case_id.in_(numbers)))
    incidents = _of_cases(
        desk,
        sa.select(Incident.case_id, Incident.opened_at, Incident.resolved_at).where(
            Incident.case_id.in_(numbers), Incident.kind == "case"
        ),
    )
    for row in cases:
        acts = tuple(_act(event) for event in events[row.id])
        yield RecordedCase(
            id=row.id,
            reference=row.reference,
            pack=pack_of(desk.session, row.pack_id, row.hash),
            version=row.pack_id,
            acts=acts,
            stored=Stored(
                closed=row.status == "closed",
                acts=row.acts,
                facts=row.facts,
                entries=tuple(dict(entry._mapping) for entry in entries[row.id]),
                tasks=tuple(dict(task._mapping) for task in tasks[row.id]),
                timers=tuple(dict(timer._mapping) for timer in timers[row.id]),
                notices=tuple(notice.key for notice in notices[row.id]),
            ),
            incidents=tuple((at(one.opened_at), at_or_none(one.resolved_at)) for one in incidents[row.id]),
            packs=_packs(desk, {act.pack for act in acts if act.pack not in (None, row.pack_id)}),
        )


_ENTRY = [column for column in LedgerEntry.__table__.columns if column.name not in ("council_id", "working")]


def _packs(desk: Desk, numbers: set[int | None]) -> dict[int, Pack]:
    """Return the versions of these numbers."""
    if not numbers:
        return {}
    rows = desk.session.execute(
        sa.select(PackVersion.id, PackVersion.hash).where(PackVersion.id.in_(numbers))
    )
    return {row.id: pack_of(desk.session, row.id, row.hash) for row in rows}


def _of_cases(desk: Desk, statement: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in desk.session.execute(statement):
        found[row.case_id].append(row)
    return found


def _act(event: Any) -> RecordedAct:
    detail = unpack(event.detail) if event.detail is not None else None
    known: dict[str, Any] = detail or {}
    return RecordedAct(
        seq=event.seq,
        at=at(event.at),
        by="system" if event.account_id is None else str(event.account_id),
        action=event.action,
        asked=None if detail is None else known.get("act", {}),
        facts=tuple(tuple(row) for row in known.get("facts", ())),
        happened=tuple(tuple(row) for row in known.get("happened", ())),
        entries=known.get("entries"),
        pack=known.get("pack"),
        calendar=known.get("calendar"),
    )
