"""What all parts of the reader share: the problems found so far, the types, and small looks into XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine import feel
from engine.dmn.model import Broken, Literal
from engine.dmn.types import ANY, Type, builtin, with_types
from engine.problems import Problem
from engine.xml import line_of

_PLAIN_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_NAMES_TYPES = re.compile(r"\binstance\s+of\b|\bfunction\s*\(")
_FEEL = re.compile(r"(^|[/:])FEEL(/|$)|/FEEL/", re.IGNORECASE)


def tag(element: etree._Element) -> str:
    """Return an element's local name."""
    return etree.QName(element).localname


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Yield the children with one of these local names, whatever their namespace."""
    for child in element:
        if isinstance(child.tag, str) and tag(child) in names:
            yield child


def child(element: etree._Element, *names: str) -> etree._Element | None:
    """Return the first child with one of these local names."""
    return next(children(element, *names), None)


def text_of(element: etree._Element | None) -> str:
    """Return the whole text of an element's `text` child, stripped."""
    inner = None if element is None else child(element, "text")
    return "" if inner is None else "".join(map(str, inner.itertext())).strip()


def name_of(element: etree._Element, key: str = "name") -> str:
    """Return a name attribute with its white space normalised, as FEEL reads names."""
    return " ".join(str(element.get(key) or "").split())


def needs_telling(names: set[str]) -> set[str]:
    """Return the names that the tokeniser must be told of: those that are not words joined by dots."""
    return {name for name in names if name and not _PLAIN_NAME.fullmatch(name)}


@dataclass
class Reading:
    """One file being read. `fatal` is set by a fault that leaves no model, even in part."""

    file: str
    types: dict[str, Type] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    fatal: bool = False
    language: str = ""

    def problem(
        self, element: etree._Element, message: str, remedy: str = "", *, fatal: bool = False
    ) -> Problem:
        """Note what is wrong with an element and return it."""
        found = Problem(self.file, line_of(element), str(element.get("id") or ""), message, remedy)
        self.problems.append(found)
        self.fatal = self.fatal or fatal
        return found

    def type_named(self, name: str | None, element: etree._Element) -> Type:
        """Return the declared or built-in type of that name; none is any type, an unknown one a problem."""
        if name is None or not name.strip():
            return ANY
        wanted = name.strip()
        plain = wanted.rsplit(":", 1)[-1]
        found = self.types.get(wanted) or self.types.get(plain) or builtin(wanted)
        if found is None:
            self.problem(
                element,
                f"the type {wanted!r} is not declared",
                "Add an item definition of that name or use a FEEL type.",
            )
            return ANY
        return found

    def type_of(self, element: etree._Element | None) -> Type:
        """Return the type that an element's typeRef names."""
        return ANY if element is None else self.type_named(element.get("typeRef"), element)

    def speaks_feel(self, element: etree._Element) -> bool:
        """Tell whether an element's expression is FEEL; another language is a problem."""
        language = element.get("expressionLanguage") or self.language
        if not language or _FEEL.search(language):
            return True
        self.problem(
            element,
            f"the expression language {language!r} is not run here",
            "Write the expression in FEEL and remove the attribute.",
        )
        return False

    def expression(
        self, element: etree._Element, text: str, names: frozenset[str], where: str
    ) -> feel.Expression | Problem | None:
        """Parse an expression; None for an empty one, the problem for a broken one."""
        if not text:
            return None
        try:
            parsed = feel.parse(text, names)
        except feel.FeelError as error:
            return self.problem(element, f"{where}: {error}", "Correct the FEEL expression.")
        typed = (
            with_types(parsed.tree, self.types) if self.types and _NAMES_TYPES.search(text) else parsed.tree
        )
        return parsed if typed is parsed.tree else feel.Expression(text, typed)

    def tests(
        self, element: etree._Element, text: str, names: frozenset[str], where: str
    ) -> feel.UnaryTests | Problem | None:
        """Parse unary tests; None for `-` or nothing, which everything passes, the problem if broken."""
        if text in ("", "-"):
            return None
        try:
            return feel.parse_unary(text, names)
        except feel.FeelError as error:
            return self.problem(element, f"{where}: {error}", "Correct the FEEL test.")

    def literal(self, element: etree._Element, names: frozenset[str], where: str) -> Literal | Broken:
        """Read a literalExpression (or anything else that holds a `text`)."""
        kind = self.type_of(element)
        if child(element, "importedValues") is not None:
            return Broken(self.problem(element, f"{where} imports values", "Write the values in this file."))
        if not self.speaks_feel(element):
            return Broken(self.problems[-1], kind)
        text = text_of(element)
        parsed = self.expression(element, text, names, where)
        if isinstance(parsed, Problem):
            return Broken(parsed, kind)
        return Literal(str(element.get("id") or ""), line_of(element), text, parsed, kind)
