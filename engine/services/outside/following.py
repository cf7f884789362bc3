"""Requests as their pages show them: those of a case, those of the council, and one with its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.pack.model import Form
from engine.services import access
from engine.services.desk import Desk, NotFound
from engine.services.outside import links
from engine.services.outside.answering import LOGGED, form_of
from engine.services.rows import Page, at, at_or_none, people
from engine.store.tables import CaseRecord, Child, Notice, OutsideRequest, access_log

STATES = {
    "waits": "Waits for an answer",
    "received": "To look at",
    "done": "Answered",
    "returned": "Asked again",
    "closed": "Closed",
}


@dataclass(frozen=True)
class RequestRow:
    """A request in a list. `state` is a key of STATES; `why` says why it is closed. `title` names no child."""

    id: int
    case_id: int
    reference: str
    kind: str
    title: str
    body: str
    asker: str
    entry: int | None
    state: str
    why: str
    created: datetime
    answer_by: datetime | None
    expires: datetime
    answered: datetime | None


@dataclass(frozen=True)
class RequestView:
    """One request with its answer; `opened` are the moments when its link was opened, newest first."""

    row: RequestRow
    request: OutsideRequest
    form: Form
    child: str | None
    case_reference: str
    asked_by: str
    decided_by: str | None
    opened: tuple[datetime, ...]
    notices: tuple[tuple[str, datetime, str | None], ...]
    """State, moment and problem of each message that carried the link."""


def of_case(desk: Desk, case_id: int) -> tuple[RequestRow, ...]:
    """Return a case's requests, newest first, for a page whose own service has checked and logged the read."""
    rows = desk.session.execute(
        links.with_standing().where(OutsideRequest.case_id == case_id).order_by(OutsideRequest.id.desc())
    )
    return tuple(_row(links.standing(row, desk.now())) for row in rows)


def listed(desk: Desk, *, page: int = 1, size: int = 25) -> Page[RequestRow]:
    """Return the council's requests: answers to look at first, then what waits, then what has ended, newest first."""
    access.require(desk.caller, "see_case")
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(OutsideRequest)) or 0
    order = sa.case((OutsideRequest.state == "received", 0), (OutsideRequest.state == "open", 1), else_=2)
    rows = desk.session.execute(
        links.with_standing().order_by(order, OutsideRequest.id.desc()).limit(size).offset((page - 1) * size)
    )
    return Page(tuple(_row(links.standing(row, desk.now())) for row in rows), total, page, size)


def to_look_at(desk: Desk) -> int:
    """Count the answers that nobody here has looked at."""
    return (
        desk.session.scalar(
            sa.select(sa.func.count())
            .select_from(OutsideRequest)
            .where(
                OutsideRequest.council_id == sa.func.current_council(),
                OutsideRequest.state == "received",
            )
        )
        or 0
    )


def view(desk: Desk, request_id: int) -> RequestView:
    """Show a request and log that its case was read. Raises NotFound, NotAllowed for a restricted record."""
    access.require(desk.caller, "see_case")
    found = desk.session.execute(links.with_standing().where(OutsideRequest.id == request_id)).one_or_none()
    if found is None:
        raise NotFound("there is no such request")
    stands = links.standing(found, desk.now())
    request = stands.request
    child = desk.session.scalar(
        sa.select(Child)
        .join(CaseRecord, CaseRecord.child_id == Child.id)
        .where(CaseRecord.id == request.case_id)
    )
    if child is not None:
        access.check_child(desk, child)
    access.log(desk, "request to outside", case_id=request.case_id, child_id=child.id if child else None)
    names = people(desk.session, [request.created_by, request.decided_by])
    opened = desk.session.scalars(
        sa.select(access_log.c.at)
        .where(access_log.c.case_id == request.case_id, access_log.c.what == f"{LOGGED} {request.id}")
        .order_by(access_log.c.at.desc())
        .limit(50)
    )
    notices = desk.session.execute(
        sa.select(Notice.state, sa.func.coalesce(Notice.sent_at, Notice.created_at), Notice.problem)
        .where(Notice.outside_request_id == request.id)
        .order_by(Notice.id)
    ).all()
    return RequestView(
        _row(stands),
        request,
        form_of(request),
        f"{child.given_names} {child.surname}".strip() if child is not None else None,
        found.reference,
        names.get(str(request.created_by), ""),
        names.get(str(request.decided_by)) if request.decided_by else None,
        tuple(at(moment) for moment in opened),
        tuple((state, at(moment), problem) for state, moment, problem in notices),
    )


def _row(stands: links.Standing) -> RequestRow:
    request, why = stands.request, stands.why
    state = {"": "waits", "answered": request.state}.get(why, "closed")
    return RequestRow(
        id=request.id,
        case_id=request.case_id,
        reference=stands.reference,
        kind=request.kind,
        title=_title(request.asked) if request.kind == "duty" else "Question",
        body=request.body,
        asker=request.asker,
        entry=request.entry,
        state=state,
        why=links.NO_LONGER[why] if state == "closed" else "",
        created=at(request.created_at),
        answer_by=at_or_none(request.answer_by),
        expires=at(request.expires_at),
        answered=at_or_none(request.answered_at),
    )


def _title(asked: dict[str, Any]) -> str:
    return str(asked["title"])
