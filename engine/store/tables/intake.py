"""What comes in: files and reports, row by row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, case_column, council_column, identity


class IntakeFile(Base):
    """A file that was received: police notifications, or a part of the council's records. `kind` says which."""

    __tablename__ = "intake_file"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    kind: Mapped[str]
    name: Mapped[str]
    digest: Mapped[bytes]
    received_at: Mapped[datetime]
    received_by: Mapped[int | None]
    finished_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(server_default="0")
    summary: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class IntakeRow(Base):
    """One row of a file, or one report taken by hand (`file_id` None), and what became of it.

    `outcome`: received (not looked at yet), started, recorded, waiting (a person has to match it), bad (a person has to
    mend it), repeated, discarded; of the council's own records: loaded, unchanged, refused.
    """

    __tablename__ = "intake_row"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("intake_file.id"), index=True)
    line: Mapped[int | None]
    kind: Mapped[str]
    fingerprint: Mapped[bytes]
    received_at: Mapped[datetime]
    outcome: Mapped[str]
    problem: Mapped[str | None]
    data: Mapped[dict[str, Any]]
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"))
    case_id: Mapped[int | None] = case_column(nullable=True)
    candidates: Mapped[list[Any] | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None]
    resolution: Mapped[str | None]
    __table_args__ = (
        sa.Index("ix_intake_row_fingerprint", "council_id", "fingerprint"),
        sa.Index(
            "ix_intake_row_waiting",
            "council_id",
            "id",
            postgresql_where=sa.text("outcome IN ('received', 'waiting', 'bad')"),
        ),
        sa.Index("ix_intake_row_case", "case_id", postgresql_where=sa.text("case_id IS NOT NULL")),
    )
