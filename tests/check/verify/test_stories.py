"""Stories made by code: what they tell, what they never tell, and that they are the same for the same seed."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

from engine.check.verify.domains import domains_of
from engine.check.verify.playing import play_story
from engine.check.verify.stories import Pace, Storyteller, after
from engine.check.verify.varying import Varying
from engine.pack.library import Library

LIBRARY = Library(Path(__file__).resolve().parents[3] / "processes")


def teller_of(council: str) -> Storyteller:
    pack = LIBRARY.get(council)
    return Storyteller(pack, domains_of(pack))


@pytest.mark.parametrize("council", LIBRARY.councils())
def test_the_ordinary_story_can_be_told_of_every_council_and_meets_no_fault(council: str) -> None:
    teller = teller_of(council)
    result = play_story(teller.ordinary, teller.pack, ())
    assert result.awkward is None and result.faults == ()
    assert any(one.startswith("duty:") for one in result.seen)


@pytest.mark.parametrize("council", LIBRARY.councils())
def test_no_story_tells_what_is_impossible_together(council: str) -> None:
    teller = teller_of(council)
    varying = Varying(teller)
    rng = random.Random(7)
    story = teller.ordinary
    for _ in range(300):
        story = varying.beside(story, rng) if rng.random() < 0.7 else teller.at_random(rng)
        scenario = story.scenario
        assert teller.impossible(scenario.facts, scenario.reported) is None
        for line in scenario.timeline:
            assert (
                teller.impossible({**scenario.facts, **line.facts}, scenario.reported) is None
                or not line.facts
            )


def test_what_comes_with_the_report_never_becomes_otherwise_on_the_way() -> None:
    teller = teller_of("camden")
    varying = Varying(teller)
    check = teller.pack.checks["parents-report"]
    rng = random.Random(7)
    told = set()
    for _ in range(200):
        story = varying.towards(check, teller.at_random(rng), rng)
        told.add(story.scenario.facts["notification.source"])
        assert all("notification.source" not in line.facts for line in story.scenario.timeline)
    assert len(told) > 1


def test_no_age_falls_on_the_way() -> None:
    teller = teller_of("east-sussex")
    varying = Varying(teller)
    rng = random.Random(7)
    story = teller.ordinary
    changed = 0
    for _ in range(1500):
        story = varying.beside(story, rng) if rng.random() < 0.7 else teller.at_random(rng)
        age = story.scenario.facts["child.age"]
        later = [line.facts["child.age"] for line in story.scenario.timeline if "child.age" in line.facts]
        changed += bool(later)
        assert len(later) < 2 and all(one >= age for one in later)
    assert changed


def test_no_return_is_verified_before_the_return_of_which_the_story_tells() -> None:
    teller = teller_of("east-sussex")
    varying = Varying(teller)
    check = teller.pack.checks["verified-return-is-entered"]
    rng = random.Random(7)
    with_return = without = 0
    for _ in range(300):
        story = varying.towards(check, teller.at_random(rng), rng)
        back = [line.name for line in story.scenario.timeline if line.event == "returned"]
        verified = [line for line in story.scenario.timeline if line.event == "return_verified"]
        assert not back or all(line.at.name in back for line in verified)
        with_return += bool(back and verified)
        without += bool(verified and not back)
    assert with_return and without


def test_the_same_seed_tells_the_same_story_and_another_seed_another() -> None:
    teller = teller_of("bury")
    assert teller.at_random(random.Random("1:5")) == teller.at_random(random.Random("1:5"))
    assert teller.at_random(random.Random("1:5")) != teller.at_random(random.Random("1:6"))


def test_random_stories_have_people_of_every_pace_and_returns_learnt_late() -> None:
    teller = teller_of("camden")
    stories = [teller.at_random(random.Random(seed)) for seed in range(200)]
    assert {story.pace for story in stories} == set(Pace)
    lines = [line for story in stories for line in story.scenario.timeline]
    assert any(line.event == "returned" and line.actual is not None for line in lines)
    assert any(line.event == "missing_again" for line in lines)
    assert any(line.event is None and line.facts for line in lines)
    assert any(story.scenario.received > story.scenario.reported for story in stories)
    assert any(not any(line.event == "returned" for line in s.scenario.timeline) for s in stories)


def test_a_moment_is_written_as_people_write_it() -> None:
    assert after(timedelta(hours=72)).text == "+72h"
    assert after(timedelta(hours=71, minutes=59)).text == "+71h59m"
    assert after(timedelta(0), "ret").text == "ret"
    assert after(timedelta(minutes=-1), "ret").text == "ret-1m"


def test_a_story_moved_to_another_day_keeps_its_lengths() -> None:
    teller = teller_of("nottinghamshire")
    story = teller.at_random(random.Random(3))
    later = story.scenario.reported + timedelta(days=100)
    moved = Varying(teller).starting(story, later).scenario
    assert moved.received - moved.reported == story.scenario.received - story.scenario.reported
    for before, now in zip(story.scenario.earlier, moved.earlier, strict=True):
        assert moved.reported - now.reported == story.scenario.reported - before.reported


def test_people_who_are_late_end_duties_late_and_idle_people_end_none() -> None:
    teller = teller_of("kirklees")
    outcomes = {
        pace: {
            seen.split(":")[3]
            for seen in play_story(teller.at_pace(teller.ordinary, pace), teller.pack, ()).seen
            if seen.startswith("duty:")
        }
        for pace in Pace
    }
    assert "done_late" in outcomes[Pace.LATE]
    assert "done_late" not in outcomes[Pace.PROMPT]
    assert not outcomes[Pace.IDLE] & {"done", "done_late"}
    assert "open" in outcomes[Pace.IDLE]


def test_no_age_falls_as_time_goes_by() -> None:
    teller = teller_of("camden")
    told = 0
    for seed in range(400):
        scenario = teller.at_random(random.Random(seed)).scenario
        for line in scenario.timeline:
            if "child.age" in line.facts:
                told += 1
                assert line.facts["child.age"] >= scenario.facts["child.age"]
    assert told
