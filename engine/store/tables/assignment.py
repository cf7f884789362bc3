"""Who does the work: people who are out of the office, rotas, calls to whoever is on duty, transfers, the directory.

A rota's pattern is kept in local times, because people agree on "five in the afternoon"; everything that has happened,
or is arranged for one day, is a moment.
"""

from __future__ import annotations

from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, case_column, council_column, identity


class OutOfOffice(Base):
    """Days on which somebody is not at work, both ends included, and who stands in.

    `ended_at` is set when it was cut short or when its days were over and the work had gone back.
    """

    __tablename__ = "out_of_office"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    since: Mapped[date]
    until: Mapped[date]
    deputy_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    hand_over: Mapped[bool]
    """Whether open tasks go to the deputy as well, on the first day."""
    handed_over_at: Mapped[datetime | None]
    entered_at: Mapped[datetime]
    entered_by: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    __table_args__ = (
        sa.Index("ix_out_of_office_standing", "account_id", postgresql_where=sa.text("ended_at IS NULL")),
    )


class Rota(Base):
    """Who is on duty for a role, of one team or (`team` empty) of all.

    `covers` is the time in which somebody has to be on duty: always, office_hours or out_of_hours. A task due within
    `urgent_minutes` has to be accepted within `answer_minutes`.
    """

    __tablename__ = "rota"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    role: Mapped[str]
    team: Mapped[str] = mapped_column(server_default="")
    covers: Mapped[str]
    urgent_minutes: Mapped[int] = mapped_column(sa.SmallInteger)
    answer_minutes: Mapped[int] = mapped_column(sa.SmallInteger)
    version: Mapped[int] = mapped_column(server_default="1")
    """Raised by every change: whoever changes the rota must have seen the latest."""
    __table_args__ = (sa.UniqueConstraint("council_id", "role", "team"),)


class RotaShift(Base):
    """A shift of the weekly pattern, in local time; one that ends no later than it begins ends the next day.

    `weekday` 0 is Monday, 7 a bank holiday, which is no other day of the week then. `place` 1 is called first.
    """

    __tablename__ = "rota_shift"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    rota_id: Mapped[int] = mapped_column(sa.ForeignKey("rota.id"), index=True)
    weekday: Mapped[int] = mapped_column(sa.SmallInteger)
    begins: Mapped[time]
    ends: Mapped[time]
    place: Mapped[int] = mapped_column(sa.SmallInteger)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    since: Mapped[date]
    until: Mapped[date | None]
    """The last day on which the shift begins; None while it goes on."""


class RotaChange(Base):
    """A change of a rota for one stretch of time: somebody stands in for somebody, joins, or drops out.

    `account_id` None: nobody takes the place of `instead_of`. `instead_of` None: `account_id` comes in addition, first.
    """

    __tablename__ = "rota_change"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    rota_id: Mapped[int] = mapped_column(sa.ForeignKey("rota.id"), index=True)
    begins: Mapped[datetime]
    ends: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    instead_of: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    reason: Mapped[str]
    entered_at: Mapped[datetime]
    entered_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]


class Summons(Base):
    """A call to one person on duty to accept an urgent task; the next person is called where nobody answers.

    `outcome` is None while the call waits, then accepted, passed_on (to the next), unanswered (nobody was left) or
    needless (the task had ended, or somebody else had it).
    """

    __tablename__ = "summons"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    task_id: Mapped[int]
    case_id: Mapped[int] = case_column()
    rota_id: Mapped[int] = mapped_column(sa.ForeignKey("rota.id"))
    step: Mapped[int] = mapped_column(sa.SmallInteger)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    called_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    outcome: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        sa.UniqueConstraint("task_id", "step"),
        sa.Index("ix_summons_waiting", "answer_by", postgresql_where=sa.text("outcome IS NULL")),
        sa.Index("ix_summons_case", "case_id"),
    )


class TaskRouting(Base):
    """To whom the product gave a task by itself, and why; it stays when the task has ended.

    `because` is allocated, deputy, duty, out_of_hours, escalated, back, disabled or transferred; `account_id` None: to
    the team. `meant_for` is who would have had it.
    """

    __tablename__ = "task_routing"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    task_id: Mapped[int]
    case_id: Mapped[int] = case_column()
    at: Mapped[datetime]
    account_id: Mapped[int | None]
    meant_for: Mapped[int | None]
    because: Mapped[str]
    __table_args__ = (sa.Index("ix_task_routing_case", "case_id"),)


class Transfer(Base):
    """A child's work that one team does in the place of the team that the procedure names.

    One row stands for a child and a team of the procedure; it ends when the work goes back or on to a third team.
    """

    __tablename__ = "transfer"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    from_team: Mapped[str]
    to_team: Mapped[str]
    since: Mapped[datetime]
    reason: Mapped[str]
    entered_at: Mapped[datetime]
    entered_by: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    end_reason: Mapped[str | None]
    __table_args__ = (
        sa.Index(
            "uq_transfer_standing",
            "child_id",
            "from_team",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index("ix_transfer_child", "child_id"),
    )


class DirectoryEntry(Base):
    """Where a notice to a role or an outside body goes: `recipient` is `role:<id>` or `outside:<name>`.

    The entry that says most holds: area and team before team, before area, before all (both empty). `bounced_at`: mail
    to the address came back; the deputy's address is used then, if there is one.
    """

    __tablename__ = "directory_entry"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    recipient: Mapped[str]
    team: Mapped[str] = mapped_column(server_default="")
    area: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str] = mapped_column(server_default="email")
    address: Mapped[str]
    deputy_address: Mapped[str | None]
    note: Mapped[str | None]
    since: Mapped[date]
    until: Mapped[date | None]
    """The last day on which the entry holds; None while it goes on."""
    entered_at: Mapped[datetime]
    entered_by: Mapped[int | None]
    bounced_at: Mapped[datetime | None]
    bounced_why: Mapped[str | None]
    deputy_bounced_at: Mapped[datetime | None]
    __table_args__ = (sa.Index("ix_directory_entry_recipient", "council_id", "recipient"),)
