"""Every form of every council: each question can come up, is never demanded while hidden, and says why it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.pack import forms
from engine.pack.formfiles import choices_of
from engine.pack.library import Library
from engine.pack.model import Form

PACKS = Path(__file__).parents[2] / "processes"
COUNCILS = sorted(path.parent.name for path in PACKS.glob("*/procedure.yaml"))
LIBRARY = Library(PACKS)
FORMS = [
    pytest.param(form, id=f"{council}-{form.id}")
    for council in COUNCILS
    for form in LIBRARY.get(council).forms.values()
]


def some_answer(question: dict[str, Any], wanted: Any = None) -> Any:
    """Return an answer to a question: the one that is wanted, else one that it takes."""
    if wanted is not None:
        first = wanted[0] if isinstance(wanted, list) else wanted
        return [first] if question["type"] == "array" else first
    match question["type"]:
        case "boolean":
            return True
        case "integer" | "number":
            return question.get("minimum", 1)
        case "array":
            return [choices_of(question)[0]]
    if "enum" in question:
        return question["enum"][0]
    texts = {"date": "2026-05-12", "date-time": "2026-05-12T09:15:00+01:00", "duration": "P2D"}
    return texts.get(question.get("format", ""), "Recorded here"[: question.get("maxLength", 13)])


def answers_that_show(form: Form, name: str) -> dict[str, Any]:
    """Return answers under which a question is asked, by what it waits for and what that waits for."""
    questions = form.schema["properties"]
    given: dict[str, Any] = {}
    waiting = [name]
    while waiting:
        for other, wanted in form.schema.get("x-show", {}).get(waiting.pop(), {}).items():
            given[other] = some_answer(questions[other], wanted)
            waiting.append(other)
    return given


def not_that(question: dict[str, Any], wanted: Any) -> Iterator[Any]:
    """Go through the answers to a question that do not show another, none at all among them."""
    unwanted = wanted if isinstance(wanted, list) else [wanted]
    yield None
    if question["type"] == "boolean":
        yield from (value for value in (True, False) if value not in unwanted)
    elif "enum" in question:
        yield from (value for value in question["enum"] if value not in unwanted)


@pytest.mark.parametrize("form", FORMS)
def test_each_question_can_come_up(form: Form) -> None:
    for name in form.schema["properties"]:
        assert name in forms.visible(form, answers_that_show(form, name)), name


@pytest.mark.parametrize("form", FORMS)
def test_a_hidden_question_is_never_demanded_and_its_answer_never_kept(form: Form) -> None:
    questions = form.schema["properties"]
    for name, conditions in form.schema.get("x-show", {}).items():
        shown = answers_that_show(form, name)
        for other, wanted in conditions.items():
            for value in not_that(questions[other], wanted):
                answers = {**shown, name: some_answer(questions[name]), other: value}
                assert name not in forms.visible(form, answers), f"{name} with {other}={value}"
                assert name not in forms.asked(form, answers)
                without = {key: one for key, one in answers.items() if key != name and one is not None}
                assert name not in forms.problems(form, without)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_can_be_completed(form: Form) -> None:
    answers: dict[str, Any] = {}
    for name, question in form.schema["properties"].items():
        if name in forms.visible(form, answers):
            answers[name] = some_answer(question)
    assert forms.problems(form, answers) == {}


@pytest.mark.parametrize("form", FORMS)
def test_each_question_says_which_clause_asks_or_why(form: Form) -> None:
    for name, question in form.schema["properties"].items():
        assert question.get("x-clauses") or question.get("x-why"), name
        assert question.get("x-why"), f"{name} cites a clause without a word about it"


@pytest.mark.parametrize("form", FORMS)
def test_what_is_asked_about_the_past_says_so(form: Form) -> None:
    for name, question in form.schema["properties"].items():
        if question.get("format") in ("date", "date-time") and name.endswith(
            ("held_at", "held_on", "sent_on")
        ):
            assert question.get("x-past") is True, name
