"""`homeward verify`: what it prints, how it ends, the report, and what a change since a version puts in question."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.cli import homeward
from engine.pack.model import Pack
from tests.check.verify.packs import pack

RIGHT = pack()
WRONG = pack(("child.age < 16", "child.age < 15"))
FEW = ("--jobs", "1", "--stories", "120")


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "processes"
    monkeypatch.setenv("HOMEWARD_PROCESSES", str(folder))
    write(folder, RIGHT)
    return folder


def write(folder: Path, given: Pack, name: str = "test") -> None:
    for path, data in given.files.items():
        place = folder / path if path == "vocabulary.yaml" else folder / name / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def run(*words: str) -> Result:
    return CliRunner().invoke(homeward, ["verify", *words])


def documents(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_a_sound_council_ends_with_status_0_and_says_what_never_arose(processes: Path) -> None:
    result = run(*FEW)
    assert result.exit_code == 0, result.output
    assert (
        "Test Council: 4 checks hold, 0 are broken, 1 never arose, 1 clauses have no check" in result.output
    )
    assert "uncovered: 1.4" in result.output
    assert "vacuous never-comes [1.3]" in result.output


def test_a_broken_check_ends_with_status_1_and_prints_its_story_and_elements(processes: Path) -> None:
    write(processes, WRONG)
    result = run("test", *FEW)
    assert result.exit_code == 1
    assert "BROKEN  director-told [1.2]" in result.output
    assert "- scenario: director-told-broken" in result.output
    assert "tell (tell, missing-episode.bpmn)" in result.output


def test_json_is_a_list_of_documents_and_nothing_else(processes: Path) -> None:
    (document,) = documents(run("--json", *FEW))
    assert document["format"] == 1 and document["council"] == "test" and document["pack"] == RIGHT.hash
    assert document["whole"] is True and document["stories"] == 120


def test_one_clause_or_check_can_be_looked_at(processes: Path) -> None:
    (document,) = documents(run("--json", "--clause", "1.1", "--check", "interview", *FEW))
    assert [row["check"] for row in document["checks"]] == ["screened", "interview"]
    assert document["whole"] is False and document["uncovered"] == []
    assert run("--clause", "9.9").exit_code == 2
    assert "no clause 9.9" in run("--clause", "9.9").output
    assert "no check nobody" in run("--check", "nobody").output


def test_only_what_changed_since_a_version_is_looked_at(processes: Path, tmp_path: Path) -> None:
    write(tmp_path / "before", RIGHT)
    before = str(tmp_path / "before" / "test")
    (document,) = documents(run("test", "--json", "--changed-since", before, *FEW))
    assert document["checks"] == []
    write(processes, WRONG)
    result = run("test", "--json", "--changed-since", before, *FEW)
    (document,) = documents(result)
    assert {row["check"]: row["verdict"] for row in document["checks"]} == {
        "director-told": "broken",
        "director-not-told": "holds",
    }
    assert result.exit_code == 1


def test_the_report_is_one_page_that_needs_nothing_else(processes: Path, tmp_path: Path) -> None:
    write(processes, WRONG)
    path = tmp_path / "report.html"
    run("--html", str(path), *FEW)
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and '<html lang="en-GB">' in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "The director hears of a looked after child after a day." in page
    assert "director-told-broken" in page
    assert page.count("<h1") == 1 and "{{" not in page
    assert "Clauses without a check" in page and "1.4: Somebody looks at the plan." in page


def test_stories_that_lie_beside_the_pack_are_told_first(processes: Path) -> None:
    folder = processes / "test" / "scenarios"
    folder.mkdir()
    (folder / "one.yaml").write_text(
        "- scenario: placed\n  authority: test\n  reported: 2026-05-12T09:00+01:00\n"
        "  facts: {child.age: 14, child.legal_status: looked_after}\n  until: +3d\n"
        "  expect: [{obligation: update_plan}]\n"
    )
    (document,) = documents(run("--json", "--jobs", "1", "--stories", "5"))
    told = {row["check"]: row["judged"] for row in document["checks"]}
    assert told["director-told"] == 1


def test_a_council_that_is_not_there_ends_with_status_2(processes: Path) -> None:
    result = run("nowhere")
    assert result.exit_code != 0
    assert "there is no pack for nowhere" in str(result.exception)
