"""What may stand in no tracked file: a council's name in code, a machine's paths, hosts, talk about how it was made."""

from __future__ import annotations

import re

import pytest
import yaml

from .files import ROOT, texts

HERE = "tests/architecture/test_words.py"


def councils() -> list[str]:
    """Return the ids and names of all councils that have a pack, as they could be written in code."""
    found: set[str] = set()
    for path in sorted((ROOT / "processes").glob("*/procedure.yaml")):
        procedure = yaml.safe_load(path.read_text())
        for name in (procedure["id"], procedure["name"], path.parent.name):
            found |= {name, name.replace("-", "_"), name.replace("-", " "), name.replace(" ", "")}
    return sorted(found)


def test_no_council_is_named_in_the_engine_or_the_web_forms() -> None:
    names = councils()
    assert names
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.IGNORECASE)
    naming = {name: found for name, text in texts("engine", "webforms") if (found := pattern.findall(text))}
    assert naming == {}
    assert not [name for name, _ in texts("engine", "webforms") if pattern.search(name.replace("_", " "))]


FORBIDDEN = {
    "a path of one machine": r"(?<![\w.:/@\"'<>{}-])/(?:work|home|root|Users|srv|mnt)/[A-Za-z]",
    "a host of a package registry": (
        r"registry\.npmjs\.org|registry\.yarnpkg\.com|\bpypi\.org|files\.pythonhosted\.org|proxy\.golang\.org"
    ),
    "where a package was fetched from": r"\"resolved\":",
    "the number of an issue": r"(?i)\b(?:issue|ticket|task|pr) ?#\d+",
    "talk about how it was made": (
        r"(?i)\b(?:language model|chatgpt|claude|copilot|subagent|ai[- ]generated|next session"
        r"|another helper|the helpers?|tickets?)\b"
    ),
    "work that was put off": r"\b(?:TODO|FIXME|XXX|HACK)\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = {
        f"{name}:{text.count(chr(10), 0, hit.start()) + 1}": hit.group()
        for name, text in texts()
        if name != HERE
        for hit in pattern.finditer(text)
    }
    assert found == {}


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "see /home/anna/notes"),
        ("a host of a package registry", "https://registry.npmjs.org/x"),
        ("where a package was fetched from", '"resolved": "x"'),
        ("the number of an issue", "mends issue #12"),
        ("talk about how it was made", "left for the next session"),
        ("work that was put off", "# TODO later"),
    ],
)
def test_each_of_these_would_be_seen(what: str, text: str) -> None:
    assert re.search(FORBIDDEN[what], text)
