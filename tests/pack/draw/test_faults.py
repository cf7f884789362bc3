"""The lint of pictures: each fault is found where it was made, and only there."""

from __future__ import annotations

import re

import pytest

from engine.pack.draw import tidy
from engine.pack.draw.faults import MAX_NODES, layout_faults
from tests.pack.draw.drawing import process

STEPS = [
    "startEvent s Begun",
    "userTask a Act",
    "exclusiveGateway g Done?",
    "endEvent e Ended",
    "userTask b Again",
]
FLOWS = [("s", "a"), ("a", "g"), ("g", "e"), ("g", "b")]


@pytest.fixture(scope="module")
def clean() -> bytes:
    return tidy(process(STEPS, FLOWS), "x")


def moved(data: bytes, element: str, by_x: int = 0, by_y: int = 0, part: str = "BPMNShape") -> bytes:
    """Move the first bounds of an element's shape, or the first bend of its edge."""
    head = data.index(b'bpmnElement="' + element.encode() + b'"')
    find = re.compile(rb' x="([-\d.]+)" y="([-\d.]+)"')
    found = find.search(data, data.index(b"BPMNLabel", head) if part == "BPMNLabel" else head)
    assert found is not None
    x, y = float(found[1]) + by_x, float(found[2]) + by_y
    return data[: found.start()] + f' x="{x:g}" y="{y:g}"'.encode() + data[found.end() :]


def rules(data: bytes) -> set[tuple[str, str]]:
    return {(fault.rule, fault.element) for fault in layout_faults(data, "x.bpmn")}


def test_a_tidy_picture_has_no_fault(clean: bytes) -> None:
    assert rules(clean) == set()


def test_a_shape_over_another_is_named(clean: bytes) -> None:
    assert ("shapes do not overlap", "b") in rules(moved(clean, "a", by_x=330, by_y=100))


def test_a_flow_aslant_is_named(clean: bytes) -> None:
    assert ("flows are not diagonal", "f0") in rules(moved(clean, "f0", by_y=9))


def test_a_flow_through_a_shape_is_named() -> None:
    data = tidy(
        process(["userTask a A", "userTask b B", "userTask c C"], [("a", "b"), ("b", "c"), ("a", "c")]), "x"
    )
    head = data.index(b'bpmnElement="f2"')
    end = data.index(b"</bpmndi:BPMNEdge>", head)
    straight = data[data.index(b'bpmnElement="f0"') :]
    y = re.search(rb'waypoint x="[-\d.]+" y="([-\d.]+)"', straight)
    xs = [float(x) for x in re.findall(rb'waypoint x="([-\d.]+)"', data[head:end])]
    assert y is not None
    line = b"".join(f'<di:waypoint x="{x:g}" y="{y[1].decode()}" />'.encode() for x in (min(xs) - 0, max(xs)))
    broken = data[: data.index(b"<di:waypoint", head)] + line + data[end:]
    assert ("flows avoid shapes", "f2") in rules(broken)


def test_flows_on_top_of_each_other_are_named(clean: bytes) -> None:
    head = clean.index(b'bpmnElement="f1"')
    start, end = clean.index(b"<di:waypoint", head), clean.index(b"</bpmndi:BPMNEdge>", head)
    flow = clean[clean.index(b"<di:waypoint", clean.index(b'bpmnElement="f0"')) :]
    same = flow[: flow.index(b"</bpmndi:BPMNEdge>")]
    assert ("flows keep apart", "f1") in rules(clean[:start] + same + clean[end:])


def test_a_flow_that_ends_in_the_air_is_named(clean: bytes) -> None:
    assert ("flows touch their ends", "f0") in rules(moved(clean, "s", by_x=-40))


def test_a_label_over_a_shape_is_named(clean: bytes) -> None:
    assert ("labels are clear of shapes and lines", "s") in rules(
        moved(clean, "s", by_x=110, by_y=-45, part="BPMNLabel")
    )


def test_what_has_no_place_is_named_with_its_line_and_remedy(clean: bytes) -> None:
    more = clean.replace(b"</bpmn:process>", b'\n<bpmn:userTask id="new" name="New" /></bpmn:process>')
    fault = next(fault for fault in layout_faults(more, "x.bpmn") if fault.element == "new")
    assert (fault.file, fault.line, fault.rule) == ("x.bpmn", 2, "everything is drawn")
    assert "homeward pack tidy" in fault.remedy


def test_a_file_without_any_diagram_is_named_once() -> None:
    faults = layout_faults(process(STEPS, FLOWS), "x.bpmn")
    assert [(fault.rule, fault.element) for fault in faults if fault.rule == "everything is drawn"] == [
        ("everything is drawn", "p")
    ]


def test_a_name_without_a_place_is_named(clean: bytes) -> None:
    head = clean.index(b'bpmnElement="s"')
    start, end = clean.index(b"<bpmndi:BPMNLabel>", head), clean.index(b"</bpmndi:BPMNLabel>", head)
    assert ("labels have a place", "s") in rules(clean[:start] + clean[end + len(b"</bpmndi:BPMNLabel>") :])


def test_a_diagram_of_too_many_nodes_is_named() -> None:
    steps = [f"endEvent e{number} E" for number in range(MAX_NODES + 1)]
    assert ("diagrams are small", "p") in rules(tidy(process(steps, []), "x"))
    assert rules(tidy(process(steps[:-1], []), "x")) == set()


def test_a_node_outside_its_lane_is_named() -> None:
    data = (
        b'<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t">'
        b'<bpmn:collaboration id="c"><bpmn:participant id="pool" name="P" processRef="p" /></bpmn:collaboration>'
        b'<bpmn:process id="p"><bpmn:laneSet id="ls"><bpmn:lane id="l" name="L"><bpmn:flowNodeRef>s</bpmn:flowNodeRef>'
        b'</bpmn:lane></bpmn:laneSet><bpmn:startEvent id="s" name="S" /></bpmn:process></bpmn:definitions>'
    )
    out = tidy(data, "x")
    assert rules(out) == set()
    assert ("nodes lie within their lane", "s") in rules(moved(out, "s", by_y=300))
