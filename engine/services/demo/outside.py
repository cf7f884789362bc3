"""What people outside were asked in a demonstration: an awaited duty that waits, a question that waits, one answered.

Nothing leaves: the links are copied, as somebody does who passes them on by themselves, and are kept nowhere.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from engine.services import access, accounts
from engine.services.desk import Caller, Desk
from engine.services.outside import answering, links, requests
from engine.services.outside.answering import TELLER, Opened
from engine.services.outside.preparing import OTHER, Wish
from engine.store.tables import Account, AccountRole, CaseRecord, LedgerEntry, OutsideRequest

TELEPHONE = "01632 960123"
"""A number that is kept for drama and reaches nobody (Ofcom)."""
SCHOOL = "Was she or he at school today, and who saw them leave?"
NURSE = "Has the young person come to you in the last two weeks? Please tell us the day."


def ask(desk: Desk) -> int:
    """Ask people outside about the council's open cases, once; return how many requests there are."""
    session = desk.session
    known = session.scalar(sa.select(sa.func.count()).select_from(OutsideRequest)) or 0
    person = _practitioner(desk)
    if known or person is None:
        return known
    cases = session.scalars(
        sa.select(CaseRecord.id)
        .where(CaseRecord.status == "open", CaseRecord.child_id.is_not(None))
        .order_by(CaseRecord.id.desc())
        .limit(3)
    ).all()
    here = desk.acting_as(person)
    for case_id in cases[:1]:
        made = requests.make(here, case_id, _question("Attendance officer, Example High School", SCHOOL))
        _answer(desk, made.id)
    for case_id in cases[1:2]:
        requests.make(here, case_id, _question("School nurse, Example Academy", NURSE))
    awaited = session.execute(
        sa.select(LedgerEntry.case_id, LedgerEntry.number, LedgerEntry.role)
        .join(CaseRecord, CaseRecord.id == LedgerEntry.case_id)
        .where(LedgerEntry.outcome == "open", LedgerEntry.external, CaseRecord.child_id.is_not(None))
        .order_by(LedgerEntry.case_id.desc(), LedgerEntry.number)
        .limit(1)
    ).first()
    if awaited is not None:
        wish = Wish(
            f"role:{awaited.role}", by_email=False, telephone=TELEPHONE, entry=awaited.number, review=False
        )
        requests.make(here, awaited.case_id, wish)
    session.commit()
    return session.scalar(sa.select(sa.func.count()).select_from(OutsideRequest)) or 0


def _question(body: str, question: str) -> Wish:
    return Wish(OTHER, by_email=False, telephone=TELEPHONE, body=body, question=question)


def _answer(desk: Desk, request_id: int) -> None:
    stands = links.standing(
        desk.session.execute(links.with_standing().where(OutsideRequest.id == request_id)).one(), desk.now()
    )
    told = {"text": "Yes, until the end of the afternoon lessons. Seen leaving alone towards the station."}
    opened = Opened(desk, stands.request, stands.reference)
    answering.answer(opened, told | {TELLER: "Attendance officer"}, str(uuid.uuid4()))


def _practitioner(desk: Desk) -> Caller | None:
    rows = desk.session.execute(
        sa.select(Account.id, Account.session_epoch)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.disabled_at.is_(None))
        .order_by(AccountRole.role != "missing_coordinator", AccountRole.role != "social_worker", Account.id)
    )
    for row in rows:
        caller = accounts.resume(desk.session, desk.caller.council, row.id, row.session_epoch)
        if caller is not None and access.may(caller, "ask_outside"):
            return caller
    return None
