"""meetings.yaml: every word that a kind of meeting uses is checked, and the packs' meetings carry their procedures."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from engine.pack.faults import BrokenPack
from engine.pack.meetings import AgendaItem, Invited, fits
from engine.pack.model import Act, Pack
from engine.pack.read import read_files, read_pack
from tests.pack.building import line_of, small_pack

PACKS = Path(__file__).parents[2] / "processes"
COUNCILS = ("bury", "camden", "east-sussex", "kirklees", "nottinghamshire")
MEETINGS = """\
- id: planning-meeting
  label: Planning meeting
  clauses: ["1.1"]
  steps:
    hold: [hold_interview]
  chair: [social_worker]
  invitees:
    - {id: leader, role: director, clauses: ["1.1"], force: must, needed: true}
    - {id: school, label: School, when: in term}
  agenda:
    - {id: risk, title: The risk, clauses: ["1.1"], force: must}
  minutes:
    limit: held + duration("PT24H")
    clauses: ["1.1"]
"""


def with_meetings(text: str) -> dict[str, bytes]:
    return small_pack() | {"meetings.yaml": text.encode()}


@cache
def pack_of(council: str) -> Pack:
    return read_pack(PACKS / council)


def test_a_kind_of_meeting_is_read_with_people_agenda_and_limit() -> None:
    kind = read_files(with_meetings(MEETINGS), "small").meetings["planning-meeting"]
    assert kind.label == "Planning meeting"
    assert kind.elements == ("hold_interview",)
    leader, school = kind.invitees
    assert (leader.role, leader.force, leader.needed) == ("director", "must", True)
    assert (school.role, school.label, school.when, school.force) == (None, "School", "in term", "should")
    assert [(item.id, item.force) for item in kind.agenda] == [("risk", "must")]
    assert kind.limit is not None
    assert not kind.several


def test_meetings_belong_to_the_name_of_a_pack() -> None:
    one = read_files(with_meetings(MEETINGS), "small")
    other = read_files(with_meetings(MEETINGS.replace("PT24H", "PT48H")), "small")
    assert len({read_files(small_pack(), "small").hash, one.hash, other.hash}) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hold: [hold_interview]", "hold: [hold_intervew]", "there is no element hold_intervew"),
        ("hold: [hold_interview]", "hold: [child_reported]", "is a startEvent, no task"),
        ("hold: [hold_interview]", "convene: [hold_interview]", "no element holds the meeting"),
        ("hold: [hold_interview]", "each: [hold_interview]\n    hold: [hold_interview]", "`each`"),
        ("chair: [social_worker]", "chair: [social_wroker]", "does not use the role social_wroker"),
        ("role: director, clauses", "role: directer, clauses", "does not use the role directer"),
        ("{id: school, label: School,", "{id: school,", "an invitee is a role or somebody in words"),
        ('limit: held + duration("PT24H")', "limit: held +", "this is not FEEL"),
        ('limit: held + duration("PT24H")', "limit: episode.reported_at", "it reads episode.reported_at"),
        ('limit: held + duration("PT24H")', 'limit: duration("PT24H")', "this gives a"),
        (
            'label: Planning meeting\n  clauses: ["1.1"]',
            'label: P\n  clauses: ["9.9"]',
            "there is no clause 9.9",
        ),
        ("id: planning-meeting", "id: Planning", "Planning is no id"),
        ("  agenda:", "  agnda:", "agnda is not a key"),
        ("  steps:", "  about: several\n  steps:", "nothing says which children"),
        ("  steps:", "  children: {missing: true}\n  steps:", "only a meeting about several"),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_line(old: str, new: str, said: str) -> None:
    assert MEETINGS.count(old) == 1
    files = with_meetings(MEETINGS.replace(old, new))
    with pytest.raises(BrokenPack) as broken:
        read_files(files, "small")
    told = [problem for problem in broken.value.problems if said in problem.message or said in problem.remedy]
    assert told, [problem.message for problem in broken.value.problems]
    assert all(problem.file == "meetings.yaml" and problem.line > 0 for problem in told)


def test_what_fills_a_question_must_fit_it() -> None:
    form = next(iter(read_files(small_pack(), "small").forms.values()))
    question = next(iter(form.schema["properties"]))
    fills = f"  fills:\n    {form.id}: {{{question}: weather}}\n"
    files = with_meetings(MEETINGS + fills)
    with pytest.raises(BrokenPack) as broken:
        read_files(files, "small")
    problem = broken.value.problems[0]
    assert problem.line == line_of(files["meetings.yaml"], f"{form.id}:")
    assert fits({"type": "string", "format": "date"}, "held")
    assert not fits({"type": "string", "format": "date"}, "minutes")
    assert fits({"type": "array"}, "attended")
    assert not fits({"type": "boolean"}, "held")
    assert not fits({"type": "string", "enum": ["yes"]}, "minutes")


@pytest.mark.parametrize("council", COUNCILS)
def test_every_task_that_holds_a_meeting_belongs_to_a_kind_of_meeting(council: str) -> None:
    """A duty to meet that no kind of meeting serves would have to be done without agenda, people and minutes."""
    pack = pack_of(council)
    served = {element for kind in pack.meetings.values() for element in kind.elements}
    meets = {
        element.id
        for element in pack.elements
        if element.kind in ("userTask", "receiveTask")
        for duty in element.duties
        if duty.act in (Act.RAISES_PERFORMS, Act.PERFORMS)
        and pack.vocabulary.obligations[duty.obligation].kind == "meeting"
    }
    assert meets - served == ELSEWHERE.get(council, set())


ELSEWHERE: dict[str, set[str]] = {}
"""Tasks of the kind meeting that are no sitting of several people with an agenda."""


@pytest.mark.parametrize("council", COUNCILS)
def test_a_task_belongs_to_one_kind_of_meeting_only(council: str) -> None:
    named = [element for kind in pack_of(council).meetings.values() for element in kind.elements]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("council", COUNCILS)
def test_a_limit_of_the_minutes_is_the_one_that_the_diagrams_give_the_duty(council: str) -> None:
    """The file states no limit of its own: a duty of recording with a limit stands behind each, and none is left out."""
    pack = pack_of(council)
    elements = {element.id: element for element in pack.elements}
    for kind in pack.meetings.values():
        recorded = [
            duty
            for name in kind.steps.get("record", ())
            for duty in elements[name].duties
            if duty.obligation.startswith("record_") and duty.due is not None
        ]
        assert bool(recorded) == (kind.limit is not None), kind.id
        for duty in recorded:
            assert duty.due is not None and kind.limit is not None
            assert 'duration("PT24H")' in duty.due.text and 'duration("PT24H")' in kind.limit.text
            assert set(kind.limit_clauses) <= set(duty.clauses)


@pytest.mark.parametrize("council", COUNCILS)
def test_every_clause_of_an_agenda_is_talked_about_by_its_force(council: str) -> None:
    pack = pack_of(council)
    order = {"none": 0, "may": 1, "should": 2, "must": 3}
    for kind in pack.meetings.values():
        parts: tuple[AgendaItem | Invited, ...] = (*kind.agenda, *kind.invitees)
        for part in parts:
            assert part.clauses or part.force != "must", f"{kind.id}: nothing says that {part.id} must be"
            strongest = max((order[pack.clauses[clause].force] for clause in part.clauses), default=3)
            assert order[part.force] <= strongest, f"{kind.id}: {part.id} is stronger than its clauses"
