"""What a demonstration's manager has looked at: notes of oversight, one of them to be looked at again today."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from engine.clock import local
from engine.services.demo.people import holder
from engine.services.desk import Desk, NotAllowed
from engine.services.managing import oversight
from engine.store.tables import CaseRecord, OversightNote

MANAGERS = (
    "missing_coordinator",
    "team_manager",
    "assistant_team_manager",
    "service_manager",
    "front_door_manager",
)
NOTES = (
    (
        "The history of absences, the risk assessment and what the carer says.",
        "The plan stands. The interview is with somebody the child chose.",
        "Social worker: speak to the school about the journey home before the end of the week.",
        0,
    ),
    (
        "Why the child has not been reached, and who has tried.",
        "A joint visit with the police, because calls are not answered.",
        None,
        3,
    ),
)


def look(desk: Desk) -> None:
    """Write a manager's notes once; nothing happens where there are some."""
    if desk.session.scalar(sa.select(sa.func.count()).select_from(OversightNote)):
        return
    manager = holder(desk, *MANAGERS)
    if manager is None:
        return
    here = desk.acting_as(manager)
    today = local(desk.now()).date()
    cases = desk.session.scalars(
        sa.select(CaseRecord.id)
        .where(CaseRecord.status == "open", CaseRecord.child_id.is_not(None))
        .order_by(CaseRecord.opened_at, CaseRecord.id)
    ).all()
    told = iter(NOTES)
    for case in cases:
        note = next(told, None)
        if note is None:
            break
        considered, decision, direction, days = note
        try:
            oversight.write(
                here,
                case,
                considered,
                decision,
                direction=direction,
                review_on=today + timedelta(days=days),
            )
        except NotAllowed:  # a restricted record: the manager goes on to the next one
            continue
    desk.session.commit()
