"""Diagrams and tables that would never end, have no measure, or lead somewhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.pack.building import small_pack
from tests.pack.hostile.case import BPMN, DMN, PACK, PROCEDURE, Case, Traps, replaced, with_file

FLOW = '<bpmn:sequenceFlow id="flow_told" sourceRef="notify_director" targetRef="search_ended" />'
ENDS = '<bpmn:endEvent id="search_ended"'
PATHS = {
    "a path above": "../../../../etc/passwd",
    "an absolute path": "/etc/passwd",
    "a file address": "file:///etc/passwd",
    "backslashes": "..\\..\\windows\\win.ini",
    "a long name": "a" * 100_000,
    "code": "__class__",
}
REFERENCES = {
    "form": 'name="form" value="{}"',
    "notice": 'name="notice" value="{}"',
    "clauses": 'name="clauses" value="{}"',
}


def cases(traps: Traps) -> Iterator[Case]:
    for name, make in {**_diagrams(), **_tables(traps), **_references(traps), **_names()}.items():
        yield Case(f"model/{name}", PACK, make)


Make = Callable[[], dict[str, bytes]]


def _diagrams() -> dict[str, Make]:
    def inner(old: str, new: str) -> Make:
        return partial(replaced, BPMN, old, new)

    def before_end(xml: str) -> Make:
        return inner(ENDS, xml + ENDS)

    def chain(count: int) -> str:
        nodes = "".join(f'<bpmn:manualTask id="n{n}" name="Step {n}"/>' for n in range(count))
        return nodes + "".join(
            f'<bpmn:sequenceFlow id="s{n}" sourceRef="n{n}" targetRef="n{n + 1}"/>' for n in range(count - 1)
        )

    def fan(count: int) -> str:
        gateways = '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>'
        nodes = "".join(f'<bpmn:manualTask id="n{n}" name="Step {n}"/>' for n in range(count))
        return (
            gateways
            + nodes
            + "".join(
                f'<bpmn:sequenceFlow id="a{n}" sourceRef="fork" targetRef="n{n}"/>'
                f'<bpmn:sequenceFlow id="b{n}" sourceRef="n{n}" targetRef="join"/>'
                for n in range(count)
            )
        )

    def every_pair(count: int) -> str:
        nodes = "".join(f'<bpmn:exclusiveGateway id="n{n}" name="Step {n}?"/>' for n in range(count))
        return nodes + "".join(
            f'<bpmn:sequenceFlow id="s{a}_{b}" sourceRef="n{a}" targetRef="n{b}"/>'
            for a in range(count)
            for b in range(count)
            if a != b
        )

    def nested(count: int) -> str:
        return "".join(f'<bpmn:subProcess id="p{n}" name="Part {n}">' for n in range(count)) + (
            "</bpmn:subProcess>" * count
        )

    task = '<bpmn:userTask id="process_notification" name="Work through the notification">'
    loop = (
        '<bpmn:sequenceFlow id="flow_told" sourceRef="notify_director" targetRef="again"/>'
        '<bpmn:exclusiveGateway id="again"/>'
        '<bpmn:sequenceFlow id="back" sourceRef="again" targetRef="notify_director"/>'
    )
    timer = '<bpmn:timeDate xsi:type="bpmn:tFormalExpression">= episode.reported_at + duration("PT24H")</bpmn:timeDate>'
    found: dict[str, Make] = {
        "an endless loop of automatic steps": inner(FLOW, loop),
        "a flow to itself": inner(FLOW, FLOW.replace("search_ended", "notify_director")),
        "a flow to nowhere": inner(FLOW, FLOW.replace("search_ended", "nowhere")),
        "a flow out of its scope": inner(FLOW, FLOW.replace("search_ended", "hold_interview")),
        "a thousand steps": before_end(chain(1_000)),
        "five thousand steps": before_end(chain(5_000)),
        "three hundred branches": before_end(fan(300)),
        "as many branches as are read": before_end(fan(230)),
        "as many steps as are read": before_end(chain(230)),
        "two thousand branches": before_end(fan(2_000)),
        "every gateway with every other": before_end(every_pair(80)),
        "ninety parts in each other": before_end(nested(90)),
        "a thousand parts in each other": before_end(nested(1_000)),
        "a cycle of timers": inner(
            timer, '<bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R/PT0S</bpmn:timeCycle>'
        ),
        "a million timers": inner(
            timer, '<bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R1000000/PT1S</bpmn:timeCycle>'
        ),
        "a duration timer": inner(
            timer, '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT0S</bpmn:timeDuration>'
        ),
        "a billion instances": inner(
            task,
            task
            + "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>1000000000</bpmn:loopCardinality>"
            "</bpmn:multiInstanceLoopCharacteristics>",
        ),
        "a standard loop": inner(
            task, task + '<bpmn:standardLoopCharacteristics testBefore="true" loopMaximum="1000000000"/>'
        ),
    }
    for kind in ("scriptTask", "serviceTask", "task", "adHocSubProcess", "transaction", "complexGateway"):
        found[f"a {kind}"] = before_end(f'<bpmn:{kind} id="evil" name="Evil"/>')
    for kind in ("signal", "link", "compensate", "cancel", "conditional", "error"):
        found[f"an end by {kind}"] = inner(
            ENDS,
            f'<bpmn:endEvent id="evil" name="E"><bpmn:{kind}EventDefinition id="d"/></bpmn:endEvent>' + ENDS,
        )
    found["an event subprocess"] = before_end('<bpmn:subProcess id="evil" name="E" triggeredByEvent="true"/>')
    called = (
        '<bpmn:callActivity id="evil" name="Again" calledElement="{}"/>'
        '<bpmn:sequenceFlow id="in" sourceRef="notify_director" targetRef="evil"/>'
        '<bpmn:sequenceFlow id="out" sourceRef="evil" targetRef="search_ended"/>'
    )
    found["a process that calls itself"] = inner(FLOW, called.format("missing-episode"))
    for name, path in PATHS.items():
        found[f"a call of {name}"] = inner(FLOW, called.format(path))
    found["processes that call each other"] = _calling_each_other
    found["a hundred diagrams of one process"] = lambda: {
        **small_pack(),
        **{f"copy{n}.bpmn": small_pack()[BPMN] for n in range(100)},
    }
    found["a thousand empty diagrams"] = lambda: {
        **small_pack(),
        **{f"copy{n}.bpmn": b"" for n in range(1_000)},
    }
    found["four hundred large files"] = lambda: {
        **small_pack(),
        **{f"copy{n}.bpmn": b"<a>" + b" " * 1_900_000 for n in range(12)},
    }
    return found


def _calling_each_other() -> dict[str, bytes]:
    def process(name: str, other: str) -> bytes:
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d_{name}" targetNamespace="x">
<bpmn:process id="{name}" name="{name}" isExecutable="true">
<bpmn:startEvent id="s_{name}" name="Began"/>
<bpmn:callActivity id="c_{name}" name="Go on" calledElement="{other}"/>
<bpmn:endEvent id="e_{name}" name="Ended"/>
<bpmn:sequenceFlow id="f_{name}" sourceRef="s_{name}" targetRef="c_{name}"/>
<bpmn:sequenceFlow id="g_{name}" sourceRef="c_{name}" targetRef="e_{name}"/>
</bpmn:process></bpmn:definitions>""".encode()

    return {**small_pack(), "a.bpmn": process("a", "b"), "b.bpmn": process("b", "a")}


def _tables(traps: Traps) -> dict[str, Make]:
    own = small_pack()[DMN].decode()
    rule = own[own.index('      <rule id="rule_again">') : own.index('      <rule id="rule_otherwise">')]

    def rules(count: int, cell: str = "&gt;= 2") -> dict[str, bytes]:
        more = "".join(
            rule.replace("rule_again", f"r{n}").replace("&gt;= 2", cell.format(n=n)) for n in range(count)
        )
        return with_file(DMN, own.replace(rule, more).encode())

    def inside(xml: str) -> Make:
        return partial(replaced, DMN, "</definitions>", xml + "</definitions>")

    literal = "<literalExpression{}><text>{}</text></literalExpression>"
    requires = '<informationRequirement id="q{0}"><requiredDecision href="#{1}"/></informationRequirement>'
    return {
        "a table of four thousand rules": partial(rules, 4_000),
        "decisions that need each other": inside(
            f'<decision id="a" name="a">{requires.format(1, "b")}{literal.format("", "1")}</decision>'
            f'<decision id="b" name="b">{requires.format(2, "a")}{literal.format("", "1")}</decision>'
        ),
        "a decision that needs itself": inside(
            f'<decision id="a" name="a">{requires.format(1, "a")}{literal.format("", "1")}</decision>'
        ),
        "a decision that needs another file": inside(
            '<decision id="a" name="a"><informationRequirement id="q"><requiredDecision '
            f'href="{traps.address}/x.dmn#b"/></informationRequirement>{literal.format("", "1")}</decision>'
        ),
        "an import from an address": partial(
            replaced,
            DMN,
            '  <decision id="return-interview"',
            f'<import name="x" namespace="x" locationURI="{traps.address}/x.dmn" importType="x"/>'
            '  <decision id="return-interview"',
        ),
        "a literal in Python": inside(
            '<decision id="a" name="a">'
            + literal.format(' expressionLanguage="python"', "open(1)")
            + "</decision>"
        ),
        "a function in Java": inside(
            '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic kind="Java"><literalExpression><text>'
            '{class: "java.lang.Runtime"}</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>'
        ),
        "a function in PMML": inside(
            '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic kind="PMML"><literalExpression><text>'
            f'{{document: "{traps.address}/x.pmml"}}</text></literalExpression></encapsulatedLogic>'
            "</businessKnowledgeModel>"
        ),
        "a hit policy of its own": partial(replaced, DMN, 'hitPolicy="FIRST"', 'hitPolicy="EXEC"'),
        "a language of its own": partial(
            replaced, DMN, 'namespace="https', 'expressionLanguage="http://python.org" namespace="https'
        ),
    }


def _references(traps: Traps) -> dict[str, Make]:
    own = {"form": "process-notification", "notice": "director-notified", "clauses": "1.1"}
    found: dict[str, Make] = {}
    for kind, place in REFERENCES.items():
        for name, path in {**PATHS, "an address": traps.address}.items():
            found[f"{name} as {kind}"] = partial(replaced, BPMN, place.format(own[kind]), place.format(path))
    return found


def _names() -> dict[str, Make]:
    found: dict[str, Make] = {}
    for name in (
        "../evil.bpmn",
        "/evil.bpmn",
        "forms/../evil.json",
        "a/b/c.bpmn",
        "..\\evil.dmn",
        "evil\n.bpmn",
        ".x.bpmn",
    ):
        found[f"a file called {name!r}"] = partial(with_file, name, b"<a/>")
    found["no procedure"] = lambda: {path: data for path, data in small_pack().items() if path != PROCEDURE}
    found["no vocabulary"] = lambda: {
        path: data for path, data in small_pack().items() if path != "vocabulary.yaml"
    }
    found["no file at all"] = dict
    found["another council's"] = partial(replaced, PROCEDURE, "id: small", "id: other")
    return found
