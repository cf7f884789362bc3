"""The mutants of a pack: each is the pack with one slip in one place.

They are made on the pack's values and never written to a file: thresholds, operators, clocks and values of every
expression and table, interrupting flags, roles, limits, what an interruption does, and duties, flows, rules and
processes left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine import feel
from engine.case.scopes import plan_of
from engine.check.mutation.texts import slips
from engine.dmn import with_decisions
from engine.dmn.model import Cell, Decision, DecisionTable, Literal, Rule
from engine.dmn.model import Model as DecisionModel
from engine.feel import Expression
from engine.pack.decisions import rule_clauses
from engine.pack.model import Duty, Element, Flow, Pack, Process, Start

NEVER = feel.parse("false")
RESTING = frozenset({"userTask", "manualTask", "receiveTask"})
"""Where a token rests, so that an interruption is told of the element; elsewhere only the duty that it left is ended."""


@dataclass(frozen=True)
class Mutant:
    """A slip: its kind, where it is (an element, flow, rule or derived fact), what it did, and the pack that has it.

    `touches` are what a story must have passed or read to notice it, as the exploration names them. `swap` is the
    expression of the pack and the one in its stead, where that is all; `decision` the one whose table is changed.
    `process` is the one that is changed, None where no diagram is. `clauses` are those that its place carries.
    """

    kind: str
    where: str
    what: str
    clauses: tuple[str, ...]
    touches: frozenset[str]
    process: str | None
    make: Callable[[], Pack]
    swap: tuple[Expression, Expression] | None = None
    decision: str | None = None

    @property
    def id(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class _Change:
    """A slip in one part, and the part with the slip; `swap` as in Mutant, `seen` what shows it besides the place."""

    kind: str
    what: str
    new: Any
    swap: tuple[Expression, Expression] | None = None
    clauses: tuple[str, ...] = ()
    seen: str = ""


def mutants(pack: Pack) -> Iterator[Mutant]:
    """Yield every mutant of a pack, in the order of its diagrams, tables and derived facts."""
    words, interruptible = _taken_for(pack), _interruptible(pack)
    for process in pack.processes.values():
        yield from _of_process(pack, process, words, interruptible)
    for model in {id(model): model for model in pack.decisions.values()}.values():
        yield from _of_tables(pack, model, words)
    for fact, rule in pack.derived.items():
        if rule.expression is None:
            continue
        for change in _expressions(rule.expression, words.values):
            derived = {**pack.derived, fact: replace(rule, expression=change.new)}
            yield Mutant(
                change.kind, fact, change.what, rule.clauses, frozenset({f"fact:{fact}"}), None,
                partial(replace, pack, derived=derived), swap=change.swap,
            )  # fmt: skip


@dataclass(frozen=True)
class _Words:
    """What words are taken for: a value for its neighbour among its fact's, a role for another of its side."""

    values: Mapping[str, str]
    roles: Mapping[str, str]


def _taken_for(pack: Pack) -> _Words:
    roles: dict[str, str] = {}
    for external in (False, True):
        side = [role.id for role in pack.roles.values() if role.external is external]
        roles |= {one: other for one, other in _neighbours(side) if one != other}
    values = dict(roles)
    for fact in pack.vocabulary.facts.values():
        values |= {
            one: other for one, other in _neighbours(fact.values) if one not in values and one != other
        }
    return _Words(values, roles)


def _neighbours(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(words, (*words[1:], *words[:1]), strict=True)


def _expressions(expression: Expression, words: Mapping[str, str]) -> Iterator[_Change]:
    for slip in slips(expression.text, words):
        try:
            slipped = feel.parse(slip.text)
        except feel.FeelSyntaxError:
            continue
        yield _Change(slip.kind, slip.what, slipped, swap=(expression, slipped))


# --- diagrams


def _of_process(
    pack: Pack, process: Process, words: _Words, interruptible: Collection[str]
) -> Iterator[Mutant]:
    def put(where: str, clauses: tuple[str, ...], touch: str, change: _Change, new: Process) -> Mutant:
        return Mutant(
            change.kind, where, change.what, change.clauses or clauses, frozenset({change.seen or touch}), process.id,
            partial(replace, pack, processes={**pack.processes, process.id: new}), swap=change.swap,
        )  # fmt: skip

    if process.start in (Start.CONDITION, Start.MESSAGE):
        start = process.elements[process.start_element]
        never = replace(process, start_expression=NEVER, start_event=None)
        dropped = _Change("dropped", "the process never starts", never)
        yield put(process.id, start.clauses, f"element:{start.id}", dropped, never)
        if process.start_expression is not None:
            for slipped in _expressions(process.start_expression, words.values):
                new = replace(process, start_expression=slipped.new)
                yield put(start.id, start.clauses, f"element:{start.id}", slipped, new)
    for element in process.elements.values():
        own = element.clauses or tuple(c for duty in element.duties for c in duty.clauses)
        for change in _of_element(element, words, element.id in interruptible):
            new = replace(process, elements={**process.elements, element.id: change.new})
            yield put(element.id, own, f"element:{element.attached_to or element.id}", change, new)
    for flow in process.flows.values():
        source = process.elements[flow.source]
        for taken in _of_flow(process, flow, words):
            new = replace(process, flows={**process.flows, flow.id: taken.new})
            yield put(flow.id, flow.clauses or source.clauses, f"element:{source.id}", taken, new)


def _interruptible(pack: Pack) -> frozenset[str]:
    """Return the elements that something can interrupt: an event at their edge, or at that of what they stand in.

    What ends its whole process, by termination or an error, may interrupt everything in it.
    """
    hosts = {
        e.attached_to for e in pack.elements if e.attached_to and (e.interrupting or e.trigger == "error")
    }
    ending = {
        p.id
        for p in pack.processes.values()
        if any(e.kind == "endEvent" and e.trigger in ("terminate", "error") for e in p.elements.values())
    }
    plan = plan_of(pack)
    reached = [e for e in pack.elements if e.id in hosts or e.process in ending]
    return frozenset(e.id for e in reached).union(*(plan.inside(e) for e in reached))


def _of_element(element: Element, words: _Words, interruptible: bool) -> Iterator[_Change]:
    if element.kind == "boundaryEvent" and element.trigger in ("timer", "message", "conditional"):
        flipped = replace(element, interrupting=not element.interrupting)
        told = "no longer interrupts" if element.interrupting else "interrupts"
        yield _Change("interrupting", f"the event {told}", flipped, seen=f"element:{element.id}")
    if element.expression is not None:
        for slip in _expressions(element.expression, words.values):
            yield replace(slip, new=replace(element, expression=slip.new))
    yield from _of_role(element, words)
    for fact in element.sets:
        rest = {name: value for name, value in element.sets.items() if name != fact}
        yield _Change("dropped", f"{fact} is not set", replace(element, sets=rest))
    for index, duty in enumerate(element.duties):
        for change in _of_duty(duty, element, words, interruptible):
            kept = (change.new,) if change.new is not None else ()
            duties = (*element.duties[:index], *kept, *element.duties[index + 1 :])
            yield replace(
                change,
                what=f"{duty.obligation}: {change.what}",
                new=replace(element, duties=duties),
                clauses=duty.clauses,
            )


def _of_role(element: Element, words: _Words) -> Iterator[_Change]:
    """Yield slips of who performs an element; its duties without a role of their own go along, as in its lane."""
    if not element.duties:
        return
    for kind, what, role, swap in _roles(element.role, words):
        duties = tuple(
            replace(duty, role=role) if duty.role == element.role else duty for duty in element.duties
        )
        yield _Change(kind, what, replace(element, role=role, duties=duties), swap=swap)


def _roles(
    role: str | Expression | None, words: _Words
) -> Iterator[tuple[str, str, str | Expression, tuple[Expression, Expression] | None]]:
    if isinstance(role, str) and role in words.roles:
        yield "role", f"{role} became {words.roles[role]}", words.roles[role], None
    elif isinstance(role, Expression):
        for slip in _expressions(role, words.roles):
            yield "role" if slip.kind == "value" else slip.kind, slip.what, slip.new, slip.swap


def _of_duty(duty: Duty, element: Element, words: _Words, interruptible: bool) -> Iterator[_Change]:
    yield _Change("dropped", "the duty is left out", None)
    if duty.due is not None:
        yield _Change("dropped", "the limit is left out", replace(duty, due=None))
    for name in ("due", "when", "occasion", "outcome"):
        expression = getattr(duty, name)
        if isinstance(expression, Expression):
            for slip in _expressions(expression, words.values):
                changed: dict[str, Any] = {name: slip.new}
                yield replace(slip, what=f"{name}: {slip.what}", new=replace(duty, **changed))
    if duty.role != element.role:
        for kind, what, role, swap in _roles(duty.role, words):
            yield _Change(kind, f"role: {what}", replace(duty, role=role), swap=swap)
    if interruptible and isinstance(duty.on_interrupt, str):
        other = "withdraw" if duty.on_interrupt == "keep" else "keep"
        yield _Change(
            "interrupting",
            f"an interruption does not {duty.on_interrupt} it but {other}s it",
            replace(duty, on_interrupt=other),
            seen=f"cancelled:{element.id}" if element.kind in RESTING else f"element:{element.id}",
        )


def _of_flow(process: Process, flow: Flow, words: _Words) -> Iterator[_Change]:
    if flow.condition is None:
        return
    source = process.elements[flow.source]
    if source.default_flow is not None:
        yield _Change(
            "dropped", "the way is never taken", replace(flow, condition=NEVER), seen=f"flow:{flow.id}"
        )
    for slip in _expressions(flow.condition, words.values):
        yield replace(slip, new=replace(flow, condition=slip.new))


# --- tables


def _of_tables(pack: Pack, model: DecisionModel, words: _Words) -> Iterator[Mutant]:
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
                yield Mutant(
                    kind, f"{decision.id} rule {rule.number}", what, cited, frozenset({f"rule:{decision.id}"}),
                    None, partial(_with_decision, pack, model, changed), decision=decision.id,
                )  # fmt: skip


def _with_decision(pack: Pack, model: DecisionModel, changed: Decision) -> Pack:
    new = with_decisions(model, {**model.decisions, changed.id: changed})
    return replace(
        pack, decisions={name: new if one is model else one for name, one in pack.decisions.items()}
    )


def _of_rule(rule: Rule, words: _Words) -> Iterator[tuple[str, str, Rule]]:
    for place, cell in enumerate(rule.cells):
        if cell.test is None:
            continue
        for slip in slips(cell.text, words.values):
            try:
                changed: Cell = replace(cell, text=slip.text, test=feel.parse_unary(slip.text))
            except feel.FeelSyntaxError:
                continue
            cells = (*rule.cells[:place], changed, *rule.cells[place + 1 :])
            yield slip.kind, f"column {place + 1}: {slip.what}", replace(rule, cells=cells)
    for place, output in enumerate(rule.outputs):
        if output.expression is None:
            continue
        for change in _expressions(output.expression, words.values):
            made: Literal = replace(output, text=change.new.text, expression=change.new)
            outputs = (*rule.outputs[:place], made, *rule.outputs[place + 1 :])
            yield change.kind, f"output {place + 1}: {change.what}", replace(rule, outputs=outputs)
