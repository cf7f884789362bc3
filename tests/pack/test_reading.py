"""What a well-formed pack becomes: the values that the case core and the pages work on."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from engine.feel import Expression
from engine.pack.model import Act, Element, Pack, Start
from engine.pack.read import BrokenPack, check_pack, examine, read_files, read_pack

from .building import FILES, edited, small_pack

BPMN = "missing-episode.bpmn"
PROCESS = "missing-episode"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_files(small_pack(), "small")


def element(pack: Pack, name: str) -> Element:
    return pack.processes[PROCESS].elements[name]


def text(expression: object) -> str:
    assert isinstance(expression, Expression)
    return expression.text


def test_procedure_says_what_the_pack_is(pack: Pack) -> None:
    assert (pack.id, pack.name, pack.edition, pack.effective) == (
        "small",
        "Small Council",
        "1.0",
        date(2026, 1, 1),
    )
    assert (pack.calendar.opens, pack.calendar.extra_holidays) == (time(9), (date(2026, 12, 24),))
    assert pack.systems == {"case_system": "Casebook"}
    assert pack.roles["missing_coordinator"].short == "CMO"
    assert pack.roles["missing_coordinator"].team == "Missing children"
    assert pack.roles["director"].short == "Director", "a role without a short form is called by its label"


def test_an_empty_lane_needs_no_role_and_a_role_without_a_team_is_its_own() -> None:
    lanes = '<bpmn:laneSet id="lanes">'
    files = edited(BPMN, lanes, lanes + '<bpmn:lane id="lane_spare" name="Nobody yet" />')
    files["procedure.yaml"] = files["procedure.yaml"].replace(b", team: Senior leaders", b"")
    read = read_files(files)
    assert "lane_spare" not in read.processes[PROCESS].lanes
    assert read.roles["director"].team == "Director"


def test_the_words_of_the_vocabulary_keep_their_order_and_types(pack: Pack) -> None:
    facts = pack.vocabulary.facts
    assert next(iter(facts)) == "child.age"
    assert facts["risk.level"].values == ("low", "medium", "high")
    assert (facts["risk.level"].has_default, facts["risk.level"].default) == (True, "low")
    assert pack.vocabulary.events["returned"].sets == {
        "return.returned_at": "actual",
        "return.known_at": "recorded",
    }
    assert pack.vocabulary.roles["police"].external


def test_a_process_knows_how_it_starts(pack: Pack) -> None:
    process = pack.processes[PROCESS]
    assert (process.start, process.start_event, process.start_element) == (
        Start.MESSAGE,
        "reported",
        "child_reported",
    )
    assert (process.title, process.order, process.file) == ("A child is reported missing", 1, BPMN)
    assert process.lanes == {"lane_coordinator": "missing_coordinator", "lane_worker": "social_worker"}


def test_a_task_carries_its_duty_form_and_role(pack: Pack) -> None:
    task = element(pack, "process_notification")
    (duty,) = task.duties
    assert (task.kind, task.role, task.form) == ("userTask", "missing_coordinator", "process-notification")
    assert (duty.obligation, duty.act, duty.clauses, duty.force) == (
        "process_notification",
        Act.RAISES_PERFORMS,
        ("1.1",),
        "must",
    )
    assert text(duty.due) == "= working day of(notification.received_at)"
    assert duty.on_interrupt == "keep"
    assert task.line == small_pack()[BPMN].decode().split('id="process_notification"')[0].count("\n") + 1


def test_the_force_of_a_duty_is_that_of_its_clause_where_none_is_stated(pack: Pack) -> None:
    assert element(pack, "hold_interview").duties[0].force == "should"
    assert element(pack, "notify_director").duties[0].force == "must"


def test_an_element_inside_a_subprocess_has_the_lane_of_the_subprocess(pack: Pack) -> None:
    assert element(pack, "notify_director").role == "missing_coordinator"
    assert element(pack, "notify_director").scope == "while_missing"
    assert element(pack, "child_returned").attached_to == "while_missing"


def test_events_say_what_they_wait_for(pack: Pack) -> None:
    timer = element(pack, "missing_24_hours")
    assert (timer.trigger, text(timer.expression)) == ("timer", '= episode.reported_at + duration("PT24H")')
    boundary = element(pack, "child_returned")
    assert (boundary.trigger, boundary.event, boundary.interrupting) == ("message", "returned", True)
    assert element(pack, "no_interview").trigger == "none"
    assert element(pack, "hold_interview").trigger is None


def test_flows_know_their_condition_and_gateways_their_default(pack: Pack) -> None:
    flows = pack.processes[PROCESS].flows
    assert text(flows["flow_required"].condition) == "= interview.required"
    assert flows["flow_not_required"].condition is None
    assert element(pack, "interview_required").default_flow == "flow_not_required"
    assert element(pack, "interview_required").outgoing == ("flow_required", "flow_not_required")


def test_what_an_interruption_does_may_depend_on_the_entry(pack: Pack) -> None:
    duty = element(pack, "notify_director").duties[0]
    assert isinstance(duty.on_interrupt, Expression)
    assert duty.on_interrupt.names == {"return.returned_at", "trigger"}
    assert duty.on_interrupt_reason == "The child was back before the limit."


def test_tables_forms_and_notices_are_found_by_their_names(pack: Pack) -> None:
    assert pack.decisions["return-interview"].decisions["return-interview"].outputs == ("interview.required",)
    assert pack.forms["process-notification"].facts == ("risk.vulnerable", "risk.level")
    assert pack.forms["process-notification"].clauses == ("2.2",)
    assert pack.notices["director-notified"].to_role == "director"


def test_derived_facts_hold_their_rule_and_clauses(pack: Pack) -> None:
    derived = pack.derived["episode.count_90_days"]
    assert derived.clauses == ("2.2",)
    assert text(derived.expression).startswith("count(")


def test_the_register_keeps_readings_and_reasons(pack: Pack) -> None:
    assert list(pack.clauses) == ["1.1", "2.1", "2.2", "3.1"]
    reading = pack.clauses["2.2"].reading
    assert reading is not None
    assert reading["strength"] == "soft"
    assert pack.clauses["3.1"].reason == "It orders no act."
    assert (
        pack.clauses["3.1"].line
        == small_pack()["clauses.yaml"].decode().split('- id: "3.1"')[0].count("\n") + 1
    )


TWO_DUTIES = (
    '<spiffworkflow:property name="duty" value="hold_return_interview" />',
    (
        '<spiffworkflow:property name="duty" value="hold_return_interview notify_director" />'
        '<spiffworkflow:property name="duty.notify_director.due" value="= null" />'
        '<spiffworkflow:property name="duty.notify_director.act" value="settles" />'
        '<spiffworkflow:property name="duty.notify_director.clauses" value="2.1" />'
        '<spiffworkflow:property name="duty.notify_director.when" value="= interview.required" />'
        '<spiffworkflow:property name="duty.notify_director.role" value="= case.holder" />'
        '<spiffworkflow:property name="duty.notify_director.on_interrupt" value="supersede" />'
    ),
)


def test_a_plain_property_is_the_default_for_all_duties_of_an_element() -> None:
    task = element(read_files(edited(BPMN, *TWO_DUTIES)), "hold_interview")
    interview, told = task.duties
    assert text(interview.due) == '= return.returned_at + duration("PT72H")'
    assert text(told.due) == "= null"
    assert (interview.act, told.act) == (Act.RAISES_PERFORMS, Act.SETTLES)
    assert (interview.clauses, told.clauses) == (("2.2",), ("2.1",))
    assert (interview.force, told.force) == ("should", "must")
    assert interview.when is None
    assert text(told.when) == "= interview.required"
    assert interview.role == "social_worker"
    assert text(told.role) == "= case.holder"
    assert (interview.on_interrupt, told.on_interrupt) == ("keep", "supersede")
    assert text(interview.outcome) == text(told.outcome), "outcome is not overridden"
    assert set(task.clauses) == {"2.1", "2.2"}


def test_an_event_raises_its_duty_and_does_not_perform_it() -> None:
    event = '<bpmn:endEvent id="no_interview" name="No interview needed">\n'
    properties = (
        "<bpmn:extensionElements><spiffworkflow:properties>"
        '<spiffworkflow:property name="duty" value="notify_director" />'
        '<spiffworkflow:property name="clauses" value="2.1" />'
        '<spiffworkflow:property name="set.risk.level" value="= &quot;low&quot;" />'
        "</spiffworkflow:properties></bpmn:extensionElements>"
    )
    read = element(read_files(edited(BPMN, event, event + properties)), "no_interview")
    assert read.duties[0].act is Act.RAISES
    assert text(read.sets["risk.level"]) == '= "low"'


def test_a_lane_may_give_its_role_by_an_expression() -> None:
    lane = '<spiffworkflow:property name="role" value="social_worker" />'
    files = edited(BPMN, lane, '<spiffworkflow:property name="role" value="= case.holder" />')
    read = read_files(files)
    assert text(element(read, "hold_interview").role) == "= case.holder"
    assert text(element(read, "hold_interview").duties[0].role) == "= case.holder"


def test_lanes_inside_lanes_give_the_role_of_the_inner_one() -> None:
    inner = (
        '<bpmn:lane id="lane_outer" name="Council"><bpmn:flowNodeRef>hold_interview</bpmn:flowNodeRef>'
        '<bpmn:flowNodeRef>interview_held</bpmn:flowNodeRef><bpmn:childLaneSet id="inner_lanes">'
        '<bpmn:lane id="lane_worker" name="Social worker">'
    )
    files = edited(BPMN, '<bpmn:lane id="lane_worker" name="Social worker">', inner)
    end = "        <bpmn:flowNodeRef>interview_held</bpmn:flowNodeRef>\n      </bpmn:lane>\n"
    files[BPMN] = files[BPMN].replace(
        end.encode(), (end + "      </bpmn:childLaneSet></bpmn:lane>\n").encode()
    )
    read = read_files(files)
    assert element(read, "hold_interview").lane == "lane_worker"
    assert element(read, "hold_interview").role == "social_worker"


def test_what_a_modeller_adds_to_draw_data_objects_is_no_fault() -> None:
    task = "<bpmn:incoming>flow_required</bpmn:incoming>\n"
    lines = (
        '<bpmn:property id="placeholder" name="__targetRef_placeholder" />'
        '<bpmn:dataInputAssociation id="reads"><bpmn:sourceRef>file_reference</bpmn:sourceRef>'
        "<bpmn:targetRef>placeholder</bpmn:targetRef></bpmn:dataInputAssociation>\n"
    )
    files = edited(BPMN, task, task + lines)
    data = (
        '<bpmn:dataObjectReference id="file_reference" dataObjectRef="file" /><bpmn:dataObject id="file" />'
    )
    files[BPMN] = files[BPMN].replace(b"  </bpmn:process>", f"  {data}</bpmn:process>".encode())
    assert read_files(files)


def test_a_role_of_the_elements_own_goes_before_that_of_its_lane() -> None:
    form = '<spiffworkflow:property name="form" value="hold-return-interview" />'
    files = edited(BPMN, form, form + '<spiffworkflow:property name="role" value="director" />')
    read = read_files(files)
    assert element(read, "hold_interview").role == "director"
    assert element(read, "hold_interview").duties[0].role == "director"


PERIODIC = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">
  <process id="monthly-data">
    <startEvent id="month_began" name="Month began">
      <outgoing>a</outgoing>
      <timerEventDefinition><timeDate>{timer}</timeDate></timerEventDefinition>
    </startEvent>
    <endEvent id="data_sent" name="Data sent"><incoming>a</incoming></endEvent>
    <sequenceFlow id="a" sourceRef="month_began" targetRef="data_sent" />
  </process>
</definitions>"""


def with_periodic(timer: str) -> dict[str, bytes]:
    listed = "  missing-episode: {title: A child is reported missing, order: 1}\n"
    files = edited("procedure.yaml", listed, listed + "  monthly-data: {title: Monthly data, order: 2}\n")
    files["monthly-data.bpmn"] = PERIODIC.format(timer=timer).encode()
    return files


def test_a_process_started_by_time_knows_its_next_moment() -> None:
    read = read_files(with_periodic("= months after(period.from, 1)"))
    process = read.processes["monthly-data"]
    assert process.start is Start.TIMER
    assert text(process.start_expression) == "= months after(period.from, 1)"
    assert list(read.processes) == ["missing-episode", "monthly-data"], "in the order of procedure.yaml"


def test_the_period_is_known_only_to_a_process_started_by_time() -> None:
    timer = 'duration("PT24H")<'
    with pytest.raises(BrokenPack, match="period can be read only in a process started by time"):
        read_files(edited(BPMN, timer, 'duration("PT24H") + (period.to - period.from)<'))


def test_a_timer_that_gives_a_length_and_no_moment_is_a_fault() -> None:
    with pytest.raises(BrokenPack, match="the timer: this gives a duration"):
        read_files(with_periodic('= duration("P30D")'))


def test_a_standing_watch_starts_by_its_condition() -> None:
    files = with_periodic("= now")
    start = "<timerEventDefinition><timeDate>= now</timeDate></timerEventDefinition>"
    watch = (
        "<conditionalEventDefinition><condition>= risk.vulnerable</condition></conditionalEventDefinition>"
    )
    files["monthly-data.bpmn"] = files["monthly-data.bpmn"].replace(start.encode(), watch.encode())
    process = read_files(files).processes["monthly-data"]
    assert (process.start, text(process.start_expression)) == (Start.CONDITION, "= risk.vulnerable")


def test_processes_that_call_each_other_in_a_circle_are_a_fault() -> None:
    files = with_periodic("= now")
    one = (
        files["monthly-data.bpmn"]
        .decode()
        .replace("<timerEventDefinition><timeDate>= now</timeDate></timerEventDefinition>", "")
    )
    call = '<callActivity id="again" name="Again" calledElement="monthly-data"><incoming>a</incoming></callActivity>'
    files["monthly-data.bpmn"] = (
        one.replace('<endEvent id="data_sent" name="Data sent"><incoming>a</incoming></endEvent>', call)
        .replace('targetRef="data_sent"', 'targetRef="again"')
        .encode()
    )
    with pytest.raises(BrokenPack, match="the process calls itself: monthly-data → monthly-data"):
        read_files(files)


def test_a_called_process_must_start_without_a_trigger() -> None:
    event = (
        '<bpmn:endEvent id="no_interview" name="No interview needed">\n'
        "      <bpmn:incoming>flow_not_required</bpmn:incoming>\n    </bpmn:endEvent>"
    )
    files = edited(
        BPMN, event, '<bpmn:callActivity id="no_interview" name="Data" calledElement="monthly-data" />'
    )
    with pytest.raises(BrokenPack, match="starts by timer and cannot be called"):
        read_files(with_periodic("= now") | {BPMN: files[BPMN]})


def test_a_folder_is_read_with_the_vocabulary_beside_it() -> None:
    read = read_pack(FILES / "small")
    assert read.hash == read_files(small_pack()).hash
    assert read_pack(FILES / "small", FILES / "vocabulary.yaml").hash == read.hash
    assert check_pack(FILES / "small")[1] == []


def test_a_folder_that_is_called_otherwise_is_a_fault(tmp_path: Path) -> None:
    assert examine(small_pack(), "big").pack is None
    assert [p.message for p in examine(small_pack(), "big").problems] == [
        "the pack is called small, its folder big"
    ]


@pytest.mark.parametrize("name", ["procedure.yaml", "clauses.yaml", "vocabulary.yaml"])
def test_a_missing_file_is_one_fault_and_not_a_hundred(name: str) -> None:
    files = small_pack()
    del files[name]
    problems = examine(files, "small").problems
    assert [(problem.file, problem.message) for problem in problems] == [
        (name, f"the file {name} is missing")
    ]


def test_an_unreadable_vocabulary_does_not_hide_a_broken_diagram() -> None:
    files = small_pack() | {"vocabulary.yaml": b"facts: [", BPMN: b"<not"}
    assert {problem.file for problem in examine(files, "small").problems} == {"vocabulary.yaml", BPMN}


def test_a_form_that_cannot_be_read_is_not_also_missing() -> None:
    files = small_pack() | {"forms/process-notification.json": b"{", "notices/director-notified.yaml": b"["}
    problems = examine(files, "small").problems
    assert {problem.file for problem in problems} == {
        "forms/process-notification.json",
        "notices/director-notified.yaml",
    }
