"""Two versions held against each other: nothing for equal ones, and every kind of change found, named and said."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from engine.check.change import Changes, Kind, Part, State, compare
from engine.check.inspection import inspect_files
from engine.check.mutation.mutants import mutants
from engine.pack.draw import tidy
from engine.pack.library import Library
from engine.pack.model import Pack

LIBRARY = Library(Path(__file__).resolve().parents[3] / "processes")
COUNCILS = ("bury", "camden", "east-sussex", "kirklees", "nottinghamshire")
PACK: Pack = LIBRARY.get("nottinghamshire")
INTERVIEW = "return-interview.bpmn"
LIMIT = 'value="= return.returned_at + duration(&quot;PT72H&quot;)"'


def edited(path: str, edit: Callable[[str], str], pack: Pack = PACK) -> Pack:
    """Return the pack with one file changed as text, read anew."""
    before = pack.files[path].decode()
    after = edit(before)
    assert after != before, "the edit changes nothing"
    return with_files({path: after.encode()}, pack)


def with_files(files: dict[str, bytes | None], pack: Pack = PACK) -> Pack:
    whole = {path: data for path, data in {**pack.files, **files}.items() if data is not None}
    found = inspect_files(whole, pack.id)
    assert found.pack is not None, found.faults
    return found.pack


def only(changes: Changes) -> Part:
    assert len(changes.parts) == 1, [(part.kind, part.id, part.says) for part in changes.parts]
    return changes.parts[0]


@pytest.mark.parametrize("council", COUNCILS)
def test_equal_packs_differ_in_nothing_even_when_each_was_read_by_itself(council: str) -> None:
    pack = LIBRARY.get(council)
    assert not compare(pack, pack)
    again = inspect_files(dict(pack.files), council).pack
    assert again is not None and again is not pack
    assert compare(pack, again).parts == ()


@pytest.mark.parametrize("council", COUNCILS)
def test_every_slip_in_one_place_is_one_changed_part_that_names_its_place(council: str) -> None:
    pack = LIBRARY.get(council)
    kinds = set()
    for mutant in islice(mutants(pack), 0, None, 5):
        part = only(compare(pack, mutant.make()))
        assert mutant.where.partition(" rule ")[0] in (part.id, part.of), mutant.id
        assert part.state is State.CHANGED and part.says and part.details, mutant.id
        if mutant.decision is not None:
            assert any(mutant.where.endswith(detail.about) for detail in part.details), mutant.id
        kinds.add(mutant.kind)
    assert {"threshold", "operator", "value", "role", "dropped"} <= kinds


# --- diagrams


def test_a_longer_limit_is_said_in_one_sentence_with_what_it_was_and_its_clauses() -> None:
    new = edited(INTERVIEW, lambda text: text.replace(LIMIT, LIMIT.replace("72", "96"), 1))
    part = only(compare(PACK, new, lambda _, path: "the return" if path == "return.returned_at" else path))
    assert (part.kind, part.id, part.of, part.what) == (
        Kind.DIAGRAM,
        "due_again",
        "return-interview",
        "event",
    )
    detail = part.details[0]
    assert (detail.label, detail.before) == ("Due", "72 hours after the return")
    assert detail.written == (
        '= return.returned_at + duration("PT72H")',
        '= return.returned_at + duration("PT96H")',
    )
    said = "“Interview due: missing again” is due 96 hours after the return instead of 72 hours"
    assert part.says == (f"{said} (clauses 3.4.a, 3.4-1, 3.4-2 and 4.2.c-2)",)


def test_a_limit_that_is_written_with_other_spaces_is_no_change() -> None:
    new = edited(INTERVIEW, lambda text: text.replace(LIMIT, LIMIT.replace(" + ", "  +  "), 1))
    part = only(compare(PACK, new))
    assert (part.kind, part.id, part.state) == (Kind.FILE, INTERVIEW, State.MOVED)
    assert not compare(PACK, new).changed


def test_what_only_lies_elsewhere_is_said_to_be_moved_only() -> None:
    def shift(text: str) -> str:
        place = text.index('bpmnElement="hold_interview"')
        at = text.index('y="', place) + 3
        end = text.index('"', at)
        return f"{text[:at]}{float(text[at:end]) + 10:g}{text[end:]}"

    part = only(compare(PACK, edited(INTERVIEW, shift)))
    assert (part.id, part.state, part.says) == ("hold_interview", State.MOVED, ())
    assert compare(PACK, edited(INTERVIEW, shift)).sentences == ()


def test_a_new_step_its_flows_and_the_flow_it_was_put_into_are_found() -> None:
    def insert(text: str) -> str:
        start = text.index('<bpmn:sequenceFlow id="flow_return_interview_2"')
        end = text.index("/>", start) + 2 if "/>" in text[start : start + 200] else 0
        flow = text[start:end]
        into = flow.replace('targetRef="which_occasion"', 'targetRef="brought_in"')
        assert into != flow
        more = (
            '<bpmn:intermediateThrowEvent id="brought_in" name="Somebody looked"><bpmn:incoming>flow_return_interview_2'
            "</bpmn:incoming><bpmn:outgoing>flow_new</bpmn:outgoing></bpmn:intermediateThrowEvent>"
            '<bpmn:sequenceFlow id="flow_new" sourceRef="brought_in" targetRef="which_occasion" />'
        )
        text = text.replace(flow, into + more)
        node = text.index('id="which_occasion"')
        return text[:node] + text[node:].replace(
            "<bpmn:incoming>flow_return_interview_2</bpmn:incoming>",
            "<bpmn:incoming>flow_new</bpmn:incoming>",
            1,
        )

    source = tidy(edited(INTERVIEW, insert).files[INTERVIEW])
    changes = compare(PACK, with_files({INTERVIEW: source if isinstance(source, bytes) else source.encode()}))
    found = {part.id: part for part in changes.changed}
    assert found["brought_in"].state is State.ADDED and found["flow_new"].state is State.ADDED
    assert found["flow_return_interview_2"].details[0].label == "Leads to"
    assert "New in “The return interview”: event “Somebody looked”" in changes.sentences
    back = {part.id: part for part in compare(with_files({INTERVIEW: source}), PACK).changed}
    assert back["brought_in"].state is State.REMOVED and back["flow_new"].state is State.REMOVED


@pytest.mark.parametrize(
    ("before", "after", "label"),
    [
        ('name="Interview due: missing again"', 'name="Interview due"', "Name"),
        ('value="3.4.a 3.4-1 3.4-2 4.2.c-2"', 'value="3.4.a 3.4-1 4.2.c-2"', "Clauses"),
        ('name="form" value="choose-interviewer"', 'name="form" value="hold-interview"', "Form"),
        ("On what ground the interview is required", "On what ground", "Decides"),
    ],
)
def test_each_property_of_an_element_is_told_by_its_name(before: str, after: str, label: str) -> None:
    if label == "Form":
        other = next(name for name in PACK.forms if name != "choose-interviewer")
        after = after.replace("hold-interview", other)
    part = only(compare(PACK, edited(INTERVIEW, lambda text: text.replace(before, after, 1))))
    assert [detail.label for detail in part.details] == [label]


def test_another_role_of_a_lane_is_told_of_the_lane_and_of_what_stands_in_it() -> None:
    new = edited(
        INTERVIEW, lambda text: text.replace('value="= case.holder" />', 'value="social_worker" />', 1)
    )
    changes = compare(PACK, new)
    lane = next(part for part in changes.parts if part.what == "lane")
    assert lane.details[0].label == "Who" and lane.details[0].after == PACK.roles["social_worker"].label
    held = next(part for part in changes.parts if part.id == "hold_interview")
    assert {detail.label for detail in held.details} == {"Who"}


def test_a_diagram_that_comes_or_goes_is_one_part() -> None:
    process = next(p for p in PACK.processes.values() if p.id == "case-closure")
    less = replace(PACK, processes={k: v for k, v in PACK.processes.items() if k != process.id})
    gone, come = compare(PACK, less), compare(less, PACK)
    assert only(gone).state is State.REMOVED and only(come).state is State.ADDED
    assert only(gone).says == ("The diagram “The service closes its case” is no longer there",)


# --- tables


TABLE = "return-interview.dmn"


def test_a_changed_answer_of_a_table_has_a_situation_that_shows_it() -> None:
    mutant = next(m for m in mutants(PACK) if m.decision is not None and "output" in m.what)
    part = only(compare(PACK, mutant.make()))
    witness = next(one for one in part.witnesses if one.kind == "changed-answer")
    assert witness.witness and "was: " in witness.message
    assert part.kind is Kind.TABLE and "answer" in part.says[0] and "was: " in part.says[0]


def test_a_table_whose_explanation_alone_differs_answers_every_situation_as_before() -> None:
    model = PACK.decisions[next(iter(PACK.decisions))]
    decision = next(d for d in model.decisions.values() if d.table is not None)
    rule = decision.table.rules[0] if decision.table else None
    assert rule is not None and decision.table is not None
    noted = replace(rule, description=f"{rule.description} As agreed.")
    made = replace(decision, logic=replace(decision.table, rules=(noted, *decision.table.rules[1:])))
    new = replace(
        PACK,
        decisions={
            name: replace(one, decisions={**one.decisions, decision.id: made}) if one is model else one
            for name, one in PACK.decisions.items()
        },
    )
    part = only(compare(PACK, new))
    assert [d.label for d in part.details] == ["Explanation"] and part.witnesses == ()
    assert part.says[0].endswith("answers every situation as before")


# --- forms, notices, clauses and the rest


def test_a_form_is_compared_question_by_question() -> None:
    path = "forms/choose-interviewer.json"
    form = json.loads(PACK.files[path])
    first, *rest = form["properties"]
    form["properties"][first]["title"] = "Who will talk with the child?"
    form["properties"]["remark"] = {
        "type": "string", "title": "Anything else?", "maxLength": 200, "x-why": "To know more.",
        "x-clauses": ["3.4-2"],
    }  # fmt: skip
    form["required"] = [name for name in form.get("required", []) if name != first]
    changes = compare(PACK, with_files({path: json.dumps(form).encode()}))
    part = next(one for one in changes.parts if one.kind is Kind.FORM)
    labels = {(detail.about, detail.label) for detail in part.details}
    assert ("Who will talk with the child?", "Wording") in labels
    assert ("Anything else?", "Question") in labels
    assert any("asks a further question: “Anything else?”" in said for said in part.says)
    assert rest is not None and part.id == "choose-interviewer"


def test_notices_and_clauses_are_compared_field_by_field() -> None:
    new = edited(
        "notices/director-told.yaml", lambda text: text.replace("A child of this council", "A child", 1)
    )
    notice = only(compare(PACK, new))
    assert (notice.kind, notice.details[0].label) == (Kind.NOTICE, "Subject")
    clause = PACK.clauses["3.4.a"]
    changed = replace(PACK, clauses={**PACK.clauses, clause.id: replace(clause, paraphrase="Otherwise.")})
    part = only(compare(PACK, changed))
    assert (part.kind, part.id, part.details[0].after) == (Kind.CLAUSE, "3.4.a", "Otherwise.")
    assert only(compare(PACK, replace(PACK, clauses=without(PACK.clauses, "3.4.a")))).state is State.REMOVED


def without(held: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in held.items() if name != key}


def test_roles_calendar_derived_facts_and_checks_are_compared() -> None:
    role = PACK.roles["director"]
    roles = replace(PACK, roles={**PACK.roles, "director": replace(role, label="Director of Children")})
    assert only(compare(PACK, roles)).says == (
        "The role “Director of Children”: label is Director of Children instead of Service Director",
    )
    closes = replace(PACK, calendar=replace(PACK.calendar, closes=time(18)))
    assert "Calendar closes" in {d.label for d in only(compare(PACK, closes)).details}
    check = next(iter(PACK.checks.values()))
    checks = {**PACK.checks, check.id: replace(check, says="Something else")}
    assert only(compare(PACK, replace(PACK, checks=checks))).kind is Kind.CHECK
    fact = next(name for name, rule in PACK.derived.items() if rule.expression is not None)
    fewer = replace(PACK, derived={k: v for k, v in PACK.derived.items() if k != fact})
    assert (only(compare(PACK, fewer)).id, only(compare(PACK, fewer)).what) == (fact, "derived fact")


def test_a_word_of_the_vocabulary_that_changes_is_told() -> None:
    known = PACK.vocabulary.obligations["hold_return_interview"]
    words = {**PACK.vocabulary.obligations, known.id: replace(known, joint=not known.joint)}
    new = replace(PACK, vocabulary=replace(PACK.vocabulary, obligations=words))
    part = only(compare(PACK, new))
    assert (part.kind, part.id, part.details[0].label) == (Kind.VOCABULARY, known.id, "Joint")
