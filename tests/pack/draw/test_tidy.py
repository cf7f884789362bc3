"""Tidying: only what is missing is written, and nothing else of the file changes."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from engine.cli.pack import pack
from engine.pack.draw import tidy
from engine.pack.draw.di import UntidyFile, read_picture
from engine.pack.draw.faults import layout_faults
from engine.xml import XmlError
from tests.pack.draw.drawing import diagram, process, root_of


def with_room(data: bytes) -> bytes:
    """Make the last lane of the ladder, and its pool, 200 pixels taller."""
    for element in (b"head", b"council"):
        pattern = rb'(bpmnElement="' + element + rb'"[^>]*>\s*<dc:Bounds [^>]*height=")(\d+)'
        data = re.sub(pattern, lambda found: found[1] + str(int(found[2]) + 200).encode(), data)
    return data


def with_step(data: bytes) -> bytes:
    """Add a task and its end after the last task of the ladder."""
    flow = b'<bpmn:sequenceFlow id="f11'
    new = (
        b'<bpmn:sendTask id="tell" name="Tell both services" /><bpmn:endEvent id="told" name="Services told" />'
        b'<bpmn:sequenceFlow id="n1" name="if asked" sourceRef="hos" targetRef="tell" />'
        b'<bpmn:sequenceFlow id="n2" sourceRef="tell" targetRef="told" />'
    )
    assert data.count(flow) == 1
    lane = b"<bpmn:flowNodeRef>hos</bpmn:flowNodeRef>"
    more = b"<bpmn:flowNodeRef>tell</bpmn:flowNodeRef><bpmn:flowNodeRef>told</bpmn:flowNodeRef>"
    return data.replace(flow, new + flow).replace(lane, lane + more)


def test_everything_but_the_diagram_stays_as_it_was_to_the_byte() -> None:
    before = diagram("ladder").replace(b"<bpmn:process", b"<!-- a note   by  hand -->\r\n  <bpmn:process", 1)
    after = tidy(before, "ladder.bpmn")
    start, end = after.index(b"  <bpmndi:BPMNDiagram"), after.index(b"</bpmndi:BPMNDiagram>")
    rest = after[:start] + after[end + len(b"</bpmndi:BPMNDiagram>") :]
    assert rest.replace(b"\r\n", b"\n").split() == before.replace(b"\r\n", b"\n").split()
    assert before.rstrip()[: before.rindex(b"</bpmn:process>")] in after


def test_a_tidy_file_is_left_alone() -> None:
    once = tidy(diagram("police"), "police.bpmn")
    assert tidy(once, "police.bpmn") == once


def test_laying_out_anew_gives_what_the_first_layout_gave() -> None:
    once = tidy(diagram("police"), "police.bpmn")
    moved = once.replace(b'height="80"', b'height="95"')
    assert moved != once
    assert tidy(moved, "police.bpmn", everything=True) == once


def test_an_added_step_finds_room_and_all_else_stays_in_its_place() -> None:
    held = with_step(with_room(tidy(diagram("ladder"), "ladder.bpmn")))
    before, after = read_picture(root_of(held)), read_picture(root_of(tidy(held, "ladder.bpmn")))
    assert {key: after.shapes[key] for key in before.shapes} == before.shapes
    assert {key: after.edges[key] for key in before.edges} == before.edges
    assert set(after.shapes) - set(before.shapes) == {"tell", "told"}
    assert set(after.edges) - set(before.edges) == {"n1", "n2"}
    assert layout_faults(tidy(held, "ladder.bpmn")) == []


def test_an_added_step_without_room_is_refused_with_the_way_out() -> None:
    held = with_step(tidy(diagram("ladder"), "ladder.bpmn"))
    with pytest.raises(UntidyFile, match=r"ladder\.bpmn: no room for .*--all"):
        tidy(held, "ladder.bpmn")


def test_an_added_lane_is_refused_with_the_way_out() -> None:
    held = tidy(diagram("ladder"), "ladder.bpmn")
    more = held.replace(b"</bpmn:laneSet>", b'<bpmn:lane id="new" name="New" /></bpmn:laneSet>')
    with pytest.raises(UntidyFile, match="new is a pool, lane or subprocess without a place"):
        tidy(more, "ladder.bpmn")


def test_shapes_say_what_modellers_must_know_of_them() -> None:
    data = tidy(diagram("while-missing"), "x").decode()
    for element in ("council", "coordinator"):
        assert re.search(rf'bpmnElement="{element}" isHorizontal="true"', data)
    assert 'bpmnElement="missing" isExpanded="true"' in data
    assert 'bpmnElement="g24" isMarkerVisible="true"' in data


def test_an_id_that_the_file_already_uses_is_not_given_twice() -> None:
    data = tidy(process(["startEvent s S", "userTask s_di A"], [("s", "s_di")]), "x")
    ids = re.findall(rb'\bid="([^"]+)"', data)
    assert len(ids) == len(set(ids))


def test_hostile_and_broken_files_are_refused() -> None:
    with pytest.raises(XmlError):
        tidy(b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "bad.bpmn")
    with pytest.raises(XmlError):
        tidy(b"<bpmn:definitions", "bad.bpmn")
    with pytest.raises(UntidyFile, match="holds no process"):
        tidy(b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" />', "bad.bpmn")


def test_the_command_writes_the_file_and_says_so(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "ladder.bpmn"
    path.write_bytes(diagram("ladder"))
    first = CliRunner().invoke(pack, ["tidy", str(path)])
    assert (first.exit_code, first.output) == (0, f"laid out: {path}\n")
    assert path.read_bytes() == tidy(diagram("ladder"), "ladder.bpmn")
    second = CliRunner().invoke(pack, ["tidy", str(path)])
    assert (second.exit_code, second.output) == (0, f"nothing to do: {path}\n")
