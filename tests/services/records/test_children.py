"""A child's record, and how a change of it is felt in the child's open cases."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import access, cases, children
from engine.services.child_facts import forget, learn
from engine.services.children import Details
from engine.services.desk import Caller, Conflict, Desk, InvalidAnswers, NotAllowed, NotFound
from engine.store.tables import CaseRecord, Child, LegalStatus, access_log
from tests.conftest import Office
from tests.services.records.conftest import NOW

DAY = date(2026, 11, 20)


@pytest.fixture
def child(desk: Desk) -> int:
    return children.create(
        desk, Details("Renwick", "Ava", date(2011, 2, 14), identifiers=(("police", "P1"),))
    )


def start(desk: Desk, child: int, hours: int = 3) -> int:
    facts = children.facts_of(desk, desk.session.get_one(Child, child), desk.now())
    told = {
        "episode.reported_at": NOW - timedelta(hours=hours),
        "notification.received_at": NOW - timedelta(hours=hours),
        "episode.category": "missing",
    }
    return cases.start(desk, child, facts={**facts, **told})


def facts(session: Session, case: int) -> dict[str, object]:
    session.expire_all()
    return session.get_one(CaseRecord, case).facts


def test_a_change_of_status_is_felt_in_every_open_case_at_once(
    desk: Desk, session: Session, child: int
) -> None:
    first, second = start(desk, child, 9), start(desk, child)
    children.set_status(desk, child, "looked_after", DAY, basis="care_order", authority="own")
    for case in (first, second):
        told = facts(session, case)
        assert (told["child.legal_status"], told["child.looked_after_basis"]) == (
            "looked_after",
            "care_order",
        )
        assert told["child.open_to_social_care"] is True
        assert session.get_one(CaseRecord, case).acts == 2


def test_a_new_status_ends_the_one_before_unless_it_stands_beside_it(
    desk: Desk, session: Session, child: int
) -> None:
    children.set_status(desk, child, "child_in_need", date(2026, 3, 1))
    children.set_status(desk, child, "looked_after", date(2026, 5, 1))
    children.set_status(desk, child, "child_protection_plan", date(2026, 6, 1), beside=True)
    rows = {s.status: (s.since, s.until) for s in session.scalars(sa.select(LegalStatus))}
    assert rows == {
        "child_in_need": (date(2026, 3, 1), date(2026, 5, 1)),
        "looked_after": (date(2026, 5, 1), None),
        "child_protection_plan": (date(2026, 6, 1), None),
    }
    told = children.facts_of(desk, session.get_one(Child, child), NOW)
    assert (told["child.legal_status"], told["child.on_child_protection_plan"]) == ("looked_after", True)


def test_facts_are_those_of_the_moment_asked_for(desk: Desk, session: Session, child: int) -> None:
    children.set_status(desk, child, "child_in_need", date(2026, 3, 1))
    children.set_status(desk, child, "looked_after", date(2026, 5, 1))
    record = session.get_one(Child, child)
    assert (
        children.facts_of(desk, record, datetime(2026, 4, 1, tzinfo=UTC))["child.legal_status"]
        == "child_in_need"
    )
    assert "child.legal_status" in children.facts_of(desk, record, NOW)
    assert children.facts_of(desk, record, datetime(2026, 2, 13, 23, 30, tzinfo=UTC))["child.age"] == 14
    assert children.facts_of(desk, record, datetime(2026, 2, 14, 0, 30, tzinfo=UTC))["child.age"] == 15


def test_what_the_record_does_not_say_stays_unknown(desk: Desk, session: Session, child: int) -> None:
    assert set(children.facts_of(desk, session.get_one(Child, child), NOW)) == {"child.age"}


def test_what_a_case_learns_is_kept_with_the_child_until_the_record_says_otherwise(
    desk: Desk, session: Session, child: int
) -> None:
    case = start(desk, child)
    cases.change_facts(desk, case, {"placement.type": "foster", "child.legal_status": "child_in_need"})
    session.expire_all()
    record = session.get_one(Child, child)
    told = children.facts_of(desk, record, NOW)
    assert (told["placement.type"], told["child.legal_status"]) == ("foster", "child_in_need")
    children.set_placement(desk, child, "residential", NOW, area="own_area")
    assert facts(session, case)["placement.type"] == "residential"
    assert "placement.type" not in session.get_one(Child, child).facts


def test_a_record_that_is_corrected_never_undoes_an_answer_given_in_a_case(
    desk: Desk, session: Session, child: int
) -> None:
    children.set_facts(desk, child, {"child.open_to_runaways_service": False})
    case = start(desk, child)
    cases.change_facts(desk, case, {"child.open_to_runaways_service": True})
    children.describe(desk, child, Details("Renwick-Shaw", "Ava", date(2011, 2, 14)))
    assert facts(session, case)["child.open_to_runaways_service"] is True
    assert session.get_one(Child, child).aliases == ["Ava Renwick"]


def test_a_corrected_birth_date_corrects_the_age_in_open_cases(
    desk: Desk, session: Session, child: int
) -> None:
    case = start(desk, child)
    children.describe(desk, child, Details("Renwick", "Ava", date(2010, 2, 14)))
    assert facts(session, case)["child.age"] == 16


def test_a_birthday_is_felt_in_open_cases_once(
    desk: Desk, office: Office, session: Session, child: int
) -> None:
    case = start(desk, child)
    assert children.refresh_ages(desk) == 0
    office.clock.move_to(datetime(2027, 2, 14, 0, 5, tzinfo=UTC))
    assert children.refresh_ages(desk) == 1
    assert facts(session, case)["child.age"] == 16
    assert children.refresh_ages(desk) == 0


def test_a_worker_is_replaced_in_the_same_role_and_can_end(desk: Desk, session: Session, child: int) -> None:
    case = start(desk, child)
    children.set_worker(desk, child, "Ana Example", "social_worker", date(2026, 3, 1))
    children.set_worker(desk, child, "Ben Example", "social_worker", date(2026, 6, 1))
    view = children.view(desk, child)
    assert [(w.name, w.until) for w in view.workers] == [
        ("Ben Example", None),
        ("Ana Example", date(2026, 6, 1)),
    ]
    assert facts(session, case)["worker.social_worker_allocated"] is True
    children.end_worker(desk, child, "social_worker", date(2026, 11, 1))
    assert children.view(desk, child).workers[0].until == date(2026, 11, 1)


def test_a_view_shows_the_child_and_is_logged(
    desk: Desk, session: Session, child: int, officer: Caller
) -> None:
    case = start(desk, child)
    view = children.view(desk, child)
    assert (view.name, view.age, view.details.identifiers) == ("Ava Renwick", 15, (("police", "P1"),))
    assert [(e.case_id, e.status) for e in view.episodes] == [(case, "open")]
    logged = session.execute(sa.select(access_log.c.account_id, access_log.c.child_id)).all()
    assert (officer.account, child) in [tuple(row) for row in logged]


@pytest.mark.parametrize("text", ["renw", "Ava Renwick", "ava", "P1", "14/02/2011", "RENWICK, Ava"])
def test_a_child_is_found_by_name_number_or_birth_date(desk: Desk, child: int, text: str) -> None:
    children.create(desk, Details("Kerr", "Tomasz", date(2009, 5, 1)))
    assert [row.id for row in children.search(desk, text)] == [child]


@pytest.mark.parametrize("text", ["", "%", "nobody", "_", "15/02/2011"])
def test_a_search_for_nobody_finds_nobody(desk: Desk, child: int, text: str) -> None:
    assert children.search(desk, text) == ()


def test_a_restricted_child_is_found_and_read_only_by_those_who_may(
    desk: Desk, office: Office, session: Session, child: int
) -> None:
    children.restrict(desk, child, True, "a parent must not know the address")
    assert children.search(desk, "renwick") == ()
    with pytest.raises(NotAllowed, match="restricted"):
        children.view(desk, child)
    with pytest.raises(NotAllowed, match="restricted"):
        children.set_status(desk, child, "looked_after", DAY)
    access.open_restricted(desk, child, "the child is at the door")
    assert children.view(desk, child).restricted
    night = office.desk(session, office.person(session, "night", "emergency_duty_team"))
    assert [row.id for row in children.search(night, "renwick")] == [child]


def test_a_number_belongs_to_one_child(desk: Desk, child: int) -> None:
    with pytest.raises(Conflict, match="belongs to another child"):
        children.create(desk, Details("Kerr", "Tomasz", identifiers=(("police", "P1"),)))


def test_the_same_form_sent_twice_makes_one_child(desk: Desk, session: Session) -> None:
    key = str(uuid.uuid4())
    first = children.create(desk, Details("Kerr", "Tomasz"), key=key)
    assert children.create(desk, Details("Kerr", "Tomasz"), key=key) == first
    with pytest.raises(Conflict):
        children.create(desk, Details("Kerr", "Thomas"), key=key)


@pytest.mark.parametrize(
    "act",
    [
        lambda desk, child: children.set_status(desk, child, "a_new_word", DAY),
        lambda desk, child: children.set_status(desk, child, "looked_after", date(2030, 1, 1)),
        lambda desk, child: children.set_placement(desk, child, "castle", NOW),
        lambda desk, child: children.set_facts(desk, child, {"episode.category": "missing"}),
        lambda desk, child: children.set_facts(desk, child, {"child.open_to_social_care": "perhaps"}),
        lambda desk, child: children.set_worker(desk, child, " ", "social_worker", DAY),
        lambda desk, child: children.restrict(desk, child, True, " "),
        lambda desk, child: children.create(desk, Details("", "Ava")),
    ],
)
def test_what_cannot_be_is_refused_with_the_field_named(desk: Desk, child: int, act: object) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        act(desk, child)  # type: ignore[operator]
    assert refused.value.problems


def test_another_councils_child_is_nobody(desk: Desk) -> None:
    with pytest.raises(NotFound):
        children.view(desk, 999_999)


def test_forgetting_drops_one_fact_or_all_below_a_word(desk: Desk, session: Session, child: int) -> None:
    record = session.get_one(Child, child)
    record.facts = {"placement.type": "home", "placement.area": "own_area", "exploitation.rag": "red"}
    forget(record, ("placement.",))
    assert record.facts == {"exploitation.rag": "red"}
    learn(session, record, {"exploitation.rag": "amber"}, actual=NOW, recorded=NOW, by=None)
    assert record.facts == {"exploitation.rag": "amber"}
