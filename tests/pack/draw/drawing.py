"""Diagrams for the tests of layout and drawing: four written by hand, and as many as wanted made by rule."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

from lxml import etree

from engine.pack.draw.graph import BPMN
from engine.xml import parse_xml

FILES = Path(__file__).parent / "files"
HAND_WRITTEN = ("five-lanes", "while-missing", "ladder", "police")

WORDS = (
    "check record tell police child director interview manager worker review plan meeting refer decide service notify"
    " return missing safe placement carer team strategy"
).split()


def diagram(name: str) -> bytes:
    """Return one of the diagrams written by hand, which have no diagram interchange."""
    return (FILES / f"{name}.bpmn").read_bytes()


def root_of(data: bytes) -> etree._Element:
    return parse_xml(data, "test.bpmn")


def process(nodes: Iterable[str], flows: Iterable[tuple[str, str]], extra: str = "") -> bytes:
    """Write a process without pool or lanes: nodes as "kind id name", flows from id to id."""
    out = []
    for node in nodes:
        kind, node_id, name = (node.split(" ", 2) + [""])[:3]
        out.append(f'<bpmn:{kind} id="{node_id}" name="{name}" />')
    out += [
        f'<bpmn:sequenceFlow id="f{number}" sourceRef="{one}" targetRef="{other}" />'
        for number, (one, other) in enumerate(flows)
    ]
    return (
        f'<bpmn:definitions xmlns:bpmn="{BPMN}" id="d" targetNamespace="urn:test">'
        f'<bpmn:process id="p">{"".join(out)}{extra}</bpmn:process></bpmn:definitions>'
    ).encode()


class _Maker:
    """Grows a process at random, but the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.lanes = self.dice.randint(1, 5)
        self.nodes: dict[int, list[str]] = {lane: [] for lane in range(self.lanes)}
        self.xml: list[str] = []
        self.flows: list[tuple[str, str]] = []
        self.named: set[str] = set()
        self.tasks: list[str] = []
        self.count = 0

    def words(self, least: int, most: int) -> str:
        return " ".join(self.dice.choice(WORDS) for _ in range(self.dice.randint(least, most))).capitalize()

    def add(self, kind: str, lane: int, name: str, more: str = "", inside: str = "") -> str:
        self.count += 1
        node = f"n{self.count}"
        if "attachedToRef" not in more:
            self.nodes[lane].append(node)
        self.xml.append(f'<bpmn:{kind} id="{node}" name="{name}"{more}>{inside}</bpmn:{kind}>')
        return node

    def grow(self, size: int) -> None:
        ends = [(self.add("startEvent", 0, self.words(1, 3)), 0)]
        while self.count < size and ends:
            before, lane = ends.pop(0)
            here = lane if self.dice.random() < 0.65 else self.dice.randrange(self.lanes)
            ends = self.step(before, here, ends)
        for before, lane in ends:
            self.flows.append((before, self.add("endEvent", lane, self.words(1, 3))))

    def step(self, before: str, lane: int, ends: list[tuple[str, int]]) -> list[tuple[str, int]]:
        chance = self.dice.random()
        if chance < 0.55:
            kind = self.dice.choice(["userTask", "userTask", "sendTask", "businessRuleTask", "callActivity"])
            task = self.add(kind, lane, self.words(3, 8))
            self.flows.append((before, task))
            self.tasks.append(task)
            ends.insert(0, (task, lane))
            if self.dice.random() < 0.2:
                timer = "<bpmn:timerEventDefinition />"
                more = f' attachedToRef="{task}" cancelActivity="false"'
                ends.append((self.add("boundaryEvent", lane, self.words(2, 5), more, timer), lane))
        elif chance < 0.8:
            gateway = self.add(
                self.dice.choice(["exclusiveGateway", "parallelGateway"]), lane, self.words(2, 6) + "?"
            )
            self.named.add(gateway)
            self.flows.append((before, gateway))
            ends += [(gateway, lane)] * self.dice.choice([2, 2, 3])
        elif chance < 0.9 and ends:
            join = self.add("exclusiveGateway", lane, "")
            other, _ = ends.pop(self.dice.randrange(len(ends)))
            self.flows += [(before, join)] + ([(other, join)] if other != before else [])
            ends.append((join, lane))
        elif chance < 0.94 and self.tasks:
            again = self.add("exclusiveGateway", lane, self.words(2, 4) + "?")
            self.named.add(again)
            self.flows += [(before, again), (again, self.dice.choice(self.tasks))]
            ends.append((again, lane))
        else:
            timer = self.add(
                "intermediateCatchEvent", lane, self.words(2, 4), "", "<bpmn:timerEventDefinition />"
            )
            self.flows.append((before, timer))
            ends.append((timer, lane))
        return ends

    def write(self) -> bytes:
        lanes = "".join(
            f'<bpmn:lane id="lane{lane}" name="{self.words(1, 4)}">'
            + "".join(f"<bpmn:flowNodeRef>{node}</bpmn:flowNodeRef>" for node in nodes)
            + "</bpmn:lane>"
            for lane, nodes in self.nodes.items()
        )
        flows = ""
        for number, (one, other) in enumerate(dict.fromkeys(self.flows)):
            name = f' name="{self.words(1, 4).lower()}"' if one in self.named else ""
            flows += f'<bpmn:sequenceFlow id="f{number}"{name} sourceRef="{one}" targetRef="{other}" />'
        return (
            f'<bpmn:definitions xmlns:bpmn="{BPMN}" id="d" targetNamespace="urn:test">'
            '<bpmn:collaboration id="c"><bpmn:participant id="pool" name="Council" processRef="p" />'
            f'</bpmn:collaboration><bpmn:process id="p"><bpmn:laneSet id="ls">{lanes}</bpmn:laneSet>'
            f"{''.join(self.xml)}{flows}</bpmn:process></bpmn:definitions>"
        ).encode()


def made_by_rule(seed: int) -> bytes:
    """Make a diagram of 6 to 24 steps in 1 to 5 lanes, with gateways, loops and boundary timers."""
    maker = _Maker(seed)
    maker.grow(maker.dice.randint(6, 24))
    return maker.write()
