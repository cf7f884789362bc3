"""The ledger: when a duty arises, what it is due, and how it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.case.case import Case
from engine.case.model import CaseError, Incident, Outcome
from engine.pack.read import read_files
from tests.case.diagrams import T0, again, do, files, hours, open_tasks, pack, started

ONE = "start s message=reported\nuser a duty=hold_planning_meeting {}\nend e\ns -> a -> e"


def test_a_task_raises_its_duty_when_it_opens_and_meets_it_when_it_is_done() -> None:
    case = started(ONE.format('due="= episode.reported_at + duration(\\"PT24H\\")"'))
    (entry,) = case.entries.values()
    assert (entry.obligation, entry.role, entry.raised, entry.due) == (
        "hold_planning_meeting",
        "social_worker",
        hours(0),
        hours(24),
    )
    assert entry.clock == hours(0)
    assert entry.task == "t1"
    do(case, "a", hours(24))
    assert case.entries[1].outcome is Outcome.DONE
    assert case.entries[1].done == hours(24)


def test_a_duty_done_after_its_limit_is_done_late() -> None:
    case = started(ONE.format('due="= episode.reported_at + duration(\\"PT24H\\")"'))
    do(case, "a", hours(24) + timedelta(seconds=1))
    assert case.entries[1].outcome is Outcome.DONE_LATE


def test_a_limit_that_is_a_date_lasts_its_whole_local_day() -> None:
    case = started(ONE.format('due="= working days after(episode.reported_at, 1)"'))
    entry = case.entries[1]
    assert entry.whole_day
    assert entry.due is not None
    assert entry.due.isoformat() == "2026-02-04T23:59:59+00:00"
    do(case, "a", hours(26))
    assert case.entries[1].outcome is Outcome.DONE


def test_no_limit_is_shown_where_none_is_stated_and_a_local_target_never_fills_it() -> None:
    case = started(ONE.format('target="= episode.reported_at + duration(\\"PT2H\\")"'))
    assert case.entries[1].due is None
    assert case.entries[1].target == hours(2)


def test_an_open_limit_follows_the_fact_it_counts_from() -> None:
    case = started(ONE.format('due="= episode.reported_at + duration(\\"PT24H\\")"'))
    case.set_facts({"episode.reported_at": hours(5)}, at=hours(6))
    assert case.entries[1].due == hours(29)
    assert case.entries[1].clock == hours(5)


def test_an_open_target_follows_the_fact_it_counts_from() -> None:
    case = again(started(ONE.format('target="= episode.reported_at + duration(\\"PT2H\\")"')))
    case.set_facts({"episode.reported_at": hours(5)}, at=hours(6))
    assert (case.entries[1].due, case.entries[1].target) == (None, hours(7))


def test_a_deadline_shows_its_working() -> None:
    case = started(ONE.format('due="= episode.reported_at + duration(\\"PT24H\\")"'))
    assert any("24 hours" in step.text for step in case.entries[1].working)


def test_the_working_tells_local_time_whatever_zone_a_fact_came_in() -> None:
    reported = datetime(2026, 5, 3, 20, tzinfo=UTC)
    case = started(
        ONE.format('due="= episode.reported_at + duration(\\"PT24H\\")"'), episode__reported_at=reported
    )
    assert [step.value for step in case.entries[1].working] == ["2026-05-04 21:00:00+01:00"]


def test_elapsed_hours_do_not_change_with_the_clocks() -> None:
    text = ONE.format('due="= episode.reported_at + duration(\\"PT72H\\")"')
    march = datetime.fromisoformat("2026-03-28T10:00+00:00")
    case = started(text, episode__reported_at=march)
    due = case.entries[1].due
    assert due is not None
    assert due - march == timedelta(hours=72)
    assert due.isoformat() == "2026-03-31T11:00:00+01:00"


def test_a_duty_does_not_arise_where_its_when_is_false_and_its_task_is_passed_over() -> None:
    text = """
        start s message=reported
        user a duty=hold_planning_meeting when="= child.age > 20"
        user b
        end e
        s -> a -> b -> e
    """
    case = started(text)
    assert case.entries == {}
    assert open_tasks(case) == ["b"]


def test_a_duty_is_raised_once_and_a_second_task_for_it_is_passed_over() -> None:
    case = started(
        "start s message=reported\nuser a duty=hold_planning_meeting\nuser b duty=hold_planning_meeting\n"
        "user c\nend e\ns -> a -> b -> c -> e"
    )
    do(case, "a", hours(1))
    assert open_tasks(again(case)) == ["c"]
    assert case.ledger["hold_planning_meeting"]["count"] == 1


def test_a_duty_with_an_occasion_is_raised_once_for_each() -> None:
    case = started(
        'start s message=reported\nuser a duty=hold_planning_meeting occasion="= string(now)"\n'
        'xor g default=e\nend e\ns -> a -> g -> e\ng -> a if="= episode.still_away"'
    )
    do(case, "a", hours(1))
    do(case, "a", hours(2))
    assert case.ledger["hold_planning_meeting"]["count"] == 3


def test_a_task_takes_on_a_duty_that_an_event_raised() -> None:
    case = started(
        "start s message=reported\nthrow t duty=hold_return_interview act=raises\nuser wait\n"
        'user a duty=hold_return_interview act="performs"\nend e\ns -> t -> wait -> a -> e'
    )
    assert case.entries[1].task is None
    do(case, "wait", hours(5))
    case = again(case)
    assert case.entries[1].task is not None
    assert case.entries[1].raised == hours(0)
    do(case, "a", hours(6))
    assert case.ledger["hold_return_interview"]["outcome"] == "done"
    assert case.ledger["hold_return_interview"]["count"] == 1


def test_a_duty_only_raised_is_met_directly_and_its_task_is_then_passed_over() -> None:
    case = started(
        "start s message=reported\nthrow t duty=hold_return_interview act=raises\nuser wait\n"
        "user a duty=hold_return_interview\nend e\ns -> t -> wait -> a -> e"
    )
    case.complete_entry(1, at=hours(1))
    do(case, "wait", hours(5))
    assert case.closed


def test_another_element_settles_a_duty_and_its_task_ends_with_it() -> None:
    text = """
        start s message=reported
        and f
        user a duty=hold_return_interview
        user after
        end e
        user b
        throw refused duty=hold_return_interview act=settles outcome="= \\"refused\\"" reason="The offer was refused"
        end g
        s -> f -> a -> after -> e
        f -> b -> refused -> g
    """
    case = started(text)
    do(case, "b", hours(2))
    entry = case.entries[1]
    assert (entry.outcome, entry.reason) == (Outcome.REFUSED, "The offer was refused")
    assert open_tasks(again(case)) == ["after"]


def test_one_task_meets_several_duties_and_ends_with_the_last() -> None:
    text = (
        "start s message=reported\n"
        'user a duty="process_notification check_open_services" '
        'duty.process_notification.due="= working day of(notification.received_at)"\nend e\ns -> a -> e'
    )
    case = started(text)
    assert [entry.due is None for entry in case.entries.values()] == [False, True]
    case.complete("t1", {}, at=hours(1), entries=[2])
    assert open_tasks(case) == ["a"]
    case.complete("t1", {}, at=hours(2))
    assert [entry.done for entry in case.entries.values()] == [hours(2), hours(1)]
    assert case.closed


def interrupted(keys: str) -> str:
    return (
        "start s message=reported\nsub w\nstart ws in=w\n"
        f"user a in=w duty=notify_director {keys}\nend we in=w\nboundary back on=w message=returned\n"
        "user after\nend e\nend f\ns -> w -> e\nws -> a -> we\nback -> after -> f"
    )


def test_a_cancelled_task_keeps_its_duty_as_a_task_of_the_case() -> None:
    case = started(interrupted(""))
    case.record_event("returned", at=hours(1))
    case = again(case)
    assert open_tasks(case) == ["a", "after"]
    assert [task.detached for task in case.tasks.values()] == [True, False]
    do(case, "after", hours(2))
    assert not case.closed
    do(case, "a", hours(3))
    assert case.closed
    assert case.ledger["notify_director"]["outcome"] == "done"


@pytest.mark.parametrize(("word", "outcome"), [("withdraw", "withdrawn"), ("supersede", "superseded")])
def test_an_interruption_ends_a_duty_that_says_so(word: str, outcome: str) -> None:
    case = started(interrupted(f'on_interrupt={word} on_interrupt.reason="The child is back"'))
    case.record_event("returned", at=hours(1))
    assert case.entries[1].outcome == outcome
    assert case.entries[1].reason == "The child is back"
    assert open_tasks(again(case)) == ["after"]


def test_an_interruption_may_depend_on_the_entry() -> None:
    keys = (
        'due="= episode.reported_at + duration(\\"PT24H\\")" '
        'on_interrupt="= if return.returned_at < due then \\"withdraw\\" else \\"keep\\""'
    )
    early, late = started(interrupted(keys)), started(interrupted(keys))
    early.record_event("returned", at=hours(30), actual=hours(23))
    late.record_event("returned", at=hours(30), actual=hours(25))
    assert early.entries[1].outcome is Outcome.WITHDRAWN
    assert late.entries[1].outcome is Outcome.OPEN
    assert open_tasks(again(late)) == ["a", "after"]


TIMER = """
    start s message=reported
    sub w
    start ws in=w
    catch day in=w timer="= episode.reported_at + duration(\\"PT24H\\")"
    user a in=w duty=notify_director
    end we in=w
    boundary back on=w message=returned
    user after
    end e
    end f
    s -> w -> e
    ws -> day -> a -> we
    back -> after -> f
"""


def test_a_return_learnt_late_withdraws_what_arose_after_it_but_not_what_was_done() -> None:
    case = started(TIMER)
    case.fire_timers(hours(24))
    case = again(case)
    case.record_event("returned", at=hours(30), actual=hours(23))
    assert case.entries[1].outcome is Outcome.WITHDRAWN
    assert case.entries[1].trigger == hours(24)
    done = started(TIMER)
    done.fire_timers(hours(24))
    do(done, "a", hours(25))
    done.record_event("returned", at=hours(30), actual=hours(23))
    assert done.ledger["notify_director"]["outcome"] == "done"


def test_a_return_after_the_timer_keeps_what_the_timer_raised() -> None:
    case = started(TIMER)
    case.fire_timers(hours(24))
    case.record_event("returned", at=hours(30), actual=hours(26))
    assert case.entries[1].outcome is Outcome.OPEN


def test_a_child_back_at_exactly_the_limit_is_back() -> None:
    case = started(TIMER)
    case.record_event("returned", at=hours(24))
    assert case.fire_timers(hours(24)) == 0
    assert case.entries == {}


def test_a_case_received_late_raises_at_once_what_was_due_and_shows_since_when() -> None:
    case = started(TIMER)
    case.fire_timers(hours(80))
    assert case.entries[1].trigger == hours(24)
    assert case.entries[1].raised == hours(80)


def test_the_core_closes_only_when_no_duty_of_the_council_is_open() -> None:
    case = started(
        "start s message=reported\nthrow t duty=hold_return_interview act=raises\nend e\ns -> t -> e"
    )
    assert not case.closed
    case.complete_entry(1, at=hours(1))
    assert case.closed


def test_an_open_duty_of_an_outside_body_keeps_no_case_open() -> None:
    case = started(
        "start s message=reported\nthrow t duty=send_police_notification act=raises role=police\nend e\ns -> t -> e"
    )
    assert case.entries[1].external
    assert case.closed


def test_completing_what_is_no_longer_open_is_refused_and_changes_nothing() -> None:
    case = started(ONE.format(""))
    do(case, "a", hours(1))
    with pytest.raises(CaseError, match="no longer open"):
        case.complete("t1", {}, at=hours(2))
    with pytest.raises(CaseError, match="no longer open"):
        case.complete_entry(1, at=hours(2))


def test_a_computed_fact_cannot_be_typed_in() -> None:
    case = started(ONE.format(""))
    with pytest.raises(CaseError, match="computed"):
        case.set_facts({"episode.hours_missing": 3}, at=hours(1))


def test_every_change_of_a_fact_says_when_it_was_true_and_when_it_was_recorded() -> None:
    case = started(ONE.format(""))
    case.drain()
    case.record_event("returned", at=hours(10), actual=hours(4), by="officer")
    change = next(c for c in case.drain().facts if c.fact == "return.returned_at")
    assert (change.recorded, change.actual, change.by, change.origin, change.where) == (
        hours(10),
        hours(4),
        "officer",
        "event",
        "returned",
    )


def test_a_limit_that_is_neither_a_date_nor_a_moment_is_an_incident() -> None:
    with pytest.raises(Incident, match="neither a date nor"):
        started(ONE.format('due="= get value({a: 1}, \\"a\\")"'))


def test_a_held_notice_waits_until_somebody_sends_it() -> None:
    text = "start s message=reported\nsend n duty=notify_director\nend e\ns -> n -> e"
    case = Case.start(pack(text), facts={}, at=T0, hold=frozenset({"notify_director"}))
    assert open_tasks(case) == ["n"]
    case.complete("t1", {}, at=hours(1))
    assert case.entries[1].done == hours(1)


def test_what_settles_a_duty_behind_the_interruption_of_its_task_ends_both_and_moves_no_dead_token() -> None:
    text = """
        start s message=reported
        user a duty=hold_planning_meeting set.meeting.decided="= true"
        boundary waived on=a when_true="= is known(meeting.waived) and meeting.waived"
        throw settled duty=hold_planning_meeting act=settles outcome="= \\"withdrawn\\"" reason=Waived
        user after
        user next
        end e
        end f
        s -> a -> next -> e
        waived -> settled -> after -> f
    """
    case = started(text)
    case.drain()
    case.set_facts({"meeting.waived": True}, at=hours(1))
    changes = case.drain()
    assert (case.entries[1].outcome, case.entries[1].reason) == (Outcome.WITHDRAWN, "Waived")
    assert changes.tasks_ended == {"t1": "cancelled"}
    assert "meeting.decided" not in case.facts.stored
    case = again(case)
    assert open_tasks(case) == ["after"]
    do(case, "after", hours(2))
    assert case.closed


def test_a_limit_that_is_a_derived_fact_shows_how_that_fact_is_reckoned() -> None:
    text = """
        start s message=reported
        user a duty=hold_planning_meeting due="= meeting.hold_by"
        end e
        s -> a -> e
    """
    drawn = files(text)
    rule = b"  meeting.hold_by: 'episode.reported_at + duration(\"PT72H\")'\n"
    case = Case.start(
        read_files({**drawn, "procedure.yaml": drawn["procedure.yaml"] + rule}),
        facts={"episode.reported_at": T0, "notification.received_at": T0, "child.age": 14},
        at=T0,
    )
    (entry,) = case.entries.values()
    assert (entry.due, entry.clock) == (hours(72), T0)
    assert [step.text for step in entry.working][-1] == "plus 72 hours"
