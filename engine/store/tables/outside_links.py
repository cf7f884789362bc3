"""Requests to people outside the council, the links by which they answer, and what slows guessing down."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.tables.base import Base, case_column, council_column, identity


class OutsideRequest(Base):
    """One thing that somebody outside is asked, and what they answered.

    `kind` is duty (an awaited duty of the ledger, `entry`) or question. `asked` is what they see of the question, frozen
    when it was asked: title, lead and the form's JSON schema; `shown` what they are told of the child, as label and
    words. `state`: open, received (somebody here has to look at the answer), done, returned (asked again in another
    request, `follows`), revoked. That it has expired, or is not needed any more, is worked out when it is looked at.
    """

    __tablename__ = "outside_request"
    id: Mapped[int] = identity()
    council_id: Mapped[int] = council_column()
    case_id: Mapped[int] = case_column()
    number: Mapped[int] = mapped_column(sa.SmallInteger)
    """Counts within the case: with the case's reference it is how people name the request on the telephone."""
    kind: Mapped[str]
    entry: Mapped[int | None] = mapped_column(sa.SmallInteger)
    asked: Mapped[dict[str, Any]]
    shown: Mapped[list[Any]]
    recipient: Mapped[str]
    """`role:<id>` or `outside:<name>`, as in DirectoryEntry."""
    body: Mapped[str]
    """The recipient as people read it."""
    address: Mapped[str | None]
    """Where the link goes by e-mail; None where somebody copied it."""
    asker: Mapped[str]
    telephone: Mapped[str]
    answer_by: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    expires_at: Mapped[datetime]
    remind_at: Mapped[datetime | None]
    review: Mapped[bool]
    """Somebody here looks at the answer before it goes into the case."""
    code_hash: Mapped[str | None]
    wrong_codes: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    state: Mapped[str] = mapped_column(server_default="open")
    draft: Mapped[dict[str, Any] | None]
    draft_at: Mapped[datetime | None]
    answer: Mapped[dict[str, Any] | None]
    teller: Mapped[str | None]
    """Who answered, in their own words: nobody has checked it."""
    remark: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answer_key: Mapped[uuid.UUID | None]
    acted_at: Mapped[datetime | None]
    """When the answer went into the case."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    decision: Mapped[str | None]
    """What whoever looked at the answer, or took the link back, said about it."""
    follows: Mapped[int | None] = mapped_column(sa.ForeignKey("outside_request.id"))
    __table_args__ = (
        sa.UniqueConstraint("case_id", "number"),
        sa.Index(
            "ix_outside_request_live",
            "council_id",
            "state",
            "id",
            postgresql_where=sa.text("state IN ('open', 'received')"),
        ),
        sa.Index(
            "ix_outside_request_asker",
            "created_by",
            postgresql_where=sa.text("state IN ('open', 'received')"),
        ),
    )


class OutsideToken(Base):
    """The digest of a link that opens a request; the link itself is kept nowhere.

    A request has one for each time that it was sent or copied, because a link that is not kept cannot be sent again.
    """

    __tablename__ = "outside_token"
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("outside_request.id"), index=True)
    council_id: Mapped[int] = council_column()
    made_at: Mapped[datetime]


class OutsideTry(Base):
    """How often links were opened from one address, or one request, in ten minutes; forgotten after a day.

    `who` begins with what is counted and holds a digest of the address, never the address itself. It belongs to no
    council, because a wrong link belongs to none.
    """

    __tablename__ = "outside_try"
    who: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    tries: Mapped[int]
