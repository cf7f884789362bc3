"""Records that were set right as a whole: a case moved to another child or voided, two records of one child merged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, case_column, council_column, identity


class Correction(Base):
    """One of them. `kind` is move, merge or void; `child_id` the record it was taken from, `other_id` the right one.

    `detail` holds what is needed to undo it and what must be known of it: rows moved, by table; values that were filled
    in; who had read the record meanwhile.
    """

    __tablename__ = "correction"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    kind: Mapped[str]
    at: Mapped[datetime]
    account_id: Mapped[int | None]
    reason: Mapped[str]
    case_id: Mapped[int | None] = case_column(nullable=True)
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"))
    other_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"))
    detail: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None]
    undone_reason: Mapped[str | None]
    __table_args__ = (
        sa.Index("ix_correction_at", "council_id", "at"),
        sa.Index("ix_correction_case", "case_id"),
        sa.Index("ix_correction_child", "child_id"),
        sa.Index("ix_correction_other", "other_id"),
    )
