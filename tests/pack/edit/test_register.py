"""Changing a clause touches its own lines and no others, in every register of every pack."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest

from engine.pack.edit import register
from engine.pack.edit.jsontext import NotEditable
from engine.pack.edit.yamltext import Text

PACKS = Path(__file__).parents[3] / "processes"
REGISTERS = sorted(PACKS.glob("*/clauses.yaml"))
AWKWARD = 'Ünlike: "this", it\'s # no comment — {a}, [b] & *c, 10% | > – “x”'


def lines_changed(before: bytes, after: bytes) -> tuple[list[str], list[str]]:
    """Return the lines that went and those that came."""
    first, second = before.decode().split("\n"), after.decode().split("\n")
    found = difflib.SequenceMatcher(None, first, second, autojunk=False)
    gone: list[str] = []
    come: list[str] = []
    for kind, a, b, c, d in found.get_opcodes():
        if kind != "equal":
            gone += first[a:b]
            come += second[c:d]
    return gone, come


def one_line(before: bytes, after: bytes, number: int) -> bool:
    """Tell whether exactly this line differs: quicker than a comparison for every clause of a long register."""
    first, second = before.split(b"\n"), after.split(b"\n")
    return len(first) == len(second) and [
        n for n, (a, b) in enumerate(zip(first, second, strict=True)) if a != b
    ] == [number]


@pytest.mark.parametrize("path", REGISTERS, ids=lambda path: path.parent.name)
def test_one_field_of_any_clause_changes_its_own_line_and_nothing_else(path: Path) -> None:
    data = path.read_bytes()
    known = register.clauses(data)
    lines = data.decode().split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith("- id:")]
    assert len(starts) == len(known) > 50
    text = Text(data)  # read once: what `register.changed` does for one clause, for all of them
    for place, (start, clause) in enumerate(zip(starts, known, strict=True)):
        made = text.changed(text.item(place), {"paraphrase": AWKWARD}, register.ORDER, register.WORDS)
        offset = next(n for n in range(start, len(lines)) if lines[n].startswith("  paraphrase:"))
        assert one_line(data, made, offset), clause["id"]
        end = starts[place + 1] if place + 1 < len(starts) else len(lines)
        alone = "\n".join(made.decode().split("\n")[start:end])
        assert register.clauses(alone.encode()) == [{**clause, "paraphrase": AWKWARD}]


@pytest.mark.parametrize("path", REGISTERS, ids=lambda path: path.parent.name)
def test_an_unchanged_clause_is_saved_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    for clause in register.clauses(data)[::25]:
        assert register.changed(data, clause["id"], clause) == data


@pytest.mark.parametrize("path", REGISTERS, ids=lambda path: path.parent.name)
def test_every_field_of_a_clause_can_be_changed_and_reads_as_meant(path: Path) -> None:
    data = path.read_bytes()
    known = register.clauses(data)
    for clause in [
        next(one for one in known if "reading" in one),
        next(one for one in known if "reason" in one),
    ]:
        changes: dict[str, Any] = {
            "place": "Section “2”: a",
            "kind": "decision rule",
            "force": "should",
            "actor": "director",
            "scope": "periodic",
            "obligations": ["notify_police", "tell: it"],
            "reason": AWKWARD,
            "how": "By hand.",
            "carried_by": ["override"],
        }
        made = register.changed(data, clause["id"], changes)
        assert register.clause(made, clause["id"]) == {**clause, **changes}
        gone, come = lines_changed(data, made)
        assert all(line.startswith("  ") for line in come) and len(gone) <= 8


@pytest.mark.parametrize("path", REGISTERS, ids=lambda path: path.parent.name)
def test_a_reading_is_changed_word_by_word_taken_out_and_given(path: Path) -> None:
    data = path.read_bytes()
    clause = next(one for one in register.clauses(data) if "reading" in one)
    name = clause["id"]
    made = register.changed(data, name, {"reading": {"chosen": AWKWARD, "strength": "hard"}})
    assert register.clause(made, name)["reading"] == {
        **clause["reading"],
        "chosen": AWKWARD,
        "strength": "hard",
    }
    assert len(lines_changed(data, made)[0]) == 1
    without = register.changed(data, name, {"reading": None})
    assert "reading" not in register.clause(without, name)
    assert lines_changed(data, without)[1] == []
    assert register.changed(without, name, {"reading": clause["reading"]}) == data


@pytest.mark.parametrize("path", REGISTERS, ids=lambda path: path.parent.name)
def test_a_clause_is_added_behind_another_or_at_the_end(path: Path) -> None:
    data = path.read_bytes()
    known = register.clauses(data)
    new = {
        "id": "99.9",
        "place": "Section 99",
        "paraphrase": AWKWARD,
        "kind": "task",
        "force": "must",
        "actor": "director",
        "scope": "case",
        "obligations": ["notify_director"],
    }
    for after, place in ((known[3]["id"], 4), (known[-1]["id"], len(known)), (None, len(known))):
        made = register.added(data, new, after)
        assert register.clauses(made) == [*known[:place], new, *known[place:]]
        assert lines_changed(data, made)[0] in ([], [""])
    with pytest.raises(register.NoClause):
        register.added(data, {**new, "id": known[0]["id"]})


FREE = b"""# A register with every habit that people have.
- id: 4.10   # not a number
  place: 'It''s here'
  paraphrase: >
    Folded over
    two lines.

  # a remark that stays
  kind: task
  force:   must
  scope: case
  obligations:
    - notify_police
    - notify_director
  reading:
    id: A1
    problem: "What if"   # kept
    chosen: So
    because: |
      Lines
      of reasons.
    strength: soft

# between two clauses
- {id: "5", place: x, paraphrase: y, kind: task, force: none, scope: out, reason: none}
"""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"force": "should"}, [("  force:   must", "  force:   should")]),
        ({"place": "There's"}, [("  place: 'It''s here'", "  place: 'There''s'")]),
        (
            {"reading": {"problem": "Why"}},
            [('    problem: "What if"   # kept', '    problem: "Why"   # kept')],
        ),
        ({"how": "So."}, [(None, '  how: "So."')]),
        ({"reading": {"because": "One\n\ntwo.\n"}}, None),
        ({"obligations": ["notify_police"]}, None),
        ({"reading": None, "reason": "No."}, None),
        ({"paraphrase": "Short."}, None),
    ],
)
def test_a_file_written_by_hand_keeps_its_habits(changes: dict[str, Any], expected: Any) -> None:
    made = register.changed(FREE, "4.10", changes)
    before, after = register.clause(FREE, "4.10"), register.clause(made, "4.10")
    reading = changes.get("reading", {})
    merged = {**before, **changes}
    if isinstance(reading, dict) and reading:
        merged["reading"] = {**before["reading"], **reading}
    assert after == {key: value for key, value in merged.items() if value is not None}
    assert register.clauses(made)[1] == register.clauses(FREE)[1]
    for remark in (b"# not a number", b"# a remark that stays", b"# between two clauses"):
        assert remark in made
    if expected:
        gone, come = lines_changed(FREE, made)
        assert (gone, come) == (
            [old for old, _ in expected if old is not None],
            [new for _, new in expected if new is not None],
        )


def test_a_clause_in_one_line_is_edited_in_its_line() -> None:
    made = register.changed(
        FREE, "5", {"reason": None, "scope": "case", "actor": "director", "how": "By: hand"}
    )
    assert (
        b'{id: "5", place: x, paraphrase: y, kind: task, force: none, actor: director, scope: case, how: "By: hand"}'
        in made
    )


@pytest.mark.parametrize(
    "data", [b"- id: [", b"\xff", b"- &a x\n- *a\n", b"key: value\n", b"- id: a\n  id: b\n"]
)
def test_what_cannot_be_read_is_not_edited(data: bytes) -> None:
    with pytest.raises((NotEditable, register.NoClause)):
        register.changed(data, "a", {"force": "must"})
