"""The acts of cases on a timeline, and the duties that arose or ended, those of one moment together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from engine.services.caseview.history import COLUMNS, lines
from engine.services.rows import entry_row
from engine.services.timeline.model import ACTIONS, Read, Reading, Row, Scope, Values
from engine.store.tables import AuditEvent, LedgerEntry


def acts(kind: str) -> Callable[[Scope], Any]:
    named = [action for actions in ACTIONS.values() for action in actions]

    def select(scope: Scope) -> Any:
        of_kind = (
            AuditEvent.action.not_in(named) if kind == "recorded" else AuditEvent.action.in_(ACTIONS[kind])
        )
        return sa.select(AuditEvent.at, AuditEvent.chain, AuditEvent.seq).where(
            AuditEvent.chain.in_(scope.cases), of_kind
        )

    return select


def read_acts(reading: Reading, rows: Sequence[Row]) -> Callable[[], Values]:
    wanted = [(row.first, row.second) for row in rows]
    found = reading.desk.session.execute(
        sa.select(AuditEvent.chain, *COLUMNS).where(sa.tuple_(AuditEvent.chain, AuditEvent.seq).in_(wanted))
    ).all()
    reading.people |= {act.account_id for act in found}

    def finish() -> Values:
        return {
            (act.chain, act.seq): (act.chain, lines(reading.cases[act.chain].pack, [act], reading.names))
            for act in found
        }

    return finish


def duties_raised(scope: Scope) -> Any:
    return (
        sa.select(LedgerEntry.raised, LedgerEntry.case_id, sa.func.min(LedgerEntry.number))
        .where(LedgerEntry.case_id.in_(scope.cases))
        .group_by(LedgerEntry.case_id, LedgerEntry.raised)
    )


def duties_ended(scope: Scope) -> Any:
    return (
        sa.select(LedgerEntry.done, LedgerEntry.case_id, sa.func.min(LedgerEntry.number))
        .where(LedgerEntry.case_id.in_(scope.cases), LedgerEntry.done.is_not(None))
        .group_by(LedgerEntry.case_id, LedgerEntry.done)
    )


def read_duties(column: Any) -> Read:
    def read(reading: Reading, rows: Sequence[Row]) -> Callable[[], Values]:
        wanted = {(row.first, row.at): (row.first, row.second) for row in rows}
        entries = reading.desk.session.scalars(
            sa.select(LedgerEntry)
            .where(sa.tuple_(LedgerEntry.case_id, column).in_(list(wanted)))
            .order_by(LedgerEntry.case_id, LedgerEntry.number)
        ).all()
        reading.people |= {entry.by for entry in entries}

        def finish() -> Values:
            found: dict[tuple[int, int], tuple[int | None, tuple[Any, ...]]] = {}
            for entry in entries:
                place = wanted[entry.case_id, getattr(entry, column.key)]
                row = entry_row(entry, reading.cases[entry.case_id].pack, reading.names)
                found[place] = (entry.case_id, (*found.get(place, (None, ()))[1], row))
            return found

        return finish

    return read
