"""One return interview for two absences, by each council's real procedure: each absence keeps its own duty."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import cases, caseview, children, covering
from engine.services.caseview.view import HOLDING
from engine.services.demo import story
from engine.services.demo.files import dated_yaml
from engine.services.desk import Desk
from engine.store.tables import CaseRecord, Child, LedgerEntry, LegalStatus, Task
from tests.webforms.site import PACKS, Site

COUNCILS = sorted(path.parent.name for path in Path(PACKS).glob("*/procedure.yaml"))


@pytest.fixture(params=COUNCILS)
def council(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def holding_forms(desk: Desk) -> set[str]:
    """Return the forms in which an interview is entered."""
    pack = desk.packs.get(desk.caller.council)
    return {
        element.form
        for element in pack.elements
        if element.form and any(duty.obligation in HOLDING for duty in element.duties)
    }


def absence(site: Site, desk: Desk, child: Child, hold: bool) -> int:
    """Let a child go missing and come back, and everybody do their work, but for the interview unless `hold`."""
    reported = desk.now() - timedelta(hours=2)
    facts = children.facts_of(desk, child, desk.now())
    facts |= dict.fromkeys(
        ("episode.reported_at", "episode.missing_from", "notification.received_at"), reported
    )
    case = cases.start(desk, child.id, facts={**facts, "episode.category": "missing"})
    told = dict(dated_yaml(desk, story.FILE, dict).get("answers", {}))
    telling = story.Story(desk, site.clock, told)
    leave = holding_forms(desk)
    story._work(telling, case, {"leave": leave})
    site.clock.advance(timedelta(hours=1))
    cases.record_event(desk, case, "returned", actual=desk.now() - timedelta(minutes=10))
    for event in ("return_verified",):
        if event in desk.packs.get(desk.caller.council).vocabulary.events:
            cases.record_event(desk, case, event)
    story._work(telling, case, {"leave": leave})
    if hold:
        story._work(telling, case, {"only": leave})
    desk.session.commit()
    site.clock.advance(timedelta(hours=1))
    return case


def open_interviews(session: Session, case: int) -> list[int]:
    wanted = (Task.case_id == case, Task.obligations.overlap(list(HOLDING)), Task.external.is_(False))
    return list(session.scalars(sa.select(Task.id).where(*wanted)))


def outcomes(session: Session, case: int) -> set[str]:
    rows = sa.select(LedgerEntry.outcome).where(
        LedgerEntry.case_id == case, LedgerEntry.obligation == "hold_return_interview"
    )
    return set(session.scalars(rows.execution_options(populate_existing=True)))


def test_what_was_answered_in_one_absence_is_entered_in_the_other_and_meets_its_duty(site: Site) -> None:
    with site.session() as session:
        desk = site.desk(session)
        child = session.scalars(
            sa.select(Child)
            .join(LegalStatus, LegalStatus.child_id == Child.id)
            .outerjoin(CaseRecord, CaseRecord.child_id == Child.id)
            .where(
                LegalStatus.status == "looked_after",
                LegalStatus.until.is_(None),
                LegalStatus.responsible_authority == "own",
                CaseRecord.id.is_(None),
            )
            .order_by(Child.id)
        ).first()
        assert child is not None, "the demonstration has no looked after child at home"
        earlier = absence(site, desk, child, hold=False)
        assert open_interviews(session, earlier), "the procedure owes no interview for the first absence"
        later = absence(site, desk, child, hold=True)
        view = caseview.view(desk, later)
        assert view.interview_held and [one.id for one in view.others if one.interview_owed] == [earlier]
        there = covering.offer(desk, later)
        assert there is not None and there.held.answers
        found = [one for one in there.open if one.task.case_id == earlier]
        assert found and all(set(one.task.obligations) & there.held.obligations for one in found)
        done = covering.cover(desk, later, [one.task.id for one in found])
        assert done == covering.Covered(tuple(one.task.reference for one in found), ())
        session.commit()
        left = session.scalars(sa.select(Task).where(Task.id.in_(open_interviews(session, earlier))))
        assert not [task for task in left if set(task.obligations) & there.held.obligations]
        assert outcomes(session, earlier) <= {"done", "done_late"} and outcomes(session, earlier)
        known = session.get_one(CaseRecord, earlier, populate_existing=True).facts
        told = session.get_one(CaseRecord, later, populate_existing=True).facts
        assert known.get("interview.accepted") == told.get("interview.accepted")
