"""Setting right what was recorded wrongly: a value corrected, acts taken back, a case voided."""

from __future__ import annotations

import pytest

from engine.case.case import Case
from engine.case.correction import Earlier
from engine.case.model import CaseError, Changes
from tests.case.diagrams import again, do, hours, open_tasks, started

AWAY = """
    start s message=reported
    sub w
    start ws in=w
    catch day in=w timer="= episode.reported_at + duration(\\"PT24H\\")"
    throw long in=w duty=notify_assistant_director
    user look in=w
    end we in=w
    boundary back on=w message=returned
    user talk duty=hold_return_interview due="= return.returned_at + duration(\\"PT72H\\")"
    end e
    end f
    s -> w -> e
    ws -> day -> long -> look -> we
    back -> talk -> f
"""
FORK = """
    start s message=reported
    user a duty=process_notification
    xor g default=b
    user b duty=convene_strategy_meeting
    user c duty=notify_assistant_director
    end e
    end f
    s -> a -> g
    g -> c if="= ledger.process_notification.done_at < episode.reported_at + duration(\\"PT2H\\")"
    g -> b
    b -> e
    c -> f
"""


def outcomes(case: Case, *changes: Changes) -> dict[str, str]:
    """Return how each duty stands, by what was written last."""
    written = {number: entry for one in changes for number, entry in one.entries.items()}
    return {entry.obligation: entry.outcome.value for entry in (written | case.entries).values()}


def test_an_earlier_return_moves_the_limit_and_withdraws_what_arose_after_it() -> None:
    case = started(AWAY)
    case.fire_timers(hours(24))
    case.record_event("returned", at=hours(26), actual=hours(25))
    assert outcomes(case) == {"notify_assistant_director": "open", "hold_return_interview": "open"}
    case = again(case)
    case.correct({"return.returned_at": hours(20)}, at=hours(27), reason="The carer misread the clock.")
    assert outcomes(case) == {"notify_assistant_director": "withdrawn", "hold_return_interview": "open"}
    (interview,) = [entry for entry in case.entries.values() if entry.open]
    assert interview.due == hours(92)
    (change,) = [change for change in case.drain().facts if change.fact == "return.returned_at"]
    assert (change.value, change.origin, change.reason) == (
        hours(20),
        "correction",
        "The carer misread the clock.",
    )


def test_what_is_forgotten_is_unknown_again() -> None:
    case = started(AWAY, **{"child.age": 12})
    case.correct({}, forgotten=["child.age"], at=hours(1), reason="Another child's.")
    assert "child.age" not in case.facts.stored
    assert [(c.fact, c.value, c.origin) for c in case.drain().facts][-1] == ("child.age", None, "forgotten")
    assert "child.age" not in again(case).facts.stored


def taken(case: Case, before: bytes, *changes: Changes, act: int = 2) -> Case:
    written = {number: entry for one in changes for number, entry in one.entries.items()}
    return again(case).take_back(Earlier(before, written), act=act, at=hours(5), reason="Pressed too soon.")


def test_what_is_taken_back_stands_open_again_and_what_it_led_to_is_withdrawn() -> None:
    case = started(FORK)
    case.drain()
    before = case.dump()
    do(case, "a", hours(1))
    assert open_tasks(case) == ["c"]
    changes = case.drain()
    back = taken(case, before, changes)
    assert open_tasks(back) == ["a"]
    told = back.drain()
    assert outcomes(back, told) == {"process_notification": "open", "notify_assistant_director": "withdrawn"}
    assert set(told.tasks_ended.values()) == {"cancelled"} and len(told.tasks_opened) == 1
    back = again(back)
    do(back, "a", hours(6))
    assert open_tasks(back) == ["b"], "the other way is open now"
    numbers = [number for number, entry in back.entries.items() if entry.open]
    assert numbers == [3], "a number that was used before is never used again"


def test_several_acts_are_taken_back_at_once() -> None:
    case = started(FORK)
    case.drain()
    before = case.dump()
    do(case, "a", hours(1))
    first = case.drain()
    case = again(case)
    do(case, "c", hours(2))
    assert case.closed
    back = taken(case, before, first, case.drain())
    assert not back.closed and open_tasks(back) == ["a"]
    assert [h.kind for h in back.drain().history][:2] == ["taken_back", "reopened"]


def test_facts_stand_as_they_did_before_what_is_taken_back() -> None:
    case = started(AWAY, **{"child.age": 12})
    case.drain()
    before = case.dump()
    case.record_event("returned", at=hours(3), actual=hours(2))
    case.set_facts({"child.age": 13}, at=hours(3))
    back = taken(case, before, case.drain())
    assert back.facts.stored["child.age"] == 12 and "return.returned_at" not in back.facts.stored
    origins = {change.fact: change.origin for change in back.drain().facts}
    assert origins["child.age"] == "taken_back" and origins["return.returned_at"] == "forgotten"
    assert [timer.element for timer in back.timers] == ["day"], "the search goes on"


def test_a_voided_case_owes_nothing_and_takes_no_act_until_that_is_taken_back() -> None:
    case = started(AWAY)
    case.fire_timers(hours(24))
    case.drain()
    before = case.dump()
    case.void(at=hours(25), reason="A hoax.")
    changes = case.drain()
    case = again(case)
    assert case.closed and not case.timers and not case.tasks and not case.live_elements()
    assert outcomes(case, changes) == {"notify_assistant_director": "withdrawn"}
    with pytest.raises(CaseError, match="voided"):
        case.set_facts({"child.age": 9}, at=hours(26))
    back = again(taken(case, before, changes))
    assert not back.closed and outcomes(back) == {"notify_assistant_director": "open"}
    back.record_event("returned", at=hours(30))
    assert open_tasks(back) == ["talk"]


def test_what_had_ended_before_cannot_stand_open_again_by_taking_back() -> None:
    case = started(FORK)
    case.drain()
    do(case, "a", hours(1))
    first = case.drain()
    after = case.dump()
    do(case, "c", hours(2))
    with pytest.raises(CaseError, match="had ended before"):
        taken(case, after, first)


def test_what_arose_behind_a_timer_because_of_the_return_itself_stays_when_the_return_is_set_right() -> None:
    case = started(
        """
        start s message=reported
        catch day timer="= episode.reported_at + duration(\\"PT24H\\")"
        catch back message=returned
        user talk duty=hold_return_interview due="= return.returned_at + duration(\\"PT72H\\")"
        end e
        s -> day -> back -> talk -> e
        """
    )
    case.fire_timers(hours(24))
    case.record_event("returned", at=hours(26), actual=hours(25))
    case = again(case)
    case.correct({"return.returned_at": hours(20)}, at=hours(27), reason="Misread.")
    assert [entry.due for entry in case.entries.values() if entry.open] == [hours(92)]
