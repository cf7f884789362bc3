"""One small diagram for each construct that the lint allows; each runs in memory and stored and loaded at every step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.case.case import Case
from engine.case.model import CaseError, Incident, Outcome
from tests.case.diagrams import T0, again, do, hours, open_tasks, started

Step = Callable[[Case], Case]


@pytest.fixture(params=["in memory", "loaded at every step"])
def step(request: pytest.FixtureRequest) -> Step:
    return again if request.param == "loaded at every step" else lambda case: case


def ended(case: Case) -> bool:
    return case.closed and not case.instances


def test_a_user_task_waits_and_the_case_closes_at_the_end(step: Step) -> None:
    case = step(started("start s message=reported\nuser a\nend e\ns -> a -> e"))
    assert open_tasks(case) == ["a"]
    assert not case.closed
    do(case, "a", hours(1))
    assert ended(step(case))


def test_a_manual_task_is_work_too(step: Step) -> None:
    case = step(started("start s message=reported\nmanual a\nend e\ns -> a -> e"))
    assert open_tasks(case) == ["a"]
    do(case, "a", hours(1))
    assert ended(step(case))


def test_an_exclusive_gateway_takes_the_first_flow_that_holds(step: Step) -> None:
    text = """
        start s message=reported
        xor g default=c
        user a
        user b
        user c
        end e
        s -> g
        g -> a if="= child.age > 20"
        g -> b if="= child.age > 10"
        g -> c
        a -> e
        b -> e
        c -> e
    """
    assert open_tasks(step(started(text))) == ["b"]
    assert open_tasks(step(started(text, child__age=25))) == ["a"]
    assert open_tasks(step(started(text, child__age=5))) == ["c"]


def test_a_parallel_gateway_opens_all_and_waits_for_all(step: Step) -> None:
    text = """
        start s message=reported
        and f
        user a
        user b
        and j
        user c
        end e
        s -> f -> a -> j -> c -> e
        f -> b -> j
    """
    case = step(started(text))
    assert open_tasks(case) == ["a", "b"]
    do(case, "b", hours(1))
    case = step(case)
    assert open_tasks(case) == ["a"]
    do(case, "a", hours(2))
    assert open_tasks(step(case)) == ["c"]


def test_an_inclusive_gateway_opens_what_holds_and_waits_for_just_that(step: Step) -> None:
    text = """
        start s message=reported
        or f default=c
        user a
        user b
        user c
        or j
        user d
        end e
        s -> f
        f -> a if="= child.age > 10"
        f -> b if="= child.age > 12"
        f -> c
        a -> j
        b -> j
        c -> j
        j -> d -> e
    """
    case = step(started(text))
    assert open_tasks(case) == ["a", "b"]
    do(case, "a", hours(1))
    case = step(case)
    assert open_tasks(case) == ["b"]
    do(case, "b", hours(2))
    assert open_tasks(step(case)) == ["d"]
    case = step(started(text, child__age=11))
    do(case, "a", hours(1))
    assert open_tasks(step(case)) == ["d"]
    assert open_tasks(step(started(text, child__age=3))) == ["c"]


EITHER = """
    start s message=reported
    either g
    catch back message=returned
    catch late timer="= episode.reported_at + duration(\\"PT24H\\")"
    user a
    user b
    end e
    end f
    s -> g -> back -> a -> e
    g -> late -> b -> f
"""


def test_an_event_based_gateway_goes_with_the_message_that_comes_first(step: Step) -> None:
    case = step(started(EITHER))
    assert [timer.due for timer in case.timers] == [hours(24)]
    case.record_event("returned", at=hours(5))
    case = step(case)
    assert open_tasks(case) == ["a"]
    assert case.timers == []


def test_an_event_based_gateway_goes_with_the_timer_that_comes_first(step: Step) -> None:
    case = step(started(EITHER))
    assert case.fire_timers(hours(24)) == 1
    case = step(case)
    assert open_tasks(case) == ["b"]
    case.record_event("returned", at=hours(25))
    assert open_tasks(step(case)) == ["b"]


def test_a_timer_fires_at_its_moment_and_not_before(step: Step) -> None:
    case = step(
        started(
            'start s message=reported\ncatch t timer="= episode.reported_at + duration(\\"PT24H\\")"\n'
            "user a\nend e\ns -> t -> a -> e"
        )
    )
    assert case.next_due == hours(24)
    assert case.fire_timers(hours(24) - timedelta(seconds=1)) == 0
    case = step(case)
    assert case.fire_timers(hours(24)) == 1
    assert open_tasks(step(case)) == ["a"]


def test_a_waiting_timer_follows_its_facts_and_a_fired_one_stays_fired(step: Step) -> None:
    case = step(
        started(
            'start s message=reported\ncatch t timer="= episode.reported_at + duration(\\"PT24H\\")"\n'
            "user a\nend e\ns -> t -> a -> e"
        )
    )
    case.set_facts({"episode.reported_at": hours(10)}, at=hours(11))
    case = step(case)
    assert case.next_due == hours(34)
    case.fire_timers(hours(34))
    case.set_facts({"episode.reported_at": hours(20)}, at=hours(35))
    assert open_tasks(step(case)) == ["a"]


def test_a_message_catch_waits_for_its_event_only(step: Step) -> None:
    case = step(
        started("start s message=reported\ncatch m message=returned\nuser a\nend e\ns -> m -> a -> e")
    )
    case.record_event("second_report", at=hours(1))
    case = step(case)
    assert open_tasks(case) == []
    case.record_event("returned", at=hours(2), actual=hours(1))
    case = step(case)
    assert open_tasks(case) == ["a"]
    assert case.facts.stored["return.returned_at"] == hours(1)
    assert case.facts.stored["return.known_at"] == hours(2)


def test_a_conditional_catch_waits_until_its_condition_is_true(step: Step) -> None:
    text = (
        'start s message=reported\ncatch c when_true="= child.legal_status = \\"looked_after\\""\n'
        "user a\nend e\ns -> c -> a -> e"
    )
    case = step(started(text))
    assert open_tasks(case) == []
    case.set_facts({"child.legal_status": "looked_after"}, at=hours(3))
    assert open_tasks(step(case)) == ["a"]


INTERRUPTED = """
    start s message=reported
    user a
    boundary b on=a message=returned
    user c
    end e
    end f
    s -> a -> e
    b -> c -> f
"""


def test_an_interrupting_boundary_event_takes_the_token(step: Step) -> None:
    case = step(started(INTERRUPTED))
    case.record_event("returned", at=hours(1))
    case = step(case)
    assert open_tasks(case) == ["c"]
    do(case, "c", hours(2))
    assert ended(step(case))


def test_a_finished_task_leaves_its_boundary_event_deaf(step: Step) -> None:
    case = step(started(INTERRUPTED))
    do(case, "a", hours(1))
    assert ended(step(case))
    case.record_event("returned", at=hours(2))
    assert open_tasks(case) == []


def test_a_non_interrupting_boundary_timer_adds_a_token(step: Step) -> None:
    text = """
        start s message=reported
        user a
        boundary b on=a timer="= episode.reported_at + duration(\\"PT2H\\")" keep
        user chase
        end e
        end f
        s -> a -> e
        b -> chase -> f
    """
    case = step(started(text))
    case.fire_timers(hours(2))
    case = step(case)
    assert open_tasks(case) == ["a", "chase"]
    do(case, "a", hours(3))
    case = step(case)
    assert open_tasks(case) == ["chase"]
    do(case, "chase", hours(4))
    assert ended(step(case))


SUBPROCESS = """
    start s message=reported
    sub w
    start ws in=w
    and wf in=w
    catch day in=w timer="= episode.reported_at + duration(\\"PT24H\\")"
    user chase in=w duty=review_with_police
    end we1 in=w
    user look in=w
    end we2 in=w
    boundary back on=w message=returned
    user after
    end e
    end f
    s -> w -> e
    ws -> wf -> day -> chase -> we1
    wf -> look -> we2
    back -> after -> f
"""


def test_a_subprocess_ends_when_all_in_it_has_ended(step: Step) -> None:
    case = step(started(SUBPROCESS))
    do(case, "look", hours(1))
    case = step(case)
    case.fire_timers(hours(24))
    case = step(case)
    do(case, "chase", hours(25))
    assert ended(step(case))


def test_a_boundary_event_ends_everything_inside_a_subprocess(step: Step) -> None:
    case = step(started(SUBPROCESS))
    case.record_event("returned", at=hours(5))
    case = step(case)
    assert open_tasks(case) == ["after"]
    assert case.timers == []


CALLING = """
    start s message=reported
    call k process=other
    boundary back on=k message=returned
    user after
    end e
    end f
    s -> k -> e
    back -> after -> f
    process other
    start os
    user inner
    call deeper process=third
    end oe
    os -> inner -> deeper -> oe
    process third
    start ts
    user deep
    end te
    ts -> deep -> te
"""


def test_a_call_activity_runs_the_called_process_and_goes_on(step: Step) -> None:
    case = step(started(CALLING))
    do(case, "inner", hours(1))
    case = step(case)
    assert open_tasks(case) == ["deep"]
    do(case, "deep", hours(2))
    assert ended(step(case))


def test_a_boundary_event_on_a_call_ends_the_called_process_at_any_depth(step: Step) -> None:
    case = step(started(CALLING))
    do(case, "inner", hours(1))
    case = step(case)
    case.record_event("returned", at=hours(2))
    assert open_tasks(step(case)) == ["after"]


def test_an_escalation_reaches_the_boundary_of_its_scope_and_the_scope_goes_on(step: Step) -> None:
    text = """
        start s message=reported
        sub w
        start ws in=w
        user talk in=w
        throw up in=w escalation=not_agreed
        user wait in=w
        end we in=w
        boundary b on=w escalation=not_agreed keep
        user manager
        end e
        end f
        s -> w -> e
        ws -> talk -> up -> wait -> we
        b -> manager -> f
    """
    case = step(started(text))
    do(case, "talk", hours(1))
    assert open_tasks(step(case)) == ["wait", "manager"] or open_tasks(step(case)) == ["manager", "wait"]


def test_an_error_end_leaves_its_scope_by_the_error_boundary(step: Step) -> None:
    text = """
        start s message=reported
        sub w
        start ws in=w
        user talk in=w
        end bad in=w error=failed
        boundary b on=w error=failed
        user mend
        end e
        end f
        s -> w -> e
        ws -> talk -> bad
        b -> mend -> f
    """
    case = step(started(text))
    do(case, "talk", hours(1))
    assert open_tasks(step(case)) == ["mend"]


def test_a_terminate_end_ends_its_scope_at_once(step: Step) -> None:
    text = """
        start s message=reported
        sub w
        start ws in=w
        and f in=w
        user a in=w
        user b in=w
        end stop in=w terminate
        end we in=w
        user after
        end e
        s -> w -> after -> e
        ws -> f -> a -> stop
        f -> b -> we
    """
    case = step(started(text))
    do(case, "a", hours(1))
    assert open_tasks(step(case)) == ["after"]


def test_a_send_task_sends_its_notice_by_itself(step: Step) -> None:
    case = started("start s message=reported\nsend n duty=notify_social_worker\nend e\ns -> n -> e")
    assert [entry.outcome for entry in case.entries.values()] == [Outcome.DONE]
    assert ended(step(case))


def test_a_receive_task_ends_with_its_event(step: Step) -> None:
    case = step(
        started("start s message=reported\nreceive r message=returned\nuser a\nend e\ns -> r -> a -> e")
    )
    case.record_event("returned", at=hours(1))
    assert open_tasks(step(case)) == ["a"]


def test_a_none_event_raises_duties_as_it_is_passed(step: Step) -> None:
    case = step(
        started(
            "start s message=reported\nthrow t duty=hold_return_interview act=raises\nuser a\nend e\ns -> t -> a -> e"
        )
    )
    assert [(e.obligation, e.task) for e in case.entries.values()] == [("hold_return_interview", None)]


def test_a_message_start_starts_a_process_each_time_its_event_happens(step: Step) -> None:
    text = """
        start s message=reported
        user a
        end e
        s -> a -> e
        process talks
        start ds message=disagreement
        user talk
        end de
        ds -> talk -> de
    """
    case = step(started(text))
    case.record_event("disagreement", at=hours(1))
    case = step(case)
    case.record_event("disagreement", at=hours(2))
    assert open_tasks(step(case)) == ["a", "talk", "talk"]


WATCH = """
    start s message=reported
    user a
    end e
    s -> a -> e
    process watch
    start ws when_true="= child.legal_status = \\"looked_after\\""
    user tell duty=notify_director
    end we
    ws -> tell -> we
"""


def test_a_standing_watch_starts_when_its_condition_becomes_true(step: Step) -> None:
    case = step(started(WATCH))
    assert open_tasks(case) == ["a"]
    case.set_facts({"child.legal_status": "looked_after"}, at=hours(1))
    case = step(case)
    assert open_tasks(case) == ["a", "tell"]
    do(case, "tell", hours(2))
    case = step(case)
    case.set_facts({"child.age": 15}, at=hours(3))
    assert open_tasks(step(case)) == ["a"]


def test_a_standing_watch_raises_each_duty_once_however_often_it_starts(step: Step) -> None:
    case = step(started(WATCH, child__legal_status="looked_after"))
    do(case, "tell", hours(1))
    case.set_facts({"child.legal_status": "child_in_need"}, at=hours(2))
    case = step(case)
    case.set_facts({"child.legal_status": "looked_after"}, at=hours(3))
    case = step(case)
    assert open_tasks(case) == ["a"]
    assert case.ledger["notify_director"]["count"] == 1


def test_a_live_watch_element_does_not_keep_the_case_open(step: Step) -> None:
    text = """
        start s message=reported
        and f
        user a
        end e
        catch m message=case_closed_by_service watch=true
        user close
        end g
        s -> f -> a -> e
        f -> m -> close -> g
    """
    case = step(started(text))
    do(case, "a", hours(1))
    case = step(case)
    assert case.closed
    case.record_event("case_closed_by_service", at=hours(2))
    case = step(case)
    assert not case.closed
    assert open_tasks(case) == ["close"]


def test_reading_an_unknown_fact_at_a_gateway_is_an_incident() -> None:
    text = """
        start s message=reported
        xor g default=b
        user a
        user b
        end e
        s -> g
        g -> a if="= risk.vulnerable"
        g -> b
        a -> e
        b -> e
    """
    with pytest.raises(Incident) as incident:
        started(text)
    assert incident.value.fact == "risk.vulnerable"
    assert incident.value.element == "g_a"
    assert open_tasks(started(text.replace("= risk", "= is known(risk.vulnerable) and risk"))) == ["b"]


def test_null_at_a_gateway_is_an_incident_and_never_a_branch() -> None:
    text = """
        start s message=reported
        xor g default=b
        user a
        user b
        end e
        s -> g
        g -> a if="= child.age > 3"
        g -> b
        a -> e
        b -> e
    """
    with pytest.raises(Incident, match="neither true nor false"):
        started(text, child__age=None)


def test_an_event_that_starts_nothing_opens_no_case() -> None:
    with pytest.raises(CaseError, match="no process"):
        Case.start(
            started("start s message=reported\nuser a\nend e\ns -> a -> e").pack,
            facts={},
            at=T0,
            event="child_placed",
        )


def test_time_never_goes_back_in_a_case() -> None:
    case = started("start s message=reported\nuser a\nend e\ns -> a -> e")
    case.set_facts({"child.age": 15}, at=hours(2))
    with pytest.raises(CaseError, match="before that"):
        case.set_facts({"child.age": 16}, at=hours(1))


def test_a_standing_watch_over_a_derived_time_is_read_again_when_time_moves() -> None:
    text = """
        start s message=reported
        user a
        end e
        s -> a -> e
        process long
        start ws when_true="= episode.hours_missing > duration(\\"PT24H\\")"
        user look
        end we
        ws -> look -> we
    """
    case = started(text)
    assert open_tasks(case) == ["a"]
    case.record_event("second_report", at=hours(25))
    assert open_tasks(case) == ["a", "look"]
