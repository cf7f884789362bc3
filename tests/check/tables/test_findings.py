"""What the analysis says about tables whose faults are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.check.finding import Finding
from engine.check.tables import compare_tables, examine_tables
from engine.dmn import NoRuleMatches
from engine.feel import UNKNOWN
from engine.pack.model import Pack
from tests.check.tables.tables import number, pack


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


def kinds(of: Pack) -> list[str]:
    return [finding.kind for finding in examine_tables(of)]


# --- gaps


def test_a_gap_is_shown_by_facts_that_no_rule_meets() -> None:
    gap = only(
        examine_tables(
            pack(["risk.level", "count.times"], '"high" | - | true', "- | >= 3 | true", '"low" | < 3 | false')
        )
    )
    assert (gap.kind, gap.element, gap.exact) == ("gap", "d", True)
    facts = dict(gap.witness)
    assert facts["risk.level"] == "medium"
    assert facts["count.times"] < 3


def test_the_value_between_two_limits_is_found() -> None:
    gap = only(examine_tables(pack(["count.times"], "<= 2 | false", ">= 4 | true")))
    assert dict(gap.witness) == {"count.times": number(3)}


def test_a_length_between_two_limits_is_found() -> None:
    gap = only(
        examine_tables(pack(["time.gone"], '<= duration("PT24H") | false', '>= duration("PT24H1M") | true'))
    )
    length = dict(gap.witness)["time.gone"]
    assert timedelta(hours=24) < length < timedelta(hours=24, minutes=1)


def test_a_negative_count_is_no_gap() -> None:
    assert kinds(pack(["count.times"], ">= 0 | true")) == []


def test_a_default_answers_what_no_rule_does() -> None:
    assert kinds(pack(["a.yes"], "true | true", default="false")) == []


def test_columns_that_ask_about_one_fact_are_answered_alike() -> None:
    two = ('risk.level = "high"', "risk.level")
    assert kinds(pack(two, "true | - | true", '- | "low", "medium" | false')) == []
    assert kinds(pack(two, "true | - | true", '- | "low" | false')) == ["gap"]


def test_an_unanswered_fact_is_tried_where_the_table_asks_whether_it_is_known() -> None:
    gap = only(
        examine_tables(
            pack(["is known(a.yes)", "if is known(a.yes) then a.yes else false"], "true | - | true")
        )
    )
    assert dict(gap.witness) == {"a.yes": UNKNOWN}


def test_a_fact_that_may_be_null_is_neither_true_nor_false() -> None:
    found = examine_tables(pack(["a.yes", "a.yes = null"], "true | - | true", "false | - | false"))
    assert dict(only(found).witness) == {"a.yes": None}


def test_impossible_facts_make_no_gap() -> None:
    rules = ("true | - | true", "false | false | false")
    assert kinds(pack(["a.yes", "b.yes"], *rules)) == ["gap"]
    assert kinds(pack(["a.yes", "b.yes"], *rules, impossible=["not(a.yes) and b.yes"])) == []


def test_derived_facts_follow_from_the_facts_they_share_with_the_table() -> None:
    rules = ("true | - | true", '- | "closed", "other" | false', '- | "care", "open" | true')
    of = pack(["a.yes", "group.derived"], *rules[:2])
    assert kinds(of) == ["gap"]
    tied = pack(
        ["a.yes", "group.derived"],
        *rules[:2],
        derived={"group.derived": 'if a.yes then "care" else "closed"'},
    )
    assert kinds(tied) == []


def test_two_derived_facts_of_one_fact_exclude_each_other() -> None:
    rules = ("true | - | true", "false | true | true", "false | false | false")
    both = {"b.yes": 'group.kind = "care"', "c.yes": 'group.kind = "open"'}
    dead = pack(["b.yes", "c.yes"], "true | true | true", *rules, derived=both)
    assert kinds(dead) == ["dead-rule"]


def test_values_that_the_column_does_not_allow_are_no_gap() -> None:
    rules = ['"low" | true', '"high" | true']
    assert kinds(pack(["risk.level"], *rules)) == ["gap"]
    assert kinds(pack(["risk.level"], *rules, allowed={"risk.level": '"low", "high"'})) == []


def test_the_ledger_never_contradicts_itself() -> None:
    columns = ["ledger.hold_return_interview.raised", "ledger.hold_return_interview.open"]
    assert kinds(pack(columns, "true | - | true", "false | false | false")) == []


# --- overlaps


def test_rules_of_a_unique_table_that_match_together_are_an_overlap() -> None:
    of = pack(
        ["risk.level", "count.times"],
        '"high" | - | true',
        "- | > 2 | true",
        '"low","medium" | <= 2 | false',
        policy="UNIQUE",
    )
    overlap = only(examine_tables(of))
    assert (overlap.kind, overlap.others) == ("overlap", ("rule-2",))
    assert dict(overlap.witness)["risk.level"] == "high"
    assert dict(overlap.witness)["count.times"] > 2


def test_an_any_table_may_overlap_where_the_answers_are_the_same() -> None:
    columns = ["a.yes", "b.yes"]
    same = pack(columns, "true | - | true", "- | true | true", "false | false | false", policy="ANY")
    assert kinds(same) == []
    differ = pack(columns, "true | - | true", "- | true | false", "false | false | false", policy="ANY")
    assert kinds(differ) == ["overlap"]


def test_first_and_collecting_tables_overlap_on_purpose() -> None:
    for policy in ("FIRST", "RULE ORDER", "COLLECT"):
        assert kinds(pack(["a.yes"], "true | true", "- | true", policy=policy)) == []


# --- dead rules


def test_a_rule_behind_wider_ones_is_dead_and_these_are_named() -> None:
    dead = only(
        examine_tables(
            pack(
                ["a.yes", "b.yes"],
                "true | - | true",
                "- | true | true",
                "true | true | false",
                "- | - | false",
            )
        )
    )
    assert (dead.kind, dead.element) == ("dead-rule", "rule-3")
    assert len(dead.others) == 1, "either of the two rules before it is enough"


def test_a_rule_is_dead_where_two_before_it_share_its_situations_out() -> None:
    dead = only(
        examine_tables(
            pack(
                ["a.yes", "risk.level"],
                'true | "low","medium" | true',
                'true | "high" | true',
                "true | - | false",
                "- | - | false",
            )
        )
    )
    assert (dead.element, dead.others) == ("rule-3", ("rule-1", "rule-2"))


def test_a_rule_whose_cells_contradict_each_other_is_dead() -> None:
    dead = examine_tables(pack(["a.yes", "not(a.yes)"], "true | true | true", "- | - | false"))
    assert only(dead).witness == ()
    assert "can never match" in only(dead).message


def test_a_rule_with_a_better_answer_comes_first_in_a_priority_table() -> None:
    rules = ('true | "worker"', '- | "manager"', '- | "nobody"')
    found = examine_tables(
        pack(["a.yes"], *rules, outputs=["duty.who"], policy="PRIORITY", values='"manager","worker","nobody"')
    )
    assert [f.element for f in found] == ["rule-1", "rule-3"]


# --- graver facts


def test_a_graver_fact_that_removes_a_duty_is_shown_with_both_situations() -> None:
    reversal = only(
        examine_tables(pack(["risk.level", "count.times"], '"high" | < 2 | false', "- | - | true"))
    )
    assert (reversal.kind, reversal.element, reversal.others) == ("reversal", "rule-1", ("risk.level",))
    assert dict(reversal.witness)["risk.level"] == "medium"
    assert reversal.changed == (("risk.level", "high"),)
    assert reversal.exact


def test_values_that_a_table_treats_alike_keep_their_places_in_the_order() -> None:
    reversal = only(examine_tables(pack(["risk.level"], '"medium" | true', "- | false")))
    assert (dict(reversal.witness), dict(reversal.changed)) == (
        {"risk.level": "medium"},
        {"risk.level": "high"},
    )


def test_answers_of_equal_gravity_may_change_as_they_like() -> None:
    of = pack(["a.yes"], 'true | "worker"', '- | "manager"', outputs=["duty.who"])
    assert kinds(of) == []
    of = pack(["a.yes"], 'true | "nobody"', '- | "manager"', outputs=["duty.who"])
    assert kinds(of) == ["reversal"]


def test_a_fact_without_an_order_reverses_nothing() -> None:
    assert kinds(pack(["c.yes"], "true | false", "- | true")) == []


def test_a_graver_fact_that_a_derived_one_follows_from_is_seen_through_it() -> None:
    rules = ('- | "closed" | false', "true | - | true", "- | - | true")
    derived = {"group.derived": 'if a.yes then "closed" else "open"'}
    found = examine_tables(pack(["a.yes", "group.derived"], *rules[:1], "- | - | true", derived=derived))
    reversal = only(found)
    assert reversal.others == ("a.yes",)
    assert dict(reversal.changed) == {"a.yes": True, "group.derived": "closed"}


def test_an_answer_chosen_by_a_condition_is_told_apart() -> None:
    found = examine_tables(pack(["c.yes"], "- | if a.yes then false else true"))
    assert [f.others for f in found] == [("a.yes",)]


# --- exactness


def test_a_comparison_of_two_facts_is_tried_and_said_to_be() -> None:
    found = examine_tables(
        pack(["time.reported < now", "time.reported"], "true | - | true", "false | - | true")
    )
    assert [(f.kind, f.note, f.exact) for f in found] == [("tried-values", True, False)]
    assert not found[0].fault


# --- what is accepted


def test_an_accepted_finding_is_no_fault_and_one_that_is_gone_is_noted() -> None:
    of = pack(["risk.level"], '"high" | false', "- | true")
    reversal = only(examine_tables(of))
    assert reversal.fault
    found = examine_tables(
        replace(of, accepted={reversal.id: "the text", "gap:d": "once", "deadlock:x": "elsewhere"})
    )
    assert [(f.kind, f.fault, f.accepted) for f in found] == [
        ("reversal", False, "the text"),
        ("accepted-nothing", False, None),
    ]
    assert "gap:d" in found[1].message


def test_a_finding_is_written_as_json() -> None:
    gap = only(examine_tables(pack(["is known(a.yes)"], "true | true")))
    assert gap.as_json()["witness"] == {"a.yes": "unknown"}


# --- versions


def test_rules_that_are_only_written_otherwise_change_nothing() -> None:
    old = pack(["risk.level", "count.times"], '"high" | - | true', "- | >= 3 | true", "- | - | false")
    new = pack(
        ["count.times", "risk.level"], ">= 3 | - | true", '< 3 | not("high") | false', '- | "high" | true'
    )
    assert compare_tables(old, new) == []


def test_a_moved_limit_changes_the_answer_at_the_limit_only() -> None:
    old = pack(["count.times"], ">= 3 | true", "- | false")
    new = pack(["count.times"], "> 3 | true", "- | false")
    change = only(compare_tables(old, new))
    assert change.witness == (("count.times", number(3)),)
    assert "was: duty.required is yes; is now: duty.required is no" in change.message


def test_a_gap_that_a_new_version_opens_is_a_change() -> None:
    old = pack(["a.yes"], "true | true", "- | false")
    new = pack(["a.yes"], "true | true")
    change = only(compare_tables(old, new))
    assert "is now: no answer" in change.message
    with pytest.raises(NoRuleMatches):
        new.decisions["d"].decide("d", {"a": dict(change.witness) and {"yes": False}}, strict=True)


def test_collecting_tables_are_compared_by_all_that_they_collect() -> None:
    old = pack(
        ["a.yes", "b.yes"],
        'true | - | "worker"',
        '- | true | "manager"',
        '- | - | "nobody"',
        outputs=["duty.who"],
        policy="COLLECT",
    )
    new = pack(
        ["a.yes", "b.yes"],
        'true | false | "worker"',
        '- | true | "manager"',
        '- | - | "nobody"',
        outputs=["duty.who"],
        policy="COLLECT",
    )
    change = only(compare_tables(old, new))
    assert dict(change.witness) == {"a.yes": True, "b.yes": True}


def test_a_table_that_comes_or_goes_is_told() -> None:
    of = pack(["a.yes"], "true | true", "- | false")
    assert [f.kind for f in compare_tables(replace(of, decisions={}), of)] == ["new-table"]
    assert [f.kind for f in compare_tables(of, replace(of, decisions={}))] == ["removed-table"]
