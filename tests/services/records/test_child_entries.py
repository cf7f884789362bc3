"""What has to be known before the door opens: entered, put right, ended, and never lost."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import child_entries, children
from engine.services.child_entries import Given
from engine.services.children import Details
from engine.services.desk import Caller, Conflict, Desk, InvalidAnswers, NotAllowed, NotFound
from engine.store.tables import AuditEvent, ChildEntry
from tests.conftest import Office
from tests.services.records.conftest import NOW

TODAY = NOW.date()


@pytest.fixture
def child(desk: Desk) -> int:
    return children.create(desk, Details("Renwick", "Ava", date(2011, 2, 14)))


def order(until: date | None, **more: object) -> Given:
    return Given("May not be removed.", date(2026, 9, 1), until, {"order": "interim_care_order", **more})


def test_a_newer_value_takes_the_place_of_the_one_before_which_stays_with_who_and_when(
    desk: Desk, session: Session, office: Office, child: int
) -> None:
    child_entries.put(desk, child, "first_language", Given("English"))
    office.clock.advance(timedelta(hours=2))
    other = office.desk(session, office.person(session, "ruth", "social_worker"))
    child_entries.put(other, child, "first_language", Given("Polish"))
    (now,) = child_entries.know(desk, child).details
    assert (now.says, now.by) == ("Polish", "Ruth")
    (before,) = child_entries.former(desk, child)
    assert (before.says, before.by, before.ended_by, before.reason) == ("English", "Officer", "Ruth", None)
    assert now.replaces == before.id and before.ended == now.recorded


def test_people_orders_and_warnings_stand_beside_one_another(desk: Desk, child: int) -> None:
    for name in ("Joan", "Derek"):
        child_entries.put(
            desk, child, "person", Given(name, more={"relation": "other_relative", "may_be_told": "no"})
        )
    child_entries.put(desk, child, "visit_warning", Given("A dog.", until=TODAY))
    assert [one.says for one in child_entries.know(desk, child).people] == ["Joan", "Derek"]
    assert [one.says for one in child_entries.warnings_of(desk, child)] == ["A dog."]


@pytest.mark.parametrize(
    ("days", "expired", "soon"), [(-1, True, False), (0, False, True), (28, False, True), (29, False, False)]
)
def test_an_order_is_pointed_out_four_weeks_before_it_expires_and_when_it_has(
    desk: Desk, child: int, days: int, expired: bool, soon: bool
) -> None:
    child_entries.put(desk, child, "court_order", order(TODAY + timedelta(days=days)))
    known = child_entries.know(desk, child)
    (one,) = known.orders
    assert (one.expired(TODAY), one.expires_soon(TODAY)) == (expired, soon)
    assert bool(known.pressing(TODAY)) is (expired or soon)


def test_the_order_that_expires_first_stands_first_and_one_without_an_end_last(
    desk: Desk, child: int
) -> None:
    for until in (None, TODAY + timedelta(days=90), TODAY + timedelta(days=9)):
        child_entries.put(desk, child, "court_order", order(until))
    found = [one.until for one in child_entries.know(desk, child).orders]
    assert found == [TODAY + timedelta(days=9), TODAY + timedelta(days=90), None]


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("first_language", Given("  "), "says"),
        ("visit_warning", Given("A dog."), "until"),
        ("court_order", Given("Says.", more={"order": "nonsense"}), "order"),
        ("court_order", Given("Says.", TODAY, TODAY - timedelta(days=1), {"order": "other"}), "until"),
        ("person", Given("Joan", more={"may_be_told": "yes"}), "relation"),
        ("person", Given("Joan", more={"relation": "mother"}), "may_be_told"),
    ],
)
def test_what_would_leave_the_reader_guessing_is_refused(
    desk: Desk, child: int, kind: str, given: Given, field: str
) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        child_entries.put(desk, child, kind, given)
    assert list(refused.value.problems) == [field]


def test_an_entry_that_somebody_changed_meanwhile_is_not_changed_again(desk: Desk, child: int) -> None:
    first = child_entries.put(desk, child, "court_order", order(None))
    child_entries.put(desk, child, "court_order", order(TODAY), replaces=first)
    with pytest.raises(Conflict, match="changed or ended this meanwhile"):
        child_entries.put(desk, child, "court_order", order(None), replaces=first)
    with pytest.raises(Conflict):
        child_entries.end(desk, child, first, "Discharged")


def test_what_no_longer_holds_ends_with_a_reason_and_can_be_read_for_ever(desk: Desk, child: int) -> None:
    number = child_entries.put(desk, child, "visit_warning", Given("A dog.", until=TODAY))
    with pytest.raises(InvalidAnswers):
        child_entries.end(desk, child, number, " ")
    child_entries.end(desk, child, number, "The dog is gone")
    assert child_entries.know(desk, child).warnings == ()
    (before,) = child_entries.former(desk, child)
    assert (before.says, before.reason) == ("A dog.", "The dog is gone")


def test_a_form_sent_twice_enters_once_and_the_record_says_what_was_done(
    desk: Desk, session: Session, child: int
) -> None:
    key = str(uuid.uuid4())
    first = child_entries.put(desk, child, "school", Given("Ashcombe"), key=key)
    assert child_entries.put(desk, child, "school", Given("Ashcombe"), key=key) == first
    assert session.scalar(sa.select(sa.func.count()).select_from(ChildEntry)) == 1
    acts = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert acts[-1] == "child_entry_put" and acts.count("child_entry_put") == 1


def test_an_entry_belongs_to_its_own_child(desk: Desk, child: int) -> None:
    other = children.create(desk, Details("Other", "Bo", date(2012, 2, 14)))
    number = child_entries.put(desk, child, "school", Given("Ashcombe"))
    with pytest.raises(NotFound):
        child_entries.entry(desk, other, number)
    with pytest.raises(NotFound):
        child_entries.end(desk, other, number, "Why")


def test_only_who_may_change_the_record_enters_anything(
    desk: Desk, session: Session, office: Office, child: int
) -> None:
    reader: Caller = office.person(session, "quinn", "quality_assurance")
    with pytest.raises(NotAllowed):
        child_entries.put(office.desk(session, reader), child, "school", Given("Ashcombe"))
    children.restrict(desk, child, True, "Whereabouts must not be known")
    stranger = office.person(session, "sam", "social_worker")
    with pytest.raises(NotAllowed, match="restricted"):
        child_entries.put(office.desk(session, stranger), child, "school", Given("Ashcombe"))
