"""The drawing: what stands in the SVG, and that it is safe, steady and readable without colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from engine.pack.draw import STATES, draw, tidy
from engine.pack.draw.di import read_picture
from engine.pack.draw.marks import STATE_INK, STATE_PAPER, state_mark
from engine.pack.draw.text import BOLD, width, wrap
from tests.pack.draw.drawing import HAND_WRITTEN, diagram, process, root_of

DRAWINGS = Path(__file__).resolve().parents[3] / "bpmn-diagrams"
SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> etree._Element:
    return etree.fromstring(svg.encode())


def group(svg: str, element: str) -> etree._Element:
    return next(g for g in parsed(svg).iter(f"{SVG}g") if g.get("data-element-id") == element)


def text_of(svg: str) -> str:
    return " ".join(" ".join(parsed(svg).itertext()).split())


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_every_element_is_in_the_drawing_with_its_words(name: str) -> None:
    data = tidy(diagram(name), name)
    svg = draw(data, title=name)
    drawn = {g.get("data-element-id") for g in parsed(svg).iter(f"{SVG}g")}
    placed = set(re.findall(r'bpmnElement="([^"]+)"', data.decode())) - {"collaboration", "process"}
    assert placed <= drawn
    letters = "".join(text_of(svg).split())
    for words in re.findall(
        r'(?:userTask|endEvent|exclusiveGateway|lane|participant) id="\w+" name="([^"]+)"', data.decode()
    ):
        assert "".join(words.split()) in letters


def test_the_drawing_stands_alone_and_runs_nothing() -> None:
    hostile = process(
        ["startEvent s &lt;script&gt;alert(1)&lt;/script&gt;&quot;", "endEvent e E"], [("s", "e")]
    )
    svg = draw(tidy(hostile, "x"), links={"s": "javascript:alert(1)", "e": "/cases/1?a=1&b=2"}, title='<"&>')
    root = parsed(svg)
    tags = {etree.QName(element).localname for element in root.iter() if isinstance(element.tag, str)}
    assert tags <= {"svg", "title", "desc", "rect", "g", "path", "circle", "text", "tspan", "a"}
    names = {etree.QName(name).localname for element in root.iter() for name in element.attrib}
    assert not any(name.startswith("on") or name in ("style", "src") for name in names)
    assert [a.get("href") for a in root.iter(f"{SVG}a")] == ["/cases/1?a=1&b=2"]


@pytest.mark.parametrize(
    "address", ["javascript:x", " JavaScript:x", "data:text/html,x", "vbscript:x", "java\tscript:x"]
)
def test_an_address_that_could_run_something_is_no_link(address: str) -> None:
    svg = draw(tidy(process(["startEvent s S"], []), "x"), links={"s": address})
    assert not list(parsed(svg).iter(f"{SVG}a"))


def test_several_drawings_can_stand_in_one_page() -> None:
    svg = draw(tidy(diagram("police"), "x"), states={"offer": {"live"}})
    assert not [element for element in parsed(svg).iter() if element.get("id")]


def test_the_drawing_has_a_name_and_a_description_for_those_who_do_not_see_it() -> None:
    data = tidy(diagram("ladder"), "x")
    root = parsed(draw(data, states={"sm": {"live"}}, title="Escalation"))
    assert (root.get("role"), root.get("aria-label")) == ("img", "Escalation")
    assert root[0].text == "Escalation"
    assert "Now here: Decide between the services." in (root[1].text or "")
    linked = parsed(draw(data, links={"sm": "/tasks/1"}))
    assert linked.get("role") == "group"  # an img would hide the links


def test_a_state_shows_by_class_sign_and_rim_not_by_colour_alone() -> None:
    data = tidy(diagram("ladder"), "x")
    plain = etree.tostring(group(draw(data), "sm")).decode()
    signs = set()
    for state in STATES:
        painted = group(draw(data, states={"sm": {state}}), "sm")
        assert f"is-{state}" in painted.get("class", "").split()
        text = etree.tostring(painted).decode()
        assert "state-sign" in text and "state-sign" not in plain
        signs.add(re.sub(r"#[0-9a-f]{6}", "", state_mark(state)))
    assert len(signs) == len(STATES)


def test_an_event_keeps_its_dashes_for_what_they_mean_in_bpmn() -> None:
    data = tidy(diagram("while-missing"), "x")
    svg = draw(data, states={"back": {"waiting"}, "placed": {"waiting"}})
    rims = {event: group(svg, event).find(f".//{SVG}circle") for event in ("back", "placed")}
    assert rims["back"] is not None and rims["back"].get("stroke-dasharray") is None
    assert rims["placed"] is not None and rims["placed"].get("stroke-dasharray") is not None


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("state", STATES)
def test_colours_of_states_are_told_apart_from_paper_and_text(state: str) -> None:
    assert _contrast(STATE_INK[state], "#ffffff") >= 4.5
    assert _contrast(STATE_INK[state], STATE_PAPER[state]) >= 3.0
    assert _contrast("#0b0c0c", STATE_PAPER[state]) >= 7.0


def test_badges_links_and_descriptions_reach_their_elements() -> None:
    data = tidy(diagram("ladder"), "x")
    svg = draw(
        data,
        badges={"sm": "5-3"},
        links={"sm": "/tasks/7"},
        describe=lambda element: "Service manager; clause 5-3" if element == "sm" else None,
    )
    found = group(svg, "sm")
    assert found.find(f"{SVG}a") is not None
    title = found.find(f".//{SVG}title")
    assert title is not None and title.text == "Service manager; clause 5-3"
    assert "5-3" in "".join(found.itertext())
    other = group(svg, "hos").find(f"{SVG}title")
    assert other is not None and other.text == "Give the final decision"


def test_a_task_outside_its_lane_says_who_does_it() -> None:
    role = (
        '<bpmn:userTask id="a" name="A"><bpmn:extensionElements>'
        '<w:properties xmlns:w="http://spiffworkflow.org/bpmn/schema/1.0/core">'
        '<w:property name="role" value="director" /></w:properties></bpmn:extensionElements></bpmn:userTask>'
    )
    data = tidy(process(["startEvent s S"], [("s", "a")], role), "x")
    assert "(Director)" in text_of(draw(data))
    assert "(Service Director)" in text_of(draw(data, roles={"director": "Service Director"}))
    long = text_of(draw(data, roles={"director": "Service Manager Safeguarding Children (Strategic)"}))
    assert "(Service Manager" in long and "Strategic" not in long


def test_kinds_of_events_tasks_and_gateways_look_different() -> None:
    kinds = ["userTask", "sendTask", "receiveTask", "manualTask", "businessRuleTask", "callActivity"]
    kinds += [
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "startEvent",
        "endEvent",
    ]
    looks = set()
    for kind in kinds:
        drawn = group(draw(tidy(process([f"{kind} a A"], []), "x")), "a")
        looks.add(re.sub(rb'(class|transform)="[^"]*"', b"", etree.tostring(drawn)))
    assert len(looks) == len(kinds)


def test_a_default_flow_bears_a_stroke_and_a_message_a_circle() -> None:
    svg = draw(tidy(diagram("police"), "x"))
    assert group(svg, "m1").find(f"{SVG}circle") is not None
    ladder = draw(tidy(diagram("ladder"), "x"))
    default = next(
        g for g in parsed(ladder).iter(f"{SVG}g") if (g.get("data-element-id") or "").endswith("g1_mgr1")
    )
    plain = next(
        g for g in parsed(ladder).iter(f"{SVG}g") if (g.get("data-element-id") or "").endswith("g1_agreed")
    )
    assert len(default.findall(f"{SVG}path")) == len(plain.findall(f"{SVG}path")) + 1


def test_the_stroke_of_a_default_flow_stands_where_the_flow_runs_alone() -> None:
    steps = ["startEvent s S", "endEvent a A", "endEvent b B", "endEvent c C"]
    gateway = '<bpmn:exclusiveGateway id="g" name="Which?" default="f3" />'
    data = tidy(process(steps, [("s", "g"), ("g", "a"), ("g", "b"), ("g", "c")], gateway), "x")
    ways = read_picture(root_of(data)).edges
    assert ways["f2"][:1] == ways["f3"][:1] and ways["f3"][1].y > ways["f2"][1].y  # they leave as one
    stroke = group(draw(data), "f3").findall(f"{SVG}path")[-1].get("d") or ""
    x, y = (float(number) for number in re.findall(r"[-\d.]+", stroke)[:2])
    assert x > ways["f3"][0].x + 5
    assert abs(y - ways["f3"][-1].y) < 8


def test_drawing_twice_gives_the_same_bytes_whatever_the_order_of_states() -> None:
    data = tidy(diagram("while-missing"), "x")
    one = draw(data, states={"daily": {"live", "overdue"}, "t24": {"done"}})
    assert draw(root_of(data), states={"t24": ["done"], "daily": ["overdue", "live"]}) == one


def test_words_break_into_lines_no_wider_than_asked() -> None:
    text = "Tell the child's independent reviewing officer, carer/parent and out-of-hours-emergency-duty-team"
    for limit in (60.0, 90.0, 104.0):
        lines = wrap(text, limit)
        assert all(width(line) <= limit for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_heading_that_is_wider_than_its_diagram_is_not_cut_off() -> None:
    heading = "Missing for three days when the child came back and somebody has to be told of it"
    narrow = parsed(
        draw(tidy(process(["startEvent s S", "endEvent e E"], [("s", "e")]), "x"), heading=heading)
    )
    wide = float(narrow.get("width") or 0)
    assert wide >= width(heading, 20) * BOLD


@pytest.mark.parametrize(
    "drawing", sorted(DRAWINGS.glob("*/*.svg")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_the_name_of_a_pool_fits_the_pool(drawing: Path) -> None:
    for pool in parsed(drawing.read_text()).iter(f"{SVG}g"):
        turned = pool.find(f"{SVG}text[@font-weight='bold']")
        if "participant" not in str(pool.get("class")) or turned is None or not turned.get("transform"):
            continue
        high = float(str(pool.findall(f"{SVG}rect")[0].get("height")))
        for line in turned.iter(f"{SVG}tspan"):
            assert width(str(line.text)) * BOLD <= high, f"{line.text} is cut off"
