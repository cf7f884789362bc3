"""Small diagrams written as text, one node or chain of flows a line.

    startEvent begun "Case began"
    userTask ask "Ask the child" form=ask duty=hold_interview
    timer:timeDate catch later "A day passed" expression='= now'
    begun > ask > later

A node line is: kind, id, name in quotes, then `key=value`; `in=` gives its subprocess, `on=` a boundary event's host,
`trigger=` an event's trigger (`timer:timeCycle` with its element), `default=` and other attributes are written as they
are, everything after `prop.` is a property of ours. A flow's name stands in quotes and its condition in brackets
before the target: `ask > "yes" [= a] done`.
"""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from xml.sax.saxutils import quoteattr

from engine.pack.bpmn import read_bpmn
from engine.pack.diagram import BPMN, NODES, SPIFF, Diagram
from engine.pack.faults import Faults

_STEP = re.compile(r'\s*>\s*(?:"(?P<name>[^"]*)"\s*)?(?:\[(?P<condition>[^\]]*)\]\s*)?(?P<target>\w+)')
_PROPERTIES = ("form", "notice", "duty", "due", "clauses", "occasion", "on_interrupt", "role")


def drawing(text: str) -> Diagram:
    """Return the diagram that a text describes; the reader must not object to it."""
    faults = Faults()
    diagram = read_bpmn(xml_of(text), "drawn.bpmn", faults)
    assert diagram is not None, faults.problems
    assert not faults.problems, faults.problems
    return diagram


def xml_of(text: str) -> bytes:
    """Return the BPMN file that a text describes."""
    inside: dict[str, list[str]] = defaultdict(list)
    scope_of: dict[str, str] = {}
    subprocesses: dict[str, str] = {}
    flows: list[tuple[str, str, str | None, str | None]] = []
    for line in text.strip().splitlines():
        words = line.strip()
        if not words:
            continue
        if words.split()[0] in NODES:
            _node(shlex.split(words), inside, scope_of, subprocesses)
        else:
            flows += _flows(words)
    for number, (source, target, name, condition) in enumerate(flows):
        named = f" name={quoteattr(name)}" if name else ""
        body = (
            f"<bpmn:conditionExpression>{_escaped(condition)}</bpmn:conditionExpression>" if condition else ""
        )
        inside[scope_of[source]].append(
            f'<bpmn:sequenceFlow id="flow_{source}_{target}{"" if _first(flows, number) else number}"'
            f' sourceRef="{source}" targetRef="{target}"{named}>{body}</bpmn:sequenceFlow>'
        )
    content = "\n".join(inside["drawn"])
    while "@@" in content:
        content = re.sub(r"@@(\w+)@@", lambda found: "\n".join(inside[found[1]]), content)
    return (
        f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:spiffworkflow="{SPIFF}">'
        f'<bpmn:message id="message" name="returned"/>'
        f'<bpmn:process id="drawn">\n{content}\n</bpmn:process></bpmn:definitions>'
    ).encode()


def _first(flows: list[tuple[str, str, str | None, str | None]], number: int) -> bool:
    return all(flow[:2] != flows[number][:2] for flow in flows[:number])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _node(
    words: list[str], inside: dict[str, list[str]], scope_of: dict[str, str], subprocesses: dict[str, str]
) -> None:
    kind, name, label = words[0], words[1], words[2]
    given = dict(word.split("=", 1) for word in words[3:])
    scope_of[name] = given.pop("in", "drawn")
    attributes = {"name": label} if label else {}
    if "on" in given:
        attributes["attachedToRef"] = given.pop("on")
    children = _trigger(given.pop("trigger", ""), given.pop("expression", "= now"))
    if loop := given.pop("loop", ""):
        children += f"<bpmn:{loop}/>"
    properties = {key.removeprefix("prop."): given.pop(key) for key in list(given) if _is_property(key)}
    attributes |= given
    if properties:
        pairs = "".join(
            f"<spiffworkflow:property name={quoteattr(key)} value={quoteattr(value)}/>"
            for key, value in properties.items()
        )
        children = (
            "<bpmn:extensionElements><spiffworkflow:properties>"
            f"{pairs}</spiffworkflow:properties></bpmn:extensionElements>{children}"
        )
    if kind in ("subProcess", "transaction", "adHocSubProcess"):
        children += f"@@{name}@@"
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    inside[scope_of[name]].append(f'<bpmn:{kind} id="{name}"{written}>{children}</bpmn:{kind}>')


def _is_property(key: str) -> bool:
    return key in _PROPERTIES or key.startswith("prop.")


def _trigger(triggers: str, expression: str) -> str:
    found = ""
    for trigger in triggers.split(",") if triggers else ():
        kind, _, timer = trigger.partition(":")
        body = f"<bpmn:{timer}>{_escaped(expression)}</bpmn:{timer}>" if timer else ""
        if kind == "conditional":
            body = f"<bpmn:condition>{_escaped(expression)}</bpmn:condition>"
        ref = ' messageRef="message"' if kind == "message" else ""
        found += f"<bpmn:{kind}EventDefinition{ref}>{body}</bpmn:{kind}EventDefinition>"
    return found


def _flows(line: str) -> list[tuple[str, str, str | None, str | None]]:
    source = re.match(r"\w+", line)
    assert source, line
    at, rest = source[0], line[source.end() :]
    found = []
    while rest.strip():
        step = _STEP.match(rest)
        assert step, rest
        found.append((at, step["target"], step["name"], step["condition"]))
        at, rest = step["target"], rest[step.end() :]
    return found
