"""What a DMN file says, read once: decisions, their logic, and everything they need.

Values only, with the id and line of each element, so that a fault, a fired rule or an explanation can name
where it stands. How they are evaluated is `engine.dmn.evaluate`; a Model carries its evaluator so that callers
hold one thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from engine import feel
from engine.dmn.types import ANY, Type
from engine.errors import HomewardError
from engine.problems import Problem


class HitPolicy(StrEnum):
    """Which of the matching rules count (DMN 1.3, 8.2.11)."""

    UNIQUE = "UNIQUE"
    ANY = "ANY"
    PRIORITY = "PRIORITY"
    FIRST = "FIRST"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"

    @property
    def many(self) -> bool:
        """Whether the result is a list, one element a matching rule."""
        return self in (HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER)


class Aggregation(StrEnum):
    """What a COLLECT table does with the outputs it collects."""

    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


@dataclass(frozen=True, slots=True)
class Literal:
    """A FEEL expression; an empty one is null."""

    id: str
    line: int
    text: str
    expression: feel.Expression | None
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class Cell:
    """An input entry of a rule; `test` is None for `-`, which every value satisfies unread."""

    id: str
    line: int
    text: str
    test: feel.UnaryTests | None


@dataclass(frozen=True, slots=True)
class Input:
    """A column that asks: its expression and the values it may have."""

    id: str
    line: int
    label: str
    expression: Literal
    allowed: feel.UnaryTests | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A column that answers. `values` are the declared constants in their order, most important first, and
    `allowed` tests for them."""

    id: str
    line: int
    name: str
    label: str
    type: Type = ANY
    values: tuple[Any, ...] = ()
    allowed: feel.UnaryTests | None = None
    default: Literal | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row. `number` counts from 1; `annotations` are (column, text); the description cites clauses."""

    id: str
    line: int
    number: int
    cells: tuple[Cell, ...]
    outputs: tuple[Literal, ...]
    description: str = ""
    annotations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A decision table (DMN 1.3, 8.2). `owner` is the id of the decision or knowledge model it stands in."""

    id: str
    line: int
    name: str
    owner: str
    policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """A named value of a boxed context; an entry without a name is the context's result."""

    name: str | None
    value: Boxed
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class BoxedContext:
    """Entries evaluated in order, each seeing those before it."""

    id: str
    line: int
    entries: tuple[ContextEntry, ...]
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class BoxedList:
    """A list of expressions."""

    id: str
    line: int
    items: tuple[Boxed, ...]
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class Relation:
    """A table of values: a list of contexts, one a row."""

    id: str
    line: int
    columns: tuple[tuple[str, Type], ...]
    rows: tuple[tuple[Boxed, ...], ...]
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call of a function with parameters by name."""

    id: str
    line: int
    called: Boxed
    bindings: tuple[tuple[str, Boxed], ...]
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class Function:
    """A function of FEEL: its parameters with their types, and its body."""

    id: str
    line: int
    name: str
    parameters: tuple[tuple[str, Type], ...]
    body: Boxed
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class Conditional:
    """A boxed if, then, else (DMN 1.4)."""

    id: str
    line: int
    condition: Boxed
    then: Boxed
    otherwise: Boxed
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class Filter:
    """A boxed filter of a list (DMN 1.4)."""

    id: str
    line: int
    source: Boxed
    match: Boxed
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class Iteration:
    """A boxed for, some or every (DMN 1.4); `kind` is one of these words."""

    id: str
    line: int
    kind: str
    variable: str
    source: Boxed
    body: Boxed
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class Broken:
    """Logic that could not be read; only a model read in part holds any."""

    problem: Problem
    type: Type = ANY


Boxed = (
    Literal
    | DecisionTable
    | BoxedContext
    | BoxedList
    | Relation
    | Invocation
    | Function
    | Conditional
    | Filter
    | Iteration
    | Broken
)


@dataclass(frozen=True, slots=True)
class InputData:
    """Something the decisions are told; `variable` is the name by which expressions read it."""

    id: str
    line: int
    name: str
    variable: str
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision. `requires` are ids of input data, decisions, knowledge models and services.

    `variable` is the name by which other expressions read its result, as a rule its own name. `names` are the
    dotted fact paths that it and all it requires read from outside the model; `outputs` the names it answers
    under: those of its table's columns, or its own.
    """

    id: str
    line: int
    name: str
    variable: str
    type: Type
    logic: Boxed | None
    requires: tuple[str, ...]
    names: frozenset[str] = frozenset()
    outputs: tuple[str, ...] = ()
    description: str = ""
    question: str = ""

    @property
    def table(self) -> DecisionTable | None:
        """Its decision table, when that is all its logic."""
        return self.logic if isinstance(self.logic, DecisionTable) else None


@dataclass(frozen=True, slots=True)
class KnowledgeModel:
    """A business knowledge model: a function that decisions share."""

    id: str
    line: int
    name: str
    variable: str
    logic: Function | Broken | None
    requires: tuple[str, ...]
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class DecisionService:
    """Decisions offered as a function: of its input data, then its input decisions (DMN 1.3, 10.4)."""

    id: str
    line: int
    name: str
    variable: str
    outputs: tuple[str, ...]
    encapsulated: tuple[str, ...]
    input_decisions: tuple[str, ...]
    inputs: tuple[str, ...]
    type: Type = ANY

    @property
    def parameters(self) -> tuple[str, ...]:
        """The ids of its parameters, in order."""
        return self.inputs + self.input_decisions


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule that fired."""

    table: str
    id: str
    number: int
    description: str
    annotations: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TableTrace:
    """What one evaluation of a table did. `inputs` are (expression, value) of the columns that were read."""

    table: str
    owner: str
    inputs: tuple[tuple[str, Any], ...]
    rules: tuple[MatchedRule, ...]
    value: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What a decision gave.

    `rules` are those that fired in the decision's own tables; `trace` holds every table evaluated for it, in
    the order in which they ended; `outputs` the value by output name. `problems` are faults of a file read in
    part that this answer ran into.
    """

    decision: str
    value: Any
    rules: tuple[MatchedRule, ...]
    trace: tuple[TableTrace, ...]
    warnings: tuple[str, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class Evaluator(Protocol):
    """What a model asks to be decided."""

    def decide(
        self, element: str, context: Mapping[str, Any], env: feel.Environment | None, strict: bool
    ) -> Result: ...


class UnknownDecision(HomewardError):
    """No decision or service of that name or id stands in the model."""


@dataclass(frozen=True, slots=True)
class Model:
    """A DMN file. The maps are by element id, in document order."""

    file: str
    name: str
    namespace: str
    inputs: Mapping[str, InputData]
    decisions: Mapping[str, Decision]
    knowledge: Mapping[str, KnowledgeModel]
    services: Mapping[str, DecisionService]
    types: Mapping[str, Type]
    evaluator: Evaluator = field(repr=False, compare=False)

    def find(self, name_or_id: str) -> Decision | DecisionService:
        """Return the decision or decision service of that id or name; raise UnknownDecision otherwise."""
        everything: tuple[Decision | DecisionService, ...] = (
            *self.decisions.values(),
            *self.services.values(),
        )
        for attribute in ("id", "name", "variable"):
            for candidate in everything:
                if getattr(candidate, attribute) == name_or_id:
                    return candidate
        known = ", ".join(repr(candidate.name) for candidate in everything) or "none"
        raise UnknownDecision(f"{self.file} has no decision {name_or_id!r}; it has: {known}")

    def decide(
        self,
        name_or_id: str,
        context: Mapping[str, Any],
        env: feel.Environment | None = None,
        strict: bool = False,
    ) -> Result:
        """Decide, and say which rules fired.

        Without `strict` what goes wrong gives null and a warning, as in the standard. With it the table must
        answer: no matching rule, overlap in a UNIQUE table, or a value that its type does not allow raises a
        DecisionError. A fact that is unknown raises UnknownFact either way, if a rule depends on it.
        """
        return self.evaluator.decide(self.find(name_or_id).id, context, env, strict)
