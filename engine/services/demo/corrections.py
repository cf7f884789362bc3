"""Records of a demonstration that were set right: a moment of return corrected, a case opened in error voided.

Done by the services that pages call, on the word of a manager, so that history and lists show what such a thing leaves.
"""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from engine.clock import local
from engine.errors import HomewardError
from engine.services import accounts, cases, children, correcting
from engine.services.access import leads
from engine.services.correcting import CorrectFacts, Plan, Void
from engine.services.desk import Caller, Desk
from engine.store.tables import Account, AccountRole, CaseRecord, Child, Correction, Episode

RETURN = "return.returned_at"
EARLIER = timedelta(minutes=25)
HEARD = "The carer’s log gives the time at the door; the first call was made later."
HOAX = "A wrong call: the child was at home with a parent all evening. No child of this name is known to anybody."
WRONGLY_TOLD = children.Details("Larkspur", "Robin", date(2011, 9, 17))


def arrange(desk: Desk) -> int:
    """Set the demonstration's records right, once; return how many corrections there are now."""
    if desk.session.scalar(sa.select(sa.func.count()).select_from(Correction)):
        return 0
    manager = _manager(desk)
    if manager is None:
        return 0
    own = desk.acting_as(manager)
    done = int(_returned_earlier(own)) + int(_opened_in_error(own))
    desk.session.commit()
    return done


def _returned_earlier(desk: Desk) -> bool:
    """Correct the moment of the latest return of an open case."""
    found = desk.session.execute(
        sa.select(CaseRecord.id, Episode.returned_at)
        .join(Episode, Episode.case_id == CaseRecord.id)
        .join(Child, Child.id == CaseRecord.child_id)
        .where(
            CaseRecord.status == "open",
            Child.restricted.is_(False),
            Episode.returned_at > Episode.reported_at + EARLIER,
        )
        .order_by(Episode.returned_at.desc(), CaseRecord.id)
    ).first()
    if found is None:
        return False
    moment = local(found.returned_at) - EARLIER
    return _done(desk, CorrectFacts(found.id, {RETURN: moment}, HEARD, actual=moment))


def _opened_in_error(desk: Desk) -> bool:
    """Void a case that a wrong call had opened."""
    now = local(desk.now())
    child = children.create(desk, WRONGLY_TOLD)
    reported = now - timedelta(minutes=40)
    told = {
        "episode.reported_at": reported,
        "episode.missing_from": reported,
        "episode.category": "missing",
        "notification.received_at": now - timedelta(minutes=35),
        "notification.source": "police",
        "notification.police_report_exists": True,
    }
    case = cases.start(
        desk, child, facts={**children.facts_of(desk, desk.session.get_one(Child, child), now), **told}
    )
    return _done(desk, Void(case, HOAX))


def _done(desk: Desk, plan: Plan) -> bool:
    """Do what is planned as a person does: look at what follows, and confirm it. What cannot be is left."""
    try:
        shown = correcting.preview(desk, plan)
        return correcting.confirm(desk, plan, shown.digest).again is None
    except HomewardError:
        return False


def _manager(desk: Desk) -> Caller | None:
    rows = desk.session.execute(
        sa.select(Account.id, Account.session_epoch, AccountRole.role)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.disabled_at.is_(None))
        .order_by(Account.id)
    )
    for row in rows:
        if leads(row.role):
            return accounts.resume(desk.session, desk.caller.council, row.id, row.session_epoch)
    return None
