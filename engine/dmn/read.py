"""Reading a DMN file (1.1 to 1.6) into a Model, with everything that is wrong with it.

Every fault is collected, because a table is mended once and not once per cell. A file with faults gives no
model, unless it is asked for in part: then broken logic stands in the model as Broken and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lxml import etree

from engine.dmn.boxed import LOGIC, BoxedReader
from engine.dmn.declared import TypeReader
from engine.dmn.evaluate import ModelEvaluator
from engine.dmn.graph import MAX_CHAIN, circle, longest_chain, reads
from engine.dmn.model import (
    Broken,
    Decision,
    DecisionService,
    DecisionTable,
    Function,
    InputData,
    KnowledgeModel,
    Model,
)
from engine.dmn.reading import Reading, child, children, name_of, needs_telling, tag
from engine.problems import Problem
from engine.xml import XmlError, line_of, parse_xml

NAMESPACES: Mapping[str, str] = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
    "https://www.omg.org/spec/DMN/20240513/MODEL/": "1.6",
}
MAX_ENTRIES = 10_000
"""Expressions and cells of one file; one of more is no longer a table that people can check."""


def read_dmn(data: bytes, name: str, *, partial: bool = False) -> tuple[Model | None, list[Problem]]:
    """Read a DMN file, called `name` in messages.

    Returns the model and no problems, or no model and every problem. With `partial` a file whose faults lie
    within single decisions still gives a model, in which these decisions are Broken.
    """
    try:
        root = parse_xml(data, name)
    except XmlError as error:
        return None, [Problem(name, error.line, "", error.reason)]
    reader = _ModelReader(Reading(name), root)
    model = reader.read()
    problems = sorted(reader.reading.problems)
    if reader.reading.fatal or (problems and not partial):
        return None, problems
    return model, problems


class _ModelReader:
    """Reads the definitions of one file."""

    def __init__(self, reading: Reading, root: etree._Element) -> None:
        self.reading, self.root = reading, root
        self.elements: dict[str, etree._Element] = {}
        self.by_kind: dict[str, dict[str, etree._Element]] = {}
        self.namespace = str(root.get("namespace") or "")
        self.names: frozenset[str] = frozenset()

    def read(self) -> Model | None:
        """Read the file; None where not even a part of it can be used."""
        if not self._has_sound_root():
            return None
        self.reading.language = str(self.root.get("expressionLanguage") or "")
        self._check_ids()
        TypeReader(self.reading, self.root).read()
        self._index()
        self.names = self._names()
        inputs = {key: self._input(key, found) for key, found in self._of("inputData")}
        decisions = {key: self._decision(key, found) for key, found in self._of("decision")}
        knowledge = {key: self._knowledge(key, found) for key, found in self._of("businessKnowledgeModel")}
        services = {key: self._service(key, found) for key, found in self._of("decisionService")}
        self._check_graph(decisions, knowledge, services)
        if self.reading.fatal:
            return None
        decisions = _with_names(inputs, decisions, knowledge, services)
        return Model(
            self.reading.file,
            name_of(self.root),
            self.namespace,
            inputs,
            decisions,
            knowledge,
            services,
            dict(self.reading.types),
            ModelEvaluator(inputs, decisions, knowledge, services),
        )

    def _has_sound_root(self) -> bool:
        root, note = self.root, self.reading.problem
        if tag(root) != "definitions" or etree.QName(root).namespace not in NAMESPACES:
            known = ", ".join(sorted(set(NAMESPACES.values())))
            message = f"the root element {root.tag!r} is no DMN definitions element of DMN {known}"
            note(root, message, "Open the file in a DMN modeller and save it as DMN 1.3.", fatal=True)
            return False
        for imported in children(root, "import"):
            where = imported.get("namespace") or imported.get("name")
            message = f"the file imports {where!r}, and imports are not read"
            note(imported, message, "Copy what is needed into this file.", fatal=True)
        entries = sum(1 for _ in root.iter(f"{{{etree.QName(root).namespace}}}text"))
        if entries > MAX_ENTRIES:
            message = f"the file has {entries:,} expressions and cells, more than the {MAX_ENTRIES:,} we read"
            note(root, message, "Split it into several files.", fatal=True)
        return not self.reading.fatal

    def _check_ids(self) -> None:
        seen: set[str] = set()
        for element in self.root.iter(f"{{{etree.QName(self.root).namespace}}}*"):
            key = element.get("id")
            if key is None:
                continue
            if key in seen:
                message = f"two elements have the id {key!r}"
                self.reading.problem(element, message, "Give one of them another id.")
            seen.add(str(key))

    def _index(self) -> None:
        names: dict[str, str] = {}
        for element in children(
            self.root, "inputData", "decision", "businessKnowledgeModel", "decisionService"
        ):
            name = name_of(element)
            key = str(element.get("id") or name)
            if not name:
                self.reading.problem(element, f"a {tag(element)} has no name", "Give it one.", fatal=True)
            elif name in names and names[name] == tag(element):
                message = f"two elements of kind {tag(element)} are called {name!r}"
                self.reading.problem(element, message, "Rename one of them.")
            self.elements.setdefault(key, element)
            self.by_kind.setdefault(tag(element), {}).setdefault(key, element)
            names[name] = tag(element)

    def _of(self, kind: str) -> list[tuple[str, etree._Element]]:
        return list(self.by_kind.get(kind, {}).items())

    def _names(self) -> frozenset[str]:
        """Return the names that expressions may use: of elements, components, entries and columns."""
        found = {self._variable(element) for element in self.elements.values()}
        parts = ("itemComponent", "output", "column", "variable")
        for element in self.root.iter(etree.Element):
            if tag(element) in parts:
                found.add(name_of(element))
        return frozenset(needs_telling(found))

    def _variable(self, element: etree._Element) -> str:
        """Return the name under which an element's value is read: its variable's, else its own."""
        variable = child(element, "variable")
        return (variable is not None and name_of(variable)) or name_of(element)

    def _input(self, key: str, element: etree._Element) -> InputData:
        kind = self.reading.type_of(child(element, "variable"))
        return InputData(key, line_of(element), name_of(element), self._variable(element), kind)

    def _decision(self, key: str, element: etree._Element) -> Decision:
        name = name_of(element)
        reader = BoxedReader(self.reading, key, name, self.names)
        found = child(element, *LOGIC)
        logic = None if found is None else reader.read(found)
        table = logic if isinstance(logic, DecisionTable) else None
        columns = tuple(output.name for output in table.outputs if output.name) if table else ()
        return Decision(
            key,
            line_of(element),
            name,
            self._variable(element),
            self.reading.type_of(child(element, "variable")),
            logic,
            self._requirements(element),
            outputs=columns or (self._variable(element),),
            description=_text(child(element, "description")),
            question=_text(child(element, "question")),
        )

    def _knowledge(self, key: str, element: etree._Element) -> KnowledgeModel:
        name = name_of(element)
        reader = BoxedReader(self.reading, key, name, self.names)
        encapsulated = child(element, "encapsulatedLogic")
        logic: Function | Broken | None = None
        if encapsulated is not None:
            logic = reader.function(encapsulated, name)
        kind = self.reading.type_of(child(element, "variable"))
        return KnowledgeModel(
            key,
            line_of(element),
            name,
            self._variable(element),
            logic,
            self._requirements(element),
            kind,
        )

    def _service(self, key: str, element: etree._Element) -> DecisionService:
        def ids(kind: str, *allowed: str) -> tuple[str, ...]:
            found = (self._reference(reference, *allowed) for reference in children(element, kind))
            return tuple(reference for reference in found if reference is not None)

        return DecisionService(
            key,
            line_of(element),
            name_of(element),
            self._variable(element),
            ids("outputDecision", "decision"),
            ids("encapsulatedDecision", "decision"),
            ids("inputDecision", "decision"),
            ids("inputData", "inputData"),
            self.reading.type_of(child(element, "variable")),
        )

    def _requirements(self, element: etree._Element) -> tuple[str, ...]:
        allowed = {
            "requiredInput": ("inputData",),
            "requiredDecision": ("decision",),
            "requiredKnowledge": ("businessKnowledgeModel", "decisionService"),
        }
        found = []
        for requirement in children(element, "informationRequirement", "knowledgeRequirement"):
            for reference in children(requirement, *allowed):
                key = self._reference(reference, *allowed[tag(reference)])
                if key is not None and key not in found:
                    found.append(key)
        return tuple(found)

    def _reference(self, element: etree._Element, *kinds: str) -> str | None:
        """Return the id that a reference names, in this file; None, and a problem, if there is none."""
        href = str(element.get("href") or "")
        space, _, key = href.rpartition("#")
        if (not space or space == self.namespace) and any(key in self.by_kind.get(k, {}) for k in kinds):
            return key
        owner = element.getparent()
        wanted = " or ".join(kinds)
        self.reading.problem(
            element if owner is None or element.get("id") else owner,
            f"{tag(element)} names {href!r}, and the file has no such {wanted}",
            "Draw the requirement again in the modeller.",
        )
        return None

    def _check_graph(
        self,
        decisions: Mapping[str, Decision],
        knowledge: Mapping[str, KnowledgeModel],
        services: Mapping[str, DecisionService],
    ) -> None:
        edges: dict[str, tuple[str, ...]] = {key: found.requires for key, found in decisions.items()}
        edges.update({key: found.requires for key, found in knowledge.items()})
        edges.update({key: found.outputs + found.encapsulated for key, found in services.items()})
        if around := circle(edges):
            names = " → ".join(repr(name_of(self.elements[key])) for key in (*around, around[0]))
            message = f"requirements run in a circle: {names}"
            self.reading.problem(
                self.elements[around[0]], message, "Remove one of these requirements.", fatal=True
            )
        elif len(chain := longest_chain(edges)) > MAX_CHAIN:
            message = f"{len(chain)} requirements build on each other, more than the {MAX_CHAIN} we follow"
            remedy = "Take decisions together so that the chain is shorter."
            self.reading.problem(self.elements[chain[0]], message, remedy, fatal=True)


def _text(element: etree._Element | None) -> str:
    return "" if element is None else "".join(map(str, element.itertext())).strip()


def _with_names(
    inputs: Mapping[str, InputData],
    decisions: Mapping[str, Decision],
    knowledge: Mapping[str, KnowledgeModel],
    services: Mapping[str, DecisionService],
) -> dict[str, Decision]:
    """Return the decisions with the paths that each reads, itself or through what it requires."""
    made: dict[str, Decision | KnowledgeModel | DecisionService] = {**decisions, **knowledge, **services}
    known: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def needed(key: str, given: frozenset[str]) -> frozenset[str]:
        """Return what an element reads, where `given` are the ids that a service was called with."""
        if (key, given) not in known:
            known[key, given] = frozenset(_needed(key, given))
        return known[key, given]

    def _needed(key: str, given: frozenset[str]) -> Iterator[str]:
        element = made[key]
        if isinstance(element, DecisionService):
            parameters = frozenset(element.parameters)
            for used in (*element.outputs, *element.encapsulated):
                yield from needed(used, parameters)
            return
        bound = {inputs[used].variable for used in element.requires if used in given and used in inputs}
        for used in element.requires:
            if used in made:
                bound |= set(_answers(made[used]))
                if used not in given:
                    yield from needed(used, given)
        yield from reads(element.logic, frozenset(bound))

    nothing: frozenset[str] = frozenset()
    return {key: replace(decision, names=needed(key, nothing)) for key, decision in decisions.items()}


def _answers(element: Decision | KnowledgeModel | DecisionService) -> tuple[str, ...]:
    """Return the names that a required element gives a value: its own, and outputs named as facts."""
    dotted = element.outputs if isinstance(element, Decision) else ()
    return (element.variable, *(name for name in dotted if "." in name))
