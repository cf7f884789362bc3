"""Files that belong to a task, a case or a child, and their content."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, case_column, council_column, identity


class AttachmentContent(Base):
    """What a file holds, once a council however often it was attached, by the SHA-256 of what is kept.

    `data` is None where the content lies in a directory or an object store. `stored_at` is when it was last attached.
    """

    __tablename__ = "attachment_content"
    council_id: Mapped[int] = council_column(primary_key=True)
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    size: Mapped[int]
    stored_at: Mapped[datetime]
    data: Mapped[bytes | None]


class Attachment(Base):
    """A file attached to a case (perhaps in a task) or to a child. The row stays when the file is removed.

    `purpose` is document or photograph; `media` the media type that its content was found to be.
    """

    __tablename__ = "attachment"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int | None] = case_column(nullable=True)
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"))
    task_id: Mapped[int | None]
    """The task in whose form it was attached, also after the task has ended."""
    purpose: Mapped[str]
    name: Mapped[str]
    media: Mapped[str]
    size: Mapped[int]
    hash: Mapped[bytes]
    note: Mapped[str | None]
    added_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    removed_reason: Mapped[str | None]
    __table_args__ = (
        sa.CheckConstraint("(case_id IS NULL) <> (child_id IS NULL)", name="belongs_to_one"),
        sa.Index("ix_attachment_case", "case_id", postgresql_where=sa.text("case_id IS NOT NULL")),
        sa.Index("ix_attachment_child", "child_id", postgresql_where=sa.text("child_id IS NOT NULL")),
        sa.Index("ix_attachment_hash", "council_id", "hash", postgresql_where=sa.text("removed_at IS NULL")),
    )
