"""`homeward pack draw`: drawings beside the packs, and what is stale among them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli.pack import pack
from engine.pack.draw import tidy
from engine.pack.draw.export import NoSuchPack, diagrams
from engine.problems import UnreadableFile
from tests.pack.draw.drawing import diagram


@pytest.fixture
def house(tmp_path: Path) -> Path:
    folder = tmp_path / "processes" / "example"
    folder.mkdir(parents=True)
    (folder / "escalation.bpmn").write_bytes(tidy(diagram("ladder"), "x"))
    (folder / "procedure.yaml").write_text(
        "name: Example\nprocesses: {escalation: {title: A disagreement, order: 1}}\n"
    )
    return tmp_path


def run(house: Path, *arguments: str) -> Result:
    places = ["--processes", str(house / "processes"), "--out", str(house / "drawn")]
    return CliRunner().invoke(pack, ["draw", *places, *arguments])


def test_a_drawing_is_written_under_its_council_and_headed_with_its_title(house: Path) -> None:
    assert run(house).exit_code == 0
    svg = (house / "drawn" / "example" / "escalation.svg").read_text()
    assert "<title>Example: A disagreement</title>" in svg


def test_a_check_names_what_is_missing_or_stale_and_writes_nothing(house: Path) -> None:
    first = run(house, "--check")
    assert first.exit_code == 1
    assert "stale: " in first.output and "escalation.svg" in first.output
    assert not (house / "drawn").exists()
    run(house)
    assert run(house, "--check").exit_code == 0
    source = house / "processes" / "example" / "escalation.bpmn"
    source.write_bytes(source.read_bytes().replace(b"Give the final decision", b"Decide for good"))
    assert run(house, "--check").exit_code == 1


def test_a_drawing_whose_diagram_is_gone_is_removed_but_not_another_councils(house: Path) -> None:
    run(house)
    old = house / "drawn" / "example" / "old.svg"
    other = house / "drawn" / "other" / "old.svg"
    other.parent.mkdir()
    for path in (old, other):
        path.write_text("<svg/>")
    assert run(house, "example", "--check").exit_code == 1
    assert run(house, "example").exit_code == 0
    assert not old.exists() and other.exists()
    run(house)
    assert not other.exists()


def test_the_result_can_be_read_by_a_program(house: Path) -> None:
    found = json.loads(run(house, "--json").output)
    assert found["written"] is True
    assert [Path(path).name for path in found["changed"]] == ["escalation.svg"]
    assert json.loads(run(house, "--json").output) == {"changed": [], "current": 1, "written": True}


def test_a_diagram_that_is_not_laid_out_is_refused_by_name(house: Path) -> None:
    (house / "processes" / "example" / "raw.bpmn").write_bytes(diagram("police"))
    result = run(house)
    assert isinstance(result.exception, UnreadableFile)
    assert "raw.bpmn" in str(result.exception) and "homeward pack tidy" in str(result.exception)


def test_a_council_without_diagrams_is_refused_by_name(house: Path) -> None:
    with pytest.raises(NoSuchPack, match="nowhere"):
        diagrams(house / "processes", ("nowhere",))
