"""Rules about a whole pack, each with the small pack and an edit of it that breaks the rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from engine.check.inspection import inspect_files
from engine.check.lint import all_rules, lint
from engine.pack.model import Element, Pack
from engine.pack.read import read_files
from tests.pack.building import edited, small_pack

Files = dict[str, bytes]
BPMN = "missing-episode.bpmn"
THROW = (
    '<bpmn:endEvent id="search_ended" name="Search ended">\n        <bpmn:incoming>flow_told</bpmn:incoming>\n',
    (
        '<bpmn:endEvent id="search_ended" name="Search ended">\n        <bpmn:incoming>flow_told</bpmn:incoming>\n'
        '        <bpmn:escalationEventDefinition escalationRef="escalation_given_up" />\n'
    ),
)
ESCALATION = '<bpmn:escalation id="escalation_given_up" escalationCode="given_up" />'


def found(files: Files, rule: str) -> list[tuple[str, str]]:
    inspection = inspect_files(files, "small")
    problems = (*inspection.faults, *inspection.warnings)
    return [(problem.file, problem.element) for problem in problems if problem.rule == rule]


def with_escalation(code: str) -> Files:
    """Return the pack whose search ends by an escalation, caught at the subprocess under another code or this."""
    files = edited(BPMN, *THROW)
    text = files[BPMN].decode()
    text = text.replace(
        '<bpmn:process id="missing-episode"', f'{ESCALATION}\n  <bpmn:process id="missing-episode"'
    )
    caught = f'<bpmn:escalation id="escalation_caught" escalationCode="{code}" />\n  <bpmn:process id="missing-episode"'
    text = text.replace('<bpmn:process id="missing-episode"', caught)
    event = (
        '<bpmn:boundaryEvent id="given_up" name="Search given up" attachedToRef="while_missing">'
        '<bpmn:escalationEventDefinition escalationRef="escalation_caught" /></bpmn:boundaryEvent>'
        '<bpmn:sequenceFlow id="flow_given_up" sourceRef="given_up" targetRef="no_interview" />'
    )
    text = text.replace(
        '    <bpmn:boundaryEvent id="child_returned"', f'    {event}<bpmn:boundaryEvent id="child_returned"'
    )
    files[BPMN] = text.encode()
    return files


def test_clause_is_carried() -> None:
    assert found(small_pack(), "clause-is-carried") == []
    uncited = edited(BPMN, 'name="clauses" value="2.1"', 'name="clauses" value="2.2"')
    assert found(uncited, "clause-is-carried") == [("clauses.yaml", "2.1")]


def test_a_clause_is_carried_by_a_rule_a_question_a_flow_a_derived_fact_or_the_engine() -> None:
    clause = "  obligations: [notify_director]\n"
    engine = edited(
        "clauses.yaml", clause, clause + "  carried_by: [override]\n  how: Judgement overrides.\n"
    )
    engine[BPMN] = engine[BPMN].replace(b'name="clauses" value="2.1"', b'name="clauses" value="2.2"')
    assert found(engine, "clause-is-carried") == []
    for file, old, new in (
        ("return-interview.dmn", "clauses: 2.2 A vulnerable", "clauses: 2.2, 2.1. A vulnerable"),
        ("forms/process-notification.json", '"x-clauses": ["2.2"]', '"x-clauses": ["2.1", "2.2"]'),
        ("procedure.yaml", 'clauses: ["2.2"]', 'clauses: ["2.1", "2.2"]'),
    ):
        files = edited(file, old, new)
        files[BPMN] = files[BPMN].replace(b'name="clauses" value="2.1"', b'name="clauses" value="2.2"')
        assert found(files, "clause-is-carried") == [], file


def test_an_external_clause_without_a_carrier_needs_its_reason() -> None:
    files = edited(
        "clauses.yaml",
        "  scope: out\n  obligations: []\n  reason: It orders no act.\n",
        "  scope: external\n",
    )
    assert found(files, "clause-is-carried") == [("clauses.yaml", "3.1")]


def test_obligation_is_carried() -> None:
    assert found(small_pack(), "obligation-is-carried") == []
    files = edited("clauses.yaml", "[process_notification]", "[process_notification, review_case]")
    files["vocabulary.yaml"] += b"  review_case: {kind: meeting, meaning: 'Review'}\n"
    assert found(files, "obligation-is-carried") == [("clauses.yaml", "1.1")]


def test_every_file_is_used() -> None:
    assert found(small_pack(), "every-file-is-used") == []
    files = small_pack()
    form = json.loads(files["forms/hold-return-interview.json"]) | {"$id": "left-over"}
    files["forms/left-over.json"] = json.dumps(form).encode()
    notice = files["notices/director-notified.yaml"]
    files["notices/left-over.yaml"] = notice.replace(b"id: director-notified", b"id: left-over")
    table = files["return-interview.dmn"].replace(
        b'<decision id="return-interview"', b'<decision id="left-over"'
    )
    files["left-over.dmn"] = table
    assert found(files, "every-file-is-used") == [
        ("forms/left-over.json", "left-over"),
        ("left-over.dmn", "left-over"),
        ("notices/left-over.yaml", "left-over"),
    ]


def test_thrown_is_caught() -> None:
    assert found(with_escalation("given_up"), "thrown-is-caught") == []
    assert found(with_escalation("something_else"), "thrown-is-caught") == [(BPMN, "search_ended")]


def test_duty_outside_is_awaited() -> None:
    roles = "  director: {label: Director, team: Senior leaders}\n"
    inside = edited("procedure.yaml", roles, roles + "  police: {label: Police, team: Police}\n")
    assert found(inside, "duty-outside-is-awaited") == []
    inside[BPMN] = inside[BPMN].replace(b'name="role" value="social_worker"', b'name="role" value="police"')
    assert found(inside, "duty-outside-is-awaited") == [(BPMN, "hold_interview")]


def test_every_rule_about_packs_is_tested_here() -> None:
    tested = {name.removeprefix("test_").replace("_", "-") for name in globals()}
    assert {rule.id for rule in all_rules() if rule.of_pack} <= tested


def test_a_rule_about_packs_looks_at_every_process() -> None:
    pack = read_files(small_pack())
    process = pack.processes["missing-episode"]

    def without_duties(keep: Callable[[Element], bool]) -> Pack:
        elements = {n: e if keep(e) else replace(e, duties=()) for n, e in process.elements.items()}
        return replace(pack, processes={process.id: replace(process, elements=elements)})

    only_one = without_duties(lambda element: element.id == "hold_interview")
    missing = {p.element for p in lint({}, only_one).faults if p.rule == "obligation-is-carried"}
    assert missing == {"1.1", "2.1"}


def test_question_says_why() -> None:
    name = "forms/process-notification.json"
    files = small_pack()
    form = json.loads(files[name])
    for question in ("notes", "risk.level"):
        del form["properties"][question]["x-why"]
    files[name] = json.dumps(form).encode()
    unexplained = [element for file, element in found(files, "question-says-why") if file == name]
    assert unexplained == ["notes", "risk.level"], "each question with neither clause nor reason is listed"
    assert not any(problem.rule == "question-says-why" for problem in inspect_files(files, "small").faults)
    form["properties"]["notes"]["x-why"] = "The next person reads it first."
    files[name] = json.dumps(form).encode()
    assert found(files, "question-says-why") == [(name, "risk.level")]
