"""From when on the records can be complete: what was loaded, and what was recorded here.

A count over a time before that is not wrong but short, and every page that shows one says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import LOCAL_ZONE, local
from engine.store.tables import Council, PackVersion


@dataclass(frozen=True, slots=True)
class Coverage:
    """`episodes_from` and `ledger_from` are the moments from which on episodes and duties are on record, in local time.

    `history_from` is the day from which earlier episodes were loaded, None where none were: then episodes too are
    known only since the council began to work here.
    """

    episodes_from: datetime
    ledger_from: datetime
    history_from: date | None


def coverage(session: Session, council: Council, now: datetime) -> Coverage:
    """Return what the records of the transaction's council cover; a council without a procedure begins now."""
    began = session.scalar(sa.select(sa.func.min(PackVersion.stored_at)))
    return coverage_of(council.history_from, began, now)


def coverage_of(history_from: date | None, began: datetime | None, now: datetime) -> Coverage:
    """Return the coverage of a council that loaded earlier episodes from a day on and whose first procedure `began`."""
    ledger_from = local(began or now)
    return Coverage(
        episodes_from=ledger_from
        if history_from is None
        else datetime.combine(history_from, time(), LOCAL_ZONE),
        ledger_from=ledger_from,
        history_from=history_from,
    )
