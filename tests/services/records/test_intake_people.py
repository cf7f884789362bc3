"""What people do with reports: take them by hand, and match what could not be matched surely."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import access, children, intake
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotAllowed
from engine.store.tables import CaseRecord, Child, IntakeRow, Placement
from tests.conftest import Office
from tests.services.records.conftest import send, told

AVA = "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 07:30,,"
REPORT = {
    "surname": "Renwick",
    "given_names": "Ava",
    "date_of_birth": "14/02/2011",
    "reported_at": "20/11/2026 10:15",
}


def cases_of(session: Session) -> list[CaseRecord]:
    return list(session.scalars(sa.select(CaseRecord).order_by(CaseRecord.id)))


def test_a_carers_report_starts_a_case_and_the_police_notification_after_it_is_told_apart(
    desk: Desk, session: Session
) -> None:
    row = intake.record_report(desk, "missing", "carer_or_parent", {**REPORT, "police_told": "no"})
    assert row.outcome == "started"
    (case,) = cases_of(session)
    assert case.facts["notification.source"] == "carer_or_parent"
    assert case.facts["notification.police_report_exists"] is False
    file = send(desk, "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 09:40,,")
    assert told(file) == ["recorded"]
    assert "first police notification" in file.rows[0].reason
    session.refresh(case)
    assert case.facts["episode.reported_at"] == "2026-11-20T09:40:00+00:00"
    assert (
        send(desk, "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 11:40,,")
        .rows[0]
        .reason.startswith("A further")
    )


def test_a_later_moment_from_the_police_never_moves_a_clock_on(desk: Desk, session: Session) -> None:
    intake.record_report(desk, "missing", "carer_or_parent", REPORT)
    file = send(desk, "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 11:00,,")
    assert "keeps the earlier one" in file.rows[0].reason
    assert cases_of(session)[0].facts["episode.reported_at"] == "2026-11-20T10:15:00+00:00"


def test_an_absence_is_told_apart_from_a_missing_child(desk: Desk, session: Session) -> None:
    intake.record_report(desk, "absent", "home", REPORT)
    facts = cases_of(session)[0].facts
    assert (facts["episode.category"], facts["episode.absence_started_at"]) == (
        "absent",
        "2026-11-20T10:15:00+00:00",
    )


def test_a_worker_who_tells_that_the_child_is_found_ends_the_absence(desk: Desk, session: Session) -> None:
    send(desk, AVA)
    child = session.scalars(sa.select(Child.id)).one()
    row = intake.record_report(
        desk,
        "found",
        "professional",
        {"surname": "Renwick", "returned_at": "20/11/2026 11:50"},
        child_id=child,
    )
    assert row.outcome == "recorded"
    assert cases_of(session)[0].facts["return.returned_at"] == "2026-11-20T11:50:00+00:00"


def test_a_new_placement_goes_on_record_and_into_the_open_case(desk: Desk, session: Session) -> None:
    send(desk, AVA)
    child = session.scalars(sa.select(Child.id)).one()
    row = intake.record_report(
        desk, "child_placed", "professional", {"surname": "Renwick", "placement": "foster"}, child_id=child
    )
    assert row.outcome == "recorded"
    assert session.scalars(sa.select(Placement)).one().type == "foster"
    assert cases_of(session)[0].facts["placement.type"] == "foster"


def test_a_serious_event_without_an_open_case_waits_for_a_person(
    desk: Desk, office: Office, session: Session
) -> None:
    child = office.child(session)
    row = intake.record_report(desk, "serious_event", "home", {"surname": "Example"}, child_id=child)
    assert row.outcome == "waiting"


def test_what_a_person_enters_wrongly_is_refused_at_once_and_nothing_is_kept(
    desk: Desk, session: Session
) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        intake.record_report(desk, "missing", "home", {**REPORT, "reported_at": "soon", "surname": ""})
    assert set(refused.value.problems) == {"reported_at", "surname"}
    with pytest.raises(InvalidAnswers):
        intake.record_report(desk, "missing", "a neighbour", REPORT)
    with pytest.raises(InvalidAnswers):
        intake.record_report(desk, "missing", "home", {**REPORT, "shoe_size": "7"})
    assert session.scalar(sa.select(sa.func.count()).select_from(IntakeRow)) == 0


def test_the_same_form_sent_twice_records_once(desk: Desk, session: Session) -> None:
    key = str(uuid.uuid4())
    first = intake.record_report(desk, "missing", "home", REPORT, key=key)
    assert intake.record_report(desk, "missing", "home", REPORT, key=key).id == first.id
    assert cases_of(session)[0].acts == 1
    with pytest.raises(Conflict):
        intake.record_report(desk, "missing", "home", {**REPORT, "place": "x"}, key=key)


# --- deciding what waits


def like_ava(desk: Desk) -> intake.RowView:
    send(desk, AVA)
    return send(desk, "missing,Renwick,Eva,14/02/2011,P8,M8,20/11/2026 11:00,,").rows[0]


def test_a_candidate_that_is_the_child_takes_the_report_and_is_known_by_it_from_then_on(
    desk: Desk, session: Session
) -> None:
    row = like_ava(desk)
    done = intake.resolve(desk, row.id, "link_child", child_id=row.candidates[0].child_id)
    assert (done.outcome, done.resolved_by) == ("recorded", "Officer")
    assert session.scalars(sa.select(Child)).one().aliases == ["Eva Renwick"]
    assert intake.waiting(desk) == ()


def test_another_child_gets_a_record_and_a_case(desk: Desk, session: Session) -> None:
    row = like_ava(desk)
    assert intake.resolve(desk, row.id, "new_child").outcome == "started"
    assert {c.given_names for c in session.scalars(sa.select(Child))} == {"Ava", "Eva"}
    assert len(cases_of(session)) == 2


def test_a_found_report_can_be_put_to_a_case_with_its_moment(desk: Desk, session: Session) -> None:
    send(desk, AVA)
    row = send(desk, "found,Renwick,Ava,14/02/2011,P1,,,,").rows[0]
    assert row.outcome == "waiting"
    (case,) = cases_of(session)
    with pytest.raises(InvalidAnswers, match="returned_at"):
        intake.resolve(desk, row.id, "link_case", case_id=case.id)
    session.rollback()
    done = intake.resolve(
        desk, row.id, "link_case", case_id=case.id, values={"returned_at": "20/11/2026 11:00"}
    )
    assert done.outcome == "recorded"
    session.refresh(case)
    assert case.facts["return.returned_at"] == "2026-11-20T11:00:00+00:00"


def test_a_found_report_nobody_told_the_beginning_of_can_start_a_case_that_ends_the_absence(
    desk: Desk, session: Session, office: Office
) -> None:
    row = send(desk, "found,Renwick,Ava,14/02/2011,P1,,,20/11/2026 11:00,").rows[0]
    with pytest.raises(InvalidAnswers, match="reported_at"):
        intake.resolve(desk, row.id, "new_child")
    session.rollback()
    done = intake.resolve(desk, row.id, "new_child", values={"reported_at": "20/11/2026 06:00"})
    assert done.outcome == "started"
    assert cases_of(session)[0].facts["return.returned_at"] == "2026-11-20T11:00:00+00:00"


def test_a_bad_row_is_mended_and_what_it_said_first_is_kept(desk: Desk, session: Session) -> None:
    row = send(desk, "missing,Renwick,Ava,31/02/2011,P1,M1,20/11/2026 07:30,,").rows[0]
    done = intake.resolve(desk, row.id, "correct", values={"date_of_birth": "13/02/2011"})
    assert done.outcome == "started"
    kept = session.get_one(IntakeRow, row.id).data
    assert (kept["original"]["date_of_birth"], kept["values"]["date_of_birth"]) == (
        "31/02/2011",
        "13/02/2011",
    )


def test_a_correction_that_is_wrong_too_leaves_the_row_waiting(desk: Desk) -> None:
    row = send(desk, "missing,Renwick,Ava,31/02/2011,P1,M1,20/11/2026 07:30,,").rows[0]
    done = intake.resolve(desk, row.id, "correct", values={"date_of_birth": "30/02/2011"})
    assert (done.outcome, done.resolved_at) == ("bad", None)


def test_a_report_is_set_aside_only_with_a_reason(desk: Desk) -> None:
    row = like_ava(desk)
    with pytest.raises(InvalidAnswers, match="reason"):
        intake.resolve(desk, row.id, "discard", reason="  ")
    done = intake.resolve(desk, row.id, "discard", reason="sent to us by mistake, told the police")
    assert (done.outcome, done.resolution) == ("discarded", "discard: sent to us by mistake, told the police")
    assert (
        send(desk, "missing,Renwick,Eva,14/02/2011,P8,M8,20/11/2026 11:00,,", AVA).rows[0].outcome
        == "repeated"
    )


def test_the_second_person_to_decide_learns_that_somebody_was_first(desk: Desk) -> None:
    row = like_ava(desk)
    intake.resolve(desk, row.id, "new_child")
    with pytest.raises(Conflict, match="settled already"):
        intake.resolve(desk, row.id, "link_child", child_id=row.candidates[0].child_id)


def test_a_case_cannot_be_started_beside_one_in_which_the_child_is_away(desk: Desk) -> None:
    row = like_ava(desk)
    with pytest.raises(NotAllowed, match="put the report to that case"):
        intake.resolve(desk, row.id, "start_case", child_id=row.candidates[0].child_id)


# --- restricted children


def test_a_report_about_a_restricted_child_reaches_its_case_without_showing_who_it_is(
    desk: Desk, office: Office, session: Session
) -> None:
    send(desk, AVA)
    child = session.scalars(sa.select(Child)).one()
    children.restrict(office.desk(session), child.id, True, "a parent must not know the address")
    row = intake.record_report(desk, "missing", "home", {**REPORT, "reported_at": "20/11/2026 11:30"})
    assert (row.outcome, row.who, dict(row.values)) == ("recorded", access.HIDDEN, {})
    waiting = send(desk, "missing,Renwick,Eva,14/02/2011,P8,M8,20/11/2026 11:00,,").rows[0]
    (candidate,) = waiting.candidates
    assert (candidate.name, candidate.birth_date, candidate.reasons) == (access.HIDDEN, None, ())
    trusted = office.person(session, "night", "emergency_duty_team")
    assert intake.view_row(office.desk(session, trusted), waiting.id).candidates[0].name == "Ava Renwick"


@pytest.mark.parametrize("role", ["process_owner", "quality_assurance"])
def test_who_has_nothing_to_do_with_reports_cannot_take_or_match_them(
    office: Office, session: Session, role: str
) -> None:
    desk = office.desk(session, office.person(session, "x", role))
    with pytest.raises(NotAllowed):
        intake.record_report(desk, "missing", "home", REPORT)
    with pytest.raises(NotAllowed):
        intake.waiting(desk)
    with pytest.raises(NotAllowed):
        send(desk, AVA)
