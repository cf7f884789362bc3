"""Requests to somebody outside as practitioners make and follow them: sent or copied once, taken back, looked at."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from engine.services import access
from engine.services.acting import act_on, locked
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.outside import links, mail
from engine.services.outside.preparing import Wish, case_of, field_values, prepare
from engine.store.queue import defer
from engine.store.tables import (
    CaseRecord,
    LedgerEntry,
    Notice,
    OutsideRequest,
    OutsideToken,
    Task,
)


@dataclass(frozen=True)
class Made:
    """A request that was made. `link` is there where it is to be copied, once; `code` where one goes with it."""

    id: int
    link: str | None = None
    code: str | None = None
    repeated: bool = False


# --- making, taking back


def make(desk: Desk, case_id: int, wish: Wish, key: str | None = None) -> Made:
    """Make a request and let its link leave by e-mail, or return the link to copy; it is shown this once.

    Raises InvalidAnswers, NotFound.
    """
    taken = once(desk, key, f"ask_outside {case_id}", field_values(wish))
    if not taken.first:
        return Made(int(taken.result), repeated=True)
    # two requests of one case are numbered one after the other
    desk.session.execute(sa.select(CaseRecord.id).where(CaseRecord.id == case_id).with_for_update())
    request = prepare(desk, case_id, wish)
    code = None
    if wish.code:
        code, request.code_hash = links.new_code()
    desk.session.add(request)
    desk.session.flush()
    link = None
    if request.address is None:
        link = mail.address_of(desk, links.new_token(desk, request))
    else:
        _send(desk, request, mail.NOTICE)
    told = {"request": request.id, "case": case_id, "entry": wish.entry, "to": request.body}
    record(
        desk, "outside_asked", told | {"told_of_child": [one for one, _ in request.shown], "days": wish.days}
    )
    remember(desk, key, request.id)
    return Made(request.id, link, code)


def _send(desk: Desk, request: OutsideRequest, notice: str) -> None:
    sent = desk.session.scalar(
        sa.select(sa.func.count()).select_from(Notice).where(Notice.outside_request_id == request.id)
    )
    now = desk.now()
    desk.session.add(
        Notice(
            council_id=request.council_id,
            case_id=request.case_id,
            key=f"outside-{request.id}-{(sent or 0) + 1}",
            notice=notice,
            subject=mail.subject(desk, request, notice),
            recipient=request.recipient,
            created_at=now,
            next_attempt=now,
            outside_request_id=request.id,
        )
    )
    desk.session.flush()
    defer(desk.session, "deliver_notices", {"council": desk.caller.council})


def send_again(desk: Desk, request_id: int, key: str | None = None) -> Made:
    """Send the link again by e-mail, or return a new one to copy; links that were copied before stop working."""
    request, _ = _locked(desk, request_id)
    taken = once(desk, key, f"outside_link {request_id}", None)
    if not taken.first:
        return Made(request_id, repeated=True)
    _must_wait(desk, request)
    link = None
    if request.address is None:
        desk.session.execute(sa.delete(OutsideToken).where(OutsideToken.request_id == request_id))
        link = mail.address_of(desk, links.new_token(desk, request))
    else:
        _send(desk, request, mail.NOTICE)
    record(desk, "outside_link_renewed", {"request": request_id})
    remember(desk, key, request_id)
    return Made(request_id, link)


def revoke(desk: Desk, request_id: int, *, reason: str, key: str | None = None) -> None:
    """Take a request back: its link stops working at once."""
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why"})
    request, _ = _locked(desk, request_id)
    if not once(desk, key, f"outside_revoke {request_id}", reason).first:
        return
    if request.state != "open":
        raise Conflict(f"this request is no longer open: {links.NO_LONGER.get('answered', '').lower()}")
    _end(desk, request, reason.strip())
    record(desk, "outside_revoked", {"request": request_id, "reason": reason.strip()})


def _end(desk: Desk, request: OutsideRequest, reason: str) -> None:
    request.state, request.draft = "revoked", None
    request.decided_at, request.decided_by, request.decision = desk.now(), desk.caller.account, reason
    desk.session.flush()


def revoke_of_account(desk: Desk, account: int) -> int:
    """Take back every request that an account has open, because the account was closed; return how many."""
    return _revoke_all(desk, OutsideRequest.created_by == account, "the account of whoever asked was closed")


def revoke_of_case(desk: Desk, case_id: int, reason: str) -> int:
    """Take back every open request of a case, because it was opened in error or is no longer ours; return how many."""
    return _revoke_all(desk, OutsideRequest.case_id == case_id, reason)


def _revoke_all(desk: Desk, which: sa.ColumnElement[bool], reason: str) -> int:
    rows = desk.session.scalars(
        sa.select(OutsideRequest).where(which, OutsideRequest.state == "open").with_for_update()
    ).all()
    for request in rows:
        _end(desk, request, reason)
        record(desk, "outside_revoked", {"request": request.id, "reason": reason})
    return len(rows)


# --- what came back


def accept(desk: Desk, request_id: int, *, note: str = "", key: str | None = None) -> int | None:
    """Accept an answer: an awaited duty is met with it. Returns an incident's id where the procedure could not go on.

    Raises Conflict where somebody else has decided about it.
    """
    request, _ = _locked(desk, request_id)
    taken = once(desk, key, f"outside_accept {request_id}", note)
    if not taken.first:
        return taken.result if isinstance(taken.result, int) else None
    _must_be_received(request)
    incident = carry_out(desk, request) if request.kind == "duty" and request.acted_at is None else None
    request.state = "done"
    request.decided_at, request.decided_by, request.decision = desk.now(), desk.caller.account, note.strip()
    record(desk, "outside_accepted", {"request": request_id, "note": note.strip()})
    remember(desk, key, incident)
    desk.session.flush()
    return incident


def ask_again(desk: Desk, request_id: int, *, reason: str, key: str | None = None) -> None:
    """Put an answer aside as one that does not answer the request; a new request is then made, which follows it."""
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say what is lacking"})
    request, _ = _locked(desk, request_id)
    if not once(desk, key, f"outside_again {request_id}", reason).first:
        return
    _must_be_received(request)
    request.state = "returned"
    request.decided_at, request.decided_by, request.decision = desk.now(), desk.caller.account, reason.strip()
    record(desk, "outside_returned", {"request": request_id, "reason": reason.strip()})
    desk.session.flush()


def carry_out(desk: Desk, request: OutsideRequest) -> int | None:
    """Meet the awaited duty with the answer of whoever was asked, as an act on the case; return an incident's id.

    Raises NotFound where the duty has ended meanwhile.
    """
    files = locked(desk, request.case_id)
    entry = desk.session.get(LedgerEntry, (request.case_id, request.entry), populate_existing=True)
    if entry is None or entry.outcome != "open":
        raise NotFound("what was awaited has ended meanwhile")
    told = {"told_by": request.body, "teller": request.teller, "request": request.id}
    task = desk.session.scalar(
        sa.select(Task).where(Task.case_id == request.case_id, Task.core_id == (entry.task or ""))
    )
    if task is not None:
        asked = {"do": "complete", "task": task.core_id, "answers": request.answer or {}, **told}
        done = act_on(desk, files, request.case_id, asked, task=task.id)
    else:
        done = act_on(
            desk, files, request.case_id, {"do": "entry", "number": request.entry, "facts": {}, **told}
        )
    request.acted_at = desk.now()
    desk.session.flush()
    return done.incident


def remind_due(desk: Desk) -> int:
    """Remind those who have not answered, once, by a new link; return how many."""
    rows = desk.session.execute(
        links.with_standing()
        .where(OutsideRequest.state == "open", OutsideRequest.remind_at <= desk.now())
        .with_for_update(of=OutsideRequest, skip_locked=True)
    ).all()
    reminded = 0
    for row in rows:
        stands = links.standing(row, desk.now())
        stands.request.remind_at = None
        if not stands.why:
            _send(desk, stands.request, mail.REMINDER)
            reminded += 1
    desk.session.flush()
    return reminded


# --- finding


def _locked(desk: Desk, request_id: int) -> tuple[OutsideRequest, CaseRecord]:
    access.require(desk.caller, "ask_outside")
    request = desk.session.scalar(
        sa.select(OutsideRequest)
        .where(OutsideRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if request is None:
        raise NotFound("there is no such request")
    return request, case_of(desk, request.case_id)[0]


def _must_be_received(request: OutsideRequest) -> None:
    if request.state != "received":
        raise Conflict("somebody has decided about this answer already")


def _must_wait(desk: Desk, request: OutsideRequest) -> None:
    row = desk.session.execute(links.with_standing().where(OutsideRequest.id == request.id)).one()
    why = links.standing(row, desk.now()).why
    if why:
        raise Conflict(f"this request cannot be answered any more: {links.NO_LONGER[why].lower()}")
