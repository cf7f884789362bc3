"""A story that was written down and read again is the same story."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.check.scenarios import read_scenarios
from engine.check.scenarios.story import Happens, Scenario
from engine.check.verify.domains import domains_of
from engine.check.verify.playing import play_story, told_whole
from engine.check.verify.stories import Pace, Story, Storyteller
from engine.check.verify.writing import written
from engine.pack.library import Library

LIBRARY = Library(Path(__file__).resolve().parents[3] / "processes")


def read_again(scenarios: list[Scenario], folder: Path) -> list[Scenario]:
    path = folder / "stories.yaml"
    path.write_text(written(scenarios), encoding="utf-8")
    return read_scenarios(path, LIBRARY.vocabulary)


def content(scenario: Scenario) -> tuple[object, ...]:
    """Return what a scenario tells, without where it stands in its file."""
    lines = [
        (h.at, h.event, h.actual, h.done, dict(h.facts), h.name, h.case, h.role) for h in scenario.timeline
    ]
    return (
        (scenario.id, scenario.title, scenario.authority, scenario.reported, scenario.received),
        (scenario.started_by, dict(scenario.facts), scenario.earlier, scenario.hold, scenario.until),
        lines,
    )


@pytest.mark.parametrize("council", LIBRARY.councils())
def test_random_stories_of_every_council_are_the_same_when_read_again(council: str, tmp_path: Path) -> None:
    pack = LIBRARY.get(council)
    teller = Storyteller(pack, domains_of(pack))
    told = [teller.at_random(random.Random(seed)).scenario for seed in range(40)]
    told = [Scenario(**{**fields(one), "id": f"story-{n}"}) for n, one in enumerate(told)]
    assert [content(one) for one in read_again(told, tmp_path)] == [content(one) for one in told]
    assert any(one.timeline and any(line.facts for line in one.timeline) for one in told)
    assert any(one.earlier for one in told) and any(one.hold for one in told)


def test_what_people_do_late_can_be_written_down_and_played_to_the_same_ledger(tmp_path: Path) -> None:
    pack = LIBRARY.get("kirklees")
    teller = Storyteller(pack, domains_of(pack))
    story = teller.at_pace(teller.ordinary, Pace.LATE)
    late = play_story(story, pack, ())
    whole = told_whole(story, late)
    (again,) = read_again([whole], tmp_path)
    assert late.carried and all(isinstance(line, Happens) and line.done for line in late.carried)
    played = play_story(Story(again), pack, ())
    assert {one for one in played.seen if one.startswith("duty")} == {
        one for one in late.seen if one.startswith("duty")
    }
    assert any("done_late" in one for one in played.seen)


def fields(scenario: Scenario) -> dict[str, object]:
    return {name: getattr(scenario, name) for name in Scenario.__slots__}
