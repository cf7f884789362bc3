"""The files of a pack: which count, what they hash to, and what is refused before it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.pack.files import UnreadablePack, checked, files_of, hash_of, matters
from engine.pack.library import Library
from engine.pack.read import BrokenPack, examine, read_files

from .building import FILES, small_pack, write_pack


@pytest.mark.parametrize(
    "path",
    [
        "procedure.yaml",
        "clauses.yaml",
        "checks.yaml",
        "screening.bpmn",
        "a.dmn",
        "forms/a.json",
        "notices/a.yaml",
    ],
)
def test_files_that_decide_how_cases_run_count(path: str) -> None:
    assert matters(path)


@pytest.mark.parametrize(
    "path",
    ["CHANGELOG.md", "scenarios/a.yaml", "forms/a.yaml", "deep/a.bpmn", "forms/deep/a.json", "notes.txt"],
)
def test_stories_and_notes_do_not_count(path: str) -> None:
    assert not matters(path)


def test_the_hash_names_content_and_path_and_nothing_else() -> None:
    pack = small_pack()
    digest = hash_of(checked(pack))
    assert hash_of(checked(dict(reversed(pack.items())))) == digest
    assert hash_of(checked(pack | {"CHANGELOG.md": b"new", "scenarios/a.yaml": b"-"})) == digest
    assert hash_of(checked(pack | {"vocabulary.yaml": pack["vocabulary.yaml"] + b"\n"})) != digest
    moved = {
        ("notices/b.yaml" if name == "notices/director-notified.yaml" else name): d
        for name, d in pack.items()
    }
    assert hash_of(checked(moved)) != digest


def test_a_byte_moved_from_one_file_to_the_next_changes_the_hash() -> None:
    assert hash_of({"a.dmn": b"12", "b.dmn": b"3"}) != hash_of({"a.dmn": b"1", "b.dmn": b"23"})


@pytest.mark.parametrize(
    "name",
    [
        "../procedure.yaml",
        "/etc/passwd",
        "forms/../../a.json",
        "forms/..json/x",
        "a\\b.bpmn",
        "",
        "a\x00.bpmn",
    ],
)
def test_a_path_that_leads_astray_is_refused(name: str) -> None:
    with pytest.raises(UnreadablePack, match="no name for a file"):
        read_files(small_pack() | {name: b"x"})


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("key: value")
    folder = write_pack(small_pack(), tmp_path)
    (folder / "notices" / "link.yaml").symlink_to(secret)
    with pytest.raises(UnreadablePack, match="symbolic link"):
        files_of(folder)


def test_a_folder_that_is_a_link_or_is_none_is_refused(tmp_path: Path) -> None:
    folder = write_pack(small_pack(), tmp_path)
    (tmp_path / "linked").symlink_to(folder)
    for path in (tmp_path / "linked", tmp_path / "nowhere", folder / "procedure.yaml"):
        with pytest.raises(UnreadablePack, match="is not a folder"):
            files_of(path)


def test_a_pack_without_its_vocabulary_is_refused(tmp_path: Path) -> None:
    folder = write_pack(small_pack(), tmp_path)
    (tmp_path / "vocabulary.yaml").unlink()
    with pytest.raises(UnreadablePack, match=r"vocabulary\.yaml is missing"):
        files_of(folder)


def test_too_many_and_too_large_files_are_refused(tmp_path: Path) -> None:
    many = small_pack() | {f"forms/f{n}.json": b"{}" for n in range(500)}
    with pytest.raises(UnreadablePack, match="files, more than"):
        read_files(many)
    folder = write_pack(small_pack() | {"big.dmn": b" " * 2_000_001}, tmp_path)
    with pytest.raises(UnreadablePack, match="more than the 2,000,000 bytes"):
        files_of(folder)


def test_the_library_reads_equal_files_once(tmp_path: Path) -> None:
    write_pack(small_pack(), tmp_path)
    library = Library(tmp_path)
    first = library.get("small")
    assert library.get("small") is first
    assert library.read_files(small_pack()) is first, "files from a database are the same pack"
    assert library.cached(first.hash) is first
    form = tmp_path / "small" / "forms" / "process-notification.json"
    form.write_text(form.read_text().replace('"Notes"', '"What was said"'))
    second = library.get("small")
    assert second is not first
    assert second.hash != first.hash
    assert library.cached(first.hash) is first, "cases hold to the pack they started with"


def test_the_library_lists_councils_and_names_them_when_asked_for_another() -> None:
    library = Library(FILES)
    assert library.councils() == ["small"]
    assert "risk.level" in library.vocabulary.facts
    with pytest.raises(UnreadablePack, match=r"no pack for \.\./small; there are: small"):
        library.get("../small")
    with pytest.raises(UnreadablePack, match="not a folder"):
        Library(FILES / "nowhere").councils()


def test_a_broken_pack_is_not_kept_in_the_library(tmp_path: Path) -> None:
    write_pack(small_pack() | {"clauses.yaml": b"[]"}, tmp_path)
    library = Library(tmp_path)
    for _ in range(2):
        with pytest.raises(BrokenPack):
            library.get("small")


HOSTILE = {
    "aliases that multiply": (
        "clauses.yaml",
        b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "anchors and aliases",
    ),
    "a tag that builds an object": ("clauses.yaml", b"!!python/object/apply:os.system ['id']\n", "the tag"),
    "brackets without end": ("clauses.yaml", b"[" * 50_000, "nested more than"),
    "two documents": ("clauses.yaml", b"- a\n---\n- b\n", "second document"),
    "merged mappings": ("procedure.yaml", b"id: small\n<<: {name: x}\n", "merging another mapping"),
    "no UTF-8": ("notices/director-notified.yaml", b"id: \xff\xfe\n", "not UTF-8"),
    "control characters": ("notices/director-notified.yaml", b"id: a\x01b\n", "not readable as YAML"),
    "a mapping as key": ("clauses.yaml", b"? {a: b}\n: c\n", "a key is not a word"),
    "JSON without end": ("forms/process-notification.json", b'{"a":' * 3_000, "not readable as JSON"),
    "deep JSON": (
        "forms/process-notification.json",
        json.dumps({"a": json.loads('{"a":' * 25 + "1" + "}" * 25)}).encode(),
        "not deeply nested",
    ),
    "JSON that is a list": ("forms/process-notification.json", b"[]", "one JSON object"),
    "a number that is none": ("forms/process-notification.json", b'{"a": NaN}', "NaN is no JSON"),
    "an entity": (
        "missing-episode.bpmn",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "a DOCTYPE is not accepted",
    ),
    "elements without end": ("missing-episode.bpmn", b"<a>" * 150 + b"</a>" * 150, "nested more than"),
    "another XML": ("missing-episode.bpmn", b"<svg/>", "not a BPMN 2.0 file"),
    "nothing at all": ("missing-episode.bpmn", b"", "the file is empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_content_is_refused_with_its_reason(name: str) -> None:
    file, data, message = HOSTILE[name]
    problems = examine(small_pack() | {file: data}, "small").problems
    assert any(problem.file == file and message in problem.message for problem in problems), problems


@pytest.mark.parametrize(
    ("yaml", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("2026-01-01", "2026-01-01"),
        ("09:30", "09:30"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
    ],
)
def test_words_that_yaml_would_turn_into_something_else_stay_words(yaml: str, value: str) -> None:
    files = small_pack()
    files["procedure.yaml"] = files["procedure.yaml"].replace(
        b"name: Small Council", f"name: {yaml}".encode()
    )
    assert read_files(files).name == value


@pytest.mark.parametrize("yaml", ["4.10", "7", "true", "1e3"])
def test_words_that_would_lose_something_must_be_quoted(yaml: str) -> None:
    files = small_pack()
    files["procedure.yaml"] = files["procedure.yaml"].replace(b'edition: "1.0"', f"edition: {yaml}".encode())
    with pytest.raises(BrokenPack, match=f'Write it in quotes: "{yaml}"'):
        read_files(files)
