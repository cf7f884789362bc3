"""Children missing together: saying that a case belongs with another child's, and that it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import caseview, together
from engine.services.acting import Done
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.render.moments import moment_words

blueprint = Blueprint("together", __name__, url_prefix="/cases")

KEPT = "What you sent is kept, but a procedure could not go on with it. It is tried again."
REASON = {
    "type": "string",
    "title": "How is this known?",
    "description": "Kept with each child’s case.",
    "maxLength": 1000,
    "x-widget": "textarea",
}


@blueprint.route("/<int:case>/together", methods=["GET", "POST"])
@signed_in
def join(case: int) -> ResponseReturnValue:
    """Say which other child is missing together with this one."""
    desk = db.desk()
    view = caseview.view(desk, case)
    title = "Missing together with another child"
    other: dict[str, Any] = {"type": "string", "title": "Which child?", "maxLength": 40}
    found = together.candidates(desk, case)
    if found:
        other["enum"] = [one.reference for one in found]
        other["x-labels"] = {
            one.reference: f"{one.child}, reported {moment_words(one.reported)} ({one.reference})"
            for one in found
        }
        other["x-widget"] = "radios" if len(found) <= 12 else "select"
    schema = {
        "title": title,
        "type": "object",
        "properties": {"other": other, "reason": REASON},
        "required": ["other"],
    }

    def act(answers: Answers, key: str) -> str:
        done = together.join(desk, case, answers["other"], reason=answers.get("reason"), key=key)
        return _after(done, case, "The cases are linked. What has to be done for both follows on each case.")

    lead = (
        "The two cases are linked and each knows of the other. What one person has to do for all the children, such as "
        "leading the joint response, is asked once."
        if found
        else "There is no open case of another child. Record the report of the other child first."
    )
    return _page(view, Form("together", title, schema, (), ()), act, lead, "Link the cases")


@blueprint.route("/<int:case>/apart", methods=["GET", "POST"])
@signed_in
def part(case: int) -> ResponseReturnValue:
    """Say that a child was not missing together with the others."""
    desk = db.desk()
    view = caseview.view(desk, case)
    title = "Not missing together"
    schema = {"title": title, "type": "object", "properties": {"reason": REASON}, "required": ["reason"]}

    def act(answers: Answers, key: str) -> str:
        return _after(
            together.part(desk, case, answers["reason"], key=key), case, "The cases are linked no more."
        )

    lead = "This case is taken out of its group. What was done for all the children stays on record in each case."
    return _page(view, Form("apart", title, schema, (), ()), act, lead, "Undo the link")


def _page(
    view: caseview.CaseView, form: Form, act: Callable[[Answers, str], str], lead: str, button: str
) -> ResponseReturnValue:
    caption = f"{view.child or 'No child'}, case {view.reference}"
    back = url_for("cases.show", case=view.id)
    return form_page(form, act, caption=caption, lead=lead, button=button, back=back)


def _after(done: Done, case: int, message: str) -> str:
    flash(KEPT if done.incident is not None else message, "info" if done.incident is not None else "success")
    return url_for("cases.show", case=case)
