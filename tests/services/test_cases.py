"""Cases in the database: each act whole, in one commit, and nothing lost when the procedure cannot go on."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.pack.read import read_files
from engine.services import cases, incidents, tasks
from engine.services.acting import remembered
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound
from engine.store.casefile import lock
from engine.store.packs import pack_of
from engine.store.tables import AuditEvent, CaseRecord, Episode, LedgerEntry, LegalStatus, Task, Timer
from tests.conftest import Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
FACTS = {
    "episode.reported_at": NOTIFIED,
    "notification.received_at": NOTIFIED,
    "child.age": 14,
}


def started(desk: Desk, office: Office, **facts: object) -> int:
    child = office.child(desk.session)
    case_id = cases.start(desk, child, facts={**FACTS, **facts})
    desk.session.commit()
    return case_id


def test_a_report_starts_a_case_with_its_first_task_duty_and_reference(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session)
    case_id = started(desk, office)
    case = session.get_one(CaseRecord, case_id)
    assert (case.status, case.reference, case.acts) == ("open", "SM-2026-00001", 1)
    assert case.facts["child.age"] == 14
    task = session.scalars(sa.select(Task).where(Task.case_id == case_id)).one()
    assert (task.name, task.role, task.team) == (
        "Work through the notification",
        "missing_coordinator",
        "Missing children",
    )
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.case_id == case_id)).one()
    assert (entry.obligation, entry.outcome, entry.clauses) == ("process_notification", "open", "1.1")
    assert task.due == entry.due == case.next_due
    episode = session.scalars(sa.select(Episode).where(Episode.case_id == case_id)).one()
    assert (episode.reported_at, episode.returned_at, episode.category) == (NOTIFIED, None, "missing")


def test_a_return_learnt_late_counts_from_the_real_return(session: Session, office: Office) -> None:
    office.set_up(session)
    desk = office.desk(session)
    case_id = started(desk, office, **{"risk.vulnerable": True})
    office.clock.advance(timedelta(hours=10))
    done = cases.record_event(desk, case_id, "returned", actual=NOTIFIED + timedelta(hours=3))
    assert done.incident is None
    episode = session.scalars(sa.select(Episode).where(Episode.case_id == case_id)).one()
    assert episode.returned_at == NOTIFIED + timedelta(hours=3)
    fact = next(fact for fact in cases.view(desk, case_id).facts if fact.fact == "return.returned_at")
    assert fact.now.actual == NOTIFIED + timedelta(hours=3) and fact.now.recorded == office.clock.now()


def test_a_return_that_another_event_brings_to_light_is_on_the_childs_record(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session)
    case_id = started(desk, office)
    office.clock.advance(timedelta(hours=10))
    done = cases.record_event(desk, case_id, "return_verified", actual=NOTIFIED + timedelta(hours=3))
    assert done.incident is None
    episode = session.scalars(sa.select(Episode).where(Episode.case_id == case_id)).one()
    assert episode.returned_at == NOTIFIED + timedelta(hours=3)


def test_a_moment_in_the_future_or_a_word_outside_the_vocabulary_is_refused(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session)
    case_id = started(desk, office)
    with pytest.raises(InvalidAnswers, match="future"):
        cases.record_event(desk, case_id, "returned", actual=office.clock.now() + timedelta(minutes=1))
    with pytest.raises(InvalidAnswers, match="no word"):
        cases.change_facts(desk, case_id, {"child.shoe_size": 3})
    with pytest.raises(InvalidAnswers, match="worked out"):
        cases.change_facts(desk, case_id, {"episode.count_90_days": 3})
    with pytest.raises(NotFound):
        cases.record_event(desk, 999_999, "returned")


def test_a_view_shows_facts_with_their_origin_the_ledger_and_where_the_case_stands(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session, office.person(session, "carol", "missing_coordinator"))
    case_id = started(desk, office)
    task = session.scalars(sa.select(Task.id)).one()
    office.clock.advance(timedelta(hours=1))
    tasks.submit(desk, task, {"risk.vulnerable": True})
    cases.change_facts(desk, case_id, {"risk.level": "high"}, reason="Seen with older men")
    view = cases.view(desk, case_id)
    vulnerable = next(fact for fact in view.facts if fact.fact == "risk.vulnerable")
    assert (vulnerable.now.value, vulnerable.now.origin, vulnerable.now.by) == (True, "form", "Carol")
    level = next(fact for fact in view.facts if fact.fact == "risk.level")
    assert (level.now.value, level.now.reason) == ("high", "Seen with older men")
    assert [entry.outcome for entry in view.entries] == ["done"]
    assert [timer.name for timer in view.timers] == ["24 hours passed"]
    states = view.diagrams[0].states
    assert states["process_notification"] == {"done"} and states["missing_24_hours"] == {"waiting"}
    assert [
        line.kind for line in view.history if line.kind in {"case_started", "task_completed", "facts_changed"}
    ][:2] == ["facts_changed", "task_completed"]
    assert view.history[-1].kind == "case_started"
    assert session.scalar(sa.text("SELECT count(*) FROM access_log WHERE what = 'case'")) == 1


def test_what_belongs_to_the_child_changes_in_all_its_open_cases_and_on_its_record(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session)
    first = started(desk, office)
    child_id = session.get_one(CaseRecord, first).child_id
    assert child_id is not None
    office.clock.advance(timedelta(hours=5))
    second = cases.start(desk, child_id, facts={**FACTS, "episode.reported_at": office.clock.now()})
    cases.change_facts(desk, first, {"child.legal_status": "looked_after"}, reason="Order made this morning")
    for case_id in (first, second):
        session.expire_all()
        assert session.get_one(CaseRecord, case_id).facts["child.legal_status"] == "looked_after"
    assert session.scalars(sa.select(LegalStatus.status)).one() == "looked_after"
    other = next(fact for fact in cases.view(desk, second).facts if fact.fact == "child.legal_status")
    assert other.now.origin == "child"
    assert len(cases.view(desk, second).facts) > 3
    third = cases.start(desk, office.child(session, "Other"), facts=FACTS)
    assert "child.legal_status" not in session.get_one(CaseRecord, third).facts


def test_an_earlier_episode_counts_in_the_next_case(session: Session, office: Office) -> None:
    office.set_up(session)
    desk = office.desk(session)
    first = started(desk, office)
    child_id = session.get_one(CaseRecord, first).child_id
    assert child_id is not None
    cases.record_event(desk, first, "returned")
    office.clock.advance(timedelta(days=3))
    second = cases.start(desk, child_id, facts={**FACTS, "episode.reported_at": office.clock.now()})
    task = session.scalars(sa.select(Task.id).where(Task.case_id == second)).one()
    tasks.submit(desk, task, {"risk.vulnerable": False})
    session.expire_all()
    assert session.get_one(CaseRecord, second).facts["interview.required"] is True


def test_an_override_needs_a_reason_and_says_so_in_the_facts(session: Session, office: Office) -> None:
    office.set_up(session)
    desk = office.desk(session)
    case_id = started(desk, office)
    with pytest.raises(InvalidAnswers, match="reason"):
        cases.override(desk, case_id, {"interview.required": True}, reason="")


def test_a_case_that_closes_ends_with_nothing_open(session: Session, office: Office) -> None:
    office.set_up(session)
    desk = office.desk(session)
    case_id = started(desk, office)
    task = session.scalars(sa.select(Task.id)).one()
    tasks.submit(desk, task, {"risk.vulnerable": False})
    done = cases.record_event(desk, case_id, "returned")
    assert done.closed
    case = session.get_one(CaseRecord, case_id, populate_existing=True)
    assert (case.status, case.closed_at, case.next_due) == ("closed", office.clock.now(), None)
    for table in (Task, Timer):
        assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0


# --- what cannot be carried out


def missing_before(session: Session, office: Office) -> int:
    """Put a child on record who was missing before; return its id."""
    child_id = office.child(session)
    reported, returned = (NOTIFIED - timedelta(days=days) for days in (9, 8))
    session.add(
        Episode(child_id=child_id, reported_at=reported, returned_at=returned, category="missing", facts={})
    )
    session.commit()
    return child_id


def test_an_act_that_the_procedure_cannot_carry_out_is_kept_and_tried_again_as_it_was_asked(
    session: Session, office: Office
) -> None:
    """Without the moment of the report nobody can tell which earlier episodes count: the decision cannot be made."""
    office.set_up(session)
    carol = office.desk(session, office.person(session, "carol", "missing_coordinator"))
    facts = {"notification.received_at": NOTIFIED, "child.age": 14}
    case_id = cases.start(carol, missing_before(session, office), facts=facts)
    task = session.scalars(sa.select(Task.id)).one()
    asked_at = office.clock.now()
    done = tasks.submit(carol, task, {"risk.vulnerable": False}, str(uuid.uuid4()))
    session.commit()
    assert done.incident is not None
    case = session.get_one(CaseRecord, case_id, populate_existing=True)
    assert (case.status, case.acts) == ("quarantined", 1)
    administrator = office.desk(session, office.person(session, "ann", "administrator"))
    row = incidents.list(administrator)[0]
    assert (row.reference, row.doing, row.who) == (case.reference, "completing a task", "Carol")
    assert "episode.count_90_days" in row.message and row.fact == "episode.count_90_days"
    assert tasks.view(carol, task).prefilled["risk.vulnerable"].origin == "draft"
    office.clock.advance(timedelta(hours=2))
    assert incidents.retry(administrator, row.id) is False
    again = incidents.view(administrator, row.id)
    assert again.attempts == 2 and again.retry_at is not None and len(incidents.list(administrator)) == 1
    cases.change_facts(carol, case_id, {"episode.reported_at": NOTIFIED}, reason="The carer rang")
    assert incidents.retry(administrator, row.id) is True
    session.expire_all()
    case = session.get_one(CaseRecord, case_id)
    assert case.status == "open" and case.facts["risk.vulnerable"] is False
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.number == 1)).one()
    assert entry.by == str(carol.caller.account) and entry.outcome == "done"
    assert asked_at <= entry.done <= office.clock.now()
    assert incidents.list(administrator) == () and len(incidents.list(administrator, open=False)) == 1


def test_a_report_is_never_lost_even_if_its_case_cannot_start(session: Session, office: Office) -> None:
    office.set_up(session)
    desk = office.desk(session)
    case_id = cases.start(desk, office.child(session), facts={"child.age": 14})
    session.commit()
    case = session.get_one(CaseRecord, case_id)
    assert case.status == "quarantined"
    assert cases.view(desk, case_id).incidents and cases.view(desk, case_id).tasks == ()
    late = cases.record_event(desk, case_id, "returned")
    assert late.incident is not None
    first = incidents.list(desk)[-1]
    assert first.doing == "starting the case" and "notification.received_at" in first.message


def test_an_incident_that_cannot_be_mended_is_given_up_with_a_reason(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session)
    case_id = cases.start(desk, missing_before(session, office), facts={"notification.received_at": NOTIFIED})
    task = session.scalars(sa.select(Task.id)).one()
    incident = tasks.submit(desk, task, {"risk.vulnerable": False}).incident
    assert incident is not None
    incidents.resolve(desk, incident, "A second case was started by hand")
    session.expire_all()
    assert session.get_one(CaseRecord, case_id).status == "open"
    with pytest.raises(Conflict):
        incidents.retry(desk, incident)


def test_the_end_of_an_earlier_episode_reaches_the_case_that_is_open_beside_it(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session)
    first = started(desk, office)
    child_id = session.get_one(CaseRecord, first).child_id
    assert child_id is not None
    office.clock.advance(timedelta(hours=6))
    second = cases.start(desk, child_id, facts={**FACTS, "episode.reported_at": office.clock.now()})
    before = session.get_one(CaseRecord, second, populate_existing=True).acts
    cases.record_event(desk, first, "returned", actual=NOTIFIED + timedelta(hours=2))
    assert session.get_one(CaseRecord, second, populate_existing=True).acts == before + 1
    file = next(file for file in lock(session, pack_of, case=second) if file.id == second)
    (episode,) = file.case.facts.episodes
    assert episode.returned == NOTIFIED + timedelta(hours=2)
    acts = sa.select(AuditEvent.action).where(AuditEvent.chain == second).order_by(AuditEvent.seq)
    assert session.scalars(acts).all() == ["case_started", "earlier_episodes_changed"]


def test_a_case_keeps_of_earlier_episodes_what_a_rule_reads_of_them_and_nothing_else(office: Office) -> None:
    files = dict(office.library.get("small").files)
    rule = b"'count(child.earlier_episodes[days between(reported, episode.reported_at) <= 90]) + 1'"
    assert rule in files["procedure.yaml"]
    assert remembered(read_files(files)) == frozenset()
    files["procedure.yaml"] = files["procedure.yaml"].replace(
        rule,
        b">-\n      count(for earlier in child.earlier_episodes return\n"
        b"      if days between(earlier.reported, episode.reported_at) <= 90 then earlier.facts.risk.vulnerable\n"
        b"      else null) + 1",
    )
    assert remembered(read_files(files)) == {"risk.vulnerable"}
