"""Editing a form changes what is meant and nothing else, for every question of every form of every pack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.pack.edit import form
from engine.pack.edit.form import Asked
from engine.pack.edit.jsontext import NotEditable, fresh, read, rewritten

PACKS = Path(__file__).parents[3] / "processes"
COUNCILS = sorted(path.parent for path in PACKS.glob("*/procedure.yaml"))
ids = [path.name for path in COUNCILS]
NEW = Asked("zz_new", {"x-clauses": ["1"], "title": "New?", "type": "boolean"}, True, None)


def forms_of(council: Path) -> list[tuple[str, bytes]]:
    found = [(path.name, path.read_bytes()) for path in sorted(council.glob("forms/*.json"))]
    assert len(found) > 20
    return found


def ordered(value: Any) -> Any:
    """Return a value in which the order of keys counts."""
    return json.dumps(value)


@pytest.mark.parametrize("council", COUNCILS, ids=ids)
def test_an_edit_without_a_change_leaves_the_file_byte_for_byte(council: Path) -> None:
    for name, data in forms_of(council):
        schema = read(data)
        assert rewritten(data, schema) == data, name
        told = [str(schema.get(key, "")) for key in ("title", "description", "x-copy")]
        assert form.entitled(data, *told) == data
        for question in schema["properties"]:
            assert form.changed(data, question, form.asked(data, question)) == data, (name, question)


@pytest.mark.parametrize("council", COUNCILS, ids=ids)
def test_another_title_of_a_question_changes_one_line(council: Path) -> None:
    for name, data in forms_of(council):
        for question in read(data)["properties"]:
            old = form.asked(data, question)
            wanted = Asked(question, {**old.schema, "title": "Another “title”"}, old.required, old.shown)
            before, after = data.split(b"\n"), form.changed(data, question, wanted).split(b"\n")
            assert len(before) == len(after), (name, question)
            assert sum(a != b for a, b in zip(before, after, strict=True)) == 1, (name, question)


@pytest.mark.parametrize("council", COUNCILS, ids=ids)
def test_moving_there_and_back_and_adding_and_removing_leave_no_trace(council: Path) -> None:
    for name, data in forms_of(council):
        names = list(read(data)["properties"])
        for place, question in enumerate(names[:-1]):
            down = form.moved(data, question, 1)
            expected = [*names[:place], names[place + 1], question, *names[place + 2 :]]
            assert list(read(down)["properties"]) == expected
            assert form.moved(down, question, -1) == data, (name, question)
        more = form.added(data, NEW)
        assert list(read(more)["properties"]) == [*names, "zz_new"] and "zz_new" in read(more)["required"]
        assert form.removed(more, "zz_new") == data, name


@pytest.mark.parametrize("council", COUNCILS, ids=ids)
def test_removing_a_question_leaves_every_other_as_it_was(council: Path) -> None:
    for _, data in forms_of(council):
        before = read(data)
        for question in before["properties"]:
            after = read(form.removed(data, question))
            assert ordered(after["properties"]) == ordered(
                {name: rule for name, rule in before["properties"].items() if name != question}
            )
            assert after.get("required", []) == [
                name for name in before.get("required", []) if name != question
            ]
            show = after.get("x-show", {})
            assert question not in show and all(question not in condition for condition in show.values())
            for name, condition in before.get("x-show", {}).items():
                left = {other: value for other, value in condition.items() if other != question}
                assert show.get(name, {}) == ({} if name == question else left)


FORM = fresh(
    {
        "$schema": "s",
        "$id": "try",
        "title": "Try",
        "type": "object",
        "properties": {
            "first": {"type": "boolean", "title": "First?"},
            "second": {"type": "string", "title": "Second", "enum": ["a", "b"]},
            "third": {"type": "string", "title": "Third"},
        },
        "required": ["first", "third"],
        "x-show": {"third": {"first": True, "second": ["a", "b"]}, "second": {"first": True}},
    }
)


def test_another_name_is_followed_wherever_the_form_uses_it() -> None:
    old = form.asked(FORM, "first")
    made = read(form.changed(FORM, "first", Asked("risk.high", old.schema, True, None)))
    assert list(made["properties"]) == ["risk.high", "second", "third"]
    assert made["required"] == ["risk.high", "third"]
    assert made["x-show"] == {
        "third": {"risk.high": True, "second": ["a", "b"]},
        "second": {"risk.high": True},
    }


def test_a_condition_is_given_changed_and_taken_away() -> None:
    old = form.asked(FORM, "third")
    assert old.shown == {"first": [True], "second": ["a", "b"]}
    one = form.changed(FORM, "third", Asked("third", old.schema, True, {"second": ["b"]}))
    assert read(one)["x-show"]["third"] == {"second": "b"}
    none = form.changed(one, "third", Asked("third", old.schema, False, None))
    assert read(none)["x-show"] == {"second": {"first": True}} and read(none)["required"] == ["first"]
    last = form.changed(none, "second", Asked("second", form.asked(none, "second").schema, False, None))
    assert "x-show" not in read(last)


def test_required_questions_keep_the_order_of_the_form() -> None:
    old = form.asked(FORM, "second")
    made = read(form.changed(FORM, "second", Asked("second", old.schema, True, old.shown)))
    assert made["required"] == ["first", "second", "third"]


def test_keywords_of_an_old_question_keep_their_places_and_new_ones_find_theirs() -> None:
    old = form.asked(FORM, "third")
    wanted = {**old.schema, "x-why": "Because", "maxLength": 10, "description": "A hint"}
    made = read(form.changed(FORM, "third", Asked("third", wanted, True, old.shown)))
    assert list(made["properties"]["third"]) == ["type", "title", "description", "maxLength", "x-why"]


def test_what_is_not_there_cannot_be_edited_and_what_is_there_not_added() -> None:
    for act in (
        lambda: form.asked(FORM, "none"),
        lambda: form.moved(FORM, "none", 1),
        lambda: form.removed(FORM, "none"),
        lambda: form.changed(FORM, "none", NEW),
        lambda: form.added(FORM, Asked("first", {"type": "string", "title": "x"})),
        lambda: form.changed(FORM, "first", Asked("third", {"type": "string", "title": "x"})),
    ):
        with pytest.raises(form.NoQuestion):
            act()


def test_a_new_form_and_a_copy() -> None:
    made = form.new("agree-plan", "Agree the plan")
    assert read(made) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "agree-plan",
        "title": "Agree the plan",
        "type": "object",
        "properties": {},
        "required": [],
    }
    copy = read(form.copied(FORM, "again", "Again"))
    assert copy == {**read(FORM), "$id": "again", "title": "Again"}


def test_a_layout_of_its_own_is_kept_where_nothing_changes() -> None:
    data = b'{ "a": {"type":"string","title":"A"},\n\t"properties": {\n\t\t"x": [1, 2,3],\n\t\t"y": {"k": "\\u00e9"}}}\n'
    value = read(data)
    value["properties"]["y"]["k"] = "ü"
    made = rewritten(data, value)
    assert b'{"type":"string","title":"A"}' in made and b"[1, 2,3]" in made and b'{"k": "\\u00fc"}' in made
    assert json.loads(made) == value


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b'{"a": 1,}x', b'{"a" 1}', b'{"a": 1, "a": 2}', b"\xff", b'{"a": nope}', b"[" * 9000],
)
def test_what_is_no_json_object_is_not_edited(data: bytes) -> None:
    with pytest.raises(NotEditable):
        form.added(data, NEW)


@pytest.mark.parametrize(
    ("title", "taken", "name"),
    [
        ("Did the child agree to talk?", (), "did_the_child_agree_to_talk"),
        ("Was the child’s carer told?", (), "was_the_childs_carer_told"),
        ("Where?", ("where",), "where_2"),
        ("???", (), "answer"),
        ("A" * 90, (), "a" * 40),
    ],
)
def test_a_name_is_made_of_the_words_of_a_question(title: str, taken: tuple[str, ...], name: str) -> None:
    assert form.name_for(title, taken) == name
