"""Meetings and actions of a case that is voided end with it, whoever was asked is told, and undoing restores them."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from engine.services import actions, meetings
from engine.services.correcting import Move, Undo, Void
from engine.store.tables import AgreedAction, Meeting, MeetingCase, Notice, Task
from tests.services.correcting.conftest import HOUR, Place

AHEAD = 48 * HOUR


@pytest.fixture
def case(place: Place) -> int:
    return place.case()


@pytest.fixture
def meeting(place: Place, case: int) -> int:
    """A meeting in two days, to which one person was invited and another is only put down."""
    worker = place.worker.caller.account
    number = meetings.convene(
        place.worker,
        case,
        "other",
        label="Family meeting",
        starts_at=place.desk.now() + AHEAD,
        place="Room 4",
        chair="Sal Chair",
    )
    meetings.add_invitee(place.worker, number, f"account:{worker}")
    meetings.invite(place.worker, number)
    meetings.add_invitee(place.worker, number, f"account:{place.desk.caller.account}")
    place.session.commit()
    return number


def state(place: Place, meeting: int) -> tuple[str, str | None]:
    row = place.session.get_one(Meeting, meeting, populate_existing=True)
    return row.state, row.ended_reason


def leave(place: Place) -> None:
    """Let everything that waits to leave have left."""
    place.session.execute(sa.update(Notice).where(Notice.state == "pending").values(state="sent"))
    place.session.commit()


def told(place: Place, what: str) -> list[str]:
    return list(place.session.scalars(sa.select(Notice.recipient).where(Notice.notice == f"meeting_{what}")))


def test_a_planned_meeting_is_called_off_and_stands_again(place: Place, case: int, meeting: int) -> None:
    worker = f"account:{place.worker.caller.account}"
    leave(place)
    shown = place.preview(Void(case, "A hoax."))
    assert any("Family meeting on" in line and "is called off" in line for line in shown.remarks)
    assert ("meeting_called_off", "Carol") in {
        (notice.notice, notice.recipient) for effect in shown.cases for notice in effect.notices
    }
    assert state(place, meeting) == ("planned", None), "a preview changes nothing"
    voided = place.do(Void(case, "A hoax."))
    assert state(place, meeting) == ("called_off", "A hoax.")
    assert told(place, "called_off") == [worker], "only who was invited"
    place.do(Undo(voided, "It was none."))
    assert state(place, meeting) == ("planned", None)
    assert told(place, "changed") == [worker]


def test_whom_no_invitation_had_reached_hears_nothing_until_the_meeting_stands_again(
    place: Place, case: int, meeting: int
) -> None:
    voided = place.do(Void(case, "A hoax."))
    assert state(place, meeting)[0] == "called_off" and told(place, "called_off") == []
    before = len(told(place, "invited"))
    place.do(Undo(voided, "It was none."))
    assert len(told(place, "invited")) == before + 1 and told(place, "changed") == []


def test_a_meeting_whose_time_has_passed_stands_again_in_silence(
    place: Place, case: int, meeting: int
) -> None:
    leave(place)
    voided = place.do(Void(case, "A hoax."))
    place.later(50)
    place.do(Undo(voided, "It was none."))
    assert state(place, meeting)[0] == "planned" and told(place, "changed") == []


def test_what_was_held_or_called_off_before_stays_as_it_is(place: Place, case: int, meeting: int) -> None:
    meetings.call_off(place.worker, meeting, "Nobody can come.")
    place.session.commit()
    voided = place.do(Void(case, "A hoax."))
    place.do(Undo(voided, "It was none."))
    assert state(place, meeting) == ("called_off", "Nobody can come.")


def test_an_action_is_withdrawn_and_given_again_to_whom_it_was_given(place: Place, case: int) -> None:
    worker = place.worker.caller.account
    number = actions.give(
        place.worker, case, what="Ask the school", owner=f"account:{worker}", due=date(2026, 5, 20)
    )
    place.session.commit()
    kept = (
        "name",
        "role",
        "team",
        "assignee",
        "due",
        "whole_day",
        "child_id",
        "reference",
        "core_id",
        "detached",
    )

    def task() -> tuple[object, ...] | None:
        row = place.session.scalar(sa.select(Task).where(Task.core_id == actions.CORE_ID.format(number)))
        return None if row is None else tuple(getattr(row, name) for name in kept)

    def action() -> tuple[str, str, object]:
        row = place.session.get_one(AgreedAction, number, populate_existing=True)
        return row.state, row.note, row.ended_by

    before = task()
    shown = place.preview(Void(case, "A hoax."))
    assert any(line.startswith("1 action") for line in shown.remarks)
    assert "Ask the school" in {t.name for e in shown.cases for t in e.tasks if t.how == "closes"}
    voided = place.do(Void(case, "A hoax."))
    assert task() is None and action() == ("withdrawn", "A hoax.", place.desk.caller.account)
    place.do(Undo(voided, "It was none."))
    assert task() == before and action() == ("open", "", None)
    actions.done(place.worker, number, "The school knows nothing.")
    assert task() is None and action()[0] == "done"


def test_a_case_leaves_the_list_of_a_meeting_to_come_and_comes_back(
    place: Place, case: int, meeting: int
) -> None:
    other = place.case(place.child("Other"))
    place.session.add(MeetingCase(meeting_id=meeting, case_id=other, reason="Missing for the third time"))
    place.session.commit()

    def listed() -> list[str]:
        return list(
            place.session.scalars(sa.select(MeetingCase.reason).where(MeetingCase.meeting_id == meeting))
        )

    voided = place.do(Void(other, "A hoax."))
    assert listed() == []
    place.do(Undo(voided, "It was none."))
    assert listed() == ["Missing for the third time"]


def test_a_moved_case_keeps_its_meeting_and_the_preview_says_to_look_whom_it_asks(
    place: Place, case: int, meeting: int
) -> None:
    shown = place.preview(Move(case, place.child("Right"), "Misread."))
    assert any("Family meeting" in line and "stays planned" in line for line in shown.remarks)
    place.do(Move(case, place.child("Righter"), "Misread."))
    assert state(place, meeting) == ("planned", None)
