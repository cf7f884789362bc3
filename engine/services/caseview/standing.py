"""Where a case stands: its core as it is stored, and the states of its diagrams' elements."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.case.case import Case
from engine.case.codec import StateError
from engine.pack.model import Pack
from engine.services.caseview.model import DiagramRow
from engine.services.rows import EntryRow
from engine.store.casefile import CaseFile, NotStarted
from engine.store.tables import CaseRecord, CaseState, Incident


def core_of(session: Session, case: CaseRecord, pack: Pack) -> Case | None:
    """Return a case's core as it is stored, to look at; None where it could not even start."""
    stored = session.execute(
        sa.select(CaseState.state, CaseState.version).where(CaseState.case_id == case.id)
    ).first()
    if stored is None or not stored.state:
        return None
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
        return file.case
    except (StateError, NotStarted):
        return None


def diagram_rows(
    session: Session, case_id: int, pack: Pack, core: Case | None, entries: Iterable[EntryRow], now: datetime
) -> tuple[DiagramRow, ...]:
    """Return the diagrams that a case has come to, in the pack's order, with where it stands in each."""
    if core is None:
        return ()
    states: dict[str, dict[str, set[str]]] = {}
    for process in pack.processes.values():
        for element in process.elements:
            if element in core.passed:
                states.setdefault(process.id, {}).setdefault(element, set()).add("done")
    for process_id, element, how in core.live_elements():
        live = "waiting" if how == "waiting" else "live"
        states.setdefault(process_id, {}).setdefault(element, set()).add(live)
    marks = [(entry.process, entry.element, "overdue") for entry in entries if entry.overdue(now)]
    marks += [
        (process, element, "failed")
        for process, element in session.execute(
            sa.select(Incident.process, Incident.element).where(
                Incident.case_id == case_id, Incident.resolved_at.is_(None), Incident.element.is_not(None)
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
