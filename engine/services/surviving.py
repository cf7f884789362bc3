"""Which record stands for a child, where two records of one child were merged."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.store.tables import Child


def survivor(session: Session, child_id: int) -> int:
    """Return the record that stands for a child now: another one where this one was merged into it."""
    seen: set[int] = set()
    while child_id not in seen:
        seen.add(child_id)
        into = session.scalar(sa.select(Child.merged_into).where(Child.id == child_id))
        if into is None:
            break
        child_id = into
    return child_id
