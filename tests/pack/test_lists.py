"""lists.yaml: every word that a list uses is checked, and what is wrong is named with its line."""

from __future__ import annotations

import pytest

from engine.pack.faults import BrokenPack
from engine.pack.files import hash_of
from engine.pack.lists import COLUMNS
from engine.pack.read import read_files
from engine.services.intake.notification import COLUMNS as OF_A_REPORT
from tests.pack.building import line_of, small_pack

LISTS = """\
- id: missing-today
  title: Children missing today
  sent_by: police
  every: day
  clauses: ["1.1"]
  columns:
    surname: {headings: [Last name], required: true}
    given_names: Forename
    reported_at: [Reported, "Date reported"]
    state: [Status]
    child.legal_status:
  rows:
    - when: {state: [back, found], reported_at: true}
      tells: returned
      settle: record
    - when: {state: [missing]}
      tells: missing
      event: missing_again
      without_case: wait
      facts: {child.legal_status: looked_after}
    - tells: listed
      facts: {child.age: 12}
  unlisted: {child.legal_status: none}
"""


def with_lists(text: str) -> dict[str, bytes]:
    return small_pack() | {"lists.yaml": text.encode()}


def test_a_list_is_read_with_its_columns_rules_and_facts() -> None:
    found = read_files(with_lists(LISTS), "small").lists["missing-today"]
    assert (found.title, found.sent_by, found.every, found.clauses) == (
        "Children missing today",
        "police",
        "day",
        ("1.1",),
    )
    assert found.columns["surname"].headings == ("Last name",)
    assert found.columns["surname"].required
    assert not found.columns["given_names"].required
    back, missing, other = found.rules
    assert (back.tells, back.when, back.settle) == (
        "returned",
        {"state": ("back", "found"), "reported_at": True},
        "record",
    )
    assert (missing.event, missing.without_case, missing.facts) == (
        "missing_again",
        "wait",
        {"child.legal_status": "looked_after"},
    )
    assert (other.when, other.without_case, other.facts) == ({}, "note", {"child.age": 12})
    assert found.unlisted == {"child.legal_status": "none"}


def test_by_default_a_child_who_is_away_starts_a_case_and_a_return_waits_for_a_person() -> None:
    plain = "- id: a\n  title: A\n  sent_by: police\n  every: week\n  columns: {surname: }\n  rows: [{tells: missing}]\n"
    rule = read_files(with_lists(plain), "small").lists["a"].rules[0]
    assert (rule.without_case, rule.event, rule.settle) == ("start", None, "person")


def test_a_pack_without_lists_keeps_its_name_and_one_with_lists_gets_another() -> None:
    assert read_files(small_pack(), "small").lists == {}
    assert hash_of(small_pack()) != read_files(with_lists(LISTS), "small").hash


def test_the_columns_of_a_list_are_those_of_a_report() -> None:
    told_by_hand = {"kind", "police_told"}
    assert set(COLUMNS) == {column.name for column in OF_A_REPORT} - told_by_hand


@pytest.mark.parametrize(
    ("old", "new", "message", "remedy"),
    [
        ("every: day", "every: dayly", "every cannot be dayly", "Did you mean day?"),
        ('clauses: ["1.1"]', 'clauses: ["9.9"]', "there is no clause 9.9", ""),
        ("event: missing_again", "event: mising_again", "there is no event mising_again", "missing_again"),
        ("tells: missing", "tells: mising", "tells cannot be mising", "Did you mean missing?"),
        ("state: [missing]", "stat: [missing]", "the list has no column stat", "Did you mean state?"),
        (
            "given_names: Forename",
            "given_name: Forename",
            "nothing reads the column given_name",
            "given_names",
        ),
        ("{child.age: 12}", "{child.agee: 12}", "there is no fact child.agee", "Did you mean child.age?"),
        ("{child.age: 12}", "{child.age: old}", "child.age cannot be", ""),
        ("{child.age: 12}", "{risk.level: low}", "risk.level belongs to one episode", ""),
        ("child.legal_status:\n", "episode.hours_missing:\n", "episode.hours_missing is worked out", ""),
        ("unlisted: {child.legal_status: none}", "unlisted: {child.legal_status: nobody}", "cannot be", ""),
        ("without_case: wait", "without_case: stop", "without_case cannot be stop", ""),
        ("settle: record", "without_case: start", "a row that tells returned starts no case", ""),
        ("event: missing_again", "settle: person", "only a return is settled", ""),
        ("surname: {headings: [Last name], required: true}", "place: [Last name]", "which child", ""),
        ("state: [Status]", "state: [Reported]", "means both reported_at and state", ""),
        ("  title: Children missing today\n", "", "title is missing", ""),
        ("id: missing-today", "id: Missing Today", "Missing Today is no id", ""),
        ("sent_by: police", "sent_by: police\n  sender: police", "sender is not a key", ""),
        ("  unlisted", "  complete: [missing]\n  unlisted", "there is no category missing", ""),
    ],
)
def test_what_a_list_gets_wrong_is_named_with_its_line(old: str, new: str, message: str, remedy: str) -> None:
    assert LISTS.count(old) >= 1
    files = with_lists(LISTS.replace(old, new, 1))
    with pytest.raises(BrokenPack) as broken:
        read_files(files, "small")
    (problem, *_) = [problem for problem in broken.value.problems if message in problem.message]
    assert problem.file == "lists.yaml"
    assert remedy in problem.remedy
    if new:
        near = line_of(files["lists.yaml"], new.strip().splitlines()[-1])
        assert abs(problem.line - near) <= 2


def test_a_rule_that_is_never_reached_is_a_fault() -> None:
    text = LISTS.replace("    - when: {state: [missing]}\n      tells: missing", "    - tells: missing")
    with pytest.raises(BrokenPack, match="never reached"):
        read_files(with_lists(text), "small")


@pytest.mark.parametrize("text", ["a: 1\n", "- 1\n", "- id: a\n- id: a\n"])
def test_a_file_that_is_no_list_of_lists_is_a_fault(text: str) -> None:
    with pytest.raises(BrokenPack, match=r"lists\.yaml"):
        read_files(with_lists(text), "small")
