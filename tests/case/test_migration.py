"""Cases brought over from one version to another: nothing that they did changes, and what keeps them back is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.case import codec
from engine.case.case import Case
from engine.case.migrating import Finding, MappingError, Migrated, Refused, match, migrate
from tests.case.diagrams import again, do, hours, open_tasks, pack, started

ONE = """
    start s message=reported
    user a duty=hold_planning_meeting due="= now + duration(\\"PT24H\\")"
    end e
    s -> a -> e
"""
TIMED = """
    start s message=reported
    user a duty=hold_planning_meeting due="= now + duration(\\"PT24H\\")"
    boundary b on=a keep timer="= now + duration(\\"PT6H\\")"
    user chase duty=notify_director
    end e
    end e2
    s -> a -> e
    b -> chase -> e2
"""


def over(case: Case, text: str, mapping: dict[str, str | None] | None = None, at: float = 1) -> Migrated:
    case.drain()
    moved = migrate(match(case.pack, pack(text), mapping), case.dump(), at=hours(at))
    moved.case.drain()
    return moved


def words(findings: list[Finding] | tuple[Finding, ...]) -> str:
    return " ".join(one.words for one in findings)


def plain(case: Case) -> dict[str, object]:
    state = codec.unpack_state(case.dump())
    return {name: value for name, value in state.items() if name not in ("pack", "at")}


def test_a_boundary_timer_that_is_new_waits_since_the_task_was_opened_and_fires_at_its_moment() -> None:
    moved = over(started(ONE), TIMED, at=2)
    case = again(moved.case)
    assert [(timer.element, timer.due) for timer in case.timers] == [("b", hours(6))]
    assert "new beside the task “a”" in words(moved.findings)
    assert case.fire_timers(hours(5)) == 0
    assert case.fire_timers(hours(6)) == 1
    assert open_tasks(again(case)) == ["a", "chase"]
    do(case, "a", hours(7))
    do(case, "chase", hours(8))
    assert case.closed


def test_a_boundary_timer_whose_moment_has_passed_is_said_to_fire_at_once() -> None:
    moved = over(started(ONE), TIMED, at=20)
    assert "has passed (04 February 2026, 02:00): it fires at once" in words(moved.findings)
    assert moved.case.fire_timers(hours(20)) == 1


def test_a_boundary_event_that_is_new_and_interrupts_ends_the_work() -> None:
    text = TIMED.replace(" keep", "")
    case = again(over(started(ONE), text).case)
    case.fire_timers(hours(6))
    assert open_tasks(case) == ["a", "chase"]
    assert next(task for task in case.tasks.values() if task.element == "a").detached


def test_a_task_done_before_its_new_timer_leaves_nothing_waiting() -> None:
    case = again(over(started(ONE), TIMED).case)
    do(case, "a", hours(2))
    assert case.closed
    assert case.timers == []


def test_a_boundary_timer_that_is_gone_waits_no_more() -> None:
    moved = over(started(TIMED), ONE)
    case = again(moved.case)
    assert case.timers == []
    assert "is no longer there" in words(moved.findings)
    do(case, "a", hours(2))
    assert case.closed


def test_work_behind_a_boundary_event_that_is_gone_keeps_the_case_back() -> None:
    case = started(TIMED)
    case.fire_timers(hours(6))
    with pytest.raises(Refused, match="task “chase” has no counterpart: choose one in the mapping"):
        over(case, ONE, at=7)


def test_a_case_goes_through_a_task_that_was_put_in_behind_where_it_stands() -> None:
    text = ONE.replace("s -> a -> e", "user n duty=notify_director\ns -> a -> n -> e")
    case = again(over(started(ONE), text).case)
    do(case, "a", hours(2))
    assert open_tasks(case) == ["n"]
    do(case, "n", hours(3))
    assert case.closed


def test_there_and_back_leaves_the_state_as_it_was() -> None:
    case = started(TIMED)
    before = plain(case)
    there = over(case, ONE.replace("user a", "user x").replace("s -> a", "s -> x"), {"a": "x"})
    assert open_tasks(there.case) == ["x"]
    back = over(there.case, TIMED, {"x": "a"})
    now = plain(back.case)
    assert now["tasks"] == before["tasks"]
    assert now["ledger"] == before["ledger"]
    assert [(t.element, t.due) for t in back.case.timers] == [("b", hours(6))]


def test_a_duty_that_is_open_keeps_the_limit_of_the_version_it_arose_under() -> None:
    text = ONE.replace("PT24H", "PT36H")
    moved = over(started(ONE), text)
    assert moved.limits == 1
    assert "keeps the limit it has" in words(moved.findings)
    case = again(moved.case)
    case.set_facts({"child.age": 15}, at=hours(2))
    case = again(case)
    assert case.entries[1].due == hours(24)
    do(case, "a", hours(30))
    assert case.ledger["hold_planning_meeting"]["outcome"] == "done_late"


def test_a_kept_limit_follows_what_is_set_right_by_the_rule_that_applied_when_it_arose() -> None:
    text = ONE.replace("now", "episode.reported_at")
    moved = over(started(text), text.replace("PT24H", "PT36H"))
    case = again(moved.case)
    case.correct({"episode.reported_at": hours(-4)}, at=hours(2), reason="typed wrongly")
    assert case.entries[1].due == hours(20)
    back = over(case, text, at=3)
    assert back.limits == 0
    assert "limits" not in codec.unpack_state(back.case.dump())


def test_a_duty_that_arises_after_the_change_follows_the_new_version() -> None:
    two = ONE.replace(
        "s -> a -> e", 'user n duty=notify_director due="= now + duration(\\"PT4H\\")"\ns -> a -> n -> e'
    )
    case = again(over(started(two), two.replace("PT4H", "PT2H")).case)
    do(case, "a", hours(2))
    assert case.entries[2].due == hours(4)


PARALLEL = """
    start s message=reported
    and f
    user a
    user b
    and j
    end e
    s -> f
    f -> a -> j
    f -> b -> j
    j -> e
"""


def test_a_branch_that_has_arrived_stays_arrived_where_a_step_was_put_in_before_the_join() -> None:
    case = started(PARALLEL)
    do(case, "a", hours(1))
    text = PARALLEL.replace("user b", "user b\nthrow n").replace("f -> a -> j", "f -> a -> n -> j")
    moved = over(again(case), text, at=2)
    assert "event “n” is passed over" in words(moved.findings)
    case = again(moved.case)
    do(case, "b", hours(3))
    assert case.closed


def test_a_join_that_no_longer_waits_for_a_branch_lets_the_case_go_on_at_once() -> None:
    line = PARALLEL.replace("j -> e", "j -> c -> e\nuser c")
    text = line.replace("f -> b -> j", "f -> b -> e2\nend e2")
    case = started(line)
    do(case, "a", hours(1))
    case = again(over(case, text, at=2).case)
    assert sorted(open_tasks(case)) == ["b", "c"]
    do(case, "b", hours(3))
    do(case, "c", hours(4))
    assert case.closed


def test_work_behind_an_event_that_has_fired_goes_on_where_the_event_has_no_counterpart() -> None:
    case = started(TIMED)
    case.fire_timers(hours(6))
    text = TIMED.replace("boundary b", "boundary b2").replace("b -> chase", "b2 -> chase")
    case = again(over(case, text, at=7).case)
    assert open_tasks(case) == ["a", "chase"]
    do(case, "a", hours(8))
    assert open_tasks(again(case)) == ["chase"]
    assert case.timers == []
    do(case, "chase", hours(9))
    assert case.closed


def test_an_event_that_now_stands_beside_another_task_waits_there_and_not_here() -> None:
    text = TIMED.replace("on=a", "on=x").replace("s -> a -> e", "user x\ns -> a -> x -> e")
    moved = over(started(TIMED), text)
    assert "is no longer there" in words(moved.findings)
    case = again(moved.case)
    assert case.timers == []
    do(case, "a", hours(2))
    assert [(timer.element, timer.due) for timer in case.timers] == [("b", hours(8))]


def test_a_branch_that_was_never_begun_keeps_the_case_back() -> None:
    text = PARALLEL.replace("user b", "user b\nuser c").replace("j -> e", "f -> c -> j\nj -> e")
    with pytest.raises(Refused, match="“j” would wait for ever for what comes from the task “c”"):
        over(started(PARALLEL), text)


def test_tokens_side_by_side_keep_a_case_back_from_a_line() -> None:
    line = "start s message=reported\nuser a\nuser b\nend e\ns -> a -> b -> e"
    with pytest.raises(Refused, match="both reached in this case; in the new version one comes after"):
        over(started(PARALLEL), line)


def test_a_line_keeps_back_a_case_from_branches_side_by_side() -> None:
    line = "start s message=reported\nuser a\nuser b\nend e\ns -> a -> b -> e"
    with pytest.raises(Refused, match="would wait for ever"):
        over(started(line), PARALLEL)


def test_a_task_passed_over_by_a_change_of_the_order_is_told_by_its_name() -> None:
    line = "start s message=reported\nuser a\nuser b\nend e\ns -> a -> b -> e"
    moved = over(started(line), line.replace("s -> a -> b -> e", "s -> b -> a -> e"))
    assert "The task “b” is passed over" in words(moved.findings)


def test_every_reason_is_given_at_once_and_each_once() -> None:
    text = "start s message=reported\nuser x\nend e\ns -> x -> e"
    with pytest.raises(Refused) as refused:
        over(started(PARALLEL.replace("user a", "user a duty=hold_planning_meeting")), text)
    assert sorted(one.words for one in refused.value.findings if one.refuses) == [
        "The task “a” has no counterpart: choose one in the mapping.",
        "The task “b” has no counterpart: choose one in the mapping.",
    ]


def test_an_element_of_another_kind_is_no_counterpart() -> None:
    text = ONE.replace("user a", "send a")
    with pytest.raises(Refused, match="task “a” has no counterpart"):
        over(
            started(ONE),
            ONE.replace("user a duty=hold_planning_meeting", "receive a duty=hold_planning_meeting"),
        )
    with pytest.raises(MappingError, match="not of one kind"):
        match(pack(ONE), pack(text), {"a": "a"})


def test_two_elements_cannot_become_one() -> None:
    line = "start s message=reported\nuser a\nuser b\nend e\ns -> a -> b -> e"
    with pytest.raises(MappingError, match="it can stand for one of them"):
        match(pack(line), pack(line), {"a": "b", "b": "b"})


def test_a_wait_for_several_events_takes_the_new_one_and_keeps_the_timer() -> None:
    text = """
    start s message=reported
    either g
    catch back message=returned
    catch day timer="= now + duration(\\"PT24H\\")"
    user seen
    user late
    end e
    s -> g
    g -> back -> seen -> e
    g -> day -> late -> e
    """
    more = text.replace("catch day", "catch found message=placement_found\n    catch day").replace(
        "g -> day", "g -> found -> seen\n    g -> day"
    )
    case = started(text)
    due = case.timers
    case = again(over(case, more, at=3).case)
    assert case.timers == due
    case.record_event("placement_found", at=hours(4))
    assert open_tasks(case) == ["seen"]


def test_a_case_inside_a_subprocess_goes_on_inside_it_and_its_boundary_events_with_it() -> None:
    text = """
    start s message=reported
    sub w
    start ws in=w
    user a in=w
    end we in=w
    end e
    s -> w -> e
    ws -> a -> we
    """
    more = text.replace(
        "end e\n", "boundary b on=w message=returned\n    user seen\n    end e\n    b -> seen -> e\n", 1
    )
    case = again(over(started(text), more).case)
    case.record_event("returned", at=hours(2))
    assert open_tasks(case) == ["seen"]


def test_work_that_now_stands_in_a_subprocess_keeps_the_case_back() -> None:
    text = """
    start s message=reported
    sub w
    start ws in=w
    user a in=w duty=hold_planning_meeting
    end we in=w
    end e
    s -> w -> e
    ws -> a -> we
    """
    with pytest.raises(Refused, match="in another part of the new version"):
        over(started(ONE), text)


def test_a_case_of_another_version_is_not_touched() -> None:
    case = started(ONE)
    other = replace(pack(ONE), hash="0" * 64)
    with pytest.raises(codec.StateError, match="runs on pack"):
        migrate(match(other, pack(TIMED)), case.dump(), at=hours(1))


def test_time_does_not_run_backwards_in_a_case_that_goes_over() -> None:
    case = started(ONE)
    case.set_facts({"child.age": 15}, at=hours(5))
    with pytest.raises(Exception, match="is before that"):
        over(case, TIMED, at=4)
    assert case.entries[1].due == hours(0) + timedelta(hours=24)
