"""What has happened in a case, read off its acts: its audit chain holds both the acts and what followed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.pack.model import Pack
from engine.services.caseview.model import HistoryLine
from engine.services.desk import Desk
from engine.services.rows import at, people
from engine.store.packed import unpack
from engine.store.tables import AuditEvent

COLUMNS = (AuditEvent.seq, AuditEvent.at, AuditEvent.account_id, AuditEvent.action, AuditEvent.detail)


def recent(desk: Desk, case_id: int, pack: Pack, *, most: int = 6) -> tuple[HistoryLine, ...]:
    """Return the latest acts of a case, newest first, for a page whose own service has checked and logged the read."""
    return acts_of(desk.session, case_id, pack, most=most)


def acts_of(
    session: Session, case_id: int, pack: Pack, *, most: int | None = None, skip: int = 0
) -> tuple[HistoryLine, ...]:
    """Return the lines of a case's acts, newest first: of all, or of `most` after the newest `skip`."""
    acts = session.execute(
        sa.select(*COLUMNS)
        .where(AuditEvent.chain == case_id)
        .order_by(AuditEvent.seq.desc())
        .limit(most)
        .offset(skip)
    ).all()
    return lines(pack, acts[::-1], people(session, (act.account_id for act in acts)))


def detail_of(packed: bytes | None) -> dict[str, Any]:
    """Return an act's details; nothing where retention has removed them."""
    return (unpack(packed) if packed is not None else None) or {}


def padded(row: Sequence[Any], length: int) -> tuple[Any, ...]:
    """Return a row of an act's details with what was left off at its end."""
    return (*row, *(None for _ in range(length - len(row))))


def name_of(pack: Pack, process: str | None, element: str | None) -> str | None:
    """Return the name of an element, or of the process where there is none."""
    known = pack.processes.get(process or "")
    if known is None:
        return None
    if element is None:
        return known.title
    at_element = known.elements.get(element)
    return at_element.name if at_element is not None else None


def lines(pack: Pack, acts: Sequence[Any], names: Mapping[str, str]) -> tuple[HistoryLine, ...]:
    """Return the lines of acts that were read oldest first, newest first."""
    told: list[HistoryLine] = []
    for act in acts:
        detail = detail_of(act.detail)
        by = names.get(str(act.account_id), "system")
        told.append(HistoryLine(act.seq, at(act.at), act.action, by, detail=detail.get("act", {})))
        for row in detail.get("happened", []):
            kind, process, element, more = padded(row, 4)
            told.append(
                HistoryLine(
                    act.seq,
                    at(act.at),
                    kind,
                    by,
                    process,
                    element,
                    name_of(pack, process, element),
                    more or {},
                )
            )
    return tuple(reversed(told))
