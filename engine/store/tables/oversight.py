"""Managers' oversight of a case, and the record of inspection packs made of it."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, case_column, council_column, identity


class OversightNote(Base):
    """What a manager considered, decided and directed in a case; never changed (a trigger refuses it).

    `review_on` is the local day on which that manager looks at the case again, `action_id` the action by which it stands
    in the manager's task list; a later note by anybody settles it.
    """

    __tablename__ = "oversight_note"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int] = case_column()
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    at: Mapped[datetime]
    considered: Mapped[str]
    decision: Mapped[str]
    direction: Mapped[str | None]
    review_on: Mapped[date | None]
    action_id: Mapped[int | None]
    __table_args__ = (
        sa.Index("ix_oversight_note_case", "case_id", "at"),
        sa.Index("ix_oversight_note_review", "account_id", "review_on"),
    )


class InspectionPack(Base):
    """An inspection pack that was made of a case: who made it, why, and the digest of the file that left."""

    __tablename__ = "inspection_pack"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int] = case_column()
    account_id: Mapped[int | None]
    at: Mapped[datetime]
    reason: Mapped[str]
    digest: Mapped[str]
    __table_args__ = (sa.Index("ix_inspection_pack_case", "case_id", "at"),)
