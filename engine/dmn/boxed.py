"""Reading the logic of decisions: boxed expressions, decision tables among them (DMN 1.3, 7.3 and 8.3)."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from engine.dmn.model import (
    Aggregation,
    Boxed,
    BoxedContext,
    BoxedList,
    Broken,
    Cell,
    Conditional,
    ContextEntry,
    DecisionTable,
    Filter,
    Function,
    HitPolicy,
    Input,
    Invocation,
    Iteration,
    Literal,
    Output,
    Relation,
    Rule,
)
from engine.dmn.reading import Reading, child, children, name_of, needs_telling, tag, text_of
from engine.dmn.types import Type
from engine.problems import Problem
from engine.xml import line_of

LOGIC = (
    "literalExpression",
    "decisionTable",
    "context",
    "list",
    "relation",
    "invocation",
    "functionDefinition",
    "conditional",
    "filter",
    "for",
    "some",
    "every",
)


def _id(element: etree._Element) -> str:
    return str(element.get("id") or "")


@dataclass(frozen=True)
class BoxedReader:
    """Reads the logic that stands in one decision or knowledge model.

    `owner` is its id and `title` its name for messages; `names` are those that the tokeniser must be told of.
    """

    reading: Reading
    owner: str
    title: str
    names: frozenset[str]

    def within(self, *names: str) -> BoxedReader:
        """Return a reader that also knows these names."""
        more = needs_telling(set(names))
        return BoxedReader(self.reading, self.owner, self.title, self.names | more) if more else self

    def logic_in(self, element: etree._Element, what: str) -> Boxed:
        """Read the one boxed expression that stands in an element."""
        found = child(element, *LOGIC)
        if found is None:
            return Broken(
                self.reading.problem(
                    element, f"{self.title}: {what} is missing", "Write an expression there."
                )
            )
        return self.read(found)

    def read(self, element: etree._Element) -> Boxed:
        """Read a boxed expression of any kind."""
        kind = tag(element)
        if kind == "literalExpression":
            return self.reading.literal(element, self.names, self.title)
        if kind == "decisionTable":
            return TableReader(self, element).read()
        if kind in ("for", "some", "every"):
            return self._iteration(element, kind)
        reader = {
            "context": self._context,
            "list": self._list,
            "relation": self._relation,
            "invocation": self._invocation,
            "functionDefinition": self.function,
            "conditional": self._conditional,
            "filter": self._filter,
        }[kind]
        return reader(element)

    def _context(self, element: etree._Element) -> Boxed:
        entries = []
        for entry in children(element, "contextEntry"):
            variable = child(entry, "variable")
            name = None if variable is None else name_of(variable)
            what = "the result of the context" if name is None else f"the context entry {name!r}"
            entries.append(ContextEntry(name, self.logic_in(entry, what), self.reading.type_of(variable)))
        return BoxedContext(_id(element), line_of(element), tuple(entries), self.reading.type_of(element))

    def _list(self, element: etree._Element) -> Boxed:
        items = tuple(self.read(item) for item in children(element, *LOGIC))
        return BoxedList(_id(element), line_of(element), items, self.reading.type_of(element))

    def _relation(self, element: etree._Element) -> Boxed:
        columns = tuple(
            (name_of(column), self.reading.type_of(column)) for column in children(element, "column")
        )
        rows = []
        for number, row in enumerate(children(element, "row"), 1):
            cells = tuple(self.read(cell) for cell in children(row, *LOGIC))
            if len(cells) != len(columns):
                message = f"{self.title}: row {number} has {len(cells)} values for {len(columns)} columns"
                return Broken(self.reading.problem(row, message, "Give each row one value a column."))
            rows.append(cells)
        return Relation(_id(element), line_of(element), columns, tuple(rows), self.reading.type_of(element))

    def _invocation(self, element: etree._Element) -> Boxed:
        called = self.logic_in(element, "the function called")
        bindings = []
        for binding in children(element, "binding"):
            parameter = child(binding, "parameter")
            name = "" if parameter is None else name_of(parameter)
            value: Boxed = Literal("", line_of(binding), "", None)
            if child(binding, *LOGIC) is not None:
                value = self.logic_in(binding, f"the value of the parameter {name!r}")
            bindings.append((name, value))
        return Invocation(
            _id(element), line_of(element), called, tuple(bindings), self.reading.type_of(element)
        )

    def function(self, element: etree._Element, name: str = "function") -> Function | Broken:
        """Read a functionDefinition, or the encapsulatedLogic of a knowledge model."""
        kind = element.get("kind") or "FEEL"
        if kind not in ("FEEL", "F"):
            message = f"{self.title}: a function of kind {kind!r} is not run here"
            return Broken(self.reading.problem(element, message, "Write its body in FEEL."))
        parameters = tuple(
            (name_of(parameter), self.reading.type_of(parameter))
            for parameter in children(element, "formalParameter")
        )
        body = self.within(*(name for name, _ in parameters)).logic_in(element, f"the body of {name!r}")
        return Function(_id(element), line_of(element), name, parameters, body, self.reading.type_of(element))

    def _part(self, element: etree._Element, name: str) -> Boxed:
        part = child(element, name)
        if part is None:
            message = f"{self.title}: {tag(element)} has no {name!r} part"
            return Broken(self.reading.problem(element, message, "Add it."))
        return self.logic_in(part, f"the {name!r} part of {tag(element)}")

    def _conditional(self, element: etree._Element) -> Boxed:
        return Conditional(
            _id(element),
            line_of(element),
            self._part(element, "if"),
            self._part(element, "then"),
            self._part(element, "else"),
            self.reading.type_of(element),
        )

    def _filter(self, element: etree._Element) -> Boxed:
        source, match = self._part(element, "in"), self._part(element, "match")
        return Filter(_id(element), line_of(element), source, match, self.reading.type_of(element))

    def _iteration(self, element: etree._Element, kind: str) -> Boxed:
        variable = name_of(element, "iteratorVariable")
        source = self._part(element, "in")
        body = self.within(variable)._part(element, "return" if kind == "for" else "satisfies")
        return Iteration(
            _id(element), line_of(element), kind, variable, source, body, self.reading.type_of(element)
        )


class TableReader:
    """Reads one decision table; a fault in a cell names the table, the rule's number and the column."""

    def __init__(self, boxed: BoxedReader, element: etree._Element) -> None:
        self.boxed, self.reading, self.element = boxed, boxed.reading, element
        self.where = f"table {boxed.title!r}"
        self.first: Problem | None = None

    def read(self) -> DecisionTable | Broken:
        """Read the table; a broken one is Broken with the first of its problems, all being noted."""
        before = len(self.reading.problems)
        policy, aggregation = self._policy()
        kind = self.reading.type_of(self.element)
        inputs = tuple(self._input(clause, n) for n, clause in enumerate(self._clauses("input"), 1))
        clauses = list(self._clauses("output"))
        outputs = tuple(self._output(clause, n, kind) for n, clause in enumerate(clauses, 1))
        self._check_outputs(outputs, clauses, policy, aggregation)
        annotations = [name_of(column) for column in children(self.element, "annotation")]
        rules = tuple(
            self._rule(row, number, inputs, outputs, annotations)
            for number, row in enumerate(children(self.element, "rule"), 1)
        )
        if len(self.reading.problems) > before:
            return Broken(self.reading.problems[before], kind)
        return DecisionTable(
            _id(self.element),
            line_of(self.element),
            self.boxed.title,
            self.boxed.owner,
            policy,
            aggregation,
            inputs,
            outputs,
            rules,
            kind,
        )

    def _clauses(self, name: str) -> list[etree._Element]:
        return list(children(self.element, name))

    def _policy(self) -> tuple[HitPolicy, Aggregation | None]:
        policy = str(self.element.get("hitPolicy") or "UNIQUE")
        aggregation = self.element.get("aggregation")
        try:
            chosen = HitPolicy(policy)
            collected = chosen is HitPolicy.COLLECT and aggregation not in (None, "")
            return chosen, Aggregation(str(aggregation)) if collected else None
        except ValueError:
            message = f"{self.where}: no hit policy {policy!r} {aggregation or ''}".rstrip()
            allowed = ", ".join([*HitPolicy, *Aggregation])
            self.reading.problem(self.element, message, f"Use one of: {allowed}.")
            return HitPolicy.UNIQUE, None

    def _input(self, clause: etree._Element, number: int) -> Input:
        expression = child(clause, "inputExpression")
        label = name_of(clause, "label")
        text = text_of(expression)
        where = f"{self.where}, input column {number} ({label or text})"
        if expression is None or not text:
            self.reading.problem(clause, f"{where} asks nothing", "Write its expression.")
            literal = Literal("", line_of(clause), "", None)
        else:
            literal = self._literal(expression, where)
        allowed = None
        values = child(clause, "inputValues")
        if values is not None and self.reading.speaks_feel(values):
            parsed = self.reading.tests(values, text_of(values), self.boxed.names, f"{where}, input values")
            allowed = None if isinstance(parsed, Problem) else parsed
        return Input(_id(clause), line_of(clause), label or text, literal, allowed)

    def _literal(self, element: etree._Element, where: str) -> Literal:
        found = self.reading.literal(element, self.boxed.names, where)
        return found if isinstance(found, Literal) else Literal(_id(element), line_of(element), "", None)

    def _output(self, clause: etree._Element, number: int, table: Type) -> Output:
        name, label = name_of(clause), name_of(clause, "label")
        where = f"{self.where}, output column {number} ({name or label or 'unnamed'})"
        kind = self.reading.type_of(clause)
        default = child(clause, "defaultOutputEntry")
        literal = None if default is None else self._literal(default, f"{where}, default")
        declared = child(clause, "outputValues")
        text = text_of(declared)
        if declared is None and kind.allowed is None and kind.kind == "any":
            kind_of_values = dict((table.item or table).components or ()).get(name, table.item or table)
        else:
            kind_of_values = kind.item or kind
        if not text and kind_of_values.allowed is not None:
            text = kind_of_values.allowed.text
        values = self._values(clause, text, f"{where}, output values")
        allowed = self.reading.tests(clause, text, self.boxed.names, where) if declared is not None else None
        return Output(
            _id(clause),
            line_of(clause),
            name,
            label or name,
            kind,
            values,
            None if isinstance(allowed, Problem) else allowed,
            literal if literal is not None and literal.expression is not None else None,
        )

    def _values(self, clause: etree._Element, text: str, where: str) -> tuple[object, ...]:
        if text in ("", "-"):
            return ()
        parsed = self.reading.expression(clause, f"[{text}]", self.boxed.names, where)
        if parsed is None or isinstance(parsed, Problem) or parsed.names:
            return ()
        return tuple(parsed.evaluate({}))

    def _check_outputs(
        self,
        outputs: tuple[Output, ...],
        clauses: list[etree._Element],
        policy: HitPolicy,
        aggregation: Aggregation | None,
    ) -> None:
        if not outputs:
            self.reading.problem(self.element, f"{self.where} has no output column", "Add one.")
        names = [output.name for output in outputs]
        for number, (output, clause) in enumerate(zip(outputs, clauses, strict=True), 1):
            if len(outputs) > 1 and (not output.name or names.index(output.name) < number - 1):
                fault = f"is called {output.name!r} like another" if output.name else "has no name"
                message = f"{self.where}, output column {number} {fault}"
                self.reading.problem(clause, message, "Give each output column a name of its own.")
        if aggregation not in (None, Aggregation.COUNT) and len(outputs) > 1:
            message = f"{self.where} collects a {aggregation} of several output columns"
            self.reading.problem(self.element, message, "Keep one output column or collect without it.")
        if policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER) and not any(o.values for o in outputs):
            message = f"{self.where} has hit policy {policy} but no output values to give the priority"
            self.reading.problem(self.element, message, "List the output values, most important first.")

    def _rule(
        self,
        row: etree._Element,
        number: int,
        inputs: tuple[Input, ...],
        outputs: tuple[Output, ...],
        annotations: list[str],
    ) -> Rule:
        where = f"{self.where}, rule {number}"
        tests, answers = list(children(row, "inputEntry")), list(children(row, "outputEntry"))
        if len(tests) != len(inputs) or len(answers) != len(outputs):
            found = f"{len(tests)} input and {len(answers)} output entries"
            message = f"{where} has {found} for {len(inputs)} input and {len(outputs)} output columns"
            self.reading.problem(row, message, "Give each rule one entry a column.")
        cells = tuple(
            self._cell(entry, f"{where}, column {column.label!r}")
            for entry, column in zip(tests, inputs, strict=False)
        )
        literals = tuple(
            self._literal(entry, f"{where}, output {column.label or 'column'!r}")
            for entry, column in zip(answers, outputs, strict=False)
        )
        notes = [text_of(note) for note in children(row, "annotationEntry")]
        described = child(row, "description")
        return Rule(
            _id(row),
            line_of(row),
            number,
            cells,
            literals,
            "" if described is None else "".join(map(str, described.itertext())).strip(),
            tuple(zip([*annotations, *[""] * len(notes)], notes, strict=False)),
        )

    def _cell(self, entry: etree._Element, where: str) -> Cell:
        text = text_of(entry)
        parsed: object = None
        if self.reading.speaks_feel(entry):
            parsed = self.reading.tests(entry, text, self.boxed.names, where)
        test = None if parsed is None or isinstance(parsed, Problem) else parsed
        return Cell(_id(entry), line_of(entry), text, test)  # type: ignore[arg-type]
