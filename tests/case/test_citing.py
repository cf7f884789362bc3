"""What an entry cites: every rule that required the duty while it was open."""

from __future__ import annotations

from engine.case.case import Case
from engine.case.model import Entry
from engine.pack.read import read_files
from tests.case.diagrams import T0, again, do, files, hours, open_tasks

REGISTER = b"""
- {id: "1", place: "1", paraphrase: After three episodes a meeting is held., kind: decision rule, force: should,
   actor: social_worker, scope: case, obligations: [hold_planning_meeting]}
- {id: "2", place: "2", paraphrase: After 24 hours away a meeting is held., kind: decision rule, force: must,
   actor: social_worker, scope: case, obligations: [hold_planning_meeting]}
- {id: "3", place: "3", paraphrase: The worker chairs it., kind: role, force: must, actor: social_worker, scope: case,
   obligations: [hold_planning_meeting]}
"""
SECOND = """
    start s message=reported
    throw first duty=hold_planning_meeting clauses=1 force=should
    user hold duty=hold_planning_meeting clauses="1 3" force=must act=performs
    end e
    s -> first -> hold -> e
    process second
    start s2 message=second_report
    {rule}
    end e2
    s2 -> again -> e2
"""
BY_EVENT = SECOND.format(rule="throw again duty=hold_planning_meeting clauses=2 force=must")
BY_TASK = SECOND.format(rule="user again duty=hold_planning_meeting clauses=2 force=must")


def case_of(text: str) -> Case:
    pack = read_files(files(text, {"clauses.yaml": REGISTER}))
    return Case.start(pack, facts={"episode.reported_at": T0}, at=T0)


def entry(case: Case) -> Entry:
    (only,) = case.entries.values()
    return only


def test_a_task_that_takes_a_duty_on_adds_no_clause_since_it_may_serve_several_rules() -> None:
    case = case_of(BY_EVENT)
    assert entry(case).task == "t1"
    assert (entry(case).clauses, entry(case).force) == (("1",), "should")


def test_a_second_rule_that_requires_an_open_duty_adds_its_clauses_and_its_force() -> None:
    for text in (BY_EVENT, BY_TASK):
        case = again(case_of(text))
        case.drain()
        case.record_event("second_report", at=hours(1))
        changes = case.drain()
        assert (entry(case).clauses, entry(case).force, entry(case).number) == (("1", "2"), "must", 1)
        assert entry(case).raised == T0
        assert changes.entries[1].clauses == ("1", "2")
        assert [h.element for h in changes.history if h.kind == "cited"] == ["again"]
        assert entry(again(case)).clauses == ("1", "2")
        assert open_tasks(case) == ["hold"]


def test_an_element_that_only_cites_adds_its_clauses_whoever_has_the_duty_and_raises_nothing() -> None:
    case = again(
        case_of(SECOND.format(rule="throw again duty=hold_planning_meeting clauses=2 act=cites role=police"))
    )
    case.record_event("second_report", at=hours(1))
    assert (entry(case).clauses, entry(case).role) == (("1", "2"), "social_worker")
    do(case, "hold", hours(2))
    case.record_event("second_report", at=hours(3))
    assert case.ledger["hold_planning_meeting"]["count"] == 1


def test_a_rule_that_requires_the_duty_again_and_again_is_cited_once() -> None:
    case = case_of(BY_EVENT)
    for hour in (1, 2, 3):
        case.record_event("second_report", at=hours(hour))
    assert entry(case).clauses == ("1", "2")
    assert sum(h.kind == "cited" for h in case.drain().history) == 1


def test_a_duty_that_has_ended_keeps_what_it_cited() -> None:
    case = case_of(BY_EVENT)
    do(case, "hold", hours(1))
    case.record_event("second_report", at=hours(2))
    assert entry(case).clauses == ("1",)
    assert case.ledger["hold_planning_meeting"]["count"] == 1
