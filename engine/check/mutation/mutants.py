"""The mutants of a pack: each is the pack with one slip in one place.

They are made on the pack's values and never written to a file: thresholds, operators, clocks and values of every
expression and table, interrupting flags, roles, limits, what an interruption does, and duties, flows, rules and
processes left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine import feel
from engine.check.mutation.texts import Slip, slips
from engine.dmn.model import Cell, DecisionTable, Literal, Rule
from engine.dmn.model import Model as DecisionModel
from engine.feel import Expression
from engine.pack.decisions import rule_clauses
from engine.pack.model import Duty, Element, Flow, Pack, Process, Start

NEVER = feel.parse("false")


@dataclass(frozen=True)
class Mutant:
    """A slip: its kind, where it is (an element, flow, rule or derived fact), what it did, and the pack that has it.

    `touches` are what a story must have passed or read to notice it, as the exploration names them. `process` is the one
    that is changed, None where no diagram is. `clauses` are those that its place carries.
    """

    kind: str
    where: str
    what: str
    clauses: tuple[str, ...]
    touches: frozenset[str]
    process: str | None
    make: Callable[[], Pack]

    @property
    def id(self) -> str:
        return f"{self.where}: {self.what}"


def mutants(pack: Pack) -> Iterator[Mutant]:
    """Yield every mutant of a pack, in the order of its diagrams, tables and derived facts."""
    words = _taken_for(pack)
    for process in pack.processes.values():
        yield from _of_process(pack, process, words)
    for model in {id(model): model for model in pack.decisions.values()}.values():
        yield from _of_tables(pack, model, words)
    for fact, rule in pack.derived.items():
        if rule.expression is None:
            continue
        for slip, expression in _expressions(rule.expression, words):
            changed = replace(rule, expression=expression)
            derived = {**pack.derived, fact: changed}
            yield Mutant(
                slip.kind, fact, slip.what, rule.clauses, frozenset({f"fact:{fact}"}), None,
                partial(replace, pack, derived=derived),
            )  # fmt: skip


def _taken_for(pack: Pack) -> dict[str, str]:
    """Return for each value of an enumerated fact its neighbour, and for each role of the council another."""
    found: dict[str, str] = {}
    for fact in pack.vocabulary.facts.values():
        for value, other in zip(fact.values, (*fact.values[1:], *fact.values[:1]), strict=True):
            if value != other:
                found.setdefault(value, other)
    roles = [role.id for role in pack.roles.values() if not role.external]
    for role, other in zip(roles, (*roles[1:], *roles[:1]), strict=True):
        found[role] = other
    return found


def _expressions(expression: Expression, words: Mapping[str, str]) -> Iterator[tuple[Slip, Expression]]:
    for slip in slips(expression.text, words):
        try:
            yield slip, feel.parse(slip.text)
        except feel.FeelSyntaxError:
            continue


# --- diagrams


def _of_process(pack: Pack, process: Process, words: Mapping[str, str]) -> Iterator[Mutant]:
    def put(
        kind: str, where: str, what: str, clauses: tuple[str, ...], touches: Iterable[str], new: Process
    ) -> Mutant:
        return Mutant(
            kind, where, what, clauses, frozenset(touches), process.id,
            partial(replace, pack, processes={**pack.processes, process.id: new}),
        )  # fmt: skip

    if process.start in (Start.CONDITION, Start.MESSAGE):
        start = process.elements[process.start_element]
        never = replace(process, start_expression=NEVER, start_event=None)
        yield put(
            "dropped", process.id, "the process never starts", start.clauses, [f"element:{start.id}"], never
        )
        if process.start_expression is not None:
            read = [f"fact:{'.'.join(name.split('.')[:2])}" for name in process.start_expression.names]
            for slip, expression in _expressions(process.start_expression, words):
                changed = replace(process, start_expression=expression)
                yield put(slip.kind, start.id, slip.what, start.clauses, read, changed)
    for element in process.elements.values():
        for kind, what, clauses, new in _of_element(pack, element, words):
            changed = replace(process, elements={**process.elements, element.id: new})
            yield put(kind, element.id, what, clauses, [f"element:{_noticed_at(element)}"], changed)
    for flow in process.flows.values():
        for kind, what, new_flow in _of_flow(process, flow, words):
            changed = replace(process, flows={**process.flows, flow.id: new_flow})
            source = process.elements[flow.source]
            clauses = flow.clauses or source.clauses
            yield put(kind, flow.id, what, clauses, [f"element:{source.id}"], changed)


def _noticed_at(element: Element) -> str:
    """Return the element that a story must pass for a change of this one to show."""
    return element.attached_to or element.id


def _of_element(
    pack: Pack, element: Element, words: Mapping[str, str]
) -> Iterator[tuple[str, str, tuple[str, ...], Element]]:
    own = element.clauses or tuple(c for duty in element.duties for c in duty.clauses)
    if element.kind == "boundaryEvent" and element.trigger in ("timer", "message", "conditional"):
        flipped = replace(element, interrupting=not element.interrupting)
        told = "no longer interrupts" if element.interrupting else "interrupts"
        yield "interrupting", f"the event {told}", own, flipped
    if element.expression is not None:
        for slip, expression in _expressions(element.expression, words):
            yield slip.kind, slip.what, own, replace(element, expression=expression)
    if isinstance(element.role, str) and element.role in words and element.duties:
        yield (
            "role",
            f"{element.role} became {words[element.role]}",
            own,
            replace(element, role=words[element.role]),
        )
    elif isinstance(element.role, Expression):
        for slip, expression in _expressions(element.role, words):
            yield (
                "role" if slip.kind == "value" else slip.kind,
                slip.what,
                own,
                replace(element, role=expression),
            )
    for fact in element.sets:
        rest = {name: value for name, value in element.sets.items() if name != fact}
        yield "dropped", f"{fact} is not set", own, replace(element, sets=rest)
    for index, duty in enumerate(element.duties):
        for kind, what, new in _of_duty(duty, words):
            duties = (
                *element.duties[:index],
                *((new,) if new is not None else ()),
                *element.duties[index + 1 :],
            )
            yield kind, f"{duty.obligation}: {what}", duty.clauses or own, replace(element, duties=duties)


def _of_duty(duty: Duty, words: Mapping[str, str]) -> Iterator[tuple[str, str, Duty | None]]:
    yield "dropped", "the duty is left out", None
    if duty.due is not None:
        yield "dropped", "the limit is left out", replace(duty, due=None)
    for name in ("due", "when", "occasion", "outcome", "role"):
        expression = getattr(duty, name)
        if isinstance(expression, Expression):
            for slip, changed in _expressions(expression, words):
                kind = "role" if name == "role" and slip.kind == "value" else slip.kind
                change: dict[str, Any] = {name: changed}
                yield kind, f"{name}: {slip.what}", replace(duty, **change)
    if isinstance(duty.role, str) and duty.role in words:
        yield "role", f"{duty.role} became {words[duty.role]}", replace(duty, role=words[duty.role])
    if isinstance(duty.on_interrupt, str):
        other = "withdraw" if duty.on_interrupt == "keep" else "keep"
        yield (
            "interrupting",
            f"an interruption does not {duty.on_interrupt} it but {other}s it",
            replace(duty, on_interrupt=other),
        )


def _of_flow(process: Process, flow: Flow, words: Mapping[str, str]) -> Iterator[tuple[str, str, Flow]]:
    if flow.condition is None:
        return
    source = process.elements[flow.source]
    if source.default_flow is not None:
        yield "dropped", "the way is never taken", replace(flow, condition=NEVER)
    for slip, expression in _expressions(flow.condition, words):
        yield slip.kind, slip.what, replace(flow, condition=expression)


# --- tables


def _of_tables(pack: Pack, model: DecisionModel, words: Mapping[str, str]) -> Iterator[Mutant]:
    for decision in model.decisions.values():
        table = decision.logic
        if not isinstance(table, DecisionTable):
            continue
        for index, rule in enumerate(table.rules):
            before, behind = table.rules[:index], table.rules[index + 1 :]
            changes = [("dropped", "the rule is left out", (*before, *behind))]
            changes += [(kind, what, (*before, new, *behind)) for kind, what, new in _of_rule(rule, words)]
            cited = rule_clauses(rule.description, pack.clauses)[0]
            for kind, what, rules in changes:
                changed = replace(decision, logic=replace(table, rules=rules))
                new_model = replace(model, decisions={**model.decisions, decision.id: changed})
                yield Mutant(
                    kind, f"{decision.id} rule {rule.number}", what, cited, frozenset({f"rule:{decision.id}"}),
                    None, partial(_with_model, pack, model, new_model),
                )  # fmt: skip


def _with_model(pack: Pack, model: DecisionModel, new: DecisionModel) -> Pack:
    return replace(
        pack, decisions={name: new if one is model else one for name, one in pack.decisions.items()}
    )


def _of_rule(rule: Rule, words: Mapping[str, str]) -> Iterator[tuple[str, str, Rule]]:
    for place, cell in enumerate(rule.cells):
        if cell.test is None:
            continue
        for slip in slips(cell.text, words):
            try:
                changed: Cell = replace(cell, text=slip.text, test=feel.parse_unary(slip.text))
            except feel.FeelSyntaxError:
                continue
            cells = (*rule.cells[:place], changed, *rule.cells[place + 1 :])
            yield slip.kind, f"column {place + 1}: {slip.what}", replace(rule, cells=cells)
    for place, output in enumerate(rule.outputs):
        if output.expression is None:
            continue
        for slip, expression in _expressions(output.expression, words):
            made: Literal = replace(output, text=slip.text, expression=expression)
            outputs = (*rule.outputs[:place], made, *rule.outputs[place + 1 :])
            yield slip.kind, f"output {place + 1}: {slip.what}", replace(rule, outputs=outputs)
