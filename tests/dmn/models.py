"""Small DMN files for tests, written in one line each.

`table` and `literal` give the logic of a decision, `decision` a decision, `dmn` a whole file. What a test is about
stands in the test; ids are made up from the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from engine.dmn import Model, read_dmn
from engine.problems import Problem

FILES = Path(__file__).parent / "files"
DMN_1_3 = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def dmn(*parts: str, namespace: str = DMN_1_3, attributes: str = "") -> bytes:
    """Return a DMN file with these elements, one a line after the first."""
    head = f'<definitions xmlns="{namespace}" name="test" namespace="urn:test" {attributes}>'
    return "\n".join([head, *parts, "</definitions>"]).encode()


def literal(text: str, kind: str | None = None) -> str:
    """Return a literal expression."""
    declared = "" if kind is None else f" typeRef={quoteattr(kind)}"
    return f"<literalExpression{declared}><text>{escape(text)}</text></literalExpression>"


def decision(
    name: str, logic: str = "", *requires: str, kind: str | None = None, id: str | None = None
) -> str:
    """Return a decision; `requires` are hrefs with their kind: `input:x`, `decision:y`, `knowledge:z`."""
    declared = "" if kind is None else f" typeRef={quoteattr(kind)}"
    tags = {"input": "requiredInput", "decision": "requiredDecision", "knowledge": "requiredKnowledge"}
    needs = ""
    for reference in requires:
        what, _, key = reference.partition(":")
        outer = "knowledgeRequirement" if what == "knowledge" else "informationRequirement"
        needs += f'<{outer}><{tags[what]} href="#{key}"/></{outer}>'
    identity = name if id is None else id
    return (
        f"<decision id={quoteattr(identity)} name={quoteattr(name)}>"
        f"<variable name={quoteattr(name)}{declared}/>{needs}{logic}</decision>"
    )


def input_data(name: str, kind: str | None = None) -> str:
    """Return input data."""
    declared = "" if kind is None else f" typeRef={quoteattr(kind)}"
    named = f"name={quoteattr(name)}"
    return f"<inputData id={quoteattr(name)} {named}><variable {named}{declared}/></inputData>"


def table(
    inputs: Iterable[str | tuple[str, str]],
    outputs: Iterable[str | tuple[str, dict[str, str]]],
    *rules: str | Sequence[str],
    policy: str = "UNIQUE",
    values: dict[str, str] | None = None,
    attributes: str = "",
) -> str:
    """Return a decision table.

    An input is an expression or (expression, type); an output a name or (name, {type, values, default}); a rule its
    cells, as a sequence or split at `|`. `values` gives input values by expression.
    """
    columns = ""
    width = 0
    for column in inputs:
        text, kind = column if isinstance(column, tuple) else (column, "")
        declared = f" typeRef={quoteattr(kind)}" if kind else ""
        allowed = (values or {}).get(text)
        listed = f"<inputValues><text>{escape(allowed)}</text></inputValues>" if allowed else ""
        columns += (
            f"<input><inputExpression{declared}><text>{escape(text)}</text></inputExpression>{listed}</input>"
        )
        width += 1
    for output in outputs:
        name, more = output if isinstance(output, tuple) else (output, {})
        declared = f" typeRef={quoteattr(more['type'])}" if "type" in more else ""
        inner = (
            f"<outputValues><text>{escape(more['values'])}</text></outputValues>" if "values" in more else ""
        )
        if "default" in more:
            inner += f"<defaultOutputEntry><text>{escape(more['default'])}</text></defaultOutputEntry>"
        columns += f"<output name={quoteattr(name)}{declared}>{inner}</output>"
    rows = ""
    for rule in rules:
        cells = [cell.strip() for cell in rule.split("|")] if isinstance(rule, str) else list(rule)
        rows += "\n<rule>"
        rows += "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells[:width])
        rows += "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in cells[width:])
        rows += "</rule>"
    return f'<decisionTable hitPolicy="{policy}" {attributes}>{columns}{rows}</decisionTable>'


def read(data: bytes, name: str = "test.dmn") -> Model:
    """Read a file that must be free of faults."""
    model, problems = read_dmn(data, name)
    assert model is not None, "\n".join(map(str, problems))
    return model


def faults(data: bytes, name: str = "test.dmn") -> list[Problem]:
    """Read a file that must have faults, and return them."""
    model, problems = read_dmn(data, name)
    assert model is None
    assert problems
    return problems


def of_file(name: str) -> Model:
    """Read one of the files beside the tests."""
    return read((FILES / name).read_bytes(), name)


def asked(logic: str, facts: dict[str, Any] | None = None, **options: Any) -> Any:
    """Return the value of the one decision of a file made of this logic."""
    return read(dmn(decision("d", logic))).decide("d", facts or {}, **options).value
