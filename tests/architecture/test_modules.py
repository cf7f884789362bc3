"""Modules: explained, of a readable length, in layers, and without the machine's clock.

That every route declares an access rule is held by tests/webforms/test_routes.py, that templates import only what they
use by tests/webforms/test_templates.py, and that every lint rule about diagrams has a diagram that keeps it and one that
breaks it by tests/check/lint/test_rules.py.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from engine.check.lint import all_rules

from .files import ROOT, modules, texts, tracked

LONGEST = 660
LISTS = ("engine/store/migrations/versions/", "tests/pack/test_broken_packs.py")
"""What is one long list by its nature: a migration that was written once, every way to break a pack."""
CLOCK = {"now", "utcnow", "today"}


def test_every_module_says_what_it_is() -> None:
    silent = [
        name
        for name, text in modules("engine", "webforms", "tests")
        if text.strip() and not (ast.get_docstring(ast.parse(text)) or "").strip()
    ]
    assert silent == []


def test_no_module_is_too_long_to_be_read() -> None:
    long = {
        name: lines
        for name, text in modules("engine", "webforms", "tests")
        if (lines := text.count("\n")) > LONGEST and not name.startswith(LISTS)
    }
    assert long == {}


def asked_for_the_time(text: str) -> list[int]:
    """Return the lines on which a module asks the machine for the time of day."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCK
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (node.value.id if isinstance(node.value, ast.Name) else node.value.attr) in {"datetime", "date"}
    ]


def test_only_the_clock_asks_the_machine_what_time_it_is() -> None:
    asking = {
        name: lines for name, text in modules("engine", "webforms") if (lines := asked_for_the_time(text))
    }
    assert set(asking) == {"engine/clock.py"}


def test_asking_for_the_time_is_seen() -> None:
    assert asked_for_the_time("import datetime\nx = datetime.datetime.now()") == [2]
    assert asked_for_the_time("from datetime import date\n\nx = date.today()") == [3]
    assert asked_for_the_time("x = clock.now()") == []


def test_the_import_contracts_hold_and_their_names_are_sentences() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    names = [contract["name"] for contract in settings["contracts"]]
    assert f"{len(names)} kept, 0 broken" in done.stdout
    assert all(len(name.split()) >= 4 for name in names)


def test_only_the_interpreter_and_the_floor_of_the_benchmark_name_spiffworkflow_as_a_library() -> None:
    naming = {
        name
        for name, text in modules("engine", "webforms")
        if re.search(r"^\s*(?:from|import) SpiffWorkflow", text, re.MULTILINE)
    }
    assert {name for name in naming if not name.startswith("engine/case/interpreter/")} == {
        "engine/bench/floor.py"
    }


@pytest.mark.parametrize("rule", [rule.id for rule in all_rules()])
def test_every_lint_rule_has_a_test(rule: str) -> None:
    told = [name for name, text in modules("tests/check", "tests/pack") if f'"{rule}"' in text]
    assert told, f"no test names the rule {rule}"


def test_no_template_holds_a_script_or_a_style() -> None:
    inline = {
        name: found
        for name, text in texts("webforms/templates")
        if (
            found := re.findall(
                r"<script(?![^>]*\ssrc=)[^>]*>|<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']", text
            )
        )
    }
    assert inline == {}


def test_no_folder_of_tests_is_passed_over(pytestconfig: pytest.Config) -> None:
    passed_over = pytestconfig.getini("norecursedirs")
    unseen = [
        path.relative_to(ROOT).as_posix()
        for path in tracked("tests")
        if path.name.startswith("test_") and path.suffix == ".py"
        for folder in path.relative_to(ROOT).parts[:-1]
        if any(fnmatch(folder, pattern) for pattern in passed_over)
    ]
    assert not unseen, "pytest enters none of these folders, so these tests would never run"
