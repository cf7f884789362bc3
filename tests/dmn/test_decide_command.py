"""`homeward decide` as people and other programs call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.cli.decide import decide
from tests.dmn.models import FILES, decision, dmn, input_data, literal


def run(*arguments: str) -> Result:
    return CliRunner().invoke(decide, arguments)


def answer(file: str, *arguments: str) -> Any:
    result = run(str(FILES / file), *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def put(data: bytes, name: str = "model.dmn") -> str:
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    return put


def test_a_decision_is_printed_as_json_with_its_rules_and_warnings() -> None:
    found = answer("hit-policies.dmn", "--decision", "Rule order", "--facts", '{"Hours": 50}')
    assert found == {
        "decision": "Rule order",
        "result": ["inform the police", "hold a meeting"],
        "matched rules": [{"rule": 1, "id": "rule_order_table_r1"}, {"rule": 2, "id": "rule_order_table_r2"}],
        "warnings": [],
    }


def test_a_rule_carries_its_description_and_annotations() -> None:
    facts = {"episode.category": "absent", "child.age": 9}
    found = answer("screening.dmn", "--facts", json.dumps(facts))
    (rule,) = found["matched rules"]
    assert rule["description"].startswith("clauses: 2.9")
    assert rule["annotations"] == {"Clause": "2.9"}


def test_names_with_spaces_and_typed_facts_are_understood() -> None:
    facts = {
        "The Child": {"age": 9, "Legal Status": None},
        "Risk Now": "low",
        "Reported At": "2026-03-28T22:00:00@Europe/London",
        "Looked At": "2026-03-29T22:00:00@Europe/London",
    }
    found = answer("requirements.dmn", "-d", "Who Is Told", "--facts", json.dumps(facts))
    assert found["result"] == {"who": "director", "within": "PT1H"}
    away = answer("requirements.dmn", "-d", "Hours Away", "--facts", json.dumps(facts))
    assert away["result"] == 23


def test_a_decision_service_can_be_asked() -> None:
    facts = '{"Weight of the Case": 2, "Hours Away": 3, "Looked At": "2026-03-28T22:00:00Z"}'
    found = answer("requirements.dmn", "-d", "Telling", "--facts", facts)
    assert found["result"]["By When"] == "2026-03-29T22:00:00Z"


def test_all_decisions_are_made_with_all() -> None:
    found = answer("boxed.dmn", "--all", "--facts", '{"Ages": [3]}')
    assert [one["decision"] for one in found] == [
        "Summary",
        "Spread",
        "Ends",
        "Bands",
        "Band of the Youngest",
    ]
    assert found[3]["result"][0] == {"band": "child", "from": 0}


def test_facts_come_from_a_file_and_the_command_line_adds_to_them(write: Any) -> None:
    path = write(b'{"Hours": 5, "other": 1}', "facts.json")
    assert answer("hit-policies.dmn", "-d", "Count", "--facts-file", path)["result"] is None
    assert (
        answer("hit-policies.dmn", "-d", "Count", "--facts-file", path, "--facts", '{"Hours": 80}')["result"]
        == 3
    )


def test_null_is_an_answer_with_its_reason() -> None:
    found = answer("hit-policies.dmn", "-d", "Unique", "--facts", '{"Hours": 80}')
    assert found["result"] is None
    assert "rules 1, 2 and 3 match" in found["warnings"][0]


def test_every_digit_of_a_number_is_printed(write: Any) -> None:
    path = write(dmn(decision("d", literal("1 / 3"))))
    assert '"result": 0.3333333333333333333333333333333333' in run(path, "--json").stdout


def test_plain_text_shows_the_answer_the_rules_and_the_warnings() -> None:
    shown = run(str(FILES / "screening.dmn"), "--facts", '{"episode": {"category": "absent"}}').stdout
    assert shown.startswith("Screening: {")
    assert "rule 9 fired; clauses: 2.9" in shown
    overlap = run(str(FILES / "hit-policies.dmn"), "-d", "Unique", "--facts", '{"Hours": 80}').stdout
    assert "warning: table 'Unique' is UNIQUE but rules 1, 2 and 3 match" in overlap


def test_the_present_moment_is_known(write: Any) -> None:
    path = write(dmn(decision("d", literal("today() instance of date and now() instance of date and time"))))
    assert json.loads(run(path, "--json").stdout)["result"] is True


def homeward(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", "decide", *arguments], capture_output=True, text=True
    )


def test_a_file_that_cannot_be_read_ends_with_2_and_its_faults(write: Any) -> None:
    path = write(b"<definitions>\n<oops>")
    result = homeward(path, "--decision", "d")
    assert result.returncode == 2
    assert result.stdout == ""
    assert f"{path}:2: not well-formed XML" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--decision", "Nobody"], "has no decision 'Nobody'; it has: 'Unique'"),
        ([], "name one with --decision, or use --all"),
        (["-d", "Any", "--facts", "{"], "--facts is no JSON"),
        (["-d", "Any", "--facts", "[1]"], "--facts must be a JSON object"),
        (["-d", "Any", "--facts", '{"Hours": NaN}'], "NaN is no"),
        (["-d", "Any", "--facts", '{"Hours": "@\\"soon\\""}'], "is no date, time or duration"),
    ],
)
def test_a_wrong_question_is_answered_with_what_to_do(arguments: list[str], message: str) -> None:
    result = run(str(FILES / "hit-policies.dmn"), *arguments)
    assert message in str(result.exception)


def test_facts_nested_without_end_are_refused() -> None:
    deep = '{"a":' * 20_000 + "1" + "}" * 20_000
    result = run(str(FILES / "hit-policies.dmn"), "-d", "Any", "--facts", deep)
    assert "no JSON" in str(result.exception) or "deep" in str(result.exception)


def test_a_broken_decision_stops_only_those_that_need_it(write: Any) -> None:
    path = write(
        dmn(
            decision("good", literal("1")),
            decision("bad", literal("1 +")),
            decision("top", literal("bad"), "decision:bad"),
        )
    )
    good = run(path, "-d", "good", "--json")
    assert (good.exit_code, json.loads(good.stdout)["result"]) == (0, 1)
    top = run(path, "-d", "top", "--json")
    assert (top.exit_code, json.loads(top.stdout)["result"]) == (2, None)
    assert f"{path}:3" in top.stderr


def test_a_fact_of_the_wrong_type_is_null_with_a_warning(write: Any) -> None:
    path = write(dmn(input_data("x", "number"), decision("d", literal("x"), "input:x")))
    found = json.loads(run(path, "--facts", '{"x": "7"}', "--json").stdout)
    assert found["result"] is None
    assert "string where number is declared" in found["warnings"][0]


def test_the_help_shows_an_example() -> None:
    shown = run("--help").stdout
    assert "homeward decide screening.dmn --decision Category" in shown
