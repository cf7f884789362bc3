"""One interview that answers for several absences: each keeps its duty and record, and both cases say what was done."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import case_notes, cases, caseview, covering, tasks
from engine.services.desk import Desk, InvalidAnswers, NotFound
from engine.store.tables import CaseRecord, CoveredInterview, LedgerEntry, Task, TaskDraft
from tests.conftest import Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)


@pytest.fixture
def desk(session: Session, office: Office) -> Desk:
    office.set_up(session)
    roles = ("missing_coordinator", "social_worker", "return_interviewer")
    return office.desk(session, office.person(session, "carol", *roles))


def absence(desk: Desk, office: Office, child: int) -> CaseRecord:
    """Let a child go missing and come back; leave its return interview to be held."""
    now = office.clock.now()
    facts = {"episode.reported_at": now, "notification.received_at": now, "child.age": 14}
    case = cases.start(desk, child, facts=facts)
    system = office.desk(desk.session)
    first = desk.session.scalars(sa.select(Task.id).where(Task.case_id == case)).one()
    tasks.submit(system, first, {"risk.vulnerable": True, "risk.level": "high"})
    office.clock.advance(timedelta(hours=2))
    cases.record_event(desk, case, "returned", actual=office.clock.now() - timedelta(minutes=30))
    office.clock.advance(timedelta(hours=1))
    return desk.session.get_one(CaseRecord, case, populate_existing=True)


def interview(desk: Desk, case: CaseRecord) -> Task:
    return desk.session.scalars(
        sa.select(Task).where(Task.case_id == case.id, Task.form == "hold-return-interview")
    ).one()


def outcome(desk: Desk, case: CaseRecord) -> str:
    return desk.session.scalars(
        sa.select(LedgerEntry.outcome)
        .where(LedgerEntry.case_id == case.id, LedgerEntry.obligation == "hold_return_interview")
        .execution_options(populate_existing=True)
    ).one()


@pytest.fixture
def two(desk: Desk, office: Office) -> tuple[CaseRecord, CaseRecord]:
    """Two absences of one child, each with its interview to be held."""
    child = office.child(desk.session)
    return absence(desk, office, child), absence(desk, office, child)


def hold(desk: Desk, office: Office, case: CaseRecord, accepted: bool = True) -> None:
    tasks.submit(office.desk(desk.session), interview(desk, case).id, {"interview.accepted": accepted})


def test_nothing_is_offered_before_an_interview_was_held(
    desk: Desk, two: tuple[CaseRecord, CaseRecord]
) -> None:
    assert covering.offer(desk, two[1].id) is None
    view = caseview.view(desk, two[1].id)
    assert (view.interview_owed, view.interview_held) == (True, False)
    assert [(one.id, one.interview_owed) for one in view.others] == [(two[0].id, True)]


def test_an_interview_that_was_held_is_entered_in_another_absence_with_where_it_comes_from(
    desk: Desk, office: Office, two: tuple[CaseRecord, CaseRecord]
) -> None:
    earlier, later = two
    hold(desk, office, later)
    system = office.desk(desk.session)
    there = covering.offer(system, later.id)
    assert there is not None and there.held.answers == {"interview.accepted": True}
    (one,) = there.open
    assert (one.task.case_id, one.missing, one.why_not) == (earlier.id, (), None)
    done = covering.cover(system, later.id, [one.task.id])
    assert done == covering.Covered((earlier.reference,), ())
    assert (outcome(desk, earlier), outcome(desk, later)) == ("done", "done")
    assert covering.of_case(desk, earlier.id) == ((later.id, later.reference, True),)
    assert covering.of_case(desk, later.id) == ((earlier.id, earlier.reference, False),)
    (note,) = case_notes.notes(desk, earlier.id).rows
    assert later.reference in note.text
    assert (
        not caseview.view(desk, later.id).others or not caseview.view(desk, later.id).others[0].interview_owed
    )


def test_whoever_has_just_held_one_is_asked_about_the_other_and_nobody_else(
    desk: Desk, office: Office, two: tuple[CaseRecord, CaseRecord]
) -> None:
    system = office.desk(desk.session)
    assert not covering.just_held(system, two[0].id)
    hold(desk, office, two[0])
    assert covering.just_held(system, two[0].id)
    assert not covering.just_held(desk, two[0].id)
    office.clock.advance(timedelta(minutes=2))
    assert not covering.just_held(system, two[0].id)
    hold(desk, office, two[1])
    assert not covering.just_held(system, two[1].id)


def test_the_same_form_sent_twice_enters_it_once(
    desk: Desk, office: Office, two: tuple[CaseRecord, CaseRecord]
) -> None:
    hold(desk, office, two[0])
    system, key = office.desk(desk.session), str(uuid.uuid4())
    chosen = [interview(desk, two[1]).id]
    first = covering.cover(system, two[0].id, chosen, key=key)
    assert covering.cover(system, two[0].id, chosen, key=key) == first
    assert desk.session.scalar(sa.select(sa.func.count()).select_from(CoveredInterview)) == 1
    assert case_notes.notes(desk, two[1].id).total == 1


def test_a_refusal_covers_nothing(desk: Desk, office: Office, two: tuple[CaseRecord, CaseRecord]) -> None:
    hold(desk, office, two[0], accepted=False)
    assert covering.offer(desk, two[0].id) is None
    assert not caseview.view(desk, two[0].id).interview_held


def test_what_is_another_roles_or_another_childs_cannot_be_entered(
    desk: Desk, office: Office, two: tuple[CaseRecord, CaseRecord], session: Session
) -> None:
    stranger = absence(desk, office, office.child(session, "Other"))
    hold(desk, office, two[0])
    system = office.desk(session)
    with pytest.raises(NotFound):
        covering.cover(system, two[0].id, [interview(desk, stranger).id])
    with pytest.raises(InvalidAnswers):
        covering.cover(system, two[0].id, [])
    director = office.desk(session, office.person(session, "dora", "director"))
    with pytest.raises(InvalidAnswers, match="another role"):
        covering.cover(director, two[0].id, [interview(desk, two[1]).id])
    assert outcome(desk, two[1]) == "open"


def test_an_interview_that_ended_meanwhile_is_not_entered_again(
    desk: Desk, office: Office, two: tuple[CaseRecord, CaseRecord]
) -> None:
    hold(desk, office, two[0])
    chosen = [interview(desk, two[1]).id]
    hold(desk, office, two[1], accepted=False)
    with pytest.raises(NotFound, match="not open any more"):
        covering.cover(office.desk(desk.session), two[0].id, chosen)
    assert outcome(desk, two[1]) == "refused"


def test_where_the_other_form_asks_more_the_answers_wait_in_it_as_a_draft(
    desk: Desk, office: Office, two: tuple[CaseRecord, CaseRecord]
) -> None:
    hold(desk, office, two[0])
    task = interview(desk, two[1])
    task.form = "process-notification"  # a form that asks something else
    task.assignee = None
    desk.session.flush()
    there = covering.offer(desk, two[0].id)
    assert there is not None
    (one,) = there.open
    assert one.missing == ("Is the child vulnerable?",)
    done = covering.cover(desk, two[0].id, [task.id])
    assert done == covering.Covered((), (two[1].reference,))
    assert desk.session.scalars(sa.select(TaskDraft.answers)).one() == {}
    assert outcome(desk, two[1]) == "open"


def test_a_case_says_that_the_child_went_again_before_the_interview(
    desk: Desk, office: Office, two: tuple[CaseRecord, CaseRecord]
) -> None:
    view = caseview.view(desk, two[0].id)
    (other,) = view.others
    assert (other.id, other.reference) == (two[1].id, two[1].reference)
    assert other.since is not None and other.returned is not None and other.since < other.returned
    assert view.interview_due is not None and other.interview_due is not None
    assert view.interview_due < other.interview_due
