"""Infection: in which stories a mutant decides differently, asked while the pack itself is played."""

from __future__ import annotations

from pathlib import Path

from engine.case.scopes import plan_of, trying
from engine.check.mutation.infection import Infection
from engine.check.mutation.mutants import mutants
from engine.check.mutation.run import Fate, survey
from engine.check.scenarios import stories_beside
from engine.check.verify.playing import play_story
from engine.check.verify.stories import Story
from engine.pack.library import Library

LIBRARY = Library(Path(__file__).resolve().parents[3] / "processes")
PACK = LIBRARY.get("nottinghamshire")
STORIES = [Story(scenario) for scenario in stories_beside(LIBRARY, "nottinghamshire")[:12]]
MUTANTS = dict(list(enumerate(mutants(PACK)))[::5])


def test_a_story_comes_out_alike_while_mutants_are_asked_and_afterwards() -> None:
    before = play_story(STORIES[0], PACK, ())
    expressions = [m.swap[0] for m in MUTANTS.values() if m.swap is not None]
    codes = [expression.__dict__["_code"] for expression in expressions]
    assert Infection(PACK, MUTANTS).of(STORIES[0])
    assert [expression.__dict__["_code"] for expression in expressions] == codes
    assert play_story(STORIES[0], PACK, ()).ledger == before.ledger
    assert plan_of(PACK).pack is PACK


def test_a_mutant_of_an_expression_that_was_not_told_apart_leaves_the_ledger_as_it_is() -> None:
    infection = Infection(PACK, MUTANTS)
    told: dict[int, set[int]] = {index: set(infection.of(story)) for index, story in enumerate(STORIES[:3])}
    asked = [n for n, m in MUTANTS.items() if m.decision is not None]
    assert asked
    for number in asked:
        variant = MUTANTS[number].make()
        for index, story in enumerate(STORIES[:3]):
            if number in told[index]:
                continue
            own = play_story(story, PACK, ()).ledger
            with trying(variant, PACK, None):
                assert play_story(story, variant, ()).ledger == own, MUTANTS[number].id


def test_a_survey_notices_by_checks_as_faults_and_by_what_a_story_expects() -> None:
    suite = [(story, play_story(story, PACK)) for story in STORIES]
    heard: list[tuple[int, int]] = []
    found = survey(PACK, suite, sample=60, jobs=2, listen=lambda done, of: heard.append((done, of)))
    assert len(found.tried) == 60
    assert heard[-1] == (12 + 60, 12 + 60)
    assert sum(found.counts.values()) == 60
    assert found.counts[Fate.NOTICED] == sum(found.means.values())
    assert found.means["check"] > 0
    assert {one.by for one in found.tried if one.means == "check"} <= set(PACK.checks)
    assert all(not one.played for one in found.tried if one.fate is Fate.UNREACHED)
    again = survey(PACK, suite, sample=60, jobs=1)
    assert [(one.where, one.what, one.fate) for one in again.tried] == [
        (one.where, one.what, one.fate) for one in found.tried
    ]
