"""Each case breaks the small valid pack by one edit; the check must name the fault where it is.

The cases are what authors really get wrong, and what would otherwise fail in silence: a duty without its limit, a value
that never matches, a question that nobody has to answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli.packcheck import check
from engine.pack.faults import BrokenPack
from engine.pack.read import read_files

from .building import edited, line_of, small_pack, write_pack

BPMN = "missing-episode.bpmn"
DMN = "return-interview.dmn"
FORM = "forms/process-notification.json"
PROPERTY = '<spiffworkflow:property name="{}" value="{}" />'


@dataclass(frozen=True)
class Broken:
    """One edit, and the fault it must cause: on the line where `line` stands in the edited file."""

    name: str
    file: str
    old: str
    new: str
    element: str
    line: str
    message: str
    remedy: str = ""
    at: str = ""
    """The file of the fault, where it is not the edited one."""


def duty(name: str, value: str) -> str:
    return PROPERTY.format(name, value)


CASES = [
    Broken(
        "a property is misspelt",
        BPMN,
        duty("due", "= working day of(notification.received_at)"),
        duty("deu", "= working day of(notification.received_at)"),
        "process_notification",
        'name="deu"',
        "deu is no property of a userTask",
        "Did you mean due?",
    ),
    Broken(
        "a condition does not parse",
        BPMN,
        "= interview.required<",
        "= interview.required and<",
        "flow_required",
        'id="flow_required"',
        "this is not FEEL",
    ),
    Broken(
        "an expression reads a fact that nobody knows",
        BPMN,
        'duration("PT24H")<',
        'duration("PT24H") + episode.hours_mising<',
        "missing_24_hours",
        "<bpmn:timerEventDefinition",
        "episode.hours_mising is no fact",
        "Did you mean episode.hours_missing?",
    ),
    Broken(
        "a condition compares with a value that does not exist",
        BPMN,
        "= interview.required<",
        '= child.legal_status = "lookedafter"<',
        "flow_required",
        'id="flow_required"',
        "child.legal_status is never 'lookedafter'",
        "Did you mean looked_after?",
    ),
    Broken(
        "a duty is no obligation of the vocabulary",
        BPMN,
        duty("duty", "notify_director"),
        duty("duty", "notify_directer"),
        "notify_director",
        'value="notify_directer"',
        "there is no obligation notify_directer",
        "Did you mean notify_director?",
    ),
    Broken(
        "a duty cites a clause that does not exist",
        BPMN,
        duty("clauses", "1.1"),
        duty("clauses", "1.9"),
        "process_notification",
        'value="1.9"',
        "there is no clause 1.9",
    ),
    Broken(
        "a lane has a role that does not exist",
        BPMN,
        duty("role", "social_worker"),
        duty("role", "socialworker"),
        "lane_worker",
        'value="socialworker"',
        "there is no role socialworker",
        "Did you mean social_worker?",
    ),
    Broken(
        "a lane has a role that the pack does not use",
        BPMN,
        duty("role", "social_worker"),
        duty("role", "police"),
        "lane_worker",
        'value="police"',
        "the pack does not use the role police",
    ),
    Broken(
        "a message is no event",
        BPMN,
        '<bpmn:message id="message_returned" name="returned" />',
        '<bpmn:message id="message_returned" name="came_back" />',
        "child_returned",
        'id="child_returned"',
        "there is no event came_back",
    ),
    Broken(
        "a message is not defined",
        BPMN,
        '<bpmn:message id="message_returned" name="returned" />',
        "",
        "child_returned",
        'id="child_returned_message"',
        "refers to the message message_returned, which the file does not define",
    ),
    Broken(
        "a form does not exist",
        BPMN,
        duty("form", "process-notification"),
        duty("form", "proces-notification"),
        "process_notification",
        'id="process_notification"',
        "there is no form proces-notification",
        "Did you mean process-notification?",
    ),
    Broken(
        "a notice does not exist",
        BPMN,
        duty("notice", "director-notified"),
        duty("notice", "director-told"),
        "notify_director",
        'id="notify_director"',
        "there is no notice director-told",
    ),
    Broken(
        "a decision does not exist",
        BPMN,
        "<spiffworkflow:calledDecisionId>return-interview<",
        "<spiffworkflow:calledDecisionId>return_interview<",
        "decide_interview",
        'id="decide_interview"',
        "there is no decision return_interview",
        "Did you mean return-interview?",
    ),
    Broken(
        "a called process does not exist",
        BPMN,
        '<bpmn:endEvent id="no_interview" name="No interview needed">\n'
        "      <bpmn:incoming>flow_not_required</bpmn:incoming>\n    </bpmn:endEvent>",
        '<bpmn:callActivity id="no_interview" name="Close" calledElement="closure" />',
        "no_interview",
        'id="no_interview"',
        "there is no process closure",
    ),
    Broken(
        "a task stands in no lane",
        BPMN,
        "        <bpmn:flowNodeRef>hold_interview</bpmn:flowNodeRef>\n",
        "",
        "hold_interview",
        'id="hold_interview"',
        "nobody has the duty hold_return_interview",
    ),
    Broken(
        "a limit uses a word the entry knows but a due date does not",
        BPMN,
        duty("due", "= return.returned_at + duration(&quot;PT72H&quot;)"),
        duty("due", "= trigger + duration(&quot;PT72H&quot;)"),
        "hold_interview",
        'value="= trigger',
        "trigger is no fact",
        "due, raised and trigger can be read in outcome and on_interrupt only.",
    ),
    Broken(
        "an interruption does something impossible",
        BPMN,
        "&quot;withdraw&quot;",
        "&quot;cancel&quot;",
        "notify_director",
        "&quot;cancel&quot;",
        "'cancel' is not a possible result",
    ),
    Broken(
        "an outcome is none",
        BPMN,
        "&quot;refused&quot;",
        "&quot;declined&quot;",
        "hold_interview",
        "&quot;declined&quot;",
        "'declined' is not a possible result",
    ),
    Broken(
        "a role is given by a number",
        BPMN,
        duty("role", "social_worker"),
        duty("role", "= if risk.vulnerable then 7 else case.holder"),
        "lane_worker",
        'value="= if risk.vulnerable then 7',
        "a number or a boolean is no possible result",
    ),
    Broken(
        "a pack has a name that no folder or address can have",
        "procedure.yaml",
        "id: small",
        "id: Small_Council",
        "id",
        "id: Small_Council",
        "Small_Council is no name for a pack",
    ),
    Broken(
        "an event waits for no message at all",
        BPMN,
        ' messageRef="message_returned" />\n    </bpmn:boundaryEvent>',
        " />\n    </bpmn:boundaryEvent>",
        "child_returned",
        'id="child_returned"',
        "the event 'Child returned' has no message",
    ),
    Broken(
        "an event brings a derived fact",
        "vocabulary.yaml",
        "return.known_at: recorded}",
        "return.known_at: recorded, episode.count_90_days: 3}",
        "returned",
        "sets: {",
        "the event sets episode.count_90_days, which is derived",
    ),
    Broken(
        "a lane with tasks says no role",
        BPMN,
        duty("role", "social_worker"),
        "",
        "lane_worker",
        'id="lane_worker"',
        "the lane Social worker says no role",
    ),
    Broken(
        "a derived fact is set",
        BPMN,
        duty("form", "hold-return-interview"),
        duty("form", "hold-return-interview") + duty("set.episode.hours_missing", "= now - now"),
        "hold_interview",
        'name="set.episode.hours_missing"',
        "episode.hours_missing is derived and cannot be set",
    ),
    Broken(
        "a fact is set to a value it cannot have",
        BPMN,
        duty("form", "hold-return-interview"),
        duty("form", "hold-return-interview") + duty("set.risk.level", "= &quot;severe&quot;"),
        "hold_interview",
        'name="set.risk.level"',
        "risk.level is never 'severe'",
    ),
    Broken(
        "two elements have one id",
        BPMN,
        'id="no_interview"',
        'id="interview_held"',
        "interview_held",
        'name="No interview needed"',
        "the id interview_held stands twice",
    ),
    Broken(
        "the file holds a DOCTYPE",
        BPMN,
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE bomb [<!ENTITY a "b">]>\n',
        "",
        "<!DOCTYPE",
        "a DOCTYPE is not accepted",
    ),
    Broken(
        "the XML is cut off",
        BPMN,
        "</bpmn:process>",
        "</bpmn:proces>",
        "",
        "</bpmn:proces>",
        "not well-formed XML",
    ),
    Broken(
        "an element is not supported",
        BPMN,
        '<bpmn:userTask id="hold_interview" name="Hold the return interview">',
        '<bpmn:userTask id="hold_interview" name="Hold the return interview">'
        "<bpmn:multiInstanceLoopCharacteristics />",
        "hold_interview",
        'id="hold_interview"',
        "repeats by a marker",
    ),
    Broken(
        "an extension of another product would be passed over",
        BPMN,
        '<bpmn:userTask id="hold_interview"',
        '<bpmn:userTask xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
        'camunda:assignee="somebody" id="hold_interview"',
        "hold_interview",
        'id="hold_interview"',
        "the engine does not know the attribute assignee='somebody' and would pass over it",
    ),
    Broken(
        "an expression is written in another language",
        BPMN,
        '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">',
        '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression" language="python">',
        "flow_required",
        'language="python"',
        "the expression is said to be written in python",
    ),
    Broken(
        "a boundary event sits on another event",
        BPMN,
        'attachedToRef="while_missing"',
        'attachedToRef="returned_later"',
        "child_returned",
        'id="child_returned"',
        "the boundary event is attached to returned_later",
    ),
    Broken(
        "a property stands on a construct that is never read",
        BPMN,
        '<bpmn:participant id="pool_council" name="Small Council" processRef="missing-episode" />',
        '<bpmn:participant id="pool_council" name="Small Council" processRef="missing-episode">'
        '<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="role" value="director" />'
        "</spiffworkflow:properties></bpmn:extensionElements></bpmn:participant>",
        "pool_council",
        'id="pool_council"',
        "properties on a participant are never read",
    ),
    Broken(
        "a cell tests for a value of another type",
        DMN,
        '<inputEntry id="rule_vulnerable_1"><text>true</text>',
        '<inputEntry id="rule_vulnerable_1"><text>"yes"</text>',
        "rule_vulnerable_1",
        'id="rule_vulnerable_1"',
        "risk.vulnerable is a boolean and never the text 'yes'",
    ),
    Broken(
        "a cell does not parse",
        DMN,
        "&gt;= 2",
        "&gt;= 2 ]",
        "rule_again_2",
        'id="rule_again_2"',
        "",
    ),
    Broken(
        "a table asks for something that is no fact",
        DMN,
        "<text>risk.vulnerable</text>",
        "<text>risk.vulnerabel</text>",
        "input_vulnerable",
        'id="input_vulnerable"',
        "risk.vulnerabel is no fact",
        "Did you mean risk.vulnerable?",
    ),
    Broken(
        "a table answers something that is no fact",
        DMN,
        'name="interview.required"',
        'name="interview.needed_now"',
        "decide_interview",
        'id="decide_interview"',
        "answers interview.needed_now, which is no fact",
        at=BPMN,
    ),
    Broken(
        "a rule cites a clause that does not exist",
        DMN,
        "clauses: 2.2 A vulnerable",
        "clauses: 2.9 A vulnerable",
        "rule_vulnerable",
        'id="rule_vulnerable"',
        "there is no clause 2.9",
    ),
    Broken(
        "a form offers a choice that the fact does not have",
        FORM,
        '"enum": ["low", "medium", "high"]',
        '"enum": ["low", "medium", "hihg"]',
        "risk.level",
        '"enum"',
        "risk.level is never hihg",
        "Did you mean high?",
    ),
    Broken(
        "a form asks a fact in another type",
        FORM,
        '"type": "boolean"',
        '"type": "integer"',
        "risk.vulnerable",
        '"risk.vulnerable": {',
        "risk.vulnerable is a boolean, and the question asks for something else",
    ),
    Broken(
        "a form's keyword is misspelt",
        FORM,
        '"maxLength"',
        '"maxLenght"',
        "notes",
        '"maxLenght"',
        "maxLenght is not a keyword",
        "Did you mean maxLength?",
    ),
    Broken(
        "a form requires a question that it does not ask",
        FORM,
        '"required": ["risk.vulnerable"]',
        '"required": ["risk.vulnerabel"]',
        "process-notification",
        '"required"',
        "required names risk.vulnerabel, which is no question",
    ),
    Broken(
        "a form shows a question after an answer that is never given",
        FORM,
        '{"risk.vulnerable": true}',
        '{"risk.vulnerable": "yes"}',
        "process-notification",
        '"x-show"',
        "risk.vulnerable is true or false, never 'yes'",
    ),
    Broken(
        "a form shows figures that nobody can work out",
        FORM,
        '"required": ["risk.vulnerable"],',
        '"required": ["risk.vulnerable"], "x-figures": "priod",',
        "process-notification",
        '"x-figures"',
        "there are no figures of priod",
        "Did you mean period?",
    ),
    Broken(
        "a form of a child's case shows the figures of a period",
        FORM,
        '"required": ["risk.vulnerable"],',
        '"required": ["risk.vulnerable"], "x-figures": "period",',
        "process_notification",
        'id="process_notification"',
        "shows the figures of a period, and a case about a child has none",
        at=BPMN,
    ),
    Broken(
        "a form is no JSON",
        FORM,
        '"required": ["risk.vulnerable"],',
        '"required": ["risk.vulnerable"]',
        "",
        '"x-show"',
        "not readable as JSON",
    ),
    Broken(
        "a form asks two questions of one name",
        FORM,
        '"notes": {',
        '"risk.level": {',
        "risk.level",
        '"risk.level": {"type": "string", "title": "Notes"',
        "the key risk.level stands twice",
    ),
    Broken(
        "a notice would tell the child's name",
        "notices/director-notified.yaml",
        "{reference}",
        "{child.name}",
        "director-notified",
        "body:",
        "the placeholder {child.name} is not allowed",
    ),
    Broken(
        "a clause id is written as a number",
        "clauses.yaml",
        '- id: "2.1"',
        "- id: 2.10",
        "id",
        "- id: 2.10",
        "id must be a text, not 2.10",
        'Write it in quotes: "2.10".',
    ),
    Broken(
        "a clause stands twice",
        "clauses.yaml",
        '- id: "3.1"',
        '- id: "2.2"  # again',
        "2.2",
        "# again",
        "the clause 2.2 stands twice",
    ),
    Broken(
        "a clause out of scope has no reason",
        "clauses.yaml",
        "  reason: It orders no act.\n",
        "",
        "3.1",
        "scope: out",
        "needs its reason",
    ),
    Broken(
        "a clause is carried by nothing",
        BPMN,
        duty("clauses", "1.1"),
        duty("clauses", "2.2"),
        "1.1",
        '- id: "1.1"',
        "nothing carries the clause 1.1",
        at="clauses.yaml",
    ),
    Broken(
        "the register requires what no element does",
        "clauses.yaml",
        "obligations: [process_notification]",
        "obligations: [process_notification, hold_strategy_meeting]",
        "1.1",
        "hold_strategy_meeting",
        "there is no obligation hold_strategy_meeting",
    ),
    Broken(
        "a process has no file",
        "procedure.yaml",
        "  missing-episode: {title: A child is reported missing, order: 1}",
        "  missing-episode: {title: A child is reported missing, order: 1}\n"
        "  screening: {title: Screening, order: 2}",
        "screening",
        "screening: {",
        "there is no file for the process screening",
    ),
    Broken(
        "a derived fact has no rule",
        "procedure.yaml",
        "  episode.count_90_days:\n"
        "    expression: 'count(child.earlier_episodes[days between(reported, episode.reported_at) <= 90]) + 1'\n"
        '    clauses: ["2.2"]\n',
        "",
        "episode.count_90_days",
        "  episode.hours_missing:",
        "the derived fact episode.count_90_days has no rule",
    ),
    Broken(
        "a derived fact needs itself",
        "procedure.yaml",
        "'now - episode.reported_at'",
        "'if episode.count_90_days > 1 then episode.hours_missing else now - episode.reported_at'",
        "episode.hours_missing",
        "  episode.hours_missing:",
        "needs itself",
    ),
    Broken(
        "a role is not of the vocabulary",
        "procedure.yaml",
        "  director: {label: Director",
        "  directors: {label: Director",
        "directors",
        "directors: {",
        "there is no role directors",
    ),
    Broken(
        "a key is misspelt",
        "procedure.yaml",
        "effective: 2026-01-01",
        "efective: 2026-01-01",
        "efective",
        "efective:",
        "efective is not a key that is known here",
        "Did you mean effective?",
    ),
    Broken(
        "a key stands twice",
        "procedure.yaml",
        'edition: "1.0"\n',
        'edition: "1.0"\nedition: "2.0"\n',
        "edition",
        'edition: "2.0"',
        "the key edition stands twice",
    ),
    Broken(
        "the vocabulary has a type that does not exist",
        "vocabulary.yaml",
        "interview.required: {type: boolean",
        "interview.required: {type: bolean",
        "interview.required",
        "interview.required: {type",
        "type cannot be bolean",
        "Did you mean boolean?",
    ),
    Broken(
        "an event tells of one that does not exist",
        "vocabulary.yaml",
        "    sets: {return.returned_at: actual, return.known_at: recorded}",
        "    sets: {return.returned_at: actual, return.known_at: recorded}\n    tells: retorned",
        "returned",
        "tells: retorned",
        "retorned is no event",
        "Did you mean returned?",
    ),
    Broken(
        "an event tells of one which nothing shows to be known",
        "vocabulary.yaml",
        "    sets: {return.returned_at: actual, return.known_at: recorded}",
        "    sets: {return.returned_at: actual, return.known_at: recorded}\n    tells: reported",
        "returned",
        "tells: reported",
        "nothing shows whether a case has heard of reported",
        "Let that event set a fact to its actual moment.",
    ),
    Broken(
        "an event tells of another since a fact that is no moment",
        "vocabulary.yaml",
        "    sets: {return.returned_at: actual, return.known_at: recorded}",
        "    sets: {return.returned_at: actual, return.known_at: recorded}\n    tells_since: risk.level",
        "returned",
        "tells_since: risk.level",
        "risk.level is no fact that holds a moment",
        "Name a fact of type datetime.",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_the_check_names_the_fault_its_file_element_and_line(case: Broken, tmp_path: Path) -> None:
    files = edited(case.file, case.old, case.new)
    file = case.at or case.file
    result = CliRunner().invoke(check, [str(write_pack(files, tmp_path)), "--json"])
    assert result.exit_code == 1, result.output
    faults = json.loads(result.stdout)["packs"][0]["faults"]
    found = [
        fault
        for fault in faults
        if fault["file"] == file
        and (fault["element"] or "") == case.element
        and case.message in fault["message"]
    ]
    assert found, faults
    assert found[0]["line"] == line_of(files[file], case.line), found
    assert found[0]["remedy"], "every fault says what to do"
    assert case.remedy in found[0]["remedy"]


def test_the_unbroken_pack_has_no_fault_and_no_warning(tmp_path: Path) -> None:
    result = CliRunner().invoke(check, [str(write_pack(small_pack(), tmp_path))])
    assert result.exit_code == 0
    assert "no faults, no warnings" in result.output


def test_all_faults_of_a_pack_are_told_at_once(tmp_path: Path) -> None:
    files = small_pack()
    broken = [
        c for c in CASES if c.name in ("a duty is no obligation of the vocabulary", "a form does not exist")
    ]
    broken += [
        c for c in CASES if c.name in ("a cell tests for a value of another type", "a key is misspelt")
    ]
    broken += [
        c for c in CASES if c.name in ("a rule cites a clause that does not exist", "a form is no JSON")
    ]
    for case in broken:
        text = files[case.file].decode()
        assert case.old in text
        files[case.file] = text.replace(case.old, case.new).encode()
    with pytest.raises(BrokenPack) as caught:
        read_files(files)
    told = str(caught.value)
    for case in broken:
        assert case.message in told


def test_a_broken_pack_never_loads_in_part() -> None:
    for case in CASES:
        if "nothing carries" in case.message or "repeats" in case.message:
            continue  # only the lint speaks of these
        with pytest.raises(BrokenPack):
            read_files(edited(case.file, case.old, case.new))


def test_a_construct_that_only_the_lint_explains_is_refused_by_the_reader_too() -> None:
    case = next(c for c in CASES if c.name == "an element is not supported")
    with pytest.raises(BrokenPack, match="does not run multiInstanceLoopCharacteristics"):
        read_files(edited(case.file, case.old, case.new))
