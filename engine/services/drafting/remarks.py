"""Remarks on a draft: on one element, on one file, or on the whole; answered, and settled by whoever is content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, NotFound
from engine.services.rows import at, at_or_none
from engine.store.tables import Draft, DraftComment

LONGEST = 4000


@dataclass(frozen=True)
class Remark:
    """A remark with the answers to it, oldest first; `path` and `element` are empty where it is about the whole."""

    id: int
    path: str
    element: str
    text: str
    name: str
    at: datetime
    settled: datetime | None
    settled_by: str | None
    answers: tuple[Remark, ...] = ()


def add(
    desk: Desk, draft: int, text: str, *, path: str = "", element: str = "", answers: int | None = None
) -> int:
    """Write a remark, or an answer to one; return its number. Raises InvalidAnswers, NotFound."""
    access.require(desk.caller, "comment_draft")
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise InvalidAnswers({"text": f"Write a comment of at most {LONGEST} letters"})
    if desk.session.get(Draft, draft) is None:
        raise NotFound("there is no such draft")
    if answers is not None:
        asked = desk.session.get(DraftComment, answers)
        if asked is None or asked.draft_id != draft or asked.answers is not None:
            raise NotFound("there is no such comment to answer")
        path, element = asked.path, asked.element
    row = DraftComment(
        draft_id=draft,
        path=path,
        element=element,
        text=said,
        account_id=desk.caller.account,
        name=desk.caller.name,
        at=desk.now(),
        answers=answers,
    )
    desk.session.add(row)
    desk.session.flush()
    return row.id


def settle(desk: Desk, draft: int, remark: int, *, settled: bool = True) -> None:
    """Mark a remark as settled, or open again. Raises NotFound."""
    access.require(desk.caller, "comment_draft")
    row = desk.session.get(DraftComment, remark, with_for_update=True)
    if row is None or row.draft_id != draft or row.answers is not None:
        raise NotFound("there is no such comment")
    row.settled_at, row.settled_by = (desk.now(), desk.caller.name) if settled else (None, None)


def listed(desk: Desk, draft: int) -> tuple[Remark, ...]:
    """Return a draft's remarks, oldest first, each with its answers. Raises NotFound."""
    access.require(desk.caller, "read_drafts")
    if desk.session.get(Draft, draft) is None:
        raise NotFound("there is no such draft")
    rows = desk.session.scalars(
        sa.select(DraftComment).where(DraftComment.draft_id == draft).order_by(DraftComment.id)
    ).all()
    answers: dict[int, list[Remark]] = {}
    for row in rows:
        if row.answers is not None:
            answers.setdefault(row.answers, []).append(_remark(row))
    return tuple(_remark(row, tuple(answers.get(row.id, ()))) for row in rows if row.answers is None)


def _remark(row: DraftComment, answers: tuple[Remark, ...] = ()) -> Remark:
    return Remark(
        row.id,
        row.path,
        row.element,
        row.text,
        row.name,
        at(row.at),
        at_or_none(row.settled_at),
        row.settled_by,
        answers,
    )
