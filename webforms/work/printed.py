"""A task on paper: what it asks, what was answered, by whom and when, its clauses, duties and limits."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engine.services import tasks
from webforms import db
from webforms.access import signed_in
from webforms.render import casewords
from webforms.render.posted import as_posted
from webforms.render.questions import questions, said

blueprint = Blueprint("printed", __name__)


@blueprint.get("/tasks/<int:task>/print")
@signed_in
def task(task: int) -> ResponseReturnValue:
    """Show a task for paper, open or ended."""
    shown = tasks.printed(db.desk(), task)
    asked = (
        questions(
            shown.form,
            as_posted(shown.form.schema, shown.answers),
            systems=shown.pack.systems,
            now=db.now(),
        )
        if shown.form is not None
        else []
    )
    return render_template(
        "tasks/print.html",
        task=shown,
        age=casewords.age_words(shown.birth_date, db.now()),
        answered=[(question, said(question)) for question in asked],
    )


@blueprint.get("/cases/<int:case>/acts/<int:number>/print")
@signed_in
def act(case: int, number: int) -> ResponseReturnValue:
    """Lead from an act of a case to the task that it completed, on paper."""
    return redirect(url_for("printed.task", task=tasks.task_of_act(db.desk(), case, number)))
