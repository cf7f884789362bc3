"""Meetings: who is asked to come and did, what was said and decided, and the actions that people agreed on."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, case_column, council_column, identity


class Meeting(Base):
    """A meeting of a case: of a child's, or for one about several children or the work, of the periodic process's.

    `kind` is the pack's id of its kind, empty for one that the procedure does not know. `state` is planned, held or
    called_off. `minutes_due` is the procedure's limit, worked out when it is held; None where the text has none.
    """

    __tablename__ = "meeting"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int] = case_column()
    kind: Mapped[str]
    label: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="planned")
    starts_at: Mapped[datetime]
    place: Mapped[str]
    online: Mapped[str] = mapped_column(server_default="")
    """How to join from elsewhere: an address or a telephone number."""
    chair_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    chair: Mapped[str]
    """The chair's name, or the role that chairs."""
    purpose: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    held_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None]
    """Why it was called off."""
    minutes: Mapped[str] = mapped_column(server_default="")
    minutes_due: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    sent_how: Mapped[str | None]
    """How the minutes went to those who do not sign in here."""
    version: Mapped[int] = mapped_column(server_default="1")
    __table_args__ = (
        sa.Index("ix_meeting_case", "case_id"),
        sa.Index("ix_meeting_starts", "council_id", "starts_at"),
        sa.Index(
            "ix_meeting_minutes",
            "council_id",
            "minutes_due",
            postgresql_where=sa.text("state = 'held' AND sent_at IS NULL"),
        ),
    )


class MeetingInvitee(Base):
    """Somebody asked to a meeting. `key` is the pack's id of the invitee, None for one whom a person added.

    `attendance` is attended, apologies, report (sent one) or absent. `left_out` says why the procedure's invitee is
    not asked.
    """

    __tablename__ = "meeting_invitee"
    id: Mapped[int] = identity()
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    council_id: Mapped[int] = council_column()
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    key: Mapped[str | None]
    role: Mapped[str | None]
    label: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    email: Mapped[str | None]
    force: Mapped[str]
    needed: Mapped[bool]
    clauses: Mapped[list[str]] = mapped_column(server_default="{}")
    invited_at: Mapped[datetime | None]
    attendance: Mapped[str | None]
    left_out: Mapped[str | None]


class MeetingItem(Base):
    """An item of an agenda, what was said on it and what was decided. `key` and `left_out` as for invitees."""

    __tablename__ = "meeting_item"
    id: Mapped[int] = identity()
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    council_id: Mapped[int] = council_column()
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    key: Mapped[str | None]
    title: Mapped[str]
    force: Mapped[str]
    clauses: Mapped[list[str]] = mapped_column(server_default="{}")
    left_out: Mapped[str | None]
    discussion: Mapped[str] = mapped_column(server_default="")
    decision: Mapped[str] = mapped_column(server_default="")


class MeetingCase(Base):
    """A child's case on the list of a meeting about several, with what was said and decided about it."""

    __tablename__ = "meeting_case"
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), primary_key=True)
    case_id: Mapped[int] = case_column(primary_key=True)
    council_id: Mapped[int] = council_column()
    reason: Mapped[str]
    discussion: Mapped[str] = mapped_column(server_default="")
    decision: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (sa.Index("ix_meeting_case_case", "case_id"),)


class AgreedAction(Base):
    """What somebody is to do by when, agreed at a meeting or given by a person: no duty of the procedure.

    While it is open it stands in the task list as the task `task_id`. `owner` is the name by which it was given: a
    person, a role's title, or a body outside. `state` is open, done or withdrawn.
    """

    __tablename__ = "agreed_action"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int] = case_column()
    meeting_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meeting.id"))
    task_id: Mapped[int | None]
    what: Mapped[str]
    why: Mapped[str] = mapped_column(server_default="")
    owner: Mapped[str]
    due: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    state: Mapped[str] = mapped_column(server_default="open")
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    note: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        sa.Index("ix_agreed_action_case", "case_id"),
        sa.Index("ix_agreed_action_meeting", "meeting_id"),
        sa.Index("ix_agreed_action_task", "task_id"),
    )
