"""Who has a duty: an expression is followed while the duty is open, from what is known and never from the hour."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.case.case import Case
from engine.case.model import Incident
from tests.case.diagrams import T0, again, do, hours, open_tasks, started

CHOSEN = '= if is known(interview.requested_worker) then interview.requested_worker else \\"social_worker\\"'
TALK = f"""
    start s message=reported
    throw due duty=hold_return_interview role="{CHOSEN}" {{keys}}
    user talk duty=hold_return_interview act=performs role="{CHOSEN}"
    end e
    s -> due -> talk -> e
    process again
    start s2 message=second_report
    throw due_again duty=hold_return_interview role="{CHOSEN}"
    end e2
    s2 -> due_again -> e2
"""


def held_by(case: Case) -> list[tuple[str, str]]:
    return [(entry.role, entry.outcome.value) for entry in case.entries.values()]


def choose(case: Case, worker: str | None, hour: float = 1) -> None:
    case.set_facts({"interview.requested_worker": worker}, at=hours(hour))


def test_an_open_duty_and_its_task_go_to_whom_the_expression_names_now() -> None:
    case = again(started(TALK.format(keys="")))
    case.drain()
    choose(case, "personal_advisor")
    changes = case.drain()
    assert held_by(case) == [("personal_advisor", "open")]
    assert (case.tasks["t1"].role, case.tasks["t1"].entries) == ("personal_advisor", (1,))
    assert changes.tasks_changed["t1"].role == "personal_advisor"
    (moved,) = [h for h in changes.history if h.kind == "moved"]
    assert moved.detail == {"entry": 1, "from": "social_worker", "to": "personal_advisor"}
    case = again(case)
    assert held_by(case) == [("personal_advisor", "open")]
    choose(case, "social_worker", 2)
    assert held_by(case) == [("social_worker", "open")]


def test_nothing_moves_where_the_expression_gives_nothing_or_the_same() -> None:
    case = started(TALK.format(keys=""))
    choose(case, None)
    choose(case, "social_worker", 2)
    assert held_by(case) == [("social_worker", "open")]
    assert not [h for h in case.drain().history if h.kind == "moved"]


def test_a_role_that_nobody_has_is_an_incident() -> None:
    case = started(TALK.format(keys="").replace("interview.requested_worker else", "string(child.age) else"))
    with pytest.raises(Incident, match="no role of the vocabulary"):
        choose(case, "personal_advisor")


def test_the_same_duty_required_again_is_found_under_its_new_role() -> None:
    case = started(TALK.format(keys=""))
    case.record_event("second_report", at=hours(1), facts={"interview.requested_worker": "personal_advisor"})
    assert held_by(case) == [("personal_advisor", "open")]
    again(case).record_event("second_report", at=hours(2))
    assert case.ledger["hold_return_interview"]["count"] == 1


def test_what_is_done_stays_with_who_did_it() -> None:
    case = started(TALK.format(keys=""))
    do(case, "talk", hours(1))
    choose(case, "personal_advisor", 2)
    assert held_by(case) == [("social_worker", "done")]


def test_a_duty_that_keeps_its_role_does_not_move() -> None:
    case = started(TALK.format(keys="keeps_role=true"))
    choose(case, "personal_advisor")
    assert held_by(case) == [("social_worker", "open")]


def test_nothing_moves_to_a_role_that_has_the_duty_already() -> None:
    text = (
        TALK.format(keys="")
        + """
        process own
        start s3 message=help_requested
        throw own_due duty=hold_return_interview role="= \\"personal_\\" + \\"advisor\\""
        end e3
        s3 -> own_due -> e3
    """
    )
    case = started(text)
    case.record_event("help_requested", at=hours(1))
    choose(case, "personal_advisor", 2)
    assert held_by(case) == [("social_worker", "open"), ("personal_advisor", "open")]


def test_a_duty_that_moves_outside_the_council_is_awaited_and_keeps_no_case_open() -> None:
    text = """
        start s message=reported
        throw due duty=hold_return_interview role="= if is known(meeting.waived) and meeting.waived then \\"police\\" \
 else \\"social_worker\\""
        user talk duty=hold_return_interview act=performs
        end e
        s -> due -> talk -> e
    """.replace("\\\n", "")
    case = started(text)
    case.set_facts({"meeting.waived": True}, at=hours(1))
    assert case.entries[1].external and case.tasks["t1"].external
    assert again(case).tasks["t1"].external


def test_a_task_without_a_duty_goes_with_its_lane() -> None:
    case = again(started(f'start s message=reported\nuser a role="{CHOSEN}"\nend e\ns -> a -> e'))
    choose(case, "personal_advisor")
    assert (open_tasks(case), case.tasks["t1"].role) == (["a"], "personal_advisor")


def test_nothing_changes_hands_because_it_is_night() -> None:
    role = '= if in office hours(now) then \\"social_worker\\" else \\"police\\"'
    case = started(f'start s message=reported\nuser a duty=notify_director role="{role}"\nend e\ns -> a -> e')
    assert held_by(case) == [("police", "open")]
    case.record_event("second_report", at=T0 + timedelta(hours=15))
    assert held_by(again(case)) == [("police", "open")]


def test_what_the_act_interrupts_ends_with_who_had_it() -> None:
    text = f"""
        start s message=reported
        throw due duty=hold_return_interview role="{CHOSEN}" occasion="= string(ledger.hold_return_interview.count)" \
 on_interrupt=supersede
        user talk duty=hold_return_interview act=performs role="{CHOSEN}" on_interrupt=supersede
        boundary asked on=talk message=social_worker_asked
        end e
        s -> due -> talk -> e
        asked -> due
    """.replace("\\\n", "")
    case = started(text)
    case.record_event(
        "social_worker_asked", at=hours(1), facts={"interview.requested_worker": "personal_advisor"}
    )
    assert held_by(again(case)) == [("personal_advisor", "open")]
    assert [(e.role, e.outcome.value) for e in case.drain().entries.values()] == [
        ("social_worker", "superseded"),
        ("personal_advisor", "open"),
    ]
