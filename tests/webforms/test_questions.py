"""A form's questions: how they are asked, what fills them, and that a post read back is what was shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.pack import forms
from engine.pack.model import Form
from webforms.render.posted import as_posted
from webforms.render.questions import Source, problem_words, questions

NOW = datetime(2026, 5, 13, 9, 40, tzinfo=UTC)
PROPERTIES: dict[str, Any] = {
    "interview.accepted": {
        "type": "boolean",
        "title": "Did the child agree to talk?",
        "x-clauses": ["3.4-1"],
        "x-why": "A refusal is recorded in {case_system}.",
    },
    "interview.mode": {
        "type": "string",
        "title": "How?",
        "enum": ["face_to_face", "telephone"],
        "x-labels": {"face_to_face": "Face to face", "telephone": "By telephone"},
    },
    "place": {"type": "string", "title": "Where?", "maxLength": 40},
    "held_at": {"type": "string", "format": "date-time", "title": "When?"},
    "born": {"type": "string", "format": "date", "title": "Born?"},
    "interval": {"type": "string", "format": "duration", "title": "How often?"},
    "continuum": {"type": "integer", "title": "Level", "minimum": 1, "maximum": 4},
    "who": {
        "type": "array",
        "title": "Who was there?",
        "items": {"type": "string", "enum": ["carer", "parent", "police"]},
    },
    "notes": {"type": "string", "title": "Notes", "maxLength": 400, "x-widget": "textarea"},
}
FORM = Form(
    "talk",
    "Talk",
    {
        "type": "object",
        "properties": PROPERTIES,
        "required": ["interview.accepted", "interview.mode"],
        "x-show": {
            "interview.mode": {"interview.accepted": True},
            "place": {"interview.mode": "face_to_face"},
        },
    },
    (),
    (),
)
ANSWERS: dict[str, Any] = {
    "interview.accepted": True,
    "interview.mode": "face_to_face",
    "place": "At the child’s school",
    "held_at": "2026-05-12T16:30:00+01:00",
    "born": "2011-03-27",
    "interval": "P42D",
    "continuum": 3,
    "who": ["carer", "police"],
    "notes": "One line\nand another",
}


def test_what_is_shown_reads_back_as_the_same_answers() -> None:
    answers, problems = forms.parse_answers(FORM, as_posted(FORM.schema, ANSWERS))
    assert problems == {}
    assert answers == ANSWERS


def test_each_question_is_asked_in_the_way_its_schema_says() -> None:
    asked = {question.name: question.kind for question in questions(FORM, {})}
    assert list(asked.values()) == [
        "radios",
        "radios",
        "text",
        "date-time",
        "date",
        "duration",
        "number",
        "checkboxes",
        "textarea",
    ]


def test_many_choices_become_a_list_to_pick_from() -> None:
    many = {"type": "string", "title": "Which?", "enum": [f"c{n}" for n in range(9)]}
    form = Form("many", "Many", {"type": "object", "properties": {"which": many}}, (), ())
    assert questions(form, {})[0].kind == "select"


def test_what_was_mistyped_comes_back_as_it_was_typed() -> None:
    posted: dict[str, str | list[str]] = {"held_at": "31 feb at 9am"}
    _, problems = forms.parse_answers(FORM, posted, NOW)
    shown = {question.name: question for question in questions(FORM, posted, errors=problems, now=NOW)}
    assert shown["held_at"].posted == {"": "31 feb at 9am"}
    assert shown["held_at"].error
    assert shown["held_at"].error_id == "held-at"
    assert shown["held_at"].echo == ""


def test_a_date_that_came_in_parts_comes_back_whole() -> None:
    posted: dict[str, str | list[str]] = {
        "held_at-day": "31",
        "held_at-month": "2",
        "held_at-year": "2026",
        "held_at-time": "9",
    }
    shown = {question.name: question for question in questions(FORM, posted, now=NOW)}
    assert shown["held_at"].posted == {"": "31 2 2026 9"}


def test_a_typed_moment_says_what_it_means_and_is_to_be_checked_before_it_counts() -> None:
    posted: dict[str, str | list[str]] = {"held_at": "yesterday 23.40"}
    _, problems = forms.parse_answers(FORM, {**posted, "interview.accepted": "true"}, NOW)
    shown = {question.name: question for question in questions(FORM, posted, now=NOW)}
    assert shown["held_at"].echo == "Tuesday 12 May 2026 at 11:40pm"
    assert shown["held_at"].meant == "2026-05-12T23:40:00+01:00"
    assert not shown["held_at"].check
    asked = questions(FORM, posted, errors=problems, now=NOW)[3]
    assert asked.check and asked.error is None
    assert problem_words(problems["held_at"]) == "Check “When?”: is it Tuesday 12 May 2026 at 11:40pm?"


def test_a_dependent_question_says_when_it_is_asked() -> None:
    shown = {question.name: question for question in questions(FORM, {})}
    assert shown["place"].show == {"interview.mode": ["face_to_face"]}
    assert shown["place"].condition == "Answer this only if you answered “Face to face” to “How?”."
    assert shown["interview.mode"].show == {"interview.accepted": ["true"]}
    assert "“Yes”" in shown["interview.mode"].condition


def test_a_question_says_why_it_is_asked_in_the_words_of_the_council() -> None:
    shown = questions(FORM, {}, systems={"case_system": "Mosaic"})[0]
    assert (shown.why, shown.clauses) == ("A refusal is recorded in Mosaic.", ("3.4-1",))


def test_a_value_that_was_filled_in_says_where_it_came_from() -> None:
    shown = questions(
        FORM, as_posted(FORM.schema, ANSWERS), origins={"born": Source("from the record", "/cases/1/facts")}
    )
    assert {question.name: question.origin for question in shown if question.origin} == {
        "born": "from the record"
    }
    assert [choice.value for choice in shown[7].choices if choice.chosen] == ["carer", "police"]
