"""What is submitted and does not meet the duty: its answers are kept, and duty and task stay open."""

from __future__ import annotations

import json

import pytest

from engine.case.case import Case
from engine.case.model import Incident, Outcome
from engine.pack.faults import BrokenPack
from engine.pack.model import Pack
from engine.pack.read import read_files
from tests.case.diagrams import T0, TALK_FORM, again, do, files, hours, open_tasks

FACE_TO_FACE = '= if interview.mode = \\"face_to_face\\" then \\"done\\" else \\"open\\"'
TALK = f"""
    start s message=reported
    user talk duty=hold_return_interview form=talk outcome="{FACE_TO_FACE}"
    user after
    end e
    s -> talk -> after -> e
"""


def pack_of(text: str) -> Pack:
    return read_files(files(text, {"forms/talk.json": json.dumps(TALK_FORM).encode()}))


def case_of(text: str) -> Case:
    return Case.start(pack_of(text), facts={"episode.reported_at": T0}, at=T0)


def test_answers_that_do_not_meet_the_duty_are_kept_and_the_task_stays() -> None:
    case = case_of(TALK)
    case.drain()
    do(case, "talk", hours(1), interview__mode="telephone")
    changes = case.drain()
    case = again(case)
    assert open_tasks(case) == ["talk"]
    assert case.entries[1].outcome is Outcome.OPEN
    assert case.entries[1].task == "t1"
    assert case.facts.stored["interview.mode"] == "telephone"
    assert changes.tasks_ended == {}
    assert [h.detail for h in changes.history if h.kind == "left_open"] == [{"entry": 1}]


def test_the_same_task_is_met_by_later_answers() -> None:
    case = case_of(TALK)
    do(case, "talk", hours(1), interview__mode="telephone")
    do(again(case), "talk", hours(2), interview__mode="face_to_face")
    do(case, "talk", hours(3), interview__mode="face_to_face")
    assert open_tasks(case) == ["after"]
    assert (case.entries[1].outcome, case.entries[1].done) == (Outcome.DONE, hours(3))
    assert case.ledger["hold_return_interview"]["count"] == 1


def test_of_several_duties_in_one_sitting_only_that_which_is_not_met_stays() -> None:
    case = case_of(
        f"""
        start s message=reported
        user talk duty="hold_return_interview notify_director" form=talk \
            duty.hold_return_interview.outcome="{FACE_TO_FACE}"
        end e
        s -> talk -> e
        """.replace("\\\n", " ")
    )
    do(case, "talk", hours(1), interview__mode="telephone")
    assert {e.obligation: e.outcome.value for e in case.entries.values()} == {
        "hold_return_interview": "open",
        "notify_director": "done",
    }
    assert open_tasks(case) == ["talk"]
    do(case, "talk", hours(2), interview__mode="face_to_face")
    assert case.closed


def test_an_awaited_task_goes_on_only_with_an_event_that_meets_it() -> None:
    case = case_of(
        """
        start s message=reported
        receive sent message=risk_assessment_received duty=complete_missing_risk_assessment \
            outcome="= if risk.significant_harm then \\"open\\" else \\"done\\""
        end e
        s -> sent -> e
        """.replace("\\\n", " ")
    )
    case.record_event("risk_assessment_received", at=hours(1), facts={"risk.significant_harm": True})
    assert open_tasks(case) == ["sent"]
    case.record_event("risk_assessment_received", at=hours(2), facts={"risk.significant_harm": False})
    assert case.closed


def test_a_duty_without_a_task_is_left_open_too() -> None:
    case = case_of(
        f"""
        start s message=reported
        throw t duty=hold_return_interview outcome="{FACE_TO_FACE}"
        end e
        s -> t -> e
        """
    )
    case.set_facts({"interview.mode": "telephone"}, at=hours(1))
    case.complete_entry(1, at=hours(1))
    assert case.entries[1].outcome is Outcome.OPEN
    assert not case.closed
    case.set_facts({"interview.mode": "face_to_face"}, at=hours(2))
    case.complete_entry(1, at=hours(2))
    assert case.closed


def test_a_notice_cannot_leave_its_duty_open() -> None:
    text = f"""
        start s message=reported
        send n duty=notify_director outcome="{FACE_TO_FACE}"
        end e
        s -> n -> e
    """
    with pytest.raises(BrokenPack, match="'open' is not a possible result"):
        pack_of(text)


def test_a_settled_duty_may_end_as_withdrawn_but_a_performed_one_may_not() -> None:
    settles = """
        start s message=reported
        throw t duty=hold_planning_meeting
        throw u duty=hold_planning_meeting act=settles outcome="= \\"withdrawn\\""
        end e
        s -> t -> u -> e
    """
    assert case_of(settles).entries[1].outcome is Outcome.WITHDRAWN
    with pytest.raises(BrokenPack, match="'withdrawn' is not a possible result"):
        pack_of(settles.replace("throw u", "user u").replace("act=settles", ""))


def test_an_outcome_that_is_no_word_is_an_incident() -> None:
    case = case_of(TALK.replace(FACE_TO_FACE, "= interview.mode"))
    with pytest.raises(Incident, match="open"):
        do(case, "talk", hours(1), interview__mode="telephone")
