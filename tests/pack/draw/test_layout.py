"""The layout: what a reader of the picture may expect of it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.pack.draw import tidy
from engine.pack.draw.di import read_picture
from engine.pack.draw.faults import crossings, layout_faults
from engine.pack.draw.geometry import Picture
from tests.pack.draw.drawing import HAND_WRITTEN, diagram, made_by_rule, process, root_of


def laid_out(data: bytes) -> Picture:
    return read_picture(root_of(tidy(data, "test.bpmn")))


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_a_diagram_written_by_hand_is_laid_out_without_a_fault(name: str) -> None:
    data = tidy(diagram(name), name)
    assert layout_faults(data, name) == []
    assert crossings(data) <= 2


@pytest.mark.parametrize("seed", range(14))
def test_a_diagram_made_by_rule_is_laid_out_without_a_fault(seed: int) -> None:
    faults = layout_faults(tidy(made_by_rule(seed), "made"), "made")
    assert [
        str(fault) for fault in faults if fault.rule not in ("flows seldom cross", "diagrams are small")
    ] == []


def test_the_same_file_always_gives_the_same_bytes() -> None:
    assert tidy(diagram("police"), "a") == tidy(diagram("police"), "b")


def test_the_main_way_runs_level_from_left_to_right() -> None:
    steps = ["startEvent s S", "userTask a A", "userTask b B", "endEvent e E"]
    picture = laid_out(process(steps, [("s", "a"), ("a", "b"), ("b", "e")]))
    centres = [picture.shapes[node].centre for node in "sabe"]
    assert len({point.y for point in centres}) == 1
    assert all(one.x < other.x for one, other in pairwise(centres))
    assert all(len(points) == 2 for points in picture.edges.values())


def test_branches_lie_in_the_order_of_the_file() -> None:
    steps = ["startEvent s S", "exclusiveGateway g Which?", "endEvent a A", "endEvent b B", "endEvent c C"]
    picture = laid_out(process(steps, [("s", "g"), ("g", "a"), ("g", "b"), ("g", "c")]))
    heights = [picture.shapes[node].centre.y for node in "abc"]
    assert heights == sorted(heights)
    assert len(set(heights)) == 3


def test_lanes_follow_the_file_and_fill_their_pool() -> None:
    picture = laid_out(diagram("ladder"))
    pool = picture.shapes["council"]
    lanes = [picture.shapes[lane] for lane in ("worker", "mgr", "service", "head")]
    assert lanes[0].y == pool.y
    assert lanes[-1].bottom == pool.bottom
    assert all(one.bottom == other.y for one, other in pairwise(lanes))
    assert all(lane.right == pool.right for lane in lanes)


def test_a_boundary_event_sits_on_the_lower_edge_and_its_way_leaves_downwards() -> None:
    picture = laid_out(diagram("five-lanes"))
    host, event = picture.shapes["interview"], picture.shapes["b72"]
    assert event.centre.y == host.bottom
    first, second = next(way for edge, way in picture.edges.items() if edge.endswith("b72_late_reason"))[:2]
    assert first.x == second.x
    assert second.y > first.y


def test_a_subprocess_holds_all_that_stands_in_it() -> None:
    picture = laid_out(diagram("while-missing"))
    box = picture.shapes["missing"]
    for node in ("begin", "daily", "t24", "director", "meeting28", "e28"):
        assert box.holds(picture.shapes[node])
    assert not box.holds(picture.shapes["interview"])


def test_a_subprocess_in_a_subprocess_has_its_own_frame() -> None:
    inner = (
        '<bpmn:subProcess id="outer" name="Outer"><bpmn:startEvent id="os" name="Begun" />'
        '<bpmn:subProcess id="inner" name="Inner"><bpmn:startEvent id="is" name="Begun" />'
        '<bpmn:userTask id="it" name="Act" /><bpmn:endEvent id="ie" name="Ended" />'
        '<bpmn:sequenceFlow id="i1" sourceRef="is" targetRef="it" />'
        '<bpmn:sequenceFlow id="i2" sourceRef="it" targetRef="ie" /></bpmn:subProcess>'
        '<bpmn:sequenceFlow id="o1" sourceRef="os" targetRef="inner" /></bpmn:subProcess>'
    )
    data = tidy(
        process(["startEvent s S", "endEvent e E"], [("s", "outer"), ("outer", "e")], inner), "nested"
    )
    assert layout_faults(data, "nested") == []
    picture = read_picture(root_of(data))
    frame, within = picture.shapes["outer"], picture.shapes["inner"]
    assert frame.grown(-10).holds(within)
    assert within.grown(-10).holds(picture.shapes["it"])


def test_black_boxes_lie_above_and_below_and_messages_run_between() -> None:
    picture = laid_out(diagram("police"))
    police, council, child = (picture.shapes[pool] for pool in ("police", "council", "child"))
    assert police.bottom < council.y
    assert council.bottom < child.y
    assert picture.edges["m1"][0].y == police.bottom


def hinted_task(node: str, column: int, row: int) -> str:
    return (
        f'<bpmn:userTask id="{node}" name="{node}"><bpmn:extensionElements>'
        '<w:properties xmlns:w="http://spiffworkflow.org/bpmn/schema/1.0/core">'
        f'<w:property name="layout.column" value="{column}" /><w:property name="layout.row" value="{row}" />'
        "</w:properties></bpmn:extensionElements></bpmn:userTask>"
    )


def test_hints_in_the_file_fix_columns_and_rows() -> None:
    flows = [("s", "a"), ("a", "b")]
    plain = laid_out(process(["startEvent s S", "userTask a a", "userTask b b"], flows))
    assert plain.shapes["b"].centre.y == plain.shapes["a"].centre.y
    hinted = laid_out(process(["startEvent s S"], flows, hinted_task("a", 1, 0) + hinted_task("b", 4, 1)))
    assert hinted.shapes["b"].y > hinted.shapes["a"].bottom
    assert hinted.shapes["b"].x > plain.shapes["b"].right


def test_a_loop_leads_back_without_running_through_anything() -> None:
    steps = ["startEvent s S", "userTask a A", "exclusiveGateway g Again?", "endEvent e E"]
    data = tidy(process(steps, [("s", "a"), ("a", "g"), ("g", "e"), ("g", "a")]), "loop")
    assert layout_faults(data, "loop") == []
    picture = read_picture(root_of(data))
    assert picture.shapes["a"].x < picture.shapes["g"].x < picture.shapes["e"].x


def test_an_empty_lane_and_a_lone_node_have_their_place() -> None:
    data = (
        b'<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t">'
        b'<bpmn:collaboration id="c"><bpmn:participant id="pool" name="P" processRef="p" /></bpmn:collaboration>'
        b'<bpmn:process id="p"><bpmn:laneSet id="ls"><bpmn:lane id="empty" name="Nobody" />'
        b'<bpmn:lane id="one" name="One">'
        b"<bpmn:flowNodeRef>s</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
        b'<bpmn:startEvent id="s" name="S" /></bpmn:process></bpmn:definitions>'
    )
    picture = laid_out(data)
    assert picture.shapes["one"].holds(picture.shapes["s"])
    assert picture.shapes["empty"].height > 40
