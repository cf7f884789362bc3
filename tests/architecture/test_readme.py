"""What a stranger is told: every command, every library with its reason, every target of make."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from engine.cli import COMMANDS

from .files import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LIBRARIES = [
    *PROJECT["dependencies"],
    *(one for extra in PROJECT["optional-dependencies"].values() for one in extra),
]
README = ROOT / "README.md"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_readme_names_every_command(command: str) -> None:
    assert re.search(rf"\bhomeward {command}\b", README.read_text()), (
        f"README.md does not name homeward {command}"
    )


@pytest.mark.parametrize("library", sorted(set(LIBRARIES)))
def test_every_library_is_pinned_and_the_readme_gives_its_reason(library: str) -> None:
    pinned = re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==[0-9][0-9A-Za-z.]*(?:;.*)?", library)
    assert pinned, f"pin {library} to one version"
    lines = [
        line
        for line in README.read_text().splitlines()
        if re.search(rf"(?i)\b{re.escape(pinned[1])}\b", line)
    ]
    assert lines, f"README.md does not list {pinned[1]}"
    assert any(len(line.split()) >= 5 for line in lines), f"README.md gives no reason for {pinned[1]}"


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    declared = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]
    made = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"^  make ([a-z]+) +\S", told, re.MULTILINE))
    assert made == listed
    assert made <= declared, "a target that is no file is declared .PHONY"
    assert declared <= made, "what .PHONY names is a target"
