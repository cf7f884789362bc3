"""Meetings: convened by the procedure's kind, invited, held, minuted and sent; nothing is left out in silence."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import access, actions, cases, meetings, notices, tasks
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotAllowed, NotFound
from engine.services.meetings import MeetingView, Record
from engine.store.tables import (
    AllocatedWorker,
    AuditEvent,
    Child,
    Meeting,
    MeetingInvitee,
    Notice,
    access_log,
)
from tests.conftest import Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}
TOMORROW = datetime(2026, 5, 13, 13, 0, tzinfo=UTC)


@pytest.fixture
def case_id(coordinator: Desk, office: Office) -> int:
    made = cases.start(coordinator, office.child(coordinator.session), facts=FACTS)
    coordinator.session.commit()
    return made


@pytest.fixture
def meeting(coordinator: Desk, case_id: int) -> int:
    return meetings.convene(
        coordinator, case_id, "planning-meeting", starts_at=TOMORROW, place="Room 4", chair="Sal Chair"
    )


def sent(session: Session, what: str) -> list[Notice]:
    return list(
        session.scalars(sa.select(Notice).where(Notice.notice == f"meeting_{what}").order_by(Notice.id))
    )


def invitee(view: MeetingView, label: str) -> int:
    return next(one.id for one in view.invitees if one.label == label)


def test_a_meeting_begins_with_what_the_procedure_wants(
    coordinator: Desk, meeting: int, session: Session
) -> None:
    view = meetings.view(coordinator, meeting)
    assert (view.label, view.state, view.place, view.chair) == (
        "Planning meeting",
        "planned",
        "Room 4",
        "Sal Chair",
    )
    assert [(one.label, one.person, one.force, one.needed) for one in view.invitees] == [
        ("Children Missing Officer", "Carol", "must", True),
        ("Social worker", None, "should", False),
        ("School", None, "may", False),
    ]
    assert [(item.title, item.force, item.clauses) for item in view.agenda] == [
        ("The risk to the child", "must", ("1.1",)),
        ("Anything else", "may", ()),
    ]
    assert [(task.name, task.step) for task in view.tasks] == [("Work through the notification", "hold")]
    read = session.scalars(sa.select(access_log.c.what).where(access_log.c.what == "meeting")).all()
    assert len(read) == 1


def test_the_childs_own_worker_is_put_down_where_several_hold_the_role(
    coordinator: Desk, office: Office, case_id: int, session: Session
) -> None:
    office.person(session, "wanda", "social_worker")
    winston = office.person(session, "winston", "social_worker")
    child = session.scalars(sa.select(Child.id)).one()
    session.add(
        AllocatedWorker(
            child_id=child,
            account_id=winston.account,
            role="social_worker",
            name="Winston",
            since=NOTIFIED,
            **_more(AllocatedWorker),
        )
    )
    session.commit()
    made = meetings.convene(
        coordinator, case_id, "planning-meeting", starts_at=TOMORROW, place="Room 4", chair="x"
    )
    people = {one.label: one.person for one in meetings.view(coordinator, made).invitees}
    assert people["Social worker"] == "Winston"


def _more(table: type[AllocatedWorker]) -> dict[str, object]:
    """Fill the columns that a row needs and this test does not care for."""
    given = {"child_id", "account_id", "role", "name", "since", "council_id", "id"}
    wanted = {c.name: c for c in table.__table__.columns if not c.nullable and c.server_default is None}
    return {
        name: NOTIFIED if isinstance(column.type, sa.DateTime) else ""
        for name, column in wanted.items()
        if name not in given and column.identity is None
    }


def test_what_must_be_is_left_out_only_with_a_reason_and_stays_to_be_read(
    coordinator: Desk, meeting: int
) -> None:
    view = meetings.view(coordinator, meeting)
    officer, risk = invitee(view, "Children Missing Officer"), view.agenda[0].id
    with pytest.raises(InvalidAnswers, match="the procedure says must"):
        meetings.leave_out(coordinator, officer, " ")
    with pytest.raises(InvalidAnswers, match="the procedure says must"):
        meetings.drop_item(coordinator, risk, "")
    meetings.leave_out(coordinator, officer, "On leave, sends a note")
    meetings.leave_out(coordinator, invitee(view, "School"), "")
    meetings.drop_item(coordinator, risk, "Dealt with yesterday")
    meetings.drop_item(coordinator, view.agenda[1].id, "")
    later = meetings.view(coordinator, meeting)
    assert [one.left_out for one in later.invitees] == ["On leave, sends a note", None, "Not asked"]
    assert [one.label for one in later.missed] == ["Children Missing Officer"]
    assert later.items == ()
    assert "Not talked about: The risk to the child (Dealt with yesterday)" in meetings.compose(later)
    meetings.ask_again(coordinator, officer)
    meetings.restore_item(coordinator, risk)
    assert [item.title for item in meetings.view(coordinator, meeting).items] == ["The risk to the child"]


def test_invitations_leave_once_to_whom_one_can_write_and_name_no_child(
    coordinator: Desk, meeting: int, session: Session
) -> None:
    view = meetings.view(coordinator, meeting)
    assert [one.label for one in view.unwritten] == ["School"]
    key = str(uuid.uuid4())
    assert meetings.invite(coordinator, meeting, key) == 2
    assert meetings.invite(coordinator, meeting, key) == 2
    assert meetings.invite(coordinator, meeting) == 0
    letters = sent(session, "invited")
    assert [letter.recipient for letter in letters] == [
        f"account:{coordinator.caller.account}",
        "role:social_worker",
    ]
    for letter in letters:
        words = f"{letter.subject} {letter.body}"
        assert "Example" not in words and "Ada" not in words
        assert "Wednesday 13 May 2026 at 14:00" in words
        assert f"/meetings/{meeting}" in words
    meetings.name_invitee(coordinator, invitee(view, "School"), account=None, email="head@school.example.org")
    assert meetings.invite(coordinator, meeting) == 1
    (outside,) = sent(session, "invited")[2:]
    assert outside.recipient == "email:head@school.example.org"
    assert f"/meetings/{meeting}" not in (outside.body or ""), "nothing here opens to somebody outside"
    assert "Carol" in (outside.body or "")
    assert notices.recipient_label(coordinator, outside.recipient) == "head@school.example.org"


def test_a_moved_meeting_is_told_to_those_who_were_invited_and_to_nobody_else(
    coordinator: Desk, meeting: int, session: Session
) -> None:
    same = {"place": "Room 4", "online": "", "chair": "Sal Chair", "purpose": ""}
    meetings.change(coordinator, meeting, starts_at=TOMORROW + timedelta(hours=1), **same)
    assert sent(session, "changed") == []
    meetings.invite(coordinator, meeting)
    meetings.change(coordinator, meeting, starts_at=TOMORROW + timedelta(hours=2), **same)
    meetings.change(coordinator, meeting, starts_at=TOMORROW + timedelta(hours=3), **same)
    changed = sent(session, "changed")
    assert len(changed) == 4
    assert "17:00" in (changed[-1].subject or "")
    meetings.call_off(coordinator, meeting, "The child is back and well")
    assert len(sent(session, "called_off")) == 2
    view = meetings.view(coordinator, meeting)
    assert (view.state, view.called_off, view.may_change) == (
        "called_off",
        "The child is back and well",
        False,
    )
    assert [task.name for task in view.tasks] == ["Work through the notification"], "the duty stays"
    with pytest.raises(InvalidAnswers, match="called off"):
        meetings.invite(coordinator, meeting)


def held(desk: Desk, meeting: int, moment: datetime, came: str = "attended") -> MeetingView:
    view = meetings.view(desk, meeting)
    meetings.hold(
        desk,
        meeting,
        Record(
            moment,
            {one.id: came for one in view.invitees},
            {view.agenda[0].id: ("Two men were seen", "Police look again")},
        ),
    )
    return meetings.view(desk, meeting)


def test_the_minutes_have_the_procedures_limit_from_the_moment_the_meeting_was_held(
    coordinator: Desk, meeting: int, office: Office
) -> None:
    assert meetings.view(coordinator, meeting).limit is None
    with pytest.raises(InvalidAnswers, match="lies in the future"):
        held(coordinator, meeting, TOMORROW)
    office.clock.move_to(TOMORROW + timedelta(hours=2))
    view = held(coordinator, meeting, TOMORROW)
    assert view.limit is not None
    assert view.limit.due == TOMORROW + timedelta(hours=24)
    assert view.limit.clauses == ("1.1",)
    assert [(step.text, step.value) for step in view.limit.steps] == [
        ("the meeting was held", "13 May 2026, 14:00"),
        ("plus 24 hours", "14 May 2026, 14:00"),
    ]
    assert meetings.counts(coordinator, "mine") == {"upcoming": 0, "minutes": 1, "held": 1, "late": 0}
    office.clock.move_to(TOMORROW + timedelta(hours=24, seconds=1))
    assert meetings.counts(coordinator, "mine")["late"] == 1
    assert meetings.list(coordinator, which="minutes").rows[0].late


def test_minutes_are_composed_edited_approved_and_sent_and_then_stand(
    coordinator: Desk, meeting: int, office: Office, session: Session, case_id: int
) -> None:
    meetings.invite(coordinator, meeting)
    office.clock.move_to(TOMORROW + timedelta(hours=2))
    held(coordinator, meeting, TOMORROW)
    actions.give(
        coordinator,
        case_id,
        what="Check the station",
        owner="outside:Police",
        due=date(2026, 5, 14),
        meeting=meeting,
    )
    text = meetings.compose(meetings.view(coordinator, meeting))
    assert "Attended: Carol (Children Missing Officer); Social worker; School" in text
    assert "1. The risk to the child\nTwo men were seen\nDecided: Police look again" in text
    assert "- Check the station: Police, by 14 May 2026" in text
    assert "Example" not in text, "the minutes go by the case's number"
    with pytest.raises(InvalidAnswers, match="approve the minutes first"):
        meetings.send(coordinator, meeting, "By hand")
    with pytest.raises(InvalidAnswers, match="not written yet"):
        meetings.approve(coordinator, meeting)
    meetings.save(coordinator, meeting, text)
    meetings.approve(coordinator, meeting)
    meetings.save(coordinator, meeting, text + "\nOne thing more.")
    assert meetings.view(coordinator, meeting).approved_at is None, "what was approved has changed"
    meetings.approve(coordinator, meeting)
    with pytest.raises(InvalidAnswers, match="take the approval back"):
        held(coordinator, meeting, TOMORROW)
    with pytest.raises(InvalidAnswers, match="who have no account here"):
        meetings.send(coordinator, meeting, "")
    key = str(uuid.uuid4())
    assert meetings.send(coordinator, meeting, "Encrypted e-mail", key) == 2
    assert meetings.send(coordinator, meeting, "Encrypted e-mail", key) == 0
    assert len(sent(session, "minutes")) == 2
    view = meetings.view(coordinator, meeting)
    assert (view.sent_by, view.sent_how) == ("Carol", "Encrypted e-mail")
    with pytest.raises(InvalidAnswers, match="have been sent"):
        meetings.save(coordinator, meeting, "Something else")
    assert meetings.counts(coordinator, "mine")["minutes"] == 0
    told = session.scalars(
        sa.select(AuditEvent.action).where(AuditEvent.action.like("m%")).order_by(AuditEvent.seq)
    ).all()
    assert told[0] == "meeting_convened"
    assert told[-1] == "minutes_sent"


def test_the_procedures_task_is_done_from_the_meeting_with_what_was_said_filled_in(
    coordinator: Desk, meeting: int, office: Office
) -> None:
    office.clock.move_to(TOMORROW + timedelta(hours=2))
    view = held(coordinator, meeting, TOMORROW)
    (task,) = view.tasks
    assert task.why_not is None
    given = meetings.answers_for(coordinator, view, task.id)
    assert given == {"notes": "Two men were seen\nDecided: Police look again"}
    tasks.submit(coordinator, task.id, {**given, "risk.vulnerable": True, "risk.level": "high"})
    later = meetings.view(coordinator, meeting)
    assert task.id not in {one.id for one in later.tasks}
    with pytest.raises(NotFound, match="serves no such task"):
        meetings.answers_for(coordinator, later, task.id)


def test_whoever_is_needed_and_did_not_come_is_pointed_out(
    coordinator: Desk, meeting: int, office: Office
) -> None:
    office.clock.move_to(TOMORROW + timedelta(hours=2))
    assert meetings.view(coordinator, meeting).missed == ()
    view = held(coordinator, meeting, TOMORROW, "apologies")
    assert [one.label for one in view.missed] == ["Children Missing Officer"]
    assert held(coordinator, meeting, TOMORROW, "report").missed == ()


def test_nobody_replaces_in_silence_what_somebody_else_wrote_meanwhile(
    coordinator: Desk, meeting: int, office: Office, session: Session
) -> None:
    wanda = office.desk(session, office.person(session, "wanda", "social_worker"))
    office.clock.move_to(TOMORROW + timedelta(hours=1))
    began = meetings.view(coordinator, meeting)
    held(wanda, meeting, TOMORROW)
    mine = Record(TOMORROW, items={began.agenda[0].id: ("Mine", "")}, version=began.version)
    with pytest.raises(InvalidAnswers, match="while you were writing"):
        meetings.hold(coordinator, meeting, mine)
    assert meetings.view(coordinator, meeting).agenda[0].discussion == "Two men were seen"
    began = meetings.view(coordinator, meeting)
    meetings.save(wanda, meeting, "Hers", version=began.version)
    with pytest.raises(InvalidAnswers, match="while you were writing"):
        meetings.save(coordinator, meeting, "Mine", version=began.version)
    meetings.save(coordinator, meeting, "Both", version=meetings.view(coordinator, meeting).version)
    assert meetings.view(coordinator, meeting).minutes == "Both"


def test_a_restricted_childs_meeting_opens_to_nobody_who_may_not_open_the_record(
    coordinator: Desk, office: Office, session: Session
) -> None:
    hidden = cases.start(coordinator, office.child(session, "Hidden", restricted=True), facts=FACTS)
    session.commit()

    def wanted(desk: Desk) -> int:
        return meetings.convene(
            desk, hidden, "planning-meeting", starts_at=TOMORROW, place="Room 4", chair="x"
        )

    with pytest.raises(NotAllowed, match="restricted"):
        wanted(coordinator)
    child = session.scalars(sa.select(Child.id).where(Child.surname == "Hidden")).one()
    access.open_restricted(coordinator, child, "My case")
    made = wanted(coordinator)
    wanda = office.desk(session, office.person(session, "wanda", "social_worker"))
    with pytest.raises(NotAllowed, match="restricted"):
        meetings.view(wanda, made)
    with pytest.raises(NotAllowed, match="restricted"):
        meetings.invite(wanda, made)
    row = next(row for row in meetings.list(wanda, whose="all").rows if row.id == made)
    assert row.child == access.HIDDEN


def test_a_child_who_may_not_be_known_is_not_named_on_a_list_of_several(
    coordinator: Desk, office: Office, session: Session, meeting: int
) -> None:
    hidden = cases.start(coordinator, office.child(session, "Hidden", restricted=True), facts=FACTS)
    session.commit()
    reference = meetings.view(coordinator, meeting).reference
    number = int(reference.rsplit("-", 1)[1]) + 1
    other = f"{reference.rsplit('-', 1)[0]}-{number:05}"
    with pytest.raises(NotAllowed):
        meetings.add_case(coordinator, meeting, other, "Seen together")
    child = session.scalars(sa.select(Child.id).where(Child.surname == "Hidden")).one()
    access.open_restricted(coordinator, child, "My case")
    meetings.add_case(coordinator, meeting, other.lower(), "Seen together")
    with pytest.raises(InvalidAnswers, match="on the list already"):
        meetings.add_case(coordinator, meeting, other, "Again")
    actions.give(coordinator, hidden, what="Go there", owner="role:social_worker", meeting=meeting)
    wanda = office.desk(session, office.person(session, "wanda", "social_worker"))
    (row,) = meetings.view(wanda, meeting).cases
    assert (row.child, row.visible, row.reference) == (access.HIDDEN, False, other)
    assert meetings.view(wanda, meeting).actions == ()
    assert len(meetings.view(coordinator, meeting).actions) == 1
    meetings.hold(wanda, meeting, Record(office.clock.now(), cases={hidden: ("I should not", "write this")}))
    (kept,) = meetings.view(coordinator, meeting).cases
    assert kept.discussion == ""


def test_lists_are_of_those_who_chair_are_asked_or_convened(
    coordinator: Desk, office: Office, session: Session, meeting: int
) -> None:
    wanda = office.desk(session, office.person(session, "wanda", "social_worker"))
    dora = office.desk(session, office.person(session, "dora", "director"))
    session.commit()
    assert [row.id for row in meetings.list(coordinator).rows] == [meeting]
    assert meetings.list(wanda).rows == ()
    assert [row.id for row in meetings.list(wanda, whose="team").rows] == [meeting]
    assert meetings.list(dora, whose="team").rows == ()
    assert [row.id for row in meetings.list(dora, whose="all").rows] == [meeting]
    office.clock.move_to(TOMORROW + timedelta(minutes=1))
    assert meetings.list(coordinator).rows[0].late, "its time has passed and nothing is written down"


def test_another_meeting_than_the_procedures_has_a_name_of_its_own(coordinator: Desk, case_id: int) -> None:
    with pytest.raises(InvalidAnswers, match="say what meeting it is"):
        meetings.convene(coordinator, case_id, "other", starts_at=TOMORROW, place="Room 4", chair="x")
    with pytest.raises(InvalidAnswers, match="no meeting of this procedure"):
        meetings.convene(coordinator, case_id, "party", starts_at=TOMORROW, place="Room 4", chair="x")
    made = meetings.convene(
        coordinator,
        case_id,
        "other",
        label="Talk with the family",
        starts_at=TOMORROW,
        place="",
        online="By telephone",
        chair=f"account:{coordinator.caller.account}",
    )
    view = meetings.view(coordinator, made)
    assert (view.label, view.kind, view.chair, view.invitees, view.tasks) == (
        "Talk with the family",
        None,
        "Carol",
        (),
        (),
    )
    meetings.add_invitee(coordinator, made, "Aunt", "aunt@example.org")
    with pytest.raises(InvalidAnswers, match="no e-mail address"):
        meetings.add_invitee(coordinator, made, "Uncle", "nowhere")
    with pytest.raises(InvalidAnswers, match="on the list already"):
        meetings.add_invitee(coordinator, made, "Aunt")
    assert [one.label for one in meetings.view(coordinator, made).invitees] == ["Aunt"]


def test_the_same_form_twice_convenes_one_meeting(coordinator: Desk, case_id: int, session: Session) -> None:
    key = str(uuid.uuid4())
    for _ in range(2):
        meetings.convene(
            coordinator,
            case_id,
            "planning-meeting",
            starts_at=TOMORROW,
            place="Room 4",
            chair="x",
            key=key,
        )
    assert session.scalar(sa.select(sa.func.count()).select_from(Meeting)) == 1
    with pytest.raises(Conflict):
        meetings.convene(
            coordinator,
            case_id,
            "planning-meeting",
            starts_at=TOMORROW,
            place="Room 5",
            chair="x",
            key=key,
        )


def test_the_rows_of_a_meeting_are_its_own_councils(session: Session, meeting: int) -> None:
    assert session.scalar(sa.select(sa.func.count()).select_from(MeetingInvitee)) == 3
    session.execute(sa.text("SELECT set_config('homeward.council', '0', true)"))
    for table in (Meeting, MeetingInvitee):
        assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
