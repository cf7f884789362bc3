"""`homeward pack check` as people and scripts meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli.packcheck import check
from tests.pack.building import FILES, edited, write_pack

BPMN = "missing-episode.bpmn"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    files = edited(BPMN, 'name="due" value="= working day of(', 'name="deu" value="= working day of(')
    files["notices/director-notified.yaml"] += b"colour: red\n"
    return write_pack(files, tmp_path)


def test_the_list_is_grouped_by_file_and_says_where_what_and_what_to_do(broken: Path) -> None:
    result = CliRunner().invoke(check, [str(broken)])
    assert result.exit_code == 1
    lines = [line.strip() for line in result.output.splitlines()]
    assert "2 faults" in lines
    here = lines.index(BPMN)
    assert lines[here + 1].startswith("line ")
    assert "process_notification “Work through the notification”" in lines[here + 1]
    assert lines[here + 2] == "deu is no property of a userTask"
    assert lines[here + 3] == "→ Did you mean due?"
    assert "notices/director-notified.yaml" in lines
    assert "small: 2 faults, no warnings" in lines


def test_warnings_do_not_fail_and_can_be_left_out(tmp_path: Path) -> None:
    folder = write_pack(edited(BPMN, 'name="on_interrupt"', 'name="reason"'), tmp_path)
    result = CliRunner().invoke(check, [str(folder)])
    assert result.exit_code == 0
    assert "interruption-says-what-becomes" in result.output
    quiet = CliRunner().invoke(check, [str(folder), "--quiet"])
    assert "interruption-says-what-becomes" not in quiet.output
    assert "1 warning" in quiet.output


def test_councils_are_found_by_name_and_all_are_checked_without_one(
    broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMEWARD_PROCESSES", str(broken.parent))
    monkeypatch.chdir(broken.parent.parent)
    for arguments in (["small"], []):
        result = CliRunner().invoke(check, [*arguments, "--json"])
        assert result.exit_code == 1
        assert [pack["pack"] for pack in json.loads(result.stdout)["packs"]] == ["small"]


def test_json_holds_every_fault_with_its_place(broken: Path) -> None:
    told = json.loads(CliRunner().invoke(check, [str(broken), "--json"]).stdout)
    assert (told["faults"], told["warnings"], told["packs"][0]["hash"]) == (2, 0, None)
    first = told["packs"][0]["faults"][0]
    assert first["file"] == BPMN
    assert first["element"] == "process_notification"
    assert first["name"] == "Work through the notification"
    assert first["rule"] is None


def test_a_pack_that_cannot_be_read_at_all_ends_with_2_and_hides_no_other(broken: Path) -> None:
    result = CliRunner().invoke(check, [str(broken), "atlantis", "--json"])
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert [pack["pack"] for pack in told["packs"]] == ["small"]
    assert told["unreadable"][0]["pack"] == "atlantis"
    spoken = CliRunner().invoke(check, ["atlantis"])
    assert spoken.exit_code == 2
    assert "atlantis: cannot be read" in spoken.stderr


def test_a_clean_pack_ends_with_0() -> None:
    result = CliRunner().invoke(check, [str(FILES / "small"), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["packs"][0]["hash"]


def test_every_rule_can_be_read_on_the_command_line() -> None:
    spoken = CliRunner().invoke(check, ["--rules"])
    assert spoken.exit_code == 0
    told = json.loads(CliRunner().invoke(check, ["--rules", "--json"]).stdout)["rules"]
    assert {"rule": "no-cycle-timer", "warns": False} in [{k: r[k] for k in ("rule", "warns")} for r in told]
    for rule in told:
        assert rule["rule"] in spoken.output
        assert rule["explanation"].splitlines()[0] in spoken.output
