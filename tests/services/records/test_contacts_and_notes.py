"""Contact attempts and notes: quick to log, counted, never changed, and theirs alone who may see the child."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import case_notes, cases, children, contact_attempts
from engine.services.children import Details
from engine.services.contact_attempts import Given
from engine.services.desk import Caller, Desk, InvalidAnswers, NotAllowed, NotFound
from tests.conftest import Office
from tests.services.records.conftest import NOW


@pytest.fixture
def child(desk: Desk) -> int:
    return children.create(desk, Details("Renwick", "Ava", date(2011, 2, 14)))


@pytest.fixture
def case(desk: Desk, child: int) -> int:
    reported = NOW - timedelta(hours=3)
    told = {"episode.reported_at": reported, "notification.received_at": reported}
    return cases.start(desk, child, facts={**told, "episode.category": "missing", "child.age": 15})


def given(hours: float = 1, outcome: str = "no_answer", about: str = "finding", **more: str) -> Given:
    return Given(about, "child", "call", outcome, NOW - timedelta(hours=hours), **more)


def test_attempts_are_counted_by_what_came_of_them_and_by_what_they_were_about(desk: Desk, case: int) -> None:
    contact_attempts.log(desk, given(2), case_id=case)
    contact_attempts.log(desk, given(1, "reached", "interview"), case_id=case)
    contact_attempts.log(desk, given(1.5, "declined", "interview"), case_id=case)
    assert contact_attempts.counted(desk, case) == contact_attempts.Count(3, 2, NOW - timedelta(hours=1))
    assert contact_attempts.counted(desk, case, "finding").attempts == 1
    found = contact_attempts.of_case(desk, case)
    assert [one.outcome for one in found.rows] == ["reached", "declined", "no_answer"]
    assert {one.by for one in found.rows} == {"Officer"}


def test_an_attempt_in_error_stays_with_its_reason_and_counts_no_more(desk: Desk, case: int) -> None:
    number = contact_attempts.log(desk, given(), case_id=case)
    with pytest.raises(InvalidAnswers):
        contact_attempts.withdraw(desk, number, "")
    contact_attempts.withdraw(desk, number, "It was another child")
    assert contact_attempts.counted(desk, case).attempts == 0
    (one,) = contact_attempts.of_case(desk, case).rows
    assert (one.withdrawn_by, one.withdrawn_reason) == ("Officer", "It was another child")


def test_a_childs_log_holds_its_own_attempts_and_those_of_all_its_cases(
    desk: Desk, child: int, case: int
) -> None:
    other = children.create(desk, Details("Other", "Bo", date(2012, 2, 14)))
    contact_attempts.log(desk, given(2), case_id=case)
    contact_attempts.log(desk, given(1), child_id=child)
    contact_attempts.log(desk, given(1), child_id=other)
    assert [one.case_id for one in contact_attempts.of_child(desk, child).rows] == [None, case]
    assert contact_attempts.of_case(desk, case).total == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (given(hours=-1), "at"),
        (given(outcome="nonsense"), "outcome"),
        (given(about="nonsense"), "about"),
        (given(hours=200_000), "at"),
    ],
)
def test_an_attempt_that_cannot_be_is_refused(desk: Desk, case: int, wrong: Given, field: str) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        contact_attempts.log(desk, wrong, case_id=case)
    assert list(refused.value.problems) == [field]


def test_a_form_sent_twice_logs_once(desk: Desk, case: int) -> None:
    key = str(uuid.uuid4())
    first = contact_attempts.log(desk, given(), case_id=case, key=key)
    assert contact_attempts.log(desk, given(), case_id=case, key=key) == first
    assert contact_attempts.counted(desk, case).attempts == 1


def test_a_note_is_never_changed_and_a_further_one_corrects_it(
    desk: Desk, session: Session, case: int
) -> None:
    first = case_notes.write(desk, case, "note", "The aunt rang.")
    second = case_notes.write(desk, case, "note", "It was the mother.", corrects=first)
    newest, oldest = case_notes.notes(desk, case).rows
    assert (newest.id, newest.corrects, oldest.corrected_by) == (second, first, second)
    for change in ("UPDATE case_note SET text = 'x'", "DELETE FROM case_note", "TRUNCATE case_note"):
        with pytest.raises(sa.exc.ProgrammingError), session.begin_nested():
            session.execute(sa.text(change))
    with pytest.raises(NotFound):
        case_notes.write(desk, case, "note", "Of another case", corrects=second + 1)


def test_a_management_note_is_a_managers(desk: Desk, session: Session, office: Office, case: int) -> None:
    case_notes.write(desk, case, "management", "Reviewed: the search goes on.")
    worker = office.desk(session, office.person(session, "sam", "social_worker"))
    with pytest.raises(NotAllowed, match="written by a manager"):
        case_notes.write(worker, case, "management", "Reviewed")
    case_notes.write(worker, case, "note", "Visited; nobody in.")
    with pytest.raises(InvalidAnswers):
        case_notes.write(worker, case, "note", "  ")


def test_notes_and_attempts_of_a_restricted_child_are_written_by_who_may_see_it(
    desk: Desk, session: Session, office: Office, child: int, case: int
) -> None:
    number = contact_attempts.log(desk, given(), case_id=case)
    children.restrict(desk, child, True, "Whereabouts must not be known")
    sam: Caller = office.person(session, "sam", "social_worker")
    stranger = office.desk(session, sam)
    for act in (
        lambda: case_notes.write(stranger, case, "note", "Seen"),
        lambda: contact_attempts.log(stranger, given(), case_id=case),
        lambda: contact_attempts.log(stranger, given(), child_id=child),
        lambda: contact_attempts.withdraw(stranger, number, "Why"),
        lambda: contact_attempts.attempt(stranger, number),
    ):
        with pytest.raises(NotAllowed):
            act()
