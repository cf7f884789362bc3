"""Forms: which questions are asked, what a post means, and how mistakes are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.pack.forms import UNDERSTOOD, ToCheck, asked, in_case, parse_answers, problems, to_feel, visible
from engine.pack.model import Fact, Form, Vocabulary
from engine.pack.values import BadValue

SCHEMA: dict[str, Any] = {
    "$id": "talk",
    "title": "Talk",
    "type": "object",
    "properties": {
        "interview.accepted": {"type": "boolean", "title": "Did the child agree?"},
        "refusal.reason": {"type": "string", "title": "Why not?", "maxLength": 20},
        "talk.mode": {"type": "string", "title": "How?", "enum": ["face_to_face", "telephone"]},
        "held_at": {"type": "string", "format": "date-time", "title": "When?"},
        "next": {"type": "string", "format": "date", "title": "Next?"},
        "review": {"type": "string", "format": "duration", "title": "Review after?"},
        "present": {
            "type": "array",
            "title": "Who was there?",
            "items": {"type": "string", "enum": ["carer", "police"]},
            "uniqueItems": True,
        },
        "count": {"type": "integer", "title": "How many?", "minimum": 1, "maximum": 9},
        "reference": {"type": "string", "title": "Reference?", "pattern": "^[A-Z]{2}[0-9]{4}$"},
        "number": {"type": "number", "title": "Score?"},
    },
    "required": ["interview.accepted", "refusal.reason", "talk.mode"],
    "x-show": {
        "refusal.reason": {"interview.accepted": False},
        "talk.mode": {"interview.accepted": True},
        "held_at": {"talk.mode": ["face_to_face", "telephone"]},
    },
}
FORM = Form("talk", "Talk", SCHEMA, ("interview.accepted",), ())
FACTS = {"interview.accepted": Fact("interview.accepted", "boolean", "asked", "Agreed")}
WORDS = Vocabulary(facts=FACTS, events={}, roles={}, obligations={})


def test_a_hidden_question_is_neither_asked_nor_required() -> None:
    assert visible(FORM, {})[:2] == ["interview.accepted", "next"]
    assert "refusal.reason" in visible(FORM, {"interview.accepted": False})
    assert "refusal.reason" in problems(FORM, {"interview.accepted": False})
    assert problems(FORM, {"interview.accepted": True, "talk.mode": "telephone"}) == {}


def test_what_a_hidden_question_shows_is_hidden_with_it() -> None:
    left_behind = {"interview.accepted": False, "talk.mode": "telephone", "refusal.reason": "Tired"}
    assert "held_at" not in visible(FORM, left_behind)
    assert asked(FORM, left_behind) == {"interview.accepted": False, "refusal.reason": "Tired"}


def test_a_question_that_the_case_has_settled_is_not_asked_again() -> None:
    accepted = {**SCHEMA["properties"]["interview.accepted"], "x-settled-by": True}
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "interview.accepted": accepted}}
    form = Form("talk", "Talk", schema, ("interview.accepted",), ())
    for known in ({}, {"interview.accepted": False}):
        assert in_case(form, known) is form
    settled = in_case(form, {"interview.accepted": True})
    assert visible(settled, {})[:2] == [
        "talk.mode",
        "next",
    ]  # what its answer shows is asked, what it hides is not
    assert "refusal.reason" not in settled.schema["properties"]
    assert set(problems(settled, {})) == {"talk.mode"}
    answers, wrong = parse_answers(settled, {"interview.accepted": "false", "talk.mode": "telephone"})
    assert (answers, wrong) == ({"talk.mode": "telephone"}, {})


def test_true_and_the_number_one_are_different_answers() -> None:
    assert "talk.mode" not in visible(FORM, {"interview.accepted": 1})


def test_a_missing_answer_is_asked_for_in_the_words_of_its_question() -> None:
    assert problems(FORM, {}) == {"interview.accepted": "Select an answer to “Did the child agree?”"}
    assert problems(FORM, {"interview.accepted": False, "refusal.reason": "  "}) == {
        "refusal.reason": "Enter an answer to “Why not?”"
    }


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("refusal.reason", "x" * 21, "must be 20 characters or fewer"),
        ("count", 0, "must be 1 or more"),
        ("count", 10, "must be 9 or less"),
        ("count", "many", "must be a whole number"),
        ("present", ["nobody"], "none of the choices"),
        ("present", ["carer", "carer"], "a choice twice"),
        ("next", "2026-02-30", "must be a real date"),
        ("held_at", "2026-03-01T10:00", "must be a real date and time"),
        ("review", "soon", "length of time"),
        ("reference", "AB12", "not in the form that is asked for"),
        ("interview.accepted", "perhaps", "yes or no"),
        ("talk.mode", "letter", "none of the choices"),
    ],
)
def test_a_wrong_answer_is_told_in_plain_words(name: str, value: Any, said: str) -> None:
    answers = {"interview.accepted": name != "refusal.reason", "talk.mode": "telephone"} | {name: value}
    assert said in problems(FORM, answers)[name]


def test_an_answer_that_the_form_does_not_ask_for_is_refused() -> None:
    answers = {"interview.accepted": True, "talk.mode": "telephone", "risk.level": "high"}
    assert problems(FORM, answers) == {"risk.level": "This form does not ask for risk.level"}


def test_a_post_becomes_answers_by_the_type_of_each_question() -> None:
    answers, wrong = parse_answers(
        FORM,
        {
            "interview.accepted": "true",
            "talk.mode": "telephone",
            "held_at-day": "1",
            "held_at-month": "7",
            "held_at-year": "2026",
            "held_at-time": "2:30pm",
            "next-day": "29",
            "next-month": "2",
            "next-year": "2028",
            "review-days": "2",
            "review-hours": "",
            "present": ["carer", "police"],
            "count": " 3 ",
            "number": "3.5",
            "csrf_token": "secret",
        },
    )
    assert wrong == {}
    assert answers == {
        "interview.accepted": True,
        "talk.mode": "telephone",
        "held_at": "2026-07-01T14:30:00+01:00",
        "next": "2028-02-29",
        "review": "PT48H",
        "present": ["carer", "police"],
        "count": 3,
        "number": 3.5,
    }


def test_a_duration_may_be_typed_as_one_text() -> None:
    posted = {"interview.accepted": "true", "talk.mode": "telephone"}
    assert parse_answers(FORM, posted | {"review": "6w"})[0]["review"] == "P42D"
    assert "length of time" in parse_answers(FORM, posted | {"review-days": "some"})[1]["review"]
    assert "review" in parse_answers(FORM, posted | {"review": "some"})[1]


def test_a_post_keeps_no_answer_to_a_question_that_is_hidden() -> None:
    answers, wrong = parse_answers(
        FORM, {"interview.accepted": "true", "talk.mode": "telephone", "refusal.reason": "x" * 99}
    )
    assert "refusal.reason" not in answers
    assert wrong == {}


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"next-day": "31", "next-month": "6", "next-year": "2026"}, "must be a real date"),
        ({"next-day": "3", "next-year": "2026"}, "must include a month"),
        ({"next-day": "3", "next-month": "4", "next-year": "26"}, "must be a real date"),
        ({"next-day": "x", "next-month": "4", "next-year": "2026"}, "must be a real date"),
    ],
)
def test_a_date_that_makes_no_sense_is_told(posted: dict[str, str], said: str) -> None:
    _, wrong = parse_answers(FORM, {"interview.accepted": "true", "talk.mode": "telephone"} | posted)
    assert said in wrong["next"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("14:30", "14:30:00"),
        ("1430", "14:30:00"),
        ("9.05", "09:05:00"),
        ("12am", "00:00:00"),
        ("12:15 pm", "12:15:00"),
        ("midday", "12:00:00"),
    ],
)
def test_times_are_read_as_people_write_them(typed: str, meant: str) -> None:
    answers, wrong = parse_answers(FORM, moment_post("1", "1", "2026", typed))
    assert wrong == {}
    assert answers["held_at"] == f"2026-01-01T{meant}+00:00"


@pytest.mark.parametrize("typed", ["25:00", "14", "13pm", "noonish", "10:61", ""])
def test_a_time_that_makes_no_sense_is_told(typed: str) -> None:
    _, wrong = parse_answers(FORM, moment_post("1", "1", "2026", typed))
    assert "time" in wrong["held_at"]


def test_the_hour_that_the_clocks_skip_does_not_exist() -> None:
    _, wrong = parse_answers(FORM, moment_post("29", "3", "2026", "01:30"))
    assert "clocks went forward" in wrong["held_at"]


def test_in_the_hour_that_comes_twice_it_is_asked_which_is_meant() -> None:
    _, wrong = parse_answers(FORM, moment_post("25", "10", "2026", "01:30"))
    assert "1:30am BST" in wrong["held_at"] and "1:30am GMT" in wrong["held_at"]
    for typed, meant in (("01:30 BST", "+01:00"), ("1.30am gmt", "+00:00")):
        answers, wrong = parse_answers(FORM, moment_post("25", "10", "2026", typed))
        assert wrong == {}
        assert answers["held_at"] == f"2026-10-25T01:30:00{meant}"


NOW = datetime(2026, 5, 13, 9, 40, tzinfo=UTC)
ANSWERED = {"interview.accepted": "true", "talk.mode": "telephone"}


def test_what_was_typed_shortly_counts_once_the_person_was_shown_what_it_means() -> None:
    post = {**ANSWERED, "held_at": "yesterday 23.40", "next": "1.6.26"}
    _, asked_about = parse_answers(FORM, post, NOW)
    assert {name: problem.value for name, problem in asked_about.items() if isinstance(problem, ToCheck)} == {
        "held_at": "2026-05-12T23:40:00+01:00",
        "next": "2026-06-01",
    }
    shown = {f"{name}{UNDERSTOOD}": problem.value for name, problem in asked_about.items()}  # type: ignore[attr-defined]
    answers, wrong = parse_answers(FORM, {**post, **shown}, NOW)
    assert wrong == {}
    assert (answers["held_at"], answers["next"]) == ("2026-05-12T23:40:00+01:00", "2026-06-01")


def test_what_the_person_was_shown_must_be_what_it_still_means() -> None:
    post = {**ANSWERED, "held_at": "yesterday 23.40", "held_at-understood": "2026-05-12T23:40:00+01:00"}
    _, next_day = parse_answers(FORM, post, NOW + timedelta(days=1))
    assert isinstance(next_day["held_at"], ToCheck)
    assert next_day["held_at"].value == "2026-05-13T23:40:00+01:00"


def test_a_date_that_says_everything_itself_counts_at_once() -> None:
    answers, wrong = parse_answers(FORM, {**ANSWERED, "held_at": "12 May 2026 at 9:15am"}, NOW)
    assert wrong == {} and answers["held_at"] == "2026-05-12T09:15:00+01:00"


def test_what_happened_cannot_lie_ahead() -> None:
    held = {**FORM.schema["properties"]["held_at"], "x-past": True}
    properties = {**FORM.schema["properties"], "held_at": held}
    form = replace(FORM, schema={**FORM.schema, "properties": properties})
    for typed in ("tomorrow 9:15", "13 May 2026 at 10:41am"):
        assert "future" in parse_answers(form, {**ANSWERED, "held_at": typed}, NOW)[1]["held_at"]
    answers = {"interview.accepted": True, "talk.mode": "telephone", "held_at": "2026-05-13T10:41:00+01:00"}
    assert "future" in problems(form, answers, NOW)["held_at"]
    assert problems(form, {**answers, "held_at": "2026-05-13T10:40:00+01:00"}, NOW) == {}
    assert problems(form, answers) == {}, "a story has no clock of its own to hold it against"


def test_control_characters_are_dropped_and_lines_end_alike() -> None:
    answers, _ = parse_answers(
        FORM, {"interview.accepted": "false", "refusal.reason": "not\x00 now\r\nlater"}
    )
    assert answers["refusal.reason"] == "not now\nlater"


def test_answers_become_feel_values_by_fact_or_by_question() -> None:
    answers = {
        "interview.accepted": True,
        "talk.mode": "telephone",
        "held_at": "2026-07-01T14:30:00+01:00",
        "next": "2028-02-29",
        "review": "PT48H",
        "count": 3,
    }
    assert to_feel(FORM, WORDS, answers) == {
        "interview.accepted": True,
        "talk.mode": "telephone",
        "held_at": datetime(2026, 7, 1, 13, 30, tzinfo=UTC),
        "next": date(2028, 2, 29),
        "review": timedelta(hours=48),
        "count": Decimal(3),
    }


def test_a_fact_that_was_left_empty_stays_unknown() -> None:
    assert to_feel(FORM, WORDS, {"interview.accepted": None}) == {}
    with pytest.raises(BadValue):
        to_feel(FORM, WORDS, {"interview.accepted": "perhaps"})


def test_a_pattern_without_end_does_not_hang_the_page() -> None:
    schema = {"properties": {"a": {"type": "string", "title": "A?", "pattern": "^(a|a)*b$"}}}
    assert "a" in problems(Form("f", "F", schema, (), ()), {"a": "a" * 5000})


def moment_post(day: str, month: str, year: str, clock: str) -> dict[str, str]:
    return {
        "interview.accepted": "true",
        "talk.mode": "telephone",
        "held_at-day": day,
        "held_at-month": month,
        "held_at-year": year,
        "held_at-time": clock,
    }
