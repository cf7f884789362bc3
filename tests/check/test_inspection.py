"""The whole report on a pack: what is merged, what counts as a fault, and that nothing makes it stumble."""

from __future__ import annotations

import random

import pytest

from engine.check.inspection import Inspection, inspect_files, inspect_folder
from engine.pack.files import UnreadablePack
from tests.pack.building import FILES, edited, small_pack

BPMN = "missing-episode.bpmn"


def test_a_valid_pack_has_nothing_to_report() -> None:
    inspection = inspect_folder(FILES / "small")
    assert inspection.pack is not None
    assert (inspection.faults, inspection.warnings) == ((), ())


def test_the_lint_speaks_for_the_reader_where_both_refuse_a_construct() -> None:
    files = edited(BPMN, '<bpmn:userTask id="hold_interview"', '<bpmn:task id="hold_interview"')
    files[BPMN] = files[BPMN].replace(
        b"</bpmn:userTask>\n    <bpmn:endEvent", b"</bpmn:task>\n    <bpmn:endEvent"
    )
    inspection = inspect_files(files, "small")
    about = [problem.rule for problem in inspection.faults if problem.element == "hold_interview"]
    assert "no-bare-task" in about
    assert "unsupported" not in about
    assert inspection.pack is None


def test_a_construct_that_no_rule_explains_is_still_refused() -> None:
    files = edited(
        BPMN, 'attachedToRef="while_missing"', 'attachedToRef="while_missing" cancelActivity="false"'
    )
    files[BPMN] = files[BPMN].replace(
        b'<bpmn:messageEventDefinition id="child_returned_message" messageRef="message_returned" />',
        b"<bpmn:errorEventDefinition />",
    )
    inspection = inspect_files(files, "small")
    assert ("child_returned", "unsupported") in {(p.element, p.rule) for p in inspection.faults}


def test_a_pack_that_can_run_may_still_have_faults_that_keep_it_from_being_published() -> None:
    inspection = inspect_files(edited(BPMN, 'name="Interview required?"', 'name="Interview"'), "small")
    assert inspection.pack is not None
    assert [problem.rule for problem in inspection.faults] == ["gateway-is-a-question"]


def test_a_diagram_without_its_drawing_is_one_fault() -> None:
    files = small_pack()
    text = files[BPMN].decode()
    files[BPMN] = (text[: text.index("<bpmndi:BPMNDiagram")] + "</bpmn:definitions>").encode()
    inspection = inspect_files(files, "small")
    (fault,) = inspection.faults
    assert (fault.rule, fault.file) == ("everything-is-drawn", BPMN)
    assert "no place in the drawing" in fault.message


def test_shapes_that_lie_over_each_other_are_a_fault() -> None:
    files = small_pack()
    text = files[BPMN].decode()
    places = [part.split("/>")[0] for part in text.split("<dc:Bounds ")[1:]]
    shape = text.split('bpmnElement="hold_interview"')[1].split("<dc:Bounds ")[1].split("/>")[0]
    other = text.split('bpmnElement="interview_held"')[1].split("<dc:Bounds ")[1].split("/>")[0]
    assert shape in places
    files[BPMN] = text.replace(other, shape, 1).encode()
    assert "shapes-do-not-overlap" in {problem.rule for problem in inspect_files(files, "small").faults}


def test_a_drawing_with_numbers_that_are_none_is_reported() -> None:
    files = small_pack()
    files[BPMN] = files[BPMN].replace(b'width="', b'width="wide ', 1)
    assert any("the drawing cannot be read" in p.message for p in inspect_files(files, "small").faults)


def test_elements_are_called_by_their_names() -> None:
    inspection = inspect_files(edited(BPMN, '"Interview required?"', '"Interview&#10;required"'), "small")
    assert [inspection.label(problem) for problem in inspection.faults] == ["Interview required"]


def test_an_unreadable_folder_is_said_to_be_one() -> None:
    with pytest.raises(UnreadablePack):
        inspect_folder(FILES / "nowhere")


@pytest.mark.parametrize("seed", range(150))
def test_whatever_is_damaged_in_a_pack_is_reported_and_never_a_crash(seed: int) -> None:
    luck = random.Random(seed)  # a fixed seed: the same damage each time
    files = small_pack()
    name = luck.choice(sorted(files))
    files[name] = damaged(files[name], luck)
    inspection = inspect_files(files, "small")
    assert isinstance(inspection, Inspection)
    for problem in (*inspection.faults, *inspection.warnings):
        assert problem.message
        assert problem.line >= 0


def damaged(data: bytes, luck: random.Random) -> bytes:
    """Return a file with a few pieces cut out, doubled, swapped or replaced."""
    for _ in range(luck.choice((1, 1, 2, 3))):
        start = luck.randrange(len(data) or 1)
        end = min(len(data), start + luck.choice((1, 3, 15, 80)))
        kind = luck.randrange(4)
        if kind == 0:
            data = data[:start] + data[end:]
        elif kind == 1:
            data = data[:end] + data[start:]
        elif kind == 2:
            junk = luck.choice(
                (b'"', b"<", b"{", b"[", b":", b"\n", b"&", b"null", b"true", b"\xff", b"\x00", b"- ")
            )
            data = data[:start] + junk + data[start:]
        else:
            lines = data.split(b"\n")
            one, other = luck.randrange(len(lines)), luck.randrange(len(lines))
            lines[one], lines[other] = lines[other], lines[one]
            data = b"\n".join(lines)
    return data
