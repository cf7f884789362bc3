"""What a story can vary: the values at which a pack decides otherwise, and no others."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

from engine.check.verify.domains import domains_of
from tests.case.diagrams import TALK_FORM
from tests.check.verify.packs import pack

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def test_a_number_has_its_ordinary_value_and_those_just_below_at_and_just_above_a_limit() -> None:
    assert domains_of(pack()).facts["child.age"] == (14, 15, 16, 17)


def test_a_fact_that_nothing_reads_is_told_in_one_way_only() -> None:
    facts = domains_of(pack()).facts
    assert facts["interview.mode"] == ("face_to_face",)
    assert "child.legal_status" in domains_of(pack()).varied
    assert "interview.mode" not in domains_of(pack()).varied


def test_a_word_that_is_compared_may_be_any_of_its_values() -> None:
    assert set(domains_of(pack()).facts["child.legal_status"]) >= {"looked_after", "none", "care_leaver"}


def test_lengths_come_from_timers_and_limits_and_checks() -> None:
    lengths = domains_of(pack()).lengths
    assert {timedelta(hours=4), DAY, 2 * DAY, 3 * DAY} <= set(lengths)
    assert lengths == tuple(sorted(lengths))


def test_a_length_that_only_a_check_names_is_tried_as_well() -> None:
    checks = """
- check: week
  clauses: ["1.3"]
  says: "After a week."
  when: 7d after reported
  then: hold_return_interview
"""
    assert timedelta(days=7) in domains_of(pack(checks=checks)).lengths
    assert timedelta(days=7) not in domains_of(pack()).lengths


def test_a_limit_on_a_count_says_how_many_earlier_episodes_to_tell() -> None:
    counted = pack(("child.age < 16", "episode.occasion_number >= 5"))
    assert domains_of(counted).counts == (3, 4, 5)


def test_a_derived_length_is_told_by_moments_and_not_as_a_fact() -> None:
    long = pack(("child.age < 16", 'episode.hours_missing > duration(\\"PT90H\\")'))
    assert timedelta(hours=90) in domains_of(long).lengths
    assert timedelta(hours=90) + SECOND in domains_of(long).lengths
    assert "episode.hours_missing" not in domains_of(long).facts


def test_moments_that_come_with_an_event_are_not_told() -> None:
    facts = domains_of(pack()).facts
    assert not {"return.returned_at", "return.known_at", "episode.reported_at"} & facts.keys()


def test_the_events_are_those_that_the_pack_listens_for() -> None:
    domains = domains_of(pack())
    assert domains.events == ("reported", "returned")
    assert domains.openers == ("reported",)


def test_what_an_event_brings_is_what_is_read_where_it_is_heard() -> None:
    assert domains_of(pack()).brings["returned"] == ("child.age", "child.legal_status")


def test_numbers_of_a_check_are_limits_too() -> None:
    checks = """
- check: old
  clauses: ["1.3"]
  says: "Nobody over 17."
  given: {child.age: ">= 18"}
  never: hold_return_interview
"""
    values = domains_of(pack(checks=checks)).facts["child.age"]
    assert {Decimal(17), Decimal(18), Decimal(19)} <= set(values)


def test_a_word_that_people_answer_is_one_that_some_form_offers() -> None:
    form = {
        **TALK_FORM,
        "properties": {
            **TALK_FORM["properties"],  # type: ignore[dict-item]
            "risk.level": {
                "type": "string",
                "title": "Risk",
                "enum": ["low", "medium"],
                "x-labels": {"low": "Low", "medium": "Medium"},
            },
        },
    }
    reading = pack(
        ("child.age < 16", 'is known(risk.level) and risk.level = \\"medium\\"'),
        ("user talk duty", "user talk form=talk duty"),
        form=json.dumps(form),
    )
    assert domains_of(reading).facts["risk.level"] == ("medium", "low")
