"""Long lives: a loop's thousandth step and a child missing for 400 days cost what the first did, and nothing is lost."""

from __future__ import annotations

import pytest

from engine.case.case import Case
from engine.case.model import Incident
from tests.case.diagrams import again, do, hours, open_tasks, started

LOOP = """
    start s message=reported
    user a
    xor g default=e
    end e
    s -> a -> g -> e
    g -> a if="= episode.still_away"
"""

DAILY = """
    start s message=reported
    sub w
    start ws in=w
    xor m in=w
    catch day in=w timer="= days after(now, 1)"
    user update in=w duty=update_response_form occasion="= now" due="= now + duration(\\"PT8H\\")"
    boundary back on=w message=returned
    user after
    end e
    s -> w
    ws -> m -> day -> update -> m
    back -> after -> e
"""


def size_and_tokens(case: Case) -> tuple[int, int]:
    return sum(len(one._tree.workflow.tasks) for one in case.instances.values()), len(case.live_elements())


def test_a_loop_of_a_thousand_steps_never_closes_silently_and_holds_no_more_than_at_the_start() -> None:
    case = started(LOOP)
    held = 0
    for number in range(1000):
        case = again(case)
        do(case, "a", hours(number))
        assert open_tasks(case) == ["a"]
        if number == 10:
            held = size_and_tokens(again(case))[0]
    assert not case.closed
    assert size_and_tokens(again(case))[0] <= held
    case.record_event("returned", at=hours(1001))
    do(case, "a", hours(1002))
    assert case.closed


def test_a_loop_of_a_thousand_steps_in_memory_without_storing_holds_as_well() -> None:
    case = started(LOOP)
    for number in range(1000):
        do(case, "a", hours(number))
    assert open_tasks(case) == ["a"]
    assert not case.closed


def test_a_loop_inside_a_subprocess_holds_in_memory_without_storing_as_well() -> None:
    case = started(DAILY)
    for _ in range(400):
        due = case.next_due
        assert due is not None
        case.fire_timers(due)
        do(case, "update", due)
    assert case.ledger["update_response_form"]["count"] == 400
    assert max(one._tree.held() for one in case.instances.values()) < 200


def test_a_child_missing_for_400_days_is_asked_after_every_day() -> None:
    case = started(DAILY)
    sizes = []
    for _ in range(400):
        case = again(case)
        due = case.next_due
        assert due is not None
        assert case.fire_timers(due) == 1
        assert open_tasks(case) == ["update"]
        do(case, "update", due)
        sizes.append(size_and_tokens(case)[0])
    assert case.ledger["update_response_form"]["count"] == 400
    assert max(sizes[-50:]) <= max(sizes[:50])
    case.record_event("returned", at=hours(24 * 402))
    assert open_tasks(again(case)) == ["after"]


def test_a_parallel_pair_wrapped_in_a_subprocess_may_loop() -> None:
    case = started(
        """
        start s message=reported
        sub w
        start ws in=w
        and f in=w
        user a in=w
        user b in=w
        and j in=w
        end we in=w
        xor g default=e
        end e
        s -> w -> g -> e
        g -> w if="= episode.still_away"
        ws -> f -> a -> j -> we
        f -> b -> j
        """
    )
    for number in range(60):
        first, second = ("a", "b") if number % 2 else ("b", "a")
        do(case, first, hours(number))
        case = again(case)
        assert open_tasks(case) == [second]
        do(case, second, hours(number))
        case = again(case)
        assert sorted(open_tasks(case)) == ["a", "b"]


def test_an_automatic_loop_that_waits_for_nobody_is_an_incident_and_not_a_hang() -> None:
    text = """
        start s message=reported
        throw t
        xor g default=e
        end e
        s -> t -> g -> e
        g -> t if="= episode.still_away"
    """
    with pytest.raises(Exception) as fault:  # the reader refuses it before a case could
        started(text)
    assert "loop" in str(fault.value) or isinstance(fault.value, Incident)
