"""Decision tables as people see them: columns, rules and cells with the text that stands in them, right or wrong.

Read from the file itself and not from the model of `engine.dmn`, which has no table where one cell is broken: whoever
has to mend the cell wants to see the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from engine.dmn.reading import child, children, tag, text_of
from engine.xml import XmlError, line_of, parse_xml


@dataclass(frozen=True)
class Place:
    """Where an element of a file stands, for people.

    `holder` is the id of the cell, rule or column it stands in, elsewhere the decision's. `rule` counts from 1 and is 0
    outside a rule; `column` is what people call the column, empty outside one; `unanswered` marks the answer of a rule
    that is left empty.
    """

    element: str
    line: int
    decision: str
    decision_name: str
    holder: str = ""
    rule: int = 0
    rule_id: str = ""
    column: str = ""
    unanswered: bool = False


@dataclass(frozen=True)
class Column:
    """A column: its label, and the expression or name beneath it. `default` answers where no rule applies."""

    id: str
    label: str
    text: str
    default: str = ""


@dataclass(frozen=True)
class GridRule:
    """A rule: the ids and texts of its cells, and its description."""

    id: str
    number: int
    tests: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str], ...]
    description: str


@dataclass(frozen=True)
class Grid:
    """A decision. `text` is its expression where it is no table; `policy` its hit policy in the file's words."""

    decision: str
    name: str
    policy: str
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rules: tuple[GridRule, ...]
    text: str = ""
    is_table: bool = True


def grids_of(content: bytes) -> tuple[Grid, ...]:
    """Return the decisions of a file in its order; none where it is no XML."""
    return tuple(_grid(element) for element in _decisions(content))


def places_of(content: bytes) -> dict[str, Place]:
    """Return the place of everything in decisions that has an id, by that id."""
    found: dict[str, Place] = {}
    for decision in _decisions(content):
        for place in _places(decision):
            found.setdefault(place.element, place)
    return found


def _decisions(content: bytes) -> Iterator[etree._Element]:
    try:
        root = parse_xml(content, "table")
    except XmlError:
        return
    yield from children(root, "decision")


def _grid(decision: etree._Element) -> Grid:
    key, name = str(decision.get("id") or ""), str(decision.get("name") or decision.get("id") or "")
    table = child(decision, "decisionTable")
    if table is None:
        return Grid(key, name, "", (), (), (), text_of(child(decision, "literalExpression")), False)
    return Grid(
        key,
        name,
        str(table.get("hitPolicy") or "UNIQUE"),
        tuple(_input(column) for column in children(table, "input")),
        tuple(_output(column) for column in children(table, "output")),
        tuple(_rule(rule, number) for number, rule in enumerate(children(table, "rule"), 1)),
    )


def _input(column: etree._Element) -> Column:
    text = text_of(child(column, "inputExpression"))
    return Column(str(column.get("id") or ""), str(column.get("label") or text), text)


def _output(column: etree._Element) -> Column:
    name = str(column.get("name") or "")
    default = text_of(child(column, "defaultOutputEntry"))
    return Column(str(column.get("id") or ""), str(column.get("label") or name), name, default)


def _rule(rule: etree._Element, number: int) -> GridRule:
    described = child(rule, "description")
    return GridRule(
        str(rule.get("id") or ""),
        number,
        tuple((str(cell.get("id") or ""), text_of(cell)) for cell in children(rule, "inputEntry")),
        tuple((str(cell.get("id") or ""), text_of(cell)) for cell in children(rule, "outputEntry")),
        "" if described is None else "".join(map(str, described.itertext())).strip(),
    )


def _places(decision: etree._Element) -> Iterator[Place]:
    key, name = str(decision.get("id") or ""), str(decision.get("name") or decision.get("id") or "")
    inside: dict[etree._Element, tuple[int, str, str, bool]] = {}
    table = child(decision, "decisionTable")
    if table is not None:
        columns = [*(_input(c).label for c in children(table, "input"))]
        columns += [_output(c).label for c in children(table, "output")]
        for column, label in zip(children(table, "input", "output"), columns, strict=True):
            inside[column] = (0, "", label, False)
        for number, rule in enumerate(children(table, "rule"), 1):
            rule_id = str(rule.get("id") or "")
            inside[rule] = (number, rule_id, "", False)
            cells = [*children(rule, "inputEntry"), *children(rule, "outputEntry")]
            for cell, label in zip(cells, columns, strict=False):
                inside[cell] = (number, rule_id, label, tag(cell) == "outputEntry" and not text_of(cell))
    for element in decision.iter(etree.Element):
        if not element.get("id"):
            continue
        above: etree._Element | None = element
        while above is not None and above not in inside and above is not decision:
            above = above.getparent()
        around = decision if above is None else above
        number, rule_id, label, empty = inside.get(around, (0, "", "", False))
        yield Place(
            element=str(element.get("id")),
            line=line_of(element),
            decision=key,
            decision_name=name,
            holder=str(around.get("id") or key),
            rule=number,
            rule_id=rule_id,
            column=label,
            unanswered=empty and around is element,
        )
