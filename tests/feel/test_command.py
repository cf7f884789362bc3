"""`homeward feel`, as a stranger uses it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli.feel import feel


def run(*arguments: str) -> Result:
    return CliRunner().invoke(feel, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["1 + 2"], "3"),
        (["child.age < 16", "--facts", '{"child.age": 14}'], "true"),
        (["hours missing * 2", "--facts", '{"hours missing": 1.5}'], "3"),
        (['"a" + "b"'], '"ab"'),
        (['@"2026-03-28T20:00:00@Europe/London" + @"PT24H"'], "2026-03-29T21:00:00@Europe/London"),
        (["when.year", "--facts", '{"when": "@\\"2026-02-04\\""}'], "2026"),
        (["when", "--facts", '{"when": "2026-02-04"}'], '"2026-02-04"'),
        (["[24..72)", "--unary", "30"], "true"),
        (['not("low", "medium")', "--unary", '"low"'], "false"),
        (["> limit", "--unary", "5", "--facts", '{"limit": 3}'], "true"),
        (["now()", "--now", "2026-02-04T09:00:00Z"], "2026-02-04T09:00:00Z"),
        (["{a: [1, null]}"], "{a: [1, null]}"),
    ],
)
def test_the_value_is_printed_as_feel_writes_it(arguments: list[str], printed: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 0
    assert result.stdout.strip() == printed


def test_json_holds_result_type_and_warnings() -> None:
    result = run(
        'x + duration("PT24H")', "--facts", '{"x": "@\\"2026-02-04T09:00:00Z\\""}', "--json", "--explain"
    )
    assert json.loads(result.stdout) == {
        "result": "2026-02-05T09:00:00Z",
        "type": "date and time",
        "warnings": [],
        "explanation": "24 hours after x",
    }
    nothing = json.loads(run("1 / 0", "--json").stdout)
    assert nothing == {"result": None, "type": "Null", "warnings": ["a number is divided by zero"]}


def test_null_comes_with_its_reason() -> None:
    result = run('1 + "a"')
    assert result.stdout.strip() == "null"
    assert result.stderr.strip() == "because number + string is not defined"


def test_an_unknown_name_is_null_as_in_the_standard() -> None:
    result = run("nobody = null")
    assert result.exit_code == 0
    assert result.stdout.strip() == "true"


def test_a_syntax_error_shows_the_place_and_ends_with_status_2() -> None:
    result = run("1 + (2")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == ["homeward: the bracket ( is never closed", "1 + (2", "    ^"]
    assert run("3", "--unary", "1 +").exit_code == 2


def test_an_explanation_follows_the_value() -> None:
    result = run(
        'age >= 16 and status = "looked_after"', "--facts", '{"age": 3, "status": "none"}', "--explain"
    )
    assert result.stdout.splitlines() == ["false", "age is 16 or more and status is looked after"]
    cell = run("< 3, > 5", "--unary", "1", "--explain")
    assert cell.stdout.splitlines() == ["true", "the value is less than 3 or more than 5"]


def test_facts_may_come_from_a_file_and_be_added_to(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_text('{"a": 1, "b": 1}')
    assert run("a + b", "--facts-file", str(file), "--facts", '{"b": 5}').stdout.strip() == "6"


def test_the_help_shows_examples() -> None:
    text = run("--help").stdout
    for part in ("--facts", "--unary", "--explain", "--json", "homeward feel 'child.age < 16'", "status 2"):
        assert part in text


def test_each_example_of_the_help_stands_on_its_line_and_works() -> None:
    lines = [
        line.strip()
        for line in run("--help").stdout.splitlines()
        if line.strip().startswith("homeward feel ")
    ]
    assert len(lines) == 5
    for line in lines:
        assert run(*shlex.split(line)[2:]).exit_code == 0, line
