"""References between the files of a pack: each must lead somewhere, and only as often as it may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.dmn.model import Decision, Model
from engine.pack.faults import Faults, suggest
from engine.pack.model import Derived, Element, Fact, Form, Notice, Process, Start, Vocabulary
from engine.pack.procedure import FILE as PROCEDURE
from engine.pack.procedure import Procedure


@dataclass(frozen=True)
class Parts:
    """All that was read, before it is known to fit together."""

    procedure: Procedure
    vocabulary: Vocabulary
    derived: Mapping[str, Derived]
    processes: Mapping[str, Process]
    files: Mapping[str, bytes]
    models: Mapping[str, Model]
    forms: Mapping[str, Form]
    notices: Mapping[str, Notice]

    @property
    def decisions(self) -> dict[str, Decision]:
        return {name: model.decisions[name] for name, model in self.models.items()}


def check_references(parts: Parts, faults: Faults) -> None:
    """Note every reference that leads nowhere, or where it may not."""
    _processes_listed(parts, faults)
    for process in parts.processes.values():
        noted = faults.of(process.file)
        for element in process.elements.values():
            for message, remedy in _of_element(element, process, parts):
                noted.add(element.line, element.id, message, remedy)
    _call_circles(parts, faults)
    _derived(parts, faults)


def _processes_listed(parts: Parts, faults: Faults) -> None:
    files = {name.removesuffix(".bpmn") for name in parts.files if name.endswith(".bpmn")}
    noted = faults.of(PROCEDURE)
    for name, listed in parts.procedure.processes.items():
        if name not in files:
            remedy = suggest(name, files, f"Add {name}.bpmn, or remove it from the list.")
            noted.add(listed.line, name, f"there is no file for the process {name}", remedy)
    line = parts.procedure.section.line_of("processes")
    for name in sorted(files - parts.procedure.processes.keys()):
        noted.add(line, name, f"the process {name} is not listed", "Add it under processes, with its title.")


def _of_element(element: Element, process: Process, parts: Parts) -> Iterator[tuple[str, str]]:
    yield from _called(element, parts)
    yield from _decided(element, parts)
    if element.form is not None and f"forms/{element.form}.json" not in parts.files:
        remedy = suggest(element.form, parts.forms, f"Add forms/{element.form}.json.")
        yield f"there is no form {element.form}", remedy
    form = parts.forms.get(element.form or "")
    if form is not None and "x-figures" in form.schema and process.start not in (Start.TIMER, Start.CALLED):
        message = f"the form {form.id} shows the figures of a period, and a case about a child has none"
        yield message, "Remove x-figures from the form, or show it in a process started by time."
    if element.notice is not None and f"notices/{element.notice}.yaml" not in parts.files:
        remedy = suggest(element.notice, parts.notices, f"Add notices/{element.notice}.yaml.")
        yield f"there is no notice {element.notice}", remedy
    if process.start is Start.TIMER and element.kind == "receiveTask" and element.event:
        yield "a process started by time has no case whose events could arrive", "Use a user task."


def _called(element: Element, parts: Parts) -> Iterator[tuple[str, str]]:
    if element.kind != "callActivity":
        return
    if element.calls is None:
        yield f"{element.name or element.id!r} calls no process", "Choose the called element in the modeller."
    elif element.calls not in parts.processes:
        known = [name.removesuffix(".bpmn") for name in parts.files if name.endswith(".bpmn")]
        if element.calls not in known:
            remedy = suggest(element.calls, known, "Choose a process of this pack.")
            yield f"there is no process {element.calls}", remedy
    elif parts.processes[element.calls].start is not Start.CALLED:
        start = parts.processes[element.calls].start.value
        message = f"the process {element.calls} starts by {start} and cannot be called"
        yield message, "Give it a start event without a trigger, or call another."


def _decided(element: Element, parts: Parts) -> Iterator[tuple[str, str]]:
    if element.kind != "businessRuleTask":
        return
    if element.decision is None:
        yield f"{element.name or element.id!r} decides by no table", "Choose its decision in the modeller."
        return
    decision = parts.decisions.get(element.decision)
    if decision is None:
        remedy = suggest(element.decision, parts.decisions, "Use the id of a decision of this pack.")
        yield f"there is no decision {element.decision}", remedy
        return
    for output in decision.outputs:
        fact = parts.vocabulary.facts.get(output)
        if fact is None:
            remedy = suggest(output, parts.vocabulary.facts, "Name each output as the fact it becomes.")
            yield f"the decision {element.decision} answers {output}, which is no fact", remedy
        elif fact.source == "derived":
            message = f"the decision {element.decision} answers {output}, which is derived"
            yield message, "Name the decision under derived in procedure.yaml instead of calling it."


def _call_circles(parts: Parts, faults: Faults) -> None:
    calls = {
        process.id: {e.calls: e for e in process.elements.values() if e.calls in parts.processes}
        for process in parts.processes.values()
    }
    reported: set[frozenset[str]] = set()
    for start in calls:
        way = _way_back(start, calls)
        if way and frozenset(way) not in reported:
            reported.add(frozenset(way))
            element = calls[start][way[1] if len(way) > 1 else start]
            message = f"the process calls itself: {' → '.join((*way, start))}"
            faults.of(parts.processes[start].file).add(
                element.line, element.id, message, "Break the circle; a process that calls itself never ends."
            )


def _way_back(start: str, calls: Mapping[str, Mapping[str | None, Element]]) -> tuple[str, ...]:
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for name in calls.get(way[-1], ()):
            if name == start:
                return way
            if name is not None and name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()


def _derived(parts: Parts, faults: Faults) -> None:
    """Note derived facts without a rule where something reads them, and rules for facts that are not derived."""
    noted = faults.of(PROCEDURE)
    rules = parts.procedure.section.section("derived")
    for name, rule in parts.derived.items():
        line = rules.line_of(name) if rules else 0
        fact = parts.vocabulary.facts[name]
        if fact.source not in ("derived", "decided"):
            message = f"{name} has the source {fact.source} and cannot have a rule"
            noted.add(line, name, message, "Only derived and decided facts are computed.")
        if rule.decision is not None:
            decision = parts.decisions.get(rule.decision)
            if decision is None:
                remedy = suggest(rule.decision, parts.decisions, "Use the id of a decision of this pack.")
                noted.add(line, name, f"there is no decision {rule.decision}", remedy)
            elif name not in decision.outputs:
                message = f"the decision {rule.decision} does not answer {name}"
                remedy = f"It answers {', '.join(decision.outputs) or 'nothing'}; name an output {name}."
                noted.add(line, name, message, remedy)
    for fact, readers in _derived_read(parts).items():
        if fact.id not in parts.derived:
            message = f"the derived fact {fact.id} has no rule, and {readers[0]} reads it"
            line = rules.line if rules else parts.procedure.section.line
            noted.add(line, fact.id, message, f"Add `{fact.id}: …` under derived.")


def _derived_read(parts: Parts) -> dict[Fact, list[str]]:
    """Return the derived facts that anything reads, each with its readers."""
    reads: dict[Fact, list[str]] = {}

    def note(names: frozenset[str], reader: str) -> None:
        for name in names:
            fact = parts.vocabulary.facts.get(name) or parts.vocabulary.facts.get(name.rpartition(".")[0])
            if fact is not None and fact.source == "derived":
                reads.setdefault(fact, []).append(reader)

    for process in parts.processes.values():
        for element in process.elements.values():
            reader = f"{element.id} of {process.id}"
            for expression in element.expressions:
                note(expression.names, reader)
        for flow in process.flows.values():
            if flow.condition is not None:
                note(flow.condition.names, f"{flow.id} of {process.id}")
    for decision in parts.decisions.values():
        note(decision.names, f"the decision {decision.name}")
    for rule in parts.derived.values():
        if rule.expression is not None:
            note(rule.expression.names, f"the rule of {rule.fact}")
    return reads
