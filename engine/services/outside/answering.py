"""Answering a request from outside: what the holder of a link sees, types and sends, and nothing else.

A link that leads nowhere, has run out or was used is one and the same: None. An answer to an awaited duty goes into the
case as an act told by that body, unless whoever asked wants to look at it first; a remark is always looked at.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.case.model import CaseError
from engine.clock import Clock
from engine.pack import forms
from engine.pack.library import Library
from engine.pack.model import Form
from engine.services import notices
from engine.services.desk import Caller, Desk, NotFound, record
from engine.services.outside import links, requests
from engine.settings import Settings
from engine.store.tables import Account, OutsideRequest, access_log

TELLER, REMARK = "outside_teller", "outside_remark"
LOGGED = "outside request"
"""What an opened link is called in the log of who read what; the request's number follows."""


@dataclass(frozen=True)
class Opened:
    """A request that waits for an answer, and the desk at which it is answered."""

    desk: Desk
    request: OutsideRequest
    reference: str

    @property
    def council(self) -> str:
        return self.desk.council.name

    @property
    def form(self) -> Form:
        return form_of(self.request)


def form_of(request: OutsideRequest) -> Form:
    """Return the questions of a request: what is asked, who answers and, for a duty, what they want to add."""
    own = request.asked["schema"]
    asked = dict(own["properties"])
    if request.kind == "duty":
        asked[REMARK] = {
            "type": "string",
            "title": "Anything to add",
            "maxLength": 2000,
            "x-widget": "textarea",
        }
    asked[TELLER] = {
        "type": "string",
        "title": "Your name and job",
        "description": "Kept with your answer.",
        "maxLength": 200,
    }
    schema = {**own, "properties": asked, "required": [*own.get("required", ()), TELLER]}
    return Form("outside", str(request.asked["title"]), schema, (), ())


def open(
    session: Session, clock: Clock, packs: Library, settings: Settings, token: str, address: str
) -> Opened | None:
    """Open a link from a network address and log it; None where nothing can be answered by it.

    The caller commits in either case, so that tries are counted. The session works for the link's council afterwards,
    for none where there is none.
    """
    found = links.find(session, token, address, clock.now())
    name = "somebody outside"
    # an unknown link costs what a known one does: the same statements, about a request that is not there
    desk = Desk(session, clock, packs, Caller(None, name, found.council if found else ""), settings)
    request_id = found.request if found else -1
    row = session.execute(links.with_standing().where(OutsideRequest.id == request_id)).one_or_none()
    session.execute(
        sa.insert(access_log).from_select(
            ["at", "case_id", "what"],
            sa.select(
                sa.literal(desk.now(), sa.DateTime(timezone=True)),
                OutsideRequest.case_id,
                sa.literal(f"{LOGGED} {request_id}", sa.Text),
            ).where(OutsideRequest.id == request_id),
        )
    )
    if row is None:
        return None
    stands = links.standing(row, desk.now())
    return None if stands.why else Opened(desk, stands.request, stands.reference)


def answered_with(
    session: Session, clock: Clock, packs: Library, settings: Settings, token: str, address: str, key: str
) -> Opened | None:
    """Return the request that this very form has answered before: a second click is told the same as the first."""
    found = links.find(session, token, address, clock.now())
    if found is None:
        return None
    desk = Desk(session, clock, packs, Caller(None, "somebody outside", found.council), settings)
    request = session.get(OutsideRequest, found.request)
    same = request is not None and request.answer_key is not None and str(request.answer_key) == key
    return Opened(desk, request, "") if request is not None and same else None


def enter_code(opened: Opened, code: str) -> bool:
    """Say whether a code is the request's; the caller commits in either case, so that wrong ones are counted."""
    request = _locked(opened)
    if request is None or request.wrong_codes >= links.MOST_WRONG_CODES:
        return False
    right = links.code_fits(request, code)
    if not right:
        record(opened.desk, "outside_code_wrong", {"request": request.id, "wrong": request.wrong_codes})
        opened.desk.session.flush()
    return right


def save_draft(opened: Opened, posted: Mapping[str, Any]) -> None:
    """Keep what was typed so far; it comes back to whoever opens the link again."""
    request = _locked(opened)
    if request is None or request.state != "open":
        raise NotFound("the request does not wait any more")
    request.draft, request.draft_at = dict(posted), opened.desk.now()
    opened.desk.session.flush()


def answer(opened: Opened, answers: Mapping[str, Any], key: str) -> None:
    """Take the answer of whoever holds the link; the same form again changes nothing.

    Raises InvalidAnswers, NotFound where the request does not wait any more, Conflict while somebody works on the case.
    """
    desk = opened.desk
    number = uuid.UUID(key)
    request = _locked(opened)
    if request is None:
        raise NotFound("the request does not wait any more")
    if request.answer_key == number:
        return
    if request.state != "open":
        raise NotFound("the request does not wait any more")
    form = form_of(request)
    counted = forms.asked(form, answers)
    request.teller = str(counted.pop(TELLER, "")).strip()
    request.remark = str(counted.pop(REMARK, "")).strip() or None
    request.answer, request.answered_at, request.answer_key = counted, desk.now(), number
    request.draft = request.draft_at = None
    desk.session.flush()
    incident = None
    if not request.review:
        try:
            incident = requests.carry_out(desk, request)
        except CaseError as error:
            raise NotFound("the request does not wait any more") from error
    request.state = "received" if request.review or request.remark else "done"
    if request.state == "received":
        _tell_asker(opened, request)
    told = {"request": request.id, "by": request.body, "teller": request.teller}
    record(desk, "outside_answered", told | ({"incident": incident} if incident is not None else {}))
    desk.session.flush()


def _tell_asker(opened: Opened, request: OutsideRequest) -> None:
    """Send whoever asked a word that an answer waits; who has no address finds it under Requests."""
    desk = opened.desk
    if desk.session.scalar(sa.select(Account.email).where(Account.id == request.created_by)):
        notices.order(
            desk,
            f"outside-answer-{request.id}",
            f"{notices.PERSON}:{request.created_by}",
            "outside_answer",
            f"An answer to your request {opened.reference}",
            f"{request.body} has answered. Look at the answer: {desk.settings.base_url}/requests/{request.id}\n",
            case=request.case_id,
        )


def _locked(opened: Opened) -> OutsideRequest | None:
    return opened.desk.session.scalar(
        sa.select(OutsideRequest)
        .where(OutsideRequest.id == opened.request.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
