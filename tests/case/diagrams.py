"""Small packs written as a few lines of text, for tests that need one diagram a construct.

    start s message=reported
    user a duty=hold_planning_meeting due="= episode.reported_at + duration(\"PT24H\")"
    boundary b on=a message=returned
    xor g default=e2
    s -> a -> g -> e
    g -> e2 if="= child.age > 3"

`in=w` puts an element into the subprocess w. What is not a structural key is a property of ours. A second process
begins with a line `process q`.
"""

from __future__ import annotations

import shlex
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape
from pathlib import Path

from engine.case.case import Case
from engine.pack.model import Pack
from engine.pack.read import read_files

ROOT = Path(__file__).resolve().parents[2]
T0 = datetime.fromisoformat("2026-02-03T20:00+00:00")
KINDS = {
    "user": "userTask",
    "manual": "manualTask",
    "send": "sendTask",
    "receive": "receiveTask",
    "rule": "businessRuleTask",
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "either": "eventBasedGateway",
    "start": "startEvent",
    "end": "endEvent",
    "catch": "intermediateCatchEvent",
    "throw": "intermediateThrowEvent",
    "boundary": "boundaryEvent",
    "sub": "subProcess",
    "call": "callActivity",
}
STRUCTURE = {
    "in",
    "on",
    "message",
    "timer",
    "when_true",
    "keep",
    "default",
    "process",
    "escalation",
    "error",
    "terminate",
}
NS = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'id="definitions" targetNamespace="https://homeward.example/test"'
)


class _Process:
    def __init__(self, name: str) -> None:
        self.name = name
        self.elements: list[tuple[str, str, dict[str, str]]] = []
        self.flows: list[tuple[str, str, str, str | None]] = []


def _parse(text: str) -> list[_Process]:
    processes = [_Process("missing-episode")]
    for raw in text.strip().splitlines():
        words = shlex.split(raw.strip(), comments=True)
        if not words:
            continue
        if words[0] == "process":
            processes.append(_Process(words[1]))
            continue
        process = processes[-1]
        if "->" in words:
            condition = next((w[3:] for w in words if w.startswith("if=")), None)
            stops = [w for w in words if w != "->" and not w.startswith("if=")]
            for source, target in zip(stops, stops[1:], strict=False):
                process.flows.append((f"{source}_{target}", source, target, condition))
        else:
            kind, name, *rest = words
            keys = dict(part.split("=", 1) if "=" in part else (part, "") for part in rest)
            process.elements.append((kind, name, keys))
    return processes


def _definition(name: str, keys: dict[str, str]) -> str:
    expression = 'xsi:type="bpmn:tFormalExpression"'
    if "timer" in keys:
        when = f"<bpmn:timeDate {expression}>{escape(keys['timer'])}</bpmn:timeDate>"
        return f'<bpmn:timerEventDefinition id="{name}_t">{when}</bpmn:timerEventDefinition>'
    if "when_true" in keys:
        when = f"<bpmn:condition {expression}>{escape(keys['when_true'])}</bpmn:condition>"
        return f'<bpmn:conditionalEventDefinition id="{name}_c">{when}</bpmn:conditionalEventDefinition>'
    for kind in ("message", "escalation", "error"):
        if kind in keys:
            return f'<bpmn:{kind}EventDefinition id="{name}_d" {kind}Ref="{kind}_{keys[kind]}"/>'
    return f'<bpmn:terminateEventDefinition id="{name}_x"/>' if "terminate" in keys else ""


def _element(process: _Process, kind: str, name: str, keys: dict[str, str]) -> str:
    tag = KINDS[kind]
    ours = {k: v for k, v in keys.items() if k not in STRUCTURE}
    if "duty" in ours:
        ours.setdefault("force", "must")
    attributes = ""
    if "on" in keys:
        attributes += (
            f' attachedToRef="{keys["on"]}" cancelActivity="{"false" if "keep" in keys else "true"}"'
        )
    if "default" in keys:
        attributes += f' default="{name}_{keys["default"]}"'
    if "process" in keys:
        attributes += f' calledElement="{keys["process"]}"'
    if kind == "receive" and "message" in keys:
        attributes += f' messageRef="message_{keys["message"]}"'
    decision = ours.pop("decision", None)
    inner = ""
    if ours or decision:
        rows = "".join(
            f'<spiffworkflow:property name="{escape(k)}" value="{escape(v)}"/>' for k, v in ours.items()
        )
        called = (
            f"<spiffworkflow:calledDecisionId>{decision}</spiffworkflow:calledDecisionId>" if decision else ""
        )
        properties = f"<spiffworkflow:properties>{rows}</spiffworkflow:properties>" if rows else ""
        inner += f"<bpmn:extensionElements>{called}{properties}</bpmn:extensionElements>"
    inner += "".join(f"<bpmn:incoming>{f}</bpmn:incoming>" for f, _, t, _ in process.flows if t == name)
    inner += "".join(f"<bpmn:outgoing>{f}</bpmn:outgoing>" for f, s, _, _ in process.flows if s == name)
    if kind == "sub":
        inner += _body(process, name)
    elif kind != "receive":
        inner += _definition(name, keys)
    return f'<bpmn:{tag} id="{name}" name="{name}"{attributes}>{inner}</bpmn:{tag}>'


def _body(process: _Process, scope: str | None) -> str:
    inside = {name for _, name, keys in process.elements if keys.get("in") == scope}
    body = "".join(
        _element(process, kind, name, keys) for kind, name, keys in process.elements if name in inside
    )
    for flow, source, target, condition in process.flows:
        if source in inside:
            tag = "bpmn:conditionExpression"
            text = escape(condition or "")
            when = f'<{tag} xsi:type="bpmn:tFormalExpression">{text}</{tag}>' if condition else ""
            ends = f'sourceRef="{source}" targetRef="{target}"'
            body += f'<bpmn:sequenceFlow id="{flow}" {ends}>{when}</bpmn:sequenceFlow>'
    return body


def _bpmn(process: _Process) -> bytes:
    used = {
        (kind, keys[kind])
        for _, _, keys in process.elements
        for kind in ("message", "escalation", "error")
        if kind in keys
    }
    roots = "".join(
        f'<bpmn:{kind} id="{kind}_{name}" name="{name}"'
        + (f' {kind}Code="{name}"' if kind != "message" else "")
        + "/>"
        for kind, name in sorted(used)
    )
    top = [name for _, name, keys in process.elements if "in" not in keys and "on" not in keys]
    refs = "".join(f"<bpmn:flowNodeRef>{name}</bpmn:flowNodeRef>" for name in top)
    lanes = (
        f'<bpmn:laneSet id="{process.name}_lanes"><bpmn:lane id="{process.name}_lane" name="Social worker">'
        '<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="role" '
        f'value="social_worker"/></spiffworkflow:properties></bpmn:extensionElements>{refs}</bpmn:lane></bpmn:laneSet>'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions {NS}>{roots}'
        f'<bpmn:process id="{process.name}" name="{process.name}" isExecutable="true">{lanes}{_body(process, None)}'
        "</bpmn:process></bpmn:definitions>"
    ).encode()


def files(text: str, extra: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """Return a pack's files for the diagrams of `text`."""
    processes = _parse(text)
    listed = "".join(f"  {p.name}: {{title: {p.name}, order: {i}}}\n" for i, p in enumerate(processes))
    procedure = (
        'id: test\nname: Test Council\ntitle: A test procedure\nedition: "1"\neffective: 2026-01-01\n'
        "calendar: {region: england}\nsystems: {case_system: Casebook}\nroles:\n"
        "  social_worker: {label: Social worker, team: Care}\n  police: {label: Police, team: Police}\n"
        f"processes:\n{listed}derived:\n"
        "  episode.still_away: 'not(is known(return.returned_at))'\n"
        "  episode.hours_missing: 'now - episode.reported_at'\n"
        "  episode.occasion_number: 'count(child.earlier_episodes) + 1'\n"
    )
    return {
        "vocabulary.yaml": (ROOT / "processes" / "vocabulary.yaml").read_bytes(),
        "procedure.yaml": procedure.encode(),
        "clauses.yaml": b"[]\n",
        **{f"{p.name}.bpmn": _bpmn(p) for p in processes},
        **(extra or {}),
    }


@lru_cache(maxsize=128)
def pack(text: str) -> Pack:
    """Return the pack whose diagrams `text` describes."""
    return read_files(files(text))


def started(text: str, **facts: object) -> Case:
    """Start a case of such a pack, reported and received at T0."""
    known = {
        "episode.reported_at": T0,
        "notification.received_at": T0,
        "child.age": 14,
        "child.legal_status": "child_in_need",
        **{name.replace("__", "."): value for name, value in facts.items()},
    }
    return Case.start(pack(text), facts=known, at=T0)


def hours(number: float) -> datetime:
    """Return the moment so many elapsed hours after T0."""
    return T0 + timedelta(hours=number)


def again(case: Case) -> Case:
    """Store the case and load it."""
    hold = case.hold
    loaded = Case.load(case.pack, case.dump())
    loaded.hold = hold
    return loaded


def open_tasks(case: Case) -> list[str]:
    """Return the elements of the open tasks, in the order they arose."""
    return [task.element for task in case.tasks.values()]


def do(case: Case, element: str, at: datetime, **answers: object) -> None:
    """Complete the oldest open task at an element."""
    task = next(task for task in case.tasks.values() if task.element == element)
    case.complete(task.id, {name.replace("__", "."): value for name, value in answers.items()}, at=at)


TALK_FORM: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "talk",
    "title": "Talk with the child",
    "type": "object",
    "properties": {"interview.mode": {"type": "string", "title": "How?", "enum": ["face_to_face", "telephone"],
                                      "x-labels": {"face_to_face": "Face to face", "telephone": "By telephone"}}},
    "required": ["interview.mode"],
}  # fmt: skip
