"""Evaluating decisions and what they require (DMN 1.3, 8.3 and 10.4).

Logic is made into plain functions once, when the file is read. Each required decision is made at most once,
and only when its result is read; a decision service looks at its parameters in place of the elements they
name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from engine import feel
from engine.dmn.model import (
    Boxed,
    BoxedContext,
    BoxedList,
    Broken,
    Conditional,
    Decision,
    DecisionService,
    DecisionTable,
    Filter,
    Function,
    InputData,
    Invocation,
    Iteration,
    KnowledgeModel,
    Literal,
    Model,
    Relation,
    Result,
)
from engine.dmn.scope import Scope, follow, layered
from engine.dmn.state import DecisionError, State, ValueNotAllowed
from engine.dmn.table import TableEvaluator
from engine.dmn.types import Type, coerce, show
from engine.problems import Problem

Program = Callable[[Mapping[str, Any], State], Any]
_Required = InputData | Decision | KnowledgeModel | DecisionService


def make_program(logic: Boxed | None, where: str, element: str) -> Program:
    """Make a boxed expression into a function of scope and state; `where` and `element` are for messages."""
    match logic:
        case DecisionTable():
            return TableEvaluator(logic)
        case Broken(problem=problem):
            return _broken(problem, element)
        case None:
            return _undecided(f"{where} has no logic; write it in the modeller", element)
        case Function():
            return _function(logic, make_program(logic.body, where, element), where, element)
        case _:
            return _typed(_untyped(logic, where, element), logic.type, where, element)


def _untyped(logic: Boxed, where: str, element: str) -> Program:
    make: Callable[[Boxed], Program] = partial(make_program, where=where, element=element)
    match logic:
        case Literal(expression=expression):
            return _literal(expression)
        case BoxedContext(entries=entries):
            parts = [(entry.name, entry.type, make(entry.value)) for entry in entries]
            return _context(parts, where, element)
        case BoxedList(items=items):
            return _list([make(item) for item in items])
        case Relation():
            return _relation(logic, make, where, element)
        case Invocation(called=called, bindings=bindings):
            return _invocation(
                make(called), [(name, make(value)) for name, value in bindings], where, element
            )
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return _conditional(make(condition), make(then), make(otherwise), where, element)
        case Filter(source=source, match=match):
            return _filter(make(source), make(match), where, element)
        case Iteration(kind="for"):
            return _for(logic, make(logic.source), make(logic.body))
        case Iteration():
            return _quantified(logic, make(logic.source), make(logic.body), where, element)
    raise TypeError(f"{type(logic).__name__} is no boxed expression")


def _typed(program: Program, kind: Type, where: str, element: str) -> Program:
    if kind.kind == "any" and kind.allowed is None:
        return program
    return lambda scope, state: state.settle(program(scope, state), kind, where, element)


def _broken(problem: Problem, element: str) -> Program:
    undecided = _undecided(str(problem), element)

    def program(scope: Mapping[str, Any], state: State) -> Any:
        if problem not in state.problems:
            state.problems.append(problem)
        return undecided(scope, state)

    return program


def _undecided(message: str, element: str) -> Program:
    def program(scope: Mapping[str, Any], state: State) -> Any:
        state.fault(DecisionError(message, element))
        return None

    return program


def _literal(expression: feel.Expression | None) -> Program:
    if expression is None:
        return lambda scope, state: None
    return lambda scope, state: expression.evaluate(scope, run=state.run)


def _context(programs: Sequence[tuple[str | None, Type, Program]], where: str, element: str) -> Program:
    def program(scope: Mapping[str, Any], state: State) -> Any:
        own: dict[str, Any] = {}
        inner = Scope(scope, own)
        for name, kind, part in programs:
            value = part(inner, state)
            if not name:
                return value
            own[name] = state.settle(value, kind, f"{where}, entry {name!r}", element)
        return dict(own)

    return program


def _list(parts: Sequence[Program]) -> Program:
    return lambda scope, state: [part(scope, state) for part in parts]


def _relation(logic: Relation, make: Callable[[Boxed], Program], where: str, element: str) -> Program:
    rows = [[make(cell) for cell in row] for row in logic.rows]

    def program(scope: Mapping[str, Any], state: State) -> Any:
        return [
            {
                name: state.settle(cell(scope, state), kind, f"{where}, column {name!r}", element)
                for (name, kind), cell in zip(logic.columns, row, strict=True)
            }
            for row in rows
        ]

    return program


def _invocation(
    called: Program, bindings: Sequence[tuple[str, Program]], where: str, element: str
) -> Program:
    def program(scope: Mapping[str, Any], state: State) -> Any:
        function = called(scope, state)
        if not isinstance(function, feel.Function):
            state.fault(DecisionError(f"{where}: what is invoked is no function; name one", element))
            return None
        given = {name: value(scope, state) for name, value in bindings}
        if set(given) != set(function.parameters):
            wanted = ", ".join(function.parameters) or "none"
            message = (
                f"{where}: {function.name!r} takes the parameters {wanted}, not {', '.join(given) or 'none'}"
            )
            state.fault(DecisionError(f"{message}; bind each of them", element))
            return None
        return function.call([given[name] for name in function.parameters])

    return program


def _function(logic: Function, body: Program, where: str, element: str) -> Program:
    names = tuple(name for name, _ in logic.parameters)

    def program(scope: Mapping[str, Any], state: State) -> Any:
        def call(arguments: Sequence[Any]) -> Any:
            own = {}
            for (name, kind), argument in zip(logic.parameters, arguments, strict=True):
                value, reason = coerce(argument, kind, state.env)
                if reason is not None:
                    message = f"{logic.name!r}, parameter {name!r}: {reason}; pass another value"
                    state.fault(ValueNotAllowed(message, element))
                    return None
                own[name] = value
            with state.call(logic.name, element):
                return state.settle(body(Scope(scope, own), state), logic.type, where, element)

        return feel.Function(names, call, logic.name)

    return program


def _conditional(condition: Program, then: Program, otherwise: Program, where: str, element: str) -> Program:
    def program(scope: Mapping[str, Any], state: State) -> Any:
        found = condition(scope, state)
        if found is not None and not isinstance(found, bool):
            state.fault(_not_boolean(where, "the if part", found, element))
            return None
        return then(scope, state) if found else otherwise(scope, state)

    return program


def _filter(source: Program, match: Program, where: str, element: str) -> Program:
    def program(scope: Mapping[str, Any], state: State) -> Any:
        items = _items(source(scope, state))
        kept = []
        for item in items:
            own = {**item, "item": item} if isinstance(item, dict) else {"item": item}
            found = match(Scope(scope, own), state)
            if isinstance(found, Decimal):
                return _AT.evaluate({"items": items, "position": found}, run=state.run)
            if found is not None and not isinstance(found, bool):
                state.fault(_not_boolean(where, "the match part", found, element))
                return None
            if found:
                kept.append(item)
        return kept

    return program


def _for(logic: Iteration, source: Program, body: Program) -> Program:
    def program(scope: Mapping[str, Any], state: State) -> Any:
        found = source(scope, state)
        if found is None:
            return None
        results: list[Any] = []
        for item in _items(found):
            results.append(body(Scope(scope, {logic.variable: item, "partial": list(results)}), state))
        return results

    return program


def _quantified(logic: Iteration, source: Program, body: Program, where: str, element: str) -> Program:
    decisive = logic.kind == "some"

    def program(scope: Mapping[str, Any], state: State) -> Any:
        items = source(scope, state)
        if items is None:
            return None
        result: bool | None = not decisive
        for item in _items(items):
            found = body(Scope(scope, {logic.variable: item}), state)
            if found is decisive:
                return decisive
            if found is None:
                result = None
            elif not isinstance(found, bool):
                state.fault(_not_boolean(where, "the satisfies part", found, element))
                return None
        return result

    return program


def _not_boolean(where: str, part: str, value: Any, element: str) -> DecisionError:
    return DecisionError(f"{where}: {part} gives {show(value)}; make it true or false", element)


def _items(value: Any) -> list[Any]:
    """Return what an iteration runs over: a list's items, a range's members, or the one value."""
    if value is None or isinstance(value, list):
        return value or []
    if isinstance(value, feel.Range):
        return list(_MEMBERS.evaluate({"domain": value}) or [])
    return [value]


_AT = feel.parse("items[position]")
_MEMBERS = feel.parse("for member in domain return member")


def with_decisions(model: Model, decisions: Mapping[str, Decision]) -> Model:
    """Return a model that has these decisions instead of its own, ready to be evaluated."""
    evaluator = ModelEvaluator(model.inputs, decisions, model.knowledge, model.services)
    return replace(model, decisions=decisions, evaluator=evaluator)


class ModelEvaluator:
    """Evaluates the decisions and services of one model."""

    def __init__(
        self,
        inputs: Mapping[str, InputData],
        decisions: Mapping[str, Decision],
        knowledge: Mapping[str, KnowledgeModel],
        services: Mapping[str, DecisionService],
    ) -> None:
        self.elements: dict[str, _Required] = {**inputs, **decisions, **knowledge, **services}
        self.programs: dict[str, Program] = {}
        made: tuple[Decision | KnowledgeModel, ...] = (*decisions.values(), *knowledge.values())
        for element in made:
            self.programs[element.id] = make_program(element.logic, repr(element.name), element.id)

    def decide(
        self, element: str, context: Mapping[str, Any], env: feel.Environment | None, strict: bool
    ) -> Result:
        """Evaluate a decision or service; see Model.decide."""
        state = State(env, strict)
        found = self.elements[element]
        layer = Layer(self, context, {}, state)
        if isinstance(found, DecisionService):
            value = layer.outputs_of(found)
            names: tuple[str, ...] = ()
        else:
            value = layer.value(element)
            names = found.outputs if isinstance(found, Decision) else ()
        trace = tuple(state.trace)
        rules = tuple(rule for table in trace if table.owner == element for rule in table.rules)
        return Result(
            found.name,
            value,
            rules,
            trace,
            tuple(state.warnings),
            dict(_by_output(names, value)),
            tuple(state.problems),
        )


def _by_output(names: tuple[str, ...], value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the value of each output name; that of a list of contexts is the list of its values."""
    for name in names:
        if len(names) == 1:
            yield name, value
        elif isinstance(value, list):
            yield name, [row.get(name) for row in value if isinstance(row, dict)]
        else:
            yield name, value.get(name) if isinstance(value, dict) else None


class Layer:
    """The elements' values in one evaluation, or within one call of a decision service.

    `given` holds values that take the place of elements, by id: what a service was called with.
    """

    def __init__(
        self, evaluator: ModelEvaluator, facts: Mapping[str, Any], given: Mapping[str, Any], state: State
    ) -> None:
        self.evaluator, self.facts, self.state = evaluator, facts, state
        self.known: dict[str, Any] = dict(given)

    def value(self, key: str) -> Any:
        """Return the value of an element, worked out when it is first asked for."""
        if key in self.known:
            return self.known[key]
        element = self.evaluator.elements[key]
        if isinstance(element, InputData):
            value = self._input(element)
        elif isinstance(element, Decision):
            value = self._decision(element)
        elif isinstance(element, KnowledgeModel):
            value = self.evaluator.programs[key](self._scope(element), self.state)
        else:
            value = self._service(element)
        self.known[key] = value
        return value

    def _input(self, element: InputData) -> Any:
        value = follow(self.facts, element.variable)
        if value is None and element.name != element.variable:
            value = follow(self.facts, element.name)
        return self.state.settle(value, element.type, f"input {element.name!r}", element.id)

    def _decision(self, element: Decision) -> Any:
        if element.logic is None and element.variable in self.facts:
            value = self.facts[element.variable]
        else:
            value = self.evaluator.programs[element.id](self._scope(element), self.state)
        return self.state.settle(value, element.type, f"decision {element.name!r}", element.id)

    def _scope(self, element: Decision | KnowledgeModel) -> Mapping[str, Any]:
        if not element.requires:
            return self.facts
        ahead: dict[str, Callable[[], Any]] = {}
        behind: dict[str, Callable[[], Any]] = {}
        for key in element.requires:
            required = self.evaluator.elements[key]
            compute = partial(self.value, key)
            ahead[required.variable] = behind[key] = compute
            for name in required.outputs if isinstance(required, Decision) else ():
                if "." in name and name != required.variable:
                    ahead[name] = partial(self._output, key, name)
        return layered(self.facts, ahead, behind)

    def _output(self, key: str, name: str) -> Any:
        """Return the value that a required decision gives under the dotted name of one of its outputs."""
        element = self.evaluator.elements[key]
        names = element.outputs if isinstance(element, Decision) else ()
        return dict(_by_output(names, self.value(key))).get(name)

    def _service(self, element: DecisionService) -> Any:
        parameters = [self.evaluator.elements[key] for key in element.parameters]

        def call(arguments: Sequence[Any]) -> Any:
            given = {}
            for parameter, argument in zip(parameters, arguments, strict=True):
                value, reason = coerce(argument, parameter.type, self.state.env)
                if reason is not None:
                    message = f"{element.name!r}, parameter {parameter.name!r}: {reason}; pass another value"
                    self.state.fault(ValueNotAllowed(message, element.id))
                    return None
                given[parameter.id] = value
            with self.state.call(element.name, element.id):
                return Layer(self.evaluator, self.facts, given, self.state).outputs_of(element)

        return feel.Function(tuple(parameter.variable for parameter in parameters), call, element.name)

    def outputs_of(self, service: DecisionService) -> Any:
        """Return the value of a service's one output decision, or a context of several (DMN 1.3, 10.4)."""
        elements = self.evaluator.elements
        for key in service.input_decisions:
            decision = elements[key]
            if key not in self.known:
                value = follow(self.facts, decision.variable)
                self.known[key] = self.state.settle(value, decision.type, f"input {decision.name!r}", key)
        values = {elements[key].variable: self.value(key) for key in service.outputs}
        value = next(iter(values.values())) if len(values) == 1 else values
        return self.state.settle(value, service.type, f"service {service.name!r}", service.id)
