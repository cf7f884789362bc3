"""Tasks: who sees them, who may do them, and what a submitted form does, in one commit."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.pack.library import Library
from engine.services import cases, tasks
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotAllowed, NotFound
from engine.services.tasks import TaskFilter
from engine.store.packed import unpack
from engine.store.tables import AuditEvent, CaseRecord, LedgerEntry, Task, TaskDraft
from tests.conftest import SMALL, Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}
VULNERABLE = {"risk.vulnerable": True, "risk.level": "high", "notes": "Seen at the station"}


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """Collect the statements that the session sends, savepoints aside."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *unused: object) -> None:
        sent.append(statement)

    connection = session.connection()
    sa.event.listen(connection.engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(connection.engine, "before_cursor_execute", note)


def started(desk: Desk, office: Office, surname: str = "Example") -> tuple[int, int]:
    """Start a case; return its id and its first task's."""
    case_id = cases.start(desk, office.child(desk.session, surname), facts=FACTS)
    desk.session.commit()
    task_id = desk.session.scalars(sa.select(Task.id).where(Task.case_id == case_id)).one()
    return case_id, task_id


@pytest.fixture
def coordinator(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(
        session, office.person(session, "carol", "missing_coordinator", teams=["Missing children"])
    )


def test_completing_a_task_ends_its_duty_keeps_the_answers_and_shows_what_follows(
    coordinator: Desk, office: Office
) -> None:
    case_id, task_id = started(coordinator, office)
    office.clock.advance(timedelta(minutes=20))
    done = tasks.submit(coordinator, task_id, VULNERABLE, str(uuid.uuid4()))
    coordinator.session.commit()
    assert (done.case_id, done.closed, done.incident) == (case_id, False, None)
    entry = coordinator.session.scalars(
        sa.select(LedgerEntry).where(LedgerEntry.obligation == "process_notification")
    ).one()
    assert (entry.outcome, entry.done, entry.by) == (
        "done",
        office.clock.now(),
        str(coordinator.caller.account),
    )
    case = coordinator.session.get_one(CaseRecord, case_id)
    assert case.facts["risk.vulnerable"] is True and case.facts["interview.required"] is True
    event = coordinator.session.get_one(AuditEvent, (case_id, 2))
    assert event.action == "task_completed"
    assert (
        event.detail is not None and unpack(event.detail)["act"]["answers"]["notes"] == "Seen at the station"
    )


def test_completing_a_task_takes_at_most_twelve_statements(coordinator: Desk, office: Office) -> None:
    _, task_id = started(coordinator, office)
    coordinator.session.rollback()
    coordinator.session.expunge_all()
    with statements(coordinator.session) as sent:
        tasks.submit(coordinator, task_id, VULNERABLE, str(uuid.uuid4()))
    assert len([s for s in sent if "SAVEPOINT" not in s]) <= 12, "\n\n".join(sent)


def test_wrong_answers_are_named_and_change_nothing(coordinator: Desk, office: Office) -> None:
    case_id, task_id = started(coordinator, office)
    with pytest.raises(InvalidAnswers) as refused:
        tasks.submit(coordinator, task_id, {"risk.level": "extreme", "child.age": 3})
    assert set(refused.value.problems) == {"risk.vulnerable", "child.age"}
    assert coordinator.session.get_one(CaseRecord, case_id).acts == 1


def test_the_same_form_sent_twice_counts_once_and_with_other_answers_is_refused(
    coordinator: Desk, office: Office
) -> None:
    case_id, task_id = started(coordinator, office)
    key = str(uuid.uuid4())
    first = tasks.submit(coordinator, task_id, VULNERABLE, key)
    coordinator.session.commit()
    again = tasks.submit(coordinator, task_id, VULNERABLE, key)
    assert again.repeated and again.case_id == first.case_id
    assert coordinator.session.get_one(CaseRecord, case_id).acts == 2
    with pytest.raises(Conflict, match="other answers"):
        tasks.submit(coordinator, task_id, {"risk.vulnerable": False}, key)


def test_whoever_comes_second_is_told_who_was_first_and_with_which_answers(
    coordinator: Desk, office: Office
) -> None:
    session = coordinator.session
    _, task_id = started(coordinator, office)
    tasks.submit(coordinator, task_id, VULNERABLE)
    session.commit()
    other = office.desk(session, office.person(session, "chris", "missing_coordinator"))
    for second in (
        lambda: tasks.submit(other, task_id, {"risk.vulnerable": False}),
        lambda: tasks.view(other, task_id),
        lambda: tasks.claim(other, task_id),
    ):
        with pytest.raises(Conflict, match="Carol completed this task") as told:
            second()
        assert told.value.who == "Carol"
        assert told.value.what["answers"]["notes"] == "Seen at the station"


def test_a_task_that_an_event_ended_says_which(coordinator: Desk, office: Office) -> None:
    session = coordinator.session
    case_id, task_id = started(coordinator, office)
    tasks.submit(coordinator, task_id, VULNERABLE)
    cases.record_event(coordinator, case_id, "returned")
    interview = session.scalars(sa.select(Task.id).where(Task.name == "Hold the return interview")).one()
    worker = office.desk(session, office.person(session, "sam", "social_worker"))
    done = tasks.submit(worker, interview, {"interview.accepted": False})
    assert done.closed
    entry = session.scalars(
        sa.select(LedgerEntry).where(LedgerEntry.obligation == "hold_return_interview")
    ).one()
    assert entry.outcome == "refused"
    with pytest.raises(NotFound):
        tasks.view(worker, 999_999)


def test_only_those_who_hold_the_role_may_do_a_task(coordinator: Desk, office: Office) -> None:
    session = coordinator.session
    _, task_id = started(coordinator, office)
    worker = office.desk(session, office.person(session, "sam", "social_worker"))
    administrator = office.desk(session, office.person(session, "ann", "administrator"))
    assert tasks.view(worker, task_id).why_not == "This task belongs to another role."
    for desk in (worker, administrator):
        with pytest.raises(NotAllowed):
            tasks.submit(desk, task_id, VULNERABLE)
        with pytest.raises(NotAllowed):
            tasks.claim(desk, task_id)
    with pytest.raises(NotAllowed):
        tasks.view(administrator, task_id)


def test_a_task_is_claimed_once_given_back_and_handed_over_with_a_reason(
    coordinator: Desk, office: Office
) -> None:
    session = coordinator.session
    _, task_id = started(coordinator, office)
    other = office.person(session, "chris", "missing_coordinator")
    theirs = office.desk(session, other)
    tasks.claim(coordinator, task_id)
    tasks.claim(coordinator, task_id)
    with pytest.raises(Conflict, match="Carol has taken this task"):
        tasks.claim(theirs, task_id)
    with pytest.raises(Conflict, match="Carol has taken this task"):
        tasks.submit(theirs, task_id, VULNERABLE)
    assert other.account is not None
    with pytest.raises(InvalidAnswers):
        tasks.assign(coordinator, task_id, other.account, " ")
    tasks.assign(coordinator, task_id, other.account, "End of shift")
    assert tasks.view(theirs, task_id).task.mine
    tasks.release(theirs, task_id)
    assert tasks.view(coordinator, task_id).task.can_claim
    assert tasks.candidates(coordinator, task_id)[0].name in {"Carol", "Chris"}


def test_a_draft_is_kept_fills_the_form_and_goes_when_the_task_is_done(
    coordinator: Desk, office: Office
) -> None:
    session = coordinator.session
    _, task_id = started(coordinator, office)
    tasks.save_draft(coordinator, task_id, {"notes": "half a sen"})
    tasks.save_draft(coordinator, task_id, {"notes": "half a sentence", "risk.vulnerable": True})
    view = tasks.view(coordinator, task_id)
    assert view.prefilled["notes"].value == "half a sentence" and view.prefilled["notes"].origin == "draft"
    assert view.prefilled["risk.level"] == tasks.Prefilled("low", "default")
    tasks.submit(coordinator, task_id, VULNERABLE)
    assert session.scalars(sa.select(TaskDraft)).all() == []


def test_a_task_shows_its_form_duty_working_and_clause(coordinator: Desk, office: Office) -> None:
    _, task_id = started(coordinator, office)
    view = tasks.view(coordinator, task_id)
    assert view.form is not None and view.form.title == "Work through the notification"
    assert [entry.obligation for entry in view.entries] == ["process_notification"]
    assert view.entries[0].working and view.entries[0].due is not None and view.entries[0].whole_day
    assert [clause.id for clause in view.clauses] == ["1.1"]
    assert view.case.child == "Ada Example" and view.why_not is None
    seen = coordinator.session.execute(sa.text("SELECT what, case_id FROM access_log")).all()
    assert seen == [("task", view.case.id)]


def test_lists_show_soonest_due_first_and_filter_by_who_role_lateness_and_text(
    coordinator: Desk, office: Office
) -> None:
    session = coordinator.session
    first, first_task = started(coordinator, office, "Early")
    office.clock.advance(timedelta(days=1))
    facts = {name: NOTIFIED + timedelta(days=1) if name != "child.age" else 14 for name in FACTS}
    cases.start(coordinator, office.child(session, "Late"), facts=facts)
    session.commit()
    everything = tasks.list(coordinator, TaskFilter(whose="all"))
    assert [row.child for row in everything.rows] == ["Ada Early", "Ada Late"]
    assert [row.overdue for row in everything.rows] == [True, False]
    assert tasks.list(coordinator, TaskFilter(whose="mine")).total == 0
    tasks.claim(coordinator, first_task)
    assert [row.id for row in tasks.list(coordinator, TaskFilter(whose="mine")).rows] == [first_task]
    assert tasks.list(coordinator, TaskFilter(limit="overdue")).total == 1
    assert tasks.list(coordinator, TaskFilter(limit="ahead")).total == 1
    assert [row.child for row in tasks.list(coordinator, TaskFilter(text="late")).rows] == ["Ada Late"]
    assert tasks.list(coordinator, TaskFilter(text="%")).total == 0
    assert tasks.list(coordinator, TaskFilter(text=everything.rows[0].reference)).total == 1
    assert tasks.list(coordinator, TaskFilter(role="social_worker")).total == 0
    assert tasks.list(coordinator, TaskFilter(obligation="process_notification")).total == 2
    page = tasks.list(coordinator, TaskFilter(whose="all"), page=2, size=1)
    assert (page.total, page.pages, page.rows[0].child) == (2, 2, "Ada Late")
    assert tasks.counts(coordinator) == tasks.Counts(1, 1, 2, 1, 1, 0, 2, 1, 0)


def test_a_restricted_child_stays_in_the_queue_without_a_name(coordinator: Desk, office: Office) -> None:
    session = coordinator.session
    case_id = cases.start(
        coordinator, office.child(session, "Hidden", restricted=True, restricted_reason="safety"), facts=FACTS
    )
    task_id = session.scalars(sa.select(Task.id).where(Task.case_id == case_id)).one()
    row = tasks.list(coordinator, TaskFilter()).rows[0]
    assert (row.child, row.name) == ("Restricted record", "Work through the notification")
    assert tasks.list(coordinator, TaskFilter(text="hidden")).total == 0
    view = tasks.view(coordinator, task_id)
    assert (
        view.case.child_id is None
        and view.case.facts == {}
        and view.form is None
        and view.why_not is not None
    )
    tasks.claim(coordinator, task_id)
    assert tasks.view(coordinator, task_id).case.child == "Ada Hidden"


def test_of_two_who_submit_at_once_one_wins_and_the_other_is_told(
    sessions: sessionmaker[Session], office: Office
) -> None:
    with sessions() as session:
        office.set_up(session)
        people = [
            office.person(session, name, "missing_coordinator") for name in ("carol", "chris", "cleo", "cora")
        ]
        case_id, task_id = started(office.desk(session), office)

    def attempt(number: int) -> str:
        with sessions() as session:
            desk = office.desk(session, people[number])
            try:
                tasks.submit(desk, task_id, {"risk.vulnerable": bool(number % 2)}, str(uuid.uuid4()))
                session.commit()
                return "done"
            except Conflict as told:
                session.rollback()
                assert told.who is not None
                return "told"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == ["done", "told", "told", "told"]
    with sessions() as session:
        desk = office.desk(session)
        assert desk.session.get_one(CaseRecord, case_id).acts == 2


def test_an_act_costs_the_same_after_hundreds_of_earlier_ones(coordinator: Desk, office: Office) -> None:
    session = coordinator.session
    case_id, _ = started(coordinator, office)

    def act(number: int) -> tuple[int, int]:
        office.clock.advance(timedelta(minutes=1))
        session.expunge_all()
        with statements(session) as sent:
            cases.change_facts(
                coordinator, case_id, {"risk.level": ("low", "high")[number % 2]}, reason="daily"
            )
        state = session.scalar(sa.text("SELECT length(state) FROM case_state"))
        return len([s for s in sent if "SAVEPOINT" not in s]), state or 0

    early = [act(number) for number in range(4)][-1]
    for number in range(300):
        act(number)
    late = [act(number) for number in range(4)][-1]
    assert late[0] == early[0] <= 12
    assert late[1] <= early[1] * 1.1
    assert session.get_one(CaseRecord, case_id, populate_existing=True).acts >= 300


def test_answers_that_do_not_meet_the_duty_are_kept_in_a_task_that_stays_open_and_says_why(
    session: Session, office: Office, tmp_path: Path
) -> None:
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    diagram = tmp_path / "small" / "missing-episode.bpmn"
    prop = '<spiffworkflow:property name="{}" value="{}" />'
    outcome = "= if risk.vulnerable then &quot;done&quot; else &quot;open&quot;"
    form = prop.format("form", "process-notification")
    assert form in diagram.read_text()
    more = prop.format("outcome", outcome) + prop.format("reason", "Ask again when the child is awake.")
    diagram.write_text(diagram.read_text().replace(form, form + more))
    office.library = Library(tmp_path)
    office.set_up(session)
    desk = office.desk(session, office.person(session, "carol", "missing_coordinator"))
    _, task_id = started(desk, office)
    done = tasks.submit(desk, task_id, {"risk.vulnerable": False, "notes": "Asleep"}, str(uuid.uuid4()))
    session.commit()
    assert done.left_open == ("Ask again when the child is awake.",)
    assert [row.id for row in done.next] == [task_id]
    view = tasks.view(desk, task_id)
    assert view.draft == {"risk.vulnerable": False, "notes": "Asleep"}
    assert [entry.outcome for entry in view.entries] == ["open"]
    done = tasks.submit(desk, task_id, VULNERABLE, str(uuid.uuid4()))
    assert (done.left_open, done.incident) == ((), None)
