"""A timer that cannot be worked out, or behind which the procedure cannot go on, stops no other timer of its case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.case.case import Case
from engine.case.model import Incident
from tests.case.diagrams import again, do, hours, open_tasks, started

TWO = """
    start s message=reported
    and f
    catch review timer="= {review}"
    user look duty=hold_planning_meeting {keys}
    end e
    catch day timer="= episode.reported_at + duration(\\"PT24H\\")"
    user brief duty=notify_director
    end e2
    s -> f
    f -> review -> look -> e
    f -> day -> brief -> e2
"""
UNKNOWN = TWO.format(review="review.next_child_review", keys="")
STUCK = TWO.format(
    review='episode.reported_at + duration(\\"PT12H\\")', keys='when="= risk.significant_harm"'
)  # fmt: skip


def stuck() -> Case:
    case = started(STUCK)
    case.drain()
    return case


def test_a_timer_whose_moment_nobody_knows_is_told_once_and_the_act_goes_through() -> None:
    case = started(UNKNOWN)
    (incident,) = case.drain().incidents
    assert (incident.element, incident.fact) == ("review", "review.next_child_review")
    case = again(case)
    case.set_facts({"child.age": 15}, at=hours(1))
    assert case.drain().incidents == []
    assert [timer.element for timer in case.timers] == ["day"]


def test_the_other_timers_of_the_case_fire() -> None:
    case = again(started(UNKNOWN))
    assert case.fire_timers(hours(24)) == 1
    assert open_tasks(case) == ["brief"]


def test_a_timer_waits_again_when_its_moment_is_known_and_is_told_anew_when_it_is_lost() -> None:
    case = started(UNKNOWN)
    name = case.drain().incidents[0].timer
    case.set_facts({"review.next_child_review": (hours(48)).date()}, at=hours(1))
    assert [(timer.element, timer.id == name) for timer in case.timers] == [("day", False), ("review", True)]
    assert case.timers[1].due - hours(48) < timedelta(days=1)
    case.set_facts({"review.next_child_review": None}, at=hours(2))
    (incident,) = case.drain().incidents
    assert "neither a date nor a date and time" in str(incident)


def test_trying_a_timer_that_cannot_be_worked_out_says_what_is_wrong() -> None:
    case = started(UNKNOWN)
    name = case.drain().incidents[0].timer
    with pytest.raises(Incident, match=r"review\.next_child_review"):
        again(case).fire_timers(hours(1), only=name)


def test_an_incident_behind_a_timer_names_it_and_the_others_fire_without_it() -> None:
    case = stuck()
    kept = case.dump()
    with pytest.raises(Incident) as incident:
        case.fire_timers(hours(30))
    name = incident.value.timer
    assert incident.value.fact == "risk.significant_harm"
    case = Case.load(case.pack, kept)
    assert {timer.id for timer in case.timers} > {name}
    assert case.fire_timers(hours(30), without={str(name)}) == 1
    assert open_tasks(case) == ["brief"]
    assert [timer.id for timer in case.timers] == [name]


def test_a_timer_that_could_not_go_on_fires_alone_when_what_it_lacked_is_known() -> None:
    case = stuck()
    first, second = case.timers
    case.set_facts({"risk.significant_harm": True}, at=hours(30))
    assert case.fire_timers(hours(31), only=first.id) == 1
    assert open_tasks(case) == ["look"]
    assert case.fire_timers(hours(31), only=first.id) == 0
    assert [timer.id for timer in case.timers] == [second.id]


def test_a_broken_timer_of_a_scope_that_ended_is_gone() -> None:
    case = started(
        """
        start s message=reported
        user a
        boundary b on=a keep timer="= review.next_child_review"
        user c
        end e
        end e2
        s -> a -> e
        b -> c -> e2
        """
    )
    name = case.drain().incidents[0].timer
    do(case, "a", hours(1))
    assert case.closed
    assert again(case).fire_timers(hours(2), only=name) == 0
