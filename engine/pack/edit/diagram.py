"""A new diagram: a start, an end and a lane to draw in, and the line in procedure.yaml that lists its process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from engine.pack.diagram import BPMN, SPIFF, XSI
from engine.pack.draw.tidy import tidy
from engine.pack.edit.jsontext import NotEditable
from engine.pack.edit.yamltext import Text, proved, quoted

CALLED, EVENT, CONDITION, TIME = "called", "event", "condition", "time"
STARTS = {
    CALLED: "Another diagram leads to it",
    EVENT: "Something happens",
    CONDITION: "Something becomes so",
    TIME: "A moment of the calendar comes",
}
"""How a process starts, as `engine.pack.model.Start` has it, in words."""
_EXPRESSIONS = {CONDITION: "= episode.still_away", TIME: "= months after(period.from, 1)"}
"""What a new start waits for until its author says better."""


def new(name: str, title: str, pool: str, lane: str, role: str, start: str, event: str = "") -> bytes:
    """Return a diagram with its drawing: one lane of a role, and a start that leads to an end.

    `name` is the process's id, `pool` the council's name; `event` is what a start by an event waits for.
    """
    key = name.replace("-", "_")
    message = f'  <bpmn:message id="message_{key}" name={quoteattr(event)} />\n' if start == EVENT else ""
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}"
                  xmlns:spiffworkflow="{SPIFF}"
                  xmlns:xsi="{XSI}"
                  id="definitions_{key}" targetNamespace="https://homeward.example/procedure">
{message}  <bpmn:collaboration id="collaboration_{key}">
    <bpmn:participant id="pool_{key}" name={quoteattr(pool)} processRef="{name}" />
  </bpmn:collaboration>
  <bpmn:process id="{name}" name={quoteattr(title)} isExecutable="true">
    <bpmn:laneSet id="lanes_{key}">
      <bpmn:lane id="lane_{key}" name={quoteattr(lane)}>
        <bpmn:extensionElements>
          <spiffworkflow:properties>
            <spiffworkflow:property name="role" value={quoteattr(role)} />
          </spiffworkflow:properties>
        </bpmn:extensionElements>
        <bpmn:flowNodeRef>{key}_start</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>{key}_end</bpmn:flowNodeRef>
      </bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="{key}_start" name={quoteattr(title)}>
      <bpmn:outgoing>flow_{key}_1</bpmn:outgoing>{_definition(key, start)}
    </bpmn:startEvent>
    <bpmn:endEvent id="{key}_end" name="Done">
      <bpmn:incoming>flow_{key}_1</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="flow_{key}_1" sourceRef="{key}_start" targetRef="{key}_end" />
  </bpmn:process>
</bpmn:definitions>
"""
    return tidy(text.encode(), f"{name}.bpmn", everything=True)


def _definition(key: str, start: str) -> str:
    """Return what the start waits for."""
    if start == EVENT:
        return f'\n      <bpmn:messageEventDefinition id="{key}_start_event" messageRef="message_{key}" />'
    if start not in _EXPRESSIONS:
        return ""
    kind, part = {CONDITION: ("conditional", "condition"), TIME: ("timer", "timeDate")}[start]
    return f"""
      <bpmn:{kind}EventDefinition id="{key}_start_{kind}">
        <bpmn:{part} xsi:type="bpmn:tFormalExpression">{escape(_EXPRESSIONS[start])}</bpmn:{part}>
      </bpmn:{kind}EventDefinition>"""


def listed(data: bytes, name: str, title: str) -> bytes:
    """Return procedure.yaml with a process listed behind the others. Raises NotEditable."""
    text = Text(data)
    value: Any = text.value
    held = value.get("processes") if isinstance(value, Mapping) else None
    if not isinstance(held, Mapping) or not held or name in held:
        raise NotEditable("procedure.yaml lists no processes that one could be added to")
    orders = [one.get("order") for one in held.values() if isinstance(one, Mapping)]
    order = max((int(one) for one in orders if isinstance(one, int)), default=len(held)) + 1
    node = next(part for key, part in text.root.value if key.value == "processes")
    key, last = node.value[-1]
    end = text.text.find("\n", text.at(last.end_mark) - 1)
    end = len(text.text) if end < 0 else end
    line = f"\n{' ' * key.start_mark.column}{name}: {{title: {quoted(title)}, order: {order}}}"
    made = (text.text[:end] + line + text.text[end:]).encode()
    return proved(made, {**value, "processes": {**held, name: {"title": title, "order": order}}})
