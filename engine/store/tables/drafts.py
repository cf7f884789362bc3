"""Changes of a procedure: drafts and their revisions, what was found in them, publications, migrations of cases.

Nothing that somebody saved is ever overwritten: a revision only adds the files that it changed.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.background import BackgroundWork
from engine.store.tables.base import Base, case_column, council_column, identity


class Draft(Base):
    """A change of the procedure in the making, from the version `base_id` on.

    `state`: open, review (a candidate waits for quality assurance), published or discarded. `revision` is the newest;
    `candidate_id` the version that was put forward last.
    """

    __tablename__ = "draft"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    title: Mapped[str]
    base_id: Mapped[int] = mapped_column(sa.ForeignKey("pack_version.id"))
    state: Mapped[str] = mapped_column(server_default="open")
    revision: Mapped[int] = mapped_column(server_default="0")
    candidate_id: Mapped[int | None] = mapped_column(sa.ForeignKey("pack_version.id"))
    forward_at: Mapped[datetime | None]
    forward_by: Mapped[str | None]
    """The name of who put the candidate forward."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class DraftRevision(Base):
    """One save: who, when, why. `kind`: work (people typing; grows for a while), restore, upload, story or tidy."""

    __tablename__ = "draft_revision"
    draft_id: Mapped[int] = mapped_column(sa.ForeignKey("draft.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    name: Mapped[str]
    kind: Mapped[str]
    why: Mapped[str] = mapped_column(server_default="")


class DraftFile(Base):
    """A file as a revision left it: `digest` its SHA-256, `content` packed; both None where it was removed."""

    __tablename__ = "draft_file"
    draft_id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    digest: Mapped[str | None]
    content: Mapped[bytes | None]
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["draft_id", "revision"], ["draft_revision.draft_id", "draft_revision.number"]
        ),
    )


class DraftComment(Base):
    """A remark on an element of a draft, or on the whole of it (`path` and `element` empty); `answers` another."""

    __tablename__ = "draft_comment"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    draft_id: Mapped[int] = mapped_column(sa.ForeignKey("draft.id"), index=True)
    path: Mapped[str] = mapped_column(server_default="")
    element: Mapped[str] = mapped_column(server_default="")
    text: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    name: Mapped[str]
    at: Mapped[datetime]
    answers: Mapped[int | None] = mapped_column(sa.ForeignKey("draft_comment.id"))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]


class DraftCheck(BackgroundWork, Base):
    """What was found in a draft when it was checked last: the newest alone is kept.

    `digest` is the hash of the files that were checked, `state` asked, running, done or failed; `document` is packed.
    """

    __tablename__ = "draft_check"
    draft_id: Mapped[int] = mapped_column(sa.ForeignKey("draft.id"), primary_key=True)
    council_id: Mapped[int] = council_column()
    digest: Mapped[str]
    revision: Mapped[int]
    asked_at: Mapped[datetime]
    document: Mapped[bytes | None]


class DraftTrial(Base):
    """A story that somebody plays on a draft: no case, and no child. `steps` can be played again from `start`.

    `seen` is the ledger that they last saw, with the hash of the files on which it came out so.
    """

    __tablename__ = "draft_trial"
    draft_id: Mapped[int] = mapped_column(sa.ForeignKey("draft.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    council_id: Mapped[int] = council_column()
    at: Mapped[datetime]
    start: Mapped[dict[str, Any]]
    steps: Mapped[list[Any]]
    seen: Mapped[dict[str, Any]]


class PackBeside(Base):
    """What lies beside a version without deciding how cases run: its stories, its change log; packed, newest state."""

    __tablename__ = "pack_beside"
    pack_id: Mapped[int] = mapped_column(sa.ForeignKey("pack_version.id"), primary_key=True)
    council_id: Mapped[int] = council_column()
    files: Mapped[bytes]
    at: Mapped[datetime]


class Publication(Base):
    """A version put in force from the local day `effective` on; never changed. A version may be published again.

    `override` is the reason why it was published without what publishing asks for, given by the person of `name`.
    """

    __tablename__ = "publication"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    pack_id: Mapped[int] = mapped_column(sa.ForeignKey("pack_version.id"), index=True)
    draft_id: Mapped[int | None] = mapped_column(sa.ForeignKey("draft.id"))
    effective: Mapped[date]
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    name: Mapped[str]
    note: Mapped[str]
    override: Mapped[str | None]
    lacked: Mapped[list[str]] = mapped_column(server_default="{}")
    """What was lacking when it was overridden, in words."""


class Preview(BackgroundWork, Base):
    """What a draft would change in real cases, worked out by a worker.

    `kind`: open (every open case) or closed (those of a period, run again from their start). `summary` holds counts.
    """

    __tablename__ = "preview"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    draft_id: Mapped[int] = mapped_column(sa.ForeignKey("draft.id"), index=True)
    revision: Mapped[int]
    kind: Mapped[str]
    since: Mapped[date | None]
    until: Mapped[date | None]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class PreviewedCase(Base):
    """A case that would go otherwise under a draft; `differences` is packed."""

    __tablename__ = "previewed_case"
    preview_id: Mapped[int] = mapped_column(sa.ForeignKey("preview.id"), primary_key=True)
    case_id: Mapped[int] = case_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    kind: Mapped[str]
    """changed, or cannot (it could not be run under the draft)."""
    groups: Mapped[list[str]] = mapped_column(server_default="{}")
    """What each of its differences is counted with."""
    differences: Mapped[bytes]


class MigrationPlan(BackgroundWork, Base):
    """How running cases go over from one version to another, and what became of it.

    `mapping` names, by element of the source, the element of the target (None: none); only what is not equal by id.
    `state`: made, validating, validated, running, done, failed, reversing or reversed.
    """

    __tablename__ = "migration_plan"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    source_id: Mapped[int] = mapped_column(sa.ForeignKey("pack_version.id"))
    target_id: Mapped[int] = mapped_column(sa.ForeignKey("pack_version.id"))
    mapping: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    note: Mapped[str] = mapped_column(server_default="")


class PlannedCase(Base):
    """A case under a migration plan: ready, refused (`reasons`), migrated, failed or reversed.

    `act` is the number of the case's act by which it went over; `before` its state until then, packed.
    """

    __tablename__ = "planned_case"
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("migration_plan.id"), primary_key=True)
    case_id: Mapped[int] = case_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    state: Mapped[str]
    reasons: Mapped[list[Any]] = mapped_column(server_default="[]")
    """What keeps it back, or what a person should know: [element, words]."""
    act: Mapped[int | None]
    before: Mapped[bytes | None]
    at: Mapped[datetime]
