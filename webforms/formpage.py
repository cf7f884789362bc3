"""A page that is one form: shown, checked, acted on, and shown again with what is wrong.

Every page that records something is made of this one piece, so that each keeps what was typed, carries the key that
makes a second click harmless, and names mistakes in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from engine.clock import local
from engine.errors import HomewardError
from engine.pack import forms
from engine.pack.forms import ToCheck
from engine.pack.model import Form
from engine.pack.typedtimes import written
from engine.services.desk import InvalidAnswers, NotAllowed, NotFound
from webforms import db
from webforms.render.posted import as_posted
from webforms.render.questions import Question, problem_words, questions

Answers = dict[str, Any]
FILL = "fill"
"""The name of the buttons that fill a moment in; they send the form without anything being recorded."""
MISTAKES = 422
"""The status of a page that shows a form again because of what is in it."""


def posted_fields() -> dict[str, str | list[str]]:
    """Return what was posted, each field by name, a list only where it was sent more than once."""
    return {
        name: values if len(values) > 1 else values[0]
        for name, values in request.form.lists()
        if name != "csrf_token"
    }


def with_moment(
    posted: Mapping[str, str | list[str]], asked: str, now: datetime
) -> dict[str, str | list[str]]:
    """Return a post with one of its moments filled in, as a button "Now" or "Earlier today" asks for it.

    `asked` is the question and what to fill in: `actual now`, or `actual today`, which leaves the time to the person.
    """
    name, _, how = asked.partition(" ")
    there = local(now).replace(second=0, microsecond=0)
    known = {key: value for key, value in posted.items() if key != FILL}
    return known | {name: written(there) if how == "now" else f"{written(there.date())} at "}


def error_list(asked: list[Question], problems: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the lines of an error summary in the order of the questions, each leading to its field."""
    places = {question.name: question.error_id for question in asked}
    known = [
        {"text": problem_words(problems[name]), "href": f"#{places[name]}"}
        | ({"check": "yes"} if isinstance(problems[name], ToCheck) else {})
        for name in places
        if name in problems
    ]
    return known + [{"text": words} for name, words in problems.items() if name not in places]


def said_whole(form: Form, problems: Mapping[str, str]) -> dict[str, str]:
    """Return a service's problems ("lies in the future") as sentences that name their question."""
    asked = form.schema["properties"]
    return {
        name: f"“{asked[name]['title']}” {words}" if name in asked and words[:1].islower() else words
        for name, words in problems.items()
    }


def form_page(
    form: Form,
    act: Callable[[Answers, str], str],
    *,
    initial: Mapping[str, Any] | None = None,
    button: str = "Save",
    caption: str = "",
    lead: str = "",
    back: str,
    template: str = "parts/form.html",
    only_show: bool = False,
    **shown: Any,
) -> ResponseReturnValue:
    """Show `form`, or take its post: `act` gets the answers (JSON by field) and the form's key and returns where to go.

    What `act` refuses is shown on the form with everything that was typed. `only_show`: the post was not this form's.
    """
    problems: dict[str, str] = {}
    posted = as_posted(form.schema, initial or {})
    if request.method == "POST" and FILL in request.form:
        posted = with_moment(posted_fields(), request.form[FILL], db.now())
    elif request.method == "POST" and not only_show:
        posted = posted_fields()
        answers, problems = forms.parse_answers(form, posted, db.now())
        if not problems:
            try:
                return redirect(act(answers, request.form.get("key", "")))
            except InvalidAnswers as error:
                problems = said_whole(form, error.problems)
            except (NotAllowed, NotFound):
                raise
            except HomewardError as error:
                problems = {"": str(error)}
            db.roll_back()
    asked = questions(form, posted, errors=problems, now=db.now())
    page = render_template(
        template,
        form=form,
        questions=asked,
        errors=error_list(asked, problems),
        button=button,
        caption=caption,
        lead=lead,
        back=back,
        **shown,
    )
    return (page, MISTAKES) if problems else page
