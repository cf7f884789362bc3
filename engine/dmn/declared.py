"""Item definitions: the types that a file declares (DMN 1.3, 7.3.2)."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from engine import feel
from engine.dmn.reading import Reading, child, children, name_of, text_of
from engine.dmn.types import ANY, Type
from engine.problems import Problem


class TypeReader:
    """Reads the item definitions of a file into its types; a definition may use others in any order."""

    def __init__(self, reading: Reading, root: etree._Element) -> None:
        self.reading = reading
        self.pending: dict[str, etree._Element] = {}
        self.open: set[str] = set()
        for element in children(root, "itemDefinition"):
            name = name_of(element)
            if not name:
                reading.problem(element, "an item definition has no name", "Give it one.")
            elif name in self.pending:
                reading.problem(element, f"two item definitions are called {name!r}", "Rename one of them.")
            else:
                self.pending[name] = element

    def read(self) -> None:
        """Read every definition into `reading.types`."""
        for name in list(self.pending):
            self._named(name)

    def _named(self, name: str) -> Type | None:
        if name in self.reading.types:
            return self.reading.types[name]
        element = self.pending.get(name)
        if element is None:
            return None
        if name in self.open:
            self.reading.problem(
                element,
                f"the item definition {name!r} contains itself",
                "Break the circle with the type Any.",
            )
            return ANY
        self.open.add(name)
        found = self.reading.types[name] = self._definition(element, name)
        self.open.discard(name)
        return found

    def _definition(self, element: etree._Element, name: str) -> Type:
        reference = child(element, "typeRef")
        components = list(children(element, "itemComponent"))
        function = child(element, "functionItem")
        if components:
            parts = tuple((name_of(part), self._definition(part, name_of(part))) for part in components)
            kind = Type("context", name, components=parts)
        elif function is not None:
            kind = self._function(function, name)
        elif reference is not None:
            kind = replace(self._used(reference.text, reference), name=name)
        else:
            kind = replace(ANY, name=name)
        allowed = self._constraint(element, "allowedValues")
        if allowed is not None:
            kind = replace(kind, allowed=allowed)
        if element.get("isCollection") == "true":
            kind = Type("list", name, item=kind)
        constraint = self._constraint(element, "typeConstraint")
        return kind if constraint is None else replace(kind, allowed=constraint)

    def _function(self, element: etree._Element, name: str) -> Type:
        parameters = tuple(
            self._used(parameter.get("typeRef"), parameter) for parameter in children(element, "parameters")
        )
        return Type(
            "function", name, self._used(element.get("outputTypeRef"), element), parameters=parameters
        )

    def _used(self, text: str | None, element: etree._Element) -> Type:
        """Return the type that a typeRef names, reading its definition first if it stands further down."""
        name = (text or "").strip()
        return (
            self._named(name)
            or self._named(name.rsplit(":", 1)[-1])
            or self.reading.type_named(name, element)
        )

    def _constraint(self, element: etree._Element, which: str) -> feel.UnaryTests | None:
        found = child(element, which)
        if found is None or not self.reading.speaks_feel(found):
            return None
        where = f"the allowed values of {name_of(element)!r}"
        parsed = self.reading.tests(found, text_of(found), frozenset(), where)
        return None if isinstance(parsed, Problem) else parsed
